"""Power logs that are tables: nvidia-smi, Zeus, plain CSV and Parquet, wide or with a column that names the node.

Needs    errors, series.power_readings; pyarrow.
Gives    TABLE_FORMATS, read_table.
Used by  series.power_log.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.series.power_readings import Readings, as_mw, seconds_of, unit_of_name

if TYPE_CHECKING:
    import pyarrow as pa

TABLE_FORMATS = ("nvidia-smi", "zeus", "csv", "parquet")
_TIMES = ("time_s", "t_s", "time_ms", "t_ms", "time", "timestamp", "Time", "Timestamp", "datetime", "stamp")
_UNITS = ("unit", "node", "gpu", "gpu_index", "index", "host", "hostname", "uuid", "device")
_BESIDE = ("reactive_mvar", "voltage_pu", "frequency_hz", "plan_mw")
_FIRST = (
    "power_mw",
    "power_kw",
    "power_w",
    "power.draw.instant [W]",
    "power.draw [W]",
    "power.draw.instant",
    "power.draw",
)


def read_table(
    file: Path, format: str, column: str | None, unit: str | None, where: Mapping[str, object] | None
) -> Readings:
    """Rows of one table.

    Args:
        file: The table.
        format: One of TABLE_FORMATS; nvidia-smi and Zeus fix the unit (W, mW).
        column: Power column, or a pattern that several match.
        unit: Unit of the power, where neither format nor name fixes it.
        where: Column -> value of the rows that are read.

    Raises:
        InputError: No stamps, no power column or several, no unit, no row left: all faults at once.
    """
    table = _table(file, format)
    names = table.column_names
    faults: list[Fault] = []
    time = next((name for name in _TIMES if name in names), None)
    if time is None:
        there = ", ".join(names[:8])
        faults.append(
            Fault(
                "time",
                f"is no column, must be one of {', '.join(_TIMES[:6])}. There are: {there}. Rename one.",
            )
        )
    table, wrong = _rows_of(table, where)
    faults += wrong
    powers, wrong = _power_columns(names, column, format)
    faults += wrong
    if faults:
        raise InputError(str(file), faults)
    if not table.num_rows:
        raise InputError(
            str(file), ["has no row left, must have two or more. Mend the file or what chooses its rows."]
        )
    time_s, absolute, zoned = seconds_of(_stamps(table[time]), time)
    log = Readings({}, absolute, zoned)
    naming = next((name for name in _UNITS if name in names), None) if len(powers) == 1 else None
    for name in powers:
        said = unit or _unit_by_format(format, name) or unit_of_name(name)
        power_mw = as_mw(_numbers(table[name], name), said, name)
        if naming is None:
            log.units[_short(name)] = (time_s, power_mw)
            continue
        labels = np.asarray([str(v) for v in table[naming].to_pylist()])
        for label in dict.fromkeys(labels.tolist()):
            rows = labels == label
            log.units[label] = (time_s[rows], power_mw[rows])
    if len(log.units) == 1:
        log.beside = {name: _numbers(table[name], name) for name in _BESIDE if name in names}
    return log


def _table(file: Path, format: str) -> pa.Table:
    """The whole table with tidy names."""
    import pyarrow as pa

    try:
        if format == "parquet":
            from pyarrow import parquet

            table = parquet.ParquetFile(file).read()
        else:
            from pyarrow import csv

            table = csv.read_csv(file)
    except pa.ArrowInvalid as error:
        said = " ".join(str(error).split())[:160]
        raise InputError(
            str(file), [f"cannot be read as a table: {said}. Mend the file, or name its format."]
        ) from None
    return table.rename_columns([name.strip() for name in table.column_names])


def _rows_of(table: pa.Table, where: Mapping[str, object] | None) -> tuple[pa.Table, list[Fault]]:
    """The rows that were asked for."""
    faults = []
    for name, value in (where or {}).items():
        if name not in table.column_names:
            near = nearest(name, table.column_names)
            hint = f"Nearest: {near}." if near else f"There are: {', '.join(table.column_names[:8])}."
            faults.append(Fault(f"where {name}", f"is no column. {hint}"))
            continue
        same = np.asarray([str(v) == str(value) for v in table[name].to_pylist()])
        table = table.filter(same)
    return table, faults


def _power_columns(names: list[str], column: str | None, format: str) -> tuple[list[str], list[Fault]]:
    """The columns that hold power, or what is wrong."""
    if column is not None:
        found = [name for name in names if fnmatchcase(name, column)]
        if found:
            return found, []
        near = nearest(column, names)
        hint = f"Nearest: {near}." if near else f"There are: {', '.join(names[:8])}."
        return [], [Fault(f"column {column}", f"is not in the table. {hint}")]
    if format == "zeus" and "Power" in names:
        return ["Power"], []
    for name in _FIRST:
        if name in names:
            return [name], []
    found = [name for name in names if unit_of_name(name)] or [
        name for name in names if "power" in name.lower()
    ]
    if len(found) == 1:
        return found, []
    if not found:
        what = f"is no column, must be one that ends in _w, _kw or _mw. There are: {', '.join(names[:8])}. Name it."
        return [], [Fault("power", what)]
    shown = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
    what = f"is not clear among {len(found)} columns: {shown}. Name one with column, or several by a pattern (n*_w)."
    return [], [Fault("power", what)]


def _unit_by_format(format: str, name: str) -> str | None:
    """The unit a format fixes: nvidia-smi watts, Zeus milliwatts (also where it writes power_mw)."""
    if format == "nvidia-smi":
        return "W"
    if format == "zeus":
        return "mW" if name in ("Power", "power_mw") else None
    return None


def _short(name: str) -> str:
    """n07 of n07_w."""
    unit = unit_of_name(name)
    return name[: -len(unit) - 1] if unit and name.lower().endswith(f"_{unit.lower()}") else name


def _stamps(column: pa.ChunkedArray) -> np.ndarray:
    """Stamps as numbers of seconds, or text."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        seconds = (
            column.cast(pa.timestamp("us", tz=column.type.tz)).cast(pa.int64()).to_numpy().astype(float) / 1e6
        )
        if column.type.tz is None:  # text again, so that one place tells naive from zoned
            return np.asarray([str(np.datetime64(round(s * 1e6), "us")) for s in seconds])
        return seconds
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return column.cast(pa.float64()).to_numpy()
    return np.asarray([str(v) for v in column.to_pylist()])


def _numbers(column: pa.ChunkedArray, name: str) -> np.ndarray:
    """A column as numbers, NaN where it is empty or N/A; a unit behind the number is taken off (nvidia-smi)."""
    import pyarrow as pa

    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        try:
            return column.cast(pa.float64()).to_numpy()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise InputError(
                name, [Fault(name, f"is {column.type}, must be numbers. Rewrite the column.")]
            ) from None
    values = np.full(len(column), np.nan)
    for row, text in enumerate(column.to_pylist()):
        word = (text or "").strip().removesuffix("W").strip()
        if word and word.lower() not in ("[n/a]", "n/a", "[not supported]", "[unknown error]", "nan"):
            try:
                values[row] = float(word)
            except ValueError:
                what = f"is {text!r} in row {row + 1}, must be a number. Mend or empty the cell."
                raise InputError(name, [Fault(name, what)]) from None
    return values
