"""The master programme in the words of the portfolio: columns and rows by kind and key, payments by line.

Needs    dispatch.ModelBuilder.
Gives    Draft, Payments, ABSENT, shifted, is_own_cells.
Used by  the files of this folder that add columns and rows (works, grid, servers, stores, factory, growth, limits).

Every column and row is a vector over periods; ABSENT marks a period in which it does not exist. Money is
booked as payments (which column, which period, how much, under which line); the objective and the cash flow
are both drawn from the same payments, so that cash adds up to the value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from wattstack.dispatch.linear import ModelBuilder
from wattstack.plan.portfolio.result import DECISIONS
from wattstack.portfolio.variants import Late

ABSENT = -1
SUPPLY_ROWS = ("supply", "share")  # what is ordered in the first stage is delivered, whatever comes after
Key = tuple[str, ...]
Term = tuple[np.ndarray, float | np.ndarray]


def shifted(columns: np.ndarray, periods: int) -> np.ndarray:
    """Columns as of `periods` earlier: out[q] = columns[q - periods], ABSENT where that is before the first.

    Example:
        >>> shifted(np.array([4, 5, 6]), 1)
        array([-1,  4,  5])
    """
    out = np.full_like(columns, ABSENT)
    if periods < len(columns):
        out[max(periods, 0) :] = columns[: len(columns) - periods] if periods > 0 else columns
    return out


def is_own_cells(kind: str, key: Key, maker: str) -> bool:
    """Whether a decision is cells of the own factory, which are not ordered early but made when they are made."""
    return kind == "storage_order" and bool(maker) and key[-1] == maker


@dataclass
class Payments:
    """Payments as flat arrays: column, period (count = the end of the horizon), amount [M], line."""

    count: int
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    def book(self, line: tuple[str, str, str], columns: np.ndarray, periods: np.ndarray, amounts) -> int:
        """Book amounts (negative = paid) per unit of each column; returns the part's number for `rebook`."""
        columns, periods, amounts = np.broadcast_arrays(columns, periods, np.asarray(amounts, float))
        keep = columns >= 0
        if line not in self.lines:
            self.lines.append(line)
        which = np.full(int(keep.sum()), self.lines.index(line))
        self.parts.append((columns[keep], periods[keep].astype(int), amounts[keep], which))
        return len(self.parts) - 1

    def rebook(self, part: int, amounts: np.ndarray) -> None:
        """Put other amounts in place of those booked in a part."""
        columns, periods, old, which = self.parts[part]
        self.parts[part] = (columns, periods, np.broadcast_to(amounts, old.shape).astype(float), which)

    def flat(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All payments: columns, periods, amounts, line numbers."""
        return tuple(np.concatenate(part) for part in zip(*self.parts, strict=True))


class Draft:
    """One future of one portfolio on its way into a programme.

    Args:
        builder: Where columns and rows go; several drafts may share one.
        count: Number of periods.
        discount: Present value factors, shape (count + 1,).
        shared: Draft whose decisions before `first_stage` are this one's, too.
        first_stage: Periods whose decisions are taken elsewhere (shared, or held): supply does not bind them.
        name: Put before the name of every block.
    """

    def __init__(
        self,
        builder: ModelBuilder,
        discount: np.ndarray,
        shared: Draft | None = None,
        first_stage: int = 0,
        name: str = "",
    ):
        self.builder, self.discount, self.count = builder, discount, len(discount) - 1
        self.shared, self.first_stage, self.name = shared, first_stage, name
        self.columns: dict[str, dict[Key, np.ndarray]] = {}
        self.rows: dict[str, dict[Key, np.ndarray]] = {}
        self.limits: dict[str, dict[Key, np.ndarray]] = {}
        self.payments = Payments(self.count)
        self.integers: list[np.ndarray] = []
        self.learnt: list[tuple[int, np.ndarray]] = []
        self.notes: list[str] = []
        self.maker = ""  # name of the own factory
        self.late: tuple[Late, ...] = ()

    def column(
        self,
        kind: str,
        key: Key,
        exists: np.ndarray | None = None,
        upper: float | np.ndarray = np.inf,
        lower: float | np.ndarray = 0.0,
    ) -> np.ndarray:
        """Add a column in every period that `exists` says; returns indices, ABSENT elsewhere; shape (count,)."""
        exists = np.ones(self.count, bool) if exists is None else np.asarray(exists, bool)
        out = np.full(self.count, ABSENT)
        is_shared = self.shared is not None and kind in DECISIONS and not is_own_cells(kind, key, self.maker)
        if is_shared:
            first = self.shared.columns.get(kind, {}).get(key)
            if first is not None:
                out[: self.first_stage] = np.where(exists, first, ABSENT)[: self.first_stage]
        fresh = np.flatnonzero(exists & (out == ABSENT))
        if is_shared:
            fresh = fresh[fresh >= self.first_stage]
        low = np.broadcast_to(lower, (self.count,))[fresh]
        high = np.broadcast_to(upper, (self.count,))[fresh]
        if len(fresh):
            label = f"{self.name}{kind}{list(key)}"
            out[fresh] = self.builder.add_columns(label, len(fresh), bounds=(low, high))
        self.columns.setdefault(kind, {})[key] = out
        return out

    def whole(self, columns: np.ndarray) -> None:
        """Mark columns that come in whole numbers when whole units are asked for."""
        self.integers.append(columns[columns >= 0])

    def row(
        self,
        kind: str,
        key: Key,
        terms: Iterable[Term],
        *,
        lower: float | np.ndarray = -np.inf,
        upper: float | np.ndarray = np.inf,
        exists: np.ndarray | None = None,
    ) -> np.ndarray:
        """Add a row a period: lower <= sum of coefficient x column <= upper; terms over periods, ABSENT left out.

        Rows in which no column stands are not added. Returns indices, shape (count,).
        """
        terms = [(np.asarray(c), np.broadcast_to(np.asarray(v, float), (self.count,))) for c, v in terms]
        there = np.zeros(self.count, bool)
        for columns, _ in terms:
            there |= columns >= 0
        if exists is not None:
            there &= exists
        if kind in SUPPLY_ROWS:
            there[: self.first_stage] = False
        at = np.flatnonzero(there)
        out = np.full(self.count, ABSENT)
        self.rows.setdefault(kind, {})[key] = out
        if not len(at):
            return out
        low = np.broadcast_to(lower, (self.count,))[at]
        high = np.broadcast_to(upper, (self.count,))[at]
        out[at] = self.builder.add_rows(f"{self.name}{kind}{list(key)}", len(at), low, high)
        for columns, values in terms:
            some = at[columns[at] >= 0]
            self.builder.put(out[some], columns[some], values[some])
        self.limits.setdefault(kind, {})[key] = np.broadcast_to(upper, (self.count,))
        return out

    def one_row(
        self,
        kind: str,
        key: Key,
        columns: np.ndarray,
        values,
        *,
        lower: float = -np.inf,
        upper: float = np.inf,
    ) -> int:
        """Add a single row over any columns; returns its index, or ABSENT where no column stands."""
        columns = np.asarray(columns)
        values = np.broadcast_to(np.asarray(values, float), columns.shape)
        keep = columns >= 0
        if not np.any(keep):
            return ABSENT
        (row,) = self.builder.add_rows(f"{self.name}{kind}{list(key)}", 1, lower, upper)
        self.builder.put(row, columns[keep], values[keep])
        return int(row)

    def running_sum(self, kind: str, key: Key, given: np.ndarray, moves: Iterable[Term]) -> np.ndarray:
        """A column that adds up: there[q] = there[q - 1] + given[q] + sum of moves[q]. Returns its indices.

        A running sum needs 2 + moves terms a row where a sum from the start needs q of them.
        """
        there = self.column(kind, key)
        given = given + self._moved(kind, key)
        terms = [(there, 1.0), (shifted(there, 1), -1.0)]
        terms += [(columns, -np.asarray(values, float)) for columns, values in moves]
        self.row("sum", (kind, *key), terms, lower=given, upper=given)
        return there

    def _moved(self, kind: str, key: Key) -> np.ndarray:
        """What comes more (or less) in each period because something is late; shape (count,)."""
        moved = np.zeros(self.count + 1)
        for late in self.late:
            if (late.kind, late.key) == (kind, key):
                due = 0 if late.due is None else late.due
                if late.due is not None:
                    moved[min(due, self.count)] -= late.units
                moved[min(max(due + late.periods, 0), self.count)] += late.units
        return moved[: self.count]

    def pay(self, line: tuple[str, str, str], columns: np.ndarray, amounts, delay: int = 0) -> int:
        """Book amounts [M per unit, negative = paid] for each period's column, `delay` periods later."""
        return self.payments.book(line, columns, np.arange(self.count) + delay, amounts)

    def learns(self, part: int, columns: np.ndarray, amounts: np.ndarray) -> None:
        """Note that a booked part moves by `amounts` [M per unit] for each currency/kWh of conversion cost."""
        self.learnt.append((part, np.where(columns >= 0, amounts, np.nan)))

    def learn(self, change_per_kwh: np.ndarray) -> None:
        """Move every payment that hangs on the cost of conversion; shape (count,)."""
        for part, rate in self.learnt:
            moved = (rate * change_per_kwh)[~np.isnan(rate)]
            self.payments.rebook(part, self.payments.parts[part][2] + moved)

    def objective(self, size: int) -> np.ndarray:
        """Present value of one unit of each column [M]; shape (size,)."""
        columns, periods, amounts, _ = self.payments.flat()
        return np.bincount(columns, amounts * self.discount[periods], minlength=size)

    def cash(self, x: np.ndarray) -> dict[tuple[str, str, str], np.ndarray]:
        """Undiscounted cash by line at these column values; shape (count + 1,) each."""
        columns, periods, amounts, which = self.payments.flat()
        out = np.zeros((len(self.payments.lines), self.count + 1))
        np.add.at(out, (which, periods), amounts * x[columns])
        return dict(zip(self.payments.lines, out, strict=True))

    def values(self, x: np.ndarray) -> dict[str, dict[Key, np.ndarray]]:
        """Every column at these values by kind and key, 0 where it does not exist."""
        padded = np.append(x, 0.0)
        return {
            kind: {key: padded[columns] for key, columns in found.items()}
            for kind, found in self.columns.items()
        }
