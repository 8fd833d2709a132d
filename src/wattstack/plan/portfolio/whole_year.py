"""A campus' year in one linear programme: for what the kernel does not hold (several batteries, long meter intervals).

Needs    dispatch.linear; a YearModel of plan.portfolio.year.
Gives    run_whole.
Used by  plan.portfolio.year.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.dispatch import SizeColumn
from wattstack.dispatch.linear import LinearModel, build_sizing_model, lower_bound, solve_model
from wattstack.errors import InfeasibleError, StateError

if TYPE_CHECKING:
    from wattstack.plan.portfolio.year import YearModel


def run_whole(model: YearModel, y: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Cost of running at these capacities, and its cut: value, const, grad, by the year.

    The capacities are columns held at y; what the bounds that hold them are worth is the gradient, and every
    set of duals proves a bound (weak duality), whatever the solver's tolerance.

    Raises:
        StateError: The running needs whole numbers, of which no cut is made.
        InfeasibleError: Nothing meets the limits at these capacities.
    """
    if any(problem.commitments for problem in model.problems):
        unit = next(p.commitments[0].supply for p in model.problems if p.commitments)
        raise StateError(
            f"{unit} has a minimum load or a start cost, which a portfolio does not hold. Take both out of the "
            "campus file."
        )
    upper = {column.name: column.upper for column in model.columns}
    held = [
        SizeColumn(name, 0.0, 0.0, max(upper.get(name, 0.0), value))
        for name, value in zip(model.names, y.tolist(), strict=True)
    ]
    operations = list(zip(model.problems, model.weights, strict=True))
    written = build_sizing_model([*held, *model.own], model.rows, operations)
    at = np.array([written.columns[f"size.{name}"].start for name in model.names])
    written = replace(written, lower=written.lower.copy(), upper=written.upper.copy())
    written.lower[at] = written.upper[at] = y
    found = solve_model(written)
    if found is None:
        raise InfeasibleError("nothing meets the limits at these capacities. Give an unserved line.")
    duals = _tightened(written, found.duals)
    grad = (written.cost - written.matrix.T @ duals)[at]
    return found.value, lower_bound(written, duals) - float(grad @ y), grad


def _tightened(model: LinearModel, duals: np.ndarray) -> np.ndarray:
    """The same prices with every limit that moves with a capacity worth as little as they allow.

    Where a capacity is 0 nothing can be drawn from it, and a solver may call its limit worth anything at all.
    """
    duals = duals.copy()
    reduced = model.cost - model.matrix.T @ duals
    sizes = np.zeros(len(reduced), bool)
    for name, place in model.columns.items():
        sizes[place] = name.startswith("size.")
    for name, place in model.rows.items():
        if name.endswith(".most"):
            rows = np.arange(place.start, place.stop)
            columns = model.matrix.indices.reshape(-1)[
                np.add.outer(model.matrix.indptr[rows], np.arange(2))
            ]  # each row: what is drawn, and the capacity
            drawn = np.where(sizes[columns[:, 0]], columns[:, 1], columns[:, 0])
            duals[rows] = np.minimum(reduced[drawn] + duals[rows], 0.0)
    return duals
