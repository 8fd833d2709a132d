"""A synthetic year of weather from monthly figures: the sun exact, clouds and cold spells by chance.

Needs    cli.starter.figures.
Gives    Clock, Weather, make_clock, make_weather.
Used by  cli.starter.market, cli.starter.

Means over the hour that starts at the stamp. Irradiance follows the sun's true path, so the check of stamps
against the sun passes; a month's sum follows from its published hours of sunshine. SYNTHETIC: never evidence.

Sources
    Sun position: Spencer (1971), Fourier series for declination and equation of time, Search 2(5), 172.
    Clear sky: Haurwitz (1945), J. Meteorology 2, 154.
    Sun hours to energy: Angstrom-Prescott, a = 0.25, b = 0.50, FAO Irrigation and Drainage Paper 56, eq. 35.
    Beam and diffuse: Erbs, Klein and Duffie (1982), doi:10.1016/0038-092X(82)90302-4.
    Shapes of the day for temperature and humidity, spreads and persistence: assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.cli.starter.figures import Figures

SOLAR_CONSTANT_W_M2 = 1361.0
SAMPLES = 12  # sun positions an hour
BEAM_LIMIT_W_M2 = 950.0
BRIGHTEST = 1.04  # of a clear hour: clouds beside the sun add a little
PASSES = 6  # between "the month's mean is met" and "no hour is above its limit"
LOWEST_SUN = 0.03  # mean cosine of the zenith angle below which all light counts as diffuse


@dataclass(frozen=True)
class Clock:
    """Hours of the year: UTC stamps and the local calendar, arrays of shape (hours,)."""

    utc: np.ndarray
    hour: np.ndarray
    day: np.ndarray
    month: np.ndarray
    weekend: np.ndarray


@dataclass(frozen=True)
class Weather:
    """Hourly means, shape (hours,); clear_frac is the day's sun as a share of a clear day's, one a day."""

    ghi_w_m2: np.ndarray
    dni_w_m2: np.ndarray
    dhi_w_m2: np.ndarray
    temp_air_degc: np.ndarray
    relative_humidity_frac: np.ndarray
    wind_speed_m_s: np.ndarray
    clear_frac: np.ndarray


def make_clock(figures: Figures) -> Clock:
    """Hours of the year of a starter, its local calendar beside them."""
    zone = ZoneInfo(figures.zone)
    first = datetime.fromisoformat(figures.start).replace(tzinfo=zone)
    last = (datetime.fromisoformat(figures.start) + timedelta(days=figures.days)).replace(tzinfo=zone)
    hours = int((last.timestamp() - first.timestamp()) / 3600)
    utc = np.datetime64(int(first.timestamp()), "s") + np.arange(hours) * np.timedelta64(3600, "s")
    local = [datetime.fromtimestamp(first.timestamp() + 3600 * k, zone) for k in range(hours)]
    return Clock(
        utc=utc,
        hour=np.array([t.hour for t in local]),
        day=np.array([(t.date() - first.date()).days for t in local]),
        month=np.array([t.month for t in local]) - 1,
        weekend=np.array([t.weekday() >= 5 for t in local]),
    )


def persistent(draw: np.random.RandomState, count: int, kept_frac: float) -> np.ndarray:
    """Standard normal numbers of which each remembers the one before, shape (count,)."""
    noise = draw.standard_normal(count)
    out = np.empty(count)
    out[0] = noise[0]
    fresh = np.sqrt(1.0 - kept_frac**2)
    for k in range(1, count):
        out[k] = kept_frac * out[k - 1] + fresh * noise[k]
    return out


def cos_zenith(utc: np.ndarray, figures: Figures) -> np.ndarray:
    """Cosine of the sun's zenith angle, 0 below the horizon, shape of utc (Spencer 1971).

    Not series.sun_elevation_sin, which runs through the years and not from each 1 January: the bytes of the
    examples come from here and stay what they are (docs/decisions/0002-synthetic-examples.md).
    """
    year_start = utc.astype("datetime64[Y]").astype("datetime64[s]")
    day = (utc - year_start) / np.timedelta64(86400, "s")
    x = 2.0 * np.pi * np.floor(day) / 365.0
    declination = (
        0.006918 - 0.399912 * np.cos(x) + 0.070257 * np.sin(x) - 0.006758 * np.cos(2 * x)
        + 0.000907 * np.sin(2 * x) - 0.002697 * np.cos(3 * x) + 0.00148 * np.sin(3 * x)
    )  # fmt: skip
    minutes = 229.18 * (
        0.000075
        + 0.001868 * np.cos(x)
        - 0.032077 * np.sin(x)
        - 0.014615 * np.cos(2 * x)
        - 0.04089 * np.sin(2 * x)
    )
    solar_h = (day % 1.0) * 24.0 + figures.longitude_deg / 15.0 + minutes / 60.0
    angle = np.pi * (solar_h - 12.0) / 12.0
    latitude = np.radians(figures.latitude_deg)
    height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    return np.maximum(height, 0.0)


def make_weather(figures: Figures, clock: Clock) -> Weather:
    """A year of weather whose monthly means are the published ones."""
    draw = np.random.RandomState(figures.seed)  # the one generator whose stream numpy guarantees
    offsets = (np.arange(SAMPLES) + 0.5) * (3600 // SAMPLES)
    sun = cos_zenith(clock.utc[:, None] + offsets.astype("timedelta64[s]"), figures)
    height = sun.mean(axis=1)
    clear = np.where(sun > 0.0, 1098.0 * sun * np.exp(-0.057 / np.maximum(sun, 1e-3)), 0.0).mean(axis=1)
    clear_frac = _clear_days(figures, clock, clear, draw)
    flicker = np.clip(1.0 + 0.12 * persistent(draw, len(height), 0.5), 0.4, 1.25)
    ghi = clear * clear_frac[clock.day] * flicker
    for _ in range(PASSES):
        ghi *= (_global_target(figures, clock) / _monthly_mean(ghi, clock))[clock.month]
        ghi = np.minimum(ghi, BRIGHTEST * clear)
    dni, dhi = _split(ghi, height)
    temp = _temperature(figures, clock, clear_frac, draw)
    humid = _humidity(figures, clock, temp, clear_frac)
    wind = figures.wind_speed_m_s * np.sqrt(-np.log(_uniform(persistent(draw, len(height), 0.9)))) / 0.8862
    return Weather(ghi, dni, dhi, temp, humid, wind, clear_frac)


def _uniform(normal: np.ndarray) -> np.ndarray:
    """Standard normal numbers as shares of one (logistic fit to the normal distribution, within 0.01)."""
    return 1.0 / (1.0 + np.exp(-1.702 * normal))


def _monthly_mean(values: np.ndarray, clock: Clock) -> np.ndarray:
    """Mean of each month, shape (12,)."""
    return np.bincount(clock.month, values, 12) / np.bincount(clock.month, minlength=12)


def _smooth(values: tuple[float, ...], clock: Clock) -> np.ndarray:
    """A number a month laid on the hours, in straight lines between the middles of the months."""
    place = (clock.utc.astype("datetime64[D]") - clock.utc.astype("datetime64[Y]")).astype(float) / 30.4375
    return np.interp(place, np.arange(-1, 13) + 0.5, [values[-1], *values, values[0]])


def _global_target(figures: Figures, clock: Clock) -> np.ndarray:
    """Mean global irradiance of each month [W/m2] from its hours of sunshine, shape (12,)."""
    sun = cos_zenith(clock.utc + np.timedelta64(1800, "s"), figures)
    day = (clock.utc.astype("datetime64[D]") - clock.utc.astype("datetime64[Y]")).astype(float)
    above = SOLAR_CONSTANT_W_M2 * (1.0 + 0.033 * np.cos(2.0 * np.pi * day / 365.0)) * sun
    daylight_h = np.bincount(clock.month, sun > 0.0, 12)
    return (0.25 + 0.50 * np.array(figures.sunshine_h) / daylight_h) * _monthly_mean(above, clock)


def _clear_days(figures: Figures, clock: Clock, clear: np.ndarray, draw: np.random.RandomState) -> np.ndarray:
    """Share of a clear day's sun on each day, its monthly mean that of the sunshine hours, shape (days,)."""
    chance = _uniform(persistent(draw, figures.days, 0.4))
    mean = (_global_target(figures, clock) / _monthly_mean(clear, clock) - 0.10) / 0.92
    month_of_day = clock.month[np.searchsorted(clock.day, np.arange(figures.days))]
    power = 1.0 / mean - 1.0  # the mean of u ** p over even chances is 1 / (1 + p)
    return 0.10 + 0.92 * chance ** power[month_of_day]


