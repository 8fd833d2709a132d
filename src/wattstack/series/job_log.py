"""A log of jobs: when each was submitted, on how many GPUs it runs, for how long.

Needs    errors, series.power_readings (stamps); pyarrow.
Gives    JobLog, read_job_log.
Used by  twin.queue.

Clusters publish such logs as tables: Acme (InternLM), Alibaba PAI, Philly. Only what a scheduler needs is kept.
Serving is published as rates of requests by the window (ServeGen): there a window is a job of as many GPUs as its
requests keep busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, counted, nearest
from wattstack.series.power_readings import seconds_of

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = {
    "submit_s": ("submit_s", "submit_time", "submitted", "submission_time", "start_time"),
    "gpus": ("gpus", "gpu_num", "num_gpus", "gpu_count", "plan_gpu"),
    "lasts_s": ("lasts_s", "duration_s", "duration", "run_time", "runtime"),
    "ends": ("end_time", "finish_time"),
    "begins": ("start_time",),
    "tier": ("tier", "flex_tier"),
    "kind": ("kind", "type", "job_type", "workload", "model"),
    "rate": ("rate_rps", "requests_per_s", "rate"),
    "window": ("t_s", "time_s", "timestamp", "time"),
}
MOST_TIER = 3


@dataclass(frozen=True)
class JobLog:
    """Jobs in the order of their submission, shape (jobs,) each.

    Attributes:
        submit_s: Submitted, from the first one on [s].
        gpus: GPUs it runs on, whole nodes or not.
        lasts_s: Run time at full power [s].
        tier: Slowdown it bears when asked: 0 none, 1 up to 10 %, 2 25 %, 3 50 %.
        source: The file.
        notes: What was left out.
    """

    submit_s: np.ndarray
    gpus: np.ndarray
    lasts_s: np.ndarray
    tier: np.ndarray
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def gpu_h(self) -> float:
        """Work of all jobs [GPU h]."""
        return float(self.gpus @ self.lasts_s) / 3600.0


def read_job_log(
    path: str | Path,
    tier: int | Mapping[str, int] = 0,
    gpu_scale: float = 1.0,
    gpu_s_per_request: float | None = None,
) -> JobLog:
    """Read a log of jobs, or of rates of requests, from CSV or Parquet.

    Args:
        path: A table with a column for the submission (submit_s, submit_time), the GPUs (gpus, gpu_num, num_gpus,
            plan_gpu) and the run time (lasts_s, duration) or its begin and end (start_time, end_time). Or one with a
            column for the rate of requests (rate_rps) and the begin of its windows (t_s), one stretch a `model`.
        tier: Of every job where the log has no column `tier`; or by its column of kinds (type, kind, model), 0 for
            others.
        gpu_scale: GPUs that a unit of the column stands for: 0.01 where it counts hundredths (Alibaba PAI).
        gpu_s_per_request: Of a log of requests: time for which one keeps a GPU [s].

    Returns:
        Jobs that ran on a GPU for longer than 0 s, by submission; notes say how many did not.

    Raises:
        InputError: No such file, a column missing, a tier that is none: all faults at once.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), ["does not exist. Name a CSV or Parquet file."])
    table = _table(path)
    found = {key: next((n for n in names if n in table.column_names), None) for key, names in _NAMES.items()}
    if found["rate"] is not None and found["window"] is not None and found["gpus"] is None:
        return _of_requests(table, found, tier, gpu_s_per_request, path)
    faults = [
        Fault(
            key,
            f"is no column, must be one of {', '.join(_NAMES[key])}. There are: {', '.join(table.column_names[:8])}.",
        )
        for key in ("submit_s", "gpus")
        if found[key] is None
    ]
    if found["lasts_s"] is None and (found["begins"] is None or found["ends"] is None):
        near = nearest("duration", table.column_names)
        hint = f"Nearest: {near}." if near else "Or give start_time and end_time."
        faults.append(
            Fault("lasts_s", f"is no column, must be one of {', '.join(_NAMES['lasts_s'])}. {hint}")
        )
    if faults:
        raise InputError(str(path), faults)
    submit_s = _seconds(table, found["submit_s"])
    gpus = gpu_scale * _numbers(table, found["gpus"])
    if found["lasts_s"] is not None:
        lasts_s = _numbers(table, found["lasts_s"])
    else:
        lasts_s = _seconds(table, found["ends"]) - _seconds(table, found["begins"])
    return _made((submit_s, gpus, lasts_s, _tiers(table, found, tier, str(path))), path)


