"""What all figures share: colours, axes, legends and the JSON that the page draws.

Gives    Figure, Key, COLOUR and single colours, colour_of, rounded, axis, titled, layout, unit_label, line, area, bars.
Used by  the other modules of report.figures, report.page.

A figure is a plain dict of the plotly.js schema: building it takes microseconds and imports nothing. Colours are
those of Okabe and Ito (2008), told apart with any common colour blindness; lines differ by dash as well, so that a
grey print can be read. Every axis names its unit; a figure of synthetic input says so in red.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

BLUE, SKY, ORANGE, RED, GREEN, PURPLE, YELLOW = (
    "#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#009e73", "#cc79a7", "#f0e442",
)  # fmt: skip
INK, SLATE, SOFT, GREY = "#16202b", "#3f4b57", "#5a6673", "#8a949e"
ALARM = "#c1121f"
COLOUR = {
    "grid.connection.firm": BLUE,
    "grid.connection.nonfirm": SKY,
    "grid.import": BLUE,
    "grid.export": YELLOW,
    "shed": PURPLE,
    "unserved": INK,
    "load": INK,
    "it": SLATE,
    "cooling": "#7fa8c9",
    "other": GREY,
}
SHADES = {
    "solar": (ORANGE, "#f7d488", "#9c6c00"),
    "generator": (RED, "#8a3a00", "#f2a98a"),
    "battery": (GREEN, "#7fd1b5", "#00543d"),
}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'


def colour_of(name: str, among: Iterable[str] = ()) -> str:
    """Colour of a channel or of a column of the balance: the same everywhere in a report.

    Args:
        name: "solar.roof", "battery.main.discharge", "grid.import".
        among: Every name of the campus: components of one kind take shades in their order.

    Example:
        >>> colour_of("generator.gas"), colour_of("generator.diesel", ["generator.gas", "generator.diesel"])
        ('#d55e00', '#8a3a00')
    """
    kind = name.partition(".")[0]
    if kind in SHADES:
        mine = _component(name)
        peers = list(dict.fromkeys(_component(n) for n in among if n.startswith(kind + ".")))
        return SHADES[kind][peers.index(mine) % len(SHADES[kind]) if mine in peers else 0]
    return COLOUR.get(name, COLOUR.get(name.rpartition(".")[2], GREY))


def _component(name: str) -> str:
    return ".".join(name.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend: what a colour and a shape mean."""

    name: str
    colour: str
    shape: str = "area"
    dash: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure of a report.

    Attributes:
        name: Its id in the page.
        title, caption: In words; the caption says what to see in it.
        data, layout: plotly.js traces and layout.
        height, phone_height: Pixels.
        legend: What stands under the caption.
        rests_on: Which of its inputs are assumed or made up; stands below it.
    """

    name: str
    title: str
    caption: str
    data: list[dict]
    layout: dict
    height: int = 360
    phone_height: int = 320
    legend: tuple[Key, ...] = field(default=())
    rests_on: str = ""

    @property
    def spec(self) -> dict:
        """What the page's script draws."""
        return {
            "data": self.data,
            "layout": self.layout,
            "height": self.height,
            "phone_height": self.phone_height,
        }


def rounded(values: np.ndarray, figures: int = 5) -> list[float]:
    """An array as a list, rounded to `figures` figures of its largest value: short, unchanged to the eye."""
    array = np.asarray(values, dtype=float)
    finite = np.abs(array[np.isfinite(array)])
    largest = float(finite.max()) if finite.size else 0.0
    decimals = min(figures - 1 - int(np.floor(np.log10(largest))), 300) if largest > 0 else 0
    out = np.round(array, decimals) + 0.0
    if decimals <= 0:
        out = np.trunc(out)  # what is no number stays none
    return [None if not np.isfinite(v) else (int(v) if v == int(v) else v) for v in out.tolist()]


def axis(**more) -> dict:
    """A plain axis: light lines, no box."""
    return {
        "gridcolor": "#e6eaee",
        "zerolinecolor": "#9aa4ae",
        "zerolinewidth": 1,
        "linecolor": "#9aa4ae",
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "#9aa4ae",
        "automargin": True,
        "exponentformat": "none",
        "separatethousands": True,
        **more,
    }


def titled(text: str, **more) -> dict:
    """An axis with what it shows and its unit written along it."""
    return axis(title={"text": text, "font": {"size": 12.5}}, **more)


def layout(synthetic: bool, **more) -> dict:
    """The layout every figure starts from; the word SYNTHETIC stands in it where any input is made up."""
    out = {
        "font": {"family": FONT, "size": 12.5, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 58, "r": 22, "t": 26, "b": 44},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"font": {"size": 12}},
        "separators": ".,",
        "autosize": True,
        "annotations": [],
        "shapes": [],
        **more,
    }
    if synthetic:
        out["annotations"].append(
            {
                "text": "<b>SYNTHETIC</b>", "showarrow": False, "xref": "paper", "yref": "paper",
                "x": 1, "y": 1, "xanchor": "right", "yanchor": "bottom",
                "font": {"color": ALARM, "size": 12},
            }
        )  # fmt: skip
    return out


def unit_label(text: str, top: float = 1.0) -> dict:
    """What an axis shows and its unit, written above its top left corner: takes no width on a phone."""
    return {
        "text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": top,
        "xanchor": "left", "yanchor": "bottom", "font": {"size": 12, "color": INK}, "align": "left",
    }  # fmt: skip


def line(x: list, y: list, key: Key, hover: str, **more) -> dict:
    """A line trace; `hover` is the unit in the hover text."""
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "name": key.name,
        "line": {"color": key.colour, "width": 2, "dash": key.dash or "solid", **more.pop("line", {})},
        "hovertemplate": f"%{{y:,.4~g}} {hover}", **more,
    }  # fmt: skip


def area(x: list, y: list, key: Key, hover: str, stack: str) -> dict:
    """One band of a stack of steps."""
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "name": key.name, "stackgroup": stack,
        "line": {"color": key.colour, "width": 0, "shape": "hv"}, "fillcolor": key.colour,
        "hovertemplate": f"%{{y:,.4~g}} {hover}",
    }  # fmt: skip


def bars(x: list, y: list, key: Key, hover: str, **more) -> dict:
    """Bars of one colour."""
    return {
        "type": "bar", "x": x, "y": y, "name": key.name, "marker": {"color": key.colour, "line": {"width": 0}},
        "hovertemplate": f"%{{y:,.4~g}} {hover}", **more,
    }  # fmt: skip
