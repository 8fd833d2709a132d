"""Plan against actual: energised power before the slips, with orders kept and planned again; the slips by loss.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    against, slips_figure, slip_name.
Used by  report.portfolio.sections.actual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    RED,
    SLATE,
    SOFT,
    Figure,
    Key,
    axis,
    layout,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.figures.portfolio.common import by_period, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import site_name, spaced, thing_name

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Replanned, Slip

LOOKS = {
    "before": Key("As planned", SLATE, "line", "dash"),
    "kept": Key("New dates, old orders kept", RED, "line"),
    "replanned": Key("New dates, planned again", BLUE, "line"),
}
GROUND = ("items", "stages", "gates", "servers")


def against(view: PortfolioView, found: Replanned) -> Figure:
    """Energised power of the three plans, all sites together."""
    data = [by_period(view, getattr(found, n).total("it_mw"), key, "MW IT") for n, key in LOOKS.items()]
    look = layout(view.synthetic, xaxis=period_axis(view), yaxis=axis(rangemode="tozero"))
    look["annotations"].append(unit_label("Energised, all sites [MW IT]"))
    keys = list(LOOKS.values())
    at = view.calendar.index(found.as_of)
    if 0 <= at < view.calendar.count:
        look["shapes"].append(
            {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1,
             "line": {"color": SOFT, "width": 1.4, "dash": "dot"}}
        )  # fmt: skip
        keys.append(Key(f"as of {found.as_of}", SOFT, "line", "dot"))
    caption = "Between dashed and red: what the slips cost if nothing is changed. Blue: what planning again wins back."
    return Figure(
        "actual-power", "Energised power: as planned, and now", caption, data, look, 340, 320, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def slip_name(slip: Slip) -> str:
    """A slip by what is late: "Bosquel: permit"."""
    name = spaced(slip.name) if slip.kind in ("line", "order") else thing_name(slip.kind, slip.name)
    return f"{site_name(slip.site)}: {name}" if slip.site else name


def slips_figure(view: PortfolioView, found: Replanned) -> Figure:
    """What each slip costs alone: with the orders kept, and planned again."""
    slips = found.ranked
    names = [f"{slip_name(s)} (+{s.late_q})".replace(": ", ":<br>", 1) for s in slips]
    keys = (Key("Lost if the orders are kept", RED), Key("Still lost after planning again", GREEN))
    data = [
        {
            "type": "bar", "orientation": "h", "y": names, "x": rounded(np.array(values)), "name": key.name,
            "marker": {"color": key.colour, "line": {"width": 0}},
            "hovertemplate": f"%{{x:,.4~g}} {view.money.unit}",
        }
        for key, values in zip(
            keys, ([s.kept_lost_m for s in slips], [s.replanned_lost_m for s in slips]), strict=True
        )
    ]  # fmt: skip
    look = layout(
        view.synthetic, barmode="group", bargap=0.3, hovermode="closest", margin={"l": 20, "r": 14, "t": 24, "b": 44},
        phone_left=10, xaxis=titled(f"NPV lost [{view.money.unit}]", nticks=6, phone_ticks=4),
        yaxis=axis(autorange="reversed", showgrid=False, ticks="", fixedrange=True),
    )  # fmt: skip
    height = 100 + 44 * len(slips)
    caption = (
        f"Each slip by itself, the others undone; in brackets the {view.period}s it is late. A long delay may cost "
        "nothing where something else binds, a short one much."
    )
    return Figure(
        "slips", "Slips by what they cost", caption, data, look, height, height, keys,
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip
