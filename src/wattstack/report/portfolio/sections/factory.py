"""The battery factory: where its cells go, its years, and its business against the target.

Needs    report.portfolio.view, report.figures.flows; plan.portfolio (battery_target).
Gives    factory_section, target_card, target_words.
Used by  report.portfolio.write, report.portfolio.sections.answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import BLUE, GREEN, GREY, INK, SLATE
from wattstack.report.figures.flows import Band, bands_svg
from wattstack.report.figures.portfolio.factory import market_colours, sales_figure
from wattstack.report.html import Cell, Num, esc, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import site_name, spaced
from wattstack.report.words import quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import BatteryTarget


def factory_section(view: PortfolioView, page: Page) -> str:
    """The flow of cells, the factory by fiscal year, its sales, the target."""
    figure = _flow(view)
    html = figure or paragraph("The factory makes no cells in this plan.")
    found = target_of(view)
    if found is not None:
        html += f'<div class="box"><h3>Against the target</h3>{paragraph(target_words(view, found))}</div>'
    return html + _sales(view, page, found) + _years(view)


def _flow(view: PortfolioView) -> str:
    """From lines to stock to markets and campuses, over the whole horizon."""
    sources, uses = _made(view), _used(view)
    drawing = bands_svg(sources, uses, "Cells made", view.synthetic, "Energy of all cells: ")
    if not drawing:
        return ""
    caption = (
        f"All cells of {view.labels[0]} to {view.labels[-1]}, by the lines that make them and by who gets them. The "
        "height of a band is its energy."
    )
    rows: list[list[Cell]] = []
    for bands, way in ((sources, "from"), (uses, "to")):
        rows += [[way, b.name, Num(quantity(b.energy_mwh / 1e3, "", 3), b.energy_mwh / 1e3)] for b in bands]
    return (
        f"<figure><h3>Where the cells come from and go</h3><figcaption>{esc(caption)}</figcaption>{drawing}"
        + paragraph(ground_words(view.portfolio, "segments", "storage"), "rests")
        + "</figure>"
        + table(["", "What", "Cells [GWh]"], rows)
    )


def _made(view: PortfolioView) -> list[Band]:
    """What each batch of lines made: output shared by what each could make in the period."""
    factory, calendar, key = view.portfolio.factory, view.calendar, (view.portfolio.factory.name,)
    made = view.plan.amounts["made_gwh"][key]
    parts: dict[str, np.ndarray] = {}
    if factory.committed_start is not None and factory.committed_lines:
        running = factory.ramp_at(view.portfolio.committed_since())
        parts[f"Committed lines ({factory.committed_lines})"] = factory.committed_lines * running
    started = view.plan.amounts.get("line_start", {}).get(key, np.zeros(calendar.count))
    for first in np.flatnonzero(started > 1e-6):
        year = f"FY{calendar.fiscal_year[first]}"
        name = f"New lines, running from {year}"
        running = started[first] * factory.ramp_at(np.arange(calendar.count) - first)
        parts[name] = parts.get(name, np.zeros(calendar.count)) + running
    whole = np.maximum(sum(parts.values(), np.zeros(calendar.count)), 1e-12)
    colours = (SLATE, BLUE, GREEN, INK)
    return [
        Band(name, colours[min(i, 3)], float((made * part / whole).sum()) * 1e3)
        for i, (name, part) in enumerate(parts.items())
    ]


def _used(view: PortfolioView) -> list[Band]:
    """Campuses, markets, and what is left on stock at the end."""
    amounts, factory = view.plan.amounts, view.portfolio.factory
    bands, markets = [], {}
    for (_, site, maker), values in amounts.get("storage_order", {}).items():
        if maker == factory.name and values.any():
            bands.append(Band(f"Campus {site_name(site)}", GREEN, float(values.sum())))
    for (segment, _), values in amounts.get("sold_gwh", {}).items():
        markets[segment] = markets.get(segment, 0.0) + float(values.sum()) * 1e3
    colours = market_colours(view)
    for segment, energy in markets.items():
        if energy > 0.0:
            bands.append(Band(f"Market {spaced(segment)}", colours[segment], energy))
    left = float(amounts["stock_gwh"][(factory.name,)][-1]) * 1e3
    return [*bands, Band("On stock at the end", GREY, left)] if left > 0.0 else bands


def target_of(view: PortfolioView) -> BatteryTarget | None:
    """The business against its target: as it was asked for, else as the plan has it."""
    from wattstack.plan.portfolio import battery_target

    return view.answers.target or battery_target(view.plan)


def target_card(view: PortfolioView) -> tuple[str, Cell, str] | None:
    """Domestic sales of the target year, for the headlines; None without a target."""
    found = target_of(view)
    if found is None:
        return None
    reached = "reached" if found.is_reached else "missed" if found.is_reachable else "out of reach"
    return (
        f"Batteries sold at home, FY{found.fiscal_year}",
        Num(_both(view, found.outside_m), found.outside_m),
        f"target {_both(view, found.target_m)}: {reached}",
    )


def _both(view: PortfolioView, amount_m: float) -> str:
    """An amount in the currency of the plan; for one in JPY the billions people speak of."""
    billions, text = view.portfolio.jpy_bn(amount_m), view.money.text(amount_m, 3)
    return text if billions is None else f"{text} (JPY {quantity(billions, '', 3)} bn)"


def target_words(view: PortfolioView, found: BatteryTarget) -> str:
    """Whether the target is reached, what is the most, and what it would cost."""
    year = f"fiscal {found.fiscal_year}"
    text = (
        f"In {year} cells worth {_both(view, found.outside_m)} are sold to others at home; the target is "
        f"{_both(view, found.target_m)}. "
    )
    if found.is_reached:
        text += "The plan reaches it by itself."
    elif not found.is_reachable:
        most = _both(view, found.at_most_m)
        text += f"It cannot be reached: with every price step at home sold out it is at most {most}."
    elif found.forced_cost_m is None:
        text += (
            f"At most {_both(view, found.at_most_m)} could be sold; what reaching it would cost is not known."
        )
    else:
        text += f"Forcing it costs {view.money.text(found.forced_cost_m, 3)} of net present value"
        if found.forced_lines:
            text += f" and {quantity(found.forced_lines, 'more lines', 2)}"
        text += "."
    others = []
    if found.own_m:
        others.append(f"cells worth {_both(view, found.own_m)}, at what they cost, go to own campuses")
    if found.abroad_m:
        others.append(f"{_both(view, found.abroad_m)} are sold abroad")
    return text + (f" In that year {' and '.join(others)}; that does not count." if others else "")


def _years(view: PortfolioView) -> str:
    """The factory by fiscal year: flows summed, stands at the year's end."""
    rows: list[list[Cell]] = []
    records = view.table("factory").records()
    for year in dict.fromkeys(r["fiscal_year"] for r in records):
        mine = [r for r in records if r["fiscal_year"] == year]
        sums = [sum(r[name] for r in mine) for name in ("made_gwh", "own_gwh", "sold_gwh")]
        last = mine[-1]
        rows.append([
            f"FY{year}", Num(quantity(last["lines"], "", 3), last["lines"]),
            *(Num(quantity(v, "", 3), v) for v in (*sums, last["stock_gwh"], last["cell_cost_per_kwh"])),
        ])  # fmt: skip
    head = ["Year", "Lines at its end", "Made [GWh]", "To own campuses [GWh]", "Sold [GWh]", "On stock [GWh]",
            f"Cost of a cell [{view.money.currency}/kWh]"]  # fmt: skip
    note = (
        "The cost of a cell falls with what was made (learning). That path is given to the plan and found by "
        "repeating it until it stays; the proof holds for it."
    )
    return "<h3>The factory by fiscal year</h3>" + table(head, rows) + paragraph(note, "note")


