"""A power log of any of the formats people have, as a waveform: MW on one step, holes kept, what was done said.

Needs    errors, series.power_formats, series.power_table, series.power_grid, series.waveform, series.waveform_files.
Gives    read_waveform.
Used by  cli (fit-load, comply), benchmarks, the user.

A log of many nodes or GPUs gives one channel each and their sum. A log that repeats another byte for byte is told and
left out: it was written twice, not measured twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from wattstack.errors import Fault, InputError, counted, nearest
from wattstack.series.power_formats import TEXT_FORMATS, format_of, read_text
from wattstack.series.power_grid import Grid, onto_one_step
from wattstack.series.power_readings import Readings
from wattstack.series.power_table import TABLE_FORMATS, read_table
from wattstack.series.waveform import Waveform
from wattstack.series.waveform_files import told_of

FORMATS = (*TEXT_FORMATS, *TABLE_FORMATS)
POWER = "power_mw"
_MOST_MW = 20_000.0  # above any site: the unit is another
_TOLD = 6  # names of repeated logs that a note spells out


def read_waveform(
    path: str | Path,
    format: str | None = None,
    column: str | None = None,
    unit: str | None = None,
    where: Mapping[str, object] | None = None,
    step_s: float | None = None,
) -> Waveform:
    """Read a measured power log, or a folder or pattern of logs that were taken at one time, one file a node.

    Args:
        path: A file, a folder whose files are all read, or a pattern ("power/node_*.txt").
        format: One of FORMATS; None = as the file shows: dcgm-dmon, dcgm-exporter, mlperf-node, mlperf-ptd, prometheus,
            nvidia-smi, zeus, csv, parquet.
        column: Power column of a table; a pattern ("n*_w") takes several as nodes. None = the only one there is.
        unit: Unit of the power where the name of the column does not say it (W, kW, MW, mW).
        where: Column -> value: rows of a table that are read (one run of several).
        step_s: Time from row to row in a log without stamps [s]; dcgmi dmon writes none, and 1 s is its own default.

    Returns:
        `power_mw` (the sum over nodes) and, where there are several, `node.NAME.power_mw`; a plain table also brings
        reactive_mvar, voltage_pu, frequency_hz, plan_mw. NaN where samples are missing. Notes say what was
        resampled, what was left out, and up to which frequency the log can be judged.

    Raises:
        InputError: No such file or format, no power, stamps of two clocks, nodes that share no moment;
            all faults at once.

    Source:
        Formats as documented: dcgmi dmon and dcgm-exporter (NVIDIA DCGM), nvidia-smi --query-gpu --format=csv (NVIDIA),
        Zeus power monitor (ML.ENERGY), power_reading lines of MLPerf training and PTDaemon lines of MLPerf inference
        (MLCommons), range queries of the Prometheus HTTP API, OpenMetrics text.
    """
    files = _files(path)
    faults: list[Fault] = []
    readings = []
    for file in files:
        try:
            readings.append(_read(file, format, column, unit, where, step_s))
        except InputError as error:
            faults += [Fault(f"{file.name} {f.where}".strip() if len(files) > 1 else f.where, f.what)
                       for f in error.faults]  # fmt: skip
    if faults:
        raise InputError(str(path), faults)
    log = _joined(readings, [file.stem for file in files])
    notes = list(log.notes) + _without_repeats(log)
    grid = onto_one_step(log, str(path))
    arrays = _arrays(grid)
    _plausible(arrays[POWER], str(path))
    wave = Waveform(
        step_s=grid.step_s,
        arrays=arrays,
        source=str(path),
        synthetic=False,
        events=tuple(sorted((t - grid.start_s, word) for t, word in log.events)),
        start=_start(log, grid.start_s),
        notes=(*notes, *grid.notes),
    )
    return replace(wave, **told_of(files[0])) if files[0].suffix == ".parquet" and len(files) == 1 else wave


def _arrays(grid: Grid) -> dict[str, np.ndarray]:
    """The power of all, and of each node where there are several; else what a table measured beside it."""
    columns = grid.columns
    if len(columns) == 1:
        return {POWER: next(iter(columns.values())), **grid.beside}
    nodes = {f"node.{name}.{POWER}": values for name, values in columns.items()}
    return {POWER: np.sum(list(columns.values()), axis=0), **nodes}


def _files(path: str | Path) -> list[Path]:
    """The files a path names, in the order of their names."""
    path = Path(path)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        if not found:
            raise InputError(
                str(path), ["holds no file, must hold the logs of the nodes. Name another folder."]
            )
        return found
    if "*" in path.name:
        found = sorted(path.parent.glob(path.name))
        if not found:
            raise InputError(str(path), ["matches no file. Mend the pattern."])
        return found
    if not path.is_file():
        there = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        near = nearest(path.name, there)
        raise InputError(
            str(path), [f"does not exist. {f'Nearest in that folder: {near!r}.' if near else 'Name a file.'}"]
        )
    return [path]


def _read(
    file: Path,
    format: str | None,
    column: str | None,
    unit: str | None,
    where: Mapping[str, object] | None,
    step_s: float | None,
) -> Readings:
    if format is not None and format not in FORMATS:
        near = nearest(format, FORMATS)
        hint = f"Nearest: {near!r}." if near else f"There are: {', '.join(FORMATS)}."
        raise InputError(str(file), [Fault("format", f"is {format!r}, which is not known. {hint}")])
    format = format or format_of(file)
    if format in TEXT_FORMATS:
        return read_text(file, format, unit, step_s)
    return read_table(file, format, column, unit, where)


def _joined(readings: list[Readings], stems: list[str]) -> Readings:
    """Logs of several files as one; a file with one unit gives it the file's name."""
    if len(readings) == 1:
        return readings[0]
    units = {}
    for stem, log in zip(stems, readings, strict=True):
        for name, unit in log.units.items():
            units[stem if len(log.units) == 1 else f"{stem}.{name}"] = unit
    return Readings(
        units=units,
        absolute=all(log.absolute for log in readings),
        zoned=all(log.zoned for log in readings),
        events=[event for log in readings for event in log.events],
        notes=list(dict.fromkeys(note for log in readings for note in log.notes)),
    )


