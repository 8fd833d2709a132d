"""Cuts kept by function: a cut found for one site-quarter serves every other with the same operating data.

Needs    numpy.
Gives    Pool, visit_here.
Used by  plan.portfolio.search and every analysis: sweeps and futures hand one pool on.

Cuts depend on operating data alone, not on supply, dates, budgets or ramps; so they stay valid from plan to plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from wattstack.plan.portfolio.visit import Operation


@dataclass
class Cuts:
    """Cuts of one function: value >= const + grad . y; rows const and grad, shapes (k,), (k, n)."""

    const: np.ndarray
    grad: np.ndarray
    known: set[bytes] = field(default_factory=set)


def visit_here(asked: list) -> list:
    """Run every (operation, point), one after the other."""
    return [operation.visit(point) for operation, point in asked]


@dataclass
class Pool:
    """All cuts found so far by the key of their function, and which of them held up the last plan of a site-period.

    Attributes:
        cuts: By key of the function. held: Numbers of cuts by (site, period, key).
        solvers: How often each answered.
        operations: Functions by key, prepared once for all plans.
        visit: Runs a list of (operation, point) and returns their visits in order: here, or by a team.
    """

    cuts: dict[str, Cuts] = field(default_factory=dict)
    held: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    solvers: dict[str, int] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    visit: Callable[[list], list] = visit_here

    def add(self, key: str, const: float, grad: np.ndarray) -> int | None:
        """Keep a cut; its number, or None where it is there already."""
        found = self.cuts.get(key)
        if found is None:
            found = self.cuts[key] = Cuts(np.empty(0), np.empty((0, len(grad))))
        mark = np.round(np.append(grad, const), 6).tobytes()
        if mark in found.known:
            return None
        found.known.add(mark)
        found.const = np.append(found.const, const)
        found.grad = np.vstack([found.grad, grad])
        return len(found.const) - 1

    def count(self, solver: str) -> None:
        """Note that a solver answered once."""
        self.solvers[solver] = self.solvers.get(solver, 0) + 1
