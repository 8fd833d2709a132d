"""Whole stages, gates and lines: the cuts stay, HiGHS searches over whole numbers, its points are run exactly.

Needs    plan.portfolio.search.
Gives    make_whole.
Used by  plan.portfolio.solve.
"""

from __future__ import annotations

import numpy as np

from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio.search import Report, Search

ROUNDS_MOST = 30


def make_whole(search: Search, gap_frac: float, report: Report | None = None) -> None:
    """Go on from a plan with parts of units to one with whole units, bound and value within `gap_frac`."""
    columns = np.unique(np.concatenate([c for block in search.blocks for c in block.draft.integers]))
    program = search.program
    relaxed = search.best
    search.best_m, search.best = -np.inf, None
    bound = search.bound_m
    for later in (0.999, 0.5):
        _fix_and_solve(search, columns, np.floor(relaxed[columns] + 1.0 - later), gap_frac)
    program.set(mip_rel_gap=gap_frac * 0.3, mip_heuristic_effort=0.1)
    search.bound_m = bound
    for _ in range(ROUNDS_MOST):
        program.whole(columns)
        if search.best is not None:
            program.offer(search.best)
        answer = program.solve()
        search.bound_m = min(search.bound_m, answer.bound)
        search.evaluate(answer.x)
        added = search.separate(answer.x)
        program.whole(columns, on=False)
        search._note(added, report)
        if search.gap_frac <= gap_frac:
            return
        _fix_and_solve(search, columns, np.round(answer.x[columns]), gap_frac)


def _fix_and_solve(search: Search, columns: np.ndarray, whole: np.ndarray, gap_frac: float) -> None:
    """The best plan with these whole numbers; nothing where there is none."""
    program = search.program
    lower, upper, bound = program.lower[columns].copy(), program.upper[columns].copy(), search.bound_m
    program.hold(columns, whole, whole)
    search.bound_m = np.inf
    try:
        for _ in range(4):
            answer = search._master()
            search.evaluate(answer.x)
            if not search.separate(answer.x) or search.gap_frac <= 0.3 * gap_frac:
                break
    except InfeasibleError:
        pass
    program.hold(columns, lower, upper)
    search.bound_m = bound
