"""Whether a device lives: what always moves, a clock or a heartbeat, has to move, and so has a power of a live one.

Needs    campus, operate.devices.Image.
Gives    Alive.
Used by  operate.guard.measure.

A gateway goes on answering with what it read last when the line behind it is dead. What it shows is not used once it
has stood still for three periods, or 3 s. What is not read meanwhile stands as it was read last: a gateway that comes
back with what it showed is no live one. One that comes back with something else is waited for until that moves: it may
be of any time.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from wattstack.operate.devices import Image

if TYPE_CHECKING:
    from wattstack.campus import Campus

STILL_S, STILL_PERIODS = 3.0, 3.0
LIVELY = ("clock_s", "device_heartbeat")
POWERS = ("power_mw", "output_mw", "draw_mw")


class Alive:
    """Looks at what moves.

    Args:
        campus: Its devices.
    """

    def __init__(self, campus: Campus) -> None:
        self._periods = {path: device.period_s for path, device in campus.devices.items()}
        self._moved: dict[str, tuple[tuple[float, ...], float]] = {}
        self._read: set[str] = set()  # by us, not before a restart: a start has to be without a bump
        self._back: dict[str, tuple[float, ...]] = {}  # who was away, and what it showed first since

    def look(self, image: Image) -> tuple[set[str], set[str]]:
        """Devices that stand still, and those that were away and did not move since: nothing of either is used."""
        still = {path for path in self._periods if self._still(path, image)}
        return still, set(self._back)

    def _still(self, path: str, image: Image) -> bool:
        lively = [name for name in LIVELY if f"{path}.{name}" in image.place]
        if all(isnan(image.value(f"{path}.{name}")) for name in lively):
            if path in self._read and image.time_s - self._moved[path][1] > self._most_s(path):
                self._back[path] = ()
            return False
        self._read.add(path)
        names = [*lively, *(name for name in POWERS if f"{path}.{name}" in image.place)]
        before, since_s = self._moved.get(path, ((), image.time_s))
        known = before if len(before) == len(names) else (0.0,) * len(names)
        shown = tuple(image.value(f"{path}.{name}", last) for name, last in zip(names, known, strict=True))
        first = self._back.get(path)
        if first == ():
            self._back[path] = shown
        elif first is not None and first != shown:
            del self._back[path]
        if before != shown:
            self._moved[path] = shown, image.time_s
            return False
        return image.time_s - since_s > self._most_s(path)

    def _most_s(self, path: str) -> float:
        return max(STILL_S, STILL_PERIODS * self._periods[path])

    def saved(self, time_s: float) -> dict[str, list]:
        """What always moves of each device, and for how long it has stood, for who goes on after us."""
        return {path: [list(shown), time_s - since_s] for path, (shown, since_s) in self._moved.items()}

    def restore(self, saved: dict[str, list], time_s: float) -> None:
        """Take over what stood still before a restart: a dead gateway is no live one for a new process."""
        self._moved |= {
            path: (tuple(shown), time_s - float(stood_s)) for path, (shown, stood_s) in saved.items()
        }
