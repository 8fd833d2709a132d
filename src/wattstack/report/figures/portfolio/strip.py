"""The bottleneck strip: by site and period, colour = what holds back, height = MW energised.

Needs    report.portfolio.view.
Gives    strip.
Used by  report.portfolio.sections.holdback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.report.figures.base import INK, Figure, Key, axis, layout, rounded
from wattstack.report.figures.portfolio.common import COLOURS, PALE, panel_label, panels, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import RESOURCES, cause_name, resource_name, site_name
from wattstack.report.words import quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Holdback

FOOT_FRAC = 0.06  # of the height: a foot below zero, so that a site without power shows its colour too
GROUND = ("items", "stages", "servers", "supply", "targets")


def strip(view: PortfolioView, found: Holdback) -> Figure:
    """One panel a site, one bar a period."""
    causes = {(c.site, c.period): c for c in found.causes}
    sites = view.sites
    most = max(float(view.it_mw(s.name).max()) for s in sites) or 1.0
    domains = panels(len(sites), 0.3 / max(len(sites), 2))
    look = layout(view.synthetic, barmode="overlay", bargap=0.0, hovermode="closest")
    data = []
    for number, (site, domain) in enumerate(zip(sites, domains, strict=True)):
        mine = [causes[site.name, q] for q in range(view.calendar.count)]
        suffix = str(number + 1) if number else ""
        data.append(_bars(view, site.name, mine, (suffix, FOOT_FRAC * most)))
        look[f"yaxis{suffix}"] = axis(domain=domain, range=[-FOOT_FRAC * most, 1.04 * most], nticks=4)
        look["annotations"].append(panel_label(site_name(site.name), domain[1], "energised [MW IT]"))
    look["xaxis"] = period_axis(view, anchor=f"y{len(sites) if len(sites) > 1 else ''}", domain=[0, 1])
    seen = [name for name in RESOURCES if any(c.resource == name for c in found.causes)]
    seen += [n for n in dict.fromkeys(c.resource for c in found.causes) if n not in RESOURCES]
    keys = [Key(resource_name(name), COLOURS.get(name, PALE)) for name in seen]
    if any(c.why == "lead" for c in found.causes):
        keys.append(Key("hatched: ordered on the first day it would still come later", INK, "hatch"))
    caption = (
        f"Each bar is a {view.period}: its height is the computing power that runs, its colour what would have to be "
        "there for more. A coloured foot stands where nothing runs yet."
    )
    height = 70 + 135 * len(sites)
    return Figure(
        "strip", "What holds each site back", caption, data, look, height, height, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def _bars(view: PortfolioView, site: str, mine: list, place: tuple[str, float]) -> dict:
    suffix, foot = place
    energised = view.it_mw(site)
    text = [
        f"{view.labels[c.period]}: {quantity(float(v), 'MW IT', 3)}<br>{cause_name(c.resource, c.why)}"
        for c, v in zip(mine, energised, strict=True)
    ]
    return {
        "type": "bar", "x": list(view.labels), "y": rounded(energised + foot), "base": -foot, "name": site_name(site),
        "yaxis": f"y{suffix}", "hovertext": text, "hoverinfo": "text",
        "marker": {
            "color": [COLOURS.get(c.resource, PALE) for c in mine],
            "line": {"width": 0.6, "color": "#ffffff"},
            "pattern": {
                "shape": ["/" if c.why == "lead" else "" for c in mine], "size": 6, "solidity": 0.32,
                "fgcolor": "#ffffff", "bgcolor": [COLOURS.get(c.resource, PALE) for c in mine],
            },
        },
    }  # fmt: skip
