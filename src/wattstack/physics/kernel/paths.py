"""What a law does to a block: time and cycles add to its paths, and the paths are read as capacity and resistance.

Needs    the laws as numbers (physics.kernel.ageing_rows), the stress factors (physics.kernel.stress).
Gives    pass_time, pass_cycles, loss_of, read_age.
Used by  physics.kernel.ageing, physics.ageing.

`block` and `law` are those of Ageing, passed one by one: a tuple of arrays would count references at every call.
"""

from __future__ import annotations

import math

from numba import njit

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.layout import CAPACITY, RESISTANCE, REVERSIBLE, TEMP_CELL
from wattstack.physics.kernel.stress import ZERO_DEGC_K, cycle_stress, live_shape, time_stress

ROOM_K = 298.15


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def pass_time(block, law, age, b, lapse_s, means):
    """Charge a lapse of time at its means, (temp_k, soc, day): to every path of block b that time drives."""
    kind = int(block[row.KIND, b])
    temp_k, soc, day = means
    for m in range(int(law[kind, row.N_TIME])):
        at = row.MECHS + m * row.MECH_WIDTH
        i = int(law[kind, at + row.M_PATH])
        factor, dx = block[row.FACTOR + m, b], lapse_s / law[kind, at + row.M_UNIT]
        if law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_FORM] == row.SIGMOID_LIVE:
            limit, power, rate = live_shape(law, kind, at, temp_k, soc)
            _walk_live(age, row.LOSS + i, b, (factor * limit, power), rate * dx)
        else:
            k = factor * time_stress(law, kind, at, temp_k, soc, day)
            _walk(law, age, b, (kind, at), (k, dx))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def pass_cycles(block, law, age, b, cycles, means):
    """Charge equal cycles, means = (temp_k, (low, high), rates), to every path of block b that cycles drive.

    cycles = (how many, the same in full equivalent cycles).
    """
    kind = int(block[row.KIND, b])
    temp_k, ends, rates = means
    for m in range(int(law[kind, row.N_TIME]), int(law[kind, row.N_MECH])):
        at = row.MECHS + m * row.MECH_WIDTH
        k = block[row.FACTOR + m, b] * cycle_stress(law, kind, at, temp_k, ends, rates)
        count = cycles[0] if law[kind, at + row.M_EACH] > 0.0 else cycles[1]
        _walk(law, age, b, (kind, at), (k, count / law[kind, at + row.M_UNIT]))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _walk(law, age, b, which, stress):
    """Walk the path of a mechanism, which = (kind, its place), by stress = (k, dx)."""
    kind, at = which
    k, dx = stress
    i = int(law[kind, at + row.M_PATH])
    root, path = law[kind, at + row.M_ROOT], row.PATHS + i * row.PATH_WIDTH
    if law[kind, path + row.P_FORM] == row.RELAX:
        y = age[row.LOSS + i, b]
        age[row.LOSS + i, b] = max(y, k + (y - k) * math.exp(-dx / law[kind, path + row.P_POWER]))
    elif root == 1.0:
        age[row.LOSS + i, b] += k * dx
    elif root == 2.0:
        age[row.LOSS + i, b] += k * k * dx
    else:
        age[row.LOSS + i, b] += k**root * dx


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _walk_live(age, at, b, shape, dx):
    """A sigmoid whose limit and power move: from the loss so far to its place on today's curve, and on from there.

    y = limit (1 - 2 / (1 + exp(x^power))), x in units of the curve; beyond the limit nothing more is lost.
    """
    limit, power = shape
    y = age[at, b]
    if y < limit:
        place = math.log((limit + y) / (limit - y)) ** (1.0 / power) + dx
        age[at, b] = max(y, limit * (1.0 - 2.0 / (1.0 + math.exp(min(place**power, 700.0)))))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def loss_of(law, kind, i, walked):
    """The loss y of path i of a set of laws, after walking it (what is stored in age row LOSS + i)."""
    path = row.PATHS + i * row.PATH_WIDTH
    form, power = law[kind, path + row.P_FORM], law[kind, path + row.P_POWER]
    limit = law[kind, path + row.P_LIMIT]
    if form == row.POWER:
        if power == 1.0:
            return walked
        return math.sqrt(walked) if power == 0.5 else walked**power
    if form == row.SIGMOID:
        return limit * (1.0 - 2.0 / (1.0 + math.exp(min(walked**power, 700.0))))
    if form == row.KNEE:
        return walked + max(walked - limit, 0.0) * (law[kind, path + row.P_SLOPE] - 1.0)
    return walked  # RELAX, SIGMOID_LIVE: stored as the loss itself


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def read_age(block, law, age, state, b):
    """Capacity, resistance and reversible loss from what was added up: the only place where a root is taken.

    age[CAPACITY] is what is there now: what a strip would bring back, state[REVERSIBLE], is already taken off.
    """
    kind = int(block[row.KIND, b])
    main, other = law[kind, row.BASE_MAIN], law[kind, row.BASE_OTHER]
    resistance, reversible = 1.0, 0.0
    for i in range(int(law[kind, row.N_PATH])):
        target = law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_TARGET]
        y = loss_of(law, kind, i, age[row.LOSS + i, b])
        if target == row.TO_MAIN:
            main -= y
        elif target == row.TO_OTHER:
            other -= y
        elif target == row.TO_RESISTANCE:
            resistance += y
        else:
            reversible += y
    if law[kind, row.OTHER_OHM_INVERSE] > 0.0:
        follows = law[kind, row.OTHER_OHM] + law[kind, row.OTHER_OHM_INVERSE] / max(other, 1e-3)
        resistance = max(resistance, follows)
    if law[kind, row.WARM_MAIN] > 0.0:
        cold = 1.0 / (state[TEMP_CELL, b] + ZERO_DEGC_K) - 1.0 / ROOM_K
        main *= math.exp(-law[kind, row.WARM_MAIN] * cold - law[kind, row.WARM_MAIN_SQUARE] * cold * cold)
        other *= math.exp(-law[kind, row.WARM_OTHER] * cold)
    age[CAPACITY, b] = max(min(main, other) - reversible, 0.0)
    age[RESISTANCE, b] = resistance
    state[REVERSIBLE, b] = reversible
