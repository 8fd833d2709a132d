"""The answer of a design: the mix, what it costs, what proves it, and what else was looked at.

Needs    prove.smoothing (mix, trial, demand, price), prove.compliance.
Gives    Alternative, SmoothingPlan.
Used by  prove.smoothing, report, cli.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from wattstack.prove.compliance import Compliance
from wattstack.prove.smoothing.demand import StopNeed
from wattstack.prove.smoothing.mix import Mix
from wattstack.prove.smoothing.price import PARTS, Prices

if TYPE_CHECKING:
    import pandas

    from wattstack.campus import Campus
    from wattstack.series import Waveform


@dataclass(frozen=True)
class Alternative:
    """One mix that was looked at.

    Attributes:
        mix: Its parts.
        costs: By part, a year; of what was not run the part at GPUs and racks alone.
        margin_frac: Least margin over its limit; None where it was not run.
        ruled_by: Code and rule with that margin.
        passes: Whether every rule is kept with the margin asked for; None where it was not run.
        note: Why it was not run, or what it is.
    """

    mix: Mix
    costs: Mapping[str, float]
    margin_frac: float | None
    ruled_by: str
    passes: bool | None
    note: str = ""

    @property
    def cost_per_year(self) -> float:
        """Sum of its parts."""
        return float(sum(self.costs.values()))


@dataclass(frozen=True)
class SmoothingPlan:
    """What smooths a campus at the least cost, and the proof.

    Attributes:
        name, currency: Of the campus.
        codes: Grid codes by name.
        passes: Whether the mix keeps every rule with the margin asked for, verified by the twin.
        mix: The mix; where none passes the one that comes nearest.
        costs: Cost a year by part: energy, throughput, rack, battery, wear, losses.
        duty: power_mw, energy_mwh (either way), throughput_mwh_per_h, soc_low_frac, soc_high_frac: what
            duties.smoothing asks of the battery, and how far its charge moves.
        margin_frac: Least margin over its limit.
        ruled_by: The rule that binds: code and rule with that margin.
        found: Verdicts of the mix.
        before: Verdicts of the campus as it is, without a battery.
        short: Of every rule that no mix keeps: code, rule, value, limit, unit, margin_asked_frac, of the mix that
            comes nearest.
        alternatives: All that was looked at, the cheapest that passes first.
        stops: What a stop of the largest job asks against each limit of ramps, in closed form.
        prices: What was paid for what.
        cycles: Of the cells in a year: full_cycles, loss_mw.
        campus_planned: The mix written in, for `wattstack plan`.
        campus_sized: The same with every size a number, for `wattstack simulate --transient`.
        waves: "before" and "after": what was judged.
        trials: Runs that were made.
        notes: What a reader must know.
    """

    name: str
    currency: str
    codes: tuple[str, ...]
    passes: bool
    mix: Mix
    costs: Mapping[str, float]
    duty: Mapping[str, float]
    margin_frac: float
    ruled_by: str
    found: Compliance
    before: Compliance
    short: tuple[Mapping[str, Any], ...]
    alternatives: tuple[Alternative, ...]
    stops: tuple[StopNeed, ...]
    prices: Prices
    cycles: Mapping[str, float]
    campus_planned: Campus
    campus_sized: Campus
    waves: Mapping[str, Waveform] = field(repr=False)
    trials: int = 0
    notes: tuple[str, ...] = ()

    @property
    def cost_per_year(self) -> float:
        """Sum of the parts."""
        return float(sum(self.costs.values()))

    def table(self) -> pandas.DataFrame:
        """One row an alternative: mix, sizes, cost by part, margin, whether it passes."""
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.alternatives])

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, for JSON."""
        return {
            "name": self.name,
            "currency": self.currency,
            "codes": list(self.codes),
            "passes": self.passes,
            "mix": asdict(self.mix),
            "cost_per_year": self.cost_per_year,
            "costs_per_year": dict(self.costs),
            "duty": dict(self.duty),
            "margin_frac": self.margin_frac,
            "binding_rule": self.ruled_by,
            "short": [dict(one) for one in self.short],
            "cycles": dict(self.cycles),
            "stops": [asdict(one) for one in self.stops],
            "prices": asdict(self.prices),
            "verdicts": self.found.to_dict(),
            "before": self.before.to_dict(),
            "alternatives": [_row(one) for one in self.alternatives],
            "trials": self.trials,
            "notes": list(self.notes),
        }


def _row(one: Alternative) -> dict[str, Any]:
    mix, layer = one.mix, one.mix.layer
    return {
        "mix": str(layer),
        "floor_frac": layer.floor_frac,
        "ramp_up_frac_per_s": layer.ramp_up_frac_per_s,
        "ramp_down_frac_per_s": layer.ramp_down_frac_per_s,
        "rack_j": layer.rack_j,
        "rack_average_s": layer.average_s if layer.rack_j else None,
        "storage": mix.store_name,
        "power_mw": mix.power_mw,
        "energy_mwh": mix.energy_mwh,
        "ramp_mw_per_min": None if mix.loop is None else mix.loop.ramp_mw_per_min,
        "corner_s": None if mix.loop is None else mix.loop.corner_s,
        **{f"{part}_per_year": one.costs.get(part, 0.0) for part in PARTS},
        "cost_per_year": one.cost_per_year,
        "worst_margin_frac": one.margin_frac if one.margin_frac != float("-inf") else None,
        "worst_rule": one.ruled_by,
        "passes": one.passes,
        "note": one.note,
    }
