"""The writer: takes frames and events at once, writes them in a thread, and goes on in memory when the disk does not.

Needs    operate.historian.store.
Gives    Recorder.
Used by  operate.historian.process, benchmarks.

Who hands in never waits. What is on disk is counted in `written`; only that is promised. A disk that is full, read-only
or gone: frames are kept in memory up to a bound, the oldest go first, an alarm stands, and all is written when the
disk is back. On a full disk a small file that was laid aside for it is given up, and the oldest span of history too.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wattstack.errors import WattstackError
from wattstack.operate.historian.store import Event, Store

MOST_BYTES = 256_000_000  # of frames in memory: 50 minutes of 20,000 signals
MOST_EVENTS = 20_000  # in memory
ASIDE_BYTES = 8_000_000  # laid aside, for a full disk
SLOW_S = 2.0  # a write that takes longer is told
_RETRY_S = 1.0
_WELL_S = 60.0  # so long without a slow one before it is over
_BATCH = 500  # events in a transaction

_Item = tuple[float, Sequence[str], np.ndarray] | Event


class Recorder:
    """The thread that writes.

    Args:
        path: File of history.
        careful: Wait until the disk has each frame: nothing is lost when the power goes.
        most_bytes: Of frames in memory.

    Attributes:
        written: Frames that are on disk, since the start.
        written_s: Moment of the newest of them [s since 1970 UTC]; NaN: none yet.
        dropped: Frames and events that were lost because memory was full.
    """

    def __init__(self, path: str | Path, careful: bool = True, most_bytes: int = MOST_BYTES) -> None:
        self.path = Path(path)
        self.written, self.written_s, self.dropped = 0, float("nan"), 0
        self._careful, self._most_bytes = careful, most_bytes
        self._queue: deque[_Item] = deque()
        self._bytes, self._events = 0, 0
        self._more = threading.Condition()
        self._over = False
        self._fault = ""
        self._slow_s, self._slow_at = 0.0, -_WELL_S
        self._store: Store | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, wait_s: float = 10.0) -> None:
        """Write what is there and end; what a sick disk does not take in this time is lost."""
        with self._more:
            self._over = True
            self._more.notify_all()
        self._thread.join(wait_s)

    def frame(self, utc_s: float, names: Sequence[str], values: np.ndarray) -> None:
        """Take a frame; returns at once."""
        with self._more:
            self._bytes += values.nbytes
            self._queue.append((utc_s, names, values))
            self._bound()
            self._more.notify_all()

    def events(self, events: Sequence[Event]) -> None:
        """Take events; returns at once."""
        with self._more:
            self._events += len(events)
            self._queue.extend(events)
            self._bound()
            self._more.notify_all()

    def drained(self, wait_s: float) -> bool:
        """Whether all that was handed in is on disk, after waiting for it at most so long."""
        with self._more:
            return self._more.wait_for(lambda: not self._queue, wait_s)

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """What is wrong now: channel and text."""
        found = []
        if self._fault:
            lost = f"; {self.dropped} were lost for want of memory" if self.dropped else ""
            found.append(("historian", f"history is kept in memory only: {self._fault}{lost}"))
        if time.monotonic() - self._slow_at < _WELL_S:
            found.append(("historian", f"the disk is slow: a second of history took {self._slow_s:.1f} s"))
        return found

    def _bound(self) -> None:
        while self._bytes > self._most_bytes or self._events > MOST_EVENTS:
            wanted = tuple if self._bytes > self._most_bytes else Event
            at = next(k for k, item in enumerate(self._queue) if isinstance(item, wanted))
            item = self._queue[at]
            del self._queue[at]
            self._count(item)
            self.dropped += 1

    def _count(self, item: _Item) -> None:
        """An item has left the queue."""
        if isinstance(item, Event):
            self._events -= 1
        else:
            self._bytes -= item[2].nbytes

    def _run(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._queue or self._over)
                if not self._queue:
                    break
                items = self._next()
            began = time.monotonic()
            try:
                self._write(items)
            except (sqlite3.Error, OSError) as error:
                self._sick(error)
                with self._more:
                    self._more.wait_for(lambda: self._over, _RETRY_S)
                    if self._over:
                        break
                continue
            except (
                WattstackError,
                ValueError,
                TypeError,
            ):  # no frame or event at all: not worth a second try
                self.dropped += 1
                self._done(items, kept=False)
                continue
            took_s = time.monotonic() - began
            if took_s > SLOW_S:
                self._slow_s, self._slow_at = took_s, time.monotonic()
            self._fault = ""
            self._done(items)
        if self._store is not None:
            self._store.close()

    def _next(self) -> list[_Item]:
        """The oldest frame, or the events that are older than it."""
        first = self._queue[0]
        if not isinstance(first, Event):
            return [first]
        items: list[_Item] = []
        for item in self._queue:
            if not isinstance(item, Event) or len(items) >= _BATCH:
                break
            items.append(item)
        return items

    def _write(self, items: list[_Item]) -> None:
        if self._store is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._store = Store(self.path, self._careful)
        if isinstance(items[0], Event):
            self._store.put(items)
        else:
            self._store.append(*items[0])
        self._lay_aside()

    def _done(self, items: list[_Item], kept: bool = True) -> None:
        with self._more:
            for item in items:
                if self._queue and self._queue[0] is item:  # else it was dropped while it was written
                    self._count(self._queue.popleft())
                if kept and not isinstance(item, Event):
                    self.written, self.written_s = self.written + 1, item[0]
            self._more.notify_all()

    def _sick(self, error: Exception) -> None:
        """Say so; on a full disk make room; begin with a fresh connection."""
        self._fault = str(error)
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            try:
                self._aside.unlink(missing_ok=True)
                oldest_s = self._store.oldest_end_s
                if oldest_s is not None:
                    self._store.drop(oldest_s + 0.001, most=1)
                    self._fault = "the disk is full: the oldest history goes"
            except (sqlite3.Error, OSError) as worse:
                self._fault = str(worse)
        if self._store is not None:
            self._store.close()
            self._store = None

    @property
    def _aside(self) -> Path:
        return self.path.with_name(self.path.name + ".aside")

    def _lay_aside(self) -> None:
        """Room for bad times, where there is plenty now."""
        if self._aside.exists():
            return
        facts = os.statvfs(self.path.parent)
        if facts.f_bavail * facts.f_frsize > 4 * ASIDE_BYTES:
            try:
                self._aside.write_bytes(bytes(ASIDE_BYTES))
            except OSError:  # the disk has filled up meanwhile
                self._aside.unlink(missing_ok=True)
