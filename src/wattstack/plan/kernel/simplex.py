"""A small linear programme re-optimised after every batch of rows: the dual simplex at a vertex of n limits.

Gives    descend, OPTIMAL, INFEASIBLE, DRIFTED, STUCK, LOWER, UPPER, EITHER, FREE.
Used by  plan.simplex.

    minimise  cost . x   subject to   lower <= (x, rows x) <= upper

A limit is a column's bounds or a row's. A vertex is where n limits hold (`held`), with `edges` the inverse of their
normals: edges[:, i] leads away from limit i and keeps the others. A row that is added leaves the vertex dual feasible;
so each step takes a limit that is broken, and lets go the one whose multiplier is first used up (Lemke 1954,
doi:10.1002/nav.3800010107; two-pass ratio test: Harris 1973, doi:10.1007/BF01580108). Which broken limit: the one that
is farthest away along its own edge, among the few broken most (steepest edge, Forrest and Goldfarb 1992,
doi:10.1007/BF01581089). Inverse and vertex have the size of the columns, however many rows there are.
"""

import numpy as np
from numba import njit

OPTIMAL, INFEASIBLE, DRIFTED, STUCK = 0, 1, 2, 3
# which side of a limit holds; EITHER: both are one; FREE: none, at zero
LOWER, UPPER, EITHER, FREE = 1, -1, 0, 2
FEW = 4  # broken limits whose edges are compared
PIVOT = 1e-7  # an edge that meets a limit less steeply does not meet it
SLACK = 1e-10  # by which a multiplier may miss its sign so that a better pivot is taken
DEGENERATE_MOST = 200  # steps without gain, one after the other, until the first broken limit is taken


@njit(cache=True, inline="always")
def _activity(k, x, starts, index, value):
    """Where limit k stands at x."""
    if k < len(x):
        return x[k]
    total = 0.0
    for p in range(starts[k - len(x)], starts[k - len(x) + 1]):
        total += value[p] * x[index[p]]
    return total


@njit(cache=True, inline="always")
def _slopes(k, edges, starts, index, value, out):
    """How fast limit k moves along each edge."""
    n = len(out)
    if k < n:
        out[:] = edges[k]
        return
    out[:] = 0.0
    for p in range(starts[k - n], starts[k - n + 1]):
        coef, row = value[p], edges[index[p]]
        for i in range(n):
            out[i] += coef * row[i]


@njit(cache=True, inline="always")
def _missed(k, x, lower, upper, starts, index, value):
    """By how much x misses limit k, below 0 where it holds."""
    at = _activity(k, x, starts, index, value)
    return max(lower[k] - at, at - upper[k])


@njit(cache=True)
def _look(x, lower, upper, starts, index, value, is_held, tolerance, listed):
    """Every limit that x breaks, in `listed`; returns how many."""
    n, count = len(x), 0
    for k in range(n):
        if (lower[k] - x[k] > tolerance or x[k] - upper[k] > tolerance) and not is_held[k]:
            listed[count] = k
            count += 1
    for r in range(len(starts) - 1):
        at = 0.0
        for p in range(starts[r], starts[r + 1]):
            at += value[p] * x[index[p]]
        if (lower[n + r] - at > tolerance or at - upper[n + r] > tolerance) and not is_held[n + r]:
            listed[count] = n + r
            count += 1
    return count


@njit(cache=True, inline="always")
def _worst(x, lower, upper, starts, index, value, scale, is_held, tolerance, listed, count, far, places):
    """Of the limits listed those still broken; the worst first in `places`. Returns how many of both."""
    kept = few = 0
    for q in range(count):
        k = listed[q]
        missed = _missed(k, x, lower, upper, starts, index, value)
        if missed <= tolerance or is_held[k]:
            continue
        listed[kept] = k
        kept += 1
        missed *= scale[k]
        if few == FEW and missed <= far[FEW - 1]:
            continue
        p = few if few < FEW else FEW - 1
        while p > 0 and far[p - 1] < missed:
            far[p], places[p] = far[p - 1], places[p - 1]
            p -= 1
        far[p], places[p] = missed, k
        few = min(few + 1, FEW)
    return kept, few


@njit(cache=True, inline="always")
def _let_go(slope, sign, multiplier, side, careful):
    """The limit whose multiplier is used up first as that of the new one grows; -1 if none ever is.

    Of several that are used up together the steepest, and the first where the search is careful.
    """
    most = np.inf
    for i in range(len(slope)):
        a = sign * slope[i]
        if side[i] == FREE and abs(a) > PIVOT:
            return i
        if side[i] != FREE and side[i] * a > PIVOT:
            most = min(most, (abs(multiplier[i]) * (1.0 + SLACK) + SLACK) / abs(a))
    best, steepest = -1, 0.0
    for i in range(len(slope)):
        a = sign * slope[i]
        if side[i] != FREE and side[i] * a > PIVOT and abs(multiplier[i]) <= most * abs(a):
            if careful:
                return i
            if abs(a) > steepest:
                best, steepest = i, abs(a)
    return best


