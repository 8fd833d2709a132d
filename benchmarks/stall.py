"""Stalls of the machine itself, as an idle thread sees them: it asks to be woken soon and notes when it was not.

Gives    Sentinel, own_core, stalled, MOST_HELD.
Used by  benchmarks.control_loop, command, many_devices.

A shared machine takes the processor away for tens of milliseconds now and then. A cycle that was long while the thread
overslept, and in which the loop itself hardly worked, was held up by the machine; it is counted apart, never dropped.
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_right

WAKE_S = 0.002
MOST_HELD = 0.3  # share of what was timed: where the machine held up more, what is left tells nothing
LATE_S = 0.008  # overslept by so much: the machine was elsewhere


class Sentinel:
    """The thread. Times are those of time.monotonic, the same in all processes of a machine.

    Attributes:
        stalls: (begin, end) of each time it overslept.
    """

    def __init__(self) -> None:
        self.stalls: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Sentinel:
        self._thread.start()
        return self

    def __exit__(self, *wrong: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._over.wait(WAKE_S):
            now = time.monotonic()
            if now - before > WAKE_S + LATE_S:
                self.stalls.append((before, now))
            before = now


def stalled(began_s: float, ended_s: float, stalls: list[tuple[float, float]]) -> bool:
    """Whether a stall fell into a time; stalls follow each other, as a Sentinel notes them."""
    first = bisect_right(stalls, began_s, key=lambda stall: stall[1])  # the first that ends later
    return first < len(stalls) and stalls[first][0] < ended_s


def own_core(core: int) -> None:
    """Stay on one core, where the system lets us and has so many."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})
