"""Figures of a comparison of chemistries: what is left by year, what it costs above the first, by year and in all.

Needs    tables of twin.Comparison.
Gives    keys_of, left, running, worth.
Used by  report.comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
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
from wattstack.report.words import Money

if TYPE_CHECKING:
    import pandas as pd

LOOKS = (
    (GREEN, ""), (BLUE, "dash"), (ORANGE, "dot"), (RED, "dashdot"), (PURPLE, "longdash"), (SKY, ""), (INK, "dash"),
)  # fmt: skip
NINE_OF_TEN = "The shade holds nine makes of ten."


def keys_of(chemistries: Sequence[str]) -> dict[str, Key]:
    """Colour and dash of each chemistry, the same in every figure of a page."""
    looks = [LOOKS[place % len(LOOKS)] for place in range(len(chemistries))]
    return {
        name: Key(name, colour, "line", dash) for name, (colour, dash) in zip(chemistries, looks, strict=True)
    }


def left(bands: pd.DataFrame, keys: Mapping[str, Key], synthetic: bool) -> Figure:
    """Usable energy at the end of each year, share of what was bought.

    Args:
        bands: Comparison.by_year("usable_frac").
        keys: From keys_of.
        synthetic: Whether an input is made up.
    """
    caption = f"Share of the usable energy that was bought, at the end of each year. {NINE_OF_TEN}"
    return Figure(
        "left-by-year", "What is left by year", caption, _bands(100 * bands, keys, "%", new=100.0),
        _look("Usable energy left [%]", synthetic), legend=tuple(keys.values()),
    )  # fmt: skip


def running(bands: pd.DataFrame, keys: Mapping[str, Key], money: Money, synthetic: bool) -> Figure:
    """Running cost of each year above that of the first chemistry.

    Args:
        bands: Comparison.by_year("running_cost", against=True).
        keys, synthetic: As in left.
        money: Its scale.
    """
    first, *others = keys
    caption = (
        f"What a year costs to run above the same year with {first} and the same draw: energy, peaks, fuel and carbon, "
        f"without capital and wear. {NINE_OF_TEN}"
    )
    shown = {name: keys[name] for name in others}
    return Figure(
        "running-by-year", "Running cost by year", caption, _bands(bands / money.factor, shown, money.unit),
        _look(f"Above {first} [{money.unit}/year]", synthetic), legend=tuple(shown.values()),
    )  # fmt: skip


def worth(
    bands: Mapping[str, tuple[float, float, float]], keys: Mapping[str, Key], money: Money, synthetic: bool
) -> Figure:
    """Present value of all cost above that of the first chemistry: a bar, and the band as a whisker.

    Args:
        bands: Low, middle, high by chemistry.
        keys, money, synthetic: As in running.
    """
    first, *others = keys
    names = others[::-1]
    low, middle, high = ([bands[name][i] / money.factor for name in names] for i in range(3))
    whisker = {
        "type": "data", "symmetric": False, "array": rounded([h - m for h, m in zip(high, middle, strict=True)]),
        "arrayminus": rounded([m - w for m, w in zip(middle, low, strict=True)]), "color": INK, "thickness": 1.5,
    }  # fmt: skip
    data = [
        {
            "type": "bar", "orientation": "h", "y": names, "x": rounded(middle), "error_x": whisker, "width": 0.6,
            "marker": {"color": [keys[name].colour for name in names], "line": {"width": 0}},
            "hovertemplate": f"%{{x:,.4~g}} {money.unit}<extra></extra>",
        }
    ]  # fmt: skip
    look = layout(
        synthetic, xaxis=titled(f"Above {first} [{money.unit}]"), yaxis=titled(""), hovermode="closest"
    )
    look["margin"] |= {"l": 10, "t": 26}
    caption = (
        f"Capital, running, upkeep and renewal less what is left at the end, above {first} in the same draw. The line "
        "on a bar holds nine makes of ten."
    )
    height = 110 + 46 * len(names)
    return Figure("worth", "Present value of cost", caption, data, look, height=height, phone_height=height)


def _bands(bands: pd.DataFrame, keys: Mapping[str, Key], unit: str, new: float | None = None) -> list[dict]:
    """A shade and a line for each chemistry; `new` is the value before the first year, where there is one."""
    before = [] if new is None else [new]
    data = []
    for name, key in keys.items():
        own = bands.xs(name, level="chemistry")
        x = [0] * len(before) + [int(year) for year in own.index]
        low, middle, high = (rounded([*before, *own[column]]) for column in ("low", "middle", "high"))
        edge = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
        data.append(line(x, low, key, unit, **dict(edge)))
        data.append(line(x, high, key, unit, **dict(edge), fill="tonexty", fillcolor=_faint(key.colour)))
        data.append(line(x, middle, key, unit))
    return data


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _look(unit: str, synthetic: bool) -> dict:
    look = layout(synthetic, xaxis=titled("Year", dtick=1), yaxis=titled(""))
    look["annotations"].append(unit_label(unit))
    return look
