"""Why a programme has no answer, in words: the first step at fault, by how much, and what would mend it.

Needs    linear.model, linear.highs.
Gives    explain_infeasible.
Used by  dispatch.linear, linear.sizing.

Every row may be broken at a price (an elastic programme, Chinneck 2008, Feasibility and infeasibility in
optimization, chapter 6). Breaking later costs a little less, so what stays broken is broken as late as can
be, and the first broken step is one that nothing before it can mend.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattstack.dispatch.linear.highs import solve_highs
from wattstack.dispatch.linear.model import LinearModel
from wattstack.errors import InfeasibleError

BROKEN = 1e-6  # MW or MWh: less is the solver's tolerance
LATER = 1e-3  # how much cheaper the last step is to break than the first
DEAR = 100.0  # rows other than the bus balance are broken only where unserved load does not help


def explain_infeasible(model: LinearModel) -> InfeasibleError:
    """The error that says what cannot be met.

    Args:
        model: A programme without an answer, rows named as build_model and build_sizing_model name them.
    """
    elastic = _elastic(model)
    solution = solve_highs(elastic)
    rows, columns = model.matrix.shape
    short = np.zeros(rows)
    if solution is not None:
        short = solution.x[columns : columns + rows] - solution.x[columns + rows :]
    faults = [_fault(name, at, short[at], model) for name, at in model.rows.items()]
    faults = sorted(fault for fault in faults if fault is not None)
    if not faults:
        return InfeasibleError(
            "two bounds of one size cross, or limits miss each other by a hair. Widen them."
        )
    return InfeasibleError(faults[0][-1])


def _elastic(model: LinearModel) -> LinearModel:
    """The model with two more columns a row that fill it up or take it down, and these alone cost."""
    from scipy.sparse import eye_array, hstack

    rows, columns = model.matrix.shape
    price = np.empty(rows)
    for name, at in model.rows.items():
        count = at.stop - at.start
        later = 1.0 + LATER * (1.0 - np.arange(count) / count)
        price[at] = later * (1.0 if name.endswith("balance_mw") else DEAR)
    lifts = eye_array(rows)
    none, free = np.zeros(2 * rows), np.full(2 * rows, np.inf)
    return replace(
        model,
        cost=np.concatenate([np.zeros(columns), price, price]),
        lower=np.concatenate([model.lower, none]),
        upper=np.concatenate([model.upper, free]),
        reach=np.concatenate([model.reach, free]),
        integer=np.concatenate([model.integer, none > 0.0]),
        matrix=hstack([model.matrix, lifts, -lifts]).tocsr(),
    )


def _fault(name: str, at: slice, short: np.ndarray, model: LinearModel) -> tuple[int, int, str] | None:
    """What one block of rows misses first: (rank, step, sentence); None where it misses nothing."""
    broken = np.flatnonzero(np.abs(short) > BROKEN * (1.0 + np.abs(short).max()))
    if not len(broken):
        return None
    step, amount = int(broken[0]), float(short[broken[0]])
    scenario, _, block = name.rpartition("/")
    where = f"scenario {scenario}, step {step}" if scenario else f"step {step}"
    if block == "balance_mw":
        worst = f" ({len(broken)} steps in all, the worst {np.abs(short).max():.6g} MW)"
        more = worst if len(broken) > 1 else ""
        if amount > 0.0:
            text = f"the load of {model.row_lower[at][step]:.6g} MW is {amount:.6g} MW above all that can "
            text += f"serve it{more}. Raise a limit, or give unserved load a price."
        else:
            text = f"{-amount:.6g} MW more than the load and all limits can take{more}. "
            text += "Raise the export limit or the ceiling of a storage."
        return 0, step, f"{where}: {text}"
    if block.endswith(".stored_mwh"):
        text = f"{block.removesuffix('.stored_mwh')} ends {abs(amount):.6g} MWh above its ceiling, and no power can "
        return 1, step, f"{where}: {text}mend it. Raise that limit, or the end that was asked for."
    if block.startswith("size."):
        rule = block.removeprefix("size.")
        return 2, 0, f"{rule} is missed by {abs(amount):.6g}: no sizes within their bounds keep it. Widen it."
    return 3, step, f"{where}: {block} is missed by {abs(amount):.6g}. Widen that limit."
