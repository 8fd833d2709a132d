"""What a search knows of its functions: the pool's cuts side by side in one array, looked at in one pass.

Needs    plan.kernel; plan.portfolio.block, blockwise, pool.
Gives    Known, Picked.
Used by  plan.portfolio.search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.plan import kernel
from wattstack.plan.portfolio.block import Task
from wattstack.plan.portfolio.blockwise import BlockShelf
from wattstack.plan.portfolio.pool import Pool

ROOM = 64  # cuts to make room for at first
M = 1e-6
HIGHER_FRAC = 1e-10  # a cut put together that gains less has gained nothing


@dataclass(frozen=True)
class Picked:
    """Cuts as rows of the master, cost - grad . y >= const [M], one behind the other."""

    starts: np.ndarray
    index: np.ndarray
    value: np.ndarray
    lower: np.ndarray


class Known:
    """The cuts of a search's tasks, those of one function next to each other.

    Args:
        pool: Where cuts are kept.
        tasks: Of each function together, as `groups` says: the number of tasks by key of the function.

    Attributes:
        first: Where the tasks of each function begin, and their end.
    """

    def __init__(self, pool: Pool, tasks: Sequence[Task], groups: dict[str, int]):
        self.pool, self.keys = pool, list(groups)
        self._group = {key: g for g, key in enumerate(self.keys)}
        self.first = np.cumsum([0, *groups.values()])
        self.sizes = [len(task.columns) for task in tasks]
        width = max(self.sizes, default=0)
        self.places = np.full((len(tasks), width + 1), -1)  # -1: a one, behind the columns of the master
        for places, task in zip(self.places, tasks, strict=True):
            places[: len(task.columns)] = task.columns
        self.costs = np.array([task.cost for task in tasks], int)
        self.in_master: list[set[int]] = [set() for _ in tasks]
        self.rows_of: list[list[int]] = [[] for _ in groups]
        self._rows = np.zeros((ROOM, width + 1))
        self._owner = np.zeros(ROOM, np.int64)
        self.count, self._learnt = 0, 0
        self._shelved, self._shelves = 0, []

    def pull(self) -> None:
        """Take over what the pool has learnt."""
        learnt = self.pool.learnt
        if self._learnt == len(learnt):
            return
        keys = learnt[self._learnt :] if self._learnt else self.pool.cuts
        self._learnt = len(learnt)
        for g in sorted({self._group[key] for key in keys if key in self._group}):
            found, rows_of = self.pool.cuts[self.keys[g]].rows, self.rows_of[g]
            begin, end = self.count, self.count + len(found) - len(rows_of)
            if end > len(self._rows):
                self._rows = np.append(self._rows, np.zeros((end, self._rows.shape[1])), axis=0)
                self._owner = np.append(self._owner, np.zeros(end, np.int64))
            new, size = found[len(rows_of) :], found.shape[1] - 1
            self._rows[begin:end, :size], self._rows[begin:end, -1] = new[:, :size], new[:, size]
            self._owner[begin:end] = g
            rows_of.extend(range(begin, end))
            self.count = end

    def points(self, x: np.ndarray) -> np.ndarray:
        """Where the master's columns put every task, and a one; shape (tasks, coordinates + 1)."""
        return np.append(np.maximum(x, 0.0), 1.0)[self.places]

    def highest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value and row of the highest cut of every task at its point."""
        self.pull()
        value, place = np.empty(len(points)), np.zeros(len(points), np.int64)
        kernel.highest(self._rows[: self.count], self._owner[: self.count], self.first, points, value, place)
        return value, place

    def join(self, points: np.ndarray, value: np.ndarray) -> bool:
        """Put cuts together for these points where functions fall apart into blocks; whether one is above `value`."""
        if self._shelved != len(self.pool.blocks):
            self._shelve()
        higher = False
        for shelf, tasks, keys, size in self._shelves:
            joined, cuts = shelf.join(points[tasks, :size])
            for i in np.flatnonzero(joined > value[tasks] + HIGHER_FRAC * np.abs(joined)).tolist():
                higher |= self.pool.add_row(keys[i], cuts[i]) is not None
        return higher

    def _shelve(self) -> None:
        """Functions that fall apart into blocks, by how many blocks and sizes they have."""
        self._shelved, alike = len(self.pool.blocks), {}
        for g, key in enumerate(self.keys):
            if key in self.pool.blocks:
                alike.setdefault(self.pool.blocks[key].ends.floor.shape, []).append(g)
        self._shelves = []
        for (_, size), groups in alike.items():
            tasks = [range(self.first[g], self.first[g + 1]) for g in groups]
            shelf = BlockShelf(
                [self.pool.blocks[self.keys[g]] for g in groups], [len(each) for each in tasks]
            )
            keys = [self.keys[g] for g, own in zip(groups, tasks, strict=True) for _ in own]
            self._shelves.append((shelf, np.concatenate(tasks), keys, size - 1))

    def pick(self, tasks: Sequence[int], rows: Sequence[int]) -> Picked:
        """These rows for these tasks, as rows of the master; those that it has are left out."""
        new = [(t, r) for t, r in zip(tasks, rows, strict=True) if r not in self.in_master[t]]
        for t, r in new:
            self.in_master[t].add(r)
        at, which = np.array([t for t, _ in new], int), np.array([r for _, r in new], int)
        most = len(new) * self.places.shape[1]
        starts, index = np.empty(len(new) + 1, np.int64), np.empty(most, np.int64)
        value, lower = np.empty(most), np.empty(len(new))
        filled = kernel.write_rows(
            self._rows, which, at, self.places, self.costs, M, starts, index, value, lower
        )
        return Picked(starts, index[:filled], value[:filled], lower)
