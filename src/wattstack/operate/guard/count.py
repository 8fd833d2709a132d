"""What can be in a store at most, counted by its power: nothing comes from nowhere.

Gives    Count.
Used by  operate.guard.measure.

A gauge that shows more than was ever charged is not believed, however long it says so: it counts for what was counted.
What it shows less is believed at once, and the count follows within minutes, so that a reading that fell and came back
costs nothing. A small difference upwards is followed slowly, for declared efficiencies and meters are not exact. A
store that takes no more and shows itself full is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isnan, nan

NEAR_FRAC = 0.02  # of the usable energy: what gauge and count may differ by
# of the usable energy: how fast the count follows a gauge that shows a little more, assumption
FOLLOW_PER_H = 0.002
DOWN_H = 1.0 / 6.0  # the count follows a gauge that shows less, assumption
FULL_FRAC = 0.99


@dataclass(slots=True)
class Count:
    """Of one device.

    Attributes:
        whole_mwh: Usable energy.
        charge_eff, discharge_eff: As declared.
        most_mwh: What can be in it; NaN: nothing was read yet.
        off_mwh: How much more the gauge shows than can be; 0 where they agree.
    """

    whole_mwh: float
    charge_eff: float
    discharge_eff: float
    most_mwh: float = nan
    off_mwh: float = 0.0
    _time_h: float = nan

    def believed(self, shown_mwh: float, power_mw: float, full: bool, time_h: float) -> float:
        """The energy that may be believed [MWh]; NaN where the gauge shows nothing.

        Args:
            shown_mwh: By the gauge; NaN: not read.
            power_mw: > 0 out of the store; NaN: not read, then nothing is counted as charged.
            full: Whether it takes no more.
            time_h: Of the site.

        Example:
            >>> count = Count(20.0, 0.95, 0.95)
            >>> count.believed(10.0, 0.0, False, 0.0), count.believed(16.0, 0.0, False, 5.0)
            (10.0, 10.0)
            >>> round(count.believed(16.0, -4.0, False, 6.0), 6)
            13.8
        """
        hours = 0.0 if isnan(self._time_h) else max(time_h - self._time_h, 0.0)
        self._time_h = nan if isnan(power_mw) else time_h
        if not isnan(power_mw):
            came = -power_mw * (self.charge_eff if power_mw < 0.0 else 1.0 / self.discharge_eff) * hours
            self.most_mwh = min(max(self.most_mwh + came, 0.0), self.whole_mwh)
        if isnan(shown_mwh):
            return nan
        if isnan(self.most_mwh) or (full and shown_mwh >= FULL_FRAC * self.whole_mwh):
            self.most_mwh = shown_mwh
        gap = shown_mwh - self.most_mwh
        near = NEAR_FRAC * self.whole_mwh
        self.off_mwh = gap if gap > near else 0.0
        if gap < 0.0:
            self.most_mwh += gap * (1.0 - exp(-hours / DOWN_H))
        elif gap <= near:
            self.most_mwh += min(gap, FOLLOW_PER_H * self.whole_mwh * hours)
        return min(shown_mwh, self.most_mwh)
