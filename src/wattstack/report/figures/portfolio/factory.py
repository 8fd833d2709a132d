"""The battery business by fiscal year: sales by market, own use beside them, the target.

Needs    report.portfolio.view.
Gives    sales_figure, market_colours.
Used by  report.portfolio.sections.factory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import (
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Figure,
    Key,
    axis,
    bars,
    layout,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.figures.portfolio.common import BROWN, hatched
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import spaced

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import BatteryTarget

MARKETS = (ORANGE, PURPLE, SKY, BROWN, GREY)
OWN = "own use"


def market_colours(view: PortfolioView) -> dict[str, str]:
    """Colour of each market, by its place in the file: the same in every figure."""
    names = dict.fromkeys(segment.segment for segment in view.portfolio.segments)
    return {name: MARKETS[number % len(MARKETS)] for number, name in enumerate(names)}


def sales_figure(view: PortfolioView, rows: Sequence[dict], target: BatteryTarget | None) -> Figure:
    """Bars by market and year; what does not count towards the target is hatched.

    Args:
        view: For labels.
        rows: Of segments.csv.
        target: None = there is none.
    """
    years = sorted({row["fiscal_year"] for row in rows} | ({target.fiscal_year} if target else set()))
    names = [str(year) for year in years]
    found: dict[tuple[str, str], np.ndarray] = {}
    for row in rows:
        values = found.setdefault((row["segment"], row["use"]), np.zeros(len(years)))
        values[years.index(row["fiscal_year"])] += row["revenue_m"]
    data, keys = [], []
    order = sorted(found, key=lambda key: ("domestic", "abroad", OWN).index(key[1]))
    colours = market_colours(view)
    for segment, use in order:
        colour = GREEN if use == OWN else colours[segment]
        name = "Own campuses, at cost: no sale" if use == OWN else f"{spaced(segment).capitalize()}, {use}"
        key = Key(name, colour, "area" if use == "domestic" else "hatch")
        trace = bars(names, rounded(found[segment, use]), key, view.money.unit)
        if use != "domestic":
            trace["marker"] = hatched(colour)
        data.append(trace)
        keys.append(key)
    look = layout(
        view.synthetic, barmode="relative", bargap=0.35, xaxis=titled("Fiscal year", type="category", showgrid=False),
        yaxis=axis(rangemode="tozero"),
    )  # fmt: skip
    look["annotations"].append(unit_label(f"Cells sold and used [{view.money.unit} a year]"))
    caption = "Hatched is what does not count as a sale at home."
    if target is not None:
        at = years.index(target.fiscal_year)
        key = Key(f"Target for FY{target.fiscal_year}", RED, "line")
        data.append(
            {"type": "scatter", "mode": "markers", "x": [names[at]], "y": rounded(np.array([target.target_m])),
             "name": key.name, "marker": {"symbol": "line-ew", "size": 34, "line": {"color": RED, "width": 3}},
             "hovertemplate": f"%{{y:,.4~g}} {view.money.unit}"}
        )  # fmt: skip
        keys.append(key)
    return Figure(
        "sales", "The battery business by fiscal year", caption, data, look, 320, 310, tuple(keys),
        ground_words(view.portfolio, "segments", "storage"),
    )  # fmt: skip
