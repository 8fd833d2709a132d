"""Money of a portfolio: capital by period with the cash it leaves, revenue by fiscal year.

Needs    report.portfolio.view, spend.
Gives    cash_figure, revenue_figure.
Used by  report.portfolio.sections.money.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    INK,
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
from wattstack.report.figures.portfolio.common import COLOURS, by_period, hatched, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.spend import GROUPS, capital_paid, cumulative_cash
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import fiscal_words

GROUND = ("items", "stages", "gates", "servers", "storage", "generation", "segments")
COLOUR = {**COLOURS, "grid": RED, "size": INK}


def cash_figure(view: PortfolioView) -> Figure:
    """Capital paid in each period by what it is paid for; below it the cash left."""
    unit = view.money.unit
    data, keys = [], []
    for name, values in capital_paid(view).items():
        key = Key(GROUPS[name], COLOUR[name])
        data.append(bars(list(view.labels), rounded(values), key, unit))
        keys.append(key)
    cash = cumulative_cash(view.plan)
    key = Key("Cash since the start, all lines together", INK, "line")
    data.append(by_period(view, cash, key, unit, yaxis="y2", line={"shape": "linear"}))
    low = int(np.argmin(cash))
    data.append(
        {"type": "scatter", "mode": "markers+text", "x": [view.labels[low]], "y": rounded(cash[[low]]),
         "yaxis": "y2", "marker": {"size": 9, "color": RED, "symbol": "diamond"}, "hoverinfo": "skip",
         "text": ["lowest"], "textposition": "top center", "textfont": {"color": RED, "size": 11.5}}
    )  # fmt: skip
    keys += [key, Key("Lowest cash", RED, "dot")]
    look = layout(
        view.synthetic,
        barmode="relative",
        bargap=0.22,
        xaxis=period_axis(view, anchor="y2", domain=[0, 1]),
        yaxis=axis(domain=[0.56, 1.0], rangemode="tozero"),
        yaxis2=axis(domain=[0.0, 0.44], zeroline=True),
    )
    look["annotations"] += [
        unit_label(f"Capital paid [{unit} a {view.period}]"),
        unit_label(f"Cash since the start [{unit}], not discounted", 0.44),
    ]
    caption = (
        "Above: what is paid for, deposits at the order and the rest on delivery. Below: everything earned less "
        "everything paid since the start. What stands at the end is worth something still; that is not in the line."
    )
    return Figure(
        "cash", f"Capital by {view.period}, and the cash it leaves", caption, data, look, 520, 500, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def revenue_figure(view: PortfolioView) -> Figure:
    """Revenue of each fiscal year; own cells into own campuses beside it, since nobody pays for them."""
    unit = view.money.unit
    years = [r for r in view.table("fiscal_years").records() if r["fiscal_year"] != "end"]
    names = [f"{r['fiscal_year']}" + ("*" if r["years"] < 0.99 else "") for r in years]
    keys = [Key("Servers", BLUE), Key("Batteries sold outside", GREEN)]
    data = [
        bars(names, rounded(np.array([r[column] for r in years])), key, unit)
        for key, column in zip(keys, ("server_revenue_m", "battery_revenue_m"), strict=True)
    ]
    own = {
        row["fiscal_year"]: row["revenue_m"]
        for row in view.table("segments").records()
        if row["use"] == "own use"
    }
    if own:
        key = Key("Cells for the own campuses, at their cost: not revenue", SKY, "hatch")
        values = np.array([own.get(r["fiscal_year"], 0.0) for r in years])
        trace = bars(names, rounded(values), key, unit)
        trace["marker"] = hatched(SKY)
        data.append(trace)
        keys.append(key)
    look = layout(
        view.synthetic, barmode="relative", bargap=0.35, xaxis=titled("Fiscal year", type="category", showgrid=False),
        yaxis=axis(rangemode="tozero"),
    )  # fmt: skip
    look["annotations"].append(unit_label(f"Revenue [{unit} a year]"))
    caption = fiscal_words(view.calendar.fiscal_start_month)
    if any(r["years"] < 0.99 for r in years):
        caption += " * = the horizon holds only part of that year."
    return Figure(
        "revenue", "Revenue by fiscal year", caption, data, look, 330, 310, tuple(keys),
        ground_words(view.portfolio, "servers", "segments"),
    )  # fmt: skip
