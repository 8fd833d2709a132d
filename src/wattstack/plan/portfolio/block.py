"""One future of a portfolio as columns, rows and payments, and where its running enters.

Needs    every file of this folder that adds columns and rows; portfolio.
Gives    Block, Task, build_block.
Used by  plan.portfolio.search, written, stochastic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.factory import add_factory, committed_gwh, conversion_path
from wattstack.plan.portfolio.grid import add_grid
from wattstack.plan.portfolio.growth import add_growth
from wattstack.plan.portfolio.limits import add_money_limits
from wattstack.plan.portfolio.operation import LOAD_LEVEL, Operation, is_growing
from wattstack.plan.portfolio.orders import shared_rows
from wattstack.plan.portfolio.servers import add_servers
from wattstack.plan.portfolio.stores import add_generation, add_power, add_storage
from wattstack.plan.portfolio.works import add_gates, add_site_limits, add_works
from wattstack.portfolio import Portfolio, Site

Operations = Mapping[tuple[str, int], Operation]


@dataclass(frozen=True)
class Task:
    """The running of one site in one period: its function, the columns of its coordinates and of its cost."""

    site: str
    period: int
    operation: Operation
    columns: np.ndarray
    cost: int


@dataclass(frozen=True)
class Block:
    """One future in the programme.

    Attributes:
        portfolio: What is planned in it.
        draft: Its columns, rows and payments.
        tasks: Where the running enters.
        conversion_per_kwh: Learning path that was given, None without a factory.
        probability_frac: Weight in the objective.
    """

    portfolio: Portfolio
    draft: Draft
    tasks: tuple[Task, ...]
    conversion_per_kwh: np.ndarray | None
    probability_frac: float = 1.0


def build_block(
    draft: Draft,
    portfolio: Portfolio,
    operations: Operations,
    *,
    conversion_per_kwh: np.ndarray | None = None,
    forced_target: bool = False,
    probability_frac: float = 1.0,
) -> Block:
    """Add a future to a draft.

    Args:
        draft: Empty, of the portfolio's calendar.
        portfolio: What is planned.
        operations: Running by (site, period).
        conversion_per_kwh: Learning path; None = that of the committed lines at full ramp.
        forced_target: Whether the battery target is a row.
        probability_frac: Weight of this future.
    """
    factory, path = portfolio.factory, conversion_per_kwh
    draft.maker = factory.name if factory is not None else ""
    draft.late = portfolio.late
    if factory is not None and path is None:
        path = conversion_path(factory, committed_gwh(portfolio))
    for site in portfolio.sites:
        if is_growing(portfolio, site):
            add_growth(draft, portfolio, site, [operations[site.name, q] for q in range(draft.count)])
        else:
            _add_site(draft, portfolio, site, path)
    if factory is not None:
        add_factory(draft, portfolio, path, forced_target)
    shared_rows(draft, portfolio)
    tasks = tuple(task for site in portfolio.sites for task in _add_running(draft, site, operations))
    add_money_limits(draft, portfolio)
    return Block(portfolio, draft, tasks, path, probability_frac)


def _add_site(draft: Draft, portfolio: Portfolio, site: Site, path: np.ndarray | None) -> None:
    add_works(draft, portfolio, site)
    add_servers(draft, portfolio, site)
    add_grid(draft, portfolio, site)
    add_storage(draft, portfolio, site, path)
    add_generation(draft, portfolio, site)
    add_power(draft, portfolio, site)
    add_gates(draft, portfolio, site)
    add_site_limits(draft, portfolio, site)


def _add_running(draft: Draft, site: Site, operations: Operations) -> list[Task]:
    cost = draft.column("running_m", (site.name,), lower=-np.inf)
    draft.pay(("running", "", site.name), cost, -1.0)
    tasks = []
    for q in range(draft.count):
        operation = operations[site.name, q]
        columns = np.array([coordinate(draft, site.name, name)[q] for name in operation.names])
        tasks.append(Task(site.name, q, operation, columns, int(cost[q])))
    return tasks


def coordinate(draft: Draft, site: str, name: str) -> np.ndarray:
    """The columns a coordinate of the running stands for; shape (periods,)."""
    if name in ("it_mw", "firm_mw", "nonfirm_mw", LOAD_LEVEL):
        return draft.columns[name][(site,)]
    if name.endswith(".cycled"):
        return draft.columns["cycled_mwh"][(name.removesuffix(".cycled"), site)]
    for kind in ("size", "generation_mw", "storage_mwh"):
        found = draft.columns.get(kind, {}).get((name, site))
        if found is not None:
            return found
    raise KeyError(name)
