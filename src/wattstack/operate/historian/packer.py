"""Packing and forgetting, in a process of their own: writing and the guard are never held up by them.

Needs    operate.historian.store. `python -m wattstack.operate.historian.packer FILE KEEP_DAYS LARGEST_GB`.
Gives    Packer (runs it and hears what it says), look, keep_within, main.
Used by  operate.historian.process, benchmarks.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

from wattstack.operate.historian.store import Store

LEAST_ROOM_BYTES = 64_000_000  # on the disk and in the file together; below it the oldest history goes
_EVERY_S = 2.0  # from one look to the next
_LATE_S = 30.0  # a frame may come so late
# spans that go in one look: a clock that is wrong for a while does not cost the whole history
_MOST_AT_ONCE = 8
_AGAIN_S = 2.0  # before a process that died is started again


def keep_within(store: Store, now_s: float, keep_days: float, largest_gb: float) -> str:
    """Forget what is too old or too much, a few spans at a time.

    Returns:
        Why history is shorter than keep_days says; "" where it is not.
    """
    store.drop(now_s - keep_days * 86_400.0, most=_MOST_AT_ONCE)
    why = ""
    for _ in range(_MOST_AT_ONCE):
        free = shutil.disk_usage(store.path.parent).free + store.free_bytes
        oldest_s = store.oldest_end_s
        if oldest_s is None:
            break
        if store.size_bytes > largest_gb * 1e9:
            why = f"history would be larger than {largest_gb:g} GB: the oldest goes"
        elif free < LEAST_ROOM_BYTES:
            why = "the disk is almost full: the oldest history goes"
        else:
            break
        store.drop(oldest_s + 0.001, most=1)
    return why


def main(words: list[str]) -> int:
    """Pack and forget until the standard input ends; a line of JSON for each thing done or wrong."""
    path, keep_days, largest_gb = Path(words[0]), float(words[1]), float(words[2])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(10)
    store = None
    while True:
        store, said = look(path, store, keep_days, largest_gb)
        print(json.dumps(said), flush=True)
        time.sleep(_EVERY_S)


def look(path: Path, store: Store | None, keep_days: float, largest_gb: float) -> tuple[Store | None, dict]:
    """Pack what is whole and forget what is too old or too much.

    Returns:
        The store, to be handed in again (None: open it anew); and what was done: fault, packed, short.
    """
    said = {"fault": "", "packed": 0, "short": ""}
    try:
        if store is None:
            store = Store(path, careful=False)  # frames go with their chunks or not at all: no need to wait
        newest = store.span_s
        while newest is not None and (count := store.pack(newest[1] - _LATE_S)):
            said["packed"] += count
        # age counts from the newest: a simulated site lives in another year, and a clock set ahead forgets nothing
        now_s = min(time.time(), newest[1]) if newest is not None else time.time()
        said["short"] = keep_within(store, now_s, keep_days, largest_gb)
    except (sqlite3.Error, OSError) as error:
        said["fault"] = str(error)
        if store is not None:
            store.close()
        store = None
    return store, said


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


class Packer:
    """The process, started again where it dies.

    Args:
        path: File of history.
        keep_days: Older spans go.
        largest_gb: The oldest spans go where the file would have more in use.

    Attributes:
        packed: Frames that became chunks, since the start.
        deaths: How often it had to be started again.
    """

    def __init__(self, path: Path, keep_days: float, largest_gb: float) -> None:
        self._words = [sys.executable, "-m", __name__, str(path), str(keep_days), str(largest_gb)]
        self._process: subprocess.Popen | None = None
        self._said: dict = {}
        self._over = threading.Event()
        self.packed, self.deaths = 0, 0
        self._thread = threading.Thread(target=self._run, name="packer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it; what is half packed is packed again next time."""
        self._over.set()
        if self._process is not None:
            self._process.kill()
        self._thread.join(5.0)

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return None if self._process is None else self._process.pid

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """What is wrong now: channel and text."""
        found = []
        if self._said.get("fault"):
            found.append(("historian", f"history is not packed: {self._said['fault']}"))
        if self._said.get("short"):
            found.append(("historian", self._said["short"]))
        return found

    def _run(self) -> None:
        while not self._over.is_set():
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            if self._over.is_set():
                self._process.kill()
            for line in self._process.stdout:
                self._said = json.loads(line)
                self.packed += self._said["packed"]
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            if not self._over.wait(_AGAIN_S):
                self.deaths += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
