"""The solvers that wattstack is held against, fed with the case written out: HiGHS three ways, and PIQP.

Needs    benchmarks.lp; highspy (HiPO: highspy-extras), piqp.
Gives    Answer, solve_highs, solve_piqp, HIGHS_METHODS.
Used by  benchmarks.tools.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix

from benchmarks.lp import Lp

HIGHS_METHODS = ("simplex", "ipx", "hipo")
NEVER = 1e6  # a bound from here on means "none"


@dataclass(frozen=True)
class Answer:
    """What one run gave: seconds of the solve alone, objective, sizes (if planned), energy prices by step."""

    seconds: float
    objective: float
    sizes: np.ndarray
    price_per_mwh: np.ndarray


class NoAnswerError(Exception):
    """The tool did not end with an optimum; the text says how it ended."""


def solve_highs(lp: Lp, method: str, most_s: float = float("inf")) -> Callable[[], Answer]:
    """HiGHS on the programme; every call starts afresh and times `run` alone, the model passed before.

    It is stopped after `most_s` seconds.
    """
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = lp.matrix.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = lp.cost, lp.lower, lp.upper
    model.row_lower_, model.row_upper_ = lp.row_lower, lp.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = lp.matrix.indptr
    model.a_matrix_.index_ = lp.matrix.indices
    model.a_matrix_.value_ = lp.matrix.data

    def run() -> Answer:
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        if solver.setOptionValue("solver", method) != highspy.HighsStatus.kOk:
            raise NoAnswerError(f"this HiGHS has no {method}: install highspy[extras]")
        if np.isfinite(most_s):
            solver.setOptionValue("time_limit", most_s)
        solver.passModel(model)
        began = time.perf_counter()
        solver.run()
        seconds = time.perf_counter() - began
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise NoAnswerError(f"not done in {most_s:.0f} s")
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoAnswerError(f"ended as {solver.modelStatusToString(status)}")
        solution = solver.getSolution()
        return Answer(
            seconds,
            solver.getInfo().objective_function_value,
            lp.sizes(np.array(solution.col_value)),
            np.array(solution.row_dual[: lp.steps]) / lp.step_h,
        )

    return run


def solve_piqp(lp: Lp) -> Callable[[], Answer]:
    """PIQP on the programme cleaned first; every call starts afresh and times `setup` and `solve`.

    Cleaned: bounds of a million and more dropped, quantities counted in the median right side, money in the
    geometric mean of the costs. As it comes the programme mixes scales that an interior point stumbles over.
    """
    import piqp

    power = float(np.median(np.abs(lp.row_upper[(lp.row_upper != 0.0) & np.isfinite(lp.row_upper)])))
    money = float(np.exp(np.mean(np.log(np.abs(lp.cost[lp.cost != 0.0])))))

    def bounds(values: np.ndarray) -> np.ndarray:
        return np.where(np.abs(values) >= NEVER, np.copysign(np.inf, values), values / power)

    equal = lp.row_lower == lp.row_upper
    rows = lp.matrix.tocsr()
    parts = {
        "P": csc_matrix((len(lp.cost), len(lp.cost))),
        "c": lp.cost / money,
        "A": csc_matrix(rows[equal]),
        "b": lp.row_upper[equal] / power,
        "G": csc_matrix(rows[~equal]),
        "h_l": bounds(lp.row_lower[~equal]),
        "h_u": bounds(lp.row_upper[~equal]),
        "x_l": bounds(lp.lower),
        "x_u": bounds(lp.upper),
    }

    def run() -> Answer:
        solver = piqp.SparseSolver()
        solver.settings.kkt_solver = piqp.sparse_ldlt
        solver.settings.max_iter = 500
        began = time.perf_counter()
        solver.setup(**parts)
        status = solver.solve()
        seconds = time.perf_counter() - began
        if status != piqp.PIQP_SOLVED:
            raise NoAnswerError(f"ended as {status}")
        x = solver.result.x * power
        price = -np.array(solver.result.y[: lp.steps]) * money / lp.step_h
        return Answer(seconds, float(lp.cost @ x), lp.sizes(x), price)

    return run
