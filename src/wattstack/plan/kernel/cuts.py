"""Which cut of its function is highest at the point of every task, and cuts as rows: one pass over all of them.

Gives    highest, write_rows.
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


@njit(cache=True, nogil=True)
def write_rows(rows, which, tasks, places, costs, unit, starts, index, value, lower):
    """Write cuts `which` for `tasks` as rows cost - grad . y >= const, one behind the other without their zeros.

    Args:
        rows: As of `highest`. places: Column of each coordinate; (tasks, coordinates + 1). costs: Column of each cost.
        unit: What the rows are in, per currency.
        starts, index, value, lower: To fill; starts[0] is 0.

    Returns:
        How many entries there are.
    """
    filled, last = 0, rows.shape[1] - 1
    starts[0] = 0
    for i in range(len(which)):
        r, t = which[i], tasks[i]
        for j in range(last):
            if rows[r, j] != 0.0:
                index[filled], value[filled] = places[t, j], -unit * rows[r, j]
                filled += 1
        index[filled], value[filled] = costs[t], 1.0
        filled += 1
        starts[i + 1] = filled
        lower[i] = unit * rows[r, last]
    return filled
