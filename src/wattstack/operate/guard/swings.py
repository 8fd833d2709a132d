"""Swings against another loop: found by setpoints that turn at every look and grow; then we follow more slowly.

Gives    Swings.
Used by  operate.guard.mind.

Two loops that each answer what the other did can drive each other up: an inverter's own droop, a second controller, a
meter that tells late. What is wished is then followed by a part of the way, with a dead band, and limits are held by
the worst that was seen of late, not by the last value: they stay held, and nothing is left that drives the swing.
"""

from __future__ import annotations

from collections import deque
from math import isnan, nan

TURNS = 6  # half swings, one after the other
GREW = 1.5  # from the first of them to the last
# so many, each no longer than that, need not grow: no load is followed so fast
FAST_TURNS, FAST_PERIODS = 20, 2.0
LONGEST_PERIODS = 5.0  # of a half swing: slower ones are the load's own
LEAST_FRAC = 0.01  # of what stands: smaller ones are noise; also the dead band
LEAST_GAIN = 0.125
CALM_S = 60.0  # without a swing: twice as fast again
EASE_FRAC = 0.02  # of the way from the worst of late to now, in a period


class Swings:
    """Looks for swings of all batteries together, and calms them.

    Args:
        size_mw: Power of the batteries.
        period_s: Of the loop, on the wall.

    Attributes:
        gain: Share of the way that is gone in a period; 1: no swing.
    """

    def __init__(self, size_mw: float, period_s: float) -> None:
        self.gain = 1.0
        self._least_mw, self._period_s = LEAST_FRAC * size_mw, period_s
        self._turns: deque[float] = deque(maxlen=TURNS)  # sizes of half swings
        self._net = nan, nan
        self._fast = 0
        self._last_mw, self._turn_mw, self._turn_s, self._up = nan, nan, nan, 0
        self._loud_s = float("-inf")

    def look(self, power_mw: float, time_s: float) -> bool:
        """Look at the setpoint of this period; True where a swing was found now.

        Args:
            power_mw: Of all batteries.
            time_s: Monotonic.
        """
        last, self._last_mw = self._last_mw, power_mw
        if isnan(last):
            self._turn_mw, self._turn_s = power_mw, time_s
            return False
        up = int(power_mw > last) - int(power_mw < last)
        found = False
        if up and self._up and up != self._up:  # it turned at the last look
            found = self._turned(last, time_s - self._period_s)
        self._up = up or self._up
        if self.gain < 1.0 and time_s - self._loud_s > CALM_S:
            self.gain, self._loud_s = min(2.0 * self.gain, 1.0), time_s
        return found

    def _turned(self, at_mw: float, at_s: float) -> bool:
        size, took_s = abs(at_mw - self._turn_mw), at_s - self._turn_s
        self._turn_mw, self._turn_s = at_mw, at_s
        if size < self._least_mw or took_s > (LONGEST_PERIODS + 0.5) * self._period_s:
            self._turns.clear()
            self._fast = 0
            return False
        self._turns.append(size)
        self._fast = self._fast + 1 if took_s <= (FAST_PERIODS + 0.5) * self._period_s else 0
        if self.gain < 1.0:
            self._loud_s = at_s
        # or did not end by what was done before
        grew = self._turns[-1] >= GREW * self._turns[0] or self.gain < 1.0
        if len(self._turns) < TURNS or not (grew or self._fast >= FAST_TURNS):
            return False
        self._turns.clear()
        self._fast = 0
        self.gain, self._loud_s = max(0.5 * self.gain, LEAST_GAIN), at_s
        return True

    @property
    def why(self) -> str:
        """In words, while it is calmed; "" else."""
        if self.gain == 1.0:
            return ""
        return "the setpoint swings against another loop: it is followed more slowly, limits by the worst of late"

    def eased(self, wish_mw: float, last_mw: float) -> float:
        """Part of the way from the last setpoint to what is wished."""
        if self.gain == 1.0 or isnan(last_mw):
            return wish_mw
        if abs(wish_mw - last_mw) < self._least_mw:
            return last_mw
        return last_mw + self.gain * (wish_mw - last_mw)

    def worst(self, low_mw: float, high_mw: float) -> tuple[float, float]:
        """Least and most that the campus draws: of now, or while it swings the worst, which eases slowly."""
        low, high = self._net
        if self.gain == 1.0 or isnan(low_mw + high_mw) or isnan(low + high):
            self._net = low_mw, high_mw
            return self._net
        low, high = low + EASE_FRAC * (low_mw - low), high + EASE_FRAC * (high_mw - high)
        self._net = min(low, low_mw), max(high, high_mw)
        return self._net
