"""The run on one screen: what the year cost, whether all was served, what is left of the batteries.

Needs    report.run.view.
Gives    lead, headline, run_items.
Used by  report.run.write, report.run.compare.
"""

from __future__ import annotations

from wattstack.report.html import Cell, Num, cards, facts, paragraph
from wattstack.report.run.view import RunView
from wattstack.report.sections.headline import Item
from wattstack.report.words import percent, quantity, step_words

SERVED_MWH = 1e-6


def lead(view: RunView) -> str:
    """The answer in two or three sentences."""
    s, money = view.summary, view.money
    text = f"Run minute by minute as a site would be, a year costs {money.text(s['running_cost_per_year'])}"
    text = (
        text.replace("minute by minute", f"in steps of {step_words(s['step_s'])}")
        if s["step_s"] != 60
        else text
    )
    saved = saving_of_run(view)
    planned = (s["plan"] or {}).get("saving_per_year")
    if s["reference"] is not None:
        more = s["running_cost_per_year"] - s["reference"]["running_cost_per_year"]
        share = more / abs(s["reference"]["running_cost_per_year"] or 1.0)
        word = "more" if more >= 0 else "less"
        text += f", {money.text(abs(more), 3)} ({percent(abs(share), 2)}) {word} than the plan counts on"
    text += "."
    if saved is not None and planned:
        text += (
            f" Of the {money.text(planned, 4)} a year that the plan saves, {money.text(saved, 4)} "
            f"({percent(saved / planned, 1)}) come true in the first year."
        )
        given = -next((one["difference_per_year"] for one in s["against"] if one["line"] == "losses"), 0.0)
        if given > 0.0:
            text += (
                " The battery loses less than the plan takes for granted: without that it would be "
                f"{percent((saved - given) / planned, 1)}."
            )
    missing = s["figures"]["unserved_mwh"]
    text += (
        " All load was served." if missing <= SERVED_MWH else f" {quantity(missing, 'MWh')} were not served."
    )
    return text


def saving_of_run(view: RunView) -> float | None:
    """What the run saves a year against no new assets: the plan's saving less what the run costs more [currency]."""
    s = view.summary
    plan = s["plan"] or {}
    if plan.get("saving_per_year") is None:
        return None
    return plan["saving_per_year"] - (s["running_cost_per_year"] - plan["running_cost_per_year"])


def run_items(view: RunView) -> list[Item]:
    """Every headline figure, in the order of the page."""
    s, f, money = view.summary, view.summary["figures"], view.money
    saved = saving_of_run(view)
    kept = _kept(view)
    nights = f["unserved_mwh"] / view.axis_years
    items = [
        Item("Running cost of a year", s["running_cost_per_year"], money.text, "the bill, fuel, wear; no capital"),
        Item("Saving of a year", saved, money.text, "against no new assets, before capital", "no plan beside it"),
        Item("Not served", nights, _in("MWh"), "of load, a year"),
        Item("Compute put off", f["shed_mwh"] / view.axis_years, _in("MWh"), "flexible, a year"),
        Item("Capacity left", kept, percent, _kept_words(view), "no battery"),
        Item("Import", f["import_mwh"] / view.axis_years, _in("MWh", 5), "a year"),
        Item("Highest import", f["highest_import_mw"], _in("MW"), f"of a step of {step_words(s['step_s'])}"),
        Item("Own generation", f["generator_mwh"] / view.axis_years, _in("MWh", 5), _starts(view)),
        Item("Sun used", f["solar_mwh"] / view.axis_years, _in("MWh", 5), "a year"),
        Item("Batteries' auxiliaries", f["auxiliary_mwh"] / view.axis_years, _in("MWh"), "a year"),
    ]  # fmt: skip
    return items


def _in(unit: str, figures: int = 4):
    return lambda value: quantity(value, unit, figures)


def _starts(view: RunView) -> str:
    f = view.summary["figures"]
    starts, failed = int(f["generator_starts"]), int(f["generator_failures"])
    return f"{starts:,} starts of units, {failed:,} failed" if starts else "a year"


def _kept(view: RunView) -> float | None:
    """Least share of capacity that is left of any block at the end of the run."""
    return min((row["capacity_frac"] for row in view.working(-1)), default=None)


def _kept_words(view: RunView) -> str:
    years = view.summary["years"] * view.axis_years
    after = f"after {quantity(years, 'years', 3)}" if years != 1.0 else "after one year"
    return f"{after}, of the block that has least" if len(view.working(-1)) > 1 else after


def headline(view: RunView) -> str:
    """Cards, and how the run was made."""
    items = [(item.label, item.cell, item.note) for item in run_items(view)]
    return cards(items) + _made(view)


def _made(view: RunView) -> str:
    s = view.summary
    passes = "1 pass" if s["years"] == 1 else f"{s['years']} passes"
    rows: list[tuple[str, Cell]] = [
        ("Run by", s["controller"]),
        (
            "Steps",
            f"{s['steps']:,} of {step_words(s['step_s'])}, {passes} over the axis from {str(view.local[0])[:10]}",
        ),
        ("Scenario", s["scenario"] or "the campus' own time and series"),
        ("Seed of all that is drawn", Num(str(s["seed"]), s["seed"])),
        ("Versions", ", ".join(f"{name} {number}" for name, number in s["versions"].items())),
    ]
    note = "Every figure is of the first year of the run, unless it says otherwise."
    return "<h3>How it was run</h3>" + paragraph(note, "note") + facts(rows)
