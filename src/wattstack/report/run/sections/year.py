"""The year as it went: two weeks step by step, import by day, peaks against targets, energy by month.

Needs    report.run.view, report.run.weeks, report.figures.run.
Gives    weeks_section, year_section.
Used by  report.run.write.
"""

from __future__ import annotations

from wattstack.report.figures.run import import_by_day, peaks_figure, reasons_of, week_figure
from wattstack.report.html import Cell, Num, paragraph, table
from wattstack.report.page import Page
from wattstack.report.run.view import RunView
from wattstack.report.run.weeks import chosen_weeks
from wattstack.report.words import month_name, name_of, percent


def weeks_section(view: RunView, page: Page) -> str:
    """A typical week and the hardest, with what moved the batteries."""
    html = ""
    for number, week in enumerate(chosen_weeks(view)):
        html += page.figure(week_figure(view, week, f"week{number}"))
    if view.ending(".stored_mwh"):
        html += _reasons(view)
    return html


def _reasons(view: RunView) -> str:
    rows: list[list[Cell]] = [
        [key.name.capitalize(), Num(percent(share, 1), share)]
        for key, share in reasons_of(view, slice(0, view.summary["steps"]))
    ]
    note = "Each step has one reason: that of the rule that decided it. Rules stand in order of priority."
    return (
        "<h3>Why the batteries did what they did, over the year</h3>"
        + paragraph(note, "note")
        + table(["Reason", "Share of the steps"], rows)
    )


def year_section(view: RunView, page: Page) -> str:
    """Import by day, peaks and energy."""
    html = page.figure(import_by_day(view))
    peaks = peaks_figure(view)
    if peaks is not None:
        html += page.figure(peaks)
    html += "<h3>Peaks by month</h3>" + _peaks(view)
    return html + "<details><summary>Energy balance by month [MWh]</summary>" + _balance(view) + "</details>"


def _peaks(view: RunView) -> str:
    table_ = view.first_year("peaks")
    columns = [c for c in ("peak_mw", "target_mw", "plan_mw") if c in table_]
    names = {
        "peak_mw": "Metered [MW]",
        "target_mw": "Target [MW]",
        "plan_mw": "With perfect foresight [MW]",
    }
    rows: list[list[Cell]] = []
    for month, row in table_.iterrows():
        cells: list[Cell] = [Num(f"{row[c]:,.2f}", float(row[c])) for c in columns]
        if "target_mw" in columns:
            above = float(row["peak_mw"] - row["target_mw"])
            cells.append(Num(f"{above:,.2f}".replace("-", "−"), above))
        rows.append([month_name(str(month)), *cells])
    note = (
        "The target is the interval mean that the controller holds where that is worth it; it lets go where a peak "
        "costs less than what would avoid it."
    )
    head = ["Month", *(names[c] for c in columns)]
    if "target_mw" in columns:
        return paragraph(note, "note") + table([*head, "Above target [MW]"], rows)
    return paragraph("Highest interval mean. No target is held: nothing is billed by it.", "note") + table(
        head, rows
    )


def _balance(view: RunView) -> str:
    balance = view.first_year("balance")
    balance = balance.loc[:, balance.abs().max() > 0.0]
    head = ["Month", *(name_of(c) for c in balance.columns)]
    rows = [
        [month_name(str(label)), *(Num(f"{v:,.0f}".replace("-", "−"), float(v)) for v in row)]
        for label, row in zip(balance.index, balance.to_numpy(), strict=True)
    ]
    note = (
        "Sources above zero, uses below; the batteries' auxiliaries are in the load. Each row sums to zero."
    )
    return paragraph(note, "note") + table(head, rows[:-1], rows[-1], kind="wide")
