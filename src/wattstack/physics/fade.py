"""What is left after years: a duty repeated, or one unchanging stress, through the kernel that the twin ages by.

Needs    physics.ageing; physics.kernel.ageing (numba, imported when called).
Gives    Steady, Fade, fade, aged.
Used by  twin (blocks that are not new), cli (passports), report, docs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.ageing import AgeingLaws, stack_ageing
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.layout import CAPACITY, NFLOW, NSTATE, RESISTANCE, REVERSIBLE, SOC, TEMP_CELL

if TYPE_CHECKING:
    import pandas as pd

DAY_S, YEAR_DAYS = 86400.0, 365


@dataclass(frozen=True)
class Steady:
    """One unchanging duty: equal cycles about a mean, so many a day.

    Args:
        temp_degc: Cell temperature [degC].
        soc: Mean state of charge (0..1).
        dod: Depth of a cycle (0..1); 0: at rest.
        c_rate: Rate in motion, both ways [1/h].
        cycles_per_day: Full equivalent cycles of the nominal capacity a day.
        charge_c_rate: Rate of charging [1/h], where it differs.
        discharge_c_rate: Rate of discharging [1/h], where it differs.

    Raises:
        InputError: A value is outside its bounds, or the cycle leaves 0..1.
    """

    temp_degc: float = 25.0
    soc: float = 0.5
    dod: float = 0.8
    c_rate: float = 0.25
    cycles_per_day: float = 1.0
    charge_c_rate: float | None = None
    discharge_c_rate: float | None = None

    def __post_init__(self):
        faults = []
        if not -100 < self.temp_degc < 200:
            faults.append(
                Fault("temp_degc", f"is {self.temp_degc:g}, must be a temperature of a cell in degC.")
            )
        if not 0 <= self.dod <= 1:
            faults.append(Fault("dod", f"is {self.dod:g}, must be in 0 .. 1."))
        elif not (self.dod / 2 - 1e-9 <= self.soc <= 1 - self.dod / 2 + 1e-9):
            faults.append(
                Fault("soc", f"is {self.soc:g}: cycles of {self.dod:g} about it leave 0 .. 1. Move the mean.")
            )
        rates = ("c_rate", "cycles_per_day", "charge_c_rate", "discharge_c_rate")
        for key in rates:
            value = getattr(self, key)
            if value is not None and not 0 <= value < np.inf:
                faults.append(Fault(key, f"is {value:g}, must be >= 0."))
        if self.cycles_per_day > 0 and self.dod == 0:
            faults.append(
                Fault("dod", "is 0 while there are cycles. Give their depth, or cycles_per_day: 0.")
            )
        if faults:
            raise InputError("steady duty", faults)

    def as_kernel(self) -> tuple[float, ...]:
        """(K, mean soc, depth, mean, charging, discharging rate)."""
        charging = self.c_rate if self.charge_c_rate is None else self.charge_c_rate
        discharging = self.c_rate if self.discharge_c_rate is None else self.discharge_c_rate
        return (self.temp_degc + 273.15, self.soc, self.dod, self.c_rate, charging, discharging)


@dataclass(frozen=True, eq=False)
class Fade:
    """What is left, year by year; arrays (years + 1,), or (years + 1, laws) for several laws at once.

    Args:
        year: 0, 1, ...
        capacity_frac: What is there, of new; what a strip would bring back is not.
        resistance_frac: Of new.
        reversible_frac: What a strip would bring back.
        full_cycles: Full equivalent cycles so far.
    """

    year: np.ndarray
    capacity_frac: np.ndarray
    resistance_frac: np.ndarray
    reversible_frac: np.ndarray
    full_cycles: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row a year and law."""
        import pandas as pd

        names = ("capacity_frac", "resistance_frac", "reversible_frac", "full_cycles")
        if self.capacity_frac.ndim == 1:
            return pd.DataFrame({"year": self.year, **{name: getattr(self, name) for name in names}})
        count = self.capacity_frac.shape[1]
        columns = {"year": np.repeat(self.year, count), "law": np.tile(np.arange(count), self.year.size)}
        return pd.DataFrame(columns | {name: getattr(self, name).ravel() for name in names})


def fade(
    laws: AgeingLaws | Sequence[AgeingLaws],
    duty: Steady | np.ndarray,
    years: int,
    *,
    temp_degc: float | np.ndarray = 25.0,
    step_s: float = 3600.0,
    strip_days: float | None = None,
) -> Fade:
    """What is left of a cell after each of so many years of 365 days.

    Args:
        laws: A law, or several (draws, makes) to go through the duty together.
        duty: One unchanging stress, exact; or the state of charge at the end of each step, (steps,), repeated over the
            years: before its first step the cell stands at its last value.
        years: How many.
        temp_degc: Cell temperature of each step of a series, or one for all; a Steady has its own.
        step_s: Length of a step of the series [s].
        strip_days: Days between strips; None: never. A year then ends just before a strip.

    Returns:
        Fade. The cycles that are still open at a year's end are counted in it as half cycles.

    Raises:
        InputError: A value is not a number, out of 0..1, or the series does not fill whole steps of a year.
    """
    several = not isinstance(laws, AgeingLaws)
    laws = list(laws) if several else [laws]
    faults = []
    if years < 1:
        faults.append(Fault("years", f"is {years}, must be 1 or more."))
    if strip_days is not None and not 0 < strip_days <= YEAR_DAYS:
        faults.append(Fault("strip_days", f"is {strip_days:g}, must be above 0 and at most {YEAR_DAYS}."))
    if not isinstance(duty, Steady):
        duty = np.asarray(duty, dtype=float)
        faults += _series_faults(duty, temp_degc, step_s)
    if faults:
        raise InputError("fade", faults)
    if isinstance(duty, Steady):
        rows = _steady(laws, duty, years, strip_days)
    else:
        series = np.vstack([duty, np.broadcast_to(np.asarray(temp_degc, dtype=float), duty.shape)])
        rows = _along(laws, series, (years, step_s), strip_days)
    table = np.array(rows)  # (years + 1, 4, laws)
    return Fade(np.arange(years + 1), *(table[:, i] if several else table[:, i, 0] for i in range(4)))


