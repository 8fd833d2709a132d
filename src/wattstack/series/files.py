"""Traces on disk: parquet, which keeps everything, and csv, which everyone opens.

Needs    errors, series.axis, series.traces, pyarrow.
Gives    write_traces, read_traces.
Used by  plan (out/traces.parquet), report, cli.

A file appears whole or not at all: it is written beside its place, then moved. Equal traces, equal bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from wattstack.errors import InputError
from wattstack.series.axis import TimeAxis
from wattstack.series.traces import Traces


def write_traces(traces: Traces, path: str | Path) -> Path:
    """Write traces as .parquet or .csv, by the ending of the name.

    Args:
        traces: What to write. Column "time" is the start of the step in UTC; scenarios are written
            "scenario:channel".
        path: Where to; its folder is made.

    Returns:
        The path.

    Raises:
        InputError: Another ending.
    """
    import pyarrow as pa

    path = Path(path)
    if path.suffix not in (".parquet", ".csv"):
        raise InputError(path.name, ["must end in .parquet or .csv. Rename it."])
    time = (
        pa.array(traces.axis.stamps, pa.timestamp("s"))
        .cast(pa.timestamp("ms"))
        .cast(pa.timestamp("ms", "UTC"))
    )
    table = pa.table({"time": time, **traces.columns()})
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        keep = {
            "wattstack.step_s": str(traces.axis.step_s),
            "wattstack.scenarios": "\n".join(traces.scenarios),
        }
        pq.write_table(table.replace_schema_metadata(keep), beside, compression="zstd")
    else:
        import pyarrow.compute as pc
        import pyarrow.csv as pv

        text = pc.strftime(table["time"], format="%Y-%m-%dT%H:%MZ")
        pv.write_csv(table.set_column(0, "time", text), beside, pv.WriteOptions(quoting_style="none"))
    os.replace(beside, path)
    return path


def read_traces(path: str | Path) -> Traces:
    """Read what write_traces wrote as parquet.

    Raises:
        InputError: No such file, or not one of ours.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if not path.is_file():
        raise InputError(path.name, ["does not exist. Run plan first."])
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid:
        raise InputError(path.name, ["is not a parquet file. Run plan again."]) from None
    meta = table.schema.metadata or {}
    if b"wattstack.step_s" not in meta:
        raise InputError(path.name, ["holds no traces of wattstack. Run plan again."])
    scenarios = tuple(filter(None, meta[b"wattstack.scenarios"].decode().split("\n")))
    time_ms = table["time"].cast(pa.int64()).to_numpy()
    start = np.datetime64(int(time_ms[0]) // 1000, "s")
    axis = TimeAxis(start, int(meta[b"wattstack.step_s"]), table.num_rows)
    flat = {name: table[name].to_numpy() for name in table.column_names if name != "time"}
    return Traces(axis, _stack(flat, scenarios), scenarios)


def _stack(flat: dict[str, np.ndarray], scenarios: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Put "scenario:channel" columns together again."""
    arrays: dict[str, np.ndarray] = {}
    for name, values in flat.items():
        scenario, _, rest = name.partition(":")
        if rest and scenario in scenarios:
            if scenario == scenarios[0]:
                arrays[rest] = np.stack([flat[f"{s}:{rest}"] for s in scenarios], axis=1)
        else:
            arrays[name] = values
    return arrays
