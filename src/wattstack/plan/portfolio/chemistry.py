"""Which chemistry does which duty, at what cost, and what the plan loses without it.

Needs    plan.portfolio.solve, orders, terms, stores; portfolio.variants.
Gives    value_chemistries, price_of_own_cells_first, duty_costs, DutyCosts.
Used by  cli, report.

Worth: the plan's NPV less that of the same portfolio planned anew with the chemistry forbidden, on the same learning
path. Costs by duty are by hand, not from the plan, so that a chemistry the plan leaves out has them too. With

    c = price x (annuity over its life, paid as each period begins + upkeep share)    [currency/MWh and year]
    e = square root of the round trip, lost when charging and when discharging alike

one unit of each duty costs

    reserve     c                                                    a MWh held, and year
    power       c x max(duration_h, 1 h / e)                         a MW held for an hour, and year
    shifting    c / (365 x e) + p x (1 / e^2 - 1)                    a MWh delivered, one full cycle a day
    curtailed   c / (MWh delivered a year) + p x (1 / e^2 - 1)       a MWh delivered while non-firm power is taken away

p is the mean price of energy at the site with its fee; the shape of the load and what energy sold earns do not
enter. A stretch of curtailed hours is served by one charge: of a MWh it delivers e, or hours / duration_h where the
stretch is over before. The price is the mean over what the plan orders; where it orders none, over the periods in which
it could. Of several sites the cheapest counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wattstack.plan.portfolio.answers import ChemistryValue
from wattstack.plan.portfolio.orders import annuity
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio
from wattstack.plan.portfolio.stores import M_PER_MWH, cell_cost_per_kwh
from wattstack.plan.portfolio.terms import terms_of
from wattstack.portfolio import Portfolio, Site, StorageOffer
from wattstack.portfolio.variants import own_cells_first, without_chemistry

DAYS_PER_YEAR = 365.0
KWH_PER_MWH = 1e3
TAKEN_AWAY = 1.0 - 1e-9  # non-firm power is curtailed where less than this share of it is there


@dataclass(frozen=True, slots=True)
class DutyCosts:
    """What one unit of each duty costs with an offer, as at the head of this file [currency]; None = no such duty."""

    reserve_per_mwh: float
    power_per_mw: float
    shifting_per_mwh: float
    curtailed_per_mwh: float | None


def value_chemistries(plan: PortfolioPlan, pool: Pool | None = None) -> tuple[ChemistryValue, ...]:
    """Every chemistry's worth to the plan, its cost by duty, and where it may stand.

    Args:
        plan: The plan; with whole units its worths are those of plans with parts of units.
        pool: Cuts of earlier plans, taken and added to.
    """
    pool = Pool() if pool is None else pool
    portfolio = plan.portfolio
    given = Given(conversion_per_kwh=learning_path(plan))
    base = solve_portfolio(portfolio, pool=pool, given=given)
    found = []
    for chemistry in dict.fromkeys(offer.chemistry for offer in portfolio.storage):
        without = solve_portfolio(without_chemistry(portfolio, chemistry), pool=pool, given=given)
        offers = [o for o in portfolio.storage if o.chemistry == chemistry]
        costs = [duty_costs(plan, offer) for offer in offers if _is_offered(portfolio, offer)]
        held = [
            float(v[-1]) for (name, _), v in plan.amounts.get("storage_mwh", {}).items() if name == chemistry
        ]
        found.append(
            ChemistryValue(
                chemistry=chemistry,
                worth_m=_difference_m(base, without),
                reserve_per_mwh=_least(c.reserve_per_mwh for c in costs),
                power_per_mw=_least(c.power_per_mw for c in costs),
                shifting_per_mwh=_least(c.shifting_per_mwh for c in costs),
                curtailed_per_mwh=_least(c.curtailed_per_mwh for c in costs),
                where=_where(portfolio, offers),
                held_mwh=sum(held, 0.0),
            )
        )
    return tuple(found)


def price_of_own_cells_first(plan: PortfolioPlan, pool: Pool | None = None) -> float:
    """NPV lost where campuses may buy only cells of the own factory, wherever those are offered [M].

    Args:
        plan: The plan; the loss is between plans with parts of units on its learning path.
        pool: Cuts of earlier plans, taken and added to.
    """
    pool = Pool() if pool is None else pool
    given = Given(conversion_per_kwh=learning_path(plan))
    base = solve_portfolio(plan.portfolio, pool=pool, given=given)
    return _difference_m(base, solve_portfolio(own_cells_first(plan.portfolio), pool=pool, given=given))


def _difference_m(base: PortfolioPlan, other: PortfolioPlan) -> float:
    """What one plan is worth more than another; nothing where their certificates cannot tell them apart."""
    rounding = 1e-9 * (1.0 + abs(base.npv_m))
    unsure = (base.bound_m - base.npv_m) + (other.bound_m - other.npv_m) + rounding
    worth = base.npv_m - other.npv_m
    return worth if abs(worth) > unsure else 0.0


def duty_costs(plan: PortfolioPlan, offer: StorageOffer) -> DutyCosts:
    """What one unit of each duty costs with an offer, by the formulas at the head of this file."""
    portfolio = plan.portfolio
    site = portfolio.site(offer.site)
    keep = float(portfolio.calendar.discount(portfolio.money.discount_rate_frac)[1])
    recovery = annuity(keep, offer.life_q) / portfolio.calendar.period_years
    yearly = _price_per_kwh(plan, offer) * KWH_PER_MWH * (recovery + offer.om_frac_per_year)
    one_way = math.sqrt(offer.roundtrip_eff)
    lost = (site.price_per_mwh + site.grid_fee_per_mwh) * (1.0 / offer.roundtrip_eff - 1.0)
    curtailed = _curtailed_mwh(portfolio, site, offer)
    return DutyCosts(
        reserve_per_mwh=yearly,
        power_per_mw=yearly * max(offer.duration_h, 1.0 / one_way),
        shifting_per_mwh=yearly / (DAYS_PER_YEAR * one_way) + lost,
        curtailed_per_mwh=yearly / curtailed + lost if curtailed > 0.0 else None,
    )


def _price_per_kwh(plan: PortfolioPlan, offer: StorageOffer) -> float:
    """Mean price over what the plan orders, cells of the own factory at what they cost to make [currency/kWh]."""
    portfolio, factory = plan.portfolio, plan.portfolio.factory
    count = portfolio.calendar.count
    weights, prices = np.zeros(count), np.zeros(count)
    for key, amounts in plan.amounts.get("storage_order", {}).items():
        if key[:2] == (offer.chemistry, offer.site):
            weights = weights + amounts
            prices = prices + amounts * terms_of(portfolio, "storage_order", key).price_m / M_PER_MWH
    if not weights.any():
        weights = (np.arange(count) + offer.lead_q < count).astype(float)
        key = (offer.chemistry, offer.site)
        prices = weights * terms_of(portfolio, "storage_order", key).price_m / M_PER_MWH
    if offer.origin == "own" and factory is not None:
        prices = prices + weights * cell_cost_per_kwh(factory, learning_path(plan))
    return float(prices.sum() / weights.sum())


def _curtailed_mwh(portfolio: Portfolio, site: Site, offer: StorageOffer) -> float:
    """What a MWh of storage delivers a year while non-firm power is taken away [MWh]; 0 without non-firm power."""
    if not any(s.site == site.name and s.kind == "nonfirm" for s in portfolio.stages):
        return 0.0
    one_way, total = math.sqrt(offer.roundtrip_eff), 0.0
    for season in (0,) if portfolio.calendar.is_yearly else (1, 2, 3, 4):
        for week in portfolio.weeks_of(site, season):
            for hours in _stretches_h(week.available_frac < TAKEN_AWAY, week.step_h):
                total += week.weight * min(one_way, float(hours) / offer.duration_h)
    return total


def _stretches_h(curtailed: np.ndarray, step_h: float) -> np.ndarray:
    """Lengths of the stretches of curtailed steps, the week a circle [h]."""
    if curtailed.all():
        return np.array([len(curtailed) * step_h])
    turned = np.roll(curtailed, -int(np.argmin(curtailed))).astype(int)
    ends = np.diff(turned, prepend=0, append=0)
    return (np.flatnonzero(ends < 0) - np.flatnonzero(ends > 0)) * step_h


def _is_offered(portfolio: Portfolio, offer: StorageOffer) -> bool:
    """Whether any of it could be ordered within the horizon."""
    comes = offer.lead_q < portfolio.calendar.count
    return offer.may_order and comes and (offer.origin == "market" or portfolio.factory is not None)


def _least(costs) -> float | None:
    """The least of the costs there are, None where there is none."""
    return min((c for c in costs if c is not None), default=None)


def _where(portfolio: Portfolio, offers: list[StorageOffer]) -> str:
    """Where a chemistry may stand, in words."""
    parts = []
    indoors = [o.site for o in offers if o.indoor_ok]
    outdoors = [o.site for o in offers if not o.indoor_ok]
    if indoors:
        parts.append(f"indoors too at {', '.join(indoors)}")
    if outdoors:
        caps = {s: portfolio.site(s).outdoor_limit_mwh for s in outdoors}
        said = [s if cap is None else f"{s} (at most {cap:g} MWh)" for s, cap in caps.items()]
        parts.append(f"outdoors only at {', '.join(said)}")
    densities = {o.density_factor for o in offers}
    if densities != {1.0}:
        said = " or ".join(f"{d:g}" for d in sorted(densities))
        parts.append(f"{said} times the usual energy on a hectare")
    return "; ".join(parts)
