"""What a bill knows of the clock: local month, weekday and hour of a step, how much of a month is there.

Needs    series.TimeAxis, series.LocalClock.
Gives    Calendar, month_of.
Used by  cost.demand, cost.tariff, cost.carbon; plan, which makes one of each case.

Tariffs speak local time: a peak window from 8 to 20 follows the clock through daylight saving, a holiday
counts as a Sunday, and the month of an interval is the local month in which it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from wattstack.series import LocalClock, TimeAxis


def month_of(label: str) -> int:
    """Months since the year 0 of a label.

    Example:
        >>> month_of("2022-04") - month_of("2021-12")
        4
    """
    year, month = label.split("-")
    return int(year) * 12 + int(month) - 1


@dataclass(frozen=True)
class Calendar:
    """The local calendar of an axis, as a tariff reads it.

    Attributes:
        axis: The time steps, UTC.
        time_zone: IANA name of the zone whose clock the tariff follows.
        clock: series.LocalClock of the axis, or a case, which holds the same arrays of shape (steps,): month
            (index, never falling), month_names ("2022-04"), local_month, local_weekday (a declared holiday
            reads 6), local_hour.
    """

    axis: TimeAxis
    time_zone: str
    clock: LocalClock

    @property
    def month(self) -> np.ndarray:
        """Index 0 .. months-1 of the local calendar month of each step."""
        return self.clock.month

    @property
    def month_names(self) -> tuple[str, ...]:
        """Label of each month, "2022-04"."""
        return self.clock.month_names

    @property
    def months(self) -> int:
        """Number of local calendar months that the axis touches."""
        return len(self.month_names)

    @property
    def month_frac(self) -> np.ndarray:
        """Share of each local calendar month that the axis covers, 1 for a whole month, shape (months,).

        What is charged by the month or the year is charged in this share, so that a bill of a week is
        not a bill of a month and an hour beyond the year's end does not cost a thirteenth month.
        """
        covered_s = np.bincount(self.month, minlength=self.months) * float(self.axis.step_s)
        zone = ZoneInfo(self.time_zone)
        length_s = np.empty(self.months)
        for m, name in enumerate(self.month_names):
            year, month = (int(part) for part in name.split("-"))
            start = datetime(year, month, 1, tzinfo=zone)
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
            length_s[m] = end.timestamp() - start.timestamp()
        return np.minimum(covered_s / length_s, 1.0)

    @property
    def years(self) -> int:
        """Years of twelve months in the axis, at least 1; an hour over the year's end is no second year."""
        return max(1, ceil(float(self.month_frac.sum()) / 12.0 - 0.01))

    @property
    def month_number(self) -> np.ndarray:
        """Months since the year 0 of each label: consecutive months differ by one."""
        return np.array([month_of(name) for name in self.month_names])

    def local_text(self, step: int) -> str:
        """Start of a step on the local clock with its offset, so that the doubled autumn hour stays two.

        Example: "2022-10-30T02:00+01:00".
        """
        seconds = int(self.axis.start.astype("datetime64[s]").astype(np.int64)) + step * self.axis.step_s
        stamp = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        return stamp.astimezone(ZoneInfo(self.time_zone)).isoformat(timespec="minutes")

    def sum_by_month(self, values: np.ndarray) -> np.ndarray:
        """Sum of a value per step over each month, shape (months,)."""
        return np.bincount(self.month, weights=values, minlength=self.months)
