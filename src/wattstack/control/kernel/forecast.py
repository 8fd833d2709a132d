"""What is believed of the next hours: the truth, what is now, or the same hour of a day before; errors on top.

Gives    fill_forecast, Believed, the kinds.
Used by  control.forecast, twin.

Nothing of the future is read but by GIVEN: a value counts as known when its step has ended. The error of a value
is the sum of what happened between now and then, each part fading as it ages (autoregressive of order 1): it starts
at 0, grows with the time ahead to its standard deviation, and shrinks step by step as the value comes nearer, so
that plans made one after the other do not jump. Same noise, same errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

GIVEN, PERSISTENCE, YESTERDAY, LAST_WEEK, WEEKDAY = range(5)

TUESDAY, FRIDAY = 1, 4
NO_CHANGES = np.zeros((0, 2), dtype=np.int64)


class Believed(NamedTuple):
    """How one quantity is forecast.

    Attributes:
        kind: GIVEN the truth; PERSISTENCE the mean of the last plan step; YESTERDAY, LAST_WEEK the same time of
            the last day, or of the same weekday, that is known; WEEKDAY the last working day from Tuesday to
            Friday, the same weekday of last week else.
        day_steps: Steps of a day.
        weekday: Of step 0, Monday = 0. after_midnight: Steps since local midnight at step 0.
        bias_frac: Constant error, share of the value.
        error_frac: Standard deviation of the error far ahead, share of the value.
        hold_frac: Share of an error that is left a plan step later.
        scale: What the shares are of; 0 = of the value's own amount.
        low, high: Physical bounds of the value.
        noise: Standard normal numbers by plan step of the series, used in turn; none = no chance error.
        changes: Where the clocks change: step, and steps by which the clock is then ahead of that of step 0; (n, 2).
    """

    kind: int
    day_steps: int
    weekday: int
    after_midnight: int
    bias_frac: float
    error_frac: float
    hold_frac: float
    scale: float
    low: float
    high: float
    noise: np.ndarray
    changes: np.ndarray = NO_CHANGES


@njit(cache=True, nogil=True)
def fill_forecast(believed, series, now, per_step, out):
    """Forecast the next n plan steps, each the mean of `per_step` steps of the series.

    Args:
        believed: A Believed.
        series: What was and, for GIVEN, what will be; shape (steps,). Steps before `now` are known; where the
            series ends, GIVEN repeats its last days.
        now: Step at which the first plan step begins, >= 0.
        per_step: Steps of the series in a plan step, > 0.
        out: Values to fill; shape (n,).

    Returns:
        clipped: Values that an error had carried out of their physical bounds.
        held: Values for which no such day is known yet: what is now is held instead.
    """
    clipped = held = 0
    holding = _mean(series, max(now - per_step, 0), max(now, 1))
    fresh = believed.error_frac * np.sqrt(max(1.0 - believed.hold_frac * believed.hold_frac, 0.0))
    error = believed.bias_frac
    for k in range(len(out)):
        first = now + k * per_step
        source = _source(believed, first, per_step, now, len(series))
        value = _mean(series, source, source + per_step) if source >= 0 else holding
        if source < 0 and believed.kind != PERSISTENCE:
            held += 1
        if len(believed.noise) > 0:
            faded = believed.hold_frac * (error - believed.bias_frac)
            error = (
                believed.bias_frac + faded + fresh * believed.noise[first // per_step % len(believed.noise)]
            )
        scale = believed.scale if believed.scale > 0.0 else abs(value)
        value += scale * error
        if value < believed.low or value > believed.high:
            clipped += 1
            value = min(max(value, believed.low), believed.high)
        out[k] = value
    return clipped, held


@njit(cache=True)
def _mean(series, start, end):
    total = 0.0
    for i in range(start, end):
        total += series[i]
    return total / (end - start)


@njit(cache=True)
def _source(believed, first, per_step, now, count):
    """Step of the series whose values stand for those from `first`; -1 where none is known."""
    kind, day = believed.kind, believed.day_steps
    if kind == PERSISTENCE:
        return -1
    known = count if kind == GIVEN else now
    days = max(-((known - first - per_step) // day), 0)  # so many days back it is known
    if days == 0:
        return first
    if _back(believed, first, days) + per_step > known:
        days += 1  # but for an hour: the clocks have gone forward since
    if kind == LAST_WEEK or (kind == WEEKDAY and not _same_kind(believed, first, days)):
        weekly = _back(believed, first, 7 * max(-(-days // 7), 1))
        if weekly >= 0:
            return weekly
    source = _back(believed, first, days)
    return source if source >= 0 else -1


@njit(cache=True)
def _ahead(believed, step):
    """Steps by which the local clock is ahead of that of step 0."""
    ahead = 0
    for i in range(believed.changes.shape[0]):
        if step >= believed.changes[i, 0]:
            ahead = believed.changes[i, 1]
    return ahead


@njit(cache=True)
def _back(believed, first, days):
    """Step of the same local time so many days before."""
    source = first - believed.day_steps * days
    return source + _ahead(believed, first) - _ahead(believed, source)


@njit(cache=True)
def _same_kind(believed, first, days):
    """Whether the day so many days before is a working day standing for a working day of Tuesday to Friday."""
    since_midnight = first + _ahead(believed, first) + believed.after_midnight
    weekday = (believed.weekday + since_midnight // believed.day_steps) % 7
    return TUESDAY <= weekday <= FRIDAY and weekday - days >= 0
