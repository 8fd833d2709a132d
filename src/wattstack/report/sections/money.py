"""Money: the bill against today, the bill by month and line with what set each peak, and the cash flow.

Needs    report.view.View, report.figures.money.
Gives    bill_section, cash_section, cost_steps, line_name.
Used by  report.write, report.compare.
"""

from __future__ import annotations

import pandas as pd

from wattstack.report.figures.money import Walk, cash_flow, waterfall
from wattstack.report.html import Cell, Num, paragraph, table
from wattstack.report.page import Page
from wattstack.report.view import View, Year
from wattstack.report.words import month_name, quantity

LINES = {
    "energy": "Energy", "export": "Export", "fixed": "Standing charge", "carbon": "Carbon of import",
    "unserved": "Unserved load", "demand": "Demand charge", "ratchet": "Ratchet", "contract": "Contracted power",
    "fuel": "Fuel and upkeep", "wear": "Battery wear", "shed": "Compute not done",
}  # fmt: skip
CASH = {
    "capital": "Capital", "replacement": "Replacement", "residual": "Residual value", "fixed_om": "Upkeep",
    "running_cost": "Running", "baseline_cost": "Today's cost", "net": "Net", "discount_factor": "Factor",
    "discounted": "Discounted", "cumulative": "Sum", "cumulative_discounted": "Sum, discounted",
}  # fmt: skip


def line_name(line: str) -> str:
    """A line of the bill in words.

    Example:
        >>> line_name("demand.monthly"), line_name("carbon.gas"), line_name("wheeling")
        ('Demand charge, monthly', 'Carbon, gas', 'Wheeling')
    """
    kind, _, name = line.partition(".")
    if not name:
        return LINES.get(kind, kind.replace("_", " ").capitalize())
    head = "Carbon" if kind == "carbon" else LINES.get(kind, kind.capitalize())
    return f"{head}, {name.replace('_', ' ')}"


def cost_steps(view: View) -> list[tuple[str, float]]:
    """What changes the yearly cost against no new assets, line by line; adds up to plan less baseline.

    A connection that is planned is paid for in both cases: the annuities are those beyond today's.
    """
    bill, before = view.summary["bill"], view.summary["bill_baseline"] or {}
    steps = [(line_name(k), bill.get(k, 0.0) - before.get(k, 0.0)) for k in dict.fromkeys([*before, *bill])]
    finance, changed = view.summary["finance"], sum(change for _, change in steps)
    upkeep = finance["fixed_om_per_year"]
    if view.today_per_year is not None:
        upkeep -= finance["baseline_cost_per_year"] - sum(before.values())
    annuities = view.summary["objective"] - (view.today_per_year or 0.0) - upkeep - changed
    steps += [("Upkeep", upkeep), ("Capital, as annuities", annuities)]
    least = 1e-9 * max(abs(view.summary["objective"]), 1.0)
    return [(name, change) for name, change in steps if abs(change) > least]


def bill_section(view: View, page: Page) -> str:
    """Waterfall, then the bill of each scenario by month, and its peaks."""
    html = page.figure(waterfall(_walk(view), view.money, view.synthetic))
    for number, year in enumerate(view.years):
        title = "The bill by month and line" + (f": {year.name}" if len(view.years) > 1 else "")
        part = f"<h3>{title}</h3>" if number == 0 else ""
        part += paragraph(
            f"In {view.money.unit}. Credits are negative. To the last digit in bill.csv.", "note"
        )
        part += _bill_table(view, year) + _peaks(year)
        html += part if number == 0 else f"<details><summary>{title}</summary>{part}</details>"
    return html


