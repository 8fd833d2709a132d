"""The page of a chemistry: its voltage, what comes back by rate, what is left over the years, and its passport.

Needs    library.find, physics.cell_of, dc_round_trip, fade, report.figures.chemistry, report.page.
Gives    write_chemistry.
Used by  cli.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.library import Entry, find
from wattstack.report.figures.chemistry import TEMPS, Band, efficiency, fade, voltage
from wattstack.report.html import Cell as Content
from wattstack.report.html import Num, Raw, cards, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.words import percent, quantity

if TYPE_CHECKING:
    from wattstack.physics import Cell

RATES = 9  # points of the efficiency figure
YEARS, DRAWS, SEED = 10, 200, 1
LOW = Raw("<strong>low</strong>")


def write_chemistry(name: str, path: str | Path) -> Path:
    """Write the page of a chemistry of the library: one file that opens offline.

    Args:
        name: Name of the entry, with or without "library:".
        path: File to write.

    Returns:
        The file.

    Raises:
        InputError: There is no such chemistry, its cell is not complete, or the file cannot be written.
    """
    from wattstack.physics import cell_of

    name = name.removeprefix("library:")
    entry, cell = find("chemistries", name), cell_of(name)
    low = sum(row.confidence == "low" for row in cell.passport)
    lead = (
        f"{entry.title}. {low} of {len(cell.passport)} parameters of its cell are of low confidence: they are marked, "
        "and a result that hangs on them is not settled."
    )
    page = Page(name, "Chemistry of the library", lead, synthetic=False)
    rates, by_temp = _efficiency(cell)
    band, others, duty = _fade(cell)
    page.add("what", "What it is", _what(entry, cell, band))
    page.add("voltage", "Voltage", page.figure(voltage(cell)))
    page.add("efficiency", "Efficiency", page.figure(efficiency(rates, by_temp, _cited(entry))))
    page.add("fade", "Fade", page.figure(fade(band, others, duty)) + _laws(cell))
    page.add("passport", "Passport of the cell", _passport(cell))
    page.add("plan", "What a plan takes from it", _planned(entry))
    return page.write(path)


def _efficiency(cell: Cell) -> tuple[np.ndarray, dict[float, np.ndarray]]:
    """Round trip from a twentieth of the rate to all of it, at the temperatures at which the cell may run."""
    from wattstack.physics import dc_round_trip

    rates = min(cell.charge_c_rate, cell.discharge_c_rate) * np.geomspace(0.05, 1.0, RATES)
    allowed = [t for t in TEMPS if np.interp(t, cell.c_rate_temp_degc, cell.c_rate_frac_charge) > 0]
    return rates, {temp: dc_round_trip(cell, rates.tolist(), temp) for temp in allowed}


def _fade(cell: Cell) -> tuple[Band, dict[str, np.ndarray], str]:
    """Capacity left by each law after each of ten years of a daily cycle, a band for the first; the duty in words."""
    from wattstack.physics import Steady, ageing_of, draw_factors
    from wattstack.physics import fade as left_of

    c_rate = min(0.25, cell.charge_c_rate, cell.discharge_c_rate)
    duty = Steady(temp_degc=25.0, soc=0.5, dod=0.8, c_rate=c_rate, cycles_per_day=0.8)
    rest = Steady(temp_degc=25.0, soc=0.9, dod=0.0, cycles_per_day=0.0)
    strip_days = cell.maintenance["strip_days"] if cell.maintenance else None
    laws = [ageing_of(law) for law in cell.laws]
    draws = [laws[0].times(factors) for factors in draw_factors(laws[0], DRAWS, SEED)]
    spread = left_of(draws, duty, YEARS, strip_days=strip_days).capacity_frac
    lines = [left_of(law, duty, YEARS, strip_days=strip_days) for law in laws]
    at_rest = left_of(laws[0], rest, YEARS, strip_days=strip_days).capacity_frac
    low, high = np.quantile(spread, (0.05, 0.95), axis=1)
    band = Band(cell.laws[0]["law"], lines[0].year, low, lines[0].capacity_frac, high, at_rest)
    others = {law["law"]: line.capacity_frac for law, line in zip(cell.laws[1:], lines[1:], strict=True)}
    words = f"One cycle of 80 % a day about half charge at {c_rate:g}C and 25 °C"
    words += f", a strip every {strip_days:g} days." if strip_days else "."
    return band, others, words


def _laws(cell: Cell) -> str:
    """What each law was fitted on."""
    from wattstack.physics import ageing_of

    rows: list[list[Content]] = []
    for declared in cell.laws:
        law = ageing_of(declared).law
        rows.append([law.name, law.title, law.fitted_on, law.paper])
    note = (
        "The first law is the one a battery of this chemistry ages by. The band is a factor on each of its rates, "
        "lognormal with a sigma of 0.4: an assumption, of the size by which published laws disagree."
    )
    return paragraph(note, "note") + table(["Law", "Cell", "Fitted on", "Source"], rows, kind="text")


def _cited(entry: Entry) -> list[tuple[float, float]]:
    """Round trips that the entry's figures name with their rate."""
    found = (
        (re.fullmatch(r"DC round trip at ([\d.]+) C", fact["item"]), fact["value"]) for fact in entry.facts
    )
    return [(float(match[1]), float(value)) for match, value in found if match]


