"""Does the irradiance stand where the sun does? A stamp misread by half an hour moves noon, and all solar.

Needs    errors, series.series.
Gives    check_sun, SunCheck, sun_elevation_sin.
Used by  case, on every weather file that is bound.

The sun is placed by Spencer's series for declination and equation of time (1971, Search 2 (5), 172), good to a
third of a degree: plenty to tell 30 minutes apart. pvlib takes a second to import, so it is used for the plant
itself and not here. The clear sky is that of Haurwitz (1945), J. Meteorol. 2, 154.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series.series import Series

_REACH_S, _FINE_S, _BLOCK_S = 5400, 300, 900  # shifts looked at, their step, finest block that is compared
_TOLERANCE_MIN = 20.0  # a slip of 30 min must be seen, and a cloudy afternoon must not look like one
_LEAST_HOURS = 200  # daylight that is needed to judge


@dataclass(frozen=True, slots=True)
class SunCheck:
    """What the sun says of a file's stamps.

    Attributes:
        shift_min: Minutes by which the values must be moved later to fit the sun best, about 0 when all is
            well.
        fits: What the stamps mark if that is so: start, centre, end, or "" when none of them fits.
        match_frac: Correlation between the irradiance and a clear sky, at the best shift.
    """

    shift_min: float
    fits: str
    match_frac: float


def sun_elevation_sin(time_s: np.ndarray, latitude_deg: float, longitude_deg: float) -> np.ndarray:
    """Sine of the sun's elevation (= cosine of its zenith angle), negative at night.

    Args:
        time_s: Moments, seconds since 1970 UTC, any shape.
        latitude_deg, longitude_deg: North and east positive.

    Source:
        Spencer (1971), Search 2 (5), 172.

    Example:
        >>> noon = np.array([np.datetime64("2022-03-20T12:00", "s").astype(int)])
        >>> bool(sun_elevation_sin(noon, 0.0, 0.0)[0] > 0.99)
        True
    """
    days = time_s / 86400.0
    year = 2.0 * np.pi * ((days - 0.5) % 365.2425) / 365.2425
    cos1, sin1 = np.cos(year), np.sin(year)
    cos2, sin2 = 2 * cos1**2 - 1, 2 * sin1 * cos1
    cos3, sin3 = cos1 * cos2 - sin1 * sin2, sin1 * cos2 + cos1 * sin2
    declination = (
        0.006918 - 0.399912 * cos1 + 0.070257 * sin1 - 0.006758 * cos2 + 0.000907 * sin2 - 0.002697 * cos3
        + 0.00148 * sin3
    )  # fmt: skip
    equation = 0.000075 + 0.001868 * cos1 - 0.032077 * sin1 - 0.014615 * cos2 - 0.040849 * sin2
    hour_angle = 2.0 * np.pi * (days % 1.0 - 0.5) + np.radians(longitude_deg) + equation
    latitude = np.radians(latitude_deg)
    return np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        hour_angle
    )


def check_sun(series: Series, latitude_deg: float, longitude_deg: float) -> SunCheck | None:
    """Compare global irradiance with the sun, and refuse stamps that are half an hour off or more.

    Args:
        series: Weather as read, with ghi_w_m2.
        latitude_deg, longitude_deg: Where it was measured, or the campus.

    Returns:
        What was found; None where there is no ghi_w_m2 or too little daylight to judge.

    Raises:
        InputError: The declared meaning of the stamps is off by about 30 min or more; the one that fits is
            named.
    """
    ghi = series.columns.get("ghi_w_m2")
    if ghi is None or series.step_s > 3600 or np.nansum(ghi > 20.0) * series.step_s < _LEAST_HOURS * 3600:
        return None
    check = _best_shift(series, ghi, latitude_deg, longitude_deg)
    if abs(check.shift_min) <= _TOLERANCE_MIN:
        return check
    late = "early" if check.shift_min > 0 else "late"
    fits = f"stamp: {check.fits} fits the sun." if check.fits else "No meaning of the stamp fits the sun."
    where = f"{abs(latitude_deg):g} {'N' if latitude_deg >= 0 else 'S'} {longitude_deg:g} E"
    what = (
        f"comes {abs(check.shift_min):.0f} min too {late} for the sun at {where} with "
        f"stamp: {series.stamp}. {fits} Mend stamp, the time zone or the place."
    )
    raise InputError(series.file, [Fault("ghi_w_m2", what)])


def _best_shift(series: Series, ghi: np.ndarray, latitude_deg: float, longitude_deg: float) -> SunCheck:
    """Correlate with a clear sky over a range of shifts; the top of the parabola through the best three."""
    join = max(_BLOCK_S // series.step_s, 1)  # minutes are judged by the quarter-hour: as sharp, and quicker
    ghi = ghi[: ghi.size // join * join].reshape(-1, join).mean(axis=1)
    block_s = series.step_s * join
    per_block = max(round(block_s / _FINE_S), 1)
    fine_s = block_s / per_block
    reach = int(_REACH_S // fine_s)
    moments = series.start_s + (np.arange(-reach, ghi.size * per_block + reach) + 0.5) * fine_s
    sine = np.maximum(sun_elevation_sin(moments, latitude_deg, longitude_deg), 1e-3)
    total = np.concatenate([[0.0], np.cumsum(1098.0 * sine * np.exp(-0.057 / sine))])
    known = np.isfinite(ghi)
    fit = []
    for shift in range(2 * reach + 1):
        left = shift + np.arange(ghi.size) * per_block
        clear = total[left + per_block] - total[left]
        fit.append(np.corrcoef(clear[known], ghi[known])[0, 1])
    return _top(np.array(fit), fine_s / 60.0, series)


def _top(fit: np.ndarray, fine_min: float, series: Series) -> SunCheck:
    """The best shift, and the meaning of the stamp that it speaks for."""
    best = int(np.clip(np.argmax(fit), 1, fit.size - 2))
    below, top, above = fit[best - 1 : best + 2]
    bend = below - 2 * top + above
    between = 0.5 * (below - above) / bend if bend < 0 else 0.0
    shift_min = float((best - fit.size // 2 + between) * fine_min)
    half_min = series.step_s / 120.0
    centre = {"start": half_min, "centre": 0.0, "end": -half_min}
    found = centre[series.stamp] + shift_min
    fits = min(centre, key=lambda stamp: abs(centre[stamp] - found))
    near = abs(centre[fits] - found) <= max(_TOLERANCE_MIN, half_min / 2)
    return SunCheck(shift_min, fits if near else "", float(top))
