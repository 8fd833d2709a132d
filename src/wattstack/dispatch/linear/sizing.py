"""Sizes and running in one programme: for what the cuts do not hold, and to hold the cuts against.

Needs    dispatch.problem, linear.model, linear.build and the solvers.
Gives    build_sizing_model, solve_sizing, MonolithAnswer.
Used by  plan (fallback), tests and benchmarks (reference).

    minimise    sum cost x size + sum over operations of weight x cost of running
    subject to  the rules between sizes, and every limit of every operation, linear in the sizes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch.linear.build import Operation, add_operation, cap_prices
from wattstack.dispatch.linear.model import LinearModel, ModelBuilder, Solution
from wattstack.dispatch.linear.solve import solve_model
from wattstack.dispatch.linear.words import explain_infeasible
from wattstack.dispatch.problem import Problem, SizeColumn, SizeRow
from wattstack.errors import StateError

Weighted = Sequence[tuple[Problem, float]]


@dataclass(frozen=True)
class MonolithAnswer:
    """What the monolithic programme answers.

    Attributes:
        sizes: By column name.
        objective: Cost of the sizes and of all weighted running. bound: no sizes and no running cost less.
        solver: "piqp" or "highs".
        price_per_mwh, cap_price_per_mwh: Bus and peak prices of each operation, shapes (steps,).
        stored_price_per_mwh: Of each operation, by storage name.
    """

    sizes: dict[str, float]
    objective: float
    bound: float
    solver: str
    price_per_mwh: tuple[np.ndarray, ...]
    cap_price_per_mwh: tuple[np.ndarray, ...]
    stored_price_per_mwh: tuple[dict[str, np.ndarray], ...]


def build_sizing_model(
    columns: Sequence[SizeColumn], rows: Sequence[SizeRow], operations: Weighted
) -> LinearModel:
    """Sizes as columns, their rules as rows, and every operation written out.

    Args:
        columns: Every size that a row or an operation names; upper bounds finite.
        rows: Rules between sizes.
        operations: Problems, each with the weight of its cost.

    Returns:
        LinearModel with columns "size.NAME" and "units.NAME" (whole blocks), rows "size.NAME"; the blocks of
        the k-th of several operations begin with "k/".

    Raises:
        StateError: A size has no column, or no finite upper bound.
    """
    builder = ModelBuilder()
    planned = {}
    for column in columns:
        if not np.isfinite(column.upper):
            raise StateError(f"size {column.name}: upper is {column.upper}, must be finite. Give it a limit.")
        bounds = (column.lower, column.upper)
        (index,) = builder.add_columns(f"size.{column.name}", 1, column.cost, bounds)
        planned[column.name] = (int(index), column.upper)
        if column.block is not None:
            most = np.floor(column.upper / column.block * (1.0 + 1e-12))
            units = builder.add_columns(f"units.{column.name}", 1, bounds=(0.0, most), integer=True)
            row = builder.add_rows(f"size.{column.name} in whole blocks", 1, 0.0, 0.0)
            builder.put(row, [index, units[0]], [1.0, -column.block])
    for rule in rows:
        row = builder.add_rows(f"size.{rule.name}", 1, rule.lower, rule.upper)
        at = [_column(planned, name, rule.name) for name in rule.coefs]
        builder.put(row, at, list(rule.coefs.values()))
    for k, (problem, weight) in enumerate(operations):
        for name in problem.sizes:
            _column(planned, name, "an operation")
        prefix = operation_prefix(k, len(operations))
        add_operation(Operation(builder, problem, planned=planned, prefix=prefix, weight=weight))
    return builder.close()


def operation_prefix(k: int, count: int) -> str:
    """What the block names of the k-th operation begin with."""
    return f"{k}/" if count > 1 else ""


def _column(planned: dict[str, tuple[int, float]], name: str, user: str) -> int:
    if name not in planned:
        raise StateError(f"size {name} is named by {user} and has no column. Add a SizeColumn.")
    return planned[name][0]


def solve_sizing(
    columns: Sequence[SizeColumn],
    rows: Sequence[SizeRow],
    operations: Weighted,
    solve: Callable[[LinearModel, float], Solution | None] = solve_model,
    gap_frac: float = 1e-6,
) -> MonolithAnswer:
    """Choose sizes and running at once.

    Args:
        columns, rows, operations: As in build_sizing_model.
        solve: What solves the programme.
        gap_frac: Where a search over integers may stop.

    Returns:
        MonolithAnswer; run dispatch_year at its sizes for the schedules.

    Raises:
        StateError: A size has no column or no upper bound, or the solver gives up.
        InfeasibleError: No sizes and no running meet all limits; says which first and by how much.
    """
    model = build_sizing_model(columns, rows, operations)
    solution = solve(model, gap_frac)
    if solution is None:
        raise explain_infeasible(model)
    duals, prices, caps, stored = solution.duals, [], [], []
    for k, (problem, weight) in enumerate(operations):
        prefix = operation_prefix(k, len(operations))
        prices.append(duals[model.rows[f"{prefix}balance_mw"]] / (problem.step_h * weight))
        caps.append(cap_prices(problem, model, duals, prefix) / weight)
        stored.append(
            {s.name: -duals[model.rows[f"{prefix}{s.name}.stored_mwh"]] / weight for s in problem.storages}
        )
    return MonolithAnswer(
        sizes={c.name: float(solution.x[model.columns[f"size.{c.name}"]][0]) for c in columns},
        objective=solution.value,
        bound=min(solution.bound, solution.value),
        solver=solution.solver,
        price_per_mwh=tuple(prices),
        cap_price_per_mwh=tuple(caps),
        stored_price_per_mwh=tuple(stored),
    )
