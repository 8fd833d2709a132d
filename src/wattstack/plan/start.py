"""Where sizing begins: middling sizes, and peaks that a daily battery could just hold.

Needs    plan.model.
Gives    start_sizes.
Used by  plan.cuts.

A start costs nothing but rounds. Peaks too high have no price and tell nothing; a little too low, they tell
what each MW is worth in every month: 19 rounds instead of 31 on the benchmark's case.
"""

from __future__ import annotations

import numpy as np

from wattstack.dispatch import Amount, Problem
from wattstack.plan.model import SizingModel

BATTERY_FRAC, BATTERY_H, SOLAR_FRAC = 0.2, 4.0, 0.5  # of the highest load


def start_sizes(model: SizingModel) -> np.ndarray:
    """Sizes to visit first, inside their bounds, in the order of the model's columns."""
    found: dict[str, float] = {}
    held = {column.name: column.lower for column in model.columns if column.lower == column.upper}
    for problem in model.problems:
        for name, value in _assets(problem, held).items():
            found[name] = max(found.get(name, 0.0), value)
    for column in model.columns:
        value = found.get(column.name, column.upper)
        found[column.name] = min(max(value, column.lower), column.upper)
    for problem in model.problems:
        for name, value in _peaks(problem, found).items():
            found[name] = value
    return np.array([min(max(found[c.name], c.lower), c.upper) for c in model.columns])


def _assets(problem: Problem, held: dict[str, float]) -> dict[str, float]:
    """Batteries of a fifth of the highest load for four hours beyond what duties hold, solar of half of it.

    `held` are sizes that stand.
    """
    peak = float(np.max(problem.load_at(held)))
    sizes = {}
    for supply in problem.supplies:
        if supply.kind == "solar" and supply.power.size is not None:
            sizes[supply.power.size] = SOLAR_FRAC * peak
    for store in problem.storages:
        for amount in (store.charge, store.discharge):
            if amount.size is not None:
                sizes[amount.size] = BATTERY_FRAC * peak + _held(amount)
        if store.ceiling.size is not None:
            sizes[store.ceiling.size] = BATTERY_FRAC * BATTERY_H * peak + _held(store.ceiling)
    return sizes


def _held(amount: Amount) -> float:
    """What a duty takes off an amount before there is any of it for the rest."""
    return max(-float(np.min(amount.fixed)), 0.0)


def _peaks(problem: Problem, sizes: dict[str, float]) -> dict[str, float]:
    """For each cap the highest daily mean of the load less the sun, in its steps."""
    if not problem.caps:
        return {}
    net = np.array(problem.load_at(sizes), float)
    for supply in problem.supplies:
        if supply.kind == "solar":
            net -= supply.power.at(sizes)
    day = max(1, round(24.0 / problem.step_h))
    count = -(-problem.count // day)
    daily = np.add.reduceat(net, np.arange(count) * day) / day
    mean = np.repeat(daily, day)[: problem.count]
    highest = np.zeros(len(problem.caps))
    capped = problem.cap_index >= 0
    np.maximum.at(highest, problem.cap_index[capped], mean[capped])
    return dict(zip(problem.caps, highest.tolist(), strict=True))
