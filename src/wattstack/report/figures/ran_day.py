"""The figure of a day that was run: plan, twin and site on one clock, with what went wrong in it.

Needs    report.figures.base.
Gives    ran_day_figure, KEYS.
Used by  report.ran_day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    Figure,
    Key,
    axis,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.words import Money

KEYS = {
    "plan": Key("Plan", BLUE, "line", "dash"),
    "twin": Key("Twin", ORANGE, "line", "dot"),
    "day": Key("The day as it was run", INK, "line"),
}
TARGET = Key("Target of the metered peak", RED, "line", "longdash")
RESERVE = Key("Reserve, held back for an outage", RED, "line", "dot")
LOAD, SUN, ENGINES = Key("Load", GREY, "line"), Key("Sun", "#9c6c00", "line"), Key("Engines", PURPLE, "line")
DOMAINS = ([0.83, 1.0], [0.6, 0.78], [0.38, 0.55], [0.16, 0.33], [0.0, 0.11])
TEXTS = (
    "Mean of the metering interval [MW]",
    "Load, import, sun, engines [MW]",
    "Battery [MW], above zero it gives",
    "Stored energy [MWh]",
)
BAND = "rgba(193,18,31,0.13)"


def ran_day_figure(
    summary: Mapping[str, Any], channels: Mapping[str, np.ndarray], money: Money, synthetic: bool
) -> Figure:
    """Interval means, power, battery, store and price of a day by hours since its midnight.

    Args:
        summary: day.json. channels: By "who:channel", shape (minutes,).
        money: Scale of amounts.
        synthetic: Whether an input is made up.
    """
    count = len(channels["price_per_mwh"])
    hours = rounded((np.arange(count) + 0.5) / 60.0, 6)
    data = [*_intervals(summary, channels, count), *_powers(channels, hours)]
    for who, key in KEYS.items():
        width = {"width": 1.6 if who == "day" else 2.2}
        for name, place, unit in (("battery_mw", "y3", "MW"), ("stored_mwh", "y4", "MWh")):
            values = rounded(channels[f"{who}:{name}"])
            data.append(line(hours, values, key, unit, yaxis=place, line=dict(width)))
    reserve = channels.get("day:control.reserve_mwh")
    if reserve is not None:
        data.append(line(hours, rounded(reserve), RESERVE, "MWh", yaxis="y4", line={"width": 1.4}))
    price = Key("Price of import", GREEN, "line")
    data.append(
        line(
            hours, rounded(channels["price_per_mwh"]), price, money.per_mwh, yaxis="y5", line={"shape": "hv"}
        )
    )
    look = layout(
        synthetic,
        margin={"l": 54, "r": 14, "t": 40, "b": 42},
        xaxis=titled(f"Local time, {summary['place']['time_zone']}", domain=[0, 1], anchor="y5",
                     range=[0, count / 60.0], **_clock(summary, count)),
        yaxis=axis(domain=DOMAINS[0], range=_range(summary, channels), nticks=4),
        yaxis2=axis(domain=DOMAINS[1], rangemode="tozero", nticks=4), yaxis3=axis(domain=DOMAINS[2], nticks=5),
        yaxis4=axis(domain=DOMAINS[3], rangemode="tozero", nticks=4), yaxis5=axis(domain=DOMAINS[4], nticks=3),
    )  # fmt: skip
    texts = (*TEXTS, f"Price [{money.per_mwh}]")
    look["annotations"] += [unit_label(text, domain[1]) for text, domain in zip(texts, DOMAINS, strict=True)]
    _mark_faults(look, summary)
    caption = (
        "Red bands: what went wrong, numbered as in the table below. The topmost axis does not start at zero: what is "
        "billed is the highest mean of an interval, and it is held at the target to a fraction of a MW."
    )
    legend = (*KEYS.values(), TARGET, RESERVE, LOAD, SUN, ENGINES, price)
    return Figure("the-day", "Plan, twin and site by the minute", caption, data, look, 980, 900, legend)


def _clock(summary: Mapping[str, Any], count: int) -> dict[str, list]:
    """Where the local clock shows every third hour: on a day of 23 or 25 hours not every three hours."""
    zone = ZoneInfo(summary["place"]["time_zone"])
    start_s = datetime.fromisoformat(summary["start"]).timestamp()
    shown = {
        minute / 60.0: datetime.fromtimestamp(start_s + 60.0 * minute, zone) for minute in range(0, count, 30)
    }
    there = {hour: f"{at.hour}:00" for hour, at in shown.items() if at.minute == 0 and at.hour % 3 == 0}
    there[count / 60.0] = "24:00"
    return {"tickvals": list(there), "ticktext": list(there.values())}


def _intervals(summary: Mapping[str, Any], channels: Mapping[str, np.ndarray], count: int) -> list[dict]:
    data = []
    for who, key in KEYS.items():
        means = np.array(summary["intervals"][who], float)
        edges = rounded(np.append(np.arange(len(means)), len(means)) * (count / 60.0 / max(len(means), 1)), 6)
        width = {"shape": "hv", "width": 1.6 if who == "day" else 2.2}
        data.append(line(edges, rounded(np.append(means, means[-1:]), 6), key, "MW", line=width))
    target = channels.get("day:control.peak_mw")
    if target is not None and np.isfinite(target).any():
        hours = rounded((np.arange(count) + 0.5) / 60.0, 6)
        data.append(line(hours, rounded(target, 6), TARGET, "MW", line={"width": 1.4}))
    return data


def _range(summary: Mapping[str, Any], channels: Mapping[str, np.ndarray]) -> list[float]:
    """The upper part of the interval means, where the peaks are."""
    means = np.concatenate([summary["intervals"][who] for who in KEYS])
    target = channels.get("day:control.peak_mw")
    top = float(means.max())
    if target is not None and np.isfinite(target).any():
        top = max(top, float(np.nanmax(target)))
    low = max(0.8 * top, float(means.min()))
    return [low - 0.05 * (top - low), top + 0.12 * max(top - low, 0.01 * top)]


def _powers(channels: Mapping[str, np.ndarray], hours: list) -> list[dict]:
    imported = Key("Import, the day as it was run", INK, "line")
    pairs = (("load_mw", LOAD), ("grid.import_mw", imported), ("solar_mw", SUN), ("generator_mw", ENGINES))
    return [
        line(hours, rounded(channels[f"day:{name}"]), key, "MW", yaxis="y2", line={"width": 1.6})
        for name, key in pairs
        if name != "generator_mw" or np.any(channels[f"day:{name}"] > 0.0)
    ]


def _mark_faults(look: dict, summary: Mapping[str, Any]) -> None:
    for number, fault in enumerate(summary["faults"], 1):
        begin = fault["at_s"] / 3600.0
        end = begin + max(fault.get("lasts_s", 86_400.0) / 3600.0, 0.12)
        look["shapes"].append(
            {"type": "rect", "xref": "x", "yref": "paper", "x0": begin, "x1": end, "y0": 0, "y1": 1, "layer": "below",
             "fillcolor": BAND, "line": {"width": 0}}
        )  # fmt: skip
        look["annotations"].append(
            {"text": f"<b>{number}</b>", "showarrow": False, "xref": "x", "yref": "paper", "x": 0.5 * (begin + end),
             "y": 1.0, "yanchor": "bottom", "yshift": 14, "font": {"size": 12, "color": RED}}
        )  # fmt: skip
