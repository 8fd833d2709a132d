"""Representative weeks laid end to end over the calendar: hourly series of a site for one period.

Needs    portfolio (Week, Calendar), units.
Gives    Tiled, tile_weeks, zone_of, light_on_the_level.
Used by  plan.portfolio.campus_of.

What comes out is SYNTHETIC whatever the weeks were made from: no such year has been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.portfolio import Calendar, Portfolio, Site, Week
from wattstack.units import STEP_S

ZONES = {  # countries of one time zone, by their code; elsewhere the hours of longitude count
    "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "TW": "Asia/Taipei", "SG": "Asia/Singapore", "IN": "Asia/Kolkata",
    "FR": "Europe/Paris", "DE": "Europe/Berlin", "GB": "Europe/London", "IE": "Europe/Dublin",
    "IT": "Europe/Rome", "NL": "Europe/Amsterdam", "BE": "Europe/Brussels", "CH": "Europe/Zurich",
    "SE": "Europe/Stockholm", "NO": "Europe/Oslo", "FI": "Europe/Helsinki", "PL": "Europe/Warsaw",
}  # fmt: skip

SHAPES = ("price_factor", "available_frac", "solar_frac")


@dataclass(frozen=True)
class Tiled:
    """Series of a site over one period, a value a step; shape (steps,) each.

    Attributes:
        start, end: Local moments with offset. step: As the campus file says it ("1h"). step_h: Its length [h].
        stamps: Local start of each step with offset, ISO 8601.
        price_factor: Energy price over the site's mean. available_frac: Share of non-firm power there.
        solar_frac: Output of solar over its peak power, at the clock of the weeks.
    """

    start: datetime
    end: datetime
    step: str
    step_h: float
    stamps: tuple[str, ...]
    price_factor: np.ndarray
    available_frac: np.ndarray
    solar_frac: np.ndarray


def zone_of(site: Site) -> str:
    """Time zone of a site: of its country where that has one, else by the hours of its longitude.

    Example:
        >>> zone_of(Site(name="a", country="JP")), zone_of(Site(name="b", longitude_deg=-74.0))
        ('Asia/Tokyo', 'Etc/GMT+5')
    """
    hours = round(site.longitude_deg / 15.0)
    return ZONES.get(site.country, f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT")


def tile_weeks(portfolio: Portfolio, site: Site, period: int) -> Tiled:
    """The representative weeks of a site, each as often as its weight says, spread evenly over the period.

    Where a period is a year and its weeks are of quarters ("Q1 normal"), each quarter has its own.
    """
    calendar = portfolio.calendar
    weeks = portfolio.weeks_of(site, int(calendar.season[period]))
    step_h = min(1.0, *(week.step_h for week in weeks))
    moments, parts = _stretches(calendar, period, zone_of(site), weeks)
    start_s, *ends_s = (round(moment.timestamp()) for moment in moments)
    arrays: dict[str, list[np.ndarray]] = {name: [] for name in SHAPES}
    for first_s, last_s, part in zip((start_s, *ends_s), ends_s, parts, strict=False):
        count = round((last_s - first_s) / 3600.0 / step_h)
        order = _sequence(part, step_h, count)
        for name, found in arrays.items():
            every = [np.repeat(getattr(week, name), round(week.step_h / step_h)) for week in order]
            found.append(np.concatenate(every)[:count])
    shapes = {name: np.concatenate(found) for name, found in arrays.items()}
    zone = ZoneInfo(zone_of(site))
    stamps = tuple(
        datetime.fromtimestamp(start_s + i * step_h * 3600.0, zone).isoformat(timespec="minutes")
        for i in range(len(shapes["price_factor"]))
    )
    step = next(name for name, seconds in STEP_S.items() if seconds == round(step_h * 3600.0))
    return Tiled(moments[0], moments[-1], step, step_h, stamps, **shapes)


def _stretches(
    calendar: Calendar, period: int, zone: str, weeks: tuple[Week, ...]
) -> tuple[list[datetime], list[tuple[Week, ...]]]:
    """Local moments between which one set of weeks holds, and those sets: a quarter, a year, or its quarters."""
    number = calendar.number(calendar.label(period))
    if not calendar.is_yearly:
        return [_quarter_start(number, zone), _quarter_start(number + 1, zone)], [weeks]
    by_quarter = [tuple(week for week in weeks if week.name.startswith(f"Q{n} ")) for n in (1, 2, 3, 4)]
    if not all(by_quarter):
        return [_quarter_start(4 * number, zone), _quarter_start(4 * number + 4, zone)], [weeks]
    return [_quarter_start(4 * number + n, zone) for n in range(5)], by_quarter


def _quarter_start(number: int, zone: str) -> datetime:
    """First moment of a quarter, counted from year 0, on the local clock."""
    return datetime(number // 4, 3 * (number % 4) + 1, 1, tzinfo=ZoneInfo(zone))


def _sequence(weeks: tuple[Week, ...], step_h: float, count: int) -> list[Week]:
    """Which week comes when, until `count` steps are full: always the one that is furthest behind its weight."""
    share = np.array([week.weight for week in weeks]) / sum(week.weight for week in weeks)
    used, out, filled = np.zeros(len(weeks)), [], 0.0
    while filled < count * step_h:
        number = int(np.argmax(share * (len(out) + 1) - used))
        used[number] += 1
        out.append(weeks[number])
        filled += len(weeks[number].price_factor) * weeks[number].step_h
    return out


def light_on_the_level(tiled: Tiled, longitude_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Light and air temperature under which a level photovoltaic plant gives the output of the weeks.

    The weeks say what solar gives, a campus file says what light falls. So all light is diffuse, the air keeps
    the modules at 25 degC in a wind of 1 m/s, and the inverter's loss is added. The middle of the weeks' day is
    moved to the mean solar noon of the place; light that then falls into the night is lost (under 1 % of the energy
    in summer, up to a tenth in winter where the day of the weeks is longer than the real one).

    Returns:
        ghi_w_m2 (diffuse, all of it) and temp_air_degc, shape (steps,) each; for a plant with tilt_deg 0,
        inverter_frac 1, losses_frac 0.

    Source:
        Inverter of PVWatts version 5, Dobos (2014), NREL/TP-6A20-62641; module heat of Faiman (2008),
        doi:10.1002/pip.813: the chain of physics.solar, backwards.
    """
    dc_rating = 1.0 / 0.96
    bend, slope = 0.0162 / dc_rating, 0.9858
    offset = 0.0059 * dc_rating + _at_the_sun(tiled, longitude_deg) * 0.9637 / 0.96
    dc_frac = (slope - np.sqrt(slope**2 - 4.0 * bend * offset)) / (2.0 * bend)
    light = np.where(offset > 0.0059 * dc_rating, 1000.0 * dc_frac, 0.0)
    return light, 25.0 - light / (25.0 + 6.84)


def _at_the_sun(tiled: Tiled, longitude_deg: float) -> np.ndarray:
    """Output of solar with the middle of its day at mean solar noon; shape (steps,)."""
    hour = (np.arange(len(tiled.solar_frac)) + 0.5) * tiled.step_h
    total = tiled.solar_frac.sum()
    if total == 0.0:
        return tiled.solar_frac
    middle = float((hour % 24.0 * tiled.solar_frac).sum() / total)
    solar_hour = tiled.start.timestamp() / 3600.0 + longitude_deg / 15.0
    ahead = (solar_hour + 12.0) % 24.0 - 12.0
    moved = np.interp(hour + ahead + middle - 12.0, hour, tiled.solar_frac, left=0.0, right=0.0)
    return np.where(moved < 1e-6, 0.0, moved)
