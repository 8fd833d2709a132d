"""Forecasts as declared, for the twin's loop and the live site: kind, error and seed of each quantity.

Needs    campus.Control, series.local_clock, control.kernel.forecast.
Gives    make_believed, make_forecast, Forecasted, QUANTITIES.
Used by  twin, control.mpc; how a forecast is made is written down once, in control.kernel.forecast.

`seasonal` is the same time of the last day known for the sun, and for demand and prices the similar day: the last
working day from Tuesday to Friday, the same weekday of last week else (the naive method of price forecasting: Weron
2014, doi:10.1016/j.ijforecast.2014.08.008, section 3). The same time is that of the local clock, also where the clocks
change in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.campus import Control
from wattstack.control.kernel import forecast as kernel
from wattstack.errors import StateError
from wattstack.series import TimeAxis, local_clock
from wattstack.units import STEP_S

QUANTITIES = ("price", "load", "solar")
DAY_S, HOUR_S = 86400, 3600
DECLARED_AT_H = 24.0  # lead time at which the error has its declared standard deviation


@dataclass(frozen=True)
class Forecasted:
    """A forecast and what was odd about it.

    Attributes:
        values: By plan step, shape (n,).
        clipped: How many an error had carried out of their physical bounds.
        held: For how many no such day was known yet, so that what is now is held.
    """

    values: np.ndarray
    clipped: int
    held: int


def make_believed(
    control: Control,
    axis: TimeAxis,
    time_zone: str,
    highest: Mapping[str, float] | None = None,
) -> dict[str, kernel.Believed]:
    """The declared forecasts as numbers for the compiled loop, by quantity: price, load, solar.

    Args:
        control: As declared; its `forecast` and `plan_step` count here.
        axis: Of the series that are forecast; index 0 of a series is its first step.
        time_zone: Whose midnight begins a day.
        highest: Greatest possible value by quantity, in its unit (solar: what the inverters let through); no bound
            where it is not given. Load and solar are never below 0.

    Returns:
        Believed by quantity. Each quantity has noise of its own from `forecast.seed`, one number a plan step of the
        axis; equal seeds give equal errors, whatever the other quantities do.

    Raises:
        StateError: A day, or a step of the plan, is no whole number of the axis' steps.

    Example:
        >>> axis = TimeAxis(np.datetime64("2022-04-01T15:00:00"), 60, 1440)
        >>> believed = make_believed(Control(), axis, "Asia/Tokyo")
        >>> believed["load"].weekday, believed["load"].day_steps  # a Saturday begins
        (5, 1440)
    """
    forecast, plan_step_s = control.forecast, STEP_S[control.plan_step]
    if DAY_S % axis.step_s or plan_step_s % axis.step_s:
        raise StateError(
            f"axis.step_s is {axis.step_s}, must divide the day and control.plan_step ({control.plan_step}). "
            "Choose a shorter step, or a longer control.plan_step."
        )
    clock = local_clock(TimeAxis(axis.start, axis.step_s, 1), time_zone)
    count = -(-axis.count * axis.step_s // plan_step_s)
    changes = _clock_changes(axis, time_zone)
    believed = {}
    for place, name in enumerate(QUANTITIES):
        hold_frac, error_frac = fading(
            getattr(forecast.error_frac, name), forecast.error_hold_h, plan_step_s / 3600.0
        )
        noise = np.random.default_rng([forecast.seed, place]).standard_normal(count if error_frac else 0)
        believed[name] = kernel.Believed(
            kind=_kind(getattr(forecast, name), name),
            day_steps=DAY_S // axis.step_s,
            weekday=int(clock.local_weekday[0]),
            after_midnight=round(float(clock.local_hour[0]) * 3600.0 / axis.step_s),
            bias_frac=float(getattr(forecast.bias_frac, name)),
            error_frac=error_frac,
            hold_frac=hold_frac,
            scale=0.0,
            low=-np.inf if name == "price" else 0.0,
            high=float((highest or {}).get(name, np.inf)),
            noise=noise,
            changes=changes,
        )
    return believed


def _clock_changes(axis: TimeAxis, time_zone: str) -> np.ndarray:
    """Steps at which the clocks change, and steps by which they are then ahead of the axis' beginning; (n, 2)."""
    hours = TimeAxis(axis.start, HOUR_S, axis.count * axis.step_s // HOUR_S + 1)
    ahead_h = np.diff(local_clock(hours, time_zone).local_hour) - 1.0
    ahead_h = (ahead_h + 12.0) % 24.0 - 12.0  # midnight is no change
    at = np.flatnonzero(np.abs(ahead_h) > 1e-6)
    steps = np.round(np.cumsum(ahead_h[at]) * HOUR_S / axis.step_s)
    return np.column_stack([(at + 1) * HOUR_S // axis.step_s, steps]).astype(np.int64)


def fading(error_frac: float, hold_h: float, plan_step_h: float) -> tuple[float, float]:
    """Share of an error left a plan step later, and its standard deviation far ahead.

    The declared one is that at 24 h: with errors that fade as exp(-t / hold_h), the variance after a time t is
    1 - exp(-2 t / hold_h) of that far ahead.

    Example:
        >>> hold_frac, far_frac = fading(0.1, hold_h=24.0, plan_step_h=1.0)
        >>> round(hold_frac, 4), round(far_frac, 4)
        (0.9592, 0.1075)
    """
    grown = -np.expm1(-2.0 * DECLARED_AT_H / hold_h)
    return float(np.exp(-plan_step_h / hold_h)), float(error_frac / np.sqrt(grown))


def make_forecast(
    believed: kernel.Believed, series: np.ndarray, now: int, per_step: int, steps: int
) -> Forecasted:
    """Forecast the next plan steps of one quantity from what is known of it.

    Args:
        believed: From make_believed.
        series: Values by step of the axis, what is known of them: for all but `given`, those up to `now`.
        now: Step at which the first plan step begins; 0 .. len(series).
        per_step: Steps of the series in a plan step.
        steps: Plan steps wanted.

    Raises:
        StateError: The series has gaps, is empty, or ends before `now`.

    Example:
        >>> axis = TimeAxis(np.datetime64("2022-04-01T15:00:00"), 900, 96)
        >>> believed = make_believed(Control(forecast={"load": "persistence"}), axis, "Asia/Tokyo")["load"]
        >>> make_forecast(believed, np.array([1.0, 2.0, 4.0]), 3, 2, 2).values.tolist()
        [3.0, 3.0]
    """
    series = np.ascontiguousarray(series, float)
    if not 0 <= now <= len(series) or len(series) == 0:
        raise StateError(
            f"series has {len(series)} values, must reach step {now}. Give what was measured until now."
        )
    gaps = np.flatnonzero(~np.isfinite(series))
    if len(gaps):
        raise StateError(
            f"series has {len(gaps)} gaps, the first at step {gaps[0]}, must have none. Fill them by a named rule."
        )
    values = np.empty(steps)
    clipped, held = kernel.fill_forecast(believed, series, now, per_step, values)
    return Forecasted(values, clipped, held)


def _kind(foresight: str, quantity: str) -> int:
    if foresight == "given":
        return kernel.GIVEN
    if foresight == "persistence":
        return kernel.PERSISTENCE
    return kernel.YESTERDAY if quantity == "solar" else kernel.WEEKDAY