def _walk(view: View) -> Walk:
    end, start = view.summary["objective"], view.today_per_year
    if start is None:
        caption = "What the plan's year is made of. Without new assets the load cannot be served."
        title = "The yearly cost, line by line"
        return Walk("waterfall", title, caption, None, cost_steps(view), ("With the plan", end))
    verb = "saves" if start >= end else "costs"
    caption = (
        f"What each line adds or saves. All in all, capital included, the plan {verb} "
        f"{view.money.text(abs(start - end))} a year."
    )
    today = ("Today, no new assets", start)
    return Walk(
        "waterfall", "The yearly cost against today", caption, today, cost_steps(view), ("With the plan", end)
    )


def _bill_table(view: View, year: Year) -> str:
    bill, money = year.tables["bill"], view.money
    lines = [c for c in bill.columns if c != "total" and bill[c].abs().max() > 0.0]
    head = ["Month", *(line_name(c) for c in lines), "Sum"]
    rows: list[list[Cell]] = [
        [month_name(str(label)), *(Num(money.number(v), float(v)) for v in row)]
        for label, row in zip(bill.index, bill[[*lines, "total"]].to_numpy(), strict=True)
    ]
    return table(head, rows[:-1], rows[-1], kind="wide")


def _peaks(year: Year) -> str:
    peaks = year.tables["peaks"]
    if peaks.empty:
        return ""
    head = ["Month", "Demand charge", "Metered peak [MW]", "Interval that set it (local time)", "Billed [MW]",
            "Billed for the peak of"]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            month_name(p.month), str(p.charge).replace("_", " "), Num(f"{p.peak_mw:,.3f}", float(p.peak_mw)),
            str(p.start_local).replace("T", " "), Num(f"{p.billed_mw:,.3f}", float(p.billed_mw)),
            month_name(p.set_by),
        ]
        for p in peaks.itertuples()
    ]  # fmt: skip
    return "<h3>What set each peak</h3>" + table(head, rows, kind="wide")


def cash_section(view: View, page: Page) -> str:
    """Cash flow by year, as a figure where it is defined and as a table."""
    flow, money = view.table("cash_flow"), view.money
    html = "" if flow["net"].isna().any() else page.figure(cash_flow(view))
    if not html:
        html = paragraph(
            "Without new assets the load cannot be served, so there is no cash flow to set the plan against."
        )
    columns = [c for c in CASH if c in flow.columns and not flow[c].isna().all()]
    head = ["Year", *(CASH[c] for c in columns)]
    rows: list[list[Cell]] = [
        [str(int(year)), *(_amount(money, c, v) for c, v in zip(columns, row, strict=True))]
        for year, row in zip(flow["year"], flow[columns].to_numpy(), strict=True)
    ]
    words = (
        f"In {money.unit}. Net = today's cost less running, upkeep, capital and replacement, plus residual value. "
        "finance.xlsx rebuilds this table, the annuities and the figures below with formulas."
    )
    return html + paragraph(words, "note") + table(head, rows, kind="wide") + _figures(view)


def _amount(money, column: str, value: float) -> Cell:
    if pd.isna(value):
        return ""
    return Num(f"{value:.4f}" if column == "discount_factor" else money.number(value), float(value))


def _figures(view: View) -> str:
    finance, money = view.summary["finance"], view.money
    rows: list[list[Cell]] = []
    for key, label, text in (
        ("npc", "Net present cost of the plan", money.text),
        ("npv", "Net present value against no new assets", money.text),
        ("discounted_payback_years", "Discounted payback", lambda v: quantity(v, "years", 3)),
        ("lcoe_per_mwh", "Levelised cost of supply", lambda v: quantity(v, money.per_mwh, 5)),
        (
            "lcos_per_mwh",
            "Levelised cost of storage, with charging energy",
            lambda v: quantity(v, money.per_mwh, 5),
        ),
        (
            "lcos_without_charging_per_mwh",
            "Levelised cost of storage, without",
            lambda v: quantity(v, money.per_mwh, 5),
        ),
    ):
        if key in finance:
            rows.append([label, Num(text(finance[key]), finance[key])])
    return "<h3>Figures of worth</h3>" + table(["Figure", "Value"], rows)
