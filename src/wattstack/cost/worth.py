"""Money over time: present value, rate of return, payback, levelised cost. Plain formulas, one each.

Gives    present_worth_factor, present_value, internal_rate, simple_payback_years, discounted_payback_years,
         levelised_cost.
Used by  cost.capital, cost.finance.

Flows are by year: index 0 is today and is not discounted, index n is the end of year n. Rate and flows are
both real, or both nominal, never mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, expm1, log1p

SEVERAL = "several"


def present_worth_factor(discount_rate_frac: float, years: int) -> float:
    """Present value of 1 a year for some years, the first at the end of year 1.

    x (1 - x^N) / (1 - x) with x = 1 / (1 + rate); N at a rate of zero. Nothing grows: money is real.

    Source: definition of REopt (Anderson et al. 2017, NREL/TP-7A40-70022); its inverse is the capital
        recovery factor.

    Example:
        >>> round(present_worth_factor(0.07, 20), 6)
        10.594014
    """
    log_x = -log1p(discount_rate_frac)  # by logarithm: exact for rates near zero too
    return float(years) if log_x == 0.0 else exp(log_x) * expm1(years * log_x) / expm1(log_x)


def present_value(flows: Sequence[float], discount_rate_frac: float) -> float:
    """Sum of flows[n] / (1 + rate)^n.

    Example:
        >>> round(present_value([-100.0, 60.0, 60.0], 0.10), 6)
        4.132231
    """
    return sum(flow / (1.0 + discount_rate_frac) ** n for n, flow in enumerate(flows))


def internal_rate(flows: Sequence[float]) -> float | str | None:
    """The rate at which the present value is zero.

    Returns:
        The rate; None where the flows never change sign, or where it would lie below -99 %;
        "several" where they change sign more than once, so that more than one rate may answer.

    Example:
        >>> round(internal_rate([-100.0, 60.0, 60.0]), 6)
        0.130662
    """
    signs = [flow > 0.0 for flow in flows if flow != 0.0]
    changes = sum(a != b for a, b in pairwise(signs))
    if changes != 1:
        return None if changes == 0 else SEVERAL

    def value(keep: float) -> float:
        return sum(flow * keep**n for n, flow in enumerate(flows))

    low, high = 0.0, 1.0  # of 1 / (1 + rate): one sign change, so one root above 0 (Descartes)
    while (value(high) > 0.0) == signs[0]:
        low, high = high, 2.0 * high
        if low > 100.0:
            return None
    for _ in range(200):
        middle = 0.5 * (low + high)
        if (value(middle) > 0.0) == signs[0]:
            low = middle
        else:
            high = middle
    return 1.0 / high - 1.0


def simple_payback_years(capital: float, net_saving_per_year: float) -> float | None:
    """Investment / (saving of the first year less O&M); None where nothing is invested or nothing saved.

    Neither discounted nor aware of replacements.

    Example:
        >>> simple_payback_years(1_297_000.0, 100_000.0)
        12.97
    """
    return capital / net_saving_per_year if capital > 0.0 and net_saving_per_year > 0.0 else None


def discounted_payback_years(
    capital: float, net_saving_per_year: float, discount_rate_frac: float
) -> float | None:
    """Years until a constant net saving, discounted, has paid the investment; None where it never does.

    ln(1 / (1 - d x capital / saving)) / ln(1 + d).

    Example:
        >>> round(discounted_payback_years(1000.0, 200.0, 0.07), 4)
        6.367
    """
    simple = simple_payback_years(capital, net_saving_per_year)
    if simple is None or discount_rate_frac == 0.0:
        return simple
    spent = discount_rate_frac * simple
    return -log1p(-spent) / log1p(discount_rate_frac) if spent < 1.0 else None


def levelised_cost(
    costs: Sequence[float], energy_mwh: Sequence[float], discount_rate_frac: float
) -> float | None:
    """Present value of costs / present value of energy [currency/MWh]; None without energy.

    Args:
        costs: Cost of each year, from year 0.
        energy_mwh: Energy of each year, from year 0, which has none.
        discount_rate_frac: Rate for both; real with real costs.

    Example:
        >>> round(levelised_cost([100.0, 10.0, 10.0], [0.0, 1.0, 1.0], 0.10), 6)
        67.619048
    """
    energy = present_value(energy_mwh, discount_rate_frac)
    return present_value(costs, discount_rate_frac) / energy if energy > 0.0 else None
