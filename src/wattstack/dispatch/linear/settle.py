"""From a solver's columns to a schedule that adds up: stored energy, merit order, no idle burning.

Needs    dispatch.problem, linear.model, linear.build, linear.lines.
Gives    Schedule, settle.
Used by  linear.ties, linear.read.

A solver keeps its rows to a tolerance. Here the stored energy it found is kept, charging and discharging are
made to fit it, and the lines are drawn in merit order for exactly what is left. So the bus balance holds to
rounding, and money is counted on what is really drawn. Charging and discharging at once is taken out where
leaving it out costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch.linear.build import end_worth
from wattstack.dispatch.linear.lines import Lines
from wattstack.dispatch.linear.model import LinearModel
from wattstack.dispatch.problem import Problem, Storage

IDLE = 1e-9  # burning that earns less than this share of the step's money is taken out


@dataclass(frozen=True)
class Schedule:
    """One running of a problem. Arrays have shape (steps,), by name of the line or storage.

    Attributes:
        value: Cost of running [currency].
        take_mw: Power of each line; of an export line what is not sold of its limit.
        export_mw: Power sold.
        charge_mw, discharge_mw: At the bus. stored_mwh: at the end of each step.
        burnt_mwh: Energy drawn only to be lost by charging and discharging at once.
        burnt_worth: What running the same stored energy without that would cost more.
    """

    value: float
    take_mw: dict[str, np.ndarray]
    export_mw: np.ndarray
    charge_mw: dict[str, np.ndarray]
    discharge_mw: dict[str, np.ndarray]
    stored_mwh: dict[str, np.ndarray]
    burnt_mwh: float
    burnt_worth: float


def settle(problem: Problem, sizes: Mapping[str, float], model: LinearModel, x: np.ndarray) -> Schedule:
    """The schedule that a solver's columns mean.

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem.
        model: What build_model made of them.
        x: Columns that keep the rows and bounds of the model to a tolerance.
    """
    step_h = problem.step_h
    flows = [_Flow.read(store, problem, model, x) for store in problem.storages]
    lines = Lines.read(problem, sizes, model, x)
    still = np.zeros(problem.count)
    load = problem.load_at(sizes)
    drawn = load + sum((f.charge - f.discharge for f in flows), still)
    plain = load + sum((f.plain for f in flows), still)
    take, missing = lines.fill(drawn)
    plain_take, plain_missing = lines.fill(plain)
    wear_saved = sum((f.wear_saved for f in flows), still)
    money = lines.money(take)
    extra = lines.money(plain_take) - money - wear_saved
    burnt = np.maximum(drawn - plain, 0.0)
    placed = np.abs(plain_missing) <= np.abs(missing) + IDLE * (1.0 + np.abs(plain))
    idle = (burnt > 0.0) & placed & (extra <= IDLE * (1.0 + np.abs(money)))
    take = np.where(idle, plain_take, take)
    burnt = np.where(idle, 0.0, burnt)
    for flow in flows:
        flow.drop_burning(idle)
    value = step_h * float(lines.money(take).sum() + sum(f.wear.sum() for f in flows))
    value += sum(f.other_cost for f in flows) + _start_cost(problem, sizes, model, x)
    sold = [(lines.limit[k] - take[k]) for k in np.flatnonzero(lines.exports)]
    return Schedule(
        value=value,
        take_mw={s.name: take[k] for k, s in enumerate(problem.supplies)},
        export_mw=sum(sold, still),
        charge_mw={f.store.name: f.charge for f in flows},
        discharge_mw={f.store.name: f.discharge for f in flows},
        stored_mwh={f.store.name: f.stored for f in flows},
        burnt_mwh=step_h * float(burnt.sum()),
        burnt_worth=step_h * float(np.where(burnt > 0.0, np.maximum(extra, 0.0), 0.0).sum()),
    )


@dataclass
class _Flow:
    """Charging and discharging of one storage that give its stored energy exactly."""

    store: Storage
    charge: np.ndarray
    discharge: np.ndarray
    stored: np.ndarray
    other_cost: float

    @classmethod
    def read(cls, store: Storage, problem: Problem, model: LinearModel, x: np.ndarray) -> _Flow:
        """Keep the stored energy found and fit the power to it: less of one before more of the other."""
        charge, discharge, stored = (
            x[model.columns[f"{store.name}.{flow}"]].copy()
            for flow in ("charge_mw", "discharge_mw", "stored_mwh")
        )
        lent_at = model.columns.get(f"{store.name}.lent_mwh")
        lent = np.zeros(problem.count) if lent_at is None else x[lent_at]
        lent = np.where(lent > IDLE * (1.0 + stored.max()), lent, 0.0)
        before = np.roll(stored, 1)
        if not store.cyclic:
            before[0] = store.start_mwh
        change = stored - store.kept_frac_per_h**problem.step_h * before - lent
        short = change / problem.step_h - store.charge_eff * charge + discharge / store.discharge_eff
        less = np.clip(short * store.discharge_eff, 0.0, discharge)
        discharge -= less
        short -= less / store.discharge_eff
        less = np.clip(-short / store.charge_eff, 0.0, charge)
        charge -= less
        short += less * store.charge_eff
        charge += np.maximum(short, 0.0) / store.charge_eff
        discharge += np.maximum(-short, 0.0) * store.discharge_eff
        cost = problem.floor_slack_per_mwh * float(lent.sum()) if lent_at is not None else 0.0
        cost -= end_worth(store) * float(stored[-1])
        return cls(store, charge, discharge, stored, cost)

    @property
    def plain(self) -> np.ndarray:
        """Power drawn for the same stored energy by charging or discharging alone, < 0 discharges."""
        change = self.store.charge_eff * self.charge - self.discharge / self.store.discharge_eff
        return np.where(change > 0.0, change / self.store.charge_eff, change * self.store.discharge_eff)

    @property
    def wear(self) -> np.ndarray:
        """Wear cost per hour."""
        store = self.store
        return store.wear_charge_per_mwh * self.charge + store.wear_discharge_per_mwh * self.discharge

    @property
    def wear_saved(self) -> np.ndarray:
        """Wear cost per hour that running plain would save."""
        plain, store = self.plain, self.store
        kept = store.wear_charge_per_mwh * np.maximum(plain, 0.0)
        return self.wear - kept - store.wear_discharge_per_mwh * np.maximum(-plain, 0.0)

    def drop_burning(self, steps: np.ndarray) -> None:
        """Run plain in these steps."""
        plain = self.plain
        self.charge = np.where(steps, np.maximum(plain, 0.0), self.charge)
        self.discharge = np.where(steps, np.maximum(-plain, 0.0), self.discharge)


def _start_cost(problem: Problem, sizes: Mapping[str, float], model: LinearModel, x: np.ndarray) -> float:
    """What the starts of all generators cost."""
    total = 0.0
    powers = {s.name: s.power for s in problem.supplies}
    for commitment in problem.commitments:
        running = np.round(x[model.columns[f"{commitment.supply}.running"]])
        started = np.maximum(running - np.roll(running, 1), 0.0)
        total += commitment.start_cost_per_mw * float((started * powers[commitment.supply].at(sizes)).sum())
    return total
