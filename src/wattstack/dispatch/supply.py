"""The merit order as the kernel walks it: lines sorted by cost in every step, lengths linear in the sizes.

Needs    dispatch.problem.
Gives    MeritOrder, merit_order.
Used by  dispatch.run.

Only lengths change while sizing, so the order is made once. Ties keep the order of the problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    cost = np.empty((count, lines_n))
    fixed = np.empty((count, lines_n))
    rate = np.empty((count, lines_n))
    for k, supply in enumerate(problem.supplies):
        cost[:, k] = supply.cost_per_mwh
        fixed[:, k] = supply.power.fixed
        rate[:, k] = supply.power.rate
    fixed *= problem.step_h
    rate *= problem.step_h
    order = np.argsort(cost, axis=1, kind="stable")
    kinds = [supply.kind for supply in problem.supplies]
    sizes = [supply.power.size for supply in problem.supplies]
    return MeritOrder(
        lines=order.astype(np.int8),
        cost=np.take_along_axis(cost, order, 1),
        fixed=np.take_along_axis(fixed, order, 1),
        rate=np.take_along_axis(rate, order, 1),
        size_of=np.array([-1 if s is None else index[s] for s in sizes], np.int64),
        imports=np.array([k == "import" for k in kinds]),
        exports=np.array([k == "export" for k in kinds]),
    )
