"""The compiled dispatch kernel: merge and trim forwards, shadow prices and gradient backwards.

Needs    arrays made by dispatch.supply (merit order sorted by cost, everything in MWh per step).
Gives    forward, backward, walk: compiled, unchecked; their door is dispatch.run.kernel_dispatch.
Used by  dispatch.run.

One storage on one bus. F(e) = least cost to arrive at stored energy e is convex and piecewise linear. A step
merges the segments of its own cost into F by slope and trims F to [floor, ceiling]. What is trimmed on the
left is taken for good, and tells the schedule; the slopes at the two cuts tell the shadow prices.
The merging is an infimal convolution of convex piecewise-linear functions (Rockafellar, Convex Analysis,
1970, theorem 16.4); the storage recursion is dynamic programming in the stored energy.
"""

from __future__ import annotations

import numpy as np
from numba import njit

OK, NO_CEILING, NO_SUPPLY = 0, 1, 2
TINY = 1e-80  # the lazy self-discharge factor is folded back in below this


@njit(cache=True)
def merit(t, lines, size_of, imports, fixed, rate, sizes, cap, length):
    """Lengths of the step's lines in merit order, import lines cut so that together they stay below cap.

    Returns the index of the first line that the cap cut, -1 if none.
    """
    cut = -1
    left = cap
    for j in range(lines.shape[1]):
        k = lines[t, j]
        size = size_of[k]
        whole = fixed[t, j] if size < 0 else fixed[t, j] + rate[t, j] * sizes[size]
        whole = max(whole, 0.0)
        if imports[k]:
            if whole > left:
                whole = left
                if cut < 0:
                    cut = j
            left -= whole
        length[j] = whole
    return cut


@njit(cache=True)
def pieces(t, lines, cost, length, exports, load, charge, discharge, eff, slope, extent):
    """Segments of the step's cost as a function of the change of stored energy, sorted by slope.

    `eff` = (charge_eff, discharge_eff, wear_charge, wear_discharge). Charging and discharging at once is
    part of it where it pays: on `hi` as much at once as the limits allow, on `lo` nothing at once.

    Returns count, xmin, cost at xmin; count = -1 if supply ends before the load less the discharge limit.
    """
    eta_c, eta_d, wear_c, wear_d = eff
    lines_n = lines.shape[1]
    loss = 1.0 - eta_c * eta_d
    burn_cost = (wear_c + eta_c * eta_d * wear_d) / loss if loss > 0.0 else np.inf
    q = 0.0
    spent = 0.0
    for j in range(lines_n):
        if exports[lines[t, j]]:
            q -= length[j]
            spent -= cost[t, j] * length[j]
    q_star = q  # where the slopes of S pass -burn_cost
    for j in range(lines_n):
        if cost[t, j] < -burn_cost:
            q_star += length[j]
    q_start = max(q, load - discharge)
    q_end = load + charge
    high = loss > 0.0 and q_start <= q_star
    d = q_start - load
    if high:
        a = min(d + discharge, charge)
        b = a - d
    else:
        a = max(d, 0.0)
        b = max(-d, 0.0)
    xmin = eta_c * a - b / eta_d
    value = wear_c * a + wear_d * b
    knee = load + charge - discharge
    n = 0
    started = q >= q_start
    for j in range(lines_n):
        m = cost[t, j]
        rest = length[j]
        if not started:  # the part of S left of q_start is spent in any case
            step = min(rest, q_start - q)
            spent += m * step
            q += step
            rest -= step
            if q < q_start and rest <= 0.0:
                continue
            started = True
            q = q_start
        if high and m >= -burn_cost:
            n = _middle(q, load, charge, discharge, eff, slope, extent, n)
            high = False
        while rest > 0.0 and q < q_end:
            corner = knee if high else load
            first = q < corner
            stop = min(corner, q_end) if first else q_end
            step = min(rest, stop - q)
            if first == high:  # charging rises (before the knee on hi, after the load on lo)
                slope[n] = (m + wear_c) / eta_c
                extent[n] = step * eta_c
            else:
                slope[n] = (m - wear_d) * eta_d
                extent[n] = step / eta_d
            if extent[n] > 0.0:
                n += 1
            q = stop if step == stop - q else q + step
            rest -= step
        if q >= q_end:
            break
    if not started and q < q_start - 1e-9 * (1.0 + abs(load)):
        return -1, 0.0, 0.0
    if high:
        n = _middle(q, load, charge, discharge, eff, slope, extent, n)
    return n, xmin, value + spent


