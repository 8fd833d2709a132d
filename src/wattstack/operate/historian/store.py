"""History on disk: a frame a second, packed by and by into chunks of a signal; events beside it. One SQLite file.

Needs    sqlite3, operate.historian.chunks, spans, damage.
Gives    Store, Event.
Used by  operate.historian (recorder, packer, export, copies), operate.face.

A frame that `append` returned from is kept: it survives the death of the process (write-ahead log), and with
`careful=True` that of the power. Chunks replace their frames in one transaction. Rows of chunks only ever grow at the
end of the file, and the number of a row says whose it is, so that a day of one signal is read without a search.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.errors import Fault, InputError, StateError, nearest
from wattstack.operate.historian.chunks import unpack
from wattstack.operate.historian.damage import in_words
from wattstack.operate.historian.spans import (
    SIGNAL_BITS,
    SPAN_S,
    Transaction,
    drop_span,
    moments_of,
    pack_oldest,
)

_TRIES = 1000  # milliseconds that a frame may be moved by, where another one has its moment
_LAST_MS = 253_402_300_799_999  # of the last year that has four figures
_SCHEMA = """
CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, names TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS frame (utc_ms INTEGER PRIMARY KEY, names INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS span (id INTEGER PRIMARY KEY, names INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, count INTEGER NOT NULL, moments BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS span_start ON span (start_ms);
CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, utc_ms INTEGER NOT NULL, level TEXT NOT NULL,
    channel TEXT NOT NULL, text TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_time ON event (utc_ms);
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        utc_s: When, seconds since 1970 UTC.
        level: "alarm", "command" (with its reason) or "info".
        channel: What it is about ("battery.main.setpoint_mw").
        text: One sentence.
        data: Numbers and words that belong to it.
    """

    utc_s: float
    level: str
    channel: str
    text: str
    data: dict[str, Any]


class Store:
    """One file of history. Many may read while one writes.

    Args:
        path: The file; it is made where it is not there.
        careful: Wait until the disk has it: nothing is lost when the power goes.
        read_only: Only look; what cannot be read is then a DamagedError in words, also of each question. Who writes is
            given SQLite's own errors: it has to tell a full disk from a damaged file.
    """

    def __init__(self, path: str | Path, careful: bool = True, read_only: bool = False) -> None:
        self.path, self._read_only = Path(path), read_only
        mode = "ro" if read_only else "rwc"
        with self._words():
            self._db = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, timeout=5.0, isolation_level=None
            )
        if not read_only:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if careful else 'NORMAL'}")
            self._db.executescript(_SCHEMA)
        self._places: dict[int, dict[str, int]] = {}  # by number of the list: place of each name in it
        self._writing: tuple[int, tuple[str, ...]] | None = None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def append(
        self, utc_s: float, names: Sequence[str], values: np.ndarray, events: Sequence[Event] = ()
    ) -> None:
        """Keep one frame and what happened; it is on disk when this returns.

        Args:
            utc_s: Moment of the frame, to the millisecond. Where another frame has that moment (the clock was set
                back) it is kept at the next free one; the same frame again is kept once.
            names: Channel of each value; a new list of names is kept once.
            values: NaN where nothing is known, shape (len(names),); kept in single precision.
            events: In any order.
        """
        body = (np.asarray(values, dtype="<f4") + np.float32(0.0)).tobytes()  # minus zero is zero
        if len(body) != 4 * len(names):
            raise InputError(
                "frame", [f"has {len(body) // 4} values, must have one for each of {len(names)} names."]
            )
        with self._transaction():
            layout = self._layout(tuple(names))
            utc_ms = round(utc_s * 1000)
            for later in range(_TRIES):
                row = (utc_ms + later, layout, body)
                if self._db.execute("INSERT OR IGNORE INTO frame VALUES (?, ?, ?)", row).rowcount:
                    break
                same = "SELECT 1 FROM frame WHERE utc_ms = ? AND names = ? AND body = ?"
                if self._db.execute(same, row).fetchone():
                    return
            self._put_events(events)

    def put(self, events: Sequence[Event]) -> None:
        """Keep what happened, without a frame."""
        with self._transaction():
            self._put_events(events)

    def pack(self, before_s: float) -> int:
        """Pack the oldest whole span that ended before a moment; returns how many frames went in, 0 = none left."""
        return pack_oldest(self._db, before_s)

    def query(self, name: str, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
        """A signal over time, packed or not.

        Args:
            name: Its channel.
            start_s: First moment, seconds since 1970 UTC.
            end_s: Moment after the last one.

        Returns:
            Moments [s since 1970 UTC] and values float32, NaN where nothing was known; both of one shape.

        Raises:
            InputError: No such signal was ever kept; the nearest is named.
        """
        self._known(name)
        with (
            self._words(),
            Transaction(self._db, "DEFERRED"),
        ):  # one picture: what is packed meanwhile is not missed
            return self._query(name, round(start_s * 1000), round(end_s * 1000))

    def _query(self, name: str, start_ms: int, end_ms: int) -> tuple[np.ndarray, np.ndarray]:
        moments, values = [], []
        for span, layout, count, packed in self._db.execute(
            "SELECT id, names, count, moments FROM span WHERE start_ms >= ? AND start_ms < ? AND end_ms >= ? "
            "ORDER BY start_ms",
            (start_ms - SPAN_S * 1000, end_ms, start_ms),
        ).fetchall():
            place = self._place(layout, name)
            if place is None:
                continue
            row = self._db.execute(
                "SELECT body FROM chunk WHERE id = ?", ((span << SIGNAL_BITS) + place,)
            ).fetchone()
            if row is None:
                raise StateError(f"span {span} has no values of {name}.")
            moments.append(moments_of(packed, count))
            values.append(unpack(row[0], count))
        for utc_ms, layout, body in self._db.execute(
            "SELECT utc_ms, names, body FROM frame WHERE utc_ms >= ? AND utc_ms < ? ORDER BY utc_ms",
            (start_ms, end_ms),
        ):
            place = self._place(layout, name)
            if place is not None:
                moments.append(np.array([utc_ms]))
                values.append(np.frombuffer(body, "<f4", 1, 4 * place))
        if not moments:
            return np.empty(0), np.empty(0, dtype=np.float32)
        when, what = np.concatenate(moments), np.concatenate(values)
        order = np.argsort(when, kind="stable")  # where the list of names changed, spans and frames interlace
        order = order[(when[order] >= start_ms) & (when[order] < end_ms)]
        return when[order] / 1000.0, what[order]

    def last(self) -> tuple[float, dict[str, float]] | None:
        """The newest frame: moment and value by name; None where nothing was kept."""
        with self._words(), Transaction(self._db, "DEFERRED"):
            return self._last()

    def _last(self) -> tuple[float, dict[str, float]] | None:
        row = self._db.execute(
            "SELECT utc_ms, names, body FROM frame ORDER BY utc_ms DESC LIMIT 1"
        ).fetchone()
        if row is not None:
            values = np.frombuffer(row[2], "<f4").tolist()
            return row[0] / 1000.0, dict(zip(self._names_of(row[1]), values, strict=True))
        row = self._db.execute(
            "SELECT id, names, end_ms, count FROM span ORDER BY end_ms DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        names = self._names_of(row[1])
        first = row[0] << SIGNAL_BITS
        bodies = self._db.execute(
            "SELECT body FROM chunk WHERE id >= ? AND id < ? ORDER BY id", (first, first + len(names))
        )
        return row[2] / 1000.0, {
            n: float(unpack(b, row[3])[-1]) for n, (b,) in zip(names, bodies, strict=True)
        }

    def events(
        self,
        start_s: float,
        end_s: float,
        level: str | None = None,
        channel: str | None = None,
        most: int = 1000,
    ) -> list[Event]:
        """What happened in a time, the newest `most` of it, in order of time; `channel` may be the beginning of one."""
        with self._words():
            rows = self._db.execute(
                "SELECT utc_ms, level, channel, text, data FROM event WHERE utc_ms >= ? AND utc_ms < ? "
                "AND (? IS NULL OR level = ?) AND (? IS NULL OR substr(channel, 1, length(?)) = ?) "
                "ORDER BY utc_ms DESC, id DESC LIMIT ?",
                (round(start_s * 1000), round(end_s * 1000), level, level, channel, channel, channel, most),
            ).fetchall()
            if not all(isinstance(word, str) for row in rows for word in row[1:]):
                raise StateError("an event has something else where its words must be.")
            return [
                Event(ms / 1000.0, lev, chan, text, json.loads(data))
                for ms, lev, chan, text, data in reversed(rows)
            ]

    @property
    def names(self) -> tuple[str, ...]:
        """Every signal that was ever kept, in alphabetical order."""
        found: set[str] = set()
        with self._words():
            for (layout,) in self._db.execute("SELECT id FROM names").fetchall():
                found.update(self._names_of(layout))
            return tuple(sorted(found))

    @property
    def span_s(self) -> tuple[float, float] | None:
        """First and last moment that is kept [s since 1970 UTC]; None where there is none."""
        with self._words():
            low, high = self._db.execute(
                "SELECT min(a), max(b) FROM (SELECT min(start_ms) a, max(end_ms) b FROM span "
                "UNION ALL SELECT min(utc_ms), max(utc_ms) FROM frame)"
            ).fetchone()
            if low is None:
                return None
            if self._read_only and not 0 <= low <= high <= _LAST_MS:
                raise StateError("it has moments that are no dates.")
            return low / 1000.0, high / 1000.0

    def drop(self, before_s: float, most: int | None = None) -> int:
        """Forget spans that ended before a moment, the oldest first, and events before it.

        Args:
            before_s: Seconds since 1970 UTC.
            most: Spans that go at most; absent = all.

        Returns:
            How many spans went.
        """
        before_ms = round(before_s * 1000)
        spans = self._db.execute(
            "SELECT id FROM span WHERE end_ms < ? ORDER BY end_ms LIMIT ?",
            (before_ms, -1 if most is None else most),
        ).fetchall()
        for (span,) in spans:
            drop_span(self._db, span)
        lowest, oldest = self._db.execute("SELECT min(id), min(start_ms) FROM span").fetchone()
        with self._transaction():
            if lowest is not None:  # what a drop that was killed left behind
                self._db.execute("DELETE FROM chunk WHERE id < ?", (lowest << SIGNAL_BITS,))
            # an event stays as long as the values of its time
            self._db.execute(
                "DELETE FROM event WHERE utc_ms < ?",
                (before_ms if oldest is None else min(before_ms, oldest),),
            )
        return len(spans)

    @property
    def oldest_end_s(self) -> float | None:
        """When the oldest packed span ended [s since 1970 UTC]; None where there is none."""
        (end_ms,) = self._db.execute("SELECT min(end_ms) FROM span").fetchone()
        return None if end_ms is None else end_ms / 1000.0

    @property
    def free_bytes(self) -> int:
        """Room in the file that is used before it grows."""
        free, each = (self._db.execute(f"PRAGMA {w}").fetchone()[0] for w in ("freelist_count", "page_size"))
        return free * each

    @property
    def size_bytes(self) -> int:
        """What is in use of the file; what was dropped is used again before it grows."""
        pages, free, each = (
            self._db.execute(f"PRAGMA {word}").fetchone()[0]
            for word in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * each

    def _put_events(self, events: Sequence[Event]) -> None:
        self._db.executemany(
            "INSERT INTO event (utc_ms, level, channel, text, data) VALUES (?, ?, ?, ?, ?)",
            [
                (round(e.utc_s * 1000), e.level, e.channel, e.text, json.dumps(e.data, allow_nan=False))
                for e in events
            ],
        )

    def _layout(self, names: tuple[str, ...]) -> int:
        """The number of a list of names, kept the first time."""
        if self._writing is None or self._writing[1] != names:
            text = json.dumps(names)
            row = self._db.execute("SELECT id FROM names WHERE names = ?", (text,)).fetchone()
            if row is None:
                row = (self._db.execute("INSERT INTO names (names) VALUES (?)", (text,)).lastrowid,)
            self._writing = row[0], names
        return self._writing[0]

    def _names_of(self, layout: int) -> dict[str, int]:
        """The names of a list, in its order, each with its place."""
        if layout not in self._places:
            (text,) = self._db.execute("SELECT names FROM names WHERE id = ?", (layout,)).fetchone()
            self._places[layout] = {name: place for place, name in enumerate(json.loads(text))}
        return self._places[layout]

    def _place(self, layout: int, name: str) -> int | None:
        return self._names_of(layout).get(name)

    def _known(self, name: str) -> None:
        with self._words():
            layouts = self._db.execute("SELECT id FROM names").fetchall()
            if any(name in self._names_of(layout) for (layout,) in layouts):
                return
        near = nearest(name, self.names)
        raise InputError(
            self.path.name, [Fault(name, f"was never kept. Nearest: {near}." if near else "was never kept.")]
        )

    def _words(self) -> AbstractContextManager[None]:
        return in_words(self.path) if self._read_only else nullcontext()

    def _transaction(self) -> Transaction:
        return Transaction(self._db)