def _split(ghi: np.ndarray, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Direct normal and diffuse horizontal irradiance (Erbs 1982); they add up to ghi."""
    k = np.clip(ghi / np.maximum(SOLAR_CONSTANT_W_M2 * height, 1.0), 0.0, 1.0)
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    share = np.where(k <= 0.22, 1.0 - 0.09 * k, np.where(k <= 0.80, middle, 0.165))
    beam = np.where(height > LOWEST_SUN, ghi * (1.0 - share), 0.0)
    dni = np.minimum(beam / np.maximum(height, LOWEST_SUN), BEAM_LIMIT_W_M2)
    return dni, ghi - dni * height


def _temperature(
    figures: Figures, clock: Clock, clear_frac: np.ndarray, draw: np.random.RandomState
) -> np.ndarray:
    """Air temperature [degC]: the season, spells of days, and a day that is wider under a clear sky."""
    spell = figures.temp_spread_degc * persistent(draw, figures.days, 0.75)
    days = np.interp(np.arange(len(clock.day)) / 24.0, np.arange(figures.days) + 0.5, spell)
    swing = (2.0 + 2.8 * clear_frac)[clock.day] * np.cos(2.0 * np.pi * (clock.hour + 0.5 - 14.5) / 24.0)
    temp = _smooth(figures.temp_air_degc, clock) + days + swing
    for _ in range(PASSES):
        temp = temp + _smooth(tuple(np.array(figures.temp_air_degc) - _monthly_mean(temp, clock)), clock)
    return temp


def _humidity(figures: Figures, clock: Clock, temp: np.ndarray, clear_frac: np.ndarray) -> np.ndarray:
    """Relative humidity: drier in the warm hours and on clear days; its monthly mean as published."""
    day_mean = np.bincount(clock.day, temp) / np.bincount(clock.day)
    raw = -0.025 * (temp - day_mean[clock.day]) - 0.20 * clear_frac[clock.day]
    miss = np.array(figures.relative_humidity_frac) - _monthly_mean(raw, clock)
    return np.clip(raw + miss[clock.month], 0.20, 1.0)
