"""Cuts kept by function: a cut found for one site-quarter serves every other with the same operating data.

Needs    numpy.
Gives    Pool, visit_here.
Used by  plan.portfolio.search and every analysis: sweeps and futures hand one pool on.

Cuts depend on operating data alone, not on supply, dates, budgets or ramps; so they stay valid from plan to plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wattstack.plan.portfolio.visit import Operation, Visit

if TYPE_CHECKING:
    from wattstack.plan.portfolio.blockwise import BlockCuts

ROOM = 8  # cuts of a function to make room for at first


class Cuts:
    """Cuts of one function: value >= const + grad . y.

    Attributes:
        rows: A row a cut, its grad and then its const; shape (k, n + 1).
    """

    def __init__(self, size: int):
        self._room = np.empty((ROOM, size + 1))
        self._known: set[bytes] = set()
        self.rows = self._room[:0]

    @property
    def const(self) -> np.ndarray:
        """Shape (k,)."""
        return self.rows[:, -1]

    @property
    def grad(self) -> np.ndarray:
        """Shape (k, n)."""
        return self.rows[:, :-1]

    def add(self, cut: np.ndarray) -> int | None:
        """Keep a cut, its grad and then its const; its number, or None where it is there already."""
        count = len(self.rows)
        if count == len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[count] = cut
        mark = cut.round(6).tobytes()
        if mark in self._known:
            return None
        self._known.add(mark)
        self.rows = self._room[: count + 1]
        return count


def visit_here(asked: list) -> list:
    """Run every (operation, point), one after the other."""
    return [operation.visit(point) for operation, point in asked]


@dataclass
class Pool:
    """All cuts found so far by the key of their function, and which of them held up the last plan of a site-period.

    Attributes:
        cuts: By key of the function. held: Numbers of cuts by (site, period, key).
        blocks: The same cuts block by block, of functions that fall apart into blocks.
        learnt: Keys of the functions in the order in which their cuts came.
        solvers: How often each answered.
        operations: Functions by key, prepared once for all plans.
        visit: Runs a list of (operation, point) and returns their visits in order: here, or by a team.
    """

    cuts: dict[str, Cuts] = field(default_factory=dict)
    held: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    blocks: dict[str, BlockCuts] = field(default_factory=dict)
    learnt: list[str] = field(default_factory=list)
    solvers: dict[str, int] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    visit: Callable[[list], list] = visit_here

    def add(self, key: str, const: float, grad: np.ndarray) -> int | None:
        """Keep a cut; its number, or None where it is there already."""
        return self.add_row(key, np.append(grad, const))

    def add_row(self, key: str, cut: np.ndarray) -> int | None:
        """The same with the cut as a row, its grad and then its const."""
        found = self.cuts.get(key)
        if found is None:
            found = self.cuts[key] = Cuts(len(cut) - 1)
        number = found.add(cut)
        if number is not None:
            self.learnt.append(key)
        return number

    def keep(self, key: str, visit: Visit) -> None:
        """Keep what a visit found, and note which solver answered."""
        self.solvers[visit.solver] = self.solvers.get(visit.solver, 0) + 1
        self.add(key, visit.const, visit.grad)
        if visit.blocks is None:
            return
        ends, rows = visit.blocks
        found = self.blocks.get(key)
        if found is None:
            from wattstack.plan.portfolio.blockwise import BlockCuts

            found = self.blocks[key] = BlockCuts(ends)
        found.add(rows)
