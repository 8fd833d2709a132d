"""Tables of a portfolio: CSV files and lists in YAML, as rows that know where they stand.

Gives    Row, Table, read_table, listed_table.
Used by  portfolio.file, portfolio.rows, portfolio.weeks.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, nearest

LIMIT_BYTES = 200_000_000
OTHER_SIGNS = {";": "semicolons", "\t": "tabs", "|": "bars"}  # that stand where commas must


@dataclass(frozen=True)
class Row:
    """One row: its values by the file's own column names.

    Attributes:
        values: By column; an empty cell is left out.
        where: "items.csv row 3": rows are counted as a spreadsheet does, the header is row 1.
        line: Line of the row's keys in a YAML file, 0 in a CSV file.
    """

    values: Mapping[str, Any]
    where: str
    lines: Mapping[str, int] | None = None

    def at(self, column: str) -> str:
        """Where a cell of this row stands."""
        return f"{self.where}, {column}" if column else self.where

    def line_of(self, column: str) -> int:
        """Line of a key in a YAML file, 0 in a CSV file."""
        return (self.lines or {}).get(column, 0)


@dataclass(frozen=True)
class Table:
    """Rows of one kind.

    Attributes:
        name: "items".
        file: As the user knows it, "items.csv" or "portfolio.yaml items".
        columns: Header of a CSV file; every key in use of a list.
        is_text: Whether every cell is text (CSV), to be read as what its field is.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    is_text: bool


def read_table(path: Path, name: str, faults: list[Fault]) -> Table | None:
    """Read a CSV file: UTF-8, comma, a header; what is wrong goes to `faults`.

    Args:
        path: The file.
        name: Name of the table.
        faults: What is wrong is added here.

    Returns:
        The table, None where it cannot be read at all.
    """
    text = _text_of(path, faults)
    if text is None:
        return None
    reader = csv.reader(text.splitlines(keepends=True))
    try:
        cells = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        faults.append(
            Fault(path.name, f"is no CSV: {error} (line {reader.line_num}). Look at the quotes there.")
        )
        return None
    if not cells or not any(cells[0]):
        faults.append(Fault(path.name, "is empty, must begin with a row of column names. Write one."))
        return None
    header, rows = cells[0], []
    sign = next((s for s in OTHER_SIGNS if len(header) == 1 and s in header[0]), None)
    if sign is not None:
        what = (
            f"parts its columns by {OTHER_SIGNS[sign]}, must by commas. Save it as CSV with commas and dots."
        )
        faults.append(Fault(path.name, what))
        return None
    for column in {c for c in header if c and header.count(c) > 1}:
        faults.append(Fault(f"{path.name}, {column}", "stands twice in the header. Rename or remove one."))
    for number, row in enumerate(cells[1:], 2):
        if not any(row):
            continue
        where = f"{path.name} row {number}"
        if len(row) != len(header):
            mend = "Put text that holds a comma in quotes, or add the missing commas."
            faults.append(Fault(where, f"has {len(row)} cells, the header has {len(header)}. {mend}"))
            continue
        rows.append(Row({c: v for c, v in zip(header, row, strict=True) if c and v != ""}, where))
    return Table(name, path.name, tuple(header), tuple(rows), is_text=True)


def _text_of(path: Path, faults: list[Fault]) -> str | None:
    try:
        if path.stat().st_size > LIMIT_BYTES:
            faults.append(Fault(path.name, "has more than 200 MB. Name a table, not a record of meters."))
            return None
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        known = sorted(p.name for p in path.parent.glob("*.csv")) if path.parent.is_dir() else []
        near = nearest(path.name, known)
        hint = f"Nearest: '{near}'." if near else f"In that folder stand: {', '.join(known[:5]) or 'none'}."
        faults.append(Fault(path.name, f"does not exist. {hint}"))
    except UnicodeDecodeError as error:
        faults.append(Fault(path.name, f"is not UTF-8 text (byte {error.start}), must be. Save it as UTF-8."))
    except OSError as error:
        faults.append(Fault(path.name, f"cannot be read: {error.strerror}. Check the name and the rights."))
    return None


def listed_table(
    value: Any, name: str, key: str, source: tuple[str, Callable[[tuple[str, ...]], int]], faults: list[Fault]
) -> Table | None:
    """A table written in the YAML file: a list of mappings, or a mapping of names to mappings.

    Args:
        value: What stands under the table's name.
        name: Name of the table.
        key: Field that the names of a mapping are ("name" of sites); "" where only a list will do.
        source: Name of the file, and the line of a path of keys in it.
        faults: What is wrong is added here.
    """
    file, line_of = source
    shape = f"a list of mappings{', or a mapping of names to mappings' if key else ''}"
    if isinstance(value, Mapping) and key:
        parts = [(name_of, {key: name_of, **part} if isinstance(part, Mapping) else part)
                 for name_of, part in value.items()]  # fmt: skip
    elif isinstance(value, list):
        parts = [(str(i), part) for i, part in enumerate(value)]
    else:
        faults.append(Fault(f"{file} {name}", f"must be {shape}, or stand in tables. Write - {{...}} rows."))
        return None
    rows = []
    for place, part in parts:
        where = f"{file} {name}.{place}"
        if not isinstance(part, Mapping):
            faults.append(Fault(where, "must be a mapping, {column: value}. Write its keys."))
            continue
        lines = {column: line_of((name, place, column)) for column in part}
        rows.append(Row({k: v for k, v in part.items() if v is not None}, where, lines))
    columns = tuple(dict.fromkeys(column for row in rows for column in row.values))
    return Table(name, f"{file} {name}", columns, tuple(rows), is_text=False)
