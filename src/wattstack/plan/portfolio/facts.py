"""What progress says against a plan: what was decided, what comes late, what may still be moved.

Needs    plan.portfolio.result, orders, works; portfolio.
Gives    Facts, SlipFact, read_facts, wait_for_gates.
Used by  plan.portfolio.replan.

A row says what was due (baseline) and when it came or is forecast. Its order, commitment or start lies a lead before
the baseline; where that is before the date of the report and the plan had decided otherwise, the fact is kept, the
limit widened, and it is said so. What comes late keeps its payments (wattstack.portfolio Late).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wattstack.plan.portfolio.orders import draws_on, suppliers_of
from wattstack.plan.portfolio.result import Decisions, PortfolioPlan
from wattstack.plan.portfolio.solve import Movable
from wattstack.plan.portfolio.works import gate_room
from wattstack.portfolio import Portfolio, Progress, Server, Site
from wattstack.portfolio.variants import Late

DUST = 1e-2  # a plan that differs by less [MW, MWh, share of a stage] says the same
SERVERS = "servers_"
COMMITTED = "committed"


@dataclass(frozen=True)
class SlipFact:
    """A row of progress that is late, early or short: by how many periods, and what that moves."""

    row: Progress
    late_q: int
    late: tuple[Late, ...]


@dataclass
class Facts:
    """What progress says.

    Attributes:
        portfolio: With limits widened where facts lie outside. now: Period of the report.
        decided: Decisions of the plan, with those before `now` that progress knows better.
        slips: Rows that slipped. movable: Servers that may go to another site.
        said: Where progress and the plan contradict each other, in words.
    """

    portfolio: Portfolio
    now: int
    decided: dict[str, dict[tuple[str, ...], np.ndarray]]
    slips: list[SlipFact] = field(default_factory=list)
    movable: list[Movable] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    is_changed: bool = False

    @property
    def decisions(self) -> Decisions:
        """What is decided."""
        return Decisions(self.decided)


@dataclass(frozen=True)
class Ordered:
    """What a row of units is about: its stock, its orders, the resource that delivers, and its lead."""

    stock: str
    stock_key: tuple[str, str]
    kind: str
    name: str
    resource: str
    lead: int


def read_facts(portfolio: Portfolio, plan: PortfolioPlan, progress: Sequence[Progress]) -> Facts:
    """Hold the rows of progress against a plan.

    Args:
        portfolio: What was planned.
        plan: Its plan.
        progress: At least one row, all as of one date, checked by read_progress.
    """
    decided = {k: {key: v.copy() for key, v in found.items()} for k, found in plan.decisions.amounts.items()}
    facts = Facts(portfolio, portfolio.calendar.index(progress[0].as_of), decided)
    for row in progress:
        if row.kind in ("gate", "stage"):
            _read_once(facts, row)
        elif row.kind == "line":
            _read_line(facts, row)
        else:
            _read_units(facts, row)
    return facts


def _read_once(facts: Facts, row: Progress) -> None:
    """A gate started or a stage committed a lead before its baseline."""
    portfolio, key = facts.portfolio, (row.site, row.name)
    index = portfolio.calendar.index
    if row.kind == "gate":
        gate = next(g for g in portfolio.gates if (g.site, g.gate) == key)
        kind, lead, earliest, word = "start", gate.lead_q, index(gate.earliest_start), "started"
    else:
        stage = next(s for s in portfolio.stages if (s.site, s.stage) == key)
        lead = stage.commit_lead_q
        kind, earliest, word = "commit", max(index(stage.earliest_energised), lead) - lead, "committed"
    begun = max(index(row.baseline_quarter) - lead, earliest, 0)
    values = facts.decided.get(kind, {}).get(key)
    if begun < facts.now and values is not None:
        step = (np.arange(len(values)) >= begun).astype(float)
        if np.max(np.abs(step - values)[: facts.now]) > DUST:
            had = values[: facts.now].max()
            facts.said.append(
                f"{row.kind} {row.name} at {row.site}: {word} in {portfolio.calendar.label(begun)}, as progress says; "
                f"the plan had {had:.0%} of it by {row.as_of}"
            )
            facts.decided[kind][key], facts.is_changed = step, True
    _note_whole(facts, row)
    late_q = _came(facts, row) - index(row.baseline_quarter)
    if late_q:
        facts.slips.append(SlipFact(row, late_q, (Late(row.kind, key, late_q),)))


def _read_line(facts: Facts, row: Progress) -> None:
    factory = facts.portfolio.factory
    if not factory.committed_lines or factory.committed_start is None:
        facts.said.append(f"line {row.name}: the factory has no committed lines; the row was left out")
        return
    _note_whole(facts, row)
    late_q = _came(facts, row) - facts.portfolio.calendar.index(row.baseline_quarter)
    if late_q:
        facts.slips.append(SlipFact(row, late_q, (Late("line", (factory.name,), late_q),)))


def _note_whole(facts: Facts, row: Progress) -> None:
    if row.actual_quantity is not None and abs(row.actual_quantity - row.baseline_quantity) > DUST:
        facts.said.append(
            f"{row.kind} {row.name} at {row.site} comes whole: its date was read, its quantity "
            f"{row.actual_quantity:g} of {row.baseline_quantity:g} was not"
        )


def _came(facts: Facts, row: Progress) -> int:
    """Period in which it came, else is forecast."""
    return facts.portfolio.calendar.index(row.actual_quarter or row.forecast_quarter)


def _read_units(facts: Facts, row: Progress) -> None:
    """Units in the pipeline, or ordered: some come late, fewer, or to another site."""
    about, due = _about(facts.portfolio, row), facts.portfolio.calendar.index(row.baseline_quarter)
    known = _pipeline(facts.portfolio, row, due)
    if row.baseline_quantity > known + DUST and not _keep_order(
        facts, row, about, row.baseline_quantity - known
    ):
        return
    late = _late_units(facts, row, about, due)
    if late:
        periods = [part.periods for part in late if part.due is not None]
        facts.slips.append(SlipFact(row, max(periods, default=0), late))
    if row.kind == "order" and about.kind == "server_order" and row.status == COMMITTED:
        ordered = due - about.lead
        if _came(facts, row) >= facts.now and 0 <= ordered < facts.now:
            facts.movable.append(Movable(about.name, row.site, ordered, row.baseline_quantity))


def _about(portfolio: Portfolio, row: Progress) -> Ordered:
    site = row.site
    if row.kind == "order" and row.name.startswith(SERVERS):
        server = next(s for s in portfolio.servers if s.generation == row.name.removeprefix(SERVERS))
        key = (server.generation, site)
        return Ordered("server_there", key, "server_order", server.generation, "servers", server.lead_q)
    for item in portfolio.items:
        if (item.item, item.site) == (row.name, site):
            return Ordered("there", (item.resource, site), "order", item.item, item.item, item.lead_q)
    for offer in portfolio.storage:
        if (offer.chemistry, offer.site) == (row.name, site):
            return Ordered("storage_mwh", (row.name, site), "storage_order", row.name, row.name, offer.lead_q)
    source = next(o for o in portfolio.generation if (o.tech, o.site) == (row.name, site))
    return Ordered("generation_mw", (row.name, site), "generation_order", row.name, row.name, source.lead_q)


def _pipeline(portfolio: Portfolio, row: Progress, due: int) -> float:
    """Of a row's units, those that were ordered and paid before the plan began."""
    for item in portfolio.items:
        is_meant = (item.item, item.site) == (row.name, row.site) and item.pipeline_quarter is not None
        if is_meant and portfolio.calendar.index(item.pipeline_quarter) == due:
            return min(item.pipeline_units, row.baseline_quantity)
    return 0.0


