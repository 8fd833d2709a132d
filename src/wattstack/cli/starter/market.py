"""Synthetic prices, carbon intensity and curtailment from monthly figures.

Needs    cli.starter.figures, cli.starter.weather.
Gives    make_prices, make_grid.
Used by  cli.starter.

Prices have what real ones have: two peaks a day, a dip under the sun that deepens at weekends, calm and tight
weeks, spikes in tight evenings, a floor or hours below zero; and the published mean of each month. Shapes and
spreads are assumptions. SYNTHETIC: never evidence.
"""

from __future__ import annotations

import numpy as np

from wattstack.cli.starter.figures import Figures
from wattstack.cli.starter.weather import Clock, Weather, persistent

CURTAILED_HOURS = (17, 18, 19, 20)  # evening peak, local clock
BELOW_ZERO = 0.35  # what is left of a price that falls below zero: sellers withdraw


def _bump(hour: np.ndarray, middle: float, width: float) -> np.ndarray:
    """A hill over the local clock, 1 at its middle [h], falling off by its width [h]."""
    return np.exp(-0.5 * ((hour - middle) / width) ** 2)


def make_prices(figures: Figures, clock: Clock, weather: Weather) -> np.ndarray:
    """Day-ahead prices in figures.price_unit, shape (steps,), step figures.price_step_h."""
    draw = np.random.RandomState(figures.seed + 1)
    parts = round(1.0 / figures.price_step_h)
    hour = np.repeat(clock.hour, parts) + (np.tile(np.arange(parts), len(clock.hour)) + 0.5) / parts
    month, weekend = np.repeat(clock.month, parts), np.repeat(clock.weekend, parts)
    tight = persistent(draw, figures.days, 0.6)[np.repeat(clock.day, parts)]
    noise = persistent(draw, len(hour), 0.8)
    sun = np.repeat(weather.ghi_w_m2, parts) / 700.0
    spike = _spikes(figures, tight, draw)
    shape = (
        1.0
        + np.array(figures.price_evening)[month] * _bump(hour, 18.75, 1.9) * (1.0 + spike)
        + np.array(figures.price_morning)[month] * _bump(hour, 8.0, 1.5)
        - 0.12 * _bump(hour, 3.5, 2.5)
        - np.array(figures.price_dip)[month] * sun * np.where(weekend, 1.25, 1.0)
        - 0.10 * weekend
    )
    shape *= np.exp(0.16 * tight)
    shape += 0.05 * noise - figures.glut_frac * np.maximum(-tight - 0.8, 0.0)
    return _at_monthly_mean(figures, shape, month)


def _spikes(figures: Figures, tight: np.ndarray, draw: np.random.RandomState) -> np.ndarray:
    """How much higher the evening stands on tight days, shape of tight."""
    days = len(tight) // figures.days
    height = draw.exponential(1.0, figures.days)
    return np.repeat(height, days + 1)[: len(tight)] * (tight > 1.3)


def _at_monthly_mean(figures: Figures, shape: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Shapes turned into prices: floor or withdrawal below zero, then the published mean of each month."""
    low = np.zeros_like(shape) if figures.price_floor is not None else BELOW_ZERO * shape
    shape = np.where(shape > 0.0, shape, low)
    mean = np.bincount(month, shape, 12) / np.bincount(month, minlength=12)
    prices = shape * (np.array(figures.price) / mean)[month]
    return prices if figures.price_floor is None else np.maximum(prices, figures.price_floor)


def make_grid(
    figures: Figures, clock: Clock, prices: np.ndarray, weather: Weather
) -> tuple[np.ndarray, np.ndarray]:
    """Carbon intensity [kg/MWh] and share of the non-firm power taken away, hourly, shape (hours,).

    The grid is cleaner under the sun. The non-firm power is taken away in the evening peak of the days whose
    evening is dearest: an assumption on how an operator would use the right.
    """
    sun = weather.ghi_w_m2 / 700.0
    carbon = np.array(figures.carbon_kg_per_mwh)[clock.month] * (1.05 - 0.20 * sun)
    evening = np.isin(clock.hour, CURTAILED_HOURS)
    hourly = prices.reshape(len(clock.hour), -1).mean(axis=1)
    dear = np.bincount(clock.day, np.where(evening, hourly, 0.0))
    tightest = np.argsort(-dear, kind="stable")[: figures.curtailed_days]
    return carbon, (evening & np.isin(clock.day, tightest)).astype(float)
