"""Several cyclic storages on one bus of which one moves: its run, and what each other would earn at its prices.

Needs    kernel.merge, kernel.prices.
Gives    run_moving, run_idle, price_lines, price_store.
Used by  dispatch.bus.

A storage that trades at the prices of the bus and is too small to move them is a run of its own: one line of
supply at the bus price. Its rents, subtracted from the cost, keep the dual value below the least cost (weak
duality, one multiplier per step for the bus and one per step and storage for what is stored).
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.merge import FULL, OK, forward
from wattstack.dispatch.kernel.prices import backward, line_rents, store_rents, stored_prices

TRIES = 6  # places to cut the cycle open, most telling first
PIECES = 512  # room for pieces to begin with; a week has some hundred
PROVEN = 1e-11  # gap below this share of the cost counts as closed


@njit(cache=True)
def _around(first, energy, supply, caps, store, eff, keep, slack, pi):
    """Once round the cycle from `energy` before step `first`: status, cost, and stored energy's price in pi."""
    count = len(pi)
    made = (np.empty(count), np.empty(count), np.empty(count))
    cut_lo, cut_hi = np.empty(count), np.empty(count)
    room = PIECES
    while True:
        heap = (np.empty(room), np.empty(room), np.empty(room, np.int64))
        status, _, _, value = forward(
            first, energy, (energy, energy, -np.inf), supply, caps, store, eff, keep, slack, heap,
            (made[0], made[1], made[2], cut_lo, cut_hi),
        )  # fmt: skip
        if status != FULL:
            break
        room *= 4
    if status == OK:
        stored_prices(first, 0.0, True, keep, cut_lo, cut_hi, pi)
    return status, value


@njit(cache=True)
def _next_anchor(pi, keep, tried):
    """The step and bound (0 floor, 1 ceiling) worth most that was not tried yet."""
    count = len(pi)
    best, step, bound = -1.0, 0, 0
    for t in range(count):
        jump = pi[t] - keep * pi[t + 1 if t + 1 < count else 0]
        side = 0 if jump > 0.0 else 1
        if abs(jump) > best and not tried[side, t]:
            best, step, bound = abs(jump), t, side
    return step, bound


@njit(cache=True, nogil=True)
def run_moving(anchor, supply, caps, cap_of, step_h, store, demand, linear, eff, keep, slack, out):
    """Least cost and prices of a bus on which one cyclic storage moves.

    Args:
        anchor: (step, bound) to cut the cycle open at first: bound 0 = floor, 1 = ceiling.
        supply, caps, cap_of, step_h, store, demand, linear, eff, keep, slack: As in merge.forward and
            prices.backward.
        out: (mu, pi) to fill, shapes (steps,): those of the best bound found.

    Returns:
        status, cost, bound, step and side of the last anchor: the cycle may be open still.
    """
    count, n = len(out[0]), len(supply[7])
    mu, nu, pi, following = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    const, grad = np.empty(1), np.empty((1, n))
    block, split = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    tried = np.zeros((2, count), np.bool_)
    step, bound = anchor
    least, most, status = np.inf, -np.inf, OK
    for _ in range(TRIES):
        tried[bound, step] = True
        energy = store[3][step] if bound == 0 else store[4][step]
        first = step + 1 if step + 1 < count else 0
        status, value = _around(first, energy, supply, caps, store, eff, keep, slack, pi)
        if status != OK:
            break
        for t in range(count):
            following[t] = keep * pi[t + 1 if t + 1 < count else 0]
        backward(
            pi, following, supply, caps, cap_of, step_h, store, demand, linear, eff, block, split,
            (mu, nu, const, grad),
        )  # fmt: skip
        dual = const[0]
        for j in range(n):
            dual += grad[0, j] * supply[7][j]
        least = min(least, value)
        if dual > most:
            most = dual
            out[0][:], out[1][:] = mu, pi
        if least - most <= PROVEN * (1.0 + abs(least)):
            break
        step, bound = _next_anchor(pi, keep, tried)
    return status, least, most, step, bound


@njit(cache=True, nogil=True)
def run_idle(anchor, mu, limits, eff, keep, slack, out):
    """What a cyclic storage earns that trades at the bus prices mu, and the price of what it stores.

    Args:
        anchor: Where to cut the cycle open first, as in run_moving.
        mu: Price of the bus; shape (steps,).
        limits: Charge, discharge, floor and ceiling [MWh]; shape (4, steps).
        out: Price of stored energy to fill; shape (steps,).

    Returns:
        status, cost (less than 0 where it earns), bound, step and side of the last anchor.
    """
    count = len(mu)
    load, caps, pi = np.empty(count), np.full(count, np.inf), np.empty(count)
    fixed = np.empty((count, 1))
    paid = turnover = 0.0
    for t in range(count):
        power = max(limits[0, t], limits[1, t])
        load[t], fixed[t, 0] = 2.0 * power, 4.0 * power  # room to sell and to buy all it can
        paid += mu[t] * load[t]
        turnover += abs(mu[t]) * power
    no = np.zeros(1, np.bool_)
    supply = (
        np.zeros((count, 1), np.int8), np.full(1, -1), no, no, mu.copy().reshape(count, 1), fixed,
        np.zeros((count, 1)), np.empty(0),
    )  # fmt: skip
    store = (load, limits[0], limits[1], limits[2], limits[3])
    tried = np.zeros((2, count), np.bool_)
    step, bound = anchor
    least, most, status = np.inf, -np.inf, OK
    for _ in range(TRIES):
        tried[bound, step] = True
        first = step + 1 if step + 1 < count else 0
        status, value = _around(first, limits[2 + bound, step], supply, caps, store, eff, keep, slack, pi)
        if status != OK:
            break
        dual = 0.0
        for t in range(count):
            weights = _weights(t, pi, mu, keep, eff)
            for s in range(4):
                dual += weights[s] * limits[s, t]
        least = min(least, value - paid)
        if dual > most:
            most = dual
            out[:] = pi
        if least - most <= PROVEN * turnover:
            break
        step, bound = _next_anchor(pi, keep, tried)
    return status, least, most, step, bound


@njit(cache=True, inline="always")
def _weights(t, pi, mu, keep, eff):
    """Prices of charge, discharge, floor and ceiling of one step."""
    jump = pi[t] - keep * pi[t + 1 if t + 1 < len(pi) else 0]
    bid, ask = pi[t] * eff[0] - eff[2], pi[t] / eff[1] + eff[3]
    return (-max(0.0, bid - mu[t]), -max(0.0, mu[t] - ask), max(0.0, jump), min(0.0, jump))


@njit(cache=True, nogil=True)
def price_lines(mu, supply, demand, grad):
    """Dual value of load and lines at bus prices mu: returns const, adds to the gradient; shape (sizes,)."""
    base, grown, load_size = demand
    const = 0.0
    for t in range(len(mu)):
        const += mu[t] * base[t] - line_rents(t, supply, mu[t], mu[t], grad)
        if load_size >= 0:
            grad[load_size] += mu[t] * grown[t]
    return const


@njit(cache=True, nogil=True)
def price_store(mu, pi, linear, eff, keep, grad):
    """Dual value of a cyclic storage at bus prices mu, its own being pi: returns const, adds to the gradient."""
    const = 0.0
    for t in range(len(mu)):
        const += store_rents(t, _weights(t, pi, mu, keep, eff), linear, grad)
    return const
