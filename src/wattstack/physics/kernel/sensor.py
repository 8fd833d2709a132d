"""What a power sensor makes of a wave: two equal lags in a row.

Gives    two_lags.
Used by  physics.fit_load.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def two_lags(values, step_s, lag_s):
    """Pass each row of values, shape (rows, samples), through two lags of lag_s; begins settled. In place."""
    share = 1.0 if lag_s <= 0.0 else 1.0 - np.exp(-step_s / lag_s)
    for row in range(values.shape[0]):
        first = second = values[row, 0]
        for k in range(values.shape[1]):
            first += share * (values[row, k] - first)
            second += share * (first - second)
            values[row, k] = second
