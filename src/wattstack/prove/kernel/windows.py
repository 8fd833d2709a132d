"""How far a signal moves inside a window that slides over it, one pass each.

Gives    widest_moves, steepest_excess, steepest_leg.
Used by  prove.compliance.

A window of n steps holds n + 1 samples: both its ends count, so that a ramp of exactly the limit over exactly the
window is read as the limit.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def widest_moves(values, steps):
    """Greatest rise and greatest fall inside any window of `steps` steps, with their ends.

    Two monotone queues (Lemire 2006) keep the least and the greatest of the window, so a sample is looked at twice
    whatever the window. The range of a window is the greater of its rise and its fall.

    Args:
        values: float64[n], no NaN.
        steps: Length of the window in steps, >= 1.

    Returns:
        rise, its first and last index, fall (>= 0), its first and last index.
    """
    n = values.size
    low = np.empty(n, np.int64)
    high = np.empty(n, np.int64)
    low_head = low_tail = high_head = high_tail = 0
    rise = fall = 0.0
    rise_from = rise_to = fall_from = fall_to = 0
    for i in range(n):
        x = values[i]
        while low_tail > low_head and values[low[low_tail - 1]] >= x:
            low_tail -= 1
        low[low_tail] = i
        low_tail += 1
        while high_tail > high_head and values[high[high_tail - 1]] <= x:
            high_tail -= 1
        high[high_tail] = i
        high_tail += 1
        if low[low_head] < i - steps:
            low_head += 1
        if high[high_head] < i - steps:
            high_head += 1
        up = x - values[low[low_head]]
        down = values[high[high_head]] - x
        if up > rise:
            rise, rise_from, rise_to = up, low[low_head], i
        if down > fall:
            fall, fall_from, fall_to = down, high[high_head], i
    return rise, rise_from, rise_to, fall, fall_from, fall_to


@njit(cache=True)
def steepest_excess(values, slope_per_step):
    """Most by which a rise goes beyond `slope_per_step` for as long as it lasts, over all pairs of samples.

    Returns:
        max of values[j] - values[i] - slope_per_step (j - i) over i < j, and i, j.
    """
    least, least_at = values[0], 0
    most = 0.0
    first = last = 0
    for i in range(1, values.size):
        over = values[i] - slope_per_step * i
        if over - least > most:
            most, first, last = over - least, least_at, i
        if over < least:
            least, least_at = over, i
    return most, first, last


@njit(cache=True)
def _steepest_in(values, first, last, steps):
    """Greatest change over `steps` steps that lies inside first .. last, and where it starts."""
    if last - first <= steps:
        return abs(values[last] - values[first]), first
    most, at = 0.0, first
    for i in range(first, last - steps + 1):
        change = abs(values[i + steps] - values[i])
        if change > most:
            most, at = change, i
    return most, at


@njit(cache=True)
def steepest_leg(values, turn, steps):
    """Steepest change over `steps` steps inside any leg that goes further than `turn`.

    A leg runs from one turning point to the next; a move back of `turn` or less turns nothing.

    Args:
        values: float64[n], no NaN.
        turn: What a leg must go beyond to count, > 0.
        steps: Base of the slope in steps.

    Returns:
        The rise (largest over rising legs), where it starts, the fall (>= 0), where it starts.
    """
    rise = fall = 0.0
    rise_at = fall_at = 0
    low_at = high_at = start = 0
    way = 0
    n = values.size
    for i in range(n + 1):
        ended = i == n
        x = values[n - 1] if ended else values[i]
        if way >= 0 and not ended and x >= values[high_at]:
            high_at = i
        if way <= 0 and not ended and x <= values[low_at]:
            low_at = i
        if way >= 0 and (ended or values[high_at] - x > turn):
            if values[high_at] - values[start] > turn:
                most, at = _steepest_in(values, start, high_at, steps)
                if most > rise:
                    rise, rise_at = most, at
            if not ended:
                way, start, low_at = -1, high_at, i
                continue
        if way <= 0 and (ended or x - values[low_at] > turn):
            if values[start] - values[low_at] > turn:
                most, at = _steepest_in(values, start, low_at, steps)
                if most > fall:
                    fall, fall_at = most, at
            if not ended:
                way, start, high_at = 1, low_at, i
    return rise, rise_at, fall, fall_at
