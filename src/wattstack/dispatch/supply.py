"""The merit order as the kernel walks it: lines sorted by cost in every step, lengths linear in the sizes.

Needs    dispatch.problem, kernel.
Gives    MeritOrder, merit_order.
Used by  dispatch.run.

Only lengths change while sizing, so the order is made once. Ties keep the order of the problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import kernel
from wattstack.dispatch.problem import Problem


@dataclass(frozen=True, slots=True)
class MeritOrder:
    """Lines sorted by cost, step by step; shape (steps, lines) where not said otherwise.

    Attributes:
        lines: Index of the supply at each place.
        cost: Marginal cost [currency/MWh].
        fixed, rate: Length of the line = fixed + rate x size [MWh per step].
        size_of: Index of the size column of each supply, -1 for none; shape (supplies,).
        imports, exports: Kind of each supply; shape (supplies,).
    """

    lines: np.ndarray
    cost: np.ndarray
    fixed: np.ndarray
    rate: np.ndarray
    size_of: np.ndarray
    imports: np.ndarray
    exports: np.ndarray


def merit_order(problem: Problem) -> MeritOrder:
    """Sort the supplies of every step by cost, once for all sizes."""
    count, lines_n = problem.count, len(problem.supplies)
    index = {name: i for i, name in enumerate(problem.sizes)}
    given = np.empty((3, lines_n, count))
    for k, supply in enumerate(problem.supplies):
        given[0, k], given[1, k], given[2, k] = supply.cost_per_mwh, supply.power.fixed, supply.power.rate
    lines = np.empty((count, lines_n), np.int8)
    cost, fixed, rate = (np.empty((count, lines_n)) for _ in range(3))
    kernel.sort_lines(given, float(problem.step_h), lines, cost, fixed, rate)
    kinds = [supply.kind for supply in problem.supplies]
    sizes = [supply.power.size for supply in problem.supplies]
    return MeritOrder(
        lines=lines,
        cost=cost,
        fixed=fixed,
        rate=rate,
        size_of=np.array([-1 if s is None else index[s] for s in sizes], np.int64),
        imports=np.array([k == "import" for k in kinds]),
        exports=np.array([k == "export" for k in kinds]),
    )
