"""HiGHS: linear programmes with whole numbers, and whatever the interior point does not answer.

Needs    highspy (imported when called), linear.model, linear.check.
Gives    solve_highs, as_highs.
Used by  dispatch.linear, linear.sizing, linear.words, plan.portfolio.program, benchmarks.

Huangfu and Hall (2018), Parallelizing the dual revised simplex method, doi:10.1007/s12532-017-0130-5.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

import numpy as np

from wattstack.dispatch.linear.check import lower_bound
from wattstack.dispatch.linear.model import LinearModel, Solution
from wattstack.errors import StateError

MOST_NODES = 2000  # a year with one committed generator takes some 30
FEASIBLE = 1e-9  # tolerances on rows and prices; HiGHS' own 1e-7 would show in the energy balance


def solve_highs(
    model: LinearModel, method: str = "simplex", gap_frac: float = 1e-6, most_nodes: int = MOST_NODES
) -> Solution | None:
    """Solve a model with HiGHS; None where nothing meets its limits.

    Prices of a model with integers are those of the model in which the integers found are held.

    Args:
        model: The programme.
        method: "simplex", "ipm" or "hipo", for programmes without integers.
        gap_frac: Where the search over integers may stop.
        most_nodes: Nodes after which that search stops with the best and the bound it has. Nodes, not
            seconds: the answer is then the same on any machine.

    Raises:
        StateError: HiGHS ends without an answer.
    """
    if not np.any(model.integer):
        x, duals, _ = _run(model, {"solver": method})
        return None if x is None else _solution(model, x, duals, lower_bound(model, duals))
    options = {"mip_rel_gap": gap_frac, "mip_max_nodes": most_nodes}
    x, _, bound = _run(model, options)
    if x is None:
        return None
    held = hold_integers(model, x)
    fixed = solve_highs(held, method)
    if fixed is None:
        raise StateError(
            "HiGHS kept its limits only with integers a hair off whole numbers. Widen what is exactly full by 1e-6."
        )
    return replace(fixed, bound=bound)


def hold_integers(model: LinearModel, x: np.ndarray) -> LinearModel:
    """The same model with every integer column held at its value in x."""
    whole = np.round(x)
    return replace(
        model,
        lower=np.where(model.integer, whole, model.lower),
        upper=np.where(model.integer, whole, model.upper),
        integer=np.zeros_like(model.integer),
    )


def _solution(model: LinearModel, x: np.ndarray, duals: np.ndarray, bound: float) -> Solution:
    return Solution(x=x, duals=duals, value=float(model.cost @ x), bound=bound, solver="highs")


def _run(model: LinearModel, options: dict[str, float | str]):
    """Columns, duals and bound that HiGHS finds; (None, None, inf) where the model is infeasible."""
    import highspy

    solver = highspy.Highs()
    solver.silent()
    options = {"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE, **options}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(as_highs(model))
    solver.HandleKeyboardInterrupt = True  # else Ctrl-C waits for the end of the search
    with redirect_stdout(StringIO()):
        solver.solve()
    status = solver.getModelStatus()
    known = highspy.HighsModelStatus
    if status == known.kInterrupt:
        raise KeyboardInterrupt
    if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
        return None, None, np.inf
    found = solver.getSolution()
    if status != known.kOptimal and not (status == known.kSolutionLimit and found.value_valid):
        raise StateError(f"HiGHS ended with {solver.modelStatusToString(status)!r}, must be Optimal.")
    bound = solver.getInfo().mip_dual_bound
    return np.array(found.col_value), np.array(found.row_dual), bound


def as_highs(model: LinearModel):
    """The model in HiGHS' own form, row by row."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data
    if np.any(model.integer):
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in model.integer]
    return lp
