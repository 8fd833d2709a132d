"""Other futures, less or more of what all share, and ways of standing in taken away.

Needs    portfolio.Portfolio and its parts.
Gives    under_scenario, without_substitution, scaled_supply, delayed_grid, scaled_firm, scaled_fire_cap,
         without_chemistry, own_cells_first, supplier_short.
Used by  plan.portfolio, through portfolio.variants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from wattstack.campus import Declared
from wattstack.portfolio.parts import Stage, StorageOffer
from wattstack.portfolio.variants.common import known_or_told, scaled, shifted
from wattstack.portfolio.whole import Portfolio


def under_scenario(portfolio: Portfolio, name: str) -> Portfolio:
    """The portfolio in one of its futures: late stages, a late or slow factory, fewer servers, other revenue.

    Raises:
        InputError: It has no scenario of that name.
    """
    named = {scenario.scenario: scenario for scenario in portfolio.scenarios}
    known_or_told(portfolio, "scenario", name, named)
    future = named[name]
    for site, delay in future.grid_delay_q.items():
        portfolio = delayed_grid(portfolio, delay, site)
    factory = portfolio.factory
    if factory is not None:
        late = future.factory_delay_q
        start = factory.committed_start
        factory = factory.model_copy(
            update={
                "committed_start": shifted(portfolio, start, late) if start is not None else None,
                "line_lead_q": factory.line_lead_q + late,
                "ramp": future.factory_ramp or factory.ramp,
            }
        )
    supply = tuple(
        scaled(limit, future.server_supply_factor) if limit.resource == "servers" else limit
        for limit in portfolio.supply
    )
    servers = tuple(
        server.model_copy(
            update={"revenue_m_per_mw_year": server.revenue_m_per_mw_year * future.revenue_factor}
        )
        for server in portfolio.servers
    )
    return replace(portfolio, factory=factory, supply=supply, servers=servers)


def without_substitution(portfolio: Portfolio) -> Portfolio:
    """Nothing may stand in for anything: no non-firm stage, bridging power, quicker way, or own cells.

    Solar stays: it stands in for nothing. Own cells stay where none can be bought.
    """
    flexible = {(s.site, s.stage) for s in portfolio.stages if s.kind == "nonfirm"}
    stages = tuple(
        stage.model_copy(update={"needs_stage": None})
        if (stage.site, stage.needs_stage) in flexible
        else stage
        for stage in portfolio.stages
        if stage.kind == "firm"
    )
    items = _kept(
        portfolio.items,
        lambda item: item.item == item.resource,
        lambda item: item.start_units > 0.0 or item.pipeline_units > 0.0,
    )
    bought = {offer.site for offer in portfolio.storage if offer.origin == "market"}
    storage = tuple(o for o in portfolio.storage if o.origin == "market" or o.site not in bought)
    generation = tuple(offer for offer in portfolio.generation if offer.profile is not None)
    return replace(portfolio, stages=stages, items=items, storage=storage, generation=generation)


def scaled_supply(portfolio: Portfolio, factor: float, resource: str | None = None) -> Portfolio:
    """Every shared supply, or that of one resource, times a factor.

    Raises:
        InputError: The resource has no shared limit.
    """
    if resource is not None:
        known_or_told(portfolio, "limited resource", resource, [limit.resource for limit in portfolio.supply])
    supply = tuple(
        scaled(limit, factor) if resource in (None, limit.resource) else limit for limit in portfolio.supply
    )
    return replace(portfolio, supply=supply)


def delayed_grid(portfolio: Portfolio, periods: int, site: str | None = None) -> Portfolio:
    """Every grid stage, or those of one site, later by some periods; a stage there at the start stays.

    Both its earliest date and the time from commitment grow: a stage committed on time is as late.
    """
    if site is not None:
        known_or_told(portfolio, "site", site, [known.name for known in portfolio.sites])
    stages = tuple(
        stage
        if site not in (None, stage.site) or _stands(portfolio, stage)
        else stage.model_copy(
            update={
                "earliest_energised": shifted(portfolio, stage.earliest_energised, periods),
                "commit_lead_q": max(stage.commit_lead_q + periods, 0),
            }
        )
        for stage in portfolio.stages
    )
    return replace(portfolio, stages=stages)


def scaled_firm(portfolio: Portfolio, factor: float) -> Portfolio:
    """The power of every firm stage times a factor."""
    stages = tuple(
        stage.model_copy(update={"power_mw": stage.power_mw * factor}) if stage.kind == "firm" else stage
        for stage in portfolio.stages
    )
    return replace(portfolio, stages=stages)


def scaled_fire_cap(portfolio: Portfolio, factor: float) -> Portfolio:
    """The most storage that may stand outdoors, at every site that has such a limit, times a factor."""
    sites = tuple(
        site
        if site.outdoor_limit_mwh is None
        else site.model_copy(update={"outdoor_limit_mwh": site.outdoor_limit_mwh * factor})
        for site in portfolio.sites
    )
    return replace(portfolio, sites=sites)


def without_chemistry(portfolio: Portfolio, chemistry: str) -> Portfolio:
    """No storage of a chemistry may be ordered; what of it stands at the start stays."""
    known_or_told(portfolio, "chemistry", chemistry, [offer.chemistry for offer in portfolio.storage])
    storage = _kept(
        portfolio.storage,
        lambda offer: offer.chemistry != chemistry,
        lambda offer: _holds_start(portfolio, offer),
    )
    return replace(portfolio, storage=storage)


def own_cells_first(portfolio: Portfolio) -> Portfolio:
    """Campuses buy only cells of the own factory, wherever those are offered."""
    own = {offer.site for offer in portfolio.storage if offer.origin == "own"}
    storage = _kept(
        portfolio.storage,
        lambda offer: offer.origin == "own" or offer.site not in own,
        lambda offer: _holds_start(portfolio, offer),
    )
    return replace(portfolio, storage=storage)


def supplier_short(portfolio: Portfolio, resource: str, supplier: str) -> Portfolio:
    """One supplier delivers only the share of its orders that its shortfall leaves."""
    known = [(s.resource, s.supplier) for s in portfolio.suppliers]
    known_or_told(portfolio, "supplier", f"{resource} {supplier}", [" ".join(pair) for pair in known])
    suppliers = tuple(
        s.model_copy(update={"delivered_frac": s.shortfall_factor})
        if (s.resource, s.supplier) == (resource, supplier)
        else s
        for s in portfolio.suppliers
    )
    return replace(portfolio, suppliers=suppliers)


def _kept(
    parts: Iterable[Declared], wanted: Callable[[Any], bool], stands: Callable[[Any], bool]
) -> tuple[Any, ...]:
    """The wanted parts, and those of which something stands, which may not be ordered any more."""
    return tuple(
        part if wanted(part) else part.model_copy(update={"may_order": False})
        for part in parts
        if wanted(part) or stands(part)
    )


def _holds_start(portfolio: Portfolio, offer: StorageOffer) -> bool:
    """Whether the storage that stands at a site's start is of this offer."""
    first = next((o for o in portfolio.storage if (o.site, o.origin) == (offer.site, "market")), None)
    return offer is first and portfolio.site(offer.site).storage_start_mwh > 0.0


def _stands(portfolio: Portfolio, stage: Stage) -> bool:
    return stage.commit_lead_q == 0 and portfolio.calendar.index(stage.earliest_energised) <= 0
