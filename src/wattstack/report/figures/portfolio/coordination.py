"""The plans that are compared: their energised power over time, and their worth along an axis of scarcity.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    paths, curve, axis_words, told_apart, planned.
Used by  report.portfolio.sections.coordination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    PURPLE,
    Figure,
    Key,
    axis,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.figures.portfolio.common import PLANS, by_period, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import ITEMS, spaced

if TYPE_CHECKING:
    from wattstack.plan.portfolio import PortfolioPlan
    from wattstack.plan.portfolio.answers import Sweep, SweepPoint

GROUND = ("items", "stages", "servers", "supply", "targets")
AXES = {
    "supply": "All shared supply, times what it is",
    "firm": "Firm grid power, times what it is",
    "fire_cap": "Batteries that fire distance allows, times what it is",
}


def axis_words(view: PortfolioView, name: str) -> str:
    """What is varied along a sweep."""
    if name == "grid_delay":
        return f"Grid stages late by [{view.period}s]"
    kind, _, resource = name.partition(":")
    if resource:
        return f"Shared supply of {ITEMS.get(resource, spaced(resource))}, times what it is"
    return AXES.get(kind, spaced(name))


def _title(view: PortfolioView, name: str) -> str:
    words = axis_words(view, name).split(",")[0].partition(" [")[0]
    return words[:1].lower() + words[1:]


def paths(view: PortfolioView, plans: Mapping[str, PortfolioPlan]) -> Figure:
    """Energised power of each plan over time, all sites together."""
    data = [by_period(view, plan.total("it_mw"), PLANS[name], "MW IT") for name, plan in plans.items()]
    keys = tuple(PLANS[name] for name in plans)
    look = layout(view.synthetic, xaxis=period_axis(view), yaxis=axis(rangemode="tozero"))
    look["annotations"].append(unit_label("Energised, all sites [MW IT]"))
    caption = (
        "What runs under each plan. The area between two lines is what one energises earlier than the other."
    )
    return Figure(
        "plans", "Energised power under each plan", caption, data, look, 340, 320, keys,
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def told_apart(points: Sequence[SweepPoint]) -> list[str]:
    """The plans of a sweep; the silo that was told only where it differs from the one that was not."""
    names = [name for name in PLANS if points and all(name in point.npv_m for point in points)]
    told, silo = ([point.npv_m.get(name, 0.0) for point in points] for name in ("silo told", "silo"))
    return [name for name in names if name != "silo told" or not np.allclose(told, silo, rtol=1e-9)]


def planned(sweep: Sweep) -> list[SweepPoint]:
    """The points of a sweep at which there are plans, in the order of the axis."""
    return sorted((point for point in sweep.points if not point.reason), key=lambda point: point.value)


def curve(view: PortfolioView, sweep: Sweep) -> Figure:
    """Worth of the plans along the axis, and the value of coordination as a share of the plan."""
    points = planned(sweep)
    x = rounded(np.array([point.value for point in points]))
    names = told_apart(points)
    worth = {name: np.array([point.npv_m[name] for point in points]) for name in names}
    unit, marks = view.money.unit, {"mode": "lines+markers", "marker": {"size": 5}}
    data = [line(x, rounded(worth[name]), PLANS[name], unit, **marks) for name in names]
    whole = np.maximum(np.abs(worth["coordinated"]), 1e-9)
    shares = (
        (Key("Value of coordination", BLUE, "line"), worth["silo"]),
        (Key("of it by standing in for one another", PURPLE, "line", "dot"), worth["no substitution"]),
    )
    for key, other in shares:
        share = 100.0 * (worth["coordinated"] - other) / whole
        data.append(line(x, rounded(share, 4), key, "%", yaxis="y2", **marks))
    look = layout(
        view.synthetic,
        xaxis=titled(axis_words(view, sweep.axis), anchor="y2", domain=[0, 1]),
        yaxis=axis(domain=[0.58, 1.0], zeroline=True),
        yaxis2=axis(domain=[0.0, 0.4], zeroline=True, rangemode="tozero"),
    )
    look["annotations"] += [
        unit_label(f"Net present value [{unit}]"),
        unit_label("Difference to it [% of its value]", 0.4),
    ]
    caption = "Above: what each plan is worth where this is scarcer or late. Below: what coordination adds, as a share."
    return Figure(
        "sweep-" + sweep.axis.replace(":", "-"), "Scarcer: " + _title(view, sweep.axis), caption, data, look,
        460, 450, (*(PLANS[n] for n in names), *(key for key, _ in shares)), ground_words(view.portfolio, *GROUND),
    )  # fmt: skip
