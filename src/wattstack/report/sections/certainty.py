"""How sure the answer is, how flat it lies, and what each limit is worth.

Needs    report.view.View, report.figures.money.
Gives    worth_section, curve_section, proof_section.
Used by  report.write.
"""

from __future__ import annotations

from wattstack.report.figures.money import convergence, curves
from wattstack.report.html import Cell, Num, esc, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.view import View
from wattstack.report.words import exact, name_of, quantity


def worth_section(view: View) -> str:
    """What one more unit of each limit is worth, in words, the dearest first; then as a table."""
    marginal = view.table("marginal")
    order = marginal.reindex(
        marginal["worth_per_unit_year"].abs().sort_values(ascending=False, kind="stable").index
    )
    words = "".join(f"<li>{esc(sentence)}</li>" for sentence in order["sentence"])
    money = view.money
    rows = [
        [
            name_of(m.path),
            Num(quantity(m.value, m.unit), float(m.value)),
            Num(f"{m.worth_per_unit_year:,.0f}".replace("-", "−"), float(m.worth_per_unit_year)),
            Num(quantity(m.until, m.unit), float(m.until)) if m.until == m.until else "",
        ]
        for m in order.itertuples()
    ]
    head = ["Limit", "Stands at", f"One more unit [{money.currency} a year]", "Until"]
    note = "Found by solving again with more of each."
    if view.summary["solver"] != "kernel + cuts":
        note = "The shadow prices of one solve, right for a small step; how far they reach was not tried."
    return paragraph(note, "note") + f'<ul class="worth">{words}</ul>' + table(head, rows)


def curve_section(view: View, page: Page) -> str:
    """How much dearer the year gets on both sides of each planned size."""
    note = (
        "One size is held at another value and all the others are chosen anew. The shaded range costs at most one "
        "percent more: inside it other reasons may decide."
    )
    figures = "".join(page.figure(figure) for figure in curves(view))
    if not figures:
        return paragraph("Not drawn: no size was to be chosen, or the plan was made without its curve.")
    return paragraph(note, "note") + f'<div class="pair">{figures}</div>'


def proof_section(view: View, page: Page) -> str:
    """The certificate with every figure it has, and how it closed."""
    summary, currency = view.summary, view.money.currency
    rows: list[tuple[str, Cell]] = [
        (f"Yearly cost of the plan [{currency}]", Num(exact(summary["objective"]), summary["objective"])),
        (f"No plan costs less than [{currency}]", Num(exact(summary["bound"]), summary["bound"])),
        ("Gap, as a share of the cost", Num(f"{summary['gap_frac']:.3e}", summary["gap_frac"])),
        ("Found by", summary["solver"]),
        ("Rounds", Num(str(summary["rounds"]), summary["rounds"])),
    ]
    seconds = sum(view.timing.get("stages_s", {}).values())
    if seconds:
        rows.append(("Time to plan", Num(quantity(seconds, "s", 3), seconds)))
    for year in view.years:
        running, named = year.record["running"], f" ({year.name})" if len(view.years) > 1 else ""
        if running["burnt_mwh"] > 1e-6:
            at_once = Num(quantity(running["burnt_mwh"], "MWh"), running["burnt_mwh"])
            worth = Num(quantity(running["burnt_worth"], currency, 5), running["burnt_worth"])
            rows.append((f"Burnt by charging and discharging at once{named}", at_once))
            rows.append((f"What forbidding that costs at most{named}", worth))
    rows.append(("Versions", ", ".join(f"{name} {number}" for name, number in summary["versions"].items())))
    return facts(rows) + (page.figure(convergence(view)) if summary["rounds"] > 1 else "")
