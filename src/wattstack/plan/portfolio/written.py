"""The portfolio written out: master and every hour of every running in one linear programme.

Needs    plan.portfolio.solve (draft_block), dispatch.add_operation.
Gives    write_out, write_running.
Used by  tests and benchmarks: the reference that the certificate is held against.
"""

from __future__ import annotations

import numpy as np

from wattstack.dispatch.linear import LinearModel, ModelBuilder, Operation, add_operation
from wattstack.plan.portfolio.block import Block, Task
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.search import M
from wattstack.plan.portfolio.solve import Given, draft_block, priced
from wattstack.portfolio import Portfolio

REACH = 1e5  # no size is larger than this [MW, MWh]


def write_out(portfolio: Portfolio, given: Given | None = None) -> tuple[LinearModel, Block]:
    """The whole programme: minimise minus the net present value [M].

    Args:
        portfolio: What may be built.
        given: Learning path and target; decisions taken already are not written.

    Returns:
        (model, block); the answer's columns are read by block.draft.values(x).
    """
    builder = ModelBuilder()
    block = draft_block(builder, portfolio, Given() if given is None else given, Pool())
    return write_running(builder, block), block


def write_running(builder: ModelBuilder, block: Block) -> LinearModel:
    """The block's programme with every hour of its running written out.

    A column of running cost then holds what no capacity changes. The hours pay for themselves, which keeps the
    programme sparse; with a credit line, whose rows of cash name that column, it holds the cost of the hours too.
    """
    for task in block.tasks:
        _add_running(builder, block, task)
    standing = np.array([task.operation.standing_cost * M for task in block.tasks])
    if block.portfolio.money.credit_limit_m is not None:
        return _counted(builder, block, standing)
    model = priced(builder.close(), [block])
    costs = np.array([task.cost for task in block.tasks], int)
    model.lower[costs] = model.upper[costs] = standing
    return model


def _counted(builder: ModelBuilder, block: Block, standing: np.ndarray) -> LinearModel:
    """The programme with a row a site-period: its column of running cost = what its hours cost + what stands."""
    cost, hours = builder.close().cost, []
    for task, amount in zip(block.tasks, standing, strict=True):
        prefix = _prefix(task)
        row = builder.add_rows(f"{prefix}running_m", 1, amount, amount)
        builder.put(row, task.cost, 1.0)
        for columns in (part for name, part in builder.columns.items() if name.startswith(prefix)):
            at = np.arange(columns.start, columns.stop)
            builder.put(row, at, -cost[at] / block.draft.discount[task.period])
            hours.append(at)
    model = priced(builder.close(), [block])
    model.cost[np.concatenate([np.array([], int), *hours])] = 0.0
    return model


def _prefix(task: Task) -> str:
    return f"{task.site}[{task.period}]/"


def _add_running(builder: ModelBuilder, block: Block, task: Task) -> None:
    """Every problem of a site-period, its sizes the columns of the master."""
    operation, scale = task.operation, block.draft.discount[task.period] * M
    planned = {name: (int(column), REACH) for name, column in zip(operation.names, task.columns, strict=True)}
    prefix = _prefix(task)
    for name, cost, upper in operation.own_columns():
        (column,) = builder.add_columns(prefix + name, 1, cost * scale, (0.0, upper))
        planned[name] = (int(column), upper)
    for rule in operation.own_rows():
        row = builder.add_rows(prefix + rule.name, 1, rule.lower, rule.upper)
        builder.put(row, [planned[name][0] for name in rule.coefs], list(rule.coefs.values()))
    for number, (problem, weight) in enumerate(operation.problems()):
        one = Operation(builder, problem, planned=planned, prefix=f"{prefix}{number}/", weight=weight * scale)
        add_operation(one)
