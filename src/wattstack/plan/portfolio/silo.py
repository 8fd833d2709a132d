"""The plan of teams that do not talk: each follows the announced targets with its own lead times and list prices.

Needs    portfolio; plan.portfolio.result, servers, solve (the factory's own plan).
Gives    silo_orders.
Used by  plan.portfolio.compare.

Grid takes firm stages at the earliest date. Halls, cooling and transformers are ordered to arrive on the target
date; what shared supply does not give is shared out pro rata and asked for again. Servers are asked for on target,
the newest generation. The energy team buys the cheapest battery that may stand there. The factory sells for its own
margin. Nobody buys what stands in: flexible stages, bridging power, fast slots, prefabricated shells, own cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from wattstack.plan.portfolio.orders import SERVER_LINE, server_line_mw, suppliers_of
from wattstack.plan.portfolio.result import Decisions
from wattstack.plan.portfolio.solve import solve_portfolio
from wattstack.portfolio import Portfolio, Site
from wattstack.portfolio.variants import without_substitution


@dataclass
class Asking:
    """What one team still asks for: needs by site, leads, and what has been ordered.

    Attributes:
        need: Amount to be there at each period, by site; shape (periods,).
        lead: Periods by site. limit: Shared supply, None = none. there: What is there without orders, by site.
        opens: First period of an order by site. life: Periods until an order is gone.
    """

    need: dict[str, np.ndarray]
    lead: dict[str, int]
    there: dict[str, np.ndarray]
    limit: np.ndarray | None = None
    opens: dict[str, int] = field(default_factory=dict)
    life: int = 10_000

    def orders(self) -> dict[str, np.ndarray]:
        """Orders by site: the need at arrival, pro rata where the shared supply is short; shape (periods,)."""
        count = len(next(iter(self.need.values()))) if self.need else 0
        out = {site: np.zeros(count) for site in self.need}
        arrived = {site: self.there[site].copy() for site in self.need}
        for q in range(count):
            asks = {site: self._ask(site, q, arrived[site]) for site in self.need}
            total = sum(asks.values())
            share = 1.0 if self.limit is None or total <= self.limit[q] else self.limit[q] / total
            for site, ask in asks.items():
                out[site][q] = ask * share
                comes = q + self.lead[site]
                arrived[site][comes : comes + self.life] += ask * share
        return out

    def _ask(self, site: str, q: int, arrived: np.ndarray) -> float:
        comes = q + self.lead[site]
        if comes >= len(arrived) or q < self.opens.get(site, 0):
            return 0.0
        return max(float(self.need[site][comes] - arrived[comes]), 0.0)


def silo_orders(portfolio: Portfolio, told_q: int = 0, delay_of: tuple[str, ...] | None = None) -> Decisions:
    """What the teams order.

    Args:
        portfolio: With the dates the teams believe in.
        told_q: Periods of grid delay that all teams hear of: their targets move by as much.
        delay_of: Sites whose grid is late; None = all.

    Returns:
        Decisions by the keys of the master of `portfolio`.
    """
    plain = without_substitution(portfolio)
    late = {site.name: told_q for site in portfolio.sites if delay_of is None or site.name in delay_of}
    targets = {site.name: _target_mw(portfolio, site, late.get(site.name, 0)) for site in portfolio.sites}
    amounts: dict[str, dict[tuple[str, ...], np.ndarray]] = {
        "order": _works(plain, targets), "server_order": _servers(plain, targets),
        "storage_order": _batteries(plain, targets), "commit": _stages(plain), "start": _gates(plain),
        "generation_order": {}, "generation_sold": {},
    }  # fmt: skip
    if portfolio.factory is not None:
        alone = solve_portfolio(
            replace(plain, sites=(), items=(), stages=(), gates=(), storage=(), generation=())
        )
        amounts["line_order"] = dict(alone.amounts["line_order"])
    return Decisions(amounts)


def _target_mw(portfolio: Portfolio, site: Site, late: int) -> np.ndarray:
    """Announced IT power by period: the steps of the targets over PUE, moved where a delay is told."""
    count = portfolio.calendar.count
    need = np.full(count, site.it_start_mw)
    for target in (t for t in portfolio.targets if t.site == site.name):
        first = portfolio.calendar.index(target.quarter)
        at = max(first + (late if first > 0 else 0), 0)
        need[at:] = np.maximum(need[at:], target.facility_mw / site.pue)
    room = site.land_ha * site.it_mw_per_ha * LAND_SHARE if site.land_ha else np.inf
    return np.minimum(need, room)


LAND_SHARE = 0.95  # the rest of the land is left for batteries


def _works(portfolio: Portfolio, targets: dict[str, np.ndarray]) -> dict[tuple[str, ...], np.ndarray]:
    """Shells, electrical gear, cooling and transformers, to arrive on the target date."""
    calendar, out = portfolio.calendar, {}
    for name in dict.fromkeys(item.item for item in portfolio.items):
        items = {item.site: item for item in portfolio.items if item.item == name and item.site in targets}
        there = {}
        for site, item in items.items():
            there[site] = np.full(calendar.count, item.start_units)
            if item.pipeline_quarter is not None:
                there[site][max(calendar.index(item.pipeline_quarter), 0) :] += item.pipeline_units
        factor = {
            site: portfolio.site(site).pue / portfolio.compute.hv_power_factor
            if item.resource == "hv"
            else 1.0
            for site, item in items.items()
        }
        shells = any(item.resource == "shell" for item in items.values())
        asking = Asking(
            need={site: targets[site] * factor[site] for site in items},
            lead={site: item.lead_q + _slowest(portfolio, name) for site, item in items.items()},
            there=there,
            limit=_limit(portfolio, name),
            opens={site: _shell_opens(portfolio, site) for site in items} if shells else {},
        )
        for site, orders in asking.orders().items():
            out |= _split(portfolio, name, (name, site), orders)
    return out


def _shell_opens(portfolio: Portfolio, site: str) -> int:
    """First period in which shells may be ordered: land and permit started at their earliest."""
    gates = (gate for gate in portfolio.gates if gate.site == site and gate.gate != "fibre")
    return max((portfolio.gate_opens(gate) for gate in gates), default=0)


def _servers(portfolio: Portfolio, targets: dict[str, np.ndarray]) -> dict[tuple[str, ...], np.ndarray]:
    """The newest generation on sale in each period, on target, replaced at the end of its life."""
    calendar = portfolio.calendar
    count, limit, out = calendar.count, _limit(portfolio, "servers"), {}
    arrived = {}
    lives = {s.generation: s.life_q for s in portfolio.servers}
    life = lives.get(portfolio.standing_servers, count)
    for site in targets:
        arrived[site] = np.zeros(count)
        arrived[site][:life] += portfolio.site(site).servers_start_mw
    for q in range(count):
        on_sale = [
            s for s in portfolio.servers if calendar.index(s.first_order) <= q <= calendar.index(s.last_order)
        ]
        if not on_sale:
            continue
        newest = max(on_sale, key=lambda s: calendar.index(s.launch))
        comes = q + newest.lead_q + _slowest(portfolio, "servers")
        if comes >= count:
            continue
        asks = {site: max(targets[site][comes] - arrived[site][comes], 0.0) for site in targets}
        total = sum(asks.values())
        share = 1.0 if limit is None or total <= limit[q] else limit[q] / total
        own_frac = server_line_mw(portfolio) / max(total * share, 1e-12)
        for site, ask in asks.items():
            arrived[site][comes : comes + newest.life_q] += ask * share
            one = np.zeros(count)
            one[q] = ask * share
            for key, part in _split(portfolio, "servers", (newest.generation, site), one, own_frac).items():
                out[key] = out.get(key, np.zeros(count)) + part
    return out


def _batteries(portfolio: Portfolio, targets: dict[str, np.ndarray]) -> dict[tuple[str, ...], np.ndarray]:
    """The cheapest battery, for reserve energy and power, up to the fire cap."""
    out = {}
    by_chemistry: dict[str, dict[str, object]] = {}
    for site in targets:
        offers = [o for o in portfolio.storage if o.site == site and o.origin == "market"]
        if offers:
            cheapest = min(offers, key=lambda o: o.cost_per_kwh)
            by_chemistry.setdefault(cheapest.chemistry, {})[site] = cheapest
    for chemistry, offers in by_chemistry.items():
        need, there = {}, {}
        for name, offer in offers.items():
            site = portfolio.site(name)
            power_mwh = portfolio.compute.reserve_power_frac * offer.duration_h
            cap = np.inf if offer.indoor_ok or site.outdoor_limit_mwh is None else site.outdoor_limit_mwh
            need[name] = np.minimum(targets[name] * max(site.reserve_mwh_per_mw, power_mwh), cap)
            there[name] = np.full(portfolio.calendar.count, site.storage_start_mwh)
        asking = Asking(
            need, {s: o.lead_q + _slowest(portfolio, chemistry) for s, o in offers.items()}, there,
            _limit(portfolio, chemistry), life=min(o.life_q for o in offers.values()),
        )  # fmt: skip
        for site, orders in asking.orders().items():
            out |= _split(portfolio, chemistry, (chemistry, site), orders)
    return out


def _stages(portfolio: Portfolio) -> dict[tuple[str, ...], np.ndarray]:
    """Every firm stage committed so that it is energised at its earliest date."""
    q = np.arange(portfolio.calendar.count)
    return {
        (s.site, s.stage): (q >= portfolio.calendar.index(s.earliest_energised) - s.commit_lead_q).astype(
            float
        )
        for s in portfolio.stages
    }


def _gates(portfolio: Portfolio) -> dict[tuple[str, ...], np.ndarray]:
    """Every gate started at its earliest date."""
    q = np.arange(portfolio.calendar.count)
    return {
        (g.site, g.gate): (q >= portfolio.calendar.index(g.earliest_start)).astype(float)
        for g in portfolio.gates
    }


def _limit(portfolio: Portfolio, resource: str) -> np.ndarray | None:
    """Shared supply of a resource, None where it has no limit."""
    return next((s.at(portfolio.calendar) for s in portfolio.supply if s.resource == resource), None)


def _slowest(portfolio: Portfolio, resource: str) -> int:
    """Extra lead of the slowest supplier used: list prices first, so those of usual lead where they suffice."""
    return (
        0
        if _usual(portfolio, resource, 0)
        else max(s.lead_delta_q for s in suppliers_of(portfolio, resource))
    )


def _usual(portfolio: Portfolio, resource: str, q: int) -> list:
    """Suppliers of usual lead that are there in a period, cheapest first, if their shares reach one."""
    return _enough([s for s in _there(portfolio, resource, q) if s.lead_delta_q == 0])


def _there(portfolio: Portfolio, resource: str, q: int) -> list:
    """Suppliers that are there in a period, cheapest first."""
    found = suppliers_of(portfolio, resource)
    there = [s for s in found if not s.from_quarter or portfolio.calendar.index(s.from_quarter) <= q]
    return sorted(there, key=lambda s: s.price_factor)


def _enough(suppliers: list) -> list:
    """These suppliers if their shares reach one, else none: a supplier short of its share may deliver nothing."""
    return suppliers if sum(s.share_max_frac for s in suppliers) >= 1.0 - 1e-9 else []


def _split(
    portfolio: Portfolio, resource: str, key: tuple[str, str], orders: np.ndarray, own_frac: float = 1.0
) -> dict[tuple[str, ...], np.ndarray]:
    """Orders by supplier: the cheapest up to its share, then the next; of any lead where the usual do not suffice.

    `own_frac`: of these orders, what the own server line can make.
    """
    out: dict[tuple[str, ...], np.ndarray] = {}
    for q in np.flatnonzero(orders > 0.0):
        left = 1.0
        for supplier in _usual(portfolio, resource, int(q)) or _enough(_there(portfolio, resource, int(q))):
            most = own_frac if supplier.supplier == SERVER_LINE else 1.0
            part = min(left, supplier.share_max_frac, most)
            if part > 0.0:
                out.setdefault((*key, supplier.supplier), np.zeros(len(orders)))[q] += part * orders[q]
            left -= part
    return out