def _keep_order(facts: Facts, row: Progress, about: Ordered, units: float) -> bool:
    """See that the plan has ordered what progress says was ordered; whether there is an order to speak of."""
    calendar, orders = facts.portfolio.calendar, facts.decided.setdefault(about.kind, {})
    due, ordered, chosen = calendar.index(row.baseline_quarter), 0.0, None
    for supplier in suppliers_of(facts.portfolio, about.resource):
        key = (about.name, row.site, supplier.supplier)
        at = due - max(about.lead + supplier.lead_delta_q, 0)
        since = calendar.index(supplier.from_quarter) if supplier.from_quarter else 0
        if max(since, 0) <= at < facts.now and key in orders:
            ordered += orders[key][at]
            chosen = chosen or (key, at)
    what = f"order of {units:g} {row.unit or 'units'} of {row.name} at {row.site} due {row.baseline_quarter}"
    if units - ordered <= DUST:
        return True
    if chosen is None:
        when = "before the plan begins" if due - about.lead < 0 else f"no earlier than {row.as_of}"
        facts.said.append(f"{what}: it would have been placed {when}; the row was left out")
        return False
    key, at = chosen
    orders[key] = orders[key].copy()
    orders[key][at] += units - ordered
    facts.is_changed = True
    said = f"{what}: placed in {calendar.label(at)}, as progress says; the plan had {ordered:.0f}"
    facts.said.append(said + _widen(facts, about, at))
    return True


