"""The plan that the kernel does not hold: sizes and running in one programme, then the schedule at its sizes.

Needs    dispatch.solve_sizing, dispatch_year.
Gives    solve_whole, Whole.
Used by  plan.site, plan.baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Dispatch, dispatch_year
from wattstack.errors import InfeasibleError
from wattstack.plan.columns import UNSERVED, SiteModel
from wattstack.plan.relief import is_short

CHECK_FRAC = 1e-5  # an interior point leaves the last digits open; asked gaps below this are taken as this
INTEGER_FRAC = 1e-4  # where a search over integers may stop, if no wider gap is asked for


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

    A search over integers may end with a wider gap than asked: sizes and bound then say how wide.

    Raises:
        InfeasibleError: No sizes and no running meet all limits.
    """
    from wattstack.dispatch import solve_sizing  # the general solver is loaded where it runs

    model = site.model
    aim = max(gap_frac, INTEGER_FRAC)
    operations = list(zip(model.problems, model.weights, strict=True))
    answer = solve_sizing(model.columns, model.rows, operations, gap_frac=aim)
    runs = tuple(dispatch_year(problem, answer.sizes, aim) for problem in model.problems)
    cost = sum(column.cost * answer.sizes[column.name] for column in model.columns)
    objective = cost + sum(w * run.value for w, run in zip(model.weights, runs, strict=True))
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
