"""The time axis: start, step and count in UTC.

Needs    errors.
Gives    TimeAxis, make_axis, STEP_WORDS.
Used by  every room that touches numbers along time.

Inside wattstack time is UTC. A step is [start, start + step); its stamp is its start. The local clock
(months, weekdays, hours, 23- and 25-hour days) is asked for by time zone in series.clock and never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from wattstack.errors import Fault, InputError

STEP_WORDS = {"1h": 3600, "60min": 3600, "30min": 1800, "15min": 900, "10min": 600, "5min": 300, "1min": 60}


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Evenly spaced steps in UTC.

    Args:
        start: First stamp, UTC, as numpy datetime64[s].
        step_s: Length of a step [s].
        count: Number of steps.

    Example:
        >>> TimeAxis(np.datetime64("2022-01-01T00:00:00"), 3600, 24).end
        np.datetime64('2022-01-02T00:00:00')
    """

    start: np.datetime64
    step_s: int
    count: int

    @property
    def step_h(self) -> float:
        """Length of a step [h]."""
        return self.step_s / 3600.0

    @property
    def end(self) -> np.datetime64:
        """End of the last step, UTC."""
        return self.start + np.timedelta64(self.step_s * self.count, "s")

    @property
    def stamps(self) -> np.ndarray:
        """Start of every step, UTC, datetime64[s], shape (count,)."""
        return self.start + np.arange(self.count) * np.timedelta64(self.step_s, "s")


def _utc(where: str, stamp: str | datetime, faults: list[Fault]) -> np.datetime64 | None:
    """A stamp with offset as UTC; what is wrong with it goes to `faults`."""
    if isinstance(stamp, str):
        try:
            stamp = datetime.fromisoformat(stamp)
        except ValueError:
            faults.append(Fault(where, f"is {stamp!r}, must be ISO 8601. Write 2022-04-01T00:00+09:00."))
            return None
    if stamp.tzinfo is None:
        text = stamp.isoformat()
        faults.append(
            Fault(where, f"is {text}, must carry its offset from UTC. Write {text}+09:00 or {text}Z.")
        )
        return None
    return np.datetime64(stamp.astimezone(UTC).replace(tzinfo=None), "s")


def make_axis(start: str | datetime, end: str | datetime, step: str) -> TimeAxis:
    """The axis between two stamps.

    Args:
        start: First stamp, ISO 8601 with offset.
        end: End of the last step, ISO 8601 with offset.
        step: 1h, 60min, 30min, 15min, 10min, 5min or 1min.

    Raises:
        InputError: A stamp without offset, an unknown step, an end not after the start, or a span or start
            that is not a whole number of steps. All at once.

    Example:
        >>> make_axis("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00", "30min").count
        17520
    """
    faults: list[Fault] = []
    first, last = _utc("time.start", start, faults), _utc("time.end", end, faults)
    step_s = STEP_WORDS.get(step)
    if step_s is None:
        faults.append(Fault("time.step", f"is {step!r}, must be one of {', '.join(STEP_WORDS)}."))
    if first is not None and last is not None:
        span_s = int((last - first).astype(np.int64))
        if span_s <= 0:
            faults.append(Fault("time.end", f"is {end}, must be after time.start {start}. Move one of them."))
        elif step_s and span_s % step_s:
            faults.append(
                Fault("time.end", f"is not a whole number of {step} steps after time.start. Move it.")
            )
        if step_s and int(first.astype(np.int64)) % step_s:
            faults.append(Fault("time.start", f"is {start}, must fall on a multiple of {step}. Move it."))
    if faults:
        raise InputError("time", faults)
    return TimeAxis(first, step_s, span_s // step_s)
