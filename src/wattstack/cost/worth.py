"""Money over time: present value, rate of return, payback, levelised cost. Plain formulas, one each.

Gives    present_worth_factor, present_value, internal_rate, simple_payback_years, discounted_payback_years,
         levelised_cost; FlowWorth, flow_worth.
Used by  cost.capital, cost.finance, plan.portfolio.

Flows are by year: index 0 is today and is not discounted, index n is the end of year n. Where period_years is
given they are by period of that length, and rates are still yearly. Rate and flows are both real, or both
nominal, never mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
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


def present_value(flows: Sequence[float], discount_rate_frac: float, period_years: float = 1.0) -> float:
    """Sum of flows[n] / (1 + rate)^(n x period_years).

    Example:
        >>> round(present_value([-100.0, 60.0, 60.0], 0.10), 6)
        4.132231
        >>> round(present_value([-100.0, 0.0, 242.0], 0.21, period_years=0.5), 6)
        100.0
    """
    return sum(flow / (1.0 + discount_rate_frac) ** (n * period_years) for n, flow in enumerate(flows))


def internal_rate(flows: Sequence[float], period_years: float = 1.0) -> float | str | None:
    """The yearly rate at which the present value is zero.

    Returns:
        The rate; None where the flows never change sign, or where it would lie below -99 % a period;
        "several" where more than one rate may answer. Flows that change sign more than once have one rate
        above zero all the same where their running sum changes sign just once: that one is given.

    Source:
        Norstrom (1972), A sufficient condition for a unique nonnegative internal rate of return, Journal of
        Financial and Quantitative Analysis 7 (3).

    Example:
        >>> round(internal_rate([-100.0, 60.0, 60.0]), 6)
        0.130662
    """
    changes = _sign_changes(flows)
    if changes == 0:
        return None
    if changes > 1 and not (_sign_changes(sums := list(accumulate(flows))) == 1 and sums[-1] != 0.0):
        return SEVERAL
    first_positive = next(flow > 0.0 for flow in flows if flow != 0.0)

    def value(keep: float) -> float:
        return sum(flow * keep**n for n, flow in enumerate(flows))

    # of 1 / (1 + rate of a period): one root above 0 (Descartes), or one in 0 .. 1 (Norstrom)
    low, high = 0.0, 1.0
    while (value(high) > 0.0) == first_positive:
        low, high = high, 2.0 * high
        if low > 100.0:
            return None
    for _ in range(200):
        middle = 0.5 * (low + high)
        if (value(middle) > 0.0) == first_positive:
            low = middle
        else:
            high = middle
    return high ** (-1.0 / period_years) - 1.0


def _sign_changes(values: Sequence[float]) -> int:
    signs = [value > 0.0 for value in values if value != 0.0]
    return sum(a != b for a, b in pairwise(signs))


@dataclass(frozen=True, slots=True)
class FlowWorth:
    """What a cash flow by period comes to.

    Attributes:
        npv: Present value.
        irr: Yearly rate, None, or "several": see internal_rate.
        trough_total: Lowest running sum of the flows, not discounted: below 0 it is what must be lent at most.
        trough_index: Period in which it is reached first.
        payback_index: First period from which on the running sum stays at 0 or above, after it was below;
            None where it never was below, or still is at the end.
    """

    npv: float
    irr: float | str | None
    trough_total: float
    trough_index: int
    payback_index: int | None


def flow_worth(flows: Sequence[float], discount_rate_frac: float, period_years: float = 1.0) -> FlowWorth:
    """Present value, rate of return, trough and payback of a cash flow.

    Args:
        flows: Amount of each period, at least one; index 0 is today and is not discounted.
        discount_rate_frac: Yearly rate.
        period_years: Length of a period [years].

    Example:
        >>> found = flow_worth([-100.0, -50.0, 90.0, 90.0], 0.0, period_years=0.25)
        >>> found.npv, found.trough_total, found.trough_index, found.payback_index
        (30.0, -150.0, 1, 3)
    """
    sums = list(accumulate(flows))
    low = min(sums)
    below = [n for n, value in enumerate(sums) if value < 0.0]
    paid = below[-1] + 1 if below and below[-1] + 1 < len(sums) else None
    rate = internal_rate(flows, period_years)
    return FlowWorth(present_value(flows, discount_rate_frac, period_years), rate, low, sums.index(low), paid)


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
