"""Power logs that are text line by line: dcgmi dmon, dcgm-exporter, MLPerf nodes and PTDaemon, Prometheus.

Needs    errors, series.power_readings.
Gives    TEXT_FORMATS, format_of, read_text.
Used by  series.power_log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series.power_readings import Readings, as_mw, seconds_of, unit_of_name

TEXT_FORMATS = ("dcgm-dmon", "dcgm-exporter", "mlperf-node", "mlperf-ptd", "prometheus")
_HEAD = 4096
_DMON_S = 1.0  # delay of dcgmi dmon where -d is not given
_DMON_ROW = re.compile(
    r"^(?P<stamp>.*?)\s*\b(?P<kind>GPU(?:-I|-CI)?|CPU|Module)\s+(?P<id>\d+)\s+(?P<values>\S.*)$"
)
_SAMPLE = re.compile(
    r"^(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<stamp>-?[\d.eE+]+))?\s*$"
)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_OF_DCGM = {
    "DCGM_FI_DEV_POWER_USAGE": "W",
    "DCGM_FI_DEV_POWER_USAGE_INSTANT": "W",
    "DCGM_FI_DEV_BOARD_POWER_WATTS": "W",
}
_NAMING = ("Hostname", "instance", "node", "gpu", "device", "UUID")  # labels that tell one unit from another
_PTD = re.compile(r"^Time,(?P<stamp>[^,]+),Watts,(?P<watts>[^,]+)")
_EVENTS = ("run_start", "run_stop", "eval_start", "eval_stop", "block_start", "block_stop")

Rows = dict[str, tuple[list, list]]


def format_of(file: Path) -> str:
    """The format a file shows by its first lines; csv where it shows none, parquet by its first bytes."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if head[:4] == b"PAR1":
        return "parquet"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    lines = text.splitlines()
    if text.startswith("{") and '"result' in text:
        return "prometheus"
    if any(line.startswith(":::MLLOG") for line in lines):
        return "mlperf-node"
    if any(_PTD.match(line) for line in lines):
        return "mlperf-ptd"
    if any(line.lstrip().startswith(("#Entity", "# Entity")) for line in lines):
        return "dcgm-dmon"
    if any(_SAMPLE.match(line) and "{" in line for line in lines):
        return "dcgm-exporter"
    first = lines[0].lower() if lines else ""
    if "power.draw" in first:
        return "nvidia-smi"
    if re.fullmatch(r"time,\s*power", first.strip()) or "gpu_index" in first:
        return "zeus"
    return "csv"


def read_text(file: Path, format: str, unit: str | None, step_s: float | None) -> Readings:
    """Rows of one log.

    Args:
        file: The log.
        format: One of TEXT_FORMATS.
        unit: Unit of the power where the format does not fix it (Prometheus).
        step_s: Time from row to row where there are no stamps [s].

    Raises:
        InputError: The log has no power, or stamps are missing.
    """
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    log = {
        "dcgm-dmon": lambda: _dmon(text, step_s),
        "dcgm-exporter": lambda: _exposition(text, unit),
        "mlperf-node": lambda: _mlperf_node(text),
        "mlperf-ptd": lambda: _ptd(text),
        "prometheus": lambda: _prometheus(text, unit),
    }[format]()
    if not log.units:
        raise InputError(
            str(file),
            [f"holds no power that format {format} can read. Look at the file, or name its format."],
        )
    return log


def _log(rows: Rows, unit: str, name: str = "time") -> Readings:
    """Rows by node as readings."""
    units, absolute, zoned = {}, True, True
    for key, (stamps, values) in rows.items():
        time_s, since_1970, utc = seconds_of(stamps, name)
        units[key] = (time_s, as_mw(np.asarray(values, dtype=float), unit, key))
        absolute, zoned = absolute and since_1970, zoned and utc
    return Readings(units, absolute, zoned)


