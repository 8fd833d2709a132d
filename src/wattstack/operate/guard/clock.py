"""The clock that decisions go by: that of the meter, which closes the demand intervals; else our own, never set back.

Needs    operate.devices.Image.
Gives    SiteClock.
Used by  operate.guard.mind.

The clock of this machine may be set while the site runs; it dates records and moves no decision.
"""

from __future__ import annotations

from math import isnan, nan

from wattstack.operate.devices import Image

METER = "grid.connection.clock_s"
JUMP_S = 5.0
LONGEST_S = 0.999  # a meter's clock counts whole seconds


class SiteClock:
    """Time for decisions.

    Args:
        speed: Seconds of the site in a second of the wall (simulated sites).

    Attributes:
        told: What jumped, to be told once.
        begin_s: Where a simulated site's clock begins, until its meter is read; NaN: the clock of this machine.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.told: list[str] = []
        self.begin_s = nan
        self._last: tuple[float, float, float] | None = None  # ours, monotonic, UTC of this machine
        self._meter: tuple[float, float] | None = None  # what it showed, since when (monotonic)
        self._off = False

    def at(self, image: Image) -> float:
        """Seconds since 1970 UTC at the moment of the image."""
        shown = image.value(METER)
        ours = self._ours(image)
        if isnan(shown):
            now = ours
        else:
            known = self._meter is not None
            if not known or self._meter[0] != shown:
                self._meter = shown, image.time_s
            now = shown + min((image.time_s - self._meter[1]) * self.speed, LONGEST_S)
            if known:
                self._compare(now - ours, "the meter's clock")
                frozen = abs(now - ours) <= JUMP_S * self.speed
                now = max(now, self._last[0]) if frozen else now
        self._last = now, image.time_s, image.utc_s
        return now

    def _ours(self, image: Image) -> float:
        """The last time and what went by since, on the monotonic clock."""
        if self._last is None:
            return image.utc_s if isnan(self.begin_s) else self.begin_s
        ours, time_s, utc_s = self._last
        gone = image.time_s - time_s
        step = image.utc_s - utc_s - gone
        if abs(step) > 1.0:
            self.told.append(f"the clock of this machine was set by {step:+.0f} s; decisions do not go by it")
        return ours + gone * self.speed

    def _compare(self, off_s: float, whose: str) -> None:
        off = abs(off_s) > JUMP_S * self.speed
        if off:
            self.told.append(f"{whose} jumped by {off_s:+.0f} s; demand intervals follow it")
