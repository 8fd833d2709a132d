"""The clock that decisions go by: that of the meter, which closes the demand intervals; else our own, never set back.

Needs    operate.devices.Image.
Gives    SiteClock.
Used by  operate.guard.mind.

The clock of this machine may be set while the site runs; it dates records and moves no decision. A meter's clock that
jumps is followed when it went on from there for three seconds: one odd reading moves no decision either.
"""

from __future__ import annotations

from math import isnan, nan

from wattstack.operate.devices import Image

METER = "grid.connection.clock_s"
JUMP_S = 5.0
LONGEST_S = 0.999  # a meter's clock counts whole seconds
# a jump is followed where the clock went on for so long and showed so many more moments
SETTLES_S, MOVES = 3.0, 2
LEAST_S, MOST_S = 946_684_800.0, 4_102_444_800.0  # 2000 and 2100: what shows another year is no clock


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
        # how far, since when (monotonic), moments shown since
        self._jump: tuple[float, float, int] | None = None
        self._odd = False

    def at(self, image: Image) -> float:
        """Seconds since 1970 UTC at the moment of the image."""
        shown = image.value(METER)
        ours = self._ours(image)
        now = ours if isnan(shown) or self._no_clock(shown) else self._of_meter(shown, ours, image.time_s)
        self._last = now, image.time_s, image.utc_s
        return now

    def _no_clock(self, shown: float) -> bool:
        """Whether it shows a moment that cannot be; told once."""
        odd = not LEAST_S <= shown < MOST_S
        if odd and not self._odd:
            self.told.append(
                f"the meter's clock shows {shown:.6g} s since 1970: not believed, our own goes on"
            )
        self._odd = odd
        return odd

    def _of_meter(self, shown: float, ours: float, time_s: float) -> float:
        """What the meter shows, where it goes on from before, or jumped and went on from there."""
        known = self._meter is not None
        moved = not known or self._meter[0] != shown
        if moved:
            self._meter = shown, time_s
        now = shown + min((time_s - self._meter[1]) * self.speed, LONGEST_S)
        if not known:
            return now
        off, near = now - ours, JUMP_S * self.speed
        if abs(off) <= near:
            self._jump = None
            return max(now, self._last[0])
        if self._jump is None or abs(off - self._jump[0]) > near:
            self._jump = off, time_s, 0
            return ours
        _, since_s, moves = self._jump
        self._jump = self._jump[0], since_s, moves + moved
        if time_s - since_s < SETTLES_S or self._jump[2] < MOVES:
            return ours
        self.told.append(f"the meter's clock jumped by {off:+.0f} s; demand intervals follow it")
        self._jump = None
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