def _what(entry: Entry, cell: Cell, band: Band) -> str:
    trip = entry.values["charge_eff"] * entry.values["discharge_eff"]
    strip = cell.maintenance
    wh_per_kg = cell.energy_wh / cell.mass_kg
    what, value, among = band.said()
    volt, rate = Num(quantity(cell.nominal_v, "V"), cell.nominal_v), cell.discharge_c_rate
    boxes = [
        ("Cell", volt, f"nominal, {quantity(cell.capacity_ah, 'Ah')}"),
        ("Round trip at the bus", Num(percent(trip), trip), "as a plan counts it, auxiliaries included"),
        ("Power over energy", Num(quantity(rate, "1/h"), rate), "continuous discharge"),
        (what, value, f"with a cycle a day; {among} in nine makes of ten"),
        ("Energy by mass", Num(quantity(wh_per_kg, "Wh/kg", 3), wh_per_kg), "of the cell"),
    ]
    if strip:
        said = f"emptied and rested {strip['strip_h']:g} h at the latest"
        boxes.append(("Strip", Num(f"every {strip['strip_days']:g} days", strip["strip_days"]), said))
    rows = [
        (key.capitalize(), value)
        for key, value in entry.passport.items()
        if key not in ("kind", "name", "title")
    ]
    return cards(boxes) + facts(rows) + (paragraph(entry.notes) if entry.notes else "")


def _passport(cell: Cell) -> str:
    rows: list[list[Content]] = []
    for row in cell.passport:
        unit, sure = (
            ("" if row.unit == "1" else row.unit),
            (LOW if row.confidence == "low" else row.confidence),
        )
        rows.append([row.key, _value(row.value), unit, sure, row.source])
    note = (
        "Every parameter of one cell. Points of a curve are x: y; between them runs a smooth curve that rises only "
        "where they do."
    )
    return paragraph(note, "note") + table(
        ["Parameter", "Value", "Unit", "Confidence", "Source"], rows, kind="text"
    )


def _planned(entry: Entry) -> str:
    rows = [[key, str(value)] for key, value in entry.values.items()]
    figures: list[list[Content]] = [
        [fact["item"], str(fact["value"]), "" if fact["unit"] == "1" else fact["unit"], fact["source"]]
        for fact in entry.facts
    ]
    money = f" Prices are in {entry.currency}." if entry.currency else ""
    note = f"What a battery of the campus file takes over where it gives none of its own.{money}"
    return (
        paragraph(note, "note")
        + table(["Key", "Value"], rows)
        + "<h3>Figures behind them</h3>"
        + table(["Figure", "Value", "Unit", "Source"], figures, kind="text")
    )


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "; ".join(f"{x:g}: {y:g}" for x, y in value)
    if isinstance(value, (list, tuple)):
        return ", ".join(f"{v:g}" for v in value)
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