def _series_faults(soc: np.ndarray, temp_degc: float | np.ndarray, step_s: float) -> list[Fault]:
    faults = []
    if not 0 < step_s <= DAY_S:
        faults.append(Fault("step_s", f"is {step_s:g}, must be above 0 and at most a day."))
    if soc.ndim != 1 or soc.size == 0:
        faults.append(Fault("duty", "must be one series of states of charge, (steps,), with a step or more."))
    elif not ((soc >= 0) & (soc <= 1)).all():
        faults.append(
            Fault("duty", "has values outside 0 .. 1, or that are no numbers. Give states of charge.")
        )
    temp = np.asarray(temp_degc, dtype=float)
    if temp.shape not in ((), soc.shape) or not np.isfinite(temp).all():
        faults.append(Fault("temp_degc", "must be one finite number, or one for each step of the duty."))
    return faults


def _new(laws: Sequence[AgeingLaws], soc: float):
    from wattstack.physics.kernel.ageing import new_age

    ageing = stack_ageing(laws)
    state = np.zeros((NSTATE, len(laws)))
    state[SOC], state[TEMP_CELL] = soc, 25.0
    return ageing, new_age(ageing, len(laws)), state


def _read(age: np.ndarray, state: np.ndarray) -> list[np.ndarray]:
    return [
        age[CAPACITY].copy(),
        age[RESISTANCE].copy(),
        state[REVERSIBLE].copy(),
        age[row.FULL_CYCLES].copy(),
    ]


def _steady(laws: Sequence[AgeingLaws], duty: Steady, years: int, strip_days: float | None) -> list:
    from wattstack.physics.kernel.ageing import age_steadily, strip

    ageing, age, state = _new(laws, duty.soc)
    rows = [_read(age, state)]
    parts = (YEAR_DAYS,) if strip_days is None else (YEAR_DAYS - strip_days, strip_days)
    for _ in range(years):
        for b in range(len(laws)):
            for days in parts:
                if strip_days is not None:
                    strip(ageing, age, state, b)
                age_steadily(
                    ageing, age, state, b, (days * DAY_S, days * duty.cycles_per_day), duty.as_kernel()
                )
        rows.append(_read(age, state))
    return rows


def _along(
    laws: Sequence[AgeingLaws], series: np.ndarray, span: tuple[int, float], strip_days: float | None
) -> list:
    from wattstack.physics.kernel.ageing import age_all, age_series, close_age, strip

    years, step_s = span
    ageing, age, state = _new(laws, series[0, -1])
    flows = np.zeros((NFLOW, len(laws)))
    age_all(ageing, age, state, flows, 0.0)
    rows = [_read(age, state)]
    per_year = round(YEAR_DAYS * DAY_S / step_s)
    chunk = per_year if strip_days is None else max(round(strip_days * DAY_S / step_s), 1)
    at, until_strip = 0, chunk
    for _ in range(years):
        left = per_year
        while left:
            if strip_days is not None and until_strip == 0:
                for b in range(len(laws)):
                    strip(ageing, age, state, b)
            until_strip = until_strip or chunk
            steps = min(left, until_strip, series.shape[1] - at)
            age_series(ageing, age, state, flows, series[:, at : at + steps].copy(), step_s)
            at = (at + steps) % series.shape[1]
            left, until_strip = left - steps, until_strip - steps
        rows.append(_read(*close_age(ageing, age, state)))
    return rows


def aged(laws: AgeingLaws, age_years: float, full_cycles: float, duty: Steady | None = None) -> np.ndarray:
    """Age rows of a block that is not new, to be put into age[:, b]. It has just been stripped.

    Args:
        laws: Its law.
        age_years: Years since it was made (365 days each).
        full_cycles: Full equivalent cycles since then: MWh discharged / nameplate MWh.
        duty: What it has gone through; its cycles_per_day do not count. None: 25 degC about 50 %, 80 % deep, C/4.

    Returns:
        float64[NAGE].

    Raises:
        InputError: Years or cycles below 0.
    """
    from wattstack.physics.kernel.ageing import age_steadily, strip

    faults = [
        Fault(key, f"is {value:g}, must be >= 0.")
        for key, value in (("age_years", age_years), ("full_cycles", full_cycles))
        if not 0 <= value < np.inf
    ]
    if faults:
        raise InputError("aged", faults)
    duty = duty or Steady()
    if full_cycles > 0 and duty.dod == 0:
        raise InputError(
            "aged", [Fault("duty", "has a depth of 0 while there were cycles. Give their depth.")]
        )
    ageing, age, state = _new([laws], duty.soc)
    age_steadily(ageing, age, state, 0, (age_years * YEAR_DAYS * DAY_S, float(full_cycles)), duty.as_kernel())
    strip(ageing, age, state, 0)
    return age[:, 0]
