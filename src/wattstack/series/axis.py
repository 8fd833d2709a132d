"""The time axis: start, step and count in UTC.

Needs    errors, units.
Gives    TimeAxis, make_axis, span_faults.
Used by  every room that touches numbers along time.

Inside wattstack time is UTC. A step is [start, start + step); its stamp is its start. The local clock
(months, weekdays, hours, 23- and 25-hour days) is asked for by time zone in series.clock and never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wattstack.errors import Fault, InputError
from wattstack.units import STEP_S

if TYPE_CHECKING:  # imported where it is used: a campus file is read without it
    import numpy as np


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Evenly spaced steps in UTC.

    Args:
        start: First stamp, UTC, as numpy datetime64[s].
        step_s: Length of a step [s].
        count: Number of steps.

    Example:
        >>> import numpy as np
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
        import numpy as np

        return self.start + np.timedelta64(self.step_s * self.count, "s")

    @property
    def stamps(self) -> np.ndarray:
        """Start of every step, UTC, datetime64[s], shape (count,)."""
        import numpy as np

        return self.start + np.arange(self.count) * np.timedelta64(self.step_s, "s")


def span_faults(start: datetime, end: datetime, step: str) -> list[Fault]:
    """What is wrong with a span: end not after start, span or start no whole number of steps.

    Args:
        start, end: First moment and the moment after the last step, with their offsets.
        step: One of units.STEP_S.

    Returns:
        Faults at "start" and "end", none where the span is in order.

    Example:
        >>> noon = datetime(2022, 4, 1, 12, tzinfo=UTC)
        >>> [str(fault) for fault in span_faults(noon, noon.replace(minute=20), "30min")]
        ['end  is no whole number of steps of 30min after start. Move end or change step.']
    """
    faults, step_s = [], STEP_S[step]
    span_s = (end - start).total_seconds()
    if span_s <= 0:
        what = f"is {end.isoformat()}, must be after start {start.isoformat()}. Move one."
        faults.append(Fault("end", what))
    elif span_s % step_s:
        what = f"is no whole number of steps of {step} after start. Move end or change step."
        faults.append(Fault("end", what))
    if start.timestamp() % step_s:
        faults.append(Fault("start", f"is {start.isoformat()}, must fall on a multiple of {step}. Move it."))
    return faults


def _moment(where: str, stamp: str | datetime, faults: list[Fault]) -> datetime | None:
    """A stamp as an aware datetime; what is wrong with it goes to `faults`."""
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
    return stamp


def make_axis(start: str | datetime, end: str | datetime, step: str) -> TimeAxis:
    """The axis between two stamps.

    Args:
        start: First stamp, ISO 8601 with offset.
        end: End of the last step, ISO 8601 with offset.
        step: 1h, 60min, 30min, 15min, 10min, 5min or 1min.

    Raises:
        InputError: A stamp without offset or an unknown step, both at once; else an end not after the start,
            or a span or start that is not a whole number of steps.

    Example:
        >>> make_axis("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00", "30min").count
        17520
    """
    import numpy as np

    faults: list[Fault] = []
    first, last = _moment("start", start, faults), _moment("end", end, faults)
    if step not in STEP_S:
        faults.append(Fault("step", f"is {step!r}, must be one of {', '.join(STEP_S)}."))
    if not faults:
        faults = span_faults(first, last, step)
    if faults:
        raise InputError("time", faults)
    step_s = STEP_S[step]
    utc = np.datetime64(first.astimezone(UTC).replace(tzinfo=None), "s")
    return TimeAxis(utc, step_s, int((last - first).total_seconds()) // step_s)
