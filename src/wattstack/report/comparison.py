"""The page of a comparison of chemistries: what holds, what it costs, what is left, how sure its numbers are.

Needs    twin.Comparison, report.figures.comparison, report.page.
Gives    write_comparison_page.
Used by  cli.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wattstack.report.figures.comparison import keys_of, left, running, worth
from wattstack.report.html import Cell, Num, Raw, bullets, cards, paragraph, table
from wattstack.report.page import Page
from wattstack.report.sections.inputs import inputs_of
from wattstack.report.words import HAIR, Money, money_of, name_of, percent, quantity, unit_of

if TYPE_CHECKING:
    from wattstack.twin import Comparison

Band = tuple[float, float, float]
LOW = Raw("<strong>low</strong>")


class _Told(NamedTuple):
    """A comparison with its bands: of each thing told by chemistry, and the scale of its money."""

    comparison: Comparison
    bands: dict[str, dict[str, Band]]
    money: Money
    synthetic: bool

    def of(self, name: str, column: str) -> Band:
        return self.bands[name][column]


def write_comparison_page(comparison: Comparison, path: str | Path) -> Path:
    """Write the page of a comparison: one file that opens offline.

    Args:
        comparison: As compare_chemistries gives it.
        path: File to write.

    Returns:
        The file.

    Raises:
        InputError: The file cannot be written.
    """
    bands = comparison.bands()
    largest = max(abs(v) for own in bands.values() for v in own["difference"])
    told = _Told(comparison, bands, money_of(comparison.currency, largest), comparison.synthetic)
    page = Page(
        f"{comparison.name}: chemistries compared", comparison.description or "Chemistries compared", _lead(told),
        comparison.synthetic,
    )  # fmt: skip
    page.add("answer", "The answer", _answer(told))
    page.add("left", "What is left of the battery", _left(told, page))
    page.add("cost", "What it costs", _cost(told, page))
    page.add("price", "The price that would change it", _price(told))
    page.add("running", "How it runs", _running(told))
    page.add("terms", "On which terms", _terms(told))
    page.add("passports", "How sure the numbers are", _passports(told))
    page.add("inputs", "Inputs", _inputs(comparison))
    return page.write(path)


def _lead(told: _Told) -> str:
    comparison = told.comparison
    trial = comparison.trial
    sizes = "its size planned anew for each" if comparison.replanned else "at equal usable energy and power"
    count = "once" if trial["draws"] == 1 else f"for {trial['draws']} makes of cells"
    text = (
        f"battery.{comparison.battery} as each of {len(comparison.chemistries)} chemistries, {sizes}, run for "
        f"{trial['years']} years in steps of {trial['step']} with the controller of the site, {count} each."
    )
    return " ".join([text, *comparison.conclusions()[:1]])


def _answer(told: _Told) -> str:
    """The best and the worst, what holds, and a line a chemistry."""
    comparison, money = told.comparison, told.money
    by_cost = sorted(comparison.chemistries, key=lambda name: told.of(name, "difference")[1])
    by_left = max(comparison.chemistries, key=lambda name: told.of(name, "usable_frac")[1])
    by_trip = max(comparison.chemistries, key=lambda name: told.of(name, "round_trip_net_eff")[1])
    cheapest, dearest = by_cost[0], by_cost[-1]
    apart = told.of(dearest, "difference")[1] - told.of(cheapest, "difference")[1]
    kept, trip = told.of(by_left, "usable_frac")[1], told.of(by_trip, "round_trip_net_eff")[1]
    boxes = [
        ("Cheapest", cheapest, "least present value of all cost"),
        ("Cheapest to dearest", Num(money.text(apart), apart), f"dearest: {dearest}"),
        ("Keeps most", Num(percent(kept, 0), kept), f"{by_left}, of its usable energy"),
        ("Gives most back", Num(percent(trip), trip), f"{by_trip}, auxiliaries included"),
    ]
    sentences = comparison.conclusions()
    html = cards(boxes) + (bullets(sentences) if sentences else "")
    head = ["Chemistry", "Left at the end", "Round trip, net", f"Costs more by [{money.unit}]"]
    rows: list[list[Cell]] = [
        [
            name, _share(told.of(name, "usable_frac"), 0), _share(told.of(name, "round_trip_net_eff")),
            "-" if name == comparison.reference else _amount(told.of(name, "difference"), money),
        ]
        for name in comparison.chemistries
    ]  # fmt: skip
    note = (
        f"The middle make, and in brackets where nine makes of ten lie. Cost is the present value of all cost, above "
        f"{comparison.reference}; net is with the battery's auxiliaries."
    )
    return html + paragraph(note, "note") + table(head, rows, kind="text")


def _left(told: _Told, page: Page) -> str:
    comparison = told.comparison
    figure = left(comparison.by_year("usable_frac"), keys_of(comparison.chemistries), told.synthetic)
    energy = comparison.by_year("usable_mwh")
    count = int(comparison.trial["years"])
    years = sorted({y for y in (1, 5, 10, 20, count) if y <= count})
    rows: list[list[Cell]] = []
    for name in comparison.chemistries:
        own = energy.xs(name, level="chemistry")
        rows.append([name, *(_in_band(own.loc[year], lambda v: quantity(v, "", 4)) for year in years)])
    head = ["Usable MWh at the end of year", *(str(year) for year in years)]
    note = (
        "A battery that fell below its limit is renewed at the next year's beginning: the line jumps up. Zinc loses "
        "some of its capacity from strip to strip and gets it back; what stands here is what was there that day."
    )
    return page.figure(figure) + table(head, rows, kind="wide") + paragraph(note, "note")


def _cost(told: _Told, page: Page) -> str:
    comparison, money = told.comparison, told.money
    keys = keys_of(comparison.chemistries)
    html = ""
    if len(comparison.chemistries) > 1:
        bands = {name: told.of(name, "difference") for name in comparison.chemistries}
        html += page.figure(worth(bands, keys, money, told.synthetic), with_legend=False)
        yearly = comparison.by_year("running_cost", against=True)
        largest = float(yearly.abs().to_numpy().max())
        html += page.figure(running(yearly, keys, money_of(comparison.currency, largest), told.synthetic))
    parts = ("capital", "running", "upkeep", "renewal", "residual", "present_value")
    head = [
        f"Present value [{money.unit}]",
        "Capital",
        "Running",
        "Upkeep",
        "Renewal",
        "Left at the end",
        "All",
    ]
    rows: list[list[Cell]] = [
        [name, *(_number(told.of(name, part)[1], money) for part in parts)] for name in comparison.chemistries
    ]
    rate = percent(comparison.finance["discount_rate_frac"])
    note = (
        f"Of the whole campus, the middle of each part over the makes, at {rate} a year. Wear is left out: it "
        "is the same cost as renewal and what is left at the end. The battery is bought in year 0; other assets only "
        "where they are planned here."
    )
    return html + table(head, rows) + paragraph(note, "note")


def _price(told: _Told) -> str:
    """Price per kWh of cells at which a chemistry costs what the first costs."""
    comparison = told.comparison
    exchange = comparison.finance["exchange"]
    usd = exchange.get("USD")
    scale, unit = (1000.0 * usd, "USD") if usd else (1000.0, comparison.currency)
    rows: list[list[Cell]] = []
    for name in comparison.chemistries[1:]:
        price = comparison.finance["capital_per_mwh"][name] / scale
        band = _scaled(told.of(name, "break_even_per_mwh"), scale)
        rows.append([name, Num(quantity(price, "", 3), price), _in_band(band, lambda v: quantity(v, "", 3))])
    if not rows:
        return paragraph("There is one chemistry alone: nothing to set it against.")
    first = comparison.finance["capital_per_mwh"][comparison.reference] / scale
    note = (
        f"Price of a nameplate kWh of cells at which the present value is that of {comparison.reference} at "
        f"{quantity(first, unit, 3)}, all else alike"
        + (f"; {quantity(usd, comparison.currency)} a USD" if usd and comparison.currency != "USD" else "")
        + ". Below zero: not even as a gift."
        + (
            " At the sizes planned with the library's price: a cheaper battery would be planned larger, so the true "
            "price lies above."
            if comparison.replanned
            else ""
        )
    )
    return table(
        ["Chemistry", f"In the library [{unit}/kWh]", f"Break-even [{unit}/kWh]"], rows, kind="text"
    ) + paragraph(note, "note")


def _running(told: _Told) -> str:
    comparison = told.comparison
    head = ["Chemistry", "Round trip", "Auxiliaries [MWh/year]", "Group stripped [h/year]", "Renewed [times]",
            "Reserve short [h]", "Not served [MWh]"]  # fmt: skip
    rows: list[list[Cell]] = []
    for name, own in told.bands.items():
        cells: list[Cell] = [name, _share(own["round_trip_eff"])]
        for column in (
            "auxiliary_mwh_per_year",
            "strip_h_per_year",
            "renewed",
            "reserve_short_h",
            "unserved_mwh",
        ):
            cells.append(_in_band(own[column], lambda v: quantity(v, "", 3)))
        rows.append(cells)
    note = (
        f"Round trip at the bus, without auxiliaries. Renewed: times all its cells. Reserve and load not served: over "
        f"all {comparison.trial['years']} years."
    )
    html = table(head, rows, kind="text") + paragraph(note, "note")
    hit = comparison.limits
    if hit.empty:
        return html + paragraph("No limit was hit.")
    keys = ["chemistry", "path", "limit"]
    draws = comparison.trial["draws"]
    middle = hit.groupby(keys, sort=False).agg(
        count=("count", "sum"),
        hours=("duration_h", "sum"),
        largest=("largest", "max"),
        unit=("unit", "first"),
    )
    rows = [
        [
            chemistry, f"{path}: {words}", Num(quantity(row["count"] / draws, "", 3), row["count"] / draws),
            Num(quantity(row["hours"] / draws, "", 3), row["hours"] / draws),
            quantity(row["largest"], row["unit"], 3) if row["unit"] else "-",
        ]
        for (chemistry, path, words), row in middle.iterrows()
    ]  # fmt: skip
    head = ["Chemistry", "Limit that was hit", "Times", "Hours", "Largest"]
    return html + "<h3>Limits that were hit</h3>" + paragraph("Over all years, mean of the draws.", "note") + table(
        head, rows, kind="text"
    )  # fmt: skip


def _terms(told: _Told) -> str:
    comparison = told.comparison
    rows: list[list[Cell]] = [
        [name_of(str(path)), *(Num(quantity(size, unit_of(str(path))), float(size)) for size in own)]
        for path, own in zip(comparison.sizes.index, comparison.sizes.to_numpy(), strict=True)
    ]
    sizes = table(["Size", *comparison.sizes.columns], rows, kind="wide")
    notes = [f"Run by {comparison.trial['controller']}.", *comparison.notes]
    return sizes + bullets(notes)


def _passports(told: _Told) -> str:
    rows: list[list[Cell]] = []
    weak: list[list[Cell]] = []
    for one in told.comparison.passports:
        sure = LOW if one["confidence"] == "low" else one["confidence"]
        counts = f"{one['high']} high, {one['medium']} medium, {one['low']} low of {one['parameters']}"
        rows.append([one["name"], one["status"], sure, counts, one["law"], one["date"], one["source"]])
        weak.append([one["name"], ", ".join(one["low_confidence"]), one["law_source"]])
    head = ["Chemistry", "Status", "Confidence", "Parameters of its cell", "Law of ageing", "Date", "Source"]
    note = (
        "A claim or an assumption is no settled fact. Every parameter with its source: wattstack library chemistries "
        "NAME."
    )
    return (
        paragraph(note, "note")
        + table(head, rows, kind="text")
        + "<h3>What is of low confidence</h3>"
        + table(["Chemistry", "Parameters of low confidence", "Paper of its law"], weak, kind="text")
    )


def _inputs(comparison: Comparison) -> str:
    return inputs_of(
        {"inputs": [asdict(record) for record in comparison.inputs], "library": list(comparison.library)}
    )


def _number(value: float, money: Money) -> Num:
    return Num(money.number(value), value)


def _share(band: Band, decimals: int = 1) -> Num:
    return _in_band(band, lambda v: percent(v, decimals))


def _amount(band: Band, money: Money) -> Num:
    return _in_band(band, lambda v: quantity(money.scaled(v), "", 4))


def _scaled(band: Band, scale: float) -> Band:
    low, middle, high = (v / scale for v in band)
    return low, middle, high


def _in_band(band: Band, words: Callable[[float], str]) -> Num:
    """The middle, and the band in brackets where it is wider than what is shown."""
    low, middle, high = band
    ends = [words(float(v)) for v in (low, high)]
    told = words(float(middle))
    if ends[0] == ends[1] == told:
        return Num(told, float(middle))
    first, _, unit = ends[0].rpartition(HAIR)
    if unit and ends[1].endswith(HAIR + unit):
        ends[0] = first
    return Num(f"{told} ({ends[0]} to {ends[1]})", float(middle))
