"""Who uses the battery: MW and MWh of arbitrage, backup and smoothing, and what each duty costs.

Needs    report.view.View.
Gives    duties_section.
Used by  report.write.
"""

from __future__ import annotations

from wattstack.report.html import Cell, Num, paragraph, table
from wattstack.report.view import View
from wattstack.report.words import name_of, quantity

WORDS = {
    "arbitrage": "Arbitrage and peaks, what is left",
    "backup": "Backup through an outage",
    "smoothing": "Smoothing of swings",
}


def duties_section(view: View) -> str:
    """A table of what each duty took of each battery; empty where no battery has a duty."""
    duties = view.table("duties")
    if set(duties["duty"]) <= {"arbitrage"}:
        return ""
    money, rows = view.money, []
    for row in duties.itertuples():
        cells: list[Cell] = [name_of(row.battery), WORDS[row.duty]]
        cells += [
            Num(quantity(value, unit), float(value))
            for value, unit in (
                (row.power_mw, "MW"), (row.energy_mwh, "MWh"), (row.energy_mean_mwh, "MWh"),
                (row.throughput_mwh_per_year, "MWh"),
            )
        ]  # fmt: skip
        cells.append(Num(money.number(row.wear_per_year), float(row.wear_per_year)))
        known = row.cost_per_year == row.cost_per_year
        cells.append(Num(money.number(row.cost_per_year), float(row.cost_per_year)) if known else "")
        rows.append(cells)
    head = [
        "Battery", "Use", "Power", "Energy, worst moment", "Energy, mean", "Given in a year",
        f"Wear [{money.unit} a year]", f"Costs [{money.unit} a year]",
    ]  # fmt: skip
    note = (
        "Backup holds energy at every moment and asks for its power in an outage alone, so that arbitrage may use that "
        "power meanwhile; what is held for swings is held both ways, below and above, all the time. What a duty "
        "costs is the difference to the cheapest plan without it."
    )
    return paragraph(note, "note") + table(head, rows)