def _of_requests(
    table: pa.Table,
    found: Mapping[str, str | None],
    tier: int | Mapping[str, int],
    gpu_s_per_request: float | None,
    path: Path,
) -> JobLog:
    """Windows of a rate of requests as jobs: Little's law, GPUs at work = rate x time a request keeps one."""
    if gpu_s_per_request is None or not gpu_s_per_request > 0.0:
        is_now = "missing" if gpu_s_per_request is None else f"{gpu_s_per_request:g}"
        what = (
            f"is {is_now}, must be above 0: this is a log of requests, {found['rate']} by the window. Say for how many "
            "seconds a request keeps a GPU (--gpu-s-per-request)."
        )
        raise InputError(str(path), [Fault("gpu_s_per_request", what)])
    begin_s, rate = _seconds(table, found["window"]), _numbers(table, found["rate"])
    kinds = (
        np.array([str(k) for k in table[found["kind"]].to_pylist()]) if found["kind"] else np.zeros(len(rate))
    )
    lasts_s = np.zeros(len(rate))
    for kind in np.unique(kinds):
        mine = kinds == kind
        steps = np.diff(np.unique(begin_s[mine & np.isfinite(begin_s)]))
        lasts_s[mine] = float(np.median(steps)) if steps.size else 0.0
    log = _made((begin_s, rate * gpu_s_per_request, lasts_s, _tiers(table, found, tier, str(path))), path)
    told = (
        f"a log of requests: {log.gpus.size:,} windows of {float(np.median(log.lasts_s)):g} s as jobs, each request "
        f"keeps a GPU for {gpu_s_per_request:g} s"
    )
    return replace(log, notes=(told, *log.notes))


def _made(columns: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], path: Path) -> JobLog:
    """The log of what ran, by submission."""
    submit_s, gpus, lasts_s, tiers = columns
    ran = (gpus > 0.0) & (lasts_s > 0.0) & np.isfinite(submit_s)
    if not ran.any():
        raise InputError(str(path), ["holds no job that ran on a GPU for longer than 0 s. Give another log."])
    order = np.flatnonzero(ran)[np.argsort(submit_s[ran], kind="stable")]
    left = int((~ran).sum())
    notes = (f"{counted(left, 'job')} without GPU or run time left out",) if left else ()
    return JobLog(
        submit_s[order] - submit_s[order[0]], gpus[order], lasts_s[order], tiers[order], path.name, notes
    )


def _table(path: Path) -> pa.Table:
    import pyarrow as pa

    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return parquet.ParquetFile(path).read()
        from pyarrow import csv

        return csv.read_csv(path)
    except pa.ArrowInvalid as error:
        said = " ".join(str(error).split())[:160]
        raise InputError(str(path), [f"cannot be read as a table: {said}. Mend the file."]) from None


def _seconds(table: pa.Table, name: str) -> np.ndarray:
    """Stamps or seconds; NaN where a cell is empty."""
    column = table[name]
    empty = np.array(column.is_null())
    values = np.full(len(column), np.nan)
    cells = [v for v in column.to_pylist() if v is not None]
    if cells:
        values[~empty] = seconds_of(
            cells if isinstance(cells[0], int | float) else [str(v) for v in cells], name
        )[0]
    return values


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    import pyarrow as pa

    try:
        return table[name].cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(
            name, [Fault(name, f"is {table[name].type}, must be numbers. Rewrite the column.")]
        ) from None


def _tiers(
    table: pa.Table, found: Mapping[str, str | None], tier: int | Mapping[str, int], source: str
) -> np.ndarray:
    """Tier of each job: its own column, by kind, or one for all."""
    if found["tier"] is not None:
        tiers = np.nan_to_num(_numbers(table, found["tier"])).astype(np.int64)
    elif isinstance(tier, Mapping):
        if found["kind"] is None:
            what = f"by kind needs a column of kinds, one of {', '.join(_NAMES['kind'])}. Give one number for all."
            raise InputError(source, [Fault("tier", what)])
        tiers = np.array(
            [tier.get(str(kind), 0) for kind in table[found["kind"]].to_pylist()], dtype=np.int64
        )
    else:
        tiers = np.full(table.num_rows, tier, dtype=np.int64)
    if tiers.size and (tiers.min() < 0 or tiers.max() > MOST_TIER):
        what = f"runs from {tiers.min()} to {tiers.max()}, must be 0 .. {MOST_TIER}. Mend the log."
        raise InputError(source, [Fault("tier", what)])
    return tiers
