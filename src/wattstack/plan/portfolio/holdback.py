"""What holds a plan back, in money: rents of limits, and what relief is worth by planning again.

Needs    plan.portfolio.bottleneck, solve; portfolio.variants.
Gives    hold_back.
Used by  cli, report.

A rent (shadow price x limit) says what the owner of a limit could ask, not what more of it is worth: three times as
much may be worth little where the next limit binds right behind. What relief is worth is found by planning again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattstack.errors import InputError
from wattstack.plan.portfolio.answers import Cause, Holdback, Relief, Rent
from wattstack.plan.portfolio.bottleneck import find_causes, time_to_power
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio
from wattstack.portfolio.variants import earlier, more

DUST_M = 1e-3


def hold_back(plan: PortfolioPlan, pool: Pool | None = None, reliefs_most: int = 40) -> Holdback:
    """Causes, rents, what relief is worth, and the time to power.

    Args:
        plan: With parts of units (prices of a plan with whole units are those of its relaxation).
        pool: Cuts of earlier plans.
        reliefs_most: How many changes are planned again: limits by rent first, then what is ever a cause.
    """
    pool = Pool() if pool is None else pool
    rents = tuple(sorted(_rents(plan), key=lambda rent: -rent.rent_m))
    given = Given(conversion_per_kwh=learning_path(plan))
    base_m = solve_portfolio(plan.portfolio, pool=pool, given=given).npv_m
    causes, reliefs = find_causes(plan), []
    for kind, key, change in _changes(plan, rents, causes)[:reliefs_most]:
        vary = earlier if change == EARLIER else more
        try:
            varied = vary(plan.portfolio, kind, key)
        except InputError:
            continue
        worth = solve_portfolio(varied, pool=pool, given=given).npv_m - base_m
        reliefs.append(Relief(kind, key, change, max(worth, 0.0) if worth > -DUST_M else worth))
    return Holdback(
        causes=causes,
        rents=rents,
        reliefs=tuple(sorted(reliefs, key=lambda relief: -relief.worth_m)),
        time_to_power={
            site.name: time_to_power(plan, site)
            for site in plan.portfolio.sites
            if (site.name,) in plan.amounts.get("it_mw", {})
        },
    )


EARLIER, MORE = "one period earlier", "10 % more"


def _rents(plan: PortfolioPlan) -> Iterator[Rent]:
    """Shadow price x limit over the horizon, for everything that has a limit of its own."""
    portfolio = plan.portfolio
    for supply in portfolio.supply:
        prices = plan.prices.get("supply", {}).get((supply.resource,))
        if prices is not None:
            yield Rent("supply", (supply.resource,), float(prices @ supply.at(portfolio.calendar)))
    for stage in portfolio.stages:
        kind = "grid" if stage.kind == "firm" else "nonfirm"
        prices = plan.prices.get(kind, {}).get((stage.site,), np.zeros(portfolio.calendar.count))
        on = plan.amounts["stage_on"][(stage.site, stage.stage)]
        yield Rent("stage", (stage.site, stage.stage), float(prices @ on) * stage.power_mw)
    for site in portfolio.sites:
        limits = {"crew": site.crew_mw, "fire_cap": site.outdoor_limit_mwh, "land": site.land_ha}
        for kind, limit in limits.items():
            prices = plan.prices.get(kind, {}).get((site.name,))
            if prices is not None and limit is not None:
                yield Rent(kind, (site.name,), float(prices.sum()) * limit)
    for offer in portfolio.generation:
        prices = plan.prices.get("site_limit", {}).get((offer.tech, offer.site))
        if prices is not None:
            yield Rent("generation", (offer.tech, offer.site), float(prices.sum()) * offer.limit_mw)
    for segment in portfolio.segments:
        yield from _segment_rent(plan, segment)


def _segment_rent(plan: PortfolioPlan, segment) -> Iterator[Rent]:
    key = (segment.segment, segment.tranche)
    prices = plan.prices.get("market", {}).get(key)
    if prices is not None:
        calendar = plan.portfolio.calendar
        years, counts = np.unique(calendar.fiscal_year, return_counts=True)
        share = dict(zip(years.tolist(), np.minimum(counts * calendar.period_years, 1.0), strict=True))
        access = [segment.access_gwh.get(y, 0.0) * share[y] for y in calendar.fiscal_year.tolist()]
        yield Rent("segment", key, float(prices @ np.array(access)))


def _changes(
    plan: PortfolioPlan, rents: tuple[Rent, ...], causes: tuple[Cause, ...]
) -> list[tuple[str, tuple[str, ...], str]]:
    """What to plan again: more of every limit that earns a rent, and one period earlier of what is ever a cause."""
    portfolio = plan.portfolio
    lacking = {(cause.site, cause.resource) for cause in causes}
    anywhere = {resource for _, resource in lacking}
    changes = [
        (rent.kind, rent.key, MORE) for rent in rents if rent.rent_m > DUST_M and rent.kind != "segment"
    ]
    items = (i for i in portfolio.items if i.lead_q and (i.site, i.resource) in lacking)
    changes += [("item", (i.item, i.site), EARLIER) for i in items]
    if "servers" in anywhere:
        changes += [("server", (s.generation,), EARLIER) for s in portfolio.servers]
    begun = portfolio.calendar.index
    gates = (
        g
        for g in portfolio.gates
        if (g.lead_q or begun(g.earliest_start) > 0) and (g.site, f"gate_{g.gate}") in lacking
    )
    changes += [("gate", (g.site, g.gate), EARLIER) for g in gates]
    stages = (
        s
        for s in portfolio.stages
        if (s.commit_lead_q or begun(s.earliest_energised) > 0) and (s.site, "grid") in lacking
    )
    changes += [("stage", (s.site, s.stage), EARLIER) for s in stages]
    return changes
