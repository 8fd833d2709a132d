"""The local clock: UTC to local and back, and what the calendar says of each step of an axis.

Needs    errors, series.axis, the IANA time zones.
Gives    LocalClock, local_clock, time_zone, with_offset, local_seconds, utc_seconds.
Used by  series (readers, typical years), case, cost.

Zones are turned into a short table of transitions once, so that a year of minutes costs two array operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from wattstack.errors import InputError, nearest
from wattstack.series.axis import TimeAxis

DAY_S = 86400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LocalClock:
    """What the local clock and calendar say of each step's start. Arrays have shape (steps,).

    Attributes:
        month: Index 0 .. months-1 of the local calendar month, never falling.
        month_names: Label of each month, "2022-04".
        local_month: Month of the year, 1 .. 12.
        local_weekday: Monday = 0 .. Sunday = 6; a declared holiday reads 6.
        local_hour: Hour of the day as a fraction, 0 <= hour < 24.
    """

    month: np.ndarray
    month_names: tuple[str, ...]
    local_month: np.ndarray
    local_weekday: np.ndarray
    local_hour: np.ndarray


def time_zone(name: str) -> ZoneInfo:
    """The IANA zone of a name.

    Raises:
        InputError: No such zone; the nearest is named.

    Example:
        >>> time_zone("Asia/Tokyo").key
        'Asia/Tokyo'
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = nearest(name, available_timezones())
        hint = f"Nearest: {near!r}." if near else "Write one like Asia/Tokyo."
        raise InputError("time_zone", [f"is {name!r}, must be an IANA time zone. {hint}"]) from None


def with_offset(stamp: str, zone_name: str | None) -> str:
    """A stamp of a wall clock with the offset that the clock of a zone has then, for hints.

    Args:
        stamp: ISO 8601 without offset.
        zone_name: IANA name; where it is not known the stamp is taken as UTC.

    Example:
        >>> with_offset("2022-07-01T00:00", "Europe/Paris"), with_offset("2022-07-01T00:00", None)
        ('2022-07-01T00:00+02:00', '2022-07-01T00:00Z')
    """
    if zone_name is None:
        return f"{stamp}Z"
    moment = datetime.fromisoformat(stamp).replace(tzinfo=time_zone(zone_name))
    return stamp + moment.isoformat(timespec="seconds")[19:25]


