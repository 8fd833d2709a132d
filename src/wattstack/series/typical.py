"""A typical year placed on real ones.

Needs    errors, series.axis, series.clock, series.series.
Gives    on_years.
Used by  series.align, for sources that say by_calendar.

Each moment of the axis takes the value of the same month, day and time of day in the typical year, both on
the standard time of the campus: the sun knows no daylight saving. 29 February takes 28 February unless the
source has its own. Weekdays fall as they do in the source, which is right for weather and wrong for prices.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series.axis import TimeAxis
from wattstack.series.clock import DAY_S, standard_offset_s
from wattstack.series.series import Series

_YEAR_DAYS = 366


def on_years(series: Series, axis: TimeAxis, zone_name: str) -> Series:
    """The series repeated by the calendar so that it covers the axis and one step more on each side.

    Args:
        series: One year, whatever its nominal year.
        axis: The real time to cover.
        zone_name: IANA zone of the campus.

    Raises:
        InputError: The source is not one whole year.
    """
    length_s = series.count * series.step_s
    if not 365 * DAY_S <= length_s <= _YEAR_DAYS * DAY_S:
        what = f"covers {series.span}, must be one whole year to be placed by calendar. Give one year."
        raise InputError(series.file, [Fault(series.name, what)])
    shift_s = standard_offset_s(zone_name, int(axis.start.astype("M8[s]").astype(np.int64)))
    source_key = _slot(series.start_s + np.arange(series.count) * series.step_s + shift_s)
    start_s, end_s = (int(t.astype("M8[s]").astype(np.int64)) for t in (axis.start, axis.end))
    first = (start_s - series.start_s) // series.step_s - 1
    last = -(-(end_s - series.start_s) // series.step_s) + 1
    time_s = series.start_s + np.arange(first, last) * series.step_s
    key = _slot(time_s + shift_s)
    leap = (key // DAY_S == _LEAP_DAY) & ~np.isin(key, source_key)
    key[leap] -= DAY_S
    order = np.argsort(source_key)
    at = order[np.clip(np.searchsorted(source_key, key, sorter=order), 0, order.size - 1)]
    if np.any(source_key[at] != key):
        what = f"covers {series.span} and lacks days of the year. Give every day of it."
        raise InputError(series.file, [Fault(series.name, what)])
    clock = f"UTC{shift_s / 3600:+g}"
    note = f"typical year placed by calendar (month, day and hour of standard time, {clock})"
    notes = (note, "29 February takes 28 February") if leap.any() else (note,)
    columns = {name: values[at] for name, values in series.columns.items()}
    return replace(series.noted(*notes), start_s=int(time_s[0]), columns=columns, time_zone=None)


_LEAP_DAY = 59  # days since 1 January of a leap year


def _slot(local_s: np.ndarray) -> np.ndarray:
    """Seconds since the start of a leap year of the same month, day and time of day."""
    day = (local_s // DAY_S).astype("M8[D]")
    year = day.astype("M8[Y]")
    of_year = (day - year.astype("M8[D]")).astype(np.int64)
    number = year.astype(np.int64) + 1970
    common = ~((number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0)))
    return (of_year + (common & (of_year >= _LEAP_DAY))) * DAY_S + local_s % DAY_S
