"""The general way to the best running: a linear programme, with whole numbers where they are needed.

Needs    dispatch.problem, result and the files of this folder.
Gives    linear_dispatch, solve_model.
Used by  dispatch.choose, tests and benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from wattstack.dispatch.linear.build import build_model
from wattstack.dispatch.linear.check import cost_scale
from wattstack.dispatch.linear.highs import hold_integers, solve_highs
from wattstack.dispatch.linear.model import LinearModel, Solution
from wattstack.dispatch.linear.piqp import solve_piqp
from wattstack.dispatch.linear.read import read_dispatch
from wattstack.dispatch.linear.settle import settle
from wattstack.dispatch.linear.ties import ALLOWED, prefer_fuller
from wattstack.dispatch.linear.words import explain_infeasible
from wattstack.dispatch.problem import Problem
from wattstack.dispatch.result import Dispatch


def solve_model(model: LinearModel, gap_frac: float = 1e-6) -> Solution | None:
    """PIQP where its answer is believed, HiGHS else; None where nothing meets the limits.

    A search over integers may stop at `gap_frac`.
    """
    if np.any(model.integer):
        return solve_highs(model, gap_frac=gap_frac)
    return solve_piqp(model) or solve_highs(model)


def linear_dispatch(
    problem: Problem,
    sizes: Mapping[str, float],
    solve: Callable[[LinearModel, float], Solution | None] = solve_model,
    gap_frac: float = 1e-6,
) -> Dispatch:
    """Run the problem at these sizes with a solver: several storages, integers and all.

    Among schedules of equal cost it takes the fuller, then the smoother one (linear.ties). With integers the
    prices and the gradient hold for the integers found, and the bound is that of the search.

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem.
        solve: What solves the programme.
        gap_frac: Where a search over integers may stop.

    Returns:
        Dispatch with solver "piqp" or "highs".

    Raises:
        StateError: A size is missing or negative, a limit has no end, or the solver gives up.
        InfeasibleError: No running meets the limits; says the first step and by how much.

    Example:
        >>> from wattstack.dispatch import Amount, Problem, Supply
        >>> grid = Supply("grid", "import", np.array([10.0, 50.0]), Amount(np.inf))
        >>> round(linear_dispatch(Problem(1.0, np.array([2.0, 2.0]), (grid,)), {}).value, 6)
        120.0
    """
    model = build_model(problem, sizes)
    solution = solve(model, gap_frac)
    if solution is None:
        raise explain_infeasible(model)
    held = hold_integers(model, solution.x)
    schedule = settle(problem, sizes, held, solution.x)
    preferred = prefer_fuller(problem, held, solution)
    if preferred is not None:
        fuller = settle(problem, sizes, held, preferred)
        if fuller.value <= schedule.value + ALLOWED * cost_scale(model, solution.x):
            schedule = fuller
    return read_dispatch(problem, sizes, held, solution, schedule)
