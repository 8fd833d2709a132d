"""Generated series of the benchmark campus: SYNTHETIC, seeded, shaped like a year of a European market.

Gives    Year, generated_year, minute_year, hourly, sun_height.
Used by  benchmarks.cases, files.

Every number here is an assumption, chosen so that the year has what a real one has: seasons, a midday dip
that goes below zero on sunny weekends, evening peaks, windy weeks, price spikes, quarter-hours that saw
around their hour, and an AI load that is nearly flat but for cooling and slow changes of utilisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SEED = 20230101
QUARTERS_PER_DAY = 96
LATITUDE_DEG = 48.0


@dataclass(frozen=True)
class Year:
    """One year of series; arrays of shape (steps,).

    Attributes:
        step_h: Length of a step [h].
        price_per_mwh: Energy price [EUR/MWh].
        load_mw: Electric load of the campus [MW].
        solar_frac: Output of one MW of solar [0..1].
        month: 0 .. 11.
    """

    step_h: float
    price_per_mwh: np.ndarray
    load_mw: np.ndarray
    solar_frac: np.ndarray
    month: np.ndarray


def generated_year(seed: int = SEED) -> Year:
    """A year of quarter-hours, 35,040 steps.

    Args:
        seed: Another seed is another year of the same climate and market.
    """
    rng = np.random.default_rng(seed)
    count = 365 * QUARTERS_PER_DAY
    day = np.arange(count) / QUARTERS_PER_DAY
    hour = 24.0 * (day % 1.0)
    season = np.cos(2.0 * np.pi * (day - 20.0) / 365.0)  # +1 in January, -1 in July
    solar = _solar(rng, day)
    return Year(
        step_h=0.25,
        price_per_mwh=np.round(_price(rng, hour, season, solar), 2),
        load_mw=np.round(_load(rng, hour, season), 3),
        solar_frac=np.round(solar, 4),
        month=np.repeat(np.arange(12), np.array(DAYS_IN_MONTH) * QUARTERS_PER_DAY),
    )


def _walk(rng: np.random.Generator, count: int, kept: float, spread: float) -> np.ndarray:
    """A first-order autoregression with the given spread in the long run."""
    shocks = rng.normal(0.0, spread * np.sqrt(1.0 - kept * kept), count)
    values = np.empty(count)
    last = 0.0
    for i, shock in enumerate(shocks):
        last = values[i] = kept * last + shock
    return values


def _by_day(rng: np.random.Generator, kept: float, spread: float) -> np.ndarray:
    """A daily autoregression, drawn as a straight line between noons, in quarter-hours."""
    at = np.arange(365 * QUARTERS_PER_DAY) / QUARTERS_PER_DAY
    return np.interp(at, np.arange(365) + 0.5, _walk(rng, 365, kept, spread))


def sun_height(day: np.ndarray) -> np.ndarray:
    """Sine of the sun's height above the horizon; 0 at night.

    Args:
        day: Days since the year began, in mean solar time, with their fractions.

    Source: declination after Cooper (1969), doi:10.1016/0038-092X(69)90047-4; no equation of time.
    """
    latitude = np.radians(LATITUDE_DEG)
    tilt = np.radians(-23.45) * np.cos(2.0 * np.pi * (day + 10.0) / 365.0)
    turn = 2.0 * np.pi * (day % 1.0 - 0.5)
    height = np.sin(latitude) * np.sin(tilt) + np.cos(latitude) * np.cos(tilt) * np.cos(turn)
    return np.maximum(height, 0.0)


def _solar(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Height of the sun to the power 1.2, less clouds."""
    cover = np.clip(0.62 + _by_day(rng, 0.55, 0.30) + _walk(rng, len(day), 0.93, 0.10), 0.08, 1.0)
    return 0.95 * sun_height(day) ** 1.2 * cover


def _price(rng, hour: np.ndarray, season: np.ndarray, solar: np.ndarray) -> np.ndarray:
    count = len(hour)
    weekend = (np.arange(count) // QUARTERS_PER_DAY) % 7 >= 5
    daily = 24.0 * np.exp(-(((hour - 8.5) / 2.0) ** 2)) + 42.0 * np.exp(-(((hour - 19.3) / 2.2) ** 2))
    night = -14.0 * np.exp(-(((hour - 3.5) / 2.6) ** 2))
    wind = _by_day(rng, 0.75, 17.0)
    price = 72.0 + 16.0 * season + daily + night - 85.0 * solar + wind + _walk(rng, count, 0.97, 7.0)
    price[weekend] -= 15.0
    slope = np.gradient(daily + night - 85.0 * solar) * 4.0
    quarter = (np.arange(count) % 4 - 1.5) / 1.5
    price += 0.6 * slope * quarter + rng.normal(0.0, 1.5, count)
    for start in rng.choice(count - 12, 45, replace=False):
        price[start : start + rng.integers(2, 12)] += rng.exponential(140.0)
    return np.maximum(price, -120.0)


def _load(rng, hour: np.ndarray, season: np.ndarray) -> np.ndarray:
    """AI halls of 110 to 125 MW and their cooling, which follows the weather: 118 .. 149.5 MW."""
    count = len(hour)
    halls = 118.5 + _by_day(rng, 0.9, 2.6) + _walk(rng, count, 0.9, 1.6)
    warmth = -0.6 * season + 0.35 * np.cos(2.0 * np.pi * (hour - 15.0) / 24.0) + _by_day(rng, 0.8, 0.25)
    cooling = 10.5 + 7.0 * warmth + 1.5 * np.maximum(warmth, 0.0) ** 2
    return np.clip(halls + np.maximum(cooling, 3.0), 110.0, 149.5)


def hourly(year: Year) -> Year:
    """The same year in hours: means over the hour."""
    n = round(1.0 / year.step_h)

    def mean(values: np.ndarray, digits: int) -> np.ndarray:
        return np.round(values.reshape(-1, n).mean(axis=1), digits)

    return Year(
        1.0,
        mean(year.price_per_mwh, 2),
        mean(year.load_mw, 3),
        mean(year.solar_frac, 4),
        year.month[::n],
    )


def minute_year(year: Year, seed: int = SEED) -> Year:
    """The same year in minutes, 525,600 steps: straight lines between quarter-hours and noise on top.

    Real prices repeat within their quarter-hour. Here every minute has its own price: the kernel keeps more
    pieces alive so, which is the harder case.
    """
    rng = np.random.default_rng(seed + 1)
    n = round(60.0 * year.step_h)
    quarters = len(year.price_per_mwh)
    at = (np.arange(quarters * n) + 0.5) / n - 0.5

    def line(values: np.ndarray) -> np.ndarray:
        return np.interp(at, np.arange(quarters), values)

    load = line(year.load_mw) + rng.normal(0.0, 0.8, len(at))
    return Year(
        step_h=1.0 / 60.0,
        price_per_mwh=line(year.price_per_mwh) + rng.normal(0.0, 1.0, len(at)),
        load_mw=np.clip(load, 105.0, 149.9),
        solar_frac=np.maximum(line(year.solar_frac), 0.0),
        month=np.repeat(year.month, n),
    )
