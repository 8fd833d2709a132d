"""What holds a plan back: the cause in every site and period, by the rent rule.

Needs    plan.portfolio.result, answers, orders; portfolio.
Gives    find_causes, least_resource, capacity_mw, time_to_power.
Used by  plan.portfolio.holdback, compare; report.

In a good plan everything arrives together, so every row is tight, and a tight row is not yet a cause. A row is a
cause where it is tight and its relief could not be bought: the lead time has not passed since the first period
("lead"), the shared supply of the order period is used up ("supply"), every stage that may be on is on ("stage"), a
gate, the crew, the fire cap or the land binds. Causes are ranked by rent per MW of IT power and period: the row's
shadow price where nothing can be bought, else that of the shared supply in the order period spread over the periods
of use (the row's own shadow price is mostly the cost being earned back). None left, or none that earns a rent: "not
worth more". Where nothing is energised the cause is named without its rent: the prices of an empty site are not
unique, for many things lack at once. Where orders are held (the silo) the cause is the resource with the least
capacity in MW of IT power.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from wattstack.plan.portfolio.answers import Cause
from wattstack.plan.portfolio.orders import draws_on, suppliers_of
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.portfolio import Site

TIGHT_FRAC = 1e-6
NO_RENT_M = 1e-9  # prices of a linear programme below this are rounding
NOT_WORTH_MORE = "not worth more"
HALLS = ("shell", "electrical", "cooling")


@dataclass(frozen=True)
class Way:
    """One way to buy more of a resource: its shared limit, lead and life, and when it may be ordered."""

    limit: str
    lead: int
    life: int
    first: int
    last: int


def find_causes(plan: PortfolioPlan) -> tuple[Cause, ...]:
    """The cause with the highest rent in every site and period, by site and period."""
    supply_left = _supply_left(plan)
    found = []
    for site in (s for s in plan.portfolio.sites if (s.name,) in plan.amounts.get("it_mw", {})):
        grid_mw, energised = capacity_mw(plan, site)["grid"], plan.amounts["it_mw"][(site.name,)]
        for q in range(plan.portfolio.calendar.count):
            causes = [
                c for c in _causes(plan, site, q, (supply_left, grid_mw)) if c.rent_m_per_mw > NO_RENT_M
            ]
            cause = max(causes, key=lambda c: c.rent_m_per_mw, default=_none(site, q))
            found.append(cause if energised[q] > TIGHT_FRAC else replace(cause, rent_m_per_mw=0.0))
    return tuple(found)


def least_resource(plan: PortfolioPlan) -> tuple[Cause, ...]:
    """For a plan whose orders are held: the resource with the least capacity in MW of IT power."""
    found = []
    for site in (s for s in plan.portfolio.sites if (s.name,) in plan.amounts.get("it_mw", {})):
        capacity = capacity_mw(plan, site)
        energised = plan.amounts["it_mw"][(site.name,)]
        for q in range(plan.portfolio.calendar.count):
            name = min(capacity, key=lambda resource, at=q: capacity[resource][at])
            binds = capacity[name][q] <= energised[q] + TIGHT_FRAC * (1.0 + energised[q])
            found.append(
                Cause(site.name, q, name if binds else NOT_WORTH_MORE, "limit" if binds else "", 0.0)
            )
    return tuple(found)


def capacity_mw(plan: PortfolioPlan, site: Site) -> dict[str, np.ndarray]:
    """What each resource there could carry, in MW of IT power by period."""
    there, compute = plan.amounts.get("there", {}), plan.portfolio.compute
    out = {name: there[(name, site.name)] for name in HALLS if (name, site.name) in there}
    zero = np.zeros(plan.portfolio.calendar.count)
    servers = plan.amounts.get("server_there", {})
    out["servers"] = sum((values for (_, where), values in servers.items() if where == site.name), zero)
    grid = {"firm": zero, "nonfirm": zero}
    for stage in (s for s in plan.portfolio.stages if s.site == site.name):
        on = plan.amounts["stage_on"][(site.name, stage.stage)]
        if stage.replaced_by is not None:
            on = np.minimum(on, 1.0 - plan.amounts["stage_on"][(site.name, stage.replaced_by)])
        grid[stage.kind] = grid[stage.kind] + stage.power_mw * on
    total = grid["firm"] + grid["nonfirm"]
    if ("hv", site.name) in there:
        transformers = there[("hv", site.name)] * compute.hv_power_factor
        out["hv"] = (transformers + _at_will(plan, site)) / site.pue
    out["grid"] = (total + _at_will(plan, site)) / site.pue
    return out


def time_to_power(plan: PortfolioPlan, site: Site) -> tuple[int | None, int | None, int | None]:
    """Period in which the first, half and all of the announced MW are energised; None where never."""
    energised = plan.amounts["it_mw"][(site.name,)]
    announced = [t.facility_mw for t in plan.portfolio.targets if t.site == site.name]
    full = max(announced, default=float(energised.max()) * site.pue) / site.pue
    out = []
    for share in (0.0, 0.5, 1.0):
        least = max(share * full * (1.0 - TIGHT_FRAC), TIGHT_FRAC)
        at = np.flatnonzero(energised >= least)
        out.append(int(at[0]) if len(at) else None)
    return tuple(out)


def _causes(
    plan: PortfolioPlan, site: Site, q: int, known: tuple[dict[str, np.ndarray], np.ndarray]
) -> Iterator[Cause]:
    """Every row of a site and period that is tight and whose relief could not be bought.

    `known`: what each shared limit has left, and the IT power that the grid and bridging power could carry.
    """
    supply_left, grid_mw = known
    energised = plan.amounts["it_mw"][(site.name,)][q]
    there = plan.amounts.get("there", {})
    for resource in HALLS:
        if (resource, site.name) in there and _tight(energised, there[(resource, site.name)][q]):
            yield from _bought(plan, site, q, resource, supply_left)
    servers = [v[q] for (_, where), v in plan.amounts["server_there"].items() if where == site.name]
    if _tight(energised, sum(servers)):
        yield from _bought(plan, site, q, "servers", supply_left)
    if _reserve_tight(plan, site, q):
        yield from _bought(plan, site, q, "storage", supply_left)
    imported = sum(plan.amounts[kind][(site.name,)][q] for kind in ("firm_mw", "nonfirm_mw"))
    through = plan.portfolio.compute.hv_power_factor * there.get(("hv", site.name), np.full(q + 1, np.inf))[q]
    if _tight(site.pue * energised, imported + _at_will(plan, site)[q]) and _tight(imported, through):
        yield from _bought(plan, site, q, "hv", supply_left)
    if _tight(energised, grid_mw[q]) and _stages_all_on(plan, site, q) and not _bridge_left(plan, site, q):
        yield Cause(site.name, q, "grid", "stage", _price(plan, "grid", site, q) * site.pue)
    yield from _limits(plan, site, q, energised)


def _reserve_tight(plan: PortfolioPlan, site: Site, q: int) -> bool:
    """Whether all the storage that is there is held in reserve."""
    offers = {o.chemistry: o for o in plan.portfolio.storage if o.site == site.name}
    stored = {c: plan.amounts["storage_mwh"][(c, site.name)][q] for c in offers}
    energised = plan.amounts["it_mw"][(site.name,)][q]
    power_mw = sum(mwh / offers[c].duration_h for c, mwh in stored.items())
    held_mwh, held_mw = site.reserve_mwh_per_mw, plan.portfolio.compute.reserve_power_frac
    by_energy = held_mwh > 0.0 and _tight(held_mwh * energised, sum(stored.values()))
    return by_energy or (held_mw > 0.0 and _tight(held_mw * energised, power_mw))


def _limits(plan: PortfolioPlan, site: Site, q: int, energised: float) -> Iterator[Cause]:
    """Gates, crew, fire distance, land."""
    for gate in (g for g in plan.portfolio.gates if g.site == site.name and g.gate == "fibre"):
        if q < plan.portfolio.gate_opens(gate):
            room = site.land_ha * site.it_mw_per_ha or 1.0
            yield Cause(
                site.name, q, "gate_fibre", "gate", _price(plan, "gate_fibre", site, q) or room * 1e-12
            )
    before = plan.amounts["it_mw"][(site.name,)][q - 1] if q else site.it_start_mw
    if site.crew_mw is not None and _tight(energised - before, site.crew_mw):
        yield Cause(site.name, q, "crew", "limit", _price(plan, "crew", site, q))
    for kind, scale, full in _standing(plan, site, q):
        if full:
            later = plan.prices.get(kind, {}).get((site.name,), np.zeros(q + 1))[q:]
            yield Cause(site.name, q, kind, "limit", float(later.mean()) * scale)


def _standing(plan: PortfolioPlan, site: Site, q: int) -> Iterator[tuple[str, float, bool]]:
    """Limits on what stands for good: kind, use by a MW of IT power, whether it is full in a period.

    What stands takes room in all later periods, so its rent is the mean of the later prices.
    """
    offers = [o for o in plan.portfolio.storage if o.site == site.name]
    stored = {o.chemistry: plan.amounts["storage_mwh"][(o.chemistry, site.name)][q] for o in offers}
    outdoors = [o for o in offers if not o.indoor_ok]
    if site.outdoor_limit_mwh is not None and outdoors:
        least_h = min(o.duration_h for o in outdoors)
        use = max(site.reserve_mwh_per_mw, plan.portfolio.compute.reserve_power_frac * least_h)
        yield "fire_cap", use, _tight(sum(stored[o.chemistry] for o in outdoors), site.outdoor_limit_mwh)
    if site.land_ha:
        shells = plan.amounts.get("there", {}).get(("shell", site.name), np.zeros(q + 1))[q]
        taken = sum(stored[o.chemistry] / (site.storage_mwh_per_ha * o.density_factor) for o in offers)
        yield "land", 1.0 / site.it_mw_per_ha, _tight(shells / site.it_mw_per_ha + taken, site.land_ha)


def _bought(
    plan: PortfolioPlan, site: Site, q: int, resource: str, supply_left: dict[str, np.ndarray]
) -> Iterator[Cause]:
    """A resource that is bought: no cause where one more unit could have been ordered in time."""
    scale = _units_per_mw(plan, site, resource)
    used_up = []
    for way in ways(plan, site, resource):
        at = min(q - way.lead, way.last)
        if at < way.first:
            continue
        kind = _gate_shut(plan, site, at) if resource == "shell" else None
        left = supply_left.get(way.limit)
        uses = max(min(way.life, plan.portfolio.calendar.count - at - way.lead), 1)
        if kind is not None:
            prices = plan.prices.get(kind, {}).get((site.name,), np.zeros(at + 1))
            used_up.append((kind, "gate", float(prices[at:].sum()) / uses))
        elif left is None or left[at] > 0.0:
            return
        else:
            prices = plan.prices.get("supply", {}).get((way.limit,), np.zeros(q + 1))
            used_up.append((resource, "supply", float(prices[at]) / uses * scale))
    if used_up:
        name, why, rent = max(used_up, key=lambda found: found[2])
        yield Cause(site.name, q, name, why, rent)
    else:
        yield Cause(site.name, q, resource, "lead", _own_price(plan, resource, site, q) * scale)


def _units_per_mw(plan: PortfolioPlan, site: Site, resource: str) -> float:
    """Units of a resource that a MW of IT power takes: MVA of transformers, MWh of storage, else MW IT."""
    compute = plan.portfolio.compute
    if resource == "hv":
        return site.pue / compute.hv_power_factor
    if resource == "storage":
        hours = [o.duration_h for o in plan.portfolio.storage if o.site == site.name]
        return max(site.reserve_mwh_per_mw, compute.reserve_power_frac * min(hours, default=0.0))
    return 1.0


def _own_price(plan: PortfolioPlan, resource: str, site: Site, q: int) -> float:
    """Worth of one more unit there: servers of those there or first to come, storage as held in reserve."""
    if resource == "servers":
        index, there = plan.portfolio.calendar.index, plan.amounts["server_there"]
        names = [g for g, where in there if where == site.name and there[(g, where)][q] > 0.0]
        soonest = min(
            plan.portfolio.servers, key=lambda s: max(index(s.first_order), 0) + s.lead_q, default=None
        )
        names = names or ([soonest.generation] if soonest is not None else [])
        found = plan.prices.get("servers", {})
        return max((float(found[(name, site.name)][q]) for name in names), default=0.0)
    if resource == "storage":
        hours = [o.duration_h for o in plan.portfolio.storage if o.site == site.name]
        power = _price(plan, "reserve_power", site, q) / min(hours, default=1.0)
        return _price(plan, "reserve_energy", site, q) + power
    return _price(plan, resource, site, q)


def ways(plan: PortfolioPlan, site: Site, resource: str) -> Iterator[Way]:
    """Every way to buy a resource at a site."""
    portfolio = plan.portfolio
    count = portfolio.calendar.count
    if resource == "servers":
        fastest = min(s.lead_delta_q for s in suppliers_of(portfolio, "servers"))
        for server in portfolio.servers:
            window = [portfolio.calendar.index(text) for text in (server.first_order, server.last_order)]
            yield Way("servers", max(server.lead_q + fastest, 0), server.life_q, max(window[0], 0), window[1])
        return
    if resource == "storage":
        for offer in (o for o in portfolio.storage if o.site == site.name and o.may_order):
            own = offer.origin == "own"
            fastest = 0 if own else min(s.lead_delta_q for s in suppliers_of(portfolio, offer.chemistry))
            limit = "" if own else offer.chemistry
            if not own or portfolio.factory is not None:
                yield Way(limit, max(offer.lead_q + fastest, 0), offer.life_q, 0, count)
        return
    for item in portfolio.items:
        if item.site == site.name and item.resource == resource and item.may_order:
            fastest = min(s.lead_delta_q for s in suppliers_of(portfolio, item.item))
            yield Way(item.item, max(item.lead_q + fastest, 0), item.life_q, 0, count)


def _supply_left(plan: PortfolioPlan) -> dict[str, np.ndarray]:
    """What each shared limit has left by period, 0 where it is used up."""
    calendar, out = plan.portfolio.calendar, {}
    for supply in plan.portfolio.supply:
        limit = supply.at(calendar)
        used = np.zeros(calendar.count)
        for kind, found in plan.decisions.amounts.items():
            used = used + sum(v for key, v in found.items() if draws_on(kind, key[0], supply.resource))
        left = limit - used
        out[supply.resource] = np.where(left <= TIGHT_FRAC * (1.0 + limit), 0.0, left)
    return out


def _gate_shut(plan: PortfolioPlan, site: Site, q: int) -> str | None:
    """The gate that keeps shells from being ordered in a period, None where all may be open."""
    for gate in plan.portfolio.gates:
        if gate.site == site.name and gate.gate != "fibre" and q < plan.portfolio.gate_opens(gate):
            return f"gate_{gate.gate}"
    return None


def _stages_all_on(plan: PortfolioPlan, site: Site, q: int) -> bool:
    """Whether every stage that could be energised by now is, as far as it is not replaced."""
    on = plan.amounts["stage_on"]
    for stage in (s for s in plan.portfolio.stages if s.site == site.name):
        earliest = max(plan.portfolio.calendar.index(stage.earliest_energised), stage.commit_lead_q)
        replaced = stage.replaced_by is not None and on[(site.name, stage.replaced_by)][q] > 1.0 - TIGHT_FRAC
        if q >= earliest and on[(site.name, stage.stage)][q] < 1.0 - TIGHT_FRAC and not replaced:
            return False
    return True


def _bridge_left(plan: PortfolioPlan, site: Site, q: int) -> bool:
    """Whether more bridging generation could stand by now."""
    for offer in (o for o in plan.portfolio.generation if o.site == site.name and o.profile is None):
        earliest = max(plan.portfolio.calendar.index(offer.earliest_energised), offer.lead_q)
        there = plan.amounts["generation_mw"][(offer.tech, site.name)][q]
        if q >= earliest and not _tight(there, offer.limit_mw):
            return True
    return False


def _at_will(plan: PortfolioPlan, site: Site) -> np.ndarray:
    """Generation that runs at will [MW]."""
    total = np.zeros(plan.portfolio.calendar.count)
    for offer in plan.portfolio.generation:
        if offer.site == site.name and offer.profile is None:
            total = total + plan.amounts["generation_mw"][(offer.tech, site.name)]
    return total


def _price(plan: PortfolioPlan, kind: str, site: Site, q: int) -> float:
    found = plan.prices.get(kind, {}).get((site.name,))
    return float(found[q]) if found is not None else 0.0


def _tight(used: float, limit: float) -> bool:
    return used >= limit - TIGHT_FRAC * (1.0 + abs(limit))


def _none(site: Site, q: int) -> Cause:
    return Cause(site.name, q, NOT_WORTH_MORE, "", 0.0)
