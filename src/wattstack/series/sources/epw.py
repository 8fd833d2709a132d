"""EnergyPlus weather files (EPW, TMYx, IWEC): a typical or an actual year.

Needs    errors, series.series, sources.raw.
Gives    read_epw.
Used by  series.read.

A light reader of our own: pvlib.iotools.read_epw gives the same numbers (the tests compare the two), but
importing it costs more than a second, which `wattstack check` does not have.

An hour of an EPW is stamped by its end: hour 1 is 00:00 .. 01:00 of local standard time. The months of a
typical year come from different years: they are put on the nominal year 2023. Missing codes become gaps.
Source: EnergyPlus Auxiliary Programs, "EPW CSV format", US DOE.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from wattstack.series.series import SourceSpec
from wattstack.series.sources.raw import RawTable, source_error

NOMINAL_YEAR = 2023  # 2024 where the file has a 29 February
# Our name: field of the row, unit of the file, first number that means "missing".
_FIELDS = {
    "temp_air_degc": (6, "degC", 99.9),
    "relative_humidity_frac": (8, "%", 999.0),
    "pressure_hpa": (9, "Pa", 999999.0),
    "ghi_w_m2": (13, "W/m2", 9999.0),
    "dni_w_m2": (14, "W/m2", 9999.0),
    "dhi_w_m2": (15, "W/m2", 9999.0),
    "wind_speed_m_s": (21, "m/s", 999.0),
}
_HEADER_LINES, _LEAST_FIELDS = 8, 22


def read_epw(path: Path, spec: SourceSpec) -> RawTable:
    """Read the weather of an EPW file.

    Args:
        path: The file.
        spec: Only its names are used; columns and units are known.

    Raises:
        InputError: Not an EPW file, or a row that is not one.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        lines = list(csv.reader(stream))
    place = lines[0] if lines else []
    if not place or place[0].strip().upper() != "LOCATION" or len(place) < 10 or len(lines) <= _HEADER_LINES:
        raise source_error(
            spec.file, "", "is not an EPW file: it must begin with LOCATION. Name its format in source."
        )
    rows = [line for line in lines[_HEADER_LINES:] if line]
    year, month, day, hour, minute = (_field(rows, i, spec.file) for i in range(5))
    per_hour = int(float(lines[_HEADER_LINES - 1][2]))
    into_hour_s = 3600 if per_hour == 1 else np.where(minute == 0, 60, minute) * 60
    years = np.unique(year)
    notes = []
    if years.size > 2 or (years.size == 2 and not _runs_on(year)):
        leap = bool(np.any((month == 2) & (day == 29)))
        nominal = NOMINAL_YEAR + leap
        notes.append(f"typical year, months of {int(years[0])} to {int(years[-1])} put on {nominal}")
        year = np.full_like(year, nominal)
    months = (year.astype(np.int64) - 1970) * 12 + month.astype(np.int64) - 1
    days = months.astype("M8[M]").astype("M8[D]").astype(np.int64) + day.astype(np.int64) - 1
    local_s = days * 86400 + (hour.astype(np.int64) - 1) * 3600 + into_hour_s
    time_s = (local_s - round(float(place[8]) * 3600)).astype(np.int64)
    columns, units = {}, {}
    for name, (index, unit, missing) in _FIELDS.items():
        values = _field(rows, index, spec.file)
        values[values >= missing] = np.nan
        columns[name], units[name] = values, unit
    where = ", ".join(part.strip() for part in place[1:4] if part.strip() not in ("", "-"))
    return RawTable(time_s, False, columns, units, stamp="end", publisher=f"EPW {where}", notes=notes)


def _runs_on(year: np.ndarray) -> bool:
    """Whether a file of two years simply runs over New Year."""
    return int((np.diff(year) != 0).sum()) == 1 and year[-1] == year[0] + 1


def _field(rows: list[list[str]], index: int, file: str) -> np.ndarray:
    """One field of every row as numbers."""
    values = np.empty(len(rows))
    for i, row in enumerate(rows):
        try:
            values[i] = float(row[index])
        except (IndexError, ValueError):
            short = len(row) < _LEAST_FIELDS
            fault = (
                f"has {len(row)} fields, must have 35"
                if short
                else f"has {row[index]!r} in field {index + 1}"
            )
            what = fault + (". Mend it." if short else ", must be a number. Mend it.")
            raise source_error(file, f"line {i + _HEADER_LINES + 1}", what) from None
    return values
