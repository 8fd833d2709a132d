"""The plan against the twin: where the saving went, line by line, with what each line means.

Needs    report.run.view, report.figures.money.
Gives    against_section, MEANING.
Used by  report.run.write.
"""

from __future__ import annotations

from wattstack.report.figures.money import Walk, waterfall
from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.page import Page
from wattstack.report.run.sections.headline import saving_of_run
from wattstack.report.run.view import RunView
from wattstack.report.words import MINUS, percent

MEANING = {
    "look-ahead": "The plan chose with the whole year before its eyes. The controller sees the next hours, known "
    "exactly, and acts in the run's own steps.",
    "forecast": "Load and sun of the next hours are forecast as the campus file declares, no longer known. What errs "
    "is paid for in peaks, and in energy bought at the wrong hour.",
    "reserve": "The gauge of a battery may read high, so more than the reserve is held back. What is held back earns "
    "nothing.",
    "chance": "The grid fails and comes back, generators take time to start, fail to start, break and are repaired: as "
    "drawn with the seed of this run.",
    "losses": "Cells, converter, transformer, heating and cooling as they are, where the plan has one constant "
    "efficiency. Below zero: the battery that was built loses less than the plan took for granted.",
    "store": "Energy left in the batteries at the end of the year, more or less than at its start: in the lines above "
    "it counts at the plan's price, in the bill it does not.",
    "ageing": "Capacity falls and resistance grows while the year goes on. Of the first year alone: later years lose "
    "more, see the batteries.",
}
ENDS = {
    "plan": "Perfect foresight over the whole year, constant efficiencies.",
    "twin": "All of it: the running cost of this run.",
}


def against_section(view: RunView, page: Page) -> str:
    """The waterfall, the table, and why a line is missing."""
    s = view.summary
    html = _apart(view)
    if not s["against"]:
        return html + paragraph(
            "Not asked for: the run was made with everything at once. Simulate with --against to have it line by line.",
            "note",
        )
    html += page.figure(waterfall(_walk(view), view.money, view.synthetic)) + _table(view)
    note = (
        "Each line is a run of the same campus with one thing of reality more than the line before; its amount is what "
        "the running cost changed. The lines add up by construction; each depends a little on its place in the order."
    )
    return html + paragraph(note, "note")


def _apart(view: RunView) -> str:
    """Why the plan's saving is not on this page."""
    plan = view.summary["plan"]
    if plan is None:
        return paragraph(
            "No plan.json lies beside the campus file, so what the plan saves is not known here: costs are compared.",
            "note",
        )
    if plan["differs"]:
        words = (
            "A plan lies beside the campus file, but it is not of what was run, so its saving is left out:"
        )
        return paragraph(words) + bullets(plan["differs"])
    if plan["saving_per_year"] is None:
        return paragraph(
            "With no new assets the load cannot be served, so there is no saving to lose: costs are compared.",
            "note",
        )
    return ""


def _lines(view: RunView) -> list[dict]:
    return [one for one in view.summary["against"] if one["line"] not in ENDS]


def _walk(view: RunView) -> Walk:
    lines = _lines(view)
    first, last = view.summary["against"][0], view.summary["against"][-1]
    saved = saving_of_run(view)
    if saved is None:
        steps = [(_name(one["line"]), one["difference_per_year"]) for one in lines]
        return Walk(
            "against", "From the plan's running cost to the twin's", "What each thing of reality adds or takes off.",
            ("Plan", first["cost_per_year"]), steps, ("Twin", last["cost_per_year"]),
        )  # fmt: skip
    steps = [(_name(one["line"]), -one["difference_per_year"]) for one in lines]
    start = saved + last["cost_per_year"] - first["cost_per_year"]
    caption = "What the plan promised to save a year, what each thing of reality takes from it, and what comes true."
    return Walk(
        "against", "From the plan's saving to the twin's", caption, ("Plan saves", start), steps,
        ("Twin saves", saved), saving=True,
    )  # fmt: skip


def _name(line: str) -> str:
    return line.capitalize()


def _table(view: RunView) -> str:
    money, saved, rows = view.money, saving_of_run(view), []
    last = view.summary["against"][-1]["cost_per_year"]
    for one in view.summary["against"]:
        name, cost, change = one["line"], one["cost_per_year"], one["difference_per_year"]
        row: list[Cell] = [_name(name)]
        row.append("" if name == "plan" else Num(_signed(view, change), change))
        row.append(Num(money.number(cost), cost))
        if saved is not None:
            saving = saved + last - cost
            whole = saved + last - view.summary["against"][0]["cost_per_year"]
            row.append(Num(money.number(saving), saving))
            row.append(Num(percent(saving / whole, 1), saving / whole) if whole else "")
        row.append(MEANING.get(name) or ENDS.get(name, one["meaning"]))
        rows.append(row)
    unit = money.unit
    head = ["", f"Adds to the cost [{unit} a year]", f"Running cost [{unit} a year]"]
    if saved is not None:
        head += [f"Saving left [{unit} a year]", "Of the plan's"]
    return table([*head, "What it is"], rows[:-1], rows[-1], kind="text")


def _signed(view: RunView, value: float) -> str:
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return sign + view.money.number(abs(value))
