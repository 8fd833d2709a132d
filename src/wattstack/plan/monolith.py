"""The plan that the kernel does not hold: sizes and running in one programme, then the schedule at its sizes.

Needs    dispatch.solve_sizing, dispatch_year.
Gives    solve_whole, Whole.
Used by  plan.site, plan.baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Dispatch, dispatch_year, solve_sizing
from wattstack.errors import GapError, InfeasibleError
from wattstack.plan.columns import UNSERVED, SiteModel
from wattstack.plan.relief import is_short
from wattstack.plan.result import gap_between

CHECK_FRAC = 1e-5  # an interior point leaves the last digits open; asked gaps below this are taken as this


@dataclass(frozen=True)
class Whole:
    """Sizes, cost and bound from the general solver, and the running of each scenario at these sizes."""

    sizes: dict[str, float]
    objective: float
    bound: float
    solver: str
    runs: tuple[Dispatch, ...]


def solve_whole(site: SiteModel, gap_frac: float) -> Whole:
    """Solve the sizing model as one linear or integer programme.

    Raises:
        InfeasibleError: No sizes and no running meet all limits. GapError: the solver stopped short of the gap.
    """
    model = site.model
    answer = solve_sizing(model.columns, model.rows, list(zip(model.problems, model.weights, strict=True)))
    runs = tuple(dispatch_year(problem, answer.sizes) for problem in model.problems)
    cost = sum(column.cost * answer.sizes[column.name] for column in model.columns)
    objective = cost + sum(w * run.value for w, run in zip(model.weights, runs, strict=True))
    gap = gap_between(objective, answer.bound)
    if gap > max(gap_frac, CHECK_FRAC):
        raise GapError(
            f"{answer.solver} left a gap of {gap:.2g}, asked was {gap_frac:g}. Ask for a wider gap, a shorter time or "
            "fewer integers."
        )
    return Whole(answer.sizes, objective, answer.bound, answer.solver, runs)


def require_served(site: SiteModel, whole: Whole, cases: Sequence) -> None:
    """Raise where load goes unserved that must not.

    Raises:
        InfeasibleError: With the first step and the MW.
    """
    missing = [run.take_mw[UNSERVED] for run in whole.runs]
    if not (site.strict and is_short(missing, cases)):
        return
    s = int(np.argmax([m.sum() for m in missing]))
    first = int(np.argmax(missing[s] > 1e-6))
    stamp = np.datetime_as_string(cases[s].axis.stamps[first], unit="m")
    raise InfeasibleError(
        f"{cases[s].campus.name}: the load cannot be served: first at {stamp}Z (step {first}) {missing[s][first]:.4g} "
        f"MW missing, {missing[s].max():.4g} MW at most. Raise the connection, the generation or the battery."
    )
