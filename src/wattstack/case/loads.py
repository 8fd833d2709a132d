"""What the campus draws in every step: halls with profile, supply losses and cooling, and plain loads.

Needs    campus (Hall, PlainLoad, Cooling), physics, library (profiles), series and weather on the axis.
Gives    Demand, campus_demand.
Used by  case.bind.

Loads are added in the order of their names, so that their order in the file changes no bit of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.campus import Campus, Hall, SeriesRef
from wattstack.case.rates import values_of
from wattstack.library import find
from wattstack.physics import cooling_mw, it_mw, supply_loss_mw, utilisation_frac, wet_bulb_degc
from wattstack.physics.compute import step_means
from wattstack.series import LocalClock

JOBS = "jobs"  # the profile of a hall that follows its own jobs and serving


@dataclass(frozen=True, slots=True)
class Demand:
    """Electric demand and its parts [MW], shape (steps,) each.

    Attributes:
        total: Everything the campus draws.
        it: Equipment of the halls.
        loss: Supply chain of the halls.
        cooling: Cooling of the halls.
        shed: By load name, greatest power that may be shed.
        notes: Sentences the report must show.
    """

    total: np.ndarray
    it: np.ndarray
    loss: np.ndarray
    cooling: np.ndarray
    shed: dict[str, np.ndarray]
    notes: tuple[str, ...]


def campus_demand(
    campus: Campus,
    clock: LocalClock,
    series: Mapping[str, np.ndarray],
    weather: Mapping[str, np.ndarray],
    step_s: int,
) -> Demand:
    """Demand of all loads.

    Args:
        campus: As declared.
        clock: Local clock of the axis; profiles follow it.
        series: Series on the axis by name.
        weather: Weather on the axis; temp_air_degc and humidity, or wet_bulb_degc, where there is cooling.
        step_s: Step of the axis [s].
    """
    count = len(clock.local_hour)
    it, loss, plain = np.zeros(count), np.zeros(count), np.zeros(count)
    rating_mw, shed, notes = 0.0, {}, []
    for name in sorted(campus.load):
        load = campus.load[name]
        if not isinstance(load, Hall):
            plain += values_of(load.draw_mw, clock, series)
            continue
        if load.profile == JOBS:
            power = step_means(name, load, clock.local_hour, step_s, base_dir=campus.base_dir)
            notes.append(
                f"load.{name} follows its jobs and serving: failures, checkpoints and bursts are one draw of chance."
            )
        else:
            used, idle_frac = _utilisation(load, clock, series)
            power = it_mw(load, used, idle_frac)
        if (
            load.profile != JOBS
            and load.utilisation_frac < 1.0
            and not isinstance(load.profile, SeriesRef)
            and used.max() == 1.0
        ):
            notes.append(
                f"load.{name} is full in the peaks of profile {load.profile}: its mean utilisation is "
                f"{used.mean():.3f}, below utilisation_frac {load.utilisation_frac:g}."
            )
        it += power
        loss += supply_loss_mw(load, power)
        rating_mw += load.it_mw + supply_loss_mw(load, load.it_mw)
        if load.flexible_frac > 0.0:
            shed[name] = load.flexible_frac * power
    cooling = np.zeros(count)
    if campus.cooling is not None and rating_mw > 0.0:
        cooling = cooling_mw(campus.cooling, it + loss, rating_mw, wet_bulb_of(weather))
    return Demand(it + loss + cooling + plain, it, loss, cooling, shed, tuple(notes))


def wet_bulb_of(weather: Mapping[str, np.ndarray]) -> np.ndarray:
    """Wet bulb as measured, or from temperature and humidity [degC], shape (steps,)."""
    if "wet_bulb_degc" in weather:
        return weather["wet_bulb_degc"]
    return wet_bulb_degc(weather["temp_air_degc"], weather["relative_humidity_frac"])


def _utilisation(hall: Hall, clock: LocalClock, series: Mapping[str, np.ndarray]) -> tuple[np.ndarray, float]:
    """Utilisation of a hall and the idle share of its profile; a series has that of the flat one."""
    if isinstance(hall.profile, SeriesRef):
        return series[hall.profile.name], find("profiles", "flat").values["idle_frac"]
    profile = find("profiles", hall.profile).values
    used = utilisation_frac(profile["shape"], clock.local_weekday, clock.local_hour, hall.utilisation_frac)
    return used, profile["idle_frac"]