@lru_cache(maxsize=32)
def transitions(zone_name: str, first_day: int, last_day: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from UTC of a zone over a span of days.

    Args:
        zone_name: IANA name.
        first_day, last_day: Days since 1970-01-01 (UTC); the table holds between them.

    Returns:
        at_s: Moments at which the offset changes, seconds since 1970 UTC, shape (changes,).
        offset_s: Offset before the first change and after each, shape (changes + 1,).
    """
    zone = time_zone(zone_name)

    def offset(second: int) -> int:
        return int((_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset().total_seconds())

    at, offsets = [], [offset(first_day * DAY_S)]
    for day in range(first_day, last_day):
        low, high = day * DAY_S, (day + 1) * DAY_S
        after = offset(high)
        if after == offsets[-1]:
            continue
        while high - low > 1:  # the moment of change, to the second
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        at.append(high)
        offsets.append(after)
    return np.array(at, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _table(zone_name: str, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Transitions that cover these seconds, whole years so that few tables are made."""
    low_s, high_s = (int(seconds.min()), int(seconds.max())) if seconds.size else (0, 0)
    low = np.datetime64(low_s - 2 * DAY_S, "s").astype("M8[Y]")
    high = np.datetime64(high_s + 2 * DAY_S, "s").astype("M8[Y]") + 1
    return transitions(zone_name, *(int(y.astype("M8[D]").astype(np.int64)) for y in (low, high)))


def local_seconds(utc_s: np.ndarray, zone_name: str) -> np.ndarray:
    """Wall clock of UTC moments, both as seconds since 1970, shape kept.

    Example:
        >>> int(local_seconds(np.array([0]), "Asia/Tokyo")[0]) // 3600
        9
    """
    at_s, offset_s = _table(zone_name, utc_s)
    return utc_s + offset_s[np.searchsorted(at_s, utc_s, side="right")]


@dataclass(frozen=True, slots=True)
class Localised:
    """UTC of wall-clock stamps and what was odd about them.

    Attributes:
        utc_s: Seconds since 1970 UTC; where `in_hole`, as if the clock had not been moved.
        in_hole: True where the stamp does not exist (the skipped spring hour).
    """

    utc_s: np.ndarray
    in_hole: np.ndarray


def utc_seconds(wall_s: np.ndarray, zone_name: str) -> Localised:
    """UTC of wall-clock stamps, in the order of the file.

    A stamp of the doubled autumn hour means summer time when it comes first and standard time when it comes
    again, whether the two hours stand one after the other or step by step in turn.

    Args:
        wall_s: Stamps without offset, seconds since 1970 on the local clock, shape (rows,).
        zone_name: IANA name of the clock.
    """
    at_s, offset_s = _table(zone_name, wall_s)
    # the wall clock on both sides of each change
    before_s, after_s = at_s + offset_s[:-1], at_s + offset_s[1:]
    change = np.searchsorted(np.maximum(before_s, after_s), wall_s, side="right")
    utc_s = wall_s - offset_s[change]
    in_hole = np.zeros(wall_s.shape, dtype=bool)
    for low, high, shift_s in zip(before_s, after_s, np.diff(offset_s), strict=True):
        if shift_s > 0:
            in_hole |= (wall_s >= low) & (wall_s < high)
            continue
        rows = np.flatnonzero((wall_s >= high) & (wall_s < low))
        again = rows[_is_repeat(wall_s[rows])]
        utc_s[again] -= shift_s
    return Localised(utc_s, in_hole)


def standard_offset_s(zone_name: str, utc_s: int) -> int:
    """Offset of a zone from UTC without daylight saving [s]: the smaller one of the year around a moment.

    Example:
        >>> standard_offset_s("Europe/Paris", 0) // 3600
        1
    """
    year = np.datetime64(utc_s, "s").astype("M8[Y]")
    days = (int(y.astype("M8[D]").astype(np.int64)) for y in (year, year + 1))
    return int(transitions(zone_name, *days)[1].min())


def _is_repeat(stamps: np.ndarray) -> np.ndarray:
    """True where the same stamp stood before."""
    _, first = np.unique(stamps, return_index=True)
    repeat = np.ones(stamps.size, dtype=bool)
    repeat[first] = False
    return repeat


def doubled_hour(utc_s: int, zone_name: str) -> bool:
    """Whether a UTC moment lies in the second pass of an autumn hour that the clock shows twice.

    Example:
        >>> doubled_hour(int(np.datetime64("2021-10-31T01:00", "s").astype(int)), "Europe/Paris")
        True
    """
    at_s, offset_s = _table(zone_name, np.array([utc_s]))
    shift_s = -np.diff(offset_s)
    return bool(np.any((at_s <= utc_s) & (utc_s < at_s + shift_s)))


def local_clock(axis: TimeAxis, zone_name: str, holidays: Iterable[date] = ()) -> LocalClock:
    """Months, weekdays and hours of an axis on the local clock.

    Args:
        axis: The steps.
        zone_name: IANA time zone of the campus.
        holidays: Local dates that count as Sundays (weekday 6).

    Raises:
        InputError: No such zone.

    Example:
        >>> axis = TimeAxis(np.datetime64("2022-03-31T15:00:00"), 1800, 48)
        >>> clock = local_clock(axis, "Asia/Tokyo")
        >>> clock.month_names, float(clock.local_hour[0]), int(clock.local_weekday[0])
        (('2022-04',), 0.0, 4)
    """
    wall_s = local_seconds(axis.stamps.astype(np.int64), zone_name)
    day = wall_s // DAY_S
    months = day.astype("M8[D]").astype("M8[M]")
    number = months.astype(np.int64)
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday
    off = np.array([np.datetime64(h, "D").astype(np.int64) for h in holidays], dtype=np.int64)
    if off.size:
        weekday[np.isin(day, off)] = 6
    names = tuple(str(np.datetime64(int(m), "M")) for m in range(int(number[0]), int(number[-1]) + 1))
    return LocalClock(number - number[0], names, number % 12 + 1, weekday, (wall_s % DAY_S) / 3600.0)
