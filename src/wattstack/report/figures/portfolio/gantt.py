"""Orders along time: placed, paid for, arrived, first needed.

Needs    report.portfolio.timeline.
Gives    gantt.
Used by  report.portfolio.sections.orders.
"""

from __future__ import annotations

from collections.abc import Sequence

from wattstack.report.figures.base import ALARM, GREY, INK, Figure, Key, axis, layout
from wattstack.report.figures.portfolio.common import COLOURS, none_between, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.timeline import Step
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import RESOURCES, amount_words, resource_name, site_name, thing_name
from wattstack.report.words import quantity

ROW_PX, HEAD_PX = 13, 22
NAMES = {"storage": "Batteries", "generation": "Generation", "line": "Factory lines", "size": "Sizes"}
ORDER = (
    "gate_land",
    "gate_permit",
    "gate_fibre",
    "grid",
    *RESOURCES,
    "storage",
    "generation",
    "line",
    "size",
)
GROUND = ("items", "stages", "gates", "servers", "storage", "generation", "supply", "suppliers")


def gantt(view: PortfolioView, steps: Sequence[Step], caption: str) -> Figure:
    """One line an order, by site and resource; the first at the top."""
    rows, ticks, heads, depth = _rows(view, steps)
    data = []
    for resource in dict.fromkeys(step.resource for step, _ in rows):
        mine = [(step, y) for step, y in rows if step.resource == resource]
        data += _lines(view, mine, COLOURS.get(resource, GREY))
    data += _marks(view, rows)
    look = layout(
        view.synthetic, hovermode="closest", margin={"l": 108, "r": 14, "t": 24, "b": 36}, phone_left=92,
        xaxis=period_axis(view, side="bottom"),
        yaxis=axis(
            range=[depth, -HEAD_PX / 2], tickmode="array", tickvals=[y for y, _ in ticks],
            ticktext=[name for _, name in ticks],
            showgrid=False, zeroline=False, ticks="", fixedrange=True,
        ),
    )  # fmt: skip
    look["annotations"] += [_head(site_name(site) or "Factory", y) for site, y in heads]
    look["shapes"] += [_rule(y) for _, y in heads]
    now = {"xref": "x", "yref": "paper"}
    at = view.today - 0.5
    look["shapes"].append(
        {"type": "line", **now, "x0": at, "x1": at, "y0": 0, "y1": 1, "line": {"color": ALARM, "width": 1.6}}
    )
    look["annotations"].append(
        {"text": "today", "showarrow": False, **now, "x": at, "y": 1, "xanchor": "left", "yanchor": "bottom",
         "font": {"color": ALARM, "size": 11.5}}
    )  # fmt: skip
    keys = [
        Key("ordered, deposit paid", INK, "ring"), Key("on order", INK, "line"),
        Key("arrives, the rest paid", INK, "disc"), Key("stands and waits", GREY, "line", "dot"),
        Key("first needed", INK, "bar"),
    ]  # fmt: skip
    if any(step.last > step.arrives for step in steps):
        keys.append(Key("thin: comes in parts until", GREY, "line"))
    height = round(depth) + 84
    return Figure(
        "gantt", "Orders from signature to use", caption, data, look, height, height, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def _rows(view: PortfolioView, steps: Sequence[Step]) -> tuple:
    """Steps with their place from the top [px]; ticks (place, name) by resource; heads by site; depth of all."""
    sites = [site.name for site in view.portfolio.sites]
    sites += [s for s in dict.fromkeys(step.site for step in steps) if s not in sites]
    order = {name: n for n, name in enumerate(ORDER)}
    rows, ticks, heads, y = [], [], [], 0.0
    for site in sites:
        mine = [step for step in steps if step.site == site]
        if not mine:
            continue
        heads.append((site, y))
        y += HEAD_PX
        for resource in sorted(
            dict.fromkeys(s.resource for s in mine), key=lambda r: order.get(r, len(order))
        ):
            group = sorted((s for s in mine if s.resource == resource), key=lambda s: (s.ordered, s.arrives))
            name = NAMES.get(resource, resource_name(resource))
            ticks.append((y + ROW_PX * (len(group) - 1) / 2, name))
            for step in group:
                rows.append((step, y))
                y += ROW_PX
            y += 5
    return rows, ticks, heads, y


def _lines(view: PortfolioView, mine: list, colour: str) -> list[dict]:
    end = view.calendar.count - 1

    def run(first: int, last: int | None, y: float) -> tuple[list[str], list[float]]:
        return [view.labels[first], view.labels[end if last is None else min(last, end)]], [y, y]

    on_order = [run(s.ordered, s.arrives, y) for s, y in mine]
    parts_of = [run(s.arrives, s.last, y) for s, y in mine if s.last > s.arrives and s.arrives <= end]
    waits = [
        run(s.arrives, s.used, y)
        for s, y in mine
        if s.arrives <= end and (s.used is None or s.used > s.arrives)
    ]
    out = []
    for parts, width, dash in ((on_order, 5, "solid"), (parts_of, 2, "solid"), (waits, 2.5, "dot")):
        if parts:
            out.append(
                {"type": "scatter", "mode": "lines", "x": none_between([p[0] for p in parts]),
                 "y": none_between([p[1] for p in parts]), "line": {"color": colour, "width": width, "dash": dash},
                 "hoverinfo": "skip", "opacity": 0.85 if dash == "solid" else 1.0}
            )  # fmt: skip
    return out


def _marks(view: PortfolioView, rows: list) -> list[dict]:
    labels, out = view.labels, []
    looks = (
        ("ordered", "circle", "#ffffff", 7), ("arrives", "circle", INK, 6.5), ("used", "line-ns", INK, 8),
    )  # fmt: skip
    for name, symbol, fill, size in looks:
        known = [(s, y) for s, y in rows if (at := getattr(s, name)) is not None and at < view.calendar.count]
        out.append(
            {"type": "scatter", "mode": "markers", "x": [labels[getattr(s, name)] for s, _ in known],
             "y": [y for _, y in known], "hovertext": [_told(view, s) for s, _ in known], "hoverinfo": "text",
             "marker": {"symbol": symbol, "size": size, "color": fill, "line": {"color": INK, "width": 1.5}}}
        )  # fmt: skip
    return out


def _told(view: PortfolioView, step: Step) -> str:
    name = thing_name(step.kind, step.what)
    parts = f" to {view.calendar.label(step.last)} in parts" if step.last > step.arrives else ""
    used = "not needed in the horizon" if step.used is None else f"first needed {view.labels[step.used]}"
    return (
        f"<b>{site_name(step.site)}: {name}</b><br>{amount_words(step.amount, step.unit)}, "
        f"{quantity(step.cost_m, view.money.unit, 3)}<br>ordered {view.labels[step.ordered]}, "
        f"arrives {view.calendar.label(step.arrives)}{parts}, {used}"
    )


def _head(text: str, y: float) -> dict:
    return {
        "text": f"<b>{text}</b>", "showarrow": False, "xref": "paper", "yref": "y", "x": 0.0, "y": y,
        "xanchor": "left", "yanchor": "middle", "font": {"size": 12.5, "color": INK}, "bgcolor": "#ffffff",
    }  # fmt: skip


def _rule(y: float) -> dict:
    return {
        "type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y, "layer": "below",
        "line": {"color": "#9aa4ae", "width": 1},
    }  # fmt: skip
