"""Figures of money: the bill against today, the cash flow, the sizing curves, the convergence of the certificate.

Needs    report.view.View.
Gives    Walk, waterfall, cash_flow, curves, flat_range, convergence, Closing, closing.
Used by  report.sections.money, report.sections.certainty, report.portfolio.sections.proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    SLATE,
    Figure,
    Key,
    axis,
    bars,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.view import View
from wattstack.report.words import Money, name_of, percent, quantity, unit_of

FLAT = 0.01  # within one percent of the least cost counts as flat


@dataclass(frozen=True)
class Walk:
    """A way from one amount to another, line by line [currency/year].

    Attributes:
        name, title, caption: Of the figure.
        start, end: Label and amount; no start where the lines make up the end by themselves.
        steps: Label and change of each line; what saves is negative. They add up to end less start.
        saving: The amounts are savings: what adds to one is good.
    """

    name: str
    title: str
    caption: str
    start: tuple[str, float] | None
    steps: list[tuple[str, float]]
    end: tuple[str, float]
    saving: bool = False


def waterfall(walk: Walk, money: Money, synthetic: bool) -> Figure:
    """From one yearly cost to another; where the changes are small beside it, the axis starts above zero."""
    lines = [*([walk.start] if walk.start else []), *walk.steps, walk.end]
    measure = [*(["absolute"] if walk.start else []), *("relative" for _ in walk.steps), "total"]
    shown = [money.scaled(value) for _, value in lines]
    text = [
        ("+" if m == "relative" and v > 0 else "") + quantity(v) for v, m in zip(shown, measure, strict=True)
    ]
    low, high, cut = _span(np.cumsum(shown[:-1]))
    more, less = (GREEN, RED) if walk.saving else (RED, GREEN)
    data = [
        {
            "type": "waterfall", "orientation": "h", "y": [name for name, _ in lines], "x": rounded(np.array(shown)),
            "measure": measure, "text": text, "cliponaxis": False, "textfont": {"size": 11.5},
            "textposition": ["outside" if m == "relative" else "inside" for m in measure],
            "insidetextanchor": "end", "insidetextfont": {"color": "#ffffff"},
            "increasing": {"marker": {"color": more}}, "decreasing": {"marker": {"color": less}},
            "totals": {"marker": {"color": SLATE}}, "connector": {"line": {"color": GREY, "width": 1}},
            "hoverinfo": "skip",
        }
    ]  # fmt: skip
    look = layout(
        synthetic,
        margin={"l": 20, "r": 14, "t": 24, "b": 44},
        hovermode=False,
        phone_left=10,
        xaxis=titled(f"{money.unit} a year", range=[low, high], nticks=7, phone_ticks=4),
        yaxis=axis(autorange="reversed", showgrid=False, ticks="", fixedrange=True),
    )
    total = "saving of a year" if walk.saving else "yearly cost"
    keys = (Key("adds cost", RED), Key("saves", GREEN), Key(total, SLATE))
    height = 90 + 30 * len(lines)
    caption = walk.caption + (f" The axis starts at {quantity(low, money.unit)}, not at zero." if cut else "")
    return Figure(walk.name, walk.title, caption, data, look, height, height, keys)


def _span(levels: np.ndarray) -> tuple[float, float, bool]:
    """Ends of the axis with room for the numbers, and whether zero lies outside."""
    least, most = float(levels.min()), float(levels.max())
    cut = least > 1.5 * (most - least) > 0.0
    low = least - 0.35 * (most - least) if cut else min(least, 0.0)
    reach = max(most, 0.0) - low or 1.0
    return (low if cut else low - 0.02 * reach), max(most, 0.0) + 0.16 * reach, cut


def cash_flow(view: View) -> Figure:
    """Net cash of each year against no new assets, and its running sum."""
    table, money = view.table("cash_flow"), view.money
    years = table["year"].tolist()
    net, total = Key("Net cash of the year", BLUE), Key("Sum since the start, discounted", ORANGE, "line")
    data = [
        bars(years, rounded(table["net"].to_numpy() / money.factor), net, money.unit),
        line(
            years, rounded(table["cumulative_discounted"].to_numpy() / money.factor), total, money.unit,
            mode="lines+markers", marker={"size": 6, "color": ORANGE},
        ),
    ]  # fmt: skip
    look = layout(view.synthetic, xaxis=titled("Year"), yaxis=axis(zeroline=True), bargap=0.35)
    look["annotations"].append(unit_label(f"{money.unit}"))
    caption = (
        "Against no new assets, in real terms: what is built costs money in year 0, what is saved comes back in the "
        "years after it. Where the line crosses zero the discounted money is back."
    )
    return Figure("cash_flow", "Net cash by year", caption, data, look, legend=(net, total))


def curves(view: View) -> list[Figure]:
    """For each planned size: how much dearer the year gets with less or more of it, all else chosen anew.

    Set against the least of the same curve: with whole units the curve allows parts of units, the plan does not.
    """
    table = view.table("curve")
    return [
        _curve(view, path, part["value"].to_numpy(), part["objective"].to_numpy())
        for path, part in table.groupby("path", sort=False)
    ]


def _curve(view: View, path: str, value: np.ndarray, objective: np.ndarray) -> Figure:
    order = np.argsort(value)
    value, extra = value[order], objective[order] - objective.min()
    here, unit, money = view.summary["sizes"][path], unit_of(path), view.money
    key, mark = Key("Yearly cost above the least", BLUE, "line"), Key("The plan", RED, "dot")
    data = [
        line(rounded(value), rounded(extra / money.factor), key, money.unit, mode="lines+markers", marker={"size": 5}),
        {
            "type": "scatter", "mode": "markers", "x": [rounded(np.array([here]))[0]], "y": [0], "name": mark.name,
            "marker": {"size": 11, "color": RED, "symbol": "diamond"}, "hoverinfo": "skip", "cliponaxis": False,
        },
    ]  # fmt: skip
    look = layout(view.synthetic, xaxis=titled(f"{name_of(path)} [{unit}]"), yaxis=axis(rangemode="tozero"))
    look["annotations"].append(unit_label(f"{money.unit} a year more"))
    allowed, most = FLAT * abs(view.summary["objective"]), float(extra.max())
    if most <= allowed:
        above = percent(most / abs(view.summary["objective"]), 2)
        caption = f"From {quantity(value[0])} to {quantity(value[-1], unit)}, all that was tried, at most {above} more."
    else:
        low, high = flat_range(value, extra, allowed)
        caption = (
            f"From {quantity(low)} to {quantity(high, unit)} the year costs at most {percent(FLAT, 0)} more."
        )
        look["shapes"].append(
            {"type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1,
             "fillcolor": "rgba(0,114,178,0.08)", "line": {"width": 0}, "layer": "below"}
        )  # fmt: skip
    name = "curve-" + path.replace(".", "-")
    return Figure(name, name_of(path), caption, data, look, 300, 290, (key, mark))


def flat_range(value: np.ndarray, extra: np.ndarray, allowed: float) -> tuple[float, float]:
    """Range of sizes around the cheapest in which the extra cost stays within `allowed`, between points by line.

    Args:
        value: Sizes, rising.
        extra: Cost above the plan's at each.
        allowed: Extra cost that counts as flat.
    """
    best = int(np.argmin(extra))
    if extra[best] > allowed:
        return float(value[best]), float(value[best])

    def edge(step: int) -> float:
        i = best
        while 0 <= i + step < len(value):
            if extra[i + step] > allowed:
                part = (allowed - extra[i]) / (extra[i + step] - extra[i])
                return float(value[i] + part * (value[i + step] - value[i]))
            i += step
        return float(value[i])

    return edge(-1), edge(1)


def convergence(view: View) -> Figure:
    """Lower bound and best plan by round, and the gap between them."""
    table, money = view.table("convergence"), view.money
    return closing(
        Closing(
            rounds=table["round"].tolist(),
            best=table["objective"].to_numpy() / money.factor,
            bound=table["bound"].to_numpy() / money.factor,
            total=max(abs(view.summary["objective"]) / money.factor, 1e-12 / money.factor),
            names=("Best plan so far", "No plan can cost less"),
            unit=money.unit,
            labels=("Yearly cost", "of the cost"),
            caption="Each round tries a plan (an upper bound) and proves how little any plan could cost (a lower "
            "bound).",
        ),
        view.synthetic,
    )


@dataclass(frozen=True)
class Closing:
    """How the best plan and the bound came together.

    Attributes:
        rounds: Numbers. best, bound: By round, in the unit shown.
        total: What the gap is a share of.
        names: Of the plan and of the bound. unit: Of the amounts.
        labels: What the amount is called, and "of the ..." for its share.
        caption: What a round does.
    """

    rounds: list[int]
    best: np.ndarray
    bound: np.ndarray
    total: float
    names: tuple[str, str]
    unit: str
    labels: tuple[str, str]
    caption: str


def closing(found: Closing, synthetic: bool) -> Figure:
    """The two by round, and the gap between them on its own scale."""
    gap = np.abs(found.best - found.bound) / found.total
    keys = (
        Key(found.names[0], RED, "line"),
        Key(found.names[1], BLUE, "line"),
        Key("Gap", INK, "line", "dot"),
    )
    data = [
        line(found.rounds, rounded(values, 6), key, found.unit, line={"shape": "hv"})
        for values, key in zip((found.best, found.bound), keys, strict=False)
    ]
    share = [max(float(g), 1e-16) if np.isfinite(g) else None for g in gap]
    data.append(
        line(found.rounds, share, keys[2], found.labels[1], yaxis="y2", mode="lines+markers",
             marker={"size": 5, "color": INK})
    )  # fmt: skip
    data[2]["hovertemplate"] = f"%{{y:.1e}} {found.labels[1]}"
    last = float(found.best[-1])
    near = np.abs(np.concatenate([found.best, found.bound]) - last)
    span = max(float(np.quantile(near[np.isfinite(near)], 0.7)), 1e-9 * max(abs(last), 1.0))
    look = layout(
        synthetic,
        xaxis=titled("Round", anchor="y2", domain=[0, 1]),
        yaxis=axis(domain=[0.55, 1.0], range=[last - 1.4 * span, last + 1.4 * span]),
        yaxis2=axis(domain=[0.0, 0.4], type="log", exponentformat="power", nticks=6, tickfont={"size": 11}),
    )
    look["annotations"] += [
        unit_label(f"{found.labels[0]} [{found.unit}]"),
        unit_label(f"Gap, share {found.labels[1]}", 0.4),
    ]
    caption = f"{found.caption} The early rounds lie outside the upper frame."
    return Figure("convergence", "How the certificate closed", caption, data, look, 400, 380, keys)
