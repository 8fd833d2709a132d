"""Figures of a chemistry: its voltage, what it gives back by rate, what it loses over the years.

Needs    physics.Cell, arrays that report.chemistry computes.
Gives    voltage, efficiency, fade.
Used by  report.chemistry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PURPLE,
    RED,
    SKY,
    Figure,
    Key,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.words import percent, quantity

if TYPE_CHECKING:
    from wattstack.physics import Cell

FOUR_FIFTHS = 0.8  # of the capacity: the usual end of a warranty
TEMPS = {10.0: (SKY, "dot"), 25.0: (GREEN, ""), 40.0: (RED, "dash")}  # [degC]: the same in every page
OTHERS = ((RED, "dash"), (BLUE, "dashdot"), (PURPLE, "longdash"))


class Band(NamedTuple):
    """What is left of a cell by year, shares, (n,) each: of 100 makes the 5th, its law's own, the 95th; at rest."""

    law: str
    year: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    at_rest: np.ndarray

    def said(self) -> tuple[str, str, str]:
        """What is left at the end; where that is below four fifths, how long those last: what, value, band."""
        if self.middle[-1] >= FOUR_FIFTHS:
            values = [percent(float(left[-1]), 0) for left in (self.middle, self.low, self.high)]
            return f"Left after {self.year[-1]:g} years", values[0], f"{values[1]} to {values[2]}"
        spans = []
        for left in (self.middle, self.low, self.high):
            falling = np.minimum.accumulate(left)[::-1]
            years = float(np.interp(FOUR_FIFTHS, falling, self.year[::-1]))
            spans.append(
                f"{years:.1f} years" if left[-1] < FOUR_FIFTHS else f"more than {self.year[-1]:g} years"
            )
        return "Down to 80 % after", spans[0], f"{spans[1]} to {spans[2]}"


def voltage(cell: Cell) -> Figure:
    """Open-circuit voltage of both branches over the state of charge, with the points it was shaped after."""
    soc = rounded(100 * cell.soc_points)
    half = float(cell.hysteresis_v.max())
    keys = [Key("At rest after discharge" if half else "At rest", BLUE, "line")]
    data = [line(soc, rounded(cell.ocv_v - cell.hysteresis_v), keys[0], "V")]
    if half:
        keys.append(Key("At rest after charge", RED, "line", "dash"))
        data.append(line(soc, rounded(cell.ocv_v + cell.hysteresis_v), keys[1], "V"))
    for name, said, key in (
        ("ocv_v", "Point of the source", Key("Point of the source", INK, "disc")),
        ("ocv_v_assumed", "Point assumed", Key("Point assumed", GREY, "ring")),
    ):
        points = [row.value for row in cell.passport if row.key == name and not isinstance(row.value, str)]
        if points:
            x, y = np.transpose(points[0])
            data.append(_marks(rounded(100 * x), rounded(y), said, key))
            keys.append(key)
    gap = (
        f"its two branches lie up to {2000 * half:.2g} mV apart"
        if half
        else "no gap between charge and discharge"
    )
    caption = (
        f"Voltage at rest of a new cell at 25 °C: {quantity(cell.ocv_v[0], 'V')} empty, "
        f"{quantity(cell.ocv_v[-1], 'V')} full, {gap}. Terminal voltage stays between "
        f"{quantity(cell.voltage_min_v, 'V')} and {quantity(cell.voltage_max_v, 'V')}."
    )
    look = _look("Open-circuit voltage [V]", "State of charge [%]")
    return Figure("voltage-curve", "Voltage at rest", caption, data, look, legend=tuple(keys))


def efficiency(
    c_rates: Sequence[float], by_temp: Mapping[float, np.ndarray], cited: Sequence[tuple[float, float]]
) -> Figure:
    """Direct-current round trip over the rate, a line a temperature.

    Args:
        c_rates: Power over nameplate energy [1/h].
        by_temp: Round trip 0 .. 1 by cell temperature, of TEMPS; NaN where the cell cannot run.
        cited: (rate, round trip) that sources give.
    """
    x = [float(f"{rate:.4g}") for rate in c_rates]
    keys, data = [], []
    for temp, values in by_temp.items():
        colour, dash = TEMPS[temp]
        key = Key(f"Cell at {temp:g} °C", colour, "line", dash)
        keys.append(key)
        data.append(line(x, rounded(100 * values), key, "%"))
    if cited:
        key = Key("Figure of the source", INK, "disc")
        keys.append(key)
        data.append(_marks([r for r, _ in cited], [round(100 * v, 3) for _, v in cited], key.name, key))
    caption = (
        "Energy out over energy in at the cell's terminals, full cycles at constant power: converter, cooling and "
        "pumps come on top. A line ends where the cell can no longer do the power over half of its charge."
    )
    look = _look("Round trip [%]", "Power over nameplate energy [1/h]")
    ticks = [n * 10.0**k for k in range(-3, 4) for n in (1, 2, 5) if 0.8 * x[0] <= n * 10.0**k <= 1.2 * x[-1]]
    look["xaxis"] |= {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    return Figure("efficiency-curve", "What comes back, by rate", caption, data, look, legend=tuple(keys))


def fade(band: Band, others: Mapping[str, np.ndarray], duty: str) -> Figure:
    """Capacity left over the years, with the band of what is not known about the make.

    Args:
        band: Of the law that counts: year, low, middle and high share of the capacity left, and the share at rest.
        others: Share left by the laws of other makes, by name, (years + 1,) each.
        duty: What was done to the cell, a sentence.
    """
    x = rounded(band.year)
    makes, first = Key("Nine makes of ten", "rgba(0,158,115,0.25)"), Key(band.law, GREEN, "line")
    edge = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    data = [line(x, rounded(100 * band.low), makes, "%", **dict(edge))]
    data.append(
        line(x, rounded(100 * band.high), makes, "%", **dict(edge), fill="tonexty", fillcolor=makes.colour)
    )
    data.append(line(x, rounded(100 * band.middle), first, "%"))
    keys = [first, makes]
    for (name, left), (colour, dash) in zip(others.items(), OTHERS, strict=False):
        keys.append(Key(name, colour, "line", dash))
        data.append(line(x, rounded(100 * left), keys[-1], "%"))
    keys.append(Key("At rest, nine tenths full", GREY, "line", "dot"))
    data.append(line(x, rounded(100 * band.at_rest), keys[-1], "%"))
    what, value, among = band.said()
    caption = f"{duty} {what}: {value} by {band.law}, {among} in nine makes of ten."
    if others:
        caption += " The other lines are fits to other makes of the same chemistry."
    return Figure("fade-curve", "What is left over the years", caption, data, _look("Capacity left [%]", "Years"),
                  legend=tuple(keys))  # fmt: skip


def _marks(x: list, y: list, name: str, key: Key) -> dict:
    ring = key.shape == "ring"
    marker = {
        "size": 8,
        "color": "#ffffff" if ring else key.colour,
        "line": {"color": key.colour, "width": 1.6},
    }
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": marker}


def _look(unit: str, along: str) -> dict:
    look = layout(False, xaxis=titled(along), yaxis=titled(""), hovermode="closest")
    look["annotations"].append(unit_label(unit))
    return look
