"""A linear programme as plain arrays, its columns and rows known by name.

Needs    numpy, scipy.sparse (imported when a model is closed).
Gives    LinearModel, Limit, ModelBuilder, Solution.
Used by  the other files of this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Numbers = float | np.ndarray


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound of a block of columns that came from an Amount: it moves by `rate` per unit of `size`."""

    columns: str
    upper: bool
    size: str
    rate: Numbers


@dataclass(frozen=True)
class LinearModel:
    """minimise cost . x  subject to  row_lower <= matrix x <= row_upper, lower <= x <= upper.

    Attributes:
        cost, lower, upper: By column, shape (n,).
        reach: Upper bound that no best answer exceeds, finite where `upper` may be infinite; shape (n,).
        integer: True where the column takes whole numbers only; shape (n,).
        matrix: Sparse, shape (m, n).
        row_lower, row_upper: By row, shape (m,).
        columns, rows: Where each named block lies.
        limits: Bounds that are linear in given sizes, for the gradient.
    """

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    reach: np.ndarray
    integer: np.ndarray
    matrix: csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    columns: dict[str, slice]
    rows: dict[str, slice]
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Solution:
    """One answer to a LinearModel.

    Attributes:
        x: Columns, shape (n,).
        duals: Change of the least cost per unit of each row's right side, shape (m,).
        value: cost . x. bound: lower bound on the least cost, from the duals (integers: from the search).
        solver: "piqp" or "highs".
    """

    x: np.ndarray
    duals: np.ndarray
    value: float
    bound: float
    solver: str


@dataclass
class ModelBuilder:
    """Collects blocks of columns and rows, then closes them into a LinearModel.

    Example:
        >>> builder = ModelBuilder()
        >>> take = builder.add_columns("take_mw", 2, cost=10.0, bounds=(0.0, 5.0))
        >>> builder.put(builder.add_rows("balance_mw", 2, 3.0, 3.0), take, 1.0)
        >>> builder.close().matrix.shape
        (2, 2)
    """

    columns: dict[str, slice] = field(default_factory=dict)
    rows: dict[str, slice] = field(default_factory=dict)
    limits: list[Limit] = field(default_factory=list)
    _columns: list[np.ndarray] = field(default_factory=list)
    _rows: list[np.ndarray] = field(default_factory=list)
    _entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    _column_count: int = 0
    _row_count: int = 0

    def add_columns(
        self,
        name: str,
        count: int,
        cost: Numbers = 0.0,
        bounds: tuple[Numbers, Numbers] = (0.0, np.inf),
        reach: Numbers = np.inf,
        integer: bool = False,
    ) -> np.ndarray:
        """Add a named block of columns; returns their indices, shape (count,)."""
        block = np.empty((5, count))
        for row, part in zip(block, (cost, *bounds, np.minimum(bounds[1], reach), integer), strict=True):
            row[:] = part
        self._columns.append(block)
        start, self._column_count = self._column_count, self._column_count + count
        self.columns[name] = slice(start, self._column_count)
        return np.arange(start, self._column_count)

    def add_rows(self, name: str, count: int, lower: Numbers, upper: Numbers) -> np.ndarray:
        """Add a named block of rows; returns their indices, shape (count,)."""
        block = np.empty((2, count))
        block[0] = lower
        block[1] = upper
        self._rows.append(block)
        start, self._row_count = self._row_count, self._row_count + count
        self.rows[name] = slice(start, self._row_count)
        return np.arange(start, self._row_count)

    def put(self, rows: np.ndarray | int, columns: np.ndarray | int, values: Numbers) -> None:
        """Add `values` at (rows, columns), broadcast to one shape; entries of one place add up."""
        at = np.broadcast_arrays(np.asarray(rows), np.asarray(columns), np.asarray(values, float))
        self._entries.append(tuple(np.ravel(part) for part in at))

    def close(self) -> LinearModel:
        """The model collected so far."""
        from scipy.sparse import coo_array

        cost, lower, upper, reach, integer = np.concatenate(self._columns, axis=1)
        row_lower, row_upper = np.concatenate([np.empty((2, 0)), *self._rows], axis=1)
        nothing = (np.empty(0, int), np.empty(0, int), np.empty(0))
        rows, columns, values = (np.concatenate(p) for p in zip(nothing, *self._entries, strict=True))
        kept = values != 0.0
        shape = (self._row_count, self._column_count)
        matrix = coo_array((values[kept], (rows[kept], columns[kept])), shape=shape).tocsr()
        return LinearModel(
            cost=cost,
            lower=lower,
            upper=upper,
            reach=reach,
            integer=integer > 0.0,
            matrix=matrix,
            row_lower=row_lower,
            row_upper=row_upper,
            columns=self.columns,
            rows=self.rows,
            limits=tuple(self.limits),
        )
