"""What needs whole numbers: a generator that is on or off, a meter that buys or sells.

Needs    dispatch.problem; an Operation of linear.build.
Gives    add_commitment, add_one_way_meter, sells_above_buy.
Used by  linear.build, dispatch.choose.

Unit commitment with a binary for running and one for a start, as in Carrion and Arroyo (2006),
doi:10.1109/TPWRS.2006.876672, without ramps and minimum times. The axis is a cycle: a unit that runs in the
last step need not start in the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from wattstack.dispatch.problem import Amount, Commitment, Problem
from wattstack.errors import StateError

if TYPE_CHECKING:
    from wattstack.dispatch.linear.build import Operation

APART = 1.01  # the meter's binary binds a little outside the limits, so that prices stay on the limits


def add_commitment(operation: Operation, commitment: Commitment, takes: Mapping[str, np.ndarray]) -> None:
    """Binaries of one generator: it is off, or between its minimum and its power; starts cost.

    Raises:
        StateError: No supply has the name of the commitment.
    """
    supply = next((s for s in operation.problem.supplies if s.name == commitment.supply), None)
    if supply is None:
        raise StateError(f"commitment of {commitment.supply!r}: no supply has this name. Name a generator.")
    builder, count = operation.builder, operation.problem.count
    name, take = operation.prefix + supply.name, takes[supply.name]
    planned, most = operation.is_planned(supply.power), operation.most(supply.power)
    start_cost = operation.weight * commitment.start_cost_per_mw
    running = builder.add_columns(f"{name}.running", count, bounds=(0.0, 1.0), integer=True)
    started = builder.add_columns(f"{name}.started", count, 0.0 if planned else start_cost * most, (0.0, 1.0))
    rows = builder.add_rows(f"{name}.started", count, 0.0, np.inf)
    builder.put(rows, started, 1.0)
    builder.put(rows, running, -1.0)
    builder.put(rows, np.roll(running, 1), 1.0)
    able, factor = running, most
    if planned:
        able, factor = _planned_power(operation, supply.power, f"{name}.running_mw", running), 1.0
        start = builder.add_columns(f"{name}.start_mw", count, start_cost, reach=most)
        _at_least(operation, supply.power, f"{name}.start_mw", start, started)
    rows = builder.add_rows(f"{name}.running_most", count, -np.inf, 0.0)
    builder.put(rows, take, 1.0)
    builder.put(rows, able, -factor)
    rows = builder.add_rows(f"{name}.running_least", count, 0.0, np.inf)
    builder.put(rows, take, 1.0)
    builder.put(rows, able, -factor * commitment.minimum_frac)


def _planned_power(operation: Operation, power: Amount, name: str, running: np.ndarray) -> np.ndarray:
    """Columns that equal the planned power while running and 0 while off."""
    builder, count, most = operation.builder, operation.problem.count, operation.most(power)
    able = builder.add_columns(name, count, reach=most)
    rows = builder.add_rows(f"{name}.off", count, -np.inf, 0.0)
    builder.put(rows, able, 1.0)
    builder.put(rows, running, -most)
    rows = builder.add_rows(f"{name}.power", count, -np.inf, power.fixed)
    builder.put(rows, able, 1.0)
    builder.put(rows, operation.planned[power.size][0], np.multiply(power.rate, -1.0))
    _at_least(operation, power, name, able, running)
    return able


def _at_least(operation: Operation, power: Amount, name: str, able: np.ndarray, on: np.ndarray) -> None:
    """Rows: able >= power while `on` is 1, nothing while it is 0."""
    builder, most = operation.builder, operation.most(power)
    rows = builder.add_rows(f"{name}.on", operation.problem.count, power.fixed - most, np.inf)
    builder.put(rows, able, 1.0)
    builder.put(rows, operation.planned[power.size][0], np.multiply(power.rate, -1.0))
    builder.put(rows, on, -most)


def add_one_way_meter(operation: Operation, takes: Mapping[str, np.ndarray], reach: np.ndarray) -> None:
    """A binary in every step that sells above buy: the connection imports or it exports, never both."""
    problem, builder = operation.problem, operation.builder
    steps = np.flatnonzero(sells_above_buy(problem, operation.most))
    if not len(steps):
        return
    buying = builder.add_columns(
        f"{operation.prefix}grid.buying", len(steps), bounds=(0.0, 1.0), integer=True
    )
    for kind, name in (("import", "bought"), ("export", "sold")):
        lines = [s for s in problem.supplies if s.kind == kind]
        most = APART * sum(np.minimum(operation.most(s.power), reach)[steps] for s in lines)
        upper = 0.0 if kind == "import" else most
        rows = builder.add_rows(f"{operation.prefix}grid.{name}", len(steps), -np.inf, upper)
        for supply in lines:
            builder.put(rows, takes[supply.name][steps], 1.0)
        builder.put(rows, buying, -most if kind == "import" else most)


def sells_above_buy(problem: Problem, amount_at) -> np.ndarray:
    """Steps in which selling pays more than buying costs, both possible; shape (steps,), bool.

    Args:
        problem: One site over one axis.
        amount_at: Function that gives an Amount as numbers [MW].
    """
    buy = np.full(problem.count, np.inf)
    sell = np.full(problem.count, -np.inf)
    for supply in problem.supplies:
        open_now = np.broadcast_to(np.greater(amount_at(supply.power), 0.0), (problem.count,))
        price = np.broadcast_to(supply.cost_per_mwh, (problem.count,))
        if supply.kind == "import":
            buy = np.where(open_now, np.minimum(buy, price), buy)
        elif supply.kind == "export":
            sell = np.where(open_now, np.maximum(sell, price), sell)
    return sell > buy
