"""A linear answer as a Dispatch: prices, gradient and proof beside the schedule.

Needs    dispatch.problem, result, linear.model, linear.settle.
Gives    read_dispatch.
Used by  dispatch.linear.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattstack.dispatch.linear.build import cap_intervals, cap_prices
from wattstack.dispatch.linear.model import LinearModel, Solution
from wattstack.dispatch.linear.settle import Schedule
from wattstack.dispatch.problem import Problem
from wattstack.dispatch.result import Dispatch

PROVEN = 1e-6  # relative gap that counts as closed: what the solvers are checked to


def read_dispatch(
    problem: Problem, sizes: Mapping[str, float], model: LinearModel, solution: Solution, schedule: Schedule
) -> Dispatch:
    """Put schedule, prices and gradient together.

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem.
        model: Its programme at these sizes, integers held.
        solution: Where the duals and the bound come from.
        schedule: The running itself.
    """
    step_h = problem.step_h
    bound = min(solution.bound, schedule.value)
    named = {s.name: -solution.duals[model.rows[f"{s.name}.stored_mwh"]] for s in problem.storages}
    return Dispatch(
        value=schedule.value,
        bound=bound,
        solver=solution.solver,
        take_mw=schedule.take_mw,
        export_mw=schedule.export_mw,
        charge_mw=schedule.charge_mw,
        discharge_mw=schedule.discharge_mw,
        stored_mwh=schedule.stored_mwh,
        price_per_mwh=solution.duals[model.rows["balance_mw"]] / step_h,
        cap_price_per_mwh=cap_prices(problem, model, solution.duals),
        stored_price_per_mwh=named,
        gradient=_gradient(problem, sizes, model, solution),
        burnt_mwh=schedule.burnt_mwh,
        burnt_worth=schedule.burnt_worth,
        proven=schedule.value - bound <= PROVEN * (1.0 + abs(schedule.value)),
    )


def _gradient(
    problem: Problem, sizes: Mapping[str, float], model: LinearModel, solution: Solution
) -> dict[str, float]:
    """Change of cost per unit of each size: prices of bounds and rows, each times how far a unit moves it."""
    slope = dict.fromkeys(problem.sizes, 0.0)
    reduced = model.cost - model.matrix.T @ solution.duals
    for limit in model.limits:
        price = reduced[model.columns[limit.columns]]
        price = np.minimum(price, 0.0) if limit.upper else np.maximum(price, 0.0)
        slope[limit.size] += float((price * limit.rate).sum())
    load = problem.sized_load
    if load.size is not None:
        slope[load.size] += float((solution.duals[model.rows["balance_mw"]] * load.rate).sum())
    found = model.rows.get("cap_mw")
    if found is not None:
        _, cap_of = cap_intervals(problem)
        priced = cap_of[cap_of >= 0]
        for index, name in enumerate(problem.caps):
            slope[name] += float(solution.duals[found][priced == index].sum())
    for commitment in problem.commitments:
        power = next(s.power for s in problem.supplies if s.name == commitment.supply)
        if power.size is not None:
            moves = _commitment_moves(commitment, model, solution)
            slope[power.size] += float((moves * power.rate).sum())
    return slope


def _commitment_moves(commitment, model: LinearModel, solution: Solution) -> np.ndarray:
    """Change of cost per MW of a committed generator's power in each step, its running held."""
    name = commitment.supply
    running = np.round(solution.x[model.columns[f"{name}.running"]])
    started = np.maximum(running - np.roll(running, 1), 0.0)
    most = np.minimum(solution.duals[model.rows[f"{name}.running_most"]], 0.0)
    least = np.maximum(solution.duals[model.rows[f"{name}.running_least"]], 0.0)
    return running * (most + commitment.minimum_frac * least) + commitment.start_cost_per_mw * started
