"""One site over time: what each resource could carry, what is energised, what was announced.

Needs    report.portfolio.view, plan.portfolio (capacity_mw).
Gives    stacked.
Used by  report.portfolio.sections.sites.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.base import INK, Figure, Key, axis, layout, rounded, unit_label
from wattstack.report.figures.portfolio.common import COLOURS, by_period, period_axis
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import resource_name, site_name
from wattstack.report.words import quantity

LOOKS = {
    "shell": "", "electrical": "dash", "cooling": "dot", "hv": "dashdot", "servers": "longdash", "grid": "dot",
    "power": "",
}  # fmt: skip
NAMES = {"grid": "Grid stages", "power": "Grid and own generation"}
ROOM = 1.8  # lines far above what runs are cut off there
GROUND = ("items", "stages", "servers", "generation", "supply", "targets")


def stacked(view: PortfolioView, site: str) -> Figure:
    """Lines of the computing power that each resource could carry; the area below them is what runs."""
    energised, announced = view.it_mw(site), view.announced_mw(site)
    area = Key("Energised", "#cfdae3")
    data = [
        {
            "type": "scatter", "mode": "lines", "x": list(view.labels), "y": rounded(energised), "name": area.name,
            "fill": "tozeroy", "fillcolor": area.colour, "line": {"shape": "hv", "width": 1, "color": "#9fb2c2"},
            "hovertemplate": "%{y:,.4~g} MW IT",
        }
    ]  # fmt: skip
    keys = [area]
    for name, values in carried(view, site).items():
        colour = COLOURS["grid" if name == "power" else name]
        key = Key(NAMES.get(name, resource_name(name)), colour, "line", LOOKS[name])
        data.append(by_period(view, values, key, "MW IT"))
        keys.append(key)
    if announced.any():
        key = Key("Announced", INK, "line", "dash")
        data.append(
            by_period(view, announced, key, "MW IT", line={"shape": "hv", "width": 1.6, "dash": "dash"})
        )
        keys.append(key)
    top = ROOM * max(float(energised.max()), float(announced.max()), 1.0)
    highest = max(max(v for v in trace["y"]) for trace in data)
    look = layout(view.synthetic, xaxis=period_axis(view), yaxis=axis(range=[0, min(top, 1.05 * highest)]))
    look["annotations"].append(unit_label("Computing power [MW IT]"))
    caption = (
        "Each line is the computing power that one resource could carry. What runs can be no more than the lowest: a "
        "line above the area stands idle in part, one that touches "
        f"it holds the site back. Energised at the end: {quantity(float(energised[-1]), 'MW IT', 3)}."
    )
    if top < highest:
        caption += f" Lines above {quantity(top, 'MW', 2)} are cut off."
    return Figure(
        f"site-{site}", site_name(site), caption, data, look, 380, 360, tuple(keys),
        ground_words(view.portfolio, *GROUND),
    )  # fmt: skip


def carried(view: PortfolioView, site: str) -> dict[str, np.ndarray]:
    """What each resource could carry [MW IT]; "grid" by itself, "power" with on-site generation that runs at will."""
    from wattstack.plan.portfolio import capacity_mw

    declared = view.portfolio.site(site)
    found = dict(capacity_mw(view.plan, declared))
    own = np.zeros(view.calendar.count)
    for offer in view.portfolio.generation:
        if offer.site == site and offer.profile is None:
            own = own + view.plan.amounts["generation_mw"][(offer.tech, site)]
    if own.any():
        found["power"] = found["grid"]
        found["grid"] = found["grid"] - own / declared.pue
    return {name: found[name] for name in LOOKS if name in found}