@njit(cache=True)
def _middle(q, load, charge, discharge, eff, slope, extent, n):
    """At q* the battery may burn energy between x_hi and x_lo: one more piece."""
    eta_c, eta_d, wear_c, wear_d = eff
    loss = 1.0 - eta_c * eta_d
    if loss <= 0.0:
        return n
    d = q - load
    x_lo = d * eta_c if d > 0.0 else d / eta_d
    a = min(d + discharge, charge)
    x_hi = eta_c * a - (a - d) / eta_d
    if x_lo > x_hi:
        slope[n] = -(wear_c + wear_d) * eta_d / loss
        extent[n] = x_lo - x_hi
        n += 1
    return n


@njit(cache=True)
def _place(heap_slope, low, top, slope):
    """First place in low .. top whose slope is greater (ties: older first)."""
    while low < top:
        mid = (low + top) >> 1
        if heap_slope[mid] <= slope:
            low = mid + 1
        else:
            top = mid
    return low


@njit(cache=True)
def _insert(heap_slope, heap_len, heap_tag, head, tail, low, slope, length, tag):
    """Put one piece at place `low`, moving the shorter side."""
    if low - head < tail - low:
        head -= 1
        low -= 1
        for i in range(head, low):
            heap_slope[i] = heap_slope[i + 1]
            heap_len[i] = heap_len[i + 1]
            heap_tag[i] = heap_tag[i + 1]
    else:
        for i in range(tail, low, -1):
            heap_slope[i] = heap_slope[i - 1]
            heap_len[i] = heap_len[i - 1]
            heap_tag[i] = heap_tag[i - 1]
        tail += 1
    heap_slope[low] = slope
    heap_len[low] = length
    heap_tag[low] = tag
    return head, tail


@njit(cache=True)
def _room(heap_slope, heap_len, heap_tag, head, tail, need):
    """Centre the pieces in their buffers again, in larger ones if they fill more than a half."""
    count = tail - head
    size = len(heap_slope)
    new_size = size if count + 2 * need < size // 2 else 2 * size
    new_head = (new_size - count) // 2
    new_slope = np.empty(new_size)
    new_len = np.empty(new_size)
    new_tag = np.empty(new_size, np.int64)
    new_slope[new_head : new_head + count] = heap_slope[head:tail]
    new_len[new_head : new_head + count] = heap_len[head:tail]
    new_tag[new_head : new_head + count] = heap_tag[head:tail]
    return new_slope, new_len, new_tag, new_head, new_head + count


