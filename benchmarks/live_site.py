"""The example's whole site at work on this machine, as `wattstack operate --simulated` starts it, and what it says.

Needs    examples/sakai; wattstack.operate.link.
Gives    LiveSite, Listener, usage.
Used by  benchmarks.face_load, soak.

Nothing is set up for the benchmark: guard, historian, planner, page, simulated devices and their utility are the
processes that a user gets, each heard over its own socket or seen by `ps`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wattstack.errors import StateError, WattstackError

ROOT = Path(__file__).resolve().parents[1]
CAMPUS = ROOT / "examples" / "sakai" / "campus.yaml"
PARTS = ("guard", "historian", "planner", "face", "devices")
FIRST = "shown this once: "  # what the page says last, before it listens
START_S = 120.0  # sizes are planned, numbers compiled: the first time on a slow machine


class LiveSite:
    """The site, as long as the block lasts.

    Args:
        folder: Of its data; a short name, for it holds a socket.
        speed: Seconds of the site in a second of the wall.
        more: Words for `wattstack operate`.
    """

    def __init__(self, folder: Path, speed: float = 1.0, *more: str) -> None:
        self.folder, self._said = folder, folder.parent / f"{folder.name}.log"
        words = ["operate", str(CAMPUS), "--simulated", "--speed", f"{speed:g}", "-o", str(folder), *more]
        self._words = [sys.executable, "-m", "wattstack", *words]
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> LiveSite:
        with self._said.open("w", encoding="utf-8") as log:
            env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
            self.process = subprocess.Popen(self._words, stdout=log, stderr=log, env=env)
        try:
            self.wait(lambda: set(PARTS) <= set(self.pids()) and FIRST in self.log("face"))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *wrong: object) -> None:
        self._end()

    def _end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait(self, seen: Callable[[], bool]) -> None:
        """Wait until seen() holds.

        Raises:
            StateError: The site ended, or took longer than START_S.
        """
        until = time.monotonic() + START_S
        while not seen():
            if self.process.poll() is not None or time.monotonic() > until:
                raise StateError(f"the site does not start: {self._said.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.1)

    def pids(self) -> dict[str, int]:
        """Process of each part."""
        found = {}
        for pid, parent, words in _table("pid,ppid,args"):
            if int(parent) == self.process.pid:
                name = "devices" if "simulate-devices" in words else words.partition(" wattstack.operate.")[2]
                found[name.split(" ")[0]] = int(pid)
        return found

    def log(self, name: str) -> str:
        """What a part has printed."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def usage(pids: dict[str, int]) -> dict[str, tuple[float, float]]:
    """Memory that stands in RAM [MB] and time of the processor [s] of processes; those that live."""
    names = {pid: name for name, pid in pids.items()}
    rows = _table("pid,rss,time", *(str(pid) for pid in names))
    return {names[int(pid)]: (int(rss) / 1024.0, _seconds(spent)) for pid, rss, spent in rows}


def _table(columns: str, *pids: str) -> list[list[str]]:
    whose = ["-p", ",".join(pids)] if pids else ["-A"]
    heads = [part for column in columns.split(",") for part in ("-o", f"{column}=")]
    out = subprocess.run(["ps", *whose, "-ww", *heads], capture_output=True, text=True, check=False).stdout
    most = columns.count(",")
    return [row for row in (line.split(None, most) for line in out.splitlines()) if len(row) == most + 1]


def _seconds(spent: str) -> float:
    """[days-]hours:minutes:seconds."""
    days, _, rest = spent.strip().rpartition("-")
    whole = 0.0
    for part in rest.split(":"):
        whole = 60.0 * whole + float(part)
    return whole + 86_400.0 * float(days or 0)


class Listener:
    """Hears every state of the guard, in a thread of its own.

    Attributes:
        states: (when heard, monotonic; the site's clock, UTC; what of `channels` it says) of each.
        gone: How often the guard was not there.
    """

    def __init__(self, folder: Path, channels: tuple[str, ...]) -> None:
        self.folder, self.channels = folder, channels
        self.states: list[tuple[float, float, tuple[float, ...]]] = []
        self.gone = 0
        self.writes = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._hear()), daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        until = time.monotonic() + START_S
        while not self.writes:
            if time.monotonic() > until:
                raise StateError("the guard does not write to its devices.")
            time.sleep(0.05)
        return self

    def __exit__(self, *wrong: object) -> None:
        self._over.set()
        self._thread.join(10.0)

    async def _hear(self) -> None:
        from wattstack.operate.link import State, open_client

        while not self._over.is_set():
            try:
                client = await open_client(self.folder / "guard.sock", "face")
                await client.subscribe(60.0)
                while not self._over.is_set():
                    async with asyncio.timeout(5.0):
                        said = await client.next()
                    if isinstance(said, State):
                        self.writes |= said.writes
                        told = tuple(said.values.get(name, float("nan")) for name in self.channels)
                        self.states.append((time.monotonic(), said.utc_s, told))
            except (OSError, TimeoutError, WattstackError):
                self.gone += 1
                await asyncio.sleep(0.2)
