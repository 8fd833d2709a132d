"""Two portfolio plans in one figure: energised power by site, and the cash since the start.

Needs    report.portfolio.view, spend.
Gives    power_of_both, cash_of_both.
Used by  report.portfolio.compare.

The first plan is drawn in full lines, the second dashed; a site has one colour in both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattstack.report.figures.base import BLUE, RED, Figure, Key, axis, layout, line, rounded, unit_label
from wattstack.report.figures.portfolio.common import SERIES
from wattstack.report.portfolio.spend import cumulative_cash
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import site_name

Pair = tuple[PortfolioView, PortfolioView]
DASH = ("", "dash")
MOST_SITES = 6  # of more, only the sum of all is drawn


def _axis(pair: Pair) -> dict:
    """Periods of both horizons in their order, the years written where they begin."""
    labels = sorted({label for view in pair for label in view.labels})
    ticks = [label for label in labels if len(label) == 4 or label.endswith("Q1")]
    return axis(
        type="category", categoryorder="array", categoryarray=labels, tickmode="array", tickvals=ticks,
        ticktext=[label[:4] for label in ticks], range=[-0.6, len(labels) - 0.4], showgrid=True,
    )  # fmt: skip


def power_of_both(pair: Pair, names: Sequence[str]) -> Figure:
    """Energised power by site, where there are few; of all sites together else."""
    sites = list(dict.fromkeys(site.name for view in pair for site in view.sites))
    data, keys = [], []
    for view, name, dash in zip(pair, names, DASH, strict=True):
        found = view.plan.amounts.get("it_mw", {})
        lines = {site_name(site): found[site,] for site in sites if (site,) in found}
        if len(sites) > MOST_SITES:
            lines = {"All sites": view.plan.total("it_mw")}
        for number, (site, values) in enumerate(lines.items()):
            key = Key(f"{site}, {name}", SERIES[number % len(SERIES)][0], "line", dash)
            data.append(line(list(view.labels), rounded(values), key, "MW IT", line={"shape": "hv"}))
            keys.append(key)
    look = layout(_synthetic(pair), xaxis=_axis(pair), yaxis=axis(rangemode="tozero"))
    look["annotations"].append(unit_label("Energised [MW IT]"))
    caption = f"{names[0]} in full lines, {names[1]} dashed."
    return Figure("power", "Energised power under both plans", caption, data, look, 360, 340, tuple(keys))


def cash_of_both(pair: Pair, names: Sequence[str]) -> Figure:
    """Cash since the start of both plans, in one currency."""
    unit, data, keys = pair[0].money.unit, [], []
    for view, name, colour, dash in zip(pair, names, (BLUE, RED), DASH, strict=True):
        key = Key(name, colour, "line", dash)
        data.append(line(list(view.labels), rounded(np.asarray(cumulative_cash(view.plan))), key, unit))
        keys.append(key)
    look = layout(_synthetic(pair), xaxis=_axis(pair), yaxis=axis(zeroline=True))
    look["annotations"].append(unit_label(f"Cash since the start [{unit}], not discounted"))
    caption = (
        "Everything earned less everything paid since the start. What stands at the end is worth something still; that "
        "is not in the lines."
    )
    return Figure("cash", "Cash since the start under both plans", caption, data, look, 340, 320, tuple(keys))


def _synthetic(pair: Pair) -> bool:
    return any(view.synthetic for view in pair)
