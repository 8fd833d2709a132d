"""What every visit says of each block of the axis, kept, so that better cuts can be put together without a visit.

Needs    dispatch (Runner, Cut, kernel).
Gives    BlockEnds, BlockCuts, BlockShelf.
Used by  plan.portfolio.year, visit, pool, known.

The dual of a year falls apart into blocks but for what a stored MWh is worth at their ends. A cut that takes each
block from the visit that knows most of it is valid, too, and higher between the visits than any of them: a
year then answers like a programme with one cut a block, while the master above keeps one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Cut, Runner
from wattstack.dispatch.kernel import join_tasks

FLOOR, CEILING = 2, 3  # rows of the limits of a storage
ROOM = 8  # visits to make room for at first


@dataclass(frozen=True)
class BlockEnds:
    """Where blocks meet.

    Attributes:
        after, earlier: The block that follows each, and the one before it; shape (B,).
        floor, ceiling: Bounds of the stored energy at the end of each block as slope by size and constant;
            shape (B, n + 1).
    """

    after: np.ndarray
    earlier: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray

    @classmethod
    def of(cls, runners: Sequence[Runner], places: Sequence[np.ndarray], size: int) -> BlockEnds | None:
        """Blocks of one runner after the other; None where a storage is not cyclic, or a limit may come out below 0.

        Args:
            runners: One a scenario, each cyclic by itself. places: Where their sizes stand among `size` coordinates.
        """
        if any(not runner.store.cyclic or runner.limits.signed for runner in runners):
            return None
        after, floors, ceilings, first = [], [], [], 0
        for runner, at in zip(runners, places, strict=True):
            blocks = len(runner.ends)
            after.append(first + np.roll(np.arange(blocks), -1))
            first += blocks
            there = runner.limits_there
            for row, sides in ((FLOOR, floors), (CEILING, ceilings)):
                side = np.zeros((blocks, size + 1))
                side[:, -1] = there.fixed[row]
                if there.size_of[row] >= 0:
                    side[:, at[there.size_of[row]]] = there.rate[row]
                sides.append(side)
        following = np.concatenate(after)
        return cls(following, np.argsort(following), np.concatenate(floors), np.concatenate(ceilings))

    def rows(self, cuts: Sequence[Cut], places: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
        """Cuts of one visit, one a scenario, as rows by block, weighted: see kernel.join_blocks; shape (B, n + 3)."""
        size, first = self.floor.shape[1] - 1, 0
        out = np.zeros((len(self.after), size + 3))
        for cut, at, weight in zip(cuts, places, weights, strict=True):
            part = out[first : first + len(cut.const)]
            part[:, at] = cut.grad
            part[:, size], part[:, size + 1], part[:, size + 2] = cut.const, cut.last, cut.first
            part *= weight
            first += len(cut.const)
        return out


class BlockCuts:
    """Rows by block of all visits of one function so far.

    Args:
        ends: Where its blocks meet.

    Attributes:
        rows: Shape (visits, B, n + 3).
    """

    def __init__(self, ends: BlockEnds):
        self.ends = ends
        blocks, size = ends.floor.shape
        self._room = np.empty((ROOM, blocks, size + 2))
        self.rows = self._room[:0]

    def add(self, rows: np.ndarray) -> None:
        """Keep the rows of one visit."""
        count = len(self.rows)
        if count == len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[count] = rows
        self.rows = self._room[: count + 1]


class BlockShelf:
    """Functions with equally many blocks and sizes side by side: cuts for all their tasks in one call.

    Args:
        found: Rows by block of each function.
        tasks: How many tasks each has.
    """

    def __init__(self, found: Sequence[BlockCuts], tasks: Sequence[int]):
        self.found = found
        ends = [each.ends for each in found]
        self._meets = np.stack([e.after for e in ends]), np.stack([e.earlier for e in ends])
        self._sides = np.stack([e.floor for e in ends]), np.stack([e.ceiling for e in ends])
        self._first, (_, blocks, size) = np.cumsum([0, *tasks]), self._sides[0].shape
        self._counts, self._chosen = np.zeros(len(found), np.int64), np.empty(blocks, np.int64)
        self._parts = np.empty((len(found), ROOM, blocks, size + 2))
        self._out, self._value = np.empty((self._first[-1], size)), np.empty(self._first[-1])

    def _pull(self) -> None:
        """Take over the visits that have been made since."""
        most = max(len(each.rows) for each in self.found)
        if most > self._parts.shape[1]:
            functions, _, *shape = self._parts.shape
            self._parts = np.append(self._parts, np.empty((functions, most, *shape)), axis=1)
        for g, (each, count) in enumerate(zip(self.found, self._counts.tolist(), strict=True)):
            end = len(each.rows)
            if end > count:
                self._parts[g, count:end] = each.rows[count:]
                self._counts[g] = end

    def join(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cuts put together for the sizes of each task, shape (tasks, n), good until the next are.

        Returns:
            Their values there, shape (tasks,), and a row each, grad and then const, shape (tasks, n + 1).
        """
        self._pull()
        join_tasks(
            self._parts, self._counts, self._meets, self._sides, self._first, np.ascontiguousarray(points),
            self._chosen, self._out, self._value,
        )  # fmt: skip
        return self._value, self._out
