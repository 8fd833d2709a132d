"""What the figures of a portfolio share: colours of resources and plans, an axis of periods, panels.

Gives    COLOURS, PLANS, SERIES, BROWN, period_axis, by_period, panels, panel_label, hatched, none_between.
Used by  the other modules of report.figures.portfolio, report.portfolio.sections.
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
    SLATE,
    Key,
    axis,
    line,
    rounded,
)
from wattstack.report.portfolio.view import PortfolioView

BROWN, MOSS, MINT, ROSE, PALE = "#9c6c00", "#00543d", "#7fd1b5", "#c4488f", "#d9dfe5"
COLOURS = {
    "shell": PURPLE, "electrical": ORANGE, "cooling": SKY, "hv": BROWN, "servers": BLUE, "grid": RED,
    "gate_permit": GREEN, "gate_land": MINT, "gate_fibre": MOSS, "crew": SLATE, "fire_cap": "#8a3a00",
    "land": "#b59b6d", "not worth more": PALE, "storage": ROSE, "generation": "#8a3a00", "line": INK, "gate": MINT,
}  # fmt: skip
# The plans that are compared, with their looks.
PLANS = {
    "coordinated": Key("Coordinated", BLUE, "line"),
    "no substitution": Key("No standing in", GREEN, "line", "dash"),
    "silo": Key("Each team for itself", RED, "line"),
    "silo told": Key("Each for itself, told of the delay", ORANGE, "line", "dot"),
}
SERIES = (
    (BLUE, ""), (RED, "dash"), (GREEN, "dot"), (ORANGE, "dashdot"), (PURPLE, "longdash"), (INK, "dot"), (SKY, ""),
    (BROWN, "dash"), (MOSS, "dashdot"), (GREY, ""),
)  # fmt: skip


def period_axis(view: PortfolioView, **more) -> dict:
    """A time axis by period, with the years written where they begin."""
    labels = view.labels
    if view.calendar.is_yearly:
        ticks, texts = list(labels), list(labels)
    else:
        ticks = [label for label in labels if label.endswith("Q1")]
        texts = [label[:4] for label in ticks]
    return axis(
        type="category", categoryorder="array", categoryarray=list(labels), tickmode="array", tickvals=ticks,
        ticktext=texts, range=[-0.6, len(labels) - 0.4], showgrid=True, **more,
    )  # fmt: skip


def by_period(view: PortfolioView, values: np.ndarray, key: Key, unit: str, **more) -> dict:
    """A line of steps over the periods."""
    return line(list(view.labels), rounded(values), key, unit, **{"line": {"shape": "hv"}, **more})


def panel_label(text: str, top: float, unit: str = "") -> dict:
    """Name of a panel in bold, with what it shows and its unit, above its top left corner."""
    return {
        "text": f"<b>{text}</b> {unit}".strip(), "showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": top,
        "xanchor": "left", "yanchor": "bottom", "font": {"size": 12.5, "color": INK}, "align": "left",
    }  # fmt: skip


def panels(count: int, gap: float = 0.12) -> list[list[float]]:
    """Shares of the height that `count` panels take, from the top down."""
    height = (1.0 - gap * (count - 1)) / count
    return [
        [round(1.0 - (i + 1) * height - i * gap, 4), round(1.0 - i * (height + gap), 4)] for i in range(count)
    ]


def hatched(colour: str) -> dict:
    """Marker of bars that are drawn as an outline with hatching."""
    return {
        "color": "#ffffff", "line": {"color": colour, "width": 1},
        "pattern": {"shape": "/", "fgcolor": colour, "bgcolor": "#ffffff", "size": 6},
    }  # fmt: skip


def none_between(parts: Sequence[Sequence]) -> list:
    """Several polylines in one trace: their points with a hole between them."""
    out: list = []
    for part in parts:
        out += [*part, None]
    return out[:-1]