def _without_repeats(log: Readings) -> list[str]:
    """Take out units whose stamps and values are those of another one; says which."""
    seen: dict[tuple[bytes, bytes], str] = {}
    repeats = []
    for name, (time_s, power_mw) in list(log.units.items()):
        key = (time_s.tobytes(), power_mw.tobytes())
        if key in seen and np.unique(power_mw).size > 1:
            repeats.append(f"{name} = {seen[key]}")
            del log.units[name]
        else:
            seen.setdefault(key, name)
    if not repeats:
        return []
    shown = ", ".join(repeats[:_TOLD]) + (", ..." if len(repeats) > _TOLD else "")
    return [
        f"{len(repeats)} of {counted(len(repeats) + len(log.units), 'log')} repeat another one byte for byte and are "
        f"left out ({shown}): the sum is that of {len(log.units)}"
    ]


def _plausible(power_mw: np.ndarray, source: str) -> None:
    """Refuse a log without a value, or one that no site draws."""
    known = power_mw[np.isfinite(power_mw)]
    if not known.size:
        raise InputError(source, [Fault(POWER, "has no value at all. Give values.")])
    if np.abs(known).max() > _MOST_MW:
        raise InputError(
            source,
            [
                Fault(
                    POWER,
                    f"reaches {np.abs(known).max():,.4g} MW, must stay within {_MOST_MW:,.0f}. Say its unit.",
                )
            ],
        )


def _start(log: Readings, start_s: float) -> str | None:
    """The first moment with its offset; None where the clock's zone is not told."""
    if not (log.absolute and log.zoned):
        return None
    return str(np.datetime64(round(start_s * 1e3), "ms")) + "+00:00"
