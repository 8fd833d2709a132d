"""Cuts of several visits put together block by block: the highest that they prove at a point between them.

Gives    join_blocks, join_tasks.
Used by  plan.portfolio.blockwise, known.
"""

from numba import njit


@njit(cache=True, inline="always")
def _bound(side, b, y):
    """A bound of the energy at the end of block b at the sizes y."""
    total = side[b, len(y)]
    for j in range(len(y)):
        total += side[b, j] * y[j]
    return total


@njit(cache=True, inline="always")
def _worth(weight, floor, ceiling):
    """Least of weight x energy between floor and ceiling."""
    return weight * (floor if weight > 0.0 else ceiling)


@njit(cache=True, inline="always")
def _best_visit(rows, after, ends, y):
    """The visit whose own cut is highest at y."""
    floor, ceiling = ends
    n = len(y)
    best, most = 0, 0.0
    for k in range(rows.shape[0]):
        value = 0.0
        for b in range(rows.shape[1]):
            value += rows[k, b, n]
            for j in range(n):
                value += rows[k, b, j] * y[j]
            weight = rows[k, b, n + 1] - rows[k, after[b], n + 2]
            if weight != 0.0:
                value += _worth(weight, _bound(floor, b, y), _bound(ceiling, b, y))
        if k == 0 or value > most:
            best, most = k, value
    return best


@njit(cache=True, nogil=True)
def join_blocks(rows, after, earlier, ends, y, chosen, out):
    """Choose for every block the visit whose part is highest at y, and add the parts up.

    Whatever is chosen, the sum is nowhere above the least cost: parts of different visits may disagree on what a
    MWh at a block's end is worth, and what they disagree by is lost at the dearer of its bounds. Which part is highest
    is judged at the worth half way between the two that the best of the visits gives the MWh before and after the
    end; so the sum is at y no lower than the cut of any visit.

    Args:
        rows: Parts of every visit; shape (visits, blocks, sizes + 3): slope by size, constant, worth of stored
            energy at the end of the block, and at its begin.
        after, earlier: The block that follows each, and the one before it; shape (blocks,).
        ends: (floor, ceiling) of the energy at the end of each block, slope by size and constant; (blocks, sizes + 1).
        y: Sizes. chosen: To fill with the visit taken for each block. out: To fill with slope and constant.

    Returns:
        The sum at y.
    """
    floor, ceiling = ends
    visits, blocks = rows.shape[0], rows.shape[1]
    n = len(y)
    best = _best_visit(rows, after, ends, y)
    most = 0.0
    for b in range(blocks):
        before = earlier[b]
        worth_end = 0.5 * (rows[best, b, n + 1] + rows[best, after[b], n + 2])
        worth_begin = 0.5 * (rows[best, before, n + 1] + rows[best, b, n + 2])
        low_end, high_end = _bound(floor, b, y), _bound(ceiling, b, y)
        low_begin, high_begin = _bound(floor, before, y), _bound(ceiling, before, y)
        for k in range(visits):
            value = rows[k, b, n]
            for j in range(n):
                value += rows[k, b, j] * y[j]
            value += _worth(rows[k, b, n + 1] - worth_end, low_end, high_end)
            value += _worth(worth_begin - rows[k, b, n + 2], low_begin, high_begin)
            if k == 0 or value > most:
                most = value
                chosen[b] = k
    out[:] = 0.0
    for b in range(blocks):
        k = chosen[b]
        following = after[b]
        for j in range(n + 1):
            out[j] += rows[k, b, j]
        weight = rows[k, b, n + 1] - rows[chosen[following], following, n + 2]
        side = floor if weight > 0.0 else ceiling
        for j in range(n + 1):
            out[j] += weight * side[b, j]
    total = out[n]
    for j in range(n):
        total += out[j] * y[j]
    return total


@njit(cache=True, nogil=True)
def join_tasks(parts, counts, meets, sides, first, points, chosen, out, value):
    """join_blocks for the points of every task of several functions: one call for a whole master.

    Args:
        parts: Rows of every visit of each function; shape (functions, visits, blocks, sizes + 3). counts: how many
            visits each has.
        meets: (after, earlier) of each function; shape (functions, blocks).
        sides: (floor, ceiling) of each function; shape (functions, blocks, sizes + 1).
        first: Tasks of function g are first[g] .. first[g + 1] - 1.
        points: Sizes of each task; shape (tasks, sizes). chosen: room for the visit taken by block.
        out, value: To fill with slope and constant, and with the sum; (tasks, sizes + 1), (tasks,).
    """
    after, earlier = meets
    floor, ceiling = sides
    for g in range(len(counts)):
        rows = parts[g, : counts[g]]
        for t in range(first[g], first[g + 1]):
            value[t] = join_blocks(
                rows, after[g], earlier[g], (floor[g], ceiling[g]), points[t], chosen, out[t]
            )
