"""A quantity that follows another with a lag of the first order: exact for what is constant over the step.

Gives    follow_lag.
Used by  twin: cooling follows the heat of the halls so.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def follow_lag(value, target, step_s, lag_s):
    """Where `value` stands after step_s on its way to `target`; lag_s is the time constant, 0 = at once."""
    if lag_s <= 0.0:
        return target
    return target + (value - target) * np.exp(-step_s / lag_s)
