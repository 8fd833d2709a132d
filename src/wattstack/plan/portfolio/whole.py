"""Whole stages, gates and lines: the cuts stay, HiGHS searches over whole numbers, its points are run exactly.

Needs    plan.portfolio.search.
Gives    make_whole.
Used by  plan.portfolio.solve.
"""

from __future__ import annotations

import numpy as np

from wattstack.errors import GapError, InfeasibleError
from wattstack.plan.portfolio.search import Report, Search

ROUNDS_MOST = 30


def make_whole(search: Search, gap_frac: float, report: Report | None = None) -> None:
    """Go on from a plan with parts of units to one with whole units, bound and value within `gap_frac`.

    Raises:
        InfeasibleError: No whole units meet all limits. GapError: ROUNDS_MOST rounds did not reach the gap.
    """
    parts = [c for block in search.blocks for c in block.draft.integers]
    columns = np.unique(np.concatenate([np.array([], int), *parts]))
    if not len(columns):
        return
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
        added = _run_and_separate(search, answer.x, gap_frac)
        program.whole(columns, on=False)
        search._note(added, report)
        if search.gap_frac <= gap_frac:
            return
        _fix_and_solve(search, columns, np.round(answer.x[columns]), gap_frac)
    raise GapError(
        f"{ROUNDS_MOST} rounds left a gap of {search.gap_frac:.2g}, asked was {gap_frac:.2g}. Ask for a wider gap."
    )


def _run_and_separate(search: Search, x: np.ndarray, gap_frac: float) -> int:
    """Run a point, with several chemistries cycling only where the gap asks; returns how many cuts it brought."""
    search.evaluate(x)
    added = search.separate(x)
    if not added and search.gap_frac > gap_frac:
        search.evaluate(x, several=True)
        added = search.separate(x)
    return added


def _fix_and_solve(search: Search, columns: np.ndarray, whole: np.ndarray, gap_frac: float) -> None:
    """The best plan with these whole numbers; nothing where there is none."""
    program = search.program
    lower, upper, bound = program.lower[columns].copy(), program.upper[columns].copy(), search.bound_m
    program.hold(columns, whole, whole)
    search.bound_m = np.inf
    try:
        for _ in range(4):
            answer = search._master()
            if not _run_and_separate(search, answer.x, 0.3 * gap_frac) or search.gap_frac <= 0.3 * gap_frac:
                break
    except InfeasibleError:
        pass
    program.hold(columns, lower, upper)
    search.bound_m = bound
