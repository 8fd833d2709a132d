"""Representative weeks of a portfolio: two a season, cut out of the synthetic year of a starter campus.

Needs    cli.starter.figures, cli.starter.weather, cli.starter.market.
Gives    week_rows, PLACES.
Used by  cli.starter.files.

Of the weeks from Monday to Sunday that lie whole in a quarter of the calendar, "stress" is the one with the
highest mean price and "normal" the one nearest to the quarter's median. A quarter counts 11 normal weeks and 2
under stress (assumption); over the year so weighted the price factor has mean 1. SYNTHETIC: never evidence.

Sources
    Price and weather: cli.starter.market, cli.starter.weather (published monthly figures, a fixed seed).
    Solar: share of global irradiance on the level, cells losing 0.4 % a degree above 25 degC and standing 25 K
    above the air in full sun, 14 % lost on the way: assumptions of the usual size.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattstack.cli.starter.figures import FIGURES
from wattstack.cli.starter.market import CURTAILED_HOURS, make_prices
from wattstack.cli.starter.weather import Clock, Weather, make_clock, make_weather

PLACES = ("sakai", "bosquel")
WEEK_H = 168
WEEKS = {"normal": 11, "stress": 2}  # of 13 a quarter, as in portfolio.yaml
MORNING_HOURS = (8, 9, 10)
# Non-firm power under stress on working days (assumption): season -> hours -> share that is left.
LEFT_UNDER_STRESS = {
    "sakai": {season: {CURTAILED_HOURS: 0.0} for season in (1, 2, 3, 4)},
    "bosquel": {season: {MORNING_HOURS: 0.3, CURTAILED_HOURS: 0.2} for season in (1, 4)},
}


def week_rows(name: str) -> Iterator[tuple[int, str, int, float, float, float]]:
    """Rows of one site: season, week, hour, price factor, share of solar, share of non-firm power.

    Args:
        name: "sakai" or "bosquel".
    """
    figures = FIGURES[name]
    clock = make_clock(figures)
    weather = make_weather(figures, clock)
    price = make_prices(figures, clock, weather).reshape(len(clock.hour), -1).mean(axis=1)
    chosen = {season: _choose(clock, price, season) for season in (1, 2, 3, 4)}
    spans = [(span, WEEKS[week]) for weeks in chosen.values() for week, span in weeks.items()]
    mean = sum(price[span].mean() * weight for span, weight in spans) / sum(weight for _, weight in spans)
    solar = _solar_frac(weather)
    for season, weeks in chosen.items():
        for week, span in weeks.items():
            left = _left(name, season, week)
            for hour in range(WEEK_H):
                k = span.start + hour
                yield season, week, hour, price[k] / mean, solar[k], left[hour]


def _choose(clock: Clock, price: np.ndarray, season: int) -> dict[str, slice]:
    """The normal and the stress week of a season: whole weeks of 168 h from Monday 0 h on."""
    starts = [
        k
        for k in range(24, len(clock.hour) - WEEK_H + 1)
        if clock.hour[k] == 0
        and clock.weekend[k - 1]
        and not clock.weekend[k]
        and clock.hour[k + WEEK_H - 1] == 23  # no clock was changed in it
        and clock.month[k] // 3 + 1 == season == clock.month[k + WEEK_H - 1] // 3 + 1
    ]
    means = np.array([price[k : k + WEEK_H].mean() for k in starts])
    middle = int(np.argmin(np.abs(means - np.median(means))))
    return {
        week: slice(starts[at], starts[at] + WEEK_H)
        for week, at in (("normal", middle), ("stress", int(np.argmax(means))))
    }


def _solar_frac(weather: Weather) -> np.ndarray:
    """Output over peak power, on the level."""
    sun = weather.ghi_w_m2 / 1000.0
    warm = weather.temp_air_degc + 25.0 * sun - 25.0
    return np.clip(0.86 * sun * (1.0 - 0.004 * warm), 0.0, 1.0)


def _left(name: str, season: int, week: str) -> np.ndarray:
    """Share of the non-firm power that is there, by hour of the week."""
    left = np.ones(WEEK_H)
    if week == "stress":
        for hours, share in LEFT_UNDER_STRESS[name].get(season, {}).items():
            for day in range(5):
                left[[24 * day + hour for hour in hours]] = share
    return left
