"""Forwards through the year: merge each step's segments into the cost of arriving, trim both ends.

Needs    kernel.steps.
Gives    forward, new_heap; OK, NO_CEILING, NO_SUPPLY, FULL.
Used by  dispatch.run.

F(e) = least cost to arrive at stored energy e is kept as a sorted buffer of pieces (slope, length, step of birth).
Self-discharge is one lazy factor R = product of the shares kept: slope x R and length / R are stored. The pieces
stand at head .. tail - 1 of three arrays.
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.steps import merit, pieces

OK, NO_CEILING, NO_SUPPLY, FULL = 0, 1, 2, 3
TINY = 1e-80  # the lazy factor is folded back in below this, long before it underflows
NEAR = 6  # places walked at each end before bisecting
ROUNDING = 1e-9  # MWh per MWh: bounds missed by less are met


def new_heap(size):
    """Buffers for up to size / 2 pieces."""
    return np.empty(size), np.empty(size), np.empty(size, np.int64)


@njit(cache=True, inline="always")
def _place(slopes, low, top, slope):
    """First place in low .. top whose slope is greater: among equals the older stay first (fuller).

    Most pieces belong near one of the ends, where a few steps of a walk cost less than a bisection.
    """
    stop = min(low + NEAR, top)
    while low < stop and slopes[low] <= slope:
        low += 1
    if low < stop:
        return low
    stop = max(top - NEAR, low)
    while top > stop and slopes[top - 1] > slope:
        top -= 1
    if top > stop:
        return top
    while low < top:
        mid = (low + top) >> 1
        if slopes[mid] <= slope:
            low = mid + 1
        else:
            top = mid
    return low


@njit(cache=True, inline="always")
def _insert(slopes, lengths, births, head, tail, low, slope, length, birth):
    """Put one piece at place `low`, moving the shorter side. Returns head and tail."""
    if low - head < tail - low:
        head -= 1
        low -= 1
        for i in range(head, low):
            slopes[i] = slopes[i + 1]
            lengths[i] = lengths[i + 1]
            births[i] = births[i + 1]
    else:
        for i in range(tail, low, -1):
            slopes[i] = slopes[i - 1]
            lengths[i] = lengths[i - 1]
            births[i] = births[i - 1]
        tail += 1
    slopes[low] = slope
    lengths[low] = length
    births[low] = birth
    return head, tail


@njit(cache=True)
def _centre(slopes, lengths, births, head, tail):
    """Move the pieces into the middle of their buffers. Returns the new head."""
    at = (len(slopes) - (tail - head)) // 2
    if at < head:
        for i in range(tail - head):
            slopes[at + i] = slopes[head + i]
            lengths[at + i] = lengths[head + i]
            births[at + i] = births[head + i]
    else:
        for i in range(tail - head - 1, -1, -1):
            slopes[at + i] = slopes[head + i]
            lengths[at + i] = lengths[head + i]
            births[at + i] = births[head + i]
    return at


@njit(cache=True)
def _fold(slopes, lengths, head, tail, born, factor):
    """Write the lazy factor into the pieces, so that it may start again at 1."""
    for p in range(head, tail):
        slopes[p] /= factor
        lengths[p] *= factor
    for p in range(len(born)):
        born[p] /= factor


@njit(cache=True)
def _take_worth(slopes, lengths, births, head, tail, worth, factor, born, taken):
    """Take every piece that costs less than a MWh left over is worth. Returns MWh, cost, slope of the last."""
    cut = -np.inf
    cost = 0.0
    energy = 0.0
    while head < tail and slopes[head] / factor < worth:
        cut = slopes[head] / factor
        taken[births[head]] += lengths[head] * born[births[head]]
        cost += cut * lengths[head] * factor
        energy += lengths[head] * factor
        head += 1
    return energy, cost, cut


@njit(cache=True, nogil=True)
def forward(first, start, end, supply, caps, store, eff, keep, slack, heap, out):
    """Least cost and schedule from `start` MWh before step `first`, once round the axis.

    Args:
        first: Step to begin with; the axis is walked cyclically from there.
        start: Energy before the first step [MWh].
        end: (floor, ceiling, worth) of the energy after the last step, beside its own bounds; worth of a MWh
            left over above the floor, -inf where nothing more is to be taken.
        supply: (lines, size_of, imports, exports, cost, fixed, rate, sizes), see dispatch.supply.
        caps: Cap of the import lines in each step [MWh], inf where there is none.
        store: (load, charge, discharge, floor, ceiling) by step [MWh].
        keep: Share of stored energy kept over a step.
        slack: Price of a MWh that a floor asks for and nothing can charge.
        heap: (slope, length, birth) buffers for the pieces; FULL asks for larger ones.
        out: (xmin, taken, lent, cut_lo, cut_hi) arrays to fill; lent is what the slack gave.

    Returns:
        status, step, amount, value: amount is what is missing where status is not OK [MWh].

    One function, longer than a screen: with its parts (merge, take left, drop right) as functions of their
    own it takes a third longer, inlined or not.
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge, floor, ceiling = store
    xmin, taken, lent, cut_lo, cut_hi = out
    count, lines_n = lines.shape
    most = 2 * lines_n + 4
    length, slope, extent = np.empty(lines_n), np.empty(most), np.empty(most)
    slopes, lengths, births = heap
    head = tail = len(slopes) // 2
    born = np.ones(count)  # the lazy factor at a piece's insertion
    factor = 1.0
    lo = hi = start
    value = 0.0
    taken[:] = 0.0
    lent[:] = 0.0
    for i in range(count):
        t = first + i if first + i < count else first + i - count
        merit(t, lines, size_of, imports, fixed, rate, sizes, caps[t], length)
        n, x, base = pieces(
            t, lines, cost, length, exports, load[t], charge[t], discharge[t], eff, slope, extent
        )
        if n < 0:
            return NO_SUPPLY, t, load[t] - discharge[t] - _supplied(t, lines, exports, length), value
        factor *= keep
        if factor < TINY:
            _fold(slopes, lengths, head, tail, born, factor)
            factor = 1.0
        born[t] = factor
        xmin[t] = x
        bottom, top = floor[t], ceiling[t]
        if i == count - 1:
            bottom, top = max(bottom, end[0]), min(top, end[1])
        if head < most or tail + most >= len(slopes):
            if tail - head > len(slopes) // 2:
                return FULL, t, 0.0, value
            at = _centre(slopes, lengths, births, head, tail)
            head, tail = at, at + tail - head
        lo = lo * keep + x
        hi = hi * keep + x
        high_cut = np.inf
        place = head
        inverse = 1.0 / factor
        for p in range(n):
            lazy = slope[p] * factor
            place = _place(slopes, place, tail, lazy)
            if place == tail and hi >= top:  # it and all that follow would be dropped at once
                high_cut = slope[p]
                break
            before = head
            head, tail = _insert(slopes, lengths, births, head, tail, place, lazy, extent[p] * inverse, t)
            place += 1 + head - before
            hi += extent[p]
        low_cut = -np.inf
        while lo < bottom and head < tail and slopes[head] * inverse < slack:
            low_cut = slopes[head] * inverse
            piece = lengths[head] * factor
            if lo + piece <= bottom:
                taken[births[head]] += lengths[head] * born[births[head]]
                value += low_cut * piece
                lo += piece
                head += 1
            else:
                part = bottom - lo
                taken[births[head]] += part * inverse * born[births[head]]
                value += low_cut * part
                lengths[head] -= part * inverse
                lo = bottom
        if lo < bottom:  # nothing below the price of a missing floor is left
            lent[t] = _lacking(bottom, lo)
            value += slack * (bottom - lo)  # rounding included: else a search could live on it
            if lent[t] > 0.0:
                low_cut = slack
            hi += bottom - lo
            lo = bottom
        if head == tail:
            hi = lo
        while hi > top and head < tail:
            high_cut = slopes[tail - 1] * inverse
            piece = lengths[tail - 1] * factor
            if hi - piece >= top:
                hi -= piece
                tail -= 1
            else:
                lengths[tail - 1] -= (hi - top) * inverse
                hi = top
        if hi > top:  # nothing is left to drop
            if _lacking(lo, top) > 0.0:
                return NO_CEILING, t, lo - top, value
            lo = hi = min(lo, top)
        cut_lo[t] = low_cut
        cut_hi[t] = high_cut
        value += base
    if end[2] > -np.inf:  # above the floor what is worth more than it costs
        last = first - 1 if first > 0 else count - 1
        more, paid, low_cut = _take_worth(slopes, lengths, births, head, tail, end[2], factor, born, taken)
        cut_lo[last] = max(cut_lo[last], low_cut)
        value += paid - end[2] * (lo + more)
    return OK, -1, 0.0, value


@njit(cache=True)
def _lacking(want, have):
    """How much `have` is below `want`, 0 where it is rounding."""
    missing = want - have
    return missing if missing > ROUNDING * (1.0 + abs(want)) else 0.0


@njit(cache=True)
def _supplied(t, lines, exports, length):
    """Everything the lines of a step can give [MWh]."""
    total = 0.0
    for j in range(lines.shape[1]):
        if not exports[lines[t, j]]:
            total += length[j]
    return total
