"""Figures of a smoothing design: the power before and after, its edges, the cost of the alternatives.

Needs    series.Waveform, prove.smoothing.SmoothingPlan, report.figures.base and transient.
Gives    before_after, edges, charge, costs.
Used by  report.smoothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Figure,
    Key,
    bars,
    layout,
    line,
    titled,
    unit_label,
)
from wattstack.report.figures.transient import thinned

if TYPE_CHECKING:
    from wattstack.prove.smoothing import SmoothingPlan
    from wattstack.series import Waveform

BEFORE, AFTER = Key("As it is", GREY, "line"), Key("With the mix", BLUE, "line")
CHARGE = Key("Charge of the battery", GREEN, "line")
PART_KEYS = {
    "energy": Key("Energy of floor and ramps", ORANGE),
    "throughput": Key("Throughput lost", RED),
    "rack": Key("Rack storage", PURPLE),
    "battery": Key("Battery", GREEN),
    "wear": Key("Wear", SKY),
    "losses": Key("Losses", GREY),
}
MOST_BARS = 10
EDGE_S = 8.0


def before_after(plan: SmoothingPlan) -> Figure:
    """Power at the point of connection, as the campus is and with the mix, through a crash and a start."""
    data = [_wave(plan.waves["before"], BEFORE), _wave(plan.waves["after"], AFTER)]
    data[0]["line"]["width"] = 1.0
    end = min(plan.waves["after"].duration_s, 4.0 * plan.waves["before"].duration_s)
    look = layout(False, xaxis=titled("Time [s]", range=[0.0, end]), yaxis=titled(""))
    look["annotations"].append(unit_label("Power drawn from the grid [MW]", 1.04))
    caption = (
        "The same jobs: a checkpoint, a crash, and the start after it. The mix lets the grid ramp slowly."
    )
    return Figure("smooth-before-after", "Before and after", caption, data, look, 400, legend=(BEFORE, AFTER))


def edges(plan: SmoothingPlan) -> Figure:
    """Some seconds of iterations, less the mean: what is left of them."""
    data = []
    for name, key in (("before", BEFORE), ("after", AFTER)):
        wave = plan.waves[name]
        count = min(wave.count, round(EDGE_S / wave.step_s))
        power = wave["power_mw"][:count]
        x, y = thinned(wave.time_s[:count], power - power.mean())
        data.append(line(x, y, key, "MW", line={"width": 1.4}))
    look = layout(False, xaxis=titled("Time [s]"), yaxis=titled(""))
    look["annotations"].append(unit_label("Power less its mean [MW]", 1.04))
    caption = "Iterations of the jobs. What is faster than the battery shows as short spikes."
    return Figure("smooth-edges", "Iterations", caption, data, look, 320, legend=(BEFORE, AFTER))


def charge(plan: SmoothingPlan) -> Figure:
    """State of charge of what smoothing holds of the battery."""
    wave = plan.waves["after"]
    x, y = thinned(wave.time_s, 100.0 * wave["battery.slice.soc"])
    look = layout(False, xaxis=titled("Time [s]"), yaxis=titled(""))
    look["annotations"].append(unit_label("Charge, share of the usable window [%]", 1.04))
    caption = "A stop charges it, a start takes it out again; between them it returns to the middle."
    return Figure(
        "smooth-charge", "The battery", caption, [line(x, y, CHARGE, "%")], look, 300, legend=(CHARGE,)
    )


def costs(plan: SmoothingPlan) -> Figure:
    """Cost a year of the alternatives that pass, by part."""
    shown = _distinct(plan)
    names = [f"{k + 1}" for k in range(len(shown))]
    scale = 1e-6 if max((one.cost_per_year for one in shown), default=0.0) >= 1e7 else 1.0
    data = []
    used = [part for part in PART_KEYS if any(one.costs.get(part, 0.0) for one in shown)]
    for part in used:
        heights = [round(one.costs.get(part, 0.0) * scale, 4) for one in shown]
        data.append(bars(names, heights, PART_KEYS[part], plan.currency))
    look = layout(
        False, xaxis=titled("Mix, as in the table", type="category"), yaxis=titled(""), barmode="relative"
    )
    unit = f"M {plan.currency}" if scale < 1.0 else plan.currency
    look["annotations"].append(unit_label(f"Cost [{unit} a year]", 1.04))
    caption = "Mixes that pass, the cheapest first."
    legend = tuple(PART_KEYS[part] for part in used)
    return Figure("smooth-costs", "What the mixes cost", caption, data, look, 360, legend=legend)


def _distinct(plan: SmoothingPlan) -> list:
    return [one for one in plan.alternatives if one.passes][:MOST_BARS]


def _wave(wave: Waveform, key: Key) -> dict:
    x, y = thinned(wave.time_s, np.asarray(wave["power_mw"]))
    return line(x, y, key, "MW", line={"width": 1.6})
