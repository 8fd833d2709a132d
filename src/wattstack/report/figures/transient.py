"""Figures of a run of seconds: power at the point of connection, batteries, voltage and frequency, its steepest moment.

Needs    series.Waveform, report.figures.base.
Gives    connection, steepest, batteries, voltage, frequency, supplies.
Used by  report.transient.

A wave of many samples is drawn by the least and greatest of each of some hundred stretches: no peak is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SOFT,
    Figure,
    Key,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.series import Waveform

STRETCHES = 900
LOAD, GRID, REFERENCE = Key("What the campus draws", GREY, "line"), Key("Drawn from the grid", BLUE, "line"), Key(
    "Reference of the fast loop", ORANGE, "line", "dash"
)  # fmt: skip
COLOURS = (GREEN, PURPLE, SKY, RED, ORANGE, INK)

Marks = Sequence[tuple[float, str]]


def thinned(time_s: np.ndarray, values: np.ndarray) -> tuple[list[float], list[float]]:
    """Moments and values to draw: all of few, else least and greatest of each stretch, in their order."""
    if len(values) <= 2 * STRETCHES:
        return rounded(time_s, 7), rounded(values)
    width = len(values) // STRETCHES
    rows = values[: STRETCHES * width].reshape(STRETCHES, width)
    first = np.arange(STRETCHES) * width
    places = np.sort(
        np.stack([first + rows.argmin(axis=1), first + rows.argmax(axis=1)], axis=1), axis=1
    ).ravel()
    places = np.concatenate([places, [len(values) - 1]])
    return rounded(time_s[places], 7), rounded(values[places])


def connection(wave: Waveform, marks: Marks) -> Figure:
    """Power at the point of connection, and what the campus would have drawn."""
    found = [("load_mw", LOAD), ("power_mw", GRID), ("reference_mw", REFERENCE)]
    shown = [(name, key) for name, key in found if name in wave.arrays]
    data = [_trace(wave, name, key, "MW") for name, key in shown]
    data[0]["line"]["width"] = 1.2
    caption = (
        "Grey is what the campus draws, blue is what the grid sees of it. Between them stands the battery."
    )
    return Figure(
        "wave-connection", "Power at the point of connection", caption, data, _look("Power [MW]", marks), 400,
        legend=tuple(key for _, key in shown),
    )  # fmt: skip


def steepest(wave: Waveform, at_s: float, span_s: float = 6.0) -> Figure:
    """Some seconds around the greatest change of the power drawn."""
    first = max(0, int((at_s - 0.75 * span_s) / wave.step_s))
    last = min(wave.count, int((at_s + 0.25 * span_s) / wave.step_s) + 1)
    time_s = wave.time_s[first:last]
    shown = [("load_mw", LOAD), ("power_mw", GRID)]
    data = []
    for name, key in shown:
        x, y = thinned(time_s, wave[name][first:last])
        data.append(line(x, y, key, "MW"))
    data[0]["line"]["width"] = 1.2
    caption = f"The stretch with the greatest change within 5 s; it ends at {at_s:.2f} s."
    return Figure(
        "wave-steepest", "The steepest moment", caption, data, _look("Power [MW]", ()), 360,
        legend=tuple(key for _, key in shown),
    )  # fmt: skip


def batteries(wave: Waveform, marks: Marks) -> Figure:
    """Power of batteries and generators."""
    names = [n for n in wave.arrays if n.startswith(("battery.", "generator.")) and n.endswith(".power_mw")]
    keys = _keys([n.removesuffix(".power_mw") for n in names])
    data = [_trace(wave, name, key, "MW") for name, key in zip(names, keys, strict=True)]
    caption = "Above zero they give to the campus, below zero batteries charge."
    return Figure(
        "wave-batteries", "Batteries and generators", caption, data, _look("Power [MW]", marks), legend=keys
    )


def supplies(wave: Waveform, marks: Marks) -> Figure:
    """What the uninterruptible supplies draw from the campus bus."""
    names = [n for n in wave.arrays if n.startswith("ups.") and n.endswith(".power_mw")]
    keys = _keys([n.removesuffix(".power_mw") for n in names])
    data = [_trace(wave, name, key, "MW") for name, key in zip(names, keys, strict=True)]
    caption = (
        "Where it falls to nothing, the supply has left the grid and carries its halls from its own battery."
    )
    return Figure(
        "wave-supplies", "Uninterruptible supplies", caption, data, _look("Drawn [MW]", marks), legend=keys
    )


def voltage(wave: Waveform, marks: Marks) -> Figure:
    """Voltage at the point of connection."""
    key = Key("Voltage", INK, "line")
    data = [_trace(wave, "voltage_pu", key, "pu")]
    caption = "Of the campus bus, behind the short-circuit impedance of the grid."
    return Figure("wave-voltage", "Voltage", caption, data, _look("Voltage [pu]", marks), 280, legend=(key,))


def frequency(wave: Waveform, marks: Marks) -> Figure:
    """Frequency at the point of connection."""
    key = Key("Frequency", INK, "line")
    data = [_trace(wave, "frequency_hz", key, "Hz")]
    caption = "As a meter with a loop of one cycle sees it; without voltage it keeps its last value."
    return Figure(
        "wave-frequency", "Frequency", caption, data, _look("Frequency [Hz]", marks), 280, legend=(key,)
    )


def _keys(names: Sequence[str]) -> tuple[Key, ...]:
    dashes = ("", "dash", "dot")
    return tuple(
        Key(name, COLOURS[i % len(COLOURS)], "line", dashes[i // len(COLOURS) % len(dashes)])
        for i, name in enumerate(names)
    )


def _trace(wave: Waveform, name: str, key: Key, unit: str) -> dict:
    x, y = thinned(wave.time_s, wave[name])
    return line(x, y, key, unit, line={"width": 1.6})


def _look(label: str, marks: Marks) -> dict:
    """Axes, and the numbers of what happened along the top."""
    look = layout(False, xaxis=titled("Time [s]"), yaxis=titled(""))
    look["annotations"].append(unit_label(label, 1.04))
    look["margin"]["t"] = 40
    for at_s, number in marks:
        look["shapes"].append(
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": at_s, "x1": at_s, "y0": 0, "y1": 1,
                "line": {"color": SOFT, "width": 1, "dash": "dot"},
            }
        )  # fmt: skip
        look["annotations"].append(
            {
                "text": number, "showarrow": False, "xref": "x", "yref": "paper", "x": at_s, "y": 1,
                "xanchor": "left", "yanchor": "top", "font": {"size": 11, "color": SOFT}, "xshift": 2,
            }
        )  # fmt: skip
    return look
