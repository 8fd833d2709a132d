"""A declared serving fleet as the numbers that its compiled step reads, and the shape of its day.

Needs    campus.Inference, campus.GpuSmoothing as declared; physics.kernel.load_rows.
Gives    fleet_column, day_power.
Used by  physics.compute.load.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wattstack.physics.kernel import load_rows as at

if TYPE_CHECKING:
    from wattstack.campus.compute import GpuSmoothing, Inference

_MOST_POWER = 1e4  # a day that is one spike


def fleet_column(fleet: Inference, smoothing: GpuSmoothing, clock_h: float) -> np.ndarray:
    """Numbers of one fleet, shape (NFLEET,).

    The fleet has places for so many requests that the mean rate fills utilisation_frac of them. Counts of arrivals have
    the index of dispersion burst_cv^2, that of a renewal process over many arrivals.

    Args:
        fleet: As declared.
        smoothing: Of its hall; its cap holds for the fleet too.
        clock_h: Hour of the local clock at the first moment.

    Source:
        Cox and Lewis (1966), The Statistical Analysis of Series of Events, section 4.3: Var N / E N -> CV^2. Beside it,
        over 1 s: 1.4 (chat) and 13 (code) in the Azure LLM inference trace of 2023.
    """
    column = np.zeros(at.NFLEET)
    column[at.BASE], column[at.SLOPE] = fleet.base_frac, fleet.slope_frac
    column[at.RATE_PER_S], column[at.DISPERSION] = fleet.requests_per_s, fleet.burst_cv**2
    column[at.REQUEST_S] = fleet.request_s
    use = max(fleet.utilisation_frac, 1e-6)
    column[at.PLACES] = fleet.requests_per_s * fleet.request_s / use
    column[at.DAY_LOW], column[at.DAY_HIGH] = fleet.trough_frac, fleet.peak_frac
    column[at.DAY_POWER] = day_power(fleet.trough_frac, fleet.peak_frac)
    column[at.PEAK_S], column[at.CLOCK_S] = 3600.0 * fleet.peak_hour, 3600.0 * clock_h
    column[at.FLEET_CAP] = smoothing.cap_frac
    return column


def day_power(trough_frac: float, peak_frac: float) -> float:
    """Exponent p of the day trough + (peak - trough) ((1 + cos) / 2)^p whose mean is 1.

    The mean of ((1 + cos) / 2)^p is G(p + 1/2) / (sqrt(pi) G(p + 1)), which falls with p: it is found by bisection.

    Example:
        >>> round(day_power(0.5, 1.5), 6)
        1.0
    """
    if peak_frac <= trough_frac:
        return 1.0
    want = (1.0 - trough_frac) / (peak_frac - trough_frac)
    low, high = 0.0, _MOST_POWER
    for _ in range(80):
        middle = 0.5 * (low + high)
        mean = math.exp(math.lgamma(middle + 0.5) - math.lgamma(middle + 1.0)) / math.sqrt(math.pi)
        low, high = (middle, high) if mean > want else (low, middle)
    return 0.5 * (low + high)
