"""Backwards through the year: the value of stored energy, the price of the bus, and the rent of every limit.

Needs    kernel.steps.
Gives    stored_prices, backward, close_blocks, line_rents, store_rents.
Used by  dispatch.run, kernel.bus.
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.steps import merit


@njit(cache=True, nogil=True)
def stored_prices(first, after, cyclic, keep, cut_lo, cut_hi, pi):
    """Value of one more MWh stored at the end of each step, backwards: clamp(keep x next, cut_lo, cut_hi)."""
    count = len(pi)
    for sweep in range(2 if cyclic else 1):
        following = after if sweep == 0 else keep * pi[first]
        for i in range(count - 1, -1, -1):
            t = first + i if first + i < count else first + i - count
            pi[t] = min(max(following, cut_lo[t]), cut_hi[t])
            following = keep * pi[t]


@njit(cache=True)
def _bus_price(t, lines, cost, length, need, bids, charge, discharge):
    """Where the merit order, with the battery bidding in it, meets the need: the price of the bus.

    The battery asks for its charge limit at bids[0] and offers its discharge limit at bids[1]. Where nothing
    is needed the price is that of the cheapest offer.
    """
    total = 0.0
    j = 0
    lines_n = lines.shape[1]
    price = min(cost[t, 0], bids[0], bids[1])
    asked = offered = False
    while total < need:
        best = np.inf
        kind = 0
        if j < lines_n:
            best = cost[t, j]
            kind = 1
        if not asked and bids[0] < best:
            best = bids[0]
            kind = 2
        if not offered and bids[1] < best:
            best = bids[1]
            kind = 3
        if kind == 0:  # what is missing is rounding
            break
        price = best
        if kind == 1:
            total += length[j]
            j += 1
        elif kind == 2:
            total += charge
            asked = True
        else:
            total += discharge
            offered = True
    return price


@njit(cache=True)
def line_rents(t, supply, price, inside, grad):
    """What the lines earn at the price (imports at `inside`, the price under the peak), booked to their sizes.

    Returns the part that no size scales.
    """
    lines, size_of, imports, exports, cost, fixed, rate, _ = supply
    total = 0.0
    for j in range(lines.shape[1]):
        k = lines[t, j]
        met = inside if imports[k] else price
        rent = cost[t, j] - met if exports[k] else met - cost[t, j]
        if rent > 0.0:
            total += rent * fixed[t, j]
            if size_of[k] >= 0:
                grad[size_of[k]] -= rent * rate[t, j]
    return total


@njit(cache=True)
def store_rents(t, weights, linear, grad):
    """Rents of charge, discharge, floor and ceiling, booked to their sizes. Returns what no size scales."""
    fixed, rate, size_of = linear
    total = 0.0
    for s in range(4):
        if weights[s] != 0.0:
            total += weights[s] * fixed[s, t]
            if size_of[s] >= 0:
                grad[size_of[s]] += weights[s] * rate[s, t]
    return total


@njit(cache=True, nogil=True)
def backward(pi, next_pi, supply, caps, cap_of, step_h, store, demand, linear, eff, block, split, out):
    """Bus prices, rents and the dual value as an affine function of the sizes, block by block.

    Whatever pi, mu and nu are, `const + grad . sizes` (with the stored-energy terms at block ends) lies
    below the least cost for every size: weak duality. At the optimal pi it meets it at these sizes.

    Args:
        pi: Value of stored energy at the end of each step.
        next_pi: keep x pi of the following step.
        supply, caps, store, eff: As in merge.forward.
        cap_of: Index of the size column of the step's cap, -1 for none.
        demand: (fixed, rate, size index) of the load [MWh]: (steps,), (steps,) or empty, -1 for no size.
        linear: (fixed, rate, size index) of charge, discharge, floor and ceiling: shapes (4, steps),
            (4, steps), (4,), step amounts in MWh.
        block: Block of each step.
        split: True at block ends: what the stored energy is worth there is left to the caller.
        out: (mu, nu, const, grad) arrays to fill: (steps,), (steps,), (blocks,), (blocks, sizes).
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge = store[0], store[1], store[2]
    eta_c, eta_d, wear_c, wear_d, _ = eff
    base, grown, load_size = demand
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
        bids = (pi[t] * eta_c - wear_c, pi[t] / eta_d + wear_d)
        price = _bus_price(t, lines, cost, length, need, bids, charge[t], discharge[t])
        inside = price if cut < 0 else min(price, cost[t, cut])
        mu[t] = price
        nu[t] = price - inside
        if nu[t] > 0.0:
            grad[b, cap_of[t]] -= nu[t] * step_h  # only a size can be a cap
        jump = 0.0 if split[t] else pi[t] - next_pi[t]
        weights = (-max(0.0, bids[0] - price), -max(0.0, price - bids[1]), max(0.0, jump), min(0.0, jump))
        if load_size >= 0:
            grad[b, load_size] += price * grown[t]
        const[b] += price * base[t] - line_rents(t, supply, price, inside, grad[b])
        const[b] += store_rents(t, weights, linear, grad[b])


@njit(cache=True, nogil=True)
def close_blocks(last, first, const, grad, there, sizes, end, slope):
    """Value of a cut at its own sizes, stored energy at block ends at the cheaper of its bounds, and its slope.

    Args:
        last, first: Value of stored energy at the end of each block, and at its begin; (blocks,).
        const, grad: The cut; (blocks,), (blocks, sizes).
        there: (fixed, rate, size index) of charge, discharge, floor and ceiling at block ends.
        end: (cyclic, energy at the end where it is given else -1, at least so much, worth of a MWh left, energy
            at the start); all but the first for what is not cyclic.
        slope: Array to fill: change of cost per unit of each size; (sizes,).

    Returns:
        The value.
    """
    fixed, rate, size_of = there
    cyclic, given, least, worth, start = end
    blocks, n = grad.shape
    total = 0.0
    slope[:] = 0.0
    for b in range(blocks):
        total += const[b]
        for j in range(n):
            total += grad[b, j] * sizes[j]
            slope[j] += grad[b, j]
        final = b == blocks - 1 and not cyclic
        is_given = final and given >= 0.0
        following = first[(b + 1) % blocks]
        if final:
            following = 0.0 if is_given else worth
        weight = last[b] - following
        if weight == 0.0:
            continue
        row = 2 if weight > 0.0 else 3  # it ends at its floor, or at its ceiling
        bound = fixed[row, b]
        if size_of[row] >= 0:
            bound += rate[row, b] * sizes[size_of[row]]
        bound = max(bound, 0.0)
        moves = size_of[row] >= 0
        if is_given:
            bound, moves = given, False
        elif final and row == 2 and least > bound:
            bound, moves = least, False
        total += weight * bound
        if moves:
            slope[size_of[row]] += weight * rate[row, b]
    return total if cyclic else total - first[0] * start