def _widen(facts: Facts, about: Ordered, at: int) -> str:
    """Open the order window of servers where the fact lies outside; say what limit the fact breaks."""
    calendar, words = facts.portfolio.calendar, ""
    if about.kind == "server_order":
        server = next(s for s in facts.portfolio.servers if s.generation == about.name)
        if not calendar.index(server.first_order) <= at <= calendar.index(server.last_order):
            facts.portfolio = replace(
                facts.portfolio,
                servers=tuple(
                    _opened(s, calendar.label(at)) if s is server else s for s in facts.portfolio.servers
                ),
            )
            words += (
                f"; outside the order window {server.first_order} to {server.last_order}, which was widened"
            )
    for supply in facts.portfolio.supply:
        if supply.resource == about.resource:
            orders = facts.decided[about.kind]
            total = sum(v[at] for key, v in orders.items() if draws_on(about.kind, key[0], about.resource))
            limit = float(supply.at(calendar)[at])
            if total > limit + DUST:
                words += f"; {total:.0f} in all against a supply of {limit:.0f}, which was widened"
    return words


def _opened(server: Server, label: str) -> Server:
    name = "first_order" if label < server.first_order else "last_order"
    return server.model_copy(update={name: label})


def _late_units(facts: Facts, row: Progress, about: Ordered, due: int) -> tuple[Late, ...]:
    """What of a row's units comes in another period than it was due, or never."""
    calendar, planned = facts.portfolio.calendar, row.baseline_quantity
    parts: list[tuple[int, float]] = []
    if row.actual_quarter is not None:
        got = planned if row.actual_quantity is None else row.actual_quantity
        parts.append((calendar.index(row.actual_quarter), min(got, planned)))
        rest = calendar.count if row.forecast_quarter is None else calendar.index(row.forecast_quarter)
        parts.append((rest, planned - min(got, planned)))
    else:
        got = planned
        parts.append((calendar.index(row.forecast_quarter), planned))
    late = [
        Late(about.stock, about.stock_key, when - due, due, units)
        for when, units in parts
        if units > DUST and when != due
    ]
    if got > planned + DUST:
        late.append(Late(about.stock, about.stock_key, parts[0][0], None, got - planned))
    return tuple(late)


def wait_for_gates(portfolio: Portfolio, decisions: Decisions, now: int) -> Decisions:
    """Orders of shells wait for a late permit or land, in their order, and from `now` on for room in the supply.

    Args:
        portfolio: With what is late.
        decisions: As planned.
        now: Supply binds from this period on.
    """
    orders = {key: values.copy() for key, values in decisions.of("order").items()}
    for site in portfolio.sites:
        gates = [g for g in portfolio.gates if g.site == site.name and g.gate != "fibre"]
        if not any(portfolio.late_q("gate", site.name, g.gate) for g in gates):
            continue
        opened = np.min([_opened_share(portfolio, decisions, site, g) for g in gates], axis=0)
        _queue(portfolio, orders, site, (gate_room(portfolio, site) * opened, now))
    return Decisions({**decisions.amounts, "order": orders})


def _opened_share(portfolio: Portfolio, decisions: Decisions, site: Site, gate) -> np.ndarray:
    count, key = portfolio.calendar.count, (site.name, gate.gate)
    lead = max(gate.lead_q + portfolio.late_q("gate", *key), 0)
    started = decisions.of("start").get(key, np.zeros(count))
    return np.concatenate([np.zeros(min(lead, count)), started])[:count]


def _queue(
    portfolio: Portfolio, orders: dict[tuple[str, ...], np.ndarray], site: Site, gate: tuple[np.ndarray, int]
) -> None:
    """Place the site's orders of shells as early as the gate lets them through; what never fits is not ordered."""
    (let_through, now), count = gate, portfolio.calendar.count
    items = {i.item: i for i in portfolio.items if i.site == site.name and i.resource == "shell"}
    keys = [key for key in orders if key[1] == site.name and key[0] in items]
    wished = {key: orders[key].copy() for key in keys}
    limits = {s.resource: s.at(portfolio.calendar) for s in portfolio.supply}
    for key in keys:
        orders[key][:] = 0.0
    queue: list[list] = []
    placed = 0.0
    for q in range(count):
        queue += [[key, wished[key][q]] for key in keys if wished[key][q] > 0.0]
        for entry in queue:
            key, wanted = entry
            space = let_through[q] - placed
            if q >= now and key[0] in limits:
                taken = sum(v[q] for other, v in orders.items() if other[0] == key[0])
                space = min(space, limits[key[0]][q] - taken)
            if q + items[key[0]].lead_q >= count:
                space = 0.0
            take = float(np.clip(wanted, 0.0, max(space, 0.0)))
            orders[key][q] += take
            placed += take
            entry[1] -= take
        queue = [entry for entry in queue if entry[1] > 0.0]
