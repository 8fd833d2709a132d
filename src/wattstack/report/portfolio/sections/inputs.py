"""What went in: rates, what is assumed, every row with its source; and what the model leaves out.

Needs    report.portfolio.view, ground.
Gives    inputs_section, limits_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattstack.report.html import SYNTHETIC, Cell, Num, Raw, bullets, esc, paragraph, table
from wattstack.report.portfolio.ground import TABLES, assumed_rows, made_up, row_is_assumed
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import sentence, site_name, spaced
from wattstack.report.words import percent, quantity

NAMES = {
    "sites": ("name",), "items": ("item", "site"), "stages": ("site", "stage"), "gates": ("site", "gate"),
    "servers": ("generation",), "storage": ("chemistry", "site"), "generation": ("tech", "site"),
    "supply": ("resource",), "suppliers": ("resource", "supplier"), "segments": ("segment", "tranche"),
    "targets": ("site", "quarter"), "scenarios": ("scenario",),
}  # fmt: skip


def inputs_section(view: PortfolioView) -> str:
    """Rates, assumptions, sources."""
    html = ""
    if view.synthetic:
        names = ", ".join(made_up(view.portfolio))
        told = f"{names}: made up, not measured. Good for trying out, no ground for a decision."
        html += f'<div class="box alarm"><p>{SYNTHETIC} {esc(told)}</p></div>'
    return html + _rates(view) + _assumptions(view) + _sources(view)


def _rates(view: PortfolioView) -> str:
    portfolio = view.portfolio
    rows: list[list[Cell]] = []
    for other, rate in portfolio.exchange.items():
        one, per, value = (
            (other, portfolio.currency, rate) if rate >= 0.1 else (portfolio.currency, other, 1.0 / rate)
        )
        rows.append([f"1 {one}", Num(f"{quantity(value, per, 5)}", value)])
    text = f"Every amount is in {portfolio.currency}."
    if not rows:
        return "<h3>Exchange rates</h3>" + paragraph(text + " No other currency is used.")
    return (
        "<h3>Exchange rates</h3>"
        + paragraph(text + " Others were converted at:", "note")
        + table(["", "Rate"], rows)
    )


def _assumptions(view: PortfolioView) -> str:
    portfolio = view.portfolio
    counts = [(TABLES[name], *assumed_rows(portfolio, name)) for name in TABLES]
    rows: list[list[Cell]] = [
        [
            name.capitalize(),
            Num(str(all_rows), all_rows),
            Num(str(n), n),
            Num(percent(n / all_rows, 0), n / all_rows),
        ]
        for name, n, all_rows in counts
        if all_rows
    ]
    n, every = sum(c[1] for c in counts), sum(c[2] for c in counts)
    note = (
        f"{n} of {every} rows are assumptions at least in part: their source names an A, or nothing. A number that "
        "rests on one of them is no forecast. Discount rate, deposit, worth left at the end and the shares of load "
        "that can pause are assumptions of whoever wrote the file."
    )
    marked = table(["Table", "Row", "Source", ""], list(_rows(view)), kind="text")
    return (
        "<h3>What is assumed</h3>"
        + paragraph(note)
        + table(["Table", "Rows", "Assumed", "Share"], rows)
        + f"<details><summary>Every row with its source</summary>{marked}</details>"
    )


def _rows(view: PortfolioView) -> Iterator[list[Cell]]:
    for name, keys in NAMES.items():
        for row in getattr(view.portfolio, name):
            source, note = str(getattr(row, "source", "")), str(getattr(row, "note", ""))
            mark = Raw("<strong>assumed</strong>") if row_is_assumed(row) else "source"
            what = " ".join(_word(key, getattr(row, key)) for key in keys if getattr(row, key))
            yield [TABLES[name].capitalize(), what, "; ".join(t for t in (source, note) if t), mark]


def _word(key: str, value: Any) -> str:
    return (
        site_name(value)
        if key in ("site", "name")
        else spaced(str(value))
        if key != "generation"
        else str(value)
    )


def _sources(view: PortfolioView) -> str:
    sources = view.portfolio.sources
    if not sources:
        return "<h3>Sources</h3>" + paragraph("The portfolio names none.")
    keys = list(dict.fromkeys(key for row in sources.values() for key in row))
    rows = [[_told(key, str(row.get(key, ""))) for key in keys] for row in sources.values()]
    shown = table([spaced(key).capitalize() for key in keys], rows, kind="text")
    return (
        f"<h3>Sources</h3><details><summary>{len(rows)} sources that the rows name</summary>{shown}</details>"
    )


def _told(key: str, text: str) -> Cell:
    """A field of a source; an address may break at its slashes."""
    return Raw(esc(text).replace("/", "/<wbr>")) if key in ("address", "url") else text


def limits_section(view: PortfolioView) -> str:
    """The box that says what the answer does not know."""
    plan, portfolio = view.plan, view.portfolio
    items = [
        f"Perfect foresight: within one future the plan knows every price, delay and delivery of {view.labels[0]} to "
        f"{view.labels[-1]}, and the running knows every hour of its weeks. A company knows less and earns less.",
        "End effect: the horizon ends after "
        f"{view.labels[-1]}. Orders that would arrive after it do not exist, and what stands then is taken back at "
        f"{percent(portfolio.money.residual_factor, 0)} of its unused life. The last years build less than they "
        "would.",
        "Representative weeks: the running is worked out on a few weeks a season, which stand for all others; what "
        "happens in no such week is not seen.",
        "Rents, prices and revenues are those of the file and do not answer to what the plan does.",
        "Before tax, debt service and subsidies to data centres.",
        "No unit fails: outages are covered by the reserve that the file asks for, not simulated.",
    ]  # fmt: skip
    if portfolio.factory is not None:
        items.append(
            "Learning: the cost of a cell follows a given path, found by repeating the plan until its own output "
            "gives that path. The proof holds for that path alone."
        )
    if not plan.whole:
        items.append("Parts of units: grid stages, permits and factory lines may be built in parts here.")
    items += [sentence(note) for note in plan.notes]
    html = f'<div class="box"><h3>Read the numbers with this in mind</h3>{bullets(items)}</div>'
    if portfolio.warnings:
        html += "<h3>Doubts about the input</h3>" + bullets(portfolio.warnings)
    return html
