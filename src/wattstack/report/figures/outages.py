"""Figures of campaigns of outages: survival, what was lost, charge when the grid went, the worst minute by minute.

Needs    tables of prove.OutageFiles; report.figures.base.
Gives    survival, losses, lengths, charge, worst.
Used by  report.outages.

Every share is of the weights, so that campaigns drawn for rare losses count as often as they would happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    Figure,
    Key,
    area,
    axis,
    bars,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.words import quantity

if TYPE_CHECKING:
    import pandas as pd

CHANCE, BETWEEN = (
    Key("No critical load lost so far", GREEN, "line"),
    Key("95 % between", "rgba(0,158,115,0.25)"),
)
MORE = Key("Outages that lose more", RED, "line")
CARRIED, LOST = Key("Carried", SKY), Key("Critical load lost", RED)
SOURCES = {
    "import_mw": Key("Grid", BLUE),
    "solar_mw": Key("Sun", ORANGE),
    "generator_mw": Key("Generators", RED),
    "battery_mw": Key("Battery gives", GREEN),
    "put_off_mw": Key("Put off", PURPLE),
    "unserved_mw": Key("Not served", INK),
}
CHARGES = Key("Battery takes", GREY)
LOAD, STORED = Key("To be carried", INK, "line", "dash"), Key("Stored energy", GREEN, "line")
BINS = 20
LAST_H = 0.5  # shown after the last thing that happened
MOST_POINTS = 900
_LENGTHS = {1.0 / 60.0: "1 min", 0.1: "6 min", 0.25: "15 min", 0.5: "30 min"}


def _length_words(length_h: float) -> str:
    """A length as people say it."""
    return next((words for h, words in _LENGTHS.items() if abs(h - length_h) < 1e-9), f"{length_h:g} h")


def survival(table: pd.DataFrame, synthetic: bool) -> Figure:
    """Chance that no critical load was lost so many hours after the grid went, with its interval."""
    x = rounded(table["until_h"])
    edge = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    low, middle, high = (rounded(100 * table[name], 7) for name in ("low_frac", "served_frac", "high_frac"))
    data = [
        line(x, low, BETWEEN, "%", **dict(edge)),
        line(x, high, BETWEEN, "%", **dict(edge), fill="tonexty", fillcolor=BETWEEN.colour),
        line(x, middle, CHANCE, "%"),
    ]
    ticks = [tick for tick in (0.0167, 0.1, 0.5, 1, 2, 4, 8, 24, 48, 72, 168) if x[0] * 0.9 <= tick <= x[-1]]
    words = [_length_words(1 / 60) if tick == 0.0167 else _length_words(tick) for tick in ticks]
    look = layout(
        synthetic,
        xaxis=titled("Time since the grid went", type="log", tickvals=ticks, ticktext=words),
        yaxis=titled(""),
    )
    look["annotations"].append(unit_label("Chance [%]"))
    caption = "How long the campus carries its critical load, whatever happens meanwhile; the axis does not begin at 0."
    return Figure(
        "outage-survival", "Chance that nothing was lost", caption, data, look, legend=(CHANCE, BETWEEN)
    )


def losses(campaigns: pd.DataFrame, synthetic: bool) -> Figure:
    """Share of the outages that lose more than so many MWh of critical load."""
    lost = campaigns[campaigns["unserved_mwh"] > 0.0].sort_values("unserved_mwh")
    x = lost["unserved_mwh"].to_numpy()
    more = np.cumsum(lost["weight"].to_numpy()[::-1])[::-1] / len(campaigns)
    take = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    data = [line(rounded(x[take], 6), rounded(100 * more[take], 4), MORE, "%", line={"shape": "hv"})]
    ticks = [n * 10.0**k for k in range(-6, 7) for n in (1, 2, 5) if x[0] <= n * 10.0**k <= x[-1]]
    along = titled("Critical load not served [MWh]", type="log")
    if ticks:  # what lies between powers of ten is not named by itself
        along |= {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    look = layout(synthetic, xaxis=along, yaxis=titled("", rangemode="tozero"))
    look["annotations"].append(unit_label("Share of the outages [%]"))
    caption = "Read: so many outages in a hundred lose at least so much. Beyond the line's end none was met."
    return Figure("outage-losses", "Outages by what they lose", caption, data, look, legend=(MORE,))


def lengths(table: pd.DataFrame, synthetic: bool) -> Figure:
    """Share of the outages by their length, carried and not."""
    rows = table[table["campaigns"] > 0]
    names = [_span(low, high) for low, high in zip(rows["from_h"], rows["to_h"], strict=True)]
    share, served = 100 * rows["share_frac"].to_numpy(), rows["served_frac"].to_numpy()
    data = [
        bars(names, rounded(share * served), CARRIED, "%"),
        bars(names, rounded(share * (1.0 - served)), LOST, "%"),
    ]
    look = layout(
        synthetic,
        barmode="stack",
        xaxis=titled("Length of the first outage", type="category"),
        yaxis=titled(""),
    )
    look["annotations"].append(unit_label("Share of the outages [%]"))
    caption = "Which lengths the campus carries."
    return Figure(
        "outage-lengths", "By length of the outage", caption, data, look, 320, legend=(CARRIED, LOST)
    )


def _span(low: float, high: float) -> str:
    if low == 0.0:
        return f"to {_length_words(high)}"
    return f"over {_length_words(low)}" if not np.isfinite(high) else f"to {_length_words(high)}"


def charge(campaigns: pd.DataFrame, energy_mwh: float, synthetic: bool) -> Figure:
    """What was stored when the grid went, in outages that were carried and in those that were not."""
    stored, weight = campaigns["stored_mwh"].to_numpy(), campaigns["weight"].to_numpy()
    lost = campaigns["unserved_h"].to_numpy() > 0.0
    edges = np.linspace(0.0, max(float(stored.max()), 1e-9), BINS + 1)
    x, data = rounded(0.5 * (edges[1:] + edges[:-1])), []
    for key, mine in ((CARRIED, ~lost), (LOST, lost)):
        share = np.histogram(stored[mine], edges, weights=weight[mine])[0] / weight.sum()
        data.append(bars(x, rounded(100 * share), key, "%"))
    look = layout(
        synthetic,
        barmode="stack",
        bargap=0.05,
        xaxis=titled("Stored when the grid went [MWh]"),
        yaxis=titled(""),
    )
    look["annotations"].append(unit_label("Share of the outages [%]"))
    caption = f"As the year's own controller left it, of {quantity(energy_mwh, 'MWh')} usable."
    return Figure(
        "outage-charge", "Charge when the grid went", caption, data, look, 320, legend=(CARRIED, LOST)
    )


def worst(name: str, title: str, caption: str, course: pd.DataFrame, synthetic: bool) -> Figure:
    """One campaign minute by minute: who carried the load, and what was left in store.

    Args:
        name, title, caption: Of the figure.
        course: Rows of worst.csv of one campaign.
        synthetic: Whether an input is made up.
    """
    shown = course.iloc[: _end(course)]
    every = -(-len(shown) // MOST_POINTS)
    hours = rounded(shown["minute"].to_numpy()[::every] / 60.0, 6)
    means = {n: _means(shown[n].to_numpy(), every) for n in (*SOURCES, "load_mw", "stored_mwh")}
    means["charge_mw"] = np.minimum(means["battery_mw"], 0.0)
    means["battery_mw"] = np.maximum(means["battery_mw"], 0.0)
    data, keys = [], []
    for source, key in SOURCES.items():
        if (means[source] > 1e-9).any():
            keys.append(key)
            data.append(area(hours, rounded(np.maximum(means[source], 0.0)), key, "MW", "carried"))
    if (means["charge_mw"] < -1e-9).any():
        keys.append(CHARGES)
        data.append(area(hours, rounded(means["charge_mw"]), CHARGES, "MW", "taken"))
    data.append(line(hours, rounded(means["load_mw"]), LOAD, "MW", line={"shape": "hv", "width": 1.6}))
    data.append(line(hours, rounded(means["stored_mwh"]), STORED, "MWh", yaxis="y2"))
    look = layout(
        synthetic,
        xaxis=titled(
            "Hours since the grid went", anchor="y2", range=[0.0, hours[-1] if len(hours) > 1 else 1.0]
        ),
        yaxis=axis(domain=[0.4, 1.0], range=_scale(shown)),
        yaxis2=axis(domain=[0.0, 0.28], rangemode="tozero"),
    )
    for top, text in ((1.0, "Power [MW]"), (0.28, "Stored energy [MWh]")):
        look["annotations"].append(unit_label(text, top))
    return Figure(name, title, caption, data, look, 460, 440, legend=(*keys, LOAD, STORED))


def _scale(course: pd.DataFrame) -> list[float]:
    """The power axis: what is carried without the grid, not the whole campus that is back behind it."""
    away = course[course["import_mw"] <= 0.0]
    rows = course if away.empty else away
    return rounded(
        np.array([min(0.0, 1.1 * float(rows["battery_mw"].min())), 1.6 * float(rows["load_mw"].max())])
    )


def _end(course: pd.DataFrame) -> int:
    """Minutes that are shown: up to half an hour after load was last lost or the grid was last away."""
    busy = np.flatnonzero((course["unserved_mw"].to_numpy() > 0.0) | (course["import_mw"].to_numpy() <= 0.0))
    return min(int(busy[-1]) + 1 + round(60 * LAST_H), len(course)) if busy.size else len(course)


def _means(values: np.ndarray, every: int) -> np.ndarray:
    """Means of so many minutes; of what is left at the end, too."""
    starts = np.arange(0, len(values), every)
    return np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
