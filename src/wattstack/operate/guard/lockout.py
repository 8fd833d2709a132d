"""What tripped stays out: nothing comes back by itself, a person has to say that it may.

Needs    operate.devices.Image.
Gives    Lockouts.
Used by  operate.guard.mind.

A contactor or breaker that was closed and is open, a generating set that was available and is not: that is a trip. That
it is closed again later changes nothing. Clearing is refused while it is still open.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

from wattstack.operate.devices import Image

SIGNS = {
    "contactor": "its contactor opened",
    "breaker": "its breaker opened",
    "available": "it is not available any more",
}


class Lockouts:
    """Devices that are locked out.

    Args:
        paths: Keys of the devices.

    Attributes:
        why: By device, why it is out.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(paths)
        self._seen: dict[tuple[str, str], float] = {}
        self.why: dict[str, str] = {}
        self._followed: set[str] = set()  # out at the controller that writes

    def look(self, image: Image, running: frozenset[str] = frozenset()) -> list[str]:
        """Look for trips; returns the devices that tripped now.

        Args:
            image: Of now.
            running: Engines that run as they were asked: of others the breaker opens with every stop.
        """
        tripped = []
        for path in self._paths:
            for sign, words in SIGNS.items():
                value = image.value(f"{path}.{sign}")
                if isnan(value):  # not read: no news
                    continue
                before = self._seen.get((path, sign))
                self._seen[path, sign] = value
                calm = path.startswith("generator.") and path not in running
                if before == 1.0 and value == 0.0 and path not in self.why and not calm:
                    self.why[path] = words
                    tripped.append(path)
        return tripped

    def signs(self) -> dict[str, float]:
        """What was seen of each device last, for who goes on after us: what opens meanwhile tripped."""
        return {f"{path} {sign}": value for (path, sign), value in self._seen.items()}

    def restore(self, signs: dict[str, float], why: dict[str, str]) -> None:
        """Go on from before a restart."""
        for name, value in signs.items():
            path, _, sign = name.rpartition(" ")
            self._seen[path, sign] = value
        self.why |= why

    def lock(self, path: str, why: str) -> None:
        """Lock a device out for another reason."""
        self.why[path] = why

    def clear(self, path: str | None) -> str:
        """Let a device come back; returns why not, "" where it may."""
        if path not in self.why:
            return f"{path} is not locked out; locked out: {', '.join(self.why) or 'nothing'}"
        signs = ("available",) if path.startswith("generator.") else SIGNS
        still = [SIGNS[sign] for sign in signs if self._seen.get((path, sign)) == 0.0]
        if still:
            return f"{path} cannot be cleared: {still[0]} and did not come back"
        del self.why[path]
        return ""

    def hand_over(self) -> None:
        """What we hold out may be let back by the next controller."""
        self._followed |= set(self.why)

    def follow(self, told: dict[str, str]) -> None:
        """Hold out what the controller that writes holds out, and let back what a person let back there."""
        for path in self._followed - set(told):
            self.clear(path)
        self._followed = {path for path in told if path in self._paths}
        for path in self._followed - set(self.why):
            self.why[path] = told[path]
