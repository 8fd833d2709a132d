"""What every visit says of each block of the axis, kept, so that better cuts can be put together without a visit.

Needs    dispatch (Runner, Cut, kernel).
Gives    BlockEnds, BlockCuts.
Used by  plan.portfolio.year, visit, pool.

The dual of a year falls apart into blocks but for what a stored MWh is worth at their ends. A cut that takes each
block from the visit that knows most of it is valid, too, and higher between the visits than any of them: a
year then answers like a programme with one cut a block, while the master above keeps one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Cut, Runner
from wattstack.dispatch.kernel import join_blocks

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
    """

    def __init__(self, ends: BlockEnds):
        self.ends, self.count = ends, 0
        blocks, size = ends.floor.shape
        self._room = np.empty((ROOM, blocks, size + 2))
        self._rows, self._sides = self._room[:0], (ends.floor, ends.ceiling)
        self._chosen, self._out = np.empty(blocks, np.int64), np.empty(size)

    def add(self, rows: np.ndarray) -> None:
        """Keep the rows of one visit."""
        if self.count == len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[self.count] = rows
        self.count += 1
        self._rows = self._room[: self.count]

    def join(self, y: np.ndarray) -> tuple[float, np.ndarray]:
        """The cut put together for the sizes y, shape (n,): its value there, and grad and const, until the next."""
        ends, out = self.ends, self._out
        value = join_blocks(self._rows, ends.after, ends.earlier, self._sides, y, self._chosen, out)
        return value, out
