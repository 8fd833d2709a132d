"""History to a PostgreSQL too, for those who ask questions in SQL: rows by COPY, each moment once.

Needs    psycopg (extra `postgres`).
Gives    PostgresSink.
Used by  operate.historian.process.

The local file is the history; this is a copy that may be late or absent. Nothing waits for it: its queue is bounded,
the oldest go first. A moment is a row of wattstack_moment in the transaction of its values, so that a connection that
breaks while it commits makes no value twice.

    wattstack_signal (id, name)              wattstack_moment (utc)
    wattstack_value (utc, signal, value)     wattstack_event (utc, level, channel, text, data)
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import InputError
from wattstack.operate.historian.store import Event

if TYPE_CHECKING:
    import psycopg

MOST_FRAMES = 600  # waiting
MOST_EVENTS = 20_000
_RETRY_S = (0.5, 30.0)
_SINCE_2000_S = 946_684_800  # PostgreSQL counts microseconds since then
_SCHEMA = """
CREATE TABLE IF NOT EXISTS wattstack_signal (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS wattstack_moment (utc timestamptz PRIMARY KEY);
CREATE TABLE IF NOT EXISTS wattstack_value (utc timestamptz NOT NULL, signal integer NOT NULL, value real NOT NULL);
CREATE INDEX IF NOT EXISTS wattstack_value_utc ON wattstack_value USING brin (utc);
CREATE TABLE IF NOT EXISTS wattstack_event (utc timestamptz NOT NULL, level text NOT NULL, channel text NOT NULL,
    text text NOT NULL, data jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS wattstack_event_utc ON wattstack_event (utc);
"""
_ROW = np.dtype([("fields", ">i2"), ("l1", ">i4"), ("utc", ">i8"), ("l2", ">i4"), ("signal", ">i4"), ("l3", ">i4"),
                 ("value", ">f4")])  # fmt: skip


class PostgresSink:
    """The thread that copies.

    Args:
        address: As libpq takes it ("postgresql://user:password@host/database"); a secret.
        first_wait_s: Before the second try; it doubles up to half a minute.

    Attributes:
        written: Frames that are there.
        dropped: Frames and events that went because too many waited.

    Raises:
        InputError: psycopg is not installed.
    """

    def __init__(self, address: str, first_wait_s: float = _RETRY_S[0]) -> None:
        try:
            import psycopg
        except ImportError:
            raise InputError(
                "operate.history.postgres", ["needs psycopg. Run: pip install 'wattstack[operate,postgres]'"]
            ) from None
        self._connect, self._errors = psycopg.connect, psycopg.Error
        self._address, self._first_wait_s = address, first_wait_s
        self.written, self.dropped = 0, 0
        self._frames: deque[tuple[float, Sequence[str], np.ndarray]] = deque()
        self._happened: deque[Event] = deque()
        self._more = threading.Condition()
        self._over, self._fault = False, ""
        self._layout: tuple[Sequence[str], np.ndarray] | None = None
        self._thread = threading.Thread(target=self._run, name="postgres", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, wait_s: float = 5.0) -> None:
        """End it; what waits is not copied."""
        with self._more:
            self._over = True
            self._more.notify_all()
        self._thread.join(wait_s)

    def frame(self, utc_s: float, names: Sequence[str], values: np.ndarray) -> None:
        """Take a frame; returns at once."""
        self._take(self._frames, [(utc_s, names, values)], MOST_FRAMES)

    def events(self, events: Sequence[Event]) -> None:
        """Take events; returns at once."""
        self._take(self._happened, events, MOST_EVENTS)

    def drained(self, wait_s: float) -> bool:
        """Whether all is there, after waiting for it at most so long."""
        with self._more:
            return self._more.wait_for(lambda: not self._frames and not self._happened, wait_s)

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """What is wrong now: channel and text."""
        lost = f"; {self.dropped} frames and events were lost to it" if self.dropped else ""
        return (
            [("historian.postgres", f"does not take the history: {self._fault}{lost}")] if self._fault else []
        )

    def _take(self, queue: deque, items: Sequence, most: int) -> None:
        with self._more:
            for item in items:
                if len(queue) >= most:
                    queue.popleft()
                    self.dropped += 1
                queue.append(item)
            self._more.notify_all()

    def _run(self) -> None:
        wait_s = self._first_wait_s
        while not self._over:
            try:
                with self._connect(self._address, connect_timeout=5, autocommit=True) as connection:
                    connection.execute(_SCHEMA)
                    self._layout = None
                    while self._next(connection):
                        self._fault, wait_s = "", self._first_wait_s
            except (self._errors, OSError) as error:
                self._fault = " ".join(str(error).split())[:200]  # libpq never repeats a password
                with self._more:
                    self._more.wait_for(lambda: self._over, wait_s)
                wait_s = min(2.0 * wait_s, _RETRY_S[1])

    def _next(self, connection: psycopg.Connection) -> bool:
        """Copy what waits; False when it is over."""
        with self._more:
            self._more.wait_for(lambda: self._over or self._frames or self._happened)
            if self._over:
                return False
            frame = self._frames[0] if self._frames else None
            events = list(self._happened)
        with connection.transaction(), connection.cursor() as cursor:
            if frame is not None:
                self._put_frame(cursor, *frame)
            if events:
                with cursor.copy("COPY wattstack_event FROM STDIN") as copy:
                    for e in events:
                        text = e.text.replace("\x00", "")  # which PostgreSQL has no room for
                        data = json.dumps(e.data).replace("\\u0000", "")
                        copy.write_row((_utc(e.utc_s), e.level, e.channel.replace("\x00", ""), text, data))
        with self._more:
            if frame is not None:
                self.written += 1
                if self._frames and self._frames[0] is frame:
                    self._frames.popleft()
            for event in events:
                if self._happened and self._happened[0] is event:
                    self._happened.popleft()
            self._more.notify_all()
        return True

    def _put_frame(
        self, cursor: psycopg.Cursor, utc_s: float, names: Sequence[str], values: np.ndarray
    ) -> None:
        once = "INSERT INTO wattstack_moment VALUES (%s) ON CONFLICT DO NOTHING"
        if cursor.execute(once, (_utc(utc_s),)).rowcount == 0:
            return
        ids = self._numbers(cursor, names)
        known = np.isfinite(values)
        rows = np.zeros(int(known.sum()), dtype=_ROW)
        rows["fields"], rows["l1"], rows["l2"], rows["l3"] = 3, 8, 4, 4
        rows["utc"] = round((round(utc_s * 1000) / 1000 - _SINCE_2000_S) * 1e6)
        rows["signal"], rows["value"] = ids[known], values[known]
        with cursor.copy("COPY wattstack_value FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows.tobytes() + b"\xff\xff")

    def _numbers(self, cursor: psycopg.Cursor, names: Sequence[str]) -> np.ndarray:
        """Number of each signal; new ones get theirs."""
        if self._layout is None or self._layout[0] is not names:
            cursor.execute(
                "INSERT INTO wattstack_signal (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
                (list(names),),
            )
            cursor.execute("SELECT name, id FROM wattstack_signal WHERE name = ANY(%s)", (list(names),))
            found = dict(cursor.fetchall())
            self._layout = names, np.array([found[name] for name in names], dtype=np.int32)
        return self._layout[1]


def _utc(utc_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(round(utc_s * 1000) / 1000, UTC).isoformat(timespec="milliseconds")