def _value(text: str) -> float:
    """A number; NaN for N/A and the like."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def _dmon(text: str, step_s: float | None) -> Readings:
    """Rows of dcgmi dmon: a header names the fields, each entity has its row; stamps where a tool put them before."""
    place, rows, stamped = None, {}, []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            fields = line.lstrip("# \t").split()
            place = next(
                (i - 1 for i, word in enumerate(fields) if word.startswith(("POWER", "PWR", "POWUSG"))), place
            )
            continue
        match = _DMON_ROW.match(line)
        if place is None or not match:
            continue
        values = match["values"].split()
        if place >= len(values):
            continue
        stamps, powers = rows.setdefault(f"{match['kind']}{match['id']}".lower(), ([], []))
        stamps.append(match["stamp"] or len(stamps))
        stamped.append(bool(match["stamp"]))
        powers.append(_value(values[place]))
    if not rows:
        return Readings({}, False, False)
    if all(stamped):
        return _log(rows, "W")
    if any(stamped):
        raise InputError("stamps", ["stand in some rows only, must stand in all or none. Mend the log."])
    log = _log(rows, "W")
    apart_s = step_s or _DMON_S
    log.units = {name: (time_s * apart_s, power) for name, (time_s, power) in log.units.items()}
    how = "as given" if step_s else "the default of dcgmi dmon: give the step if -d was another"
    log.notes.append(f"the log has no stamps: {apart_s:g} s from row to row, {how}")
    return log


def _naming(labels: Iterable[dict[str, str]]) -> list[str]:
    """Names of series by the labels that tell them apart."""
    labels = list(labels)
    keys = [key for key in _NAMING if len({of.get(key) for of in labels}) > 1] or [
        key for key in sorted({key for of in labels for key in of}) if len({of.get(key) for of in labels}) > 1
    ]
    names = ["all"] * len(labels)
    for used in range(1, len(keys) + 1):
        names = ["-".join(of.get(key, "") for key in keys[:used]) for of in labels]
        if len(set(names)) == len(names):
            break
    return names


def _unit_of_metric(metric: str, unit: str | None) -> str | None:
    return unit or _OF_DCGM.get(metric) or unit_of_name(metric)


def _exposition(text: str, unit: str | None) -> Readings:
    """Scrapes of an exporter one after the other; the stamp stands behind the value (ms; s in OpenMetrics)."""
    series: dict[tuple[str, str], tuple[list, list]] = {}
    bare = 0
    for line in text.splitlines():
        match = _SAMPLE.match(line) if not line.startswith("#") else None
        if not match or "POWER" not in match["name"].upper() or "LIMIT" in match["name"].upper():
            continue
        if match["stamp"] is None:
            bare += 1
            continue
        stamps, values = series.setdefault((match["name"], match["labels"] or ""), ([], []))
        stamps.append(float(match["stamp"]))
        values.append(_value(match["value"]))
    if bare:
        raise InputError(
            "stamps",
            [
                f"are missing behind {bare} samples, must stand in each. Export them, or query the range as JSON."
            ],
        )
    if not series:
        return Readings({}, False, False)
    metric = next(iter(series))[0]
    series = {key: rows for key, rows in series.items() if key[0] == metric}
    names = _naming(dict(_LABEL.findall(labels)) for _, labels in series)
    return _log(dict(zip(names, series.values(), strict=True)), _unit_of_metric(metric, unit))


def _prometheus(text: str, unit: str | None) -> Readings:
    """Answer of a range query: a matrix of [second, "value"] pairs."""
    try:
        data = json.loads(text)
        data = data.get("data", data)
        result = data["result"]
        kind = data.get("resultType", "matrix")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InputError(
            "data.result",
            [Fault("data.result", "is missing, must be the answer of a range query. Export it anew.")],
        ) from None
    if kind != "matrix":
        what = f"is {kind!r}, must be 'matrix'. Ask query_range, not query."
        raise InputError("data.resultType", [Fault("data.resultType", what)])
    result = [one for one in result if one.get("values")]
    if not result:
        return Readings({}, False, False)
    names = _naming(one.get("metric", {}) for one in result)
    metric = result[0].get("metric", {}).get("__name__", "")
    rows = {
        name: ([float(t) for t, _ in one["values"]], [_value(v) for _, v in one["values"]])
        for name, one in zip(names, result, strict=True)
    }
    return _log(rows, _unit_of_metric(metric, unit))


def _mlperf_node(text: str) -> Readings:
    """Lines of an MLPerf training log with a power_reading [W] of a node; starts and stops become events."""
    stamps, values, events = [], [], []
    for line in text.splitlines():
        if not line.startswith(":::MLLOG"):
            continue
        try:
            said = json.loads(line[len(":::MLLOG") :])
            key, moment_s = said["key"], said["time_ms"] / 1e3
        except (ValueError, KeyError, TypeError):
            continue  # a line cut off where the log was copied
        if key == "power_reading":
            stamps.append(moment_s)
            values.append(_value(said.get("value")) if said.get("value") is not None else np.nan)
        elif key in _EVENTS:
            events.append((moment_s, key))
    log = _log({"node": (stamps, values)}, "W") if stamps else Readings({}, False, False)
    log.events = events
    return log


def _ptd(text: str) -> Readings:
    """Lines of SPEC PTDaemon as MLPerf inference stores them: Time, the analyser's clock, Watts, total power."""
    stamps, values = [], []
    for line in text.splitlines():
        if match := _PTD.match(line):
            stamps.append(match["stamp"])
            values.append(_value(match["watts"]))
    values = [np.nan if v < 0.0 else v for v in values]  # -1 stands for a reading that failed
    return _log({"meter": (stamps, values)}, "W") if stamps else Readings({}, False, False)