@njit(cache=True, inline="always")
def _exchange(j, slope, edges):
    """The edges once the limit with these slopes has taken the place of held limit j."""
    inverse = 1.0 / slope[j]
    n = len(slope)
    for k in range(n):
        share = edges[k, j] * inverse
        if share != 0.0:
            row = edges[k]
            for i in range(n):
                row[i] -= share * slope[i]
            row[j] = share


@njit(cache=True, inline="always")
def _there(i, held, side, lower, upper):
    """Where the held limit i stands."""
    return 0.0 if side[i] == FREE else upper[held[i]] if side[i] == UPPER else lower[held[i]]


@njit(cache=True, fastmath={"reassoc"})
def _settle(held, side, edges, lower, upper, starts, index, value, cost, x, multiplier):
    """Vertex and multipliers from the inverse, without what steps have added up.

    The vertex is refined by what it misses of the limits that hold. Returns the most that it then misses, as a share:
    large where the inverse has lost its digits.
    """
    n = len(x)
    rest = np.empty(n)
    x[:] = 0.0
    for turn in range(3):
        most = 0.0
        for i in range(n):
            there = _there(i, held, side, lower, upper)
            rest[i] = there - _activity(held[i], x, starts, index, value) if turn > 0 else there
            most = max(most, abs(rest[i]) / (1.0 + abs(there)))
        if turn == 2:
            break
        for k in range(n):
            edge, total = edges[k], 0.0
            for i in range(n):
                total += edge[i] * rest[i]
            x[k] += total
    multiplier[:] = 0.0
    for k in range(n):
        if cost[k] != 0.0:
            edge = edges[k]
            for i in range(n):
                multiplier[i] += cost[k] * edge[i]
    return most


@njit(cache=True, nogil=True)
def descend(held, side, is_held, edges, limits, matrix, scale, cost, x, multiplier, tolerance, steps_most):
    """Go on from a vertex of right multipliers until no limit is broken.

    Args:
        held, side: Limits that hold at the vertex, and on which side; (n,).
        is_held: Of every limit, whether it is among them; (n + rows,).
        edges: Inverse of their normals; (n, n).
        limits: (lower, upper) of every limit, columns before rows; (n + rows,).
        matrix: (starts, index, value) of the rows.
        scale: One over the length of each limit's normal; (n + rows,).
        cost, x, multiplier: Shape (n,); the last two are found.
        tolerance: A limit broken by less holds.
        steps_most: Steps that may be taken.

    Returns:
        Status, steps, and a limit: the one that nothing can meet where INFEASIBLE. DRIFTED: `edges` has lost its
        digits, invert it afresh; STUCK: too many steps.
    """
    starts, index, value = matrix
    lower, upper = limits
    n = len(x)
    slope, other = np.empty(n), np.empty(n)
    far, places, listed = np.empty(FEW), np.empty(FEW, np.int64), np.empty(len(is_held), np.int64)
    idle, count, settled = 0, 0, False
    for step in range(steps_most):
        count, few = _worst(
            x, lower, upper, starts, index, value, scale, is_held, tolerance, listed, count, far, places
        )
        if few == 0:
            count = _look(x, lower, upper, starts, index, value, is_held, tolerance, listed)
            count, few = _worst(
                x, lower, upper, starts, index, value, scale, is_held, tolerance, listed, count, far, places
            )
        if few == 0:
            if settled:
                return OPTIMAL, step
            if (
                _settle(held, side, edges, lower, upper, starts, index, value, cost, x, multiplier)
                > tolerance
            ):
                return DRIFTED, step
            settled = True
            continue
        careful = idle > DEGENERATE_MOST
        taken, farthest = -1, -1.0
        for p in range(few):
            k = places[p]
            _slopes(k, edges, starts, index, value, other)
            length = 1.0
            for i in range(n):
                length += other[i] * other[i]
            missed = _missed(k, x, lower, upper, starts, index, value)
            if missed * missed > farthest * length:
                taken, farthest = k, missed * missed / length
                slope, other = other, slope
        at = _activity(taken, x, starts, index, value)
        below = at < lower[taken]
        sign = 1.0 if below else -1.0
        j = _let_go(slope, sign, multiplier, side, careful)
        if j < 0 and settled:
            return INFEASIBLE, step
        if j < 0:  # it may be rounding that breaks the limit
            if (
                _settle(held, side, edges, lower, upper, starts, index, value, cost, x, multiplier)
                > tolerance
            ):
                return DRIFTED, step
            count, settled = 0, True
            continue
        settled = False
        gain = multiplier[j] / slope[j]
        if gain * sign < 0.0:  # the sign was missed by rounding
            gain = 0.0
        idle = idle + 1 if gain == 0.0 else 0
        move = ((lower[taken] if below else upper[taken]) - at) / slope[j]
        for k in range(n):
            x[k] += move * edges[k, j]
        for i in range(n):
            multiplier[i] -= gain * slope[i]
        multiplier[j] = gain
        _exchange(j, slope, edges)
        is_held[held[j]], is_held[taken] = False, True
        held[j] = taken
        side[j] = EITHER if lower[taken] == upper[taken] else LOWER if below else UPPER
    return STUCK, steps_most
