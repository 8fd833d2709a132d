"""Limits that were hit, the bill beside that of perfect foresight, and what this run does not know.

Needs    report.run.view.
Gives    limits_section, bill_section, notes_section.
Used by  report.run.write.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.run.view import RunView
from wattstack.report.sections.money import line_name
from wattstack.report.words import MINUS, month_name, name_of, quantity, step_words

NOT_KNOWN = (
    "One draw of chance: outages, failures and forecast errors are those of one seed. Another seed gives another year; "
    "how likely a loss of load is takes thousands of them.",
    "Real terms: prices are those of the series, also in later years of the run.",
    "Ageing is that of the chemistry's law with its middle numbers; makes differ.",
)


def limits_section(view: RunView) -> str:
    """Every limit with times, duration, first time and greatest amount."""
    limits = view.summary["limits"]
    if not limits:
        return paragraph("None was hit.")
    amounts = any(one["unit"] for one in limits)
    rows: list[list[Cell]] = [
        [
            f"{name_of(one['path'])}: {one['limit']}", Num(f"{one['count']:,}", one["count"]),
            Num(quantity(one["duration_h"], "h"), one["duration_h"]), _local(view, one["first_utc"]),
            *([Num(quantity(one["largest"], one["unit"]), one["largest"]) if one["unit"] else ""] if amounts else []),
        ]
        for one in limits
    ]  # fmt: skip
    note = (
        "A limit is told, not raised: the run goes on. A stretch of steps in a row counts once; hours are the sum of "
        "all, over all years of the run."
    )
    head = ["Limit", "Times", "In all", "First, local time", *(["Greatest"] if amounts else [])]
    return paragraph(note, "note") + table(head, rows, kind="text")


def _local(view: RunView, first_utc: str) -> str:
    start = np.datetime64(view.summary["start"].removesuffix("Z"), "s")
    step = int(
        (np.datetime64(first_utc.removesuffix("Z"), "s") - start).astype(int) // view.summary["step_s"]
    )
    return str(view.local[step]).replace("T", " ")[:16]


def bill_section(view: RunView) -> str:
    """Every line of the year beside the plan's, then by month."""
    mine, plan = cost_lines(view), plan_lines(view)
    money = view.money
    rows: list[list[Cell]] = []
    for line in dict.fromkeys([*plan, *mine]):
        values = (plan.get(line, 0.0), mine.get(line, 0.0))
        rows.append([line, *_amounts(view, *values)])
    foot: list[Cell] = ["Sum", *_amounts(view, sum(plan.values()), sum(mine.values()))]
    head = [
        "Line",
        f"Perfect foresight [{money.unit} a year]",
        f"The run [{money.unit} a year]",
        "More in the run",
    ]
    html = table(head, rows, foot)
    if not plan:
        html = table(["Line", head[2]], [[r[0], r[2]] for r in rows], [foot[0], foot[2]])
    return (
        html
        + "<details><summary>The bill of the run by month and line</summary>"
        + _by_month(view)
        + "</details>"
    )


def cost_lines(view: RunView) -> dict[str, float]:
    """Every line of the first year's running cost [currency/year]."""
    total = view.first_year("bill").loc["year"].drop("total")
    return {line_name(k): float(v) / view.axis_years for k, v in total.items() if abs(v) > 0.0}


def plan_lines(view: RunView) -> dict[str, float]:
    """The same with perfect foresight; empty where it is not known."""
    reference = view.summary["reference"]
    if reference is None:
        return {}
    table_ = view.tables["bill_plan"].set_index("month")
    total = table_.loc["year"].drop("total")
    return {line_name(k): float(v) / reference["axis_years"] for k, v in total.items() if abs(v) > 0.0}


def _amounts(view: RunView, plan: float, run: float) -> list[Cell]:
    more, number = run - plan, view.money.number
    sign = "+" if more > 0 else MINUS if more < 0 else ""
    return [Num(number(plan), plan), Num(number(run), run), Num(sign + number(abs(more)), more)]


def _by_month(view: RunView) -> str:
    bill, money = view.first_year("bill"), view.money
    lines = [c for c in bill.columns if c != "total" and bill[c].abs().max() > 0.0]
    rows: list[list[Cell]] = [
        [month_name(str(label)), *(Num(money.number(v), float(v)) for v in row)]
        for label, row in zip(bill.index, bill[[*lines, "total"]].to_numpy(), strict=True)
    ]
    note = f"In {money.unit}. Credits are negative. To the last digit in bill.csv."
    head = ["Month", *(line_name(c) for c in lines), "Sum"]
    return paragraph(note, "note") + table(head, rows[:-1], rows[-1], kind="wide")


def notes_section(view: RunView) -> str:
    """What the run does not know, and its notes."""
    step = step_words(view.summary["step_s"])
    said = [
        f"Step: {step}. Inside a step everything is its mean; swings of seconds are not seen.",
        *NOT_KNOWN,
    ]
    html = f'<div class="box"><h3>What this run does not know</h3>{bullets(said)}</div>'
    notes = [text for text in view.summary["notes"] if not text.startswith("Real terms")]
    return html + ("<h3>Notes on this run</h3>" + bullets(notes) if notes else "")
