"""Prices, shares and levels of the campus file as one number a step.

Needs    campus (Rate, Share, Level), series.LocalClock, the series brought onto the axis.
Gives    values_of.
Used by  case.bind, case.loads.

A time-of-use table is read on the local clock of the campus: both passes of a doubled autumn hour pay the
price of that hour, a declared holiday is a Sunday. That every hour has a price is checked where the table is
declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.campus import Periods, SeriesRef

if TYPE_CHECKING:
    from wattstack.series import LocalClock


def values_of(value: Any, clock: LocalClock, series: Mapping[str, np.ndarray]) -> np.ndarray:
    """A Rate, Share or Level on the axis.

    Args:
        value: Number, reference to a series, or time-of-use table.
        clock: Local clock of the axis.
        series: Series on the axis by name.

    Returns:
        Values, shape (steps,).

    Example:
        >>> from wattstack.series import TimeAxis, local_clock
        >>> clock = local_clock(TimeAxis(np.datetime64("2022-01-01T00:00:00"), 3600, 2), "UTC")
        >>> values_of(12.5, clock, {})
        array([12.5, 12.5])
    """
    if isinstance(value, SeriesRef):
        return series[value.name]
    if isinstance(value, Periods):
        return _by_period(value, clock)
    return np.full(len(clock.local_hour), float(value))


def _by_period(table: Periods, clock: LocalClock) -> np.ndarray:
    """Price of the first period whose window holds, step by step."""
    periods = list(table.periods.values())
    price = np.empty(len(clock.local_hour))
    for period in reversed(periods):
        price[period.mask(clock.local_month, clock.local_weekday, clock.local_hour)] = period.price_per_mwh
    return price