@njit(cache=True)
def forward(
    first, start, end_floor, end_ceiling, end_value, supply, caps, store, eff, keep, slack, out
):
    """Least cost and schedule from `start` MWh before step `first`, once round the axis.

    Args:
        first: Step to begin with; the axis is walked cyclically from there.
        start: Energy before the first step [MWh].
        end_floor, end_ceiling: Bounds of the energy after the last step, beside its own.
        end_value: Worth of a MWh left over above end_floor; -inf where nothing more is to be taken.
        supply: (lines, size_of, imports, exports, cost, fixed, rate, sizes), see dispatch.supply.
        caps: Cap of the import lines in each step [MWh], inf where there is none.
        store: (load, charge, discharge, floor, ceiling) by step [MWh].
        eff: (charge_eff, discharge_eff, wear_charge, wear_discharge).
        keep: Share of stored energy kept over a step.
        slack: Price of a MWh that a floor asks for and nothing can charge.
        out: (xmin, taken, lent, cut_lo, cut_hi) arrays to fill; lent is what the slack gave.

    Returns:
        status, step, amount, value: amount is what is missing where status is not OK.
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge, floor, ceiling = store
    xmin, taken, lent, cut_lo, cut_hi = out
    count, lines_n = lines.shape
    most = 2 * lines_n + 4
    length = np.empty(lines_n)
    slope = np.empty(most)
    extent = np.empty(most)
    heap_slope = np.empty(1024)
    heap_len = np.empty(1024)
    heap_tag = np.empty(1024, np.int64)
    born = np.ones(count)  # the lazy factor at a piece's insertion
    head = tail = 512
    factor = 1.0
    lo = hi = start
    value = 0.0
    for i in range(count):
        t = first + i
        if t >= count:
            t -= count
        merit(t, lines, size_of, imports, fixed, rate, sizes, caps[t], length)
        n, x, base = pieces(
            t, lines, cost, length, exports, load[t], charge[t], discharge[t], eff, slope, extent
        )
        if n < 0:
            missing = load[t] - discharge[t]
            for j in range(lines_n):
                if not exports[lines[t, j]]:
                    missing -= length[j]
            return NO_SUPPLY, t, missing, value
        if keep < 1.0:
            factor *= keep
            if factor < TINY:
                for p in range(head, tail):
                    heap_slope[p] /= factor
                    heap_len[p] *= factor
                for p in range(count):
                    born[p] /= factor
                factor = 1.0
        born[t] = factor
        lo = lo * keep + x
        hi = hi * keep + x
        value += base
        xmin[t] = x
        taken[t] = 0.0
        lent[t] = 0.0
        if head < most or tail + most >= len(heap_slope):
            heap_slope, heap_len, heap_tag, head, tail = _room(
                heap_slope, heap_len, heap_tag, head, tail, most
            )
        bottom = floor[t]
        top = ceiling[t]
        last = i == count - 1
        if last:
            bottom = max(bottom, end_floor)
            top = min(top, end_ceiling)
        low_cut = -np.inf
        high_cut = np.inf
        place = head
        for p in range(n):
            lazy = slope[p] * factor
            place = _place(heap_slope, place, tail, lazy)
            if place == tail and hi >= top:  # it and all that follow would be dropped at once
                high_cut = slope[p]
                break
            before = head
            head, tail = _insert(
                heap_slope, heap_len, heap_tag, head, tail, place, lazy, extent[p] / factor, t
            )
            place += 1 + head - before
            hi += extent[p]
        while lo < bottom and head < tail and heap_slope[head] / factor < slack:
            piece = heap_len[head] * factor
            low_cut = heap_slope[head] / factor
            if lo + piece <= bottom:
                taken[heap_tag[head]] += heap_len[head] * born[heap_tag[head]]
                value += low_cut * piece
                lo += piece
                head += 1
            else:
                part = bottom - lo
                taken[heap_tag[head]] += part / factor * born[heap_tag[head]]
                value += low_cut * part
                heap_len[head] -= part / factor
                lo = bottom
        if lo < bottom:
            missing = bottom - lo
            if missing > 1e-9 * (1.0 + abs(bottom)):
                low_cut = slack
                value += slack * missing
                lent[t] = missing
            lo = bottom
            hi += missing
        if head == tail:
            hi = lo
        while hi > top and head < tail:
            piece = heap_len[tail - 1] * factor
            high_cut = heap_slope[tail - 1] / factor
            if hi - piece >= top:
                hi -= piece
                tail -= 1
            else:
                heap_len[tail - 1] -= (hi - top) / factor
                hi = top
        if hi > top:
            if lo - top > 1e-9 * (1.0 + abs(top)):
                return NO_CEILING, t, lo - top, value
            lo = min(lo, top)
            hi = lo
        if last and end_value > -np.inf:  # above end_floor what is worth more than it costs
            while head < tail and heap_slope[head] / factor < end_value:
                piece = heap_len[head] * factor
                low_cut = heap_slope[head] / factor
                taken[heap_tag[head]] += heap_len[head] * born[heap_tag[head]]
                value += low_cut * piece
                lo += piece
                head += 1
            value -= end_value * lo
        cut_lo[t] = low_cut
        cut_hi[t] = high_cut
    return OK, -1, 0.0, value


@njit(cache=True)
def stored_prices(first, after, cyclic, keep, cut_lo, cut_hi, pi):
    """Value of one more MWh stored at the end of each step, backwards: clamp(keep x next, cut_lo, cut_hi)."""
    count = len(pi)
    for sweep in range(2 if cyclic else 1):
        following = after if sweep == 0 else keep * pi[first]
        for i in range(count - 1, -1, -1):
            t = first + i
            if t >= count:
                t -= count
            pi[t] = min(max(following, cut_lo[t]), cut_hi[t])
            following = keep * pi[t]


@njit(cache=True)
def _bus_price(t, lines, cost, length, need, bid_charge, charge, bid_discharge, discharge):
    """Where the merit order, with the battery bidding in it, meets the need: the price of the bus."""
    total = 0.0
    j = 0
    price = -np.inf
    lines_n = lines.shape[1]
    ask_open = True
    offer_open = True
    while total < need:
        price = np.inf
        kind = 3
        if j < lines_n:
            price = cost[t, j]
            kind = 0
        if ask_open and bid_charge < price:
            price = bid_charge
            kind = 1
        if offer_open and bid_discharge < price:
            price = bid_discharge
            kind = 2
        if kind == 0:
            total += length[j]
            j += 1
        elif kind == 1:
            total += charge
            ask_open = False
        elif kind == 2:
            total += discharge
            offer_open = False
        else:
            break
    return price


@njit(cache=True)
def backward(pi, next_pi, supply, caps, cap_of, step_h, store, linear, eff, block, split, out):
    """Bus prices, rents and the dual value as an affine function of the sizes, block by block.

    Whatever pi, mu and nu are, `const + grad . sizes` (with the stored-energy terms at block ends) lies
    below the least cost for every size: weak duality. At the optimal pi it meets it at these sizes.

    Args:
        pi: Value of stored energy at the end of each step.
        next_pi: keep x pi of the following step (the end's own value after the last step).
        supply, caps, store, eff: As in forward.
        cap_of: Index of the size column of the step's cap, -1 for none.
        linear: (fixed, rate, size index) of charge, discharge, floor and ceiling: shapes (4, steps),
            (4, steps), (4,), step amounts in MWh.
        block: Block of each step.
        split: True at block ends: what the stored energy is worth there is left to the caller.
        out: (mu, nu, const, grad) arrays to fill: (steps,), (steps,), (blocks,), (blocks, sizes).
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge, floor, ceiling = store
    fixed_4, rate_4, index_4 = linear
    eta_c, eta_d, wear_c, wear_d = eff
    mu, nu, const, grad = out
    count, lines_n = lines.shape
    length = np.empty(lines_n)
    const[:] = 0.0
    grad[:] = 0.0
    for t in range(count):
        b = block[t]
        cut = merit(t, lines, size_of, imports, fixed, rate, sizes, caps[t], length)
        need = load[t] + charge[t]
        for j in range(lines_n):
            if exports[lines[t, j]]:
                need += length[j]
        bid_c = pi[t] * eta_c - wear_c
        bid_d = pi[t] / eta_d + wear_d
        price = _bus_price(t, lines, cost, length, need, bid_c, charge[t], bid_d, discharge[t])
        if price == -np.inf:  # nothing is needed: the price is that of the cheapest line
            price = min(cost[t, 0], bid_c, bid_d)
        peak = 0.0
        inside = price  # what import earns under the peak
        if cut >= 0 and price > cost[t, cut]:
            inside = cost[t, cut]
            peak = price - inside
        mu[t] = price
        nu[t] = peak
        sum_c = price * load[t]
        if peak > 0.0:
            if cap_of[t] >= 0:
                grad[b, cap_of[t]] -= peak * step_h
            else:
                sum_c -= peak * caps[t]
        for j in range(lines_n):
            k = lines[t, j]
            if exports[k]:
                rent = max(0.0, cost[t, j] - price)
            elif imports[k]:
                rent = max(0.0, inside - cost[t, j])
            else:
                rent = max(0.0, price - cost[t, j])
            if rent > 0.0:
                sum_c -= rent * fixed[t, j]
                if size_of[k] >= 0:
                    grad[b, size_of[k]] -= rent * rate[t, j]
        jump = pi[t] - next_pi[t]
        for s in range(4):
            if s == 0:
                weight = -max(0.0, bid_c - price)
            elif s == 1:
                weight = -max(0.0, price - bid_d)
            elif split[t]:
                weight = 0.0
            elif s == 2:
                weight = max(0.0, jump)
            else:
                weight = min(0.0, jump)
            if weight != 0.0:
                sum_c += weight * fixed_4[s, t]
                if index_4[s] >= 0:
                    grad[b, index_4[s]] += weight * rate_4[s, t]
        const[b] += sum_c


@njit(cache=True)
def walk(first, start, made, supply, caps, store, eff, keep, out):
    """The schedule in full: charge, discharge, stored energy and what each line gives [MWh].

    `made` = (xmin, taken, lent) as forward filled them.

    Returns the MWh burnt by charging and discharging at once, and what not doing so would cost at most.
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge, floor, ceiling = store
    eta_c, eta_d, wear_c, wear_d = eff
    charged, discharged, stored, take = out
    xmin, taken, lent = made
    count, lines_n = lines.shape
    loss = 1.0 - eta_c * eta_d
    burn_cost = (wear_c + eta_c * eta_d * wear_d) / loss if loss > 0.0 else np.inf
    length = np.empty(lines_n)
    energy = start
    burnt = 0.0
    worth = 0.0
    for i in range(count):
        t = first + i
        if t >= count:
            t -= count
        merit(t, lines, size_of, imports, fixed, rate, sizes, caps[t], length)
        x = xmin[t] + taken[t]
        q0 = 0.0
        for j in range(lines_n):
            if exports[lines[t, j]]:
                q0 -= length[j]
        q_star = q0
        for j in range(lines_n):
            if cost[t, j] < -burn_cost:
                q_star += length[j]
        d_lo = x / eta_c if x > 0.0 else x * eta_d
        d_hi = (x + discharge[t] / eta_d) / eta_c - discharge[t]
        if d_hi > charge[t] - discharge[t]:
            d_hi = charge[t] - (eta_c * charge[t] - x) * eta_d
        d = d_lo
        if loss > 1e-12:
            d = max(d_lo, min(q_star - load[t], d_hi))
        a = max(d_lo, 0.0)
        b = max(-d_lo, 0.0)
        if d > d_lo:
            a = (d / eta_d - x) / (1.0 / eta_d - eta_c)
            b = a - d
            burnt += d - d_lo
            worth -= wear_c * (a - max(d_lo, 0.0)) + wear_d * (b - max(-d_lo, 0.0))
        energy = min(max(energy * keep + x + lent[t], floor[t]), max(ceiling[t], floor[t]))  # rounding only
        charged[t] = a
        discharged[t] = b
        stored[t] = energy
        q = load[t] + d - q0
        plain = load[t] + d_lo - q0  # what would be drawn without burning
        for j in range(lines_n):
            step = min(length[j], q)
            take[lines[t, j], t] = step
            worth -= cost[t, j] * (step - min(length[j], plain))
            q -= step
            plain -= min(length[j], plain)
    return burnt, worth
