"""Spans of fifteen minutes in the file: frames become chunks, and old ones go, a slice at a time.

Needs    sqlite3, zstandard, operate.historian.chunks.
Gives    SPAN_S, SIGNAL_BITS, Transaction, pack_oldest, drop_span, moments_of.
Used by  operate.historian.store.

A transaction takes a slice of the signals, so that whoever writes frames waits for milliseconds. Frames go only with
the last of them, together with the row of the span: killed in between, nothing is lost or seen twice, and the chunks
without a span are removed before the next span is packed. One process packs at a time.
"""

from __future__ import annotations

import sqlite3

import numpy as np

from wattstack.errors import StateError
from wattstack.operate.historian.chunks import pack

SPAN_S = 900  # seconds in a chunk
SIGNAL_BITS = 20  # signals of one list of names: a million
_SLICE = 1000  # signals in a transaction


class Transaction:
    """All of it or nothing; DEFERRED: one picture for reading."""

    def __init__(self, db: sqlite3.Connection, kind: str = "IMMEDIATE") -> None:
        self._db, self._kind = db, kind

    def __enter__(self) -> None:
        self._db.execute(f"BEGIN {self._kind}")

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            try:
                self._db.execute("COMMIT")
                return
            except sqlite3.Error:
                self._undo()
                raise
        self._undo()

    def _undo(self) -> None:
        if self._db.in_transaction:  # a full disk may have undone it already
            self._db.execute("ROLLBACK")


def pack_oldest(db: sqlite3.Connection, before_s: float) -> int:
    """Pack the oldest whole span that ended before a moment.

    Returns:
        How many frames went in, 0 = none left.
    """
    first = db.execute("SELECT utc_ms, names FROM frame ORDER BY utc_ms LIMIT 1").fetchone()
    if first is None:
        return 0
    end_ms = (first[0] // (SPAN_S * 1000) + 1) * SPAN_S * 1000
    if end_ms > before_s * 1000:
        return 0
    rows = db.execute(
        "SELECT utc_ms, body FROM frame WHERE utc_ms < ? AND names = ? ORDER BY utc_ms", (end_ms, first[1])
    ).fetchall()
    moments = np.array([row[0] for row in rows], dtype="<i8")
    values = np.empty((len(rows), len(rows[0][1]) // 4), dtype="<f4")
    for k in range(len(rows)):
        values[k] = np.frombuffer(rows[k][1], "<f4")
        rows[k] = None  # a quarter of an hour of many signals is large: never twice in memory
    (span,) = db.execute("SELECT coalesce(max(id), 0) + 1 FROM span").fetchone()
    base = span << SIGNAL_BITS
    with Transaction(db):
        db.execute("DELETE FROM chunk WHERE id >= ?", (base,))
    for at in range(0, values.shape[1], _SLICE):
        chunks = [(base + at + k, chunk) for k, chunk in enumerate(pack(values[:, at : at + _SLICE]))]
        with Transaction(db):
            db.executemany("INSERT INTO chunk VALUES (?, ?)", chunks)
    with Transaction(db):
        row = (span, first[1], int(moments[0]), int(moments[-1]), len(moments), _packed(moments))
        db.execute(
            "INSERT INTO span (id, names, start_ms, end_ms, count, moments) VALUES (?, ?, ?, ?, ?, ?)", row
        )
        db.executemany("DELETE FROM frame WHERE utc_ms = ?", [(int(moment),) for moment in moments])
    return len(moments)


def drop_span(db: sqlite3.Connection, span: int) -> None:
    """Forget one span. Its row goes first: what is half gone is not seen."""
    with Transaction(db):
        db.execute("DELETE FROM span WHERE id = ?", (span,))
    base = span << SIGNAL_BITS
    last = db.execute("SELECT max(id) FROM chunk WHERE id < ?", (base + (1 << SIGNAL_BITS),)).fetchone()[0]
    for at in range(base, base if last is None else last + 1, _SLICE):
        with Transaction(db):
            db.execute("DELETE FROM chunk WHERE id >= ? AND id < ?", (at, at + _SLICE))


def moments_of(packed: bytes, count: int) -> np.ndarray:
    """The moments of a span, milliseconds since 1970 UTC, int64 (count,).

    Raises:
        StateError: The bytes are not that many moments.
    """
    import zstandard

    try:
        return np.cumsum(np.frombuffer(zstandard.decompress(packed), "<i8", count))
    except (ValueError, TypeError, zstandard.ZstdError) as error:
        raise StateError(f"a span does not hold its {count} moments: {error}.") from None


def _packed(moments: np.ndarray) -> bytes:
    import zstandard

    return zstandard.compress(np.diff(moments, prepend=0).astype("<i8").tobytes(), 3)
