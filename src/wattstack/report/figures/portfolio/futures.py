"""The futures: energised power and cash of the same early orders in each.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    fan.
Used by  report.portfolio.sections.risk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.report.figures.base import SOFT, Figure, Key, axis, layout, unit_label
from wattstack.report.figures.portfolio.common import SERIES, by_period, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.spend import cumulative_cash
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import spaced
from wattstack.report.words import percent

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Risk

GROUND = ("scenarios", "items", "stages", "servers", "supply")


def fan(view: PortfolioView, risk: Risk) -> Figure:
    """Two panels: energised power, and cash since the start, by future."""
    data, keys = [], []
    for number, future in enumerate(risk.futures):
        colour, dash = SERIES[number % len(SERIES)]
        name = f"{spaced(future.scenario)}, {percent(future.probability_frac, 0)}"
        key = Key(name, colour, "line", dash)
        keys.append(key)
        data.append(by_period(view, future.two_stage.total("it_mw"), key, "MW IT"))
        cash = cumulative_cash(future.two_stage)
        data.append(by_period(view, cash, key, view.money.unit, yaxis="y2", line={"shape": "linear"}))
    look = layout(
        view.synthetic,
        xaxis=period_axis(view, anchor="y2", domain=[0, 1]),
        yaxis=axis(domain=[0.56, 1.0], rangemode="tozero"),
        yaxis2=axis(domain=[0.0, 0.44], zeroline=True),
    )
    look["annotations"] += [
        unit_label("Energised, all sites [MW IT]"),
        unit_label(f"Cash since the start [{view.money.unit}], not discounted", 0.44),
    ]
    edge = risk.first_stage_q - 0.5
    if 0.0 < edge < view.calendar.count:
        look["shapes"] += [
            {"type": "line", "xref": "x", "yref": f"{panel} domain", "x0": edge, "x1": edge, "y0": 0, "y1": 1,
             "line": {"color": SOFT, "width": 1.4, "dash": "dash"}}
            for panel in ("y", "y2")
        ]  # fmt: skip
        keys.append(Key("the future shows: orders differ from here on", SOFT, "line", "dash"))
    caption = (
        "The orders left of the dashed line are the same in all futures; what comes after is chosen anew in each. "
        "Names are followed by their probability."
    )
    return Figure(
        "fan", "What runs and what is left in each future", caption, data, look, 520, 500, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip
