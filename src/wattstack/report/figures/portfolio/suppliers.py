"""Who delivers what: shares of the money spent, by resource.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    shares_figure.
Used by  report.portfolio.sections.suppliers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattstack.report.figures.base import Figure, Key, axis, layout, titled
from wattstack.report.figures.portfolio.common import SERIES
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import bought_name, spaced

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import SupplierShare


def shares_figure(view: PortfolioView, shares: Sequence[SupplierShare]) -> Figure:
    """One bar a resource, one part a supplier."""
    resources = list(dict.fromkeys(s.resource for s in shares))
    data, keys = [], []
    for number, share in enumerate(shares):
        colour = SERIES[number % len(SERIES)][0]
        key = Key(
            f"{spaced(share.supplier)} ({share.origin})" if share.origin else spaced(share.supplier), colour
        )
        keys.append(key)
        data.append(
            {"type": "bar", "orientation": "h", "y": [bought_name(share.resource)],
             "x": [round(100.0 * share.spend_frac, 2)], "name": key.name,
             "marker": {"color": colour, "line": {"width": 1, "color": "#ffffff"}},
             "hovertemplate": f"{key.name}: %{{x:.3~g}} %<extra></extra>"}
        )  # fmt: skip
    look = layout(
        view.synthetic, barmode="stack", hovermode="closest", bargap=0.4, margin={"l": 20, "r": 14, "t": 24, "b": 44},
        phone_left=10, xaxis=titled("Share of the money spent on it [%]", range=[0, 101]),
        yaxis=axis(autorange="reversed", showgrid=False, ticks="", fixedrange=True),
    )  # fmt: skip
    height = 110 + 44 * len(resources)
    caption = "From left to right as the legend has them, over the whole horizon."
    return Figure(
        "supplier-shares", "Who is paid for what", caption, data, look, height, height, tuple(keys),
        ground_words(view.portfolio, "suppliers"),
    )  # fmt: skip
