"""How good an answer to a linear programme is: how far off its limits, and how low the cost could still be.

Needs    linear.model.
Gives    lower_bound, violation, cost_scale.
Used by  linear.piqp, linear.highs.
"""

from __future__ import annotations

import numpy as np

from wattstack.dispatch.linear.model import LinearModel


def lower_bound(model: LinearModel, duals: np.ndarray) -> float:
    """Lagrangian bound on the least cost, valid for any duals whatever.

    Every row is priced into the cost and every column then chosen best on its own. Columns without an upper
    bound are held to the reach that no best answer exceeds.

    Args:
        model: The programme (integers are relaxed).
        duals: Price of each row, shape (m,).

    Source:
        Geoffrion (1974), Lagrangean relaxation for integer programming, doi:10.1007/BFb0120690.
    """
    right = np.where(duals > 0.0, model.row_lower, model.row_upper)
    used = duals != 0.0
    reduced = model.cost - model.matrix.T @ duals
    upper = np.minimum(model.upper, model.reach)
    best = np.where(reduced > 0.0, model.lower, upper)
    moved = reduced != 0.0
    return float(duals[used] @ right[used] + reduced[moved] @ best[moved])


def violation(model: LinearModel, x: np.ndarray) -> float:
    """The largest step over a row or a bound, relative to 1 + its size."""
    rows = model.matrix @ x
    worst = 0.0
    for values, lower, upper in ((rows, model.row_lower, model.row_upper), (x, model.lower, model.upper)):
        for excess, limit in ((lower - values, lower), (values - upper, upper)):
            finite = np.isfinite(limit)
            if np.any(finite):
                worst = max(worst, float(np.max(excess[finite] / (1.0 + np.abs(limit[finite])))))
    return worst


def cost_scale(model: LinearModel, x: np.ndarray) -> float:
    """What a gap is measured against: all money that moves, whatever its sign."""
    return 1.0 + float(np.abs(model.cost * x).sum())
