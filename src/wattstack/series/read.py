"""From a file to a Series: UTC, our units, an even step, holes kept, nothing filled that was not asked for.

Needs    errors, units, series.sources, series.clock, series.channels, series.plausible, series.gaps.
Gives    read_series.
Used by  case.

One way for every format: the reader gives rows as they stand; here they are put in UTC, sorted, checked for
doubles, laid on an even grid, turned into our units, judged by what can be, and filled where a rule says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np

from wattstack.errors import Fault, InputError, counted, nearest
from wattstack.series.channels import channel
from wattstack.series.clock import time_zone, utc_seconds, with_offset
from wattstack.series.gaps import fill_gaps
from wattstack.series.plausible import plausibility_faults, tidy_values
from wattstack.series.series import Series, SourceSpec, span_text, utc_text
from wattstack.series.sources.raw import RawTable
from wattstack.units import to_ours

_READERS = {
    "csv": ("table", "read_csv"),
    "parquet": ("table", "read_parquet"),
    "jepx": ("jepx", "read_jepx"),
    "entsoe": ("entsoe", "read_entsoe"),
    "epw": ("epw", "read_epw"),
}
_STAMPS = ("start", "centre", "end")
_RUN = 12  # a step is one of the file's own when it comes so many times in a row
_MOST_SPREAD = 50  # grid steps per row beyond which stamps are not a series


def read_series(spec: SourceSpec) -> Series:
    """Read one source.

    Args:
        spec: File, format, columns, units, clock and meaning of the stamps.

    Returns:
        Its columns in our units on the file's own even step, UTC, NaN where there is no value, with checksum
        and notes. Gaps are filled only by spec.gaps.

    Raises:
        InputError: Anything wrong with the file or with what the spec says of it, all visible faults at once.
    """
    paths = _paths(spec)
    raw = _join([_reader(spec)(path, spec) for path in paths])
    stamp = spec.stamp or raw.stamp
    if stamp not in _STAMPS:
        near = nearest(stamp, _STAMPS) or "start"
        raise InputError(
            spec.file, [Fault("stamp", f"is {stamp!r}, must be one of {', '.join(_STAMPS)}. Try {near!r}.")]
        )
    zone = spec.time_zone or raw.time_zone
    _to_utc(raw, zone, spec)
    rows = raw.time_s.size
    start_s, step_s, columns = _even_grid(raw, _kinds(spec, raw), spec.file)
    start_s -= {"start": 0, "centre": step_s // 2, "end": step_s}[stamp]
    series = Series(
        name=spec.name,
        start_s=start_s,
        step_s=step_s,
        columns=columns,
        kinds=_kinds(spec, raw),
        file=spec.file,
        sha256=_checksum(paths),
        rows=rows,
        time_zone=raw.time_zone or (zone if np.any(raw.naive) else None),
        stamp=stamp,
        source=spec.publisher or raw.publisher,
        synthetic=spec.synthetic,
        notes=tuple(raw.notes),
    )
    series = _in_our_units(series, raw.units, spec)
    return fill_gaps(series, spec.gaps) if spec.gaps else series


def _paths(spec: SourceSpec) -> list[Path]:
    """The file, or the files of a pattern in the order of their names."""
    if "*" in spec.file:
        paths = sorted(spec.base_dir.glob(spec.file))
        if not paths:
            raise InputError(spec.file, [f"matches no file in {spec.base_dir}. Mend the pattern."])
        return paths
    path = spec.base_dir / spec.file
    if path.is_file():
        return [path]
    there = [p.name for p in path.parent.glob("*") if p.is_file()] if path.parent.is_dir() else []
    near = nearest(path.name, there)
    hint = f"Nearest in that folder: {near!r}." if near else "Give the file, relative to the campus file."
    what = "is a folder, must be a file" if path.is_dir() else "does not exist"
    raise InputError(spec.file, [f"{what}. {hint}"])


def _reader(spec: SourceSpec) -> Callable[[Path, SourceSpec], RawTable]:
    if spec.source not in _READERS:
        near = nearest(spec.source, _READERS)
        hint = f" Nearest: {near!r}." if near else ""
        what = f"is {spec.source!r}, must be one of {', '.join(_READERS)}.{hint}"
        raise InputError(spec.file, [Fault("source", what)])
    module, function = _READERS[spec.source]
    return getattr(import_module(f"wattstack.series.sources.{module}"), function)


def _join(tables: list[RawTable]) -> RawTable:
    """Several files of one format as one table."""
    first = tables[0]
    if len(tables) == 1:
        return first
    return RawTable(
        np.concatenate([t.time_s for t in tables]),
        np.concatenate([np.broadcast_to(t.naive, t.time_s.shape) for t in tables]),
        {name: np.concatenate([t.columns[name] for t in tables]) for name in first.columns},
        first.units,
        first.stamp,
        first.time_zone,
        None if first.duration_s is None else np.concatenate([t.duration_s for t in tables]),
        first.publisher,
        list(dict.fromkeys(note for t in tables for note in t.notes)),
    )


def _kinds(spec: SourceSpec, raw: RawTable) -> dict[str, str]:
    return {name: spec.kinds.get(name) or channel(name).kind for name in raw.columns}


def _to_utc(raw: RawTable, zone: str | None, spec: SourceSpec) -> None:
    """Put the stamps in UTC, drop empty rows of the skipped spring hour, sort, refuse doubles."""
    naive = np.broadcast_to(raw.naive, raw.time_s.shape)
    if naive.any():
        if zone is None:
            first = utc_text(raw.time_s[naive][0]).rstrip("Z")
            mend = f"time_zone: {spec.home_zone}" if spec.home_zone else "time_zone"
            like = with_offset(first, spec.home_zone)
            what = f"has stamps without offset, such as {first}. Give {mend}, or stamps like {like}."
            raise InputError(spec.file, [Fault(spec.time_column, what)])
        time_zone(zone)
        _localise(raw, naive, zone, spec)
    order = np.argsort(raw.time_s, kind="stable")
    if np.any(order[1:] < order[:-1]):
        _take(raw, order)
    same = np.flatnonzero(np.diff(raw.time_s) == 0)
    if same.size:
        what = f"has {counted(same.size, 'stamp')} twice, first {utc_text(raw.time_s[same[0]])}. Take the doubles out."
        raise InputError(spec.file, [Fault(spec.time_column, what)])


def _localise(raw: RawTable, naive: np.ndarray, zone: str, spec: SourceSpec) -> None:
    rows = np.flatnonzero(naive)
    local = utc_seconds(raw.time_s[rows], zone)
    hole = rows[local.in_hole]
    given = [i for i in hole if any(np.isfinite(values[i]) for values in raw.columns.values())]
    if given:
        stamp = utc_text(raw.time_s[given[0]]).rstrip("Z")
        what = f"has a value at {stamp}, which the clock of {zone} skips in spring. Mend stamps or time_zone."
        raise InputError(spec.file, [Fault(spec.time_column, what)])
    raw.time_s = raw.time_s.copy()
    raw.time_s[rows] = local.utc_s
    if hole.size:
        keep = np.ones(raw.time_s.size, dtype=bool)
        keep[hole] = False
        _take(raw, keep)


def _take(raw: RawTable, rows: np.ndarray) -> None:
    """Keep or reorder rows."""
    raw.time_s = raw.time_s[rows]
    raw.columns = {name: values[rows] for name, values in raw.columns.items()}
    raw.naive = np.broadcast_to(raw.naive, rows.shape)[rows]
    if raw.duration_s is not None:
        raw.duration_s = raw.duration_s[rows]


def _even_grid(raw: RawTable, kinds: dict[str, str], file: str) -> tuple[int, int, dict[str, np.ndarray]]:
    """Lay the rows on an even grid of their finest step, NaN where there is no row.

    Returns:
        First stamp [s], step [s] and the columns on the grid.
    """
    time_s = raw.time_s
    if time_s.size < 2:
        raise InputError(file, ["has one row, must have two or more to tell its step. Give more."])
    length_s = raw.duration_s if raw.duration_s is not None else _row_lengths(time_s)
    step_s = int(length_s.min())
    offset_s = time_s - time_s[0]
    off = np.flatnonzero((offset_s % step_s != 0) | (np.append(np.diff(time_s), length_s[-1]) < length_s))
    count = int(offset_s[-1] + length_s[-1]) // step_s
    if off.size or np.any(length_s % step_s) or count > _MOST_SPREAD * time_s.size + 1000:
        at = utc_text(time_s[off[0]] if off.size else time_s[0])
        what = (
            f"are not evenly spaced: {at} lies off a step of {span_text(step_s)}. Bring them onto one step."
        )
        raise InputError(file, [Fault("stamps", what)])
    if np.any(length_s != step_s):
        lengths = ", ".join(span_text(int(s)) for s in np.unique(length_s)[::-1])
        raw.notes.append(f"mixed steps of {lengths} brought onto {span_text(step_s)}")
    if count == time_s.size:  # every step has its row
        return int(time_s[0]), step_s, raw.columns
    repeat = length_s // step_s
    cell = np.repeat(offset_s // step_s, repeat) + _counting(repeat)
    columns = {}
    for name, values in raw.columns.items():
        grid = np.full(count, np.nan)
        grid[cell] = np.repeat(values / repeat if kinds[name] == "energy" else values, repeat)
        columns[name] = grid
    return int(time_s[0]), step_s, columns


def _counting(repeat: np.ndarray) -> np.ndarray:
    """0, 1, .. within every row that is repeated."""
    if repeat.max() == 1:
        return np.zeros(repeat.size, dtype=np.int64)
    ends = np.cumsum(repeat)
    return np.arange(ends[-1]) - np.repeat(ends - repeat, repeat)


def _row_lengths(time_s: np.ndarray) -> np.ndarray:
    """Length of every row's interval: the distance to the next row, where the file keeps to that distance.

    A distance counts as a step of the file when it comes 12 times in a row (a file may go from hours to
    quarter-hours), or when it is the most frequent; any other is a hole after a row of the step before.
    """
    apart = np.diff(time_s)
    starts = np.flatnonzero(np.concatenate([[True], apart[1:] != apart[:-1]]))
    runs = np.diff(np.concatenate([starts, [apart.size]]))
    steady = np.repeat(runs >= _RUN, runs)
    if not steady.any():
        values, counts = np.unique(apart, return_counts=True)
        return np.full(time_s.size, values[np.argmax(counts)])
    last = np.maximum.accumulate(np.where(steady, np.arange(apart.size), -1))
    last[last < 0] = np.argmax(steady)
    length_s = apart[last]
    return np.concatenate([length_s, length_s[-1:]])


def _in_our_units(series: Series, units: dict[str, str], spec: SourceSpec) -> Series:
    """Turn every column into our unit and refuse what cannot be."""
    faults, notes, columns = [], [], {}
    for name, read in series.columns.items():
        kind, unit = series.kinds[name], units.get(name)
        try:
            step_h = series.step_s / 3600
            values = to_ours(read, unit, kind, currency=spec.currency, step_h=step_h) if unit else read
        except InputError as error:
            faults += [Fault(f"{name} unit {unit!r}", fault.what) for fault in error.faults]
            continue
        wrong = plausibility_faults(name, values, kind, spec.currency)
        faults += wrong
        if not wrong:
            columns[name], note = tidy_values(values, kind)
            notes += [f"{name}: {note}"] if note else []
    if faults:
        raise InputError(spec.file, faults)
    return series.noted(*notes, columns=columns)


def _checksum(paths: list[Path]) -> str:
    """SHA-256 of the bytes of all files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
