"""Which cut of its function is highest at the point of every task: one pass over all cuts.

Gives    highest.
Used by  plan.portfolio.known.
"""

from numba import njit


@njit(cache=True, nogil=True)
def highest(rows, owner, first, points, value, place):
    """Fill `value` and `place` with the highest cut at each point and its row; (tasks,).

    Args:
        rows: Slope by coordinate, and constant; (cuts, coordinates + 1). owner: Function of each cut; (cuts,).
        first: Tasks of function g are first[g] .. first[g + 1] - 1; (functions + 1,).
        points: Coordinates of each task, and 1; (tasks, coordinates + 1).
    """
    width = points.shape[1]
    value[:] = -float("inf")
    for r in range(len(owner)):
        g = owner[r]
        for t in range(first[g], first[g + 1]):
            total = 0.0
            for j in range(width):
                total += rows[r, j] * points[t, j]
            if total > value[t]:
                value[t] = total
                place[t] = r
