"""The orders of a plan as a table: what, where, from whom, when ordered and there, how much, for how much.

Needs    plan.portfolio.result, terms, table, limits.
Gives    orders_table.
Used by  plan.portfolio.tables, report.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.table import Table
from wattstack.plan.portfolio.terms import terms_of

COLUMNS = (
    "what", "kind", "site", "supplier", "ordered", "arrives", "amount", "unit", "cost_m", "deposit_m", "decision",
)  # fmt: skip
ORDERS = ("order", "server_order", "storage_order", "generation_order", "line_order")
KINDS = {
    "order": "item", "server_order": "server", "storage_order": "storage", "generation_order": "generation",
    "line_order": "line",
}  # fmt: skip
DUST = 1e-6  # less than a watt of a MW: what a solver leaves of nothing


def orders_table(plan: PortfolioPlan) -> Table:
    """Every order, commitment and start, in the order of their periods.

    Columns:
        what, kind: "shell", "item"; "B300", "server"; "kansai_firm", "stage"; "permit", "gate"; "line", "line";
            kind is item, server, storage, generation, line, stage, gate, size (of a campus file) or given up.
        site, supplier: "" where there is none; the factory's name for own cells.
        ordered, arrives: Periods. amount, unit: What is ordered; a stage or gate counts 1 when it is whole.
        cost_m: Paid in all, at order and on delivery [M]; own cells are paid by the factory as they are made.
        deposit_m: Of it paid at order [M].
        decision: "certain" for what is decided here and now (before period first_stage_q, or in the first one);
            "option" for what can still be changed.
    """
    rows = [row for found in (_orders(plan), _once(plan), _built(plan), _given_up(plan)) for row in found]
    rows.sort(key=lambda row: (row[0], *(str(row[1][name]) for name in COLUMNS[:5])))
    return Table.of((record for _, record in rows), COLUMNS)


Row = tuple[int, dict]


def _row(plan: PortfolioPlan, q: int, lead: int, late: int = 0, **record) -> Row:
    """A row; `lead` as agreed says what is paid when, `late` by how many periods it comes later than that."""
    calendar, money = plan.portfolio.calendar, plan.portfolio.money
    now = q < max(plan.portfolio.first_stage_q, 1)
    cost = float(record.pop("cost_m"))
    share = record.pop("deposit_frac", money.deposit_frac if lead > 0 else 0.0)
    return q, {
        **record,
        "amount": float(record["amount"]),
        "ordered": calendar.label(q),
        "arrives": calendar.label(q + lead + late),
        "cost_m": cost,
        "deposit_m": cost * share,
        "decision": "certain" if now else "option",
    }


def _orders(plan: PortfolioPlan) -> Iterator[Row]:
    for kind in ORDERS:
        for key, amounts in plan.amounts.get(kind, {}).items():
            terms = terms_of(plan.portfolio, kind, key)
            line = kind == "line_order"
            name, site = ("line", key[0]) if line else key[:2]
            supplier = key[2] if len(key) > 2 else ""
            for q in np.flatnonzero(amounts > DUST):
                yield _row(
                    plan, int(q), terms.lead, what=name, kind=KINDS[kind], site=site, supplier=supplier,
                    amount=amounts[q], unit=terms.unit, cost_m=amounts[q] * terms.price_m[q],
                )  # fmt: skip


def _once(plan: PortfolioPlan) -> Iterator[Row]:
    """Stages committed and gates started: what is new in each period."""
    stages = {(s.site, s.stage): (s.capital_m, s.commit_lead_q) for s in plan.portfolio.stages}
    gates = {(g.site, g.gate): (g.capital_m, g.lead_q) for g in plan.portfolio.gates}
    for kind, what, terms in (("commit", "stage", stages), ("start", "gate", gates)):
        for (site, name), done in plan.amounts.get(kind, {}).items():
            capital_m, lead = terms[site, name]
            new = np.diff(done, prepend=0.0)
            late = max(plan.portfolio.late_q(what, site, name), -lead)
            for q in np.flatnonzero(new > DUST):
                yield _row(
                    plan, int(q), lead, late, what=name, kind=what, site=site, supplier="", amount=new[q],
                    unit=what, cost_m=new[q] * capital_m,
                )  # fmt: skip


def _built(plan: PortfolioPlan) -> Iterator[Row]:
    """Sizes of campus files: there when ordered, paid then where capital is not an annuity."""
    for (path, site), built in plan.amounts.get("build", {}).items():
        paid = -plan.cash.get(("capital", path, site), np.zeros(len(built) + 1))
        for q in np.flatnonzero(built > DUST):
            yield _row(
                plan, int(q), 0, what=path, kind="size", site=site, supplier="", amount=built[q],
                unit="MWh" if path.endswith("_mwh") else "MW", cost_m=paid[q], deposit_frac=0.0,
            )  # fmt: skip


def _given_up(plan: PortfolioPlan) -> Iterator[Row]:
    """Bridging power that is sold: amount and cost below zero."""
    for key, sold in plan.amounts.get("generation_sold", {}).items():
        earned = plan.cash.get(("sold", *key), np.zeros(len(sold) + 1))
        for q in np.flatnonzero(sold > DUST):
            yield _row(
                plan, int(q), 0, what=key[0], kind="given up", site=key[1], supplier="", amount=-sold[q],
                unit="MW", cost_m=-earned[q], deposit_frac=0.0,
            )  # fmt: skip
