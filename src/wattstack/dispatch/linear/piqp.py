"""PIQP: the fast interior point for linear programmes, behind a clean-up and a check.

Needs    piqp and scipy.sparse (imported when called), linear.model, linear.check.
Gives    solve_piqp.
Used by  dispatch.linear, linear.sizing, linear.ties, benchmarks.

Schwan, Jiang, Kuhn and Jones (2023), PIQP: a proximal interior-point quadratic programming solver,
doi:10.1109/CDC49753.2023.10383915. An interior point wants an interior and numbers near one, so columns whose
bounds meet are taken out, bounds that mean "none" are dropped, power is measured in median right-hand sides
and money in geometric mean costs. What comes back is believed only if it keeps its limits and its own duals
prove it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.dispatch.linear.check import cost_scale, lower_bound, violation
from wattstack.dispatch.linear.model import LinearModel, Solution

CHECK = 1e-6  # largest step over a limit, and largest gap, that is believed
NO_BOUND = 1e6  # a bound from here on means "none"
CLOSED = 1e-9  # bounds nearer than this leave no interior: the column is taken out


@dataclass(frozen=True)
class _Clean:
    """The model PIQP sees: `free` columns, equal and between rows, divided by power and money."""

    free: np.ndarray
    x: np.ndarray
    equal: np.ndarray
    between: np.ndarray
    power: float
    money: float


def solve_piqp(model: LinearModel, quadratic: np.ndarray | None = None) -> Solution | None:
    """Solve a model without integers with PIQP; None where its answer is not believed.

    Args:
        model: The programme.
        quadratic: Cost of half the square of each column, shape (n,); then the duals are not checked.

    Returns:
        Solution with columns inside their bounds, or None (also where nothing meets the limits).
    """
    clean = _clean(model)
    x, duals = _run(model, clean, quadratic)
    if x is None or not (np.all(np.isfinite(x)) and np.all(np.isfinite(duals))):
        return None
    x = np.clip(x, model.lower, model.upper)
    if violation(model, x) > CHECK:
        return None
    value = float(model.cost @ x)
    bound = -np.inf if quadratic is not None else lower_bound(model, duals)
    if quadratic is None and value - bound > CHECK * cost_scale(model, x):
        return None
    return Solution(x=x, duals=duals, value=value, bound=bound, solver="piqp")


def _clean(model: LinearModel) -> _Clean:
    """Which columns and rows stay, and the units they are measured in."""
    free = model.upper - model.lower > CLOSED * (1.0 + np.abs(model.lower))
    x = np.where(free, 0.0, model.lower)
    reached = np.diff(model.matrix[:, free].indptr) > 0
    same = model.row_lower == model.row_upper
    used = reached & (np.isfinite(model.row_lower) | np.isfinite(model.row_upper))
    rest = model.matrix @ x
    sides = np.abs(np.concatenate([model.row_lower - rest, model.row_upper - rest]))
    sides = sides[np.isfinite(sides) & (sides > 1e-6) & (sides < NO_BOUND)]
    costs = np.abs(model.cost[free & (model.cost != 0.0)])
    return _Clean(
        free=free,
        x=x,
        equal=np.flatnonzero(used & same),
        between=np.flatnonzero(used & ~same),
        power=float(np.median(sides)) if len(sides) else 1.0,
        money=float(np.exp(np.log(costs).mean())) if len(costs) else 1.0,
    )


def _run(model: LinearModel, clean: _Clean, quadratic: np.ndarray | None):
    """Columns and duals in the model's own units, (None, None) where PIQP gives up."""
    import piqp
    from scipy.sparse import csc_matrix, diags_array

    free, power, money = clean.free, clean.power, clean.money
    count = int(free.sum())
    square = np.zeros(count) if quadratic is None else quadratic[free] * power / money
    rest = model.matrix @ clean.x
    kept = model.matrix.tocsc()[:, free].tocsr()

    solver = piqp.SparseSolver()
    solver.settings.kkt_solver = piqp.KKTSolver.sparse_ldlt
    solver.setup(
        csc_matrix(diags_array(square)),
        model.cost[free] / money,
        csc_matrix(kept[clean.equal]),
        (model.row_lower - rest)[clean.equal] / power,
        csc_matrix(kept[clean.between]),
        _side((model.row_lower - rest)[clean.between], power),
        _side((model.row_upper - rest)[clean.between], power),
        _side(model.lower[free], power),
        _side(model.upper[free], power),
    )
    if solver.solve() != piqp.PIQP_SOLVED:
        return None, None
    found = solver.result
    x = clean.x.copy()
    x[free] = found.x * power
    duals = np.zeros(len(model.row_lower))
    duals[clean.equal] = -found.y * money
    duals[clean.between] = (found.z_l - found.z_u) * money
    return x, duals


def _side(values: np.ndarray, power: float) -> np.ndarray:
    """Bounds in units of power; what only means "none" becomes infinite."""
    scaled = values / power
    scaled[values >= NO_BOUND] = np.inf
    scaled[values <= -NO_BOUND] = -np.inf
    return scaled
