"""The most IT power that could be energised, each limit by itself: an upper bound to look at before any plan.

Needs    portfolio.whole.
Gives    reach, Reach.
Used by  cli (the page of `wattstack check`).

A limit that all sites share is given whole to each site in turn, so a site's figure may be above what the group
can have at once; `Reach.together_mw` caps the sum by the shared limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.portfolio.parts import RESOURCES, Item, Site, Stage
from wattstack.portfolio.whole import Portfolio

HALL = RESOURCES[:3]  # shell, electrical, cooling: counted in MW of IT power


@dataclass(frozen=True)
class Reach:
    """Most IT power by period [MW IT].

    Attributes:
        sites: Site -> limit -> shape (periods,). Limits: grid (stages at their earliest dates, and generators
            that run at will), hv, shell, electrical, cooling, servers, land, crew, fibre; infinite where one
            never binds. Sites given by a campus file alone are left out.
        together_mw: All sites, shape (periods,). together_by: What holds it: "each site", or a shared limit.
    """

    sites: Mapping[str, Mapping[str, np.ndarray]]
    together_mw: np.ndarray
    together_by: tuple[str, ...]


def reach(portfolio: Portfolio) -> Reach:
    """The most IT power that each limit alone would let be energised; no supply table means no shared limit."""
    short = [site for site in portfolio.sites if any(item.site == site.name for item in portfolio.items)]
    sites = {site.name: _limits(portfolio, site) for site in short}
    none = np.zeros(portfolio.calendar.count)
    shared = {"each site": sum((np.min(list(limits.values()), axis=0) for limits in sites.values()), none)}
    shared["servers"] = sum(site.servers_start_mw for site in short) + _servers_mw(portfolio)
    for resource in HALL:
        own = [item for item in portfolio.items if item.resource == resource]
        if own and all(_has_supply(portfolio, item) for item in own):
            quickest = {item.item: item for item in sorted(own, key=lambda i: -i.lead_q)}
            bought = sum(_supplied(portfolio, item) for item in quickest.values())
            shared[resource] = sum(_given(portfolio, item) for item in own) + bought
    rows, names = np.array(list(shared.values())), list(shared)
    return Reach(sites, rows.min(axis=0), tuple(names[k] for k in rows.argmin(axis=0)))


def _limits(portfolio: Portfolio, site: Site) -> dict[str, np.ndarray]:
    """Most IT power of a site under each limit alone."""
    q = np.arange(portfolio.calendar.count)
    at_will_mw = _at_will_mw(portfolio, site)
    limits = {"grid": (_grid_mw(portfolio, site) + at_will_mw) / site.pue}
    for resource in RESOURCES:
        there = _there(portfolio, site, resource)
        if there is not None:
            through_mw = there * portfolio.compute.hv_power_factor + at_will_mw
            limits[resource] = there if resource in HALL else through_mw / site.pue
    limits["servers"] = site.servers_start_mw + _servers_mw(portfolio)
    if site.land_ha:
        limits["land"] = np.full(len(q), site.land_ha * site.it_mw_per_ha)
    if site.crew_mw is not None:
        limits["crew"] = site.it_start_mw + site.crew_mw * (q + 1.0)
    opened = _open_from(portfolio, site, ("fibre",))
    if opened > 0:
        limits["fibre"] = np.where(q >= opened, np.inf, 0.0)
    return limits


def _grid_mw(portfolio: Portfolio, site: Site) -> np.ndarray:
    """Import power with every stage at its earliest; a non-firm stage or the firm one that ends it."""
    q = np.arange(portfolio.calendar.count)
    stages = {stage.stage: stage for stage in portfolio.stages if stage.site == site.name}
    power = {
        name: stage.power_mw * (q >= _earliest(portfolio, stages, stage)) for name, stage in stages.items()
    }
    for name, stage in stages.items():
        if stage.replaced_by in stages:
            power[stage.replaced_by] = np.maximum(power[stage.replaced_by], power.pop(name))
    return sum(power.values(), np.zeros(len(q)))


def _earliest(portfolio: Portfolio, stages: Mapping[str, Stage], stage: Stage) -> int:
    """First period in which a stage can be on: its date, its lead, the stages that it needs."""
    first = max(portfolio.calendar.index(stage.earliest_energised), stage.commit_lead_q)
    seen = {stage.stage}
    while stage.needs_stage in stages and stage.needs_stage not in seen:
        stage = stages[stage.needs_stage]
        seen.add(stage.stage)
        first = max(first, portfolio.calendar.index(stage.earliest_energised), stage.commit_lead_q)
    return first


def _at_will_mw(portfolio: Portfolio, site: Site) -> np.ndarray:
    """Generation that needs no sun, at its earliest."""
    q = np.arange(portfolio.calendar.count)
    power = np.zeros(len(q))
    for offer in portfolio.generation:
        if offer.site == site.name and offer.profile is None:
            power += offer.limit_mw * (
                q >= max(portfolio.calendar.index(offer.earliest_energised), offer.lead_q)
            )
    return power


def _there(portfolio: Portfolio, site: Site, resource: str) -> np.ndarray | None:
    """Units there at most: start, pipeline, and all of the shared supply after its lead; None without items."""
    items = [i for i in portfolio.items if i.site == site.name and i.resource == resource]
    if not items:
        return None
    waits = _open_from(portfolio, site, ("permit", "land")) if resource == "shell" else 0
    return sum(_given(portfolio, item) + _supplied(portfolio, item, waits) for item in items)


def _given(portfolio: Portfolio, item: Item) -> np.ndarray:
    """Units there without an order."""
    q = np.arange(portfolio.calendar.count)
    given = np.full(len(q), float(item.start_units))
    if item.pipeline_quarter is not None:
        given += item.pipeline_units * (q >= portfolio.calendar.index(item.pipeline_quarter))
    return given


def _has_supply(portfolio: Portfolio, item: Item) -> bool:
    return any(supply.resource == item.item for supply in portfolio.supply)


def _quickest(portfolio: Portfolio, resource: str, lead: int) -> int:
    """The lead of the quickest supplier."""
    deltas = [s.lead_delta_q for s in portfolio.suppliers if s.resource == resource]
    return max(lead + min(deltas, default=0), 0)


def _supplied(portfolio: Portfolio, item: Item, waits: int = 0) -> np.ndarray:
    """All that the group can have ordered from period `waits` on and received by each period."""
    count = portfolio.calendar.count
    lead = _quickest(portfolio, item.item, item.lead_q)
    orders = np.zeros(count)
    found = [supply.at(portfolio.calendar) for supply in portfolio.supply if supply.resource == item.item]
    orders[waits:] = found[0][waits:] if found else np.inf
    arrived = np.zeros(count)
    if lead < count:
        arrived[lead:] = np.cumsum(orders)[: count - lead]
    return arrived


def _servers_mw(portfolio: Portfolio) -> np.ndarray:
    """All servers that the group can have received, the quickest generation on sale in each period."""
    calendar = portfolio.calendar
    orders = np.full(calendar.count, np.inf)
    for supply in portfolio.supply:
        if supply.resource == "servers":
            orders = supply.at(calendar)
    arrived = np.zeros(calendar.count)
    for q in range(calendar.count):
        sold = [
            _quickest(portfolio, "servers", server.lead_q)
            for server in portfolio.servers
            if calendar.index(server.first_order) <= q <= calendar.index(server.last_order)
        ]
        if sold and q + min(sold) < calendar.count:
            arrived[q + min(sold)] += orders[q]
    return np.cumsum(arrived)


def _open_from(portfolio: Portfolio, site: Site, gates: tuple[str, ...]) -> int:
    """First period in which all of these gates can be open."""
    found = [g for g in portfolio.gates if g.site == site.name and g.gate in gates]
    return max((portfolio.gate_opens(gate) for gate in found), default=0)
