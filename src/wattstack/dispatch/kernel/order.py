"""Lines sorted by cost, and a storage's limits, step by step: compiled, since large portfolios ask again at each visit.

Gives    sort_lines, limits_at.
Used by  dispatch.supply, dispatch.storage.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def sort_lines(given, step_h, lines, cost, fixed, rate):
    """Fill the four (steps, lines) arrays from `given`: cost, fixed and rate by line, shape (3, lines, steps).

    Insertion, which is quick for a handful of lines; lines of equal cost stay in their order.
    """
    count = given.shape[1]
    for t in range(given.shape[2]):
        for k in range(count):
            own, j = given[0, k, t], k
            while j > 0 and cost[t, j - 1] > own:
                cost[t, j] = cost[t, j - 1]
                lines[t, j] = lines[t, j - 1]
                j -= 1
            cost[t, j] = own
            lines[t, j] = k
        for j in range(count):
            fixed[t, j] = given[1, lines[t, j], t] * step_h
            rate[t, j] = given[2, lines[t, j], t] * step_h


@njit(cache=True, nogil=True)
def limits_at(fixed, rate, size_of, sizes, out):
    """Fill `out` with fixed + rate x size, row by row; size_of is -1 where a row has no size."""
    for row in range(len(size_of)):
        size = sizes[size_of[row]] if size_of[row] >= 0 else 0.0
        for t in range(fixed.shape[1]):
            out[row, t] = fixed[row, t] + rate[row, t] * size
