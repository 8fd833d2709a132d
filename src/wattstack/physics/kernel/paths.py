"""What a law does to a block: time and cycles add to its paths, and the paths are read as capacity and resistance.

Needs    the laws as numbers (physics.kernel.ageing_rows), the stress factors (physics.kernel.stress), elementary,
         vector.
Gives    pass_time, pass_cycles, loss_of, read_age.
Used by  physics.kernel.ageing, physics.ageing.

Time passes for what stands at a place, one block or eight of one set of laws; cycles are those of one block.
`block` and `law` are those of Ageing, passed one by one: a tuple of arrays would count references at every call.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.elementary import decay, exponential, logarithm, power
from wattstack.physics.kernel.layout import CAPACITY, RESISTANCE, REVERSIBLE, TEMP_CELL
from wattstack.physics.kernel.stress import ZERO_DEGC_K, cycle_stress, live_shape, time_stress
from wattstack.physics.kernel.vector import first, get, lower, put, root, select, upper

ROOM_K = 298.15


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def pass_time(block, law, age, b, lapse_s, means):
    """Charge a lapse of time at its means, (temp_k, soc, day), to every path that time drives at place b."""
    kind = int(block[row.KIND, first(b)])
    temp_k, soc, day = means
    for m in range(int(law[kind, row.N_TIME])):
        at = row.MECHS + m * row.MECH_WIDTH
        i = int(law[kind, at + row.M_PATH])
        factor, dx = get(block, row.FACTOR + m, b), lapse_s / law[kind, at + row.M_UNIT]
        if law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_FORM] == row.SIGMOID_LIVE:
            limit, shape, rate = live_shape(law, kind, at, temp_k, soc)
            _walk_live(age, row.LOSS + i, b, (factor * limit, shape), rate * dx)
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
    p, path = law[kind, at + row.M_ROOT], row.PATHS + i * row.PATH_WIDTH
    y = get(age, row.LOSS + i, b)
    if law[kind, path + row.P_FORM] == row.RELAX:
        y = upper(y, k + (y - k) * decay(dx / law[kind, path + row.P_POWER]))
    elif p == 1.0:
        y = y + k * dx
    elif p == 2.0:
        y = y + k * k * dx
    else:
        y = y + power(k, p) * dx
    put(age, row.LOSS + i, b, y)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _walk_live(age, at, b, shape, dx):
    """A sigmoid whose limit and power move: from the loss so far to its place on today's curve, and on from there.

    y = limit (1 - 2 / (1 + exp(x^power))), x in units of the curve; beyond the limit nothing more is lost.
    """
    limit, p = shape
    y = get(age, at, b)
    inside = y < limit
    left = select(inside, limit - y, 1.0)
    place = power(logarithm(select(inside, (limit + y) / left, 1.0)), 1.0 / p) + dx
    put(age, at, b, select(inside, upper(y, limit * (1.0 - 2.0 / (1.0 + exponential(power(place, p))))), y))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def loss_of(law, kind, i, walked):
    """The loss y of path i of a set of laws, after walking it (what is stored in age row LOSS + i)."""
    path = row.PATHS + i * row.PATH_WIDTH
    form, p = law[kind, path + row.P_FORM], law[kind, path + row.P_POWER]
    limit = law[kind, path + row.P_LIMIT]
    if form == row.POWER:
        if p == 1.0:
            return walked
        return root(walked) if p == 0.5 else power(walked, p)
    if form == row.SIGMOID:
        return limit * (1.0 - 2.0 / (1.0 + exponential(power(walked, p))))
    if form == row.KNEE:
        return walked + upper(walked - limit, 0.0) * (law[kind, path + row.P_SLOPE] - 1.0)
    return walked  # RELAX, SIGMOID_LIVE: stored as the loss itself


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def read_age(block, law, age, state, b):
    """Capacity, resistance and reversible loss from what was added up: the only place where a root is taken.

    age[CAPACITY] is what is there now: what a strip would bring back, state[REVERSIBLE], is already taken off.
    """
    kind, nothing = int(block[row.KIND, first(b)]), 0.0 * get(age, row.TOTAL_S, b)
    main, other = law[kind, row.BASE_MAIN] + nothing, law[kind, row.BASE_OTHER] + nothing
    resistance, reversible = 1.0 + nothing, nothing
    for i in range(int(law[kind, row.N_PATH])):
        target = law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_TARGET]
        y = loss_of(law, kind, i, get(age, row.LOSS + i, b))
        if target == row.TO_MAIN:
            main = main - y
        elif target == row.TO_OTHER:
            other = other - y
        elif target == row.TO_RESISTANCE:
            resistance = resistance + y
        else:
            reversible = reversible + y
    if law[kind, row.OTHER_OHM_INVERSE] > 0.0:
        follows = law[kind, row.OTHER_OHM] + law[kind, row.OTHER_OHM_INVERSE] / upper(other, 1e-3)
        resistance = upper(resistance, follows)
    if law[kind, row.WARM_MAIN] > 0.0:
        cold = 1.0 / (get(state, TEMP_CELL, b) + ZERO_DEGC_K) - 1.0 / ROOM_K
        warm = -law[kind, row.WARM_MAIN] * cold - law[kind, row.WARM_MAIN_SQUARE] * cold * cold
        main = main * exponential(warm)
        other = other * exponential(-law[kind, row.WARM_OTHER] * cold)
    put(age, CAPACITY, b, upper(lower(main, other) - reversible, 0.0))
    put(age, RESISTANCE, b, resistance)
    put(state, REVERSIBLE, b, reversible)
