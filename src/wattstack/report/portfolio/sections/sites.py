"""Each site over time: the figure of its resources, and its table.

Needs    report.portfolio.view, report.figures.portfolio.sites.
Gives    sites_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from wattstack.report.figures.portfolio.sites import carried, stacked
from wattstack.report.html import Cell, Num, esc, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import resource_name, site_name
from wattstack.report.words import name_of, quantity

UNITS = (
    "MW IT is the rating of the computers. Transformers, grid and generation are divided by what a MW IT draws with "
    "cooling and losses, so that all lines can be laid beside one another."
)
HEADS = {"grid": "Grid stages", "power": "Grid and own generation"}


def sites_section(view: PortfolioView, page: Page) -> str:
    """A figure and a table a site; a campus that grows by its sizes has a table of them."""
    html = paragraph(UNITS, "note") if view.sites else ""
    for site in view.sites:
        html += page.figure(stacked(view, site.name))
        html += f"<details><summary>{esc(site_name(site.name))}, {view.period} by {view.period}</summary>"
        html += _table(view, site.name) + "</details>"
    grown = dict.fromkeys(site for _, site in view.plan.amounts.get("size", {}))
    for site in grown:
        html += f"<h3>{esc(site_name(site))}: sizes of its campus file</h3>" + _sizes(view, site)
    return html


def _table(view: PortfolioView, site: str) -> str:
    lines = carried(view, site)
    columns = [(HEADS.get(n, resource_name(n)), values) for n, values in lines.items()]
    for kind, unit in (("generation_mw", "MW"), ("storage_mwh", "MWh")):
        for (name, where), values in view.plan.amounts.get(kind, {}).items():
            if where == site and values.any():
                short = (
                    name.upper() if unit == "MWh" and len(name) <= 4 else name.replace("_", " ").capitalize()
                )
                columns.append((f"{short} [{unit}]", values))
    announced, energised = view.announced_mw(site), view.it_mw(site)
    columns = [("Energised", energised), ("Announced", announced), *columns]
    rows: list[list[Cell]] = [
        [label, *(Num(quantity(float(values[q]), "", 3), float(values[q])) for _, values in columns)]
        for q, label in enumerate(view.labels)
    ]
    note = "In MW IT where no unit stands. Everything to the last digit in capacity.csv."
    return paragraph(note, "note") + table(
        [view.period.capitalize(), *(n for n, _ in columns)], rows, kind="wide"
    )


def _sizes(view: PortfolioView, site: str) -> str:
    """When each size of a campus file stands, where it changes."""
    rows: list[list[Cell]] = []
    for (path, where), values in view.plan.amounts["size"].items():
        if where == site:
            first, last = float(values[0]), float(values[-1])
            steps = [q for q in range(1, len(values)) if values[q] > values[q - 1] + 1e-6]
            grown = ", ".join(f"{view.labels[q]}: {quantity(float(values[q]), '', 3)}" for q in steps)
            rows.append(
                [
                    name_of(path),
                    Num(quantity(first, "", 3), first),
                    grown or "stays",
                    Num(quantity(last, "", 3), last),
                ]
            )
    return table(["Size [MW, MWh]", "At the start", "Grows", "At the end"], rows)