def _sales(view: PortfolioView, page: Page, target: BatteryTarget | None) -> str:
    """Revenue by market and fiscal year, as a figure and a table."""
    records = view.table("segments").records()
    if not records:
        return ""
    uses = list(dict.fromkeys((r["segment"], r["use"]) for r in records))
    uses.sort(key=lambda key: ("domestic", "abroad", "own use").index(key[1]))
    rows: list[list[Cell]] = []
    for year in dict.fromkeys(r["fiscal_year"] for r in records):
        mine = {(r["segment"], r["use"]): r for r in records if r["fiscal_year"] == year}
        home = sum(r["revenue_m"] for (_, use), r in mine.items() if use == "domestic")
        gwh = sum(r["gwh"] for (_, use), r in mine.items() if use == "domestic")
        amounts = [mine[key]["revenue_m"] if key in mine else 0.0 for key in uses]
        cells: list[Cell] = [Num(quantity(v, "", 4), v) for v in amounts]
        rows.append(
            [
                f"FY{year}",
                *cells,
                Num(quantity(home, "", 4), home),
                _jpy(view, home),
                Num(quantity(gwh, "", 3), gwh),
            ]
        )
    heads = [
        segment.capitalize() if use == segment else f"{spaced(segment).capitalize()}, {use}"
        for segment, use in uses
    ]
    head = ["Year", *heads, "At home in all", "[JPY bn]", "[GWh]"]
    note = (
        f"In {view.money.unit} where no unit stands. Own use counts at the cost of the cells; nobody pays it."
    )
    return page.figure(sales_figure(view, records, target)) + paragraph(note, "note") + table(head, rows)


def _jpy(view: PortfolioView, amount_m: float) -> Cell:
    billions = view.portfolio.jpy_bn(amount_m)
    return "no rate" if billions is None else Num(quantity(billions, "", 3), billions)
