"""Among schedules of equal cost, the one this house prefers: fuller, then smoother.

Needs    dispatch.problem, linear.model, linear.check, linear.piqp.
Gives    prefer_fuller.
Used by  dispatch.linear.

A second, smaller programme over the schedules that the prices of the first call equally cheap: columns whose
reduced cost says "at the bound" stay there, rows with a price stay tight, the rest is free. Its objective is
more energy in store at the end of every step, less a small square of charge and discharge power. The caller
keeps its answer only if it costs no more than 1e-9 of the first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattstack.dispatch.linear.check import cost_scale
from wattstack.dispatch.linear.model import LinearModel, Solution
from wattstack.dispatch.linear.piqp import solve_piqp
from wattstack.dispatch.problem import Problem

ALLOWED = 1e-9  # share of the money moved that preferring may cost in all
AT_BOUND = 1e-6  # nearer to a bound than this share of the room counts as being there
SMOOTH = 0.1  # weight of smoothness beside fullness


def prefer_fuller(problem: Problem, model: LinearModel, solution: Solution) -> np.ndarray | None:
    """Columns of the preferred schedule, None where the second programme finds none.

    Args:
        problem: One site over one axis.
        model: Its programme, integers held.
        solution: An optimal answer with its duals.
    """
    cost, quadratic = np.zeros_like(model.cost), np.zeros_like(model.cost)
    for store in problem.storages:
        stored = model.columns[f"{store.name}.stored_mwh"]
        cost[stored] = -1.0 / max(float(model.upper[stored].max()), 1e-9)
        for flow in ("charge_mw", "discharge_mw"):
            columns = model.columns[f"{store.name}.{flow}"]
            quadratic[columns] = SMOOTH / max(float(model.upper[columns].max()), 1e-9) ** 2
    if not np.any(cost):
        return None
    face = replace(_face(model, solution), cost=cost)
    found = solve_piqp(face, quadratic)
    return None if found is None else found.x


def _face(model: LinearModel, solution: Solution) -> LinearModel:
    """The model with all held that the prices hold, where the answer has it: then that meets every row."""
    x, duals = solution.x, solution.duals
    allowed = ALLOWED * cost_scale(model, x) / len(x)
    reduced = model.cost - model.matrix.T @ duals
    room = np.minimum(model.upper, model.reach) - model.lower
    from_bound = np.where(reduced > 0.0, x - model.lower, room - (x - model.lower))
    held = (np.abs(reduced) * room > allowed) & (from_bound <= AT_BOUND * (1.0 + room))
    rows = model.matrix @ x
    size = 1.0 + np.abs(rows)
    slack = np.where(duals > 0.0, rows - model.row_lower, model.row_upper - rows)
    tight = (np.abs(duals) * size > allowed) & (slack <= AT_BOUND * size)
    tight |= model.row_lower == model.row_upper
    return replace(
        model,
        lower=np.where(held, x, model.lower),
        upper=np.where(held, x, model.upper),
        row_lower=np.where(tight, rows, np.minimum(model.row_lower, rows)),
        row_upper=np.where(tight, rows, np.maximum(model.row_upper, rows)),
    )
