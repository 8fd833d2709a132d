"""History as files for others: a Parquet a signal and day, and one of the events of a day.

Needs    pyarrow, operate.historian.store.
Gives    export_parquet.
Used by  cli.history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.operate.historian.store import Event, Store

DAY_S = 86_400.0
_PLAIN = re.compile(r"[A-Za-z0-9_.#-]{1,200}")


def export_parquet(
    store: Store, folder: str | Path, signals: Sequence[str], start_s: float, end_s: float
) -> list[Path]:
    """Write signals and events of a time, a file a UTC day: FOLDER/SIGNAL/2026-11-21.parquet, FOLDER/events/....

    A file has utc (milliseconds, UTC) and value (single precision, null where nothing was known); one of events has
    utc, level, channel, text and data (JSON). A day without values has no file. A file is written beside its place and
    moved there whole; one of an earlier export is replaced.

    Args:
        store: The history.
        folder: Where to; made where it is not there.
        signals: Names; empty = all that were ever kept.
        start_s, end_s: First moment, and the one after the last [s since 1970 UTC].

    Returns:
        The files.

    Raises:
        InputError: A signal was never kept, or its name can be no folder.
    """
    import pyarrow as pa

    folder = Path(folder)
    names = list(signals) or list(store.names)
    odd = [name for name in names if not _PLAIN.fullmatch(name) or name in (".", "..")]
    if odd:
        raise InputError("history", [Fault(name[:80], "can be no name of a folder.") for name in odd])
    span = store.span_s
    if span is not None:
        start_s, end_s = max(start_s, span[0]), min(end_s, span[1] + 0.001)
    files = []
    for first_s, after_s in _days(start_s, end_s):
        day = _day(first_s)
        for name in names:
            moments, values = store.query(name, first_s, after_s)
            if moments.size:
                table = pa.table(
                    {
                        "utc": pa.array(np.rint(moments * 1000).astype("i8"), pa.timestamp("ms", "UTC")),
                        "value": pa.array(values, pa.float32(), from_pandas=True),
                    }
                )
                files.append(_written(table, folder / name / f"{day}.parquet"))
        events = store.events(first_s, after_s, most=-1)
        if events:
            files.append(_written(_events(events), folder / "events" / f"{day}.parquet"))
    return files


def _events(events: Sequence[Event]) -> object:
    import json

    import pyarrow as pa

    return pa.table(
        {
            "utc": pa.array([round(e.utc_s * 1000) for e in events], pa.timestamp("ms", "UTC")),
            "level": [e.level for e in events],
            "channel": [e.channel for e in events],
            "text": [e.text for e in events],
            "data": [json.dumps(e.data) for e in events],
        }
    )


def _written(table: object, path: Path) -> Path:
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    parquet.write_table(table, beside, compression="zstd")
    beside.replace(path)
    return path


def _days(start_s: float, end_s: float) -> Iterator[tuple[float, float]]:
    while start_s < end_s:
        after_s = (start_s // DAY_S + 1) * DAY_S
        yield start_s, min(after_s, end_s)
        start_s = after_s


def _day(utc_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(utc_s, UTC).strftime("%Y-%m-%d")
