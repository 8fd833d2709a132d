"""The figure of one day: power by source, prices, stored energy, one above the other on one clock.

Needs    report.view.Year, report.days.Day.
Gives    day_figure.
Used by  report.sections.year.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.days import Day
from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    INK,
    PURPLE,
    RED,
    Figure,
    Key,
    area,
    axis,
    colour_of,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.view import Year
from wattstack.report.words import Money, name_of

TOPS = (1.0, 0.52, 0.24)  # tops of the three panels, as shares of the height
DOMAINS = ([0.58, 1.0], [0.3, 0.52], [0.0, 0.24])


def day_figure(year: Year, day: Day, name: str, money: Money, synthetic: bool) -> Figure:
    """Power, prices and stored energy of one local day, by hours since its midnight."""
    span = slice(day.first, day.last)
    hours = rounded(np.arange(day.last - day.first) * year.step_h, 6)
    hours.append((day.last - day.first) * year.step_h)
    data, keys = _power(year, span, hours)
    more, more_keys = _prices(year, span, hours, money)
    stored, stored_keys = _stored(year, span, hours)
    data += more + stored
    look = layout(
        synthetic,
        margin={"l": 54, "r": 14, "t": 24, "b": 42},
        xaxis=titled(f"Local time, {year.time_zone}", domain=[0, 1], anchor="y3", dtick=6, ticksuffix=":00",
                     range=[0, hours[-1]]),
        yaxis=axis(domain=DOMAINS[0], rangemode="tozero"),
        yaxis2=axis(domain=DOMAINS[1]),
        yaxis3=axis(domain=DOMAINS[2], rangemode="tozero"),
    )  # fmt: skip
    for top, text in zip(
        TOPS, ("Power [MW]", f"Price [{money.per_mwh}]", "Stored energy [MWh]"), strict=True
    ):
        look["annotations"].append(unit_label(text, top))
    return Figure(
        name, f"{day.why}: {_date_words(day.date)}", f"Chosen for: {day.reason}.", data, look,
        height=560, phone_height=540, legend=(*keys, *more_keys, *stored_keys),
    )  # fmt: skip


def _date_words(date: np.datetime64) -> str:
    moment = date.astype("datetime64[D]").item()
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _held(values: np.ndarray) -> np.ndarray:
    """A step's value holds to its end: the last one is repeated at the day's close."""
    return np.append(values, values[-1])


def _power(year: Year, span: slice, hours: list) -> tuple[list[dict], list[Key]]:
    data, keys = [], []
    for stem, values in year.sources.items():
        if not values[span].any():
            continue
        key = Key(name_of(stem), colour_of(stem, year.channels))
        data.append(area(hours, rounded(_held(values[span])), key, "MW", "power"))
        keys.append(key)
    lines = [(Key("Load of the campus", INK, "line"), year.get("load_mw")[span])]
    extra = year.charge_mw[span] + year.get("grid.export_mw")[span]
    if extra.any():
        lines.append((Key("Load, charging and export", INK, "line", "dot"), lines[0][1] + extra))
    for key, values in lines:
        data.append(line(hours, rounded(_held(values)), key, "MW", line={"shape": "hv"}))
        keys.append(key)
    return data, keys


def _prices(year: Year, span: slice, hours: list, money: Money) -> tuple[list[dict], list[Key]]:
    lines = [
        (Key("Price of import", BLUE, "line"), year.get("grid.buy_price_per_mwh")),
        (Key("Price on the campus bus", RED, "line", "dash"), year.get("bus.price_per_mwh")),
    ]
    for stem in year.ending(".stored_price_per_mwh"):
        key = Key(f"{name_of(stem)}: worth of a stored MWh", PURPLE, "line", "dot")
        lines.append((key, year.get(f"{stem}.stored_price_per_mwh")))
    data = [
        line(hours, rounded(_held(values[span])), key, money.per_mwh, yaxis="y2", line={"shape": "hv"})
        for key, values in lines
    ]
    return data, [key for key, _ in lines]


def _stored(year: Year, span: slice, hours: list) -> tuple[list[dict], list[Key]]:
    data, keys = [], []
    for stem in year.ending(".stored_mwh"):
        values = year.get(f"{stem}.stored_mwh")
        before = values[
            span.start - 1
        ]  # the step before; for the first step the last, as the year is a circle
        key = Key(f"{name_of(stem)}: stored energy", GREEN, "line")
        data.append(
            line(hours, rounded(np.append(before, values[span])), key, "MWh", yaxis="y3",
                 fill="tozeroy", fillcolor="rgba(0,158,115,0.15)")
        )  # fmt: skip
        keys.append(key)
    return data, keys
