"""Never two that write: a lease on disk, which ends by itself, with a number that only grows.

Gives    Lease.
Used by  operate.guard.loop.

The holder renews it long before it ends and stops writing before it ends; another one takes it only after that. Time is
the monotonic clock of the machine, the same for all its processes; a lease of an earlier boot is over. A process that
was stopped for a while finds its lease over before it writes, and waits like any other.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

MARGIN = 0.2  # share of the lease before its end in which its holder writes no more
RENEW = 4.0  # times within a lease


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Lease:
    """The right to write.

    Args:
        path: File of the lease.
        lease_s: It is over when it was not renewed for so long.

    Attributes:
        number: Of the time we held it; grows with every change of hands.
    """

    def __init__(self, path: Path, lease_s: float) -> None:
        self.path, self.lease_s = path, lease_s
        self.number = 0
        self._me = f"{os.getpid()}-{time.monotonic_ns()}"
        self._boot, self._until_s, self._looked_s = _boot(), float("-inf"), float("-inf")

    def holds(self) -> bool:
        """Whether we may write at this moment."""
        return time.monotonic() < self._until_s - MARGIN * self.lease_s

    def keep(self) -> bool:
        """Renew it, or take it where it is over; to be called every cycle. Returns whether we hold it."""
        now = time.monotonic()
        if now < self._until_s - self.lease_s * (1.0 - 1.0 / RENEW):
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "a", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return self.holds()
            holder, number, until_s = self._read()
            now = time.monotonic()
            mine = holder == self._me and number == self.number
            if not mine and now < until_s:
                self._until_s = float("-inf")
                return False
            if not mine:
                self.number = number + 1
            self._write(now + self.lease_s)
            self._until_s = now + self.lease_s
        return True

    def give_up(self) -> None:
        """Let another one have it at once."""
        if self.holds():
            self._write(time.monotonic())
        self._until_s = float("-inf")

    def _read(self) -> tuple[str, int, float]:
        try:
            raw = json.loads(self.path.read_text(encoding="ascii"))
            until_s = float(raw["until_s"]) if raw["boot"] == self._boot else float("-inf")
            most_s = time.monotonic() + self.lease_s  # nobody holds it for longer than that
            return str(raw["holder"]), int(raw["number"]), min(until_s, most_s)
        except (OSError, ValueError, KeyError, TypeError):
            return "", self.number, float("-inf")

    def _write(self, until_s: float) -> None:
        beside = self.path.with_suffix(f".{self._me}")
        raw = {"holder": self._me, "number": self.number, "until_s": until_s, "boot": self._boot}
        beside.write_text(json.dumps(raw), encoding="ascii")
        os.replace(beside, self.path)
