"""Figures of a whole year: the load-duration curve and the months by source.

Needs    report.view.Year.
Gives    duration, durations, monthly.
Used by  report.sections.year, report.compare.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    COLOUR,
    INK,
    RED,
    Figure,
    Key,
    axis,
    bars,
    colour_of,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.view import View, Year
from wattstack.report.words import month_name, name_of, quantity

POINTS = 320


def duration(year: Year, name: str, limit_mw: float, synthetic: bool) -> Figure:
    """Load and grid import, each sorted from its highest to its lowest step."""
    load, drawn = year.get("load_mw"), year.get("grid.import_mw")
    keys = [
        Key("Load of the campus", INK, "line"),
        Key("Import from the grid", COLOUR["grid.import"], "line"),
    ]
    data = [_sorted_line(values, key) for values, key in zip((load, drawn), keys, strict=True)]
    data[1]["fill"], data[1]["fillcolor"] = "tozeroy", "rgba(0,114,178,0.12)"
    look = _duration_layout(synthetic)
    keys.append(Key(f"Import allowed, {quantity(limit_mw, 'MW')}", RED, "line", "dash"))
    look["shapes"].append(
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit_mw, "y1": limit_mw,
         "line": {"color": RED, "width": 1.6, "dash": "dash"}}
    )  # fmt: skip
    caption = (
        f"For how much of the time at least so much power is drawn. The load peaks at "
        f"{quantity(load.max(), 'MW')}, the import at {quantity(drawn.max(), 'MW')}."
    )
    return Figure(name, "Load-duration curve", caption, data, look, legend=tuple(keys))


def durations(pair: tuple[View, View], names: tuple[str, str], synthetic: bool) -> Figure:
    """Grid import of two plans, each sorted from its highest to its lowest step; the first scenario of each."""
    keys = (Key(f"Import, {names[0]}", BLUE, "line"), Key(f"Import, {names[1]}", RED, "line", "dash"))
    imports = [view.years[0].get("grid.import_mw") for view in pair]
    data = [_sorted_line(values, key) for values, key in zip(imports, keys, strict=True)]
    caption = "For how much of the time at least so much power is drawn from the grid."
    return Figure(
        "durations", "Import-duration curves", caption, data, _duration_layout(synthetic), legend=keys
    )


def _sorted_line(values: np.ndarray, key: Key) -> dict:
    picks = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int))
    share = rounded(100.0 * picks / max(len(values) - 1, 1), 4)
    return line(share, rounded(np.sort(values)[::-1][picks]), key, "MW")


def _duration_layout(synthetic: bool) -> dict:
    look = layout(
        synthetic,
        xaxis=titled("Share of the time [%]", range=[0, 100], dtick=20),
        yaxis=axis(rangemode="tozero"),
    )
    look["annotations"].append(unit_label("Power [MW]"))
    return look


def monthly(year: Year, name: str, synthetic: bool) -> Figure:
    """What served the campus in each month, by source, and what it used."""
    table = year.tables["balance"].drop(index="year")
    months = [month_name(m) for m in table.index]
    sources = [c for c in table.columns if (table[c] > 0).any()]
    need = -table["load"].to_numpy()
    data, keys = [], []
    for column in sources:
        key = Key(name_of(column), colour_of(column, table.columns))
        data.append(bars(months, rounded(table[column].to_numpy() / 1e3), key, "GWh"))
        keys.append(key)
    mark = Key("Load of the campus", INK, "line")
    data.append(line(months, rounded(need / 1e3), mark, "GWh", line={"shape": "hvh"}))
    look = layout(
        synthetic, barmode="stack", bargap=0.28, xaxis=axis(showgrid=False), yaxis=axis(rangemode="tozero")
    )
    look["xaxis"]["phone_ticks"] = 6
    look["annotations"].append(unit_label("Energy [GWh a month]"))
    spare_mwh = float(table[sources].to_numpy().sum() - need.sum())
    caption = "Energy by source in each month."
    if spare_mwh > 1.0:
        caption += (
            f" What stands above the line charged the battery or was sold: {quantity(spare_mwh, 'MWh')}."
        )
    return Figure(name, "Energy of each month by source", caption, data, look, legend=(*keys, mark))
