"""A table without pandas: names of columns, rows of plain values, and its text as CSV.

Gives    Table.
Used by  plan.portfolio (every file that makes a table), report.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import Any

Cell = str | float | int | bool | None


@dataclass(frozen=True)
class Table:
    """Rows of plain values under named columns; None = there is no value.

    Args:
        columns: Names, the unit in each.
        rows: Values by row, as many as columns.

    Example:
        >>> table = Table(("site", "it_mw"), (("sakai", 40.0), ("bosquel", None)))
        >>> table.column("it_mw")
        [40.0, None]
        >>> print(table.text(), end="")
        site,it_mw
        sakai,40.0
        bosquel,
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, records: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> Table:
        """A table of records; a key that a record lacks is no value."""
        return cls(columns, tuple(tuple(record.get(name) for name in columns) for record in records))

    def column(self, name: str) -> list[Cell]:
        """Values of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def records(self) -> list[dict[str, Cell]]:
        """One mapping a row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def where(self, **values: Cell) -> list[dict[str, Cell]]:
        """The rows that have these values."""
        return [row for row in self.records() if all(row[name] == value for name, value in values.items())]

    def text(self) -> str:
        """As CSV: a header, numbers to the last bit, nothing where there is no value."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_shown(value) for value in row] for row in self.rows)
        return out.getvalue()


def _shown(value: Cell) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float) else str(value)
