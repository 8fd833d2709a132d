"""Shells, electrical gear, cooling and transformers at a site, and the gates, land and crew they wait for.

Needs    plan.portfolio.draft, orders; portfolio.
Gives    add_works, add_gates, add_site_limits, gate_room, pay_once, never_falls.
Used by  plan.portfolio.block, grid.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.draft import ABSENT, Draft, shifted
from wattstack.plan.portfolio.orders import Purchase, add_orders, annuity
from wattstack.portfolio import Portfolio, Site

HALL_RESOURCES = ("shell", "electrical", "cooling")


def add_works(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """What is there of each resource: start + pipeline + orders arrived - what ended its life."""
    calendar = portfolio.calendar
    by_resource: dict[str, list] = {}
    for item in portfolio.items:
        if item.site == site.name:
            by_resource.setdefault(item.resource, []).append(item)
    for resource, items in by_resource.items():
        given = np.zeros(draft.count)
        moves = []
        for item in items:
            given[0] += item.start_units
            if item.pipeline_quarter is not None:
                arrival = max(calendar.index(item.pipeline_quarter), 0)
                if arrival < draft.count:
                    given[arrival] += item.pipeline_units
            price = np.full(draft.count, item.capital_m_per_unit)
            bought = Purchase(
                "order", item.item, site.name, item.item, price, item.lead_q, item.life_q,
                np.full(draft.count, item.may_order),
            )  # fmt: skip
            moves += add_orders(draft, portfolio, bought).terms
        draft.running_sum("there", (resource, site.name), given, moves)


def add_gates(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """Gates: started once, open a lead later; they never fall back. Permit and land hold back orders of shells."""
    q = np.arange(draft.count)
    money = portfolio.money
    room = gate_room(portfolio, site)
    for gate in (g for g in portfolio.gates if g.site == site.name):
        key = (site.name, gate.gate)
        earliest = portfolio.calendar.index(gate.earliest_start)
        exists = (q >= earliest) & (q + gate.lead_q < draft.count)
        started = draft.column("start", key, exists, upper=1.0)
        draft.whole(started)
        never_falls(draft, key, started)
        pay_once(draft, money, (gate.gate, site.name), started, (gate.capital_m, gate.lead_q))
        lead = max(gate.lead_q + portfolio.late_q("gate", *key), 0)
        opened = draft.column("gate_open", key, q >= max(earliest, 0) + lead, upper=1.0)
        draft.row("opened", key, [(opened, 1.0), (shifted(started, lead), -1.0)], lower=0.0, upper=0.0)
        if gate.gate == "fibre":
            energised = draft.columns["it_mw"][(site.name,)]
            draft.row("gate_fibre", (site.name,), [(energised, 1.0), (opened, -room)], upper=0.0)
        else:
            _hold_shells(draft, site, f"gate_{gate.gate}", opened, room)


def _hold_shells(draft: Draft, site: Site, kind: str, opened: np.ndarray, room: float) -> None:
    """Shell orders up to q are at most the room times the gate."""
    orders = [
        columns
        for (item, where, _), columns in draft.columns.get("order", {}).items()
        if where == site.name and item.split("_", 1)[0] == "shell"
    ]
    rows = np.full(draft.count, -1)
    for q in range(draft.count):
        columns = np.concatenate([o[: q + 1] for o in orders]) if orders else np.array([], int)
        if len(columns) and np.any(columns >= 0):
            every = np.append(columns, opened[q])
            values = np.append(np.ones(len(columns)), -room)
            rows[q] = draft.one_row(kind, (site.name, str(q)), every, values, upper=0.0)
    draft.rows.setdefault(kind, {})[(site.name,)] = rows


def add_site_limits(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """Halls, crew, fire distance and land."""
    energised = draft.columns["it_mw"][(site.name,)]
    for resource in HALL_RESOURCES:
        there = draft.columns.get("there", {}).get((resource, site.name))
        if there is not None:
            draft.row(resource, (site.name,), [(energised, 1.0), (there, -1.0)], upper=0.0)
    if site.crew_mw is not None:
        crew = np.full(draft.count, float(site.crew_mw))
        crew[0] += site.it_start_mw
        terms = [(energised, 1.0), (shifted(energised, 1), -1.0)]
        draft.row("crew", (site.name,), terms, upper=crew)
    offers = {o.chemistry: o for o in portfolio.storage if o.site == site.name}
    stored = {c: draft.columns["storage_mwh"][(c, site.name)] for c in offers}
    if site.outdoor_limit_mwh is not None:
        outdoors = [(stored[c], 1.0) for c, o in offers.items() if not o.indoor_ok]
        draft.row("fire_cap", (site.name,), outdoors, upper=float(site.outdoor_limit_mwh))
    if site.land_ha:
        terms = [(stored[c], 1.0 / (site.storage_mwh_per_ha * o.density_factor)) for c, o in offers.items()]
        shell = draft.columns.get("there", {}).get(("shell", site.name))
        if shell is not None:
            terms.append((shell, 1.0 / site.it_mw_per_ha))
        draft.row("land", (site.name,), terms, upper=site.land_ha)


def pay_once(
    draft: Draft, money, what: tuple[str, str], done: np.ndarray, price: tuple[float, int], life=None
) -> None:
    """Price of something done once: deposit when it begins, the rest a lead later, residual where it has a life.

    With `capital_as: annuity` what has a life costs its annuity while it stands instead.

    `done` is 0 .. 1 and never falls: what is new in q is done[q] - done[q - 1]. `price` = (M, lead).
    """
    capital_m, lead = price
    if capital_m == 0.0:
        return
    if money.capital_as == "annuity" and life is not None:
        draft.pay(("annuity", *what), done, -capital_m * annuity(draft.discount[1], life), delay=lead)
        return
    deposit = money.deposit_frac if lead > 0 else 0.0
    end = draft.count
    before = np.where(done >= 0, shifted(done, 1), ABSENT)
    for columns, sign in ((done, -1.0), (before, 1.0)):
        draft.pay(("deposit", *what), columns, sign * capital_m * deposit)
        draft.pay(("delivery", *what), columns, sign * capital_m * (1.0 - deposit), delay=lead)
        if life is not None:
            unused = np.maximum(1.0 - (end - np.arange(end) - lead) / life, 0.0)
            amount = -sign * capital_m * money.residual_factor * unused
            draft.payments.book(("residual", *what), columns, np.full(end, end), amount)


def never_falls(draft: Draft, key: tuple[str, ...], done: np.ndarray) -> None:
    """What is done stays done."""
    both = (done >= 0) & (shifted(done, 1) >= 0)
    draft.row("kept", key, [(done, 1.0), (shifted(done, 1), -1.0)], lower=0.0, exists=both)


def gate_room(portfolio: Portfolio, site: Site) -> float:
    """What an open gate lets through [MW IT]: what the land holds, else everything the supply of servers ever gives."""
    if site.land_ha:
        return site.land_ha * site.it_mw_per_ha
    start = sum(s.servers_start_mw for s in portfolio.sites)
    given = sum(float(s.at(portfolio.calendar).sum()) for s in portfolio.supply if s.resource == "servers")
    return start + given if given else 1e4
