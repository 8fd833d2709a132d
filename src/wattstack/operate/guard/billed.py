"""The highest metering interval of each month, which its bill stands on: no later interval of it has to be lower.

Needs    campus; operate.guard.limits.
Gives    Billed.
Used by  operate.guard.mind, memory.

A clock that goes wrong and comes right again names another month in between: what a month had reached is kept by its
name, and found again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.operate.guard.limits import FAR_MW, Limits, month_target

if TYPE_CHECKING:
    from wattstack.campus import Campus

MOST = 24  # months that are remembered


class Billed:
    """The months of a campus.

    Args:
        campus: Its time zone and its targets.

    Attributes:
        month: Of now, "2022-04"; "" before the first decision.
        reached_mw: Highest interval mean by month.
        set_mw: Target of the open interval.
    """

    def __init__(self, campus: Campus) -> None:
        self.campus = campus
        self._zone = ZoneInfo(campus.place.time_zone)
        self.month, self.set_mw = "", FAR_MW
        self.reached_mw: dict[str, float] = {}

    @property
    def now_mw(self) -> float:
        """What this month has reached."""
        return self.reached_mw.get(self.month, 0.0)

    @property
    def place(self) -> int:
        """Of this month in a year, 0 first."""
        return int(self.month[5:]) - 1

    def reach(self, month: str, power_mw: float) -> None:
        """A month has reached so much, at least; the oldest ones go where there are many."""
        self.reached_mw[month] = max(self.reached_mw.get(month, 0.0), power_mw)
        for old in sorted(self.reached_mw)[:-MOST]:
            del self.reached_mw[old]

    def look(self, time_s: float, peak_mw: np.ndarray, limits: Limits) -> None:
        """Set the target of the open interval: as asked or declared, but never below what this month was billed for.

        Args:
            time_s: Seconds since 1970 UTC, of the meter's clock.
            peak_mw: Targets by month of a year, shape (12,); the controller raises the one of now where an interval was
                closed above it.
            limits: What holds.
        """
        month = datetime.fromtimestamp(time_s, UTC).astimezone(self._zone).strftime("%Y-%m")
        if month != self.month:
            self.month = month
        elif peak_mw[self.place] > self.set_mw:
            self.reach(month, float(peak_mw[self.place]))
        target = month_target(self.campus, month) if limits.peak_mw is None else limits.peak_mw
        peak_mw[self.place] = self.set_mw = max(target, self.now_mw)
