"""Inputs that a peer and wattstack are given alike, from formulas, so that nothing long is stored.

Gives    wave, busy_year, once_a_day, pulses, triangles, ambient_degc.
Used by  parity.record_*, tests/parity, benchmarks.battery.

Needs numpy alone: it runs in the environment of every peer. Shares are of rated power, > 0 discharges.
"""

from __future__ import annotations

import numpy as np


def wave(count: int, step_s: float, drift: float = 0.0) -> np.ndarray:
    """A day's swing with faster ones on top, as a share of rated power.

    Args:
        count: Steps.
        step_s: Length of a step [s].
        drift: Added to every step: below zero it makes up for losses.
    """
    hour = (np.arange(count) + 0.5) * (step_s / 3600.0)
    slow = 0.18 * np.cos(2.0 * np.pi * hour / 24.0)
    fast = 0.33 * np.cos(2.0 * np.pi * hour / 3.7) + 0.30 * np.cos(2.0 * np.pi * hour / 0.9)
    return slow + fast + drift


def busy_year(step_s: float) -> np.ndarray:
    """A year of the wave with noise of 0.06 rms from step to step, as what is left of an AI load's swings."""
    count = round(365 * 86400 / step_s)
    noise = np.random.default_rng(7).random(count) - 0.5
    return 0.9 * wave(count, step_s) + 0.06 * np.sqrt(12.0) * noise


def once_a_day(count: int, step_s: float) -> np.ndarray:
    """Out from 8 to 10 h, in from 12 to 14 h, every day, as a share of the greatest current."""
    hour = (np.arange(count) + 0.5) * (step_s / 3600.0) % 24.0
    return 1.0 * ((hour > 8.0) & (hour < 10.0)) - 1.0 * ((hour > 12.0) & (hour < 14.0))


def pulses(count: int, step_s: float) -> np.ndarray:
    """Ten minutes each of half power out, rest, half power in, rest, full out, rest, 0.8 in, rest."""
    levels = np.array([0.5, 0.0, -0.5, 0.0, 1.0, 0.0, -0.8, 0.0])
    minute = np.arange(count) * (step_s / 60.0)
    return levels[(minute // 10.0).astype(np.int64) % levels.size]


def triangles(days: int, per_day: int, soc_high: float, dod: float) -> np.ndarray:
    """States of charge of two cycles a day without a rest: from the top, down in six hours, up in six.

    Args:
        days: Length [days].
        per_day: Points a day, a multiple of 4; one more stands at the very end.
        soc_high: Where a cycle starts and ends.
        dod: How deep it goes, from the top.
    """
    place = np.arange(days * per_day + 1) * (2.0 / per_day) % 1.0
    return soc_high - dod * (1.0 - np.abs(1.0 - 2.0 * place))


def ambient_degc(count: int, step_s: float, mean_degc: float, swing_k: float) -> np.ndarray:
    """Air outside over days: warmest at 15 h, coldest at 3 h [degC]."""
    hour = (np.arange(count) + 0.5) * (step_s / 3600.0)
    return mean_degc + swing_k * np.sin(2.0 * np.pi * (hour - 9.0) / 24.0)
