"""Orders along time: when each is placed, when it arrives, when it is first needed; those of one day together.

Needs    report.portfolio.view (the table of orders).
Gives    Step, steps_of, in_parts, largest.
Used by  report.portfolio.sections.orders, report.figures.portfolio.gantt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattstack.report.portfolio.view import PortfolioView

MOST = 45  # lines of the figure of orders
LEAST_FRAC = 1e-9
ONCE = ("stage", "gate")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing ordered for one site in one period.

    Attributes:
        kind, what, site: As in orders.csv. resource: The row it stands in: "electrical", "servers", "grid", ...
        ordered, arrives: Periods. last: Arrival of its last part. used: First period in which it is needed, None =
            not in the horizon.
        amount, unit, cost_m: Of all suppliers together. due_m: Of it paid at order.
        suppliers: Who delivers.
    """

    kind: str
    what: str
    site: str
    resource: str
    ordered: int
    arrives: int
    last: int
    used: int | None
    amount: float
    unit: str
    cost_m: float
    due_m: float
    suppliers: tuple[str, ...]


def steps_of(view: PortfolioView) -> list[Step]:
    """Every order, those of one thing for one site in one period and with one arrival as one; by date.

    Left out: bridging power that is sold again, and stages and gates that are there at once for nothing.
    """
    found: dict[tuple, Step] = {}
    for row in view.table("orders").records():
        if row["kind"] == "given up":
            continue
        ordered, arrives = (view.calendar.index(row[name]) for name in ("ordered", "arrives"))
        if row["kind"] in ONCE and row["cost_m"] == 0.0 and arrives == ordered:
            continue
        key = (row["kind"], row["what"], row["site"], ordered, arrives)
        suppliers = (row["supplier"],) if row["supplier"] else ()
        step = Step(
            row["kind"], row["what"], row["site"], resource_of(row["kind"], row["what"]), ordered, arrives, arrives,
            None,
            row["amount"], row["unit"], row["cost_m"],
            row["deposit_m"] if arrives > ordered else row["cost_m"], suppliers,
        )  # fmt: skip
        if key in found:
            before = found[key]
            step = replace(
                step, amount=before.amount + step.amount, cost_m=before.cost_m + step.cost_m,
                due_m=before.due_m + step.due_m, suppliers=(*before.suppliers, *suppliers),
            )  # fmt: skip
        found[key] = step
    return [replace(step, used=_first_use(view, step)) for step in found.values()]


def resource_of(kind: str, what: str) -> str:
    """The row a thing stands in."""
    if kind == "item":
        return what.split("_", 1)[0]
    if kind == "gate":
        return f"gate_{what}"
    return {"server": "servers", "stage": "grid", "line": "line"}.get(kind, kind)


def _first_use(view: PortfolioView, step: Step) -> int | None:
    """First period in which more is used than stood there before it came; its arrival where nothing says."""
    need, stood = _need(view, step)
    if need is None or step.arrives >= view.calendar.count:
        return step.arrives if step.arrives < view.calendar.count else None
    before = stood[step.arrives - 1] if step.arrives else 0.0
    later = np.flatnonzero(need[step.arrives :] > before + LEAST_FRAC * (1.0 + abs(before)))
    return step.arrives + int(later[0]) if len(later) else None


def _need(view: PortfolioView, step: Step) -> tuple[np.ndarray | None, np.ndarray]:
    """What is used and what stands of the thing, by period; None where its use is not a single number."""
    amounts, site = view.plan.amounts, step.site
    nothing = np.zeros(view.calendar.count)
    if step.kind == "item":
        stood = amounts["there"][(step.resource, site)]
        if step.resource == "hv":
            drawn = amounts["firm_mw"][(site,)] + amounts["nonfirm_mw"][(site,)]
            return drawn / view.portfolio.compute.hv_power_factor, stood
        return amounts["it_mw"][(site,)], stood
    if step.kind == "server":
        return amounts["server_on"][(step.what, site)], amounts["server_there"][(step.what, site)]
    return None, nothing


def in_parts(steps: Sequence[Step]) -> list[Step]:
    """The same, but the parts of one stage or gate as one step: from the first order to the last arrival."""
    found: dict[tuple, Step] = {}
    for step in steps:
        key = (step.kind, step.what, step.site) if step.kind in ONCE else (id(step),)
        first = found.get(key)
        found[key] = step if first is None else replace(
            first, last=max(first.last, step.last), amount=first.amount + step.amount,
            cost_m=first.cost_m + step.cost_m, due_m=first.due_m + step.due_m,
        )  # fmt: skip
    return list(found.values())


def largest(steps: Sequence[Step], most: int = MOST) -> list[Step]:
    """Stages and gates, and the dearest of the other orders, `most` in all; in the order given."""
    always = [step for step in steps if step.kind in ONCE]
    others = sorted((s for s in steps if s.kind not in ONCE), key=lambda s: -s.cost_m)
    chosen = {id(step) for step in (*always, *others[: max(most - len(always), 0)])}
    return [step for step in steps if id(step) in chosen]
