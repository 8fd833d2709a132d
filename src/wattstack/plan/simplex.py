"""A small linear programme that grows by rows: a dual simplex of our own, warm from batch to batch.

Needs    numpy; plan.kernel.
Gives    SmallProgram, COLUMNS_MOST.
Used by  plan.portfolio.program.

A solver for programmes of any size spends longer on beginning than a programme of a hundred columns takes. The
vertex here has the size of the columns (plan.kernel.simplex), so a batch of cuts costs some twenty steps of a few
microseconds each.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan import kernel

COLUMNS_MOST = 200  # a step grows with their square: beyond, a solver of sparse programmes is quicker
TOLERANCE = 1e-9  # a limit missed by less is met
FAR = 1e7  # stands for a bound that is missing where the cost pulls, until a row takes over
STEPS_A_LIMIT = 50
INVERSIONS_MOST = 3
ROOM = 256  # rows to make room for at first


class SmallProgram:
    """minimise cost . x over lower <= x <= upper and row_lower <= rows x <= row_upper.

    Args:
        cost, lower, upper: By column, infinite where there is no bound; shape (n,).

    Attributes:
        x: The best point, once `solve` has found it; shape (n,). steps: What the last `solve` took.

    Example:
        >>> program = SmallProgram(np.array([1.0, 2.0]), np.zeros(2), np.full(2, np.inf))
        >>> program.add_rows([0, 2], [0, 1], [1.0, 1.0], [3.0], [np.inf])
        >>> program.solve(), program.x.tolist(), program.duals().tolist()
        (True, [3.0, 0.0], [1.0])
    """

    def __init__(self, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray):
        n = len(cost)
        self.columns, self.rows, self.steps = n, 0, 0
        self._limits = np.empty((3, n + ROOM))  # lower, upper, one over the length of the normal
        self._is_held = np.empty(n + ROOM, bool)
        self._starts = np.zeros(ROOM + 1, np.int64)
        self._index, self._value = np.empty(8 * ROOM, np.uint32), np.empty(8 * ROOM)
        self.restart(cost, lower, upper)

    def restart(self, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Other costs and bounds: back to the vertex of every column at the bound where it is cheapest."""
        n = self.columns
        self.cost = np.array(cost, float)
        no_lower, no_upper = np.isinf(lower), np.isinf(upper)
        falls = (self.cost < 0.0) | ((self.cost == 0.0) & no_lower)
        side = np.where(falls, kernel.UPPER, kernel.LOWER)
        side[(self.cost == 0.0) & no_lower & no_upper] = kernel.FREE
        side[lower == upper] = kernel.EITHER
        self._is_far = np.where(falls, no_upper, no_lower) & (side != kernel.FREE)
        self._limits[0, :n] = np.where(self._is_far & ~falls, -FAR, lower)
        self._limits[1, :n] = np.where(self._is_far & falls, FAR, upper)
        self._limits[2, :n] = 1.0
        self._is_held[:n], self._is_held[n:] = True, False
        self._held, self._side, self._edges = np.arange(n), side, np.eye(n)
        self.x = np.where(side == kernel.FREE, 0.0, self._limits[np.where(falls, 1, 0), np.arange(n)])
        self._multiplier = self.cost.copy()

    def add_rows(self, starts, index, value, lower, upper) -> None:
        """Add rows one behind the other: row r has the values starts[r] .. starts[r + 1] - 1 at columns `index`."""
        starts, value = np.asarray(starts), np.asarray(value, float)
        filled, first, count = self._starts[self.rows], self.rows, len(starts) - 1
        if count <= 0:
            return
        self._make_room(count, len(value))
        self._starts[first + 1 : first + count + 1] = filled + starts[1:]
        part = slice(filled, filled + len(value))
        self._index[part], self._value[part] = index, value
        at = slice(self.columns + first, self.columns + first + count)
        self._limits[0, at], self._limits[1, at] = lower, upper
        squares = np.add.reduceat(np.append(value * value, 0.0), starts[:-1])
        squares[starts[1:] == starts[:-1]] = 1.0
        self._limits[2, at] = 1.0 / np.sqrt(squares)
        self._is_held[at] = False
        self.rows += count

    def _make_room(self, count: int, entries: int) -> None:
        most = self.rows + count
        if most >= len(self._starts):
            more = np.zeros(most, np.int64)
            self._starts = np.append(self._starts, more)
            self._limits = np.append(self._limits, np.empty((3, most)), axis=1)
            self._is_held = np.append(self._is_held, more > 0)
        most = self._starts[self.rows] + entries
        if most > len(self._index):
            self._index = np.append(self._index, np.empty(most, np.uint32))
            self._value = np.append(self._value, np.empty(most))

    def solve(self) -> bool:
        """Go on to the best point; False where there is none, or it has not been found."""
        count = self.columns + self.rows
        matrix = self._starts[: self.rows + 1], self._index, self._value
        lower, upper, scale = self._limits[:, :count]
        self.steps = 0
        for _ in range(INVERSIONS_MOST):
            status, steps = kernel.descend(
                self._held, self._side, self._is_held[:count], self._edges, (lower, upper), matrix, scale,
                self.cost, self.x, self._multiplier, TOLERANCE, STEPS_A_LIMIT * count,
            )  # fmt: skip
            self.steps += steps
            if status != kernel.DRIFTED:
                break
            self._invert()
        return status == kernel.OPTIMAL and not self._has_no_end()

    def _has_no_end(self) -> bool:
        """Whether the vertex hangs on a bound that is not there."""
        if np.abs(self.x).max(initial=0.0) < 0.5 * FAR:
            return False
        far = self._held[self._held < self.columns]
        return bool(np.any(self._is_far[far] & (np.abs(self.x[far]) >= 0.5 * FAR)))

    def _invert(self) -> None:
        """The edges from the limits that hold, without what steps have added up."""
        n = self.columns
        normals = np.zeros((n, n))
        for i, k in enumerate(self._held.tolist()):
            if k < n:
                normals[i, k] = 1.0
            else:
                columns, values = self._row(k - n)
                np.add.at(normals[i], columns, values)
        self._edges = np.linalg.inv(normals)

    def _row(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(self._starts[row], self._starts[row + 1])
        return self._index[part], self._value[part]

    def written(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows so far: starts, columns, values."""
        filled = self._starts[self.rows]
        return self._starts[: self.rows + 1], self._index[:filled], self._value[:filled]

    def row_limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits of the rows so far."""
        rows = slice(self.columns, self.columns + self.rows)
        return self._limits[0, rows], self._limits[1, rows]

    def duals(self) -> np.ndarray:
        """Change of the least cost per unit of each row's limit; shape (rows,)."""
        out = np.zeros(self.columns + self.rows)
        out[self._held] = self._multiplier
        return out[self.columns :]
