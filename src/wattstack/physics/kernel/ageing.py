"""A step of age for every block: calendar by the hour, cycles by the turning point, exact whatever the step.

Needs    state[SOC, TEMP_CELL, REVERSIBLE, SINCE_STRIP] and flows[C_RATE] of physics.kernel.layout; the laws as rows of
         numbers (physics.laws, through physics.ageing).
Gives    Ageing, new_age, age_all, close_age, strip_block.
Used by  physics.kernel.batch, physics.ageing, twin, prove.

A loss is y = f(Y). What is stored is Y, and time or a counted cycle adds k^(1/p) dx to it: a plain sum, the same for
any step size and any order of the steps. f is taken once an hour, when what is left of the capacity is read.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel import rainflow as rain
from wattstack.physics.kernel.layout import (
    C_RATE,
    CAPACITY,
    RESISTANCE,
    REVERSIBLE,
    SINCE_STRIP,
    SOC,
    TEMP_CELL,
)
from wattstack.physics.kernel.stress import ZERO_DEGC_K, cycle_stress, live_shape, time_stress

HOUR_S, DAY_LENGTH_S = 3600.0, 86400.0
ALMOST_S = 1e-6  # steps that do not add up to an hour exactly in binary still make one
REST_C_RATE = 1e-3  # below it a battery rests: its time does not count as motion (assumption)


class Ageing(NamedTuple):
    """The laws of any number of blocks, as numbers that no step changes. physics.ageing.stack_ageing makes it.

    block: float64[NBLOCK, nb], what a block has of its own: which set of laws, noise gate, a factor on each k.
    law: float64[kinds, NLAW], the sets of laws. Their rows: physics.kernel.ageing_rows.
    """

    block: np.ndarray
    law: np.ndarray


def new_age(ageing: Ageing, nb: int) -> np.ndarray:
    """Age rows of nb new blocks, float64[NAGE, nb]. The first step (0 s will do) marks where each block starts."""
    age = np.zeros((row.NAGE, nb))
    age[row.EXTREME] = age[row.DIRECTION] = np.nan
    age[RESISTANCE] = 1.0
    law = ageing.law[ageing.block[row.KIND].astype(np.int64)]
    age[CAPACITY] = np.minimum(law[:, row.BASE_MAIN], law[:, row.BASE_OTHER])
    return age


@njit(cache=True, nogil=True)
def age_all(ageing, age, state, flows, step_s):
    """One step of age for every block, after the step of its electrics.

    Args:
        ageing: Ageing.
        age: float64[NAGE, nb], changed in place.
        state: float64[NSTATE, nb] at the end of the step; REVERSIBLE and SINCE_STRIP are changed, hourly.
        flows: float64[NFLOW, nb] of the step; only C_RATE is read.
        step_s: Length of the step [s]; 0 only marks where the blocks start.
    """
    step_h = step_s / HOUR_S
    block = ageing.block
    events = 0
    for b in range(age.shape[1]):
        soc = state[SOC, b]
        clock = age[row.CLOCK_S, b] + step_s
        age[row.CLOCK_S, b] = clock
        age[row.SUM_DEGC_S, b] += state[TEMP_CELL, b] * step_s
        age[row.SUM_SOC_S, b] += soc * step_s
        age[row.LEG_H, b] += step_h if abs(flows[C_RATE, b]) > REST_C_RATE else 0.0
        extreme = age[row.EXTREME, b]
        move = (soc - extreme) * age[row.DIRECTION, b]
        age[row.EXTREME, b] = soc if move > 0.0 else extreme
        events += (not move >= -block[row.GATE, b]) | (clock >= HOUR_S - ALMOST_S)  # NaN: not started yet
    if events > 0:
        law = ageing.law
        for b in range(age.shape[1]):
            move = (state[SOC, b] - age[row.EXTREME, b]) * age[row.DIRECTION, b]
            if not move >= -block[row.GATE, b]:
                _turn((block, law), age, b, state[SOC, b], flows[C_RATE, b])
            if age[row.CLOCK_S, b] >= HOUR_S - ALMOST_S:
                charge_time((block, law), age, state, b)


@njit(cache=True)
def _turn(laws, age, b, soc, c_rate):
    """The block has started, or found its direction, or turned."""
    extreme = age[row.EXTREME, b]
    if math.isnan(extreme):
        age[row.EXTREME, b] = age[row.DAY_LOW, b] = age[row.DAY_HIGH, b] = soc
        rain.turning_point(age, b, soc, 0.0, (0.0, 0.0))
        return
    if math.isnan(age[row.DIRECTION, b]):
        if abs(soc - extreme) > laws[0][row.GATE, b]:
            age[row.DIRECTION, b] = 1.0 if soc > extreme else -1.0
            age[row.EXTREME, b] = soc
        return
    since_h = min(abs(soc - extreme) * age[CAPACITY, b] / max(abs(c_rate), REST_C_RATE), age[row.LEG_H, b])
    _close_leg(laws, age, b, age[row.LEG_H, b] - since_h)
    age[row.LEG_H, b] = since_h
    age[row.DIRECTION, b] = -age[row.DIRECTION, b]
    age[row.EXTREME, b] = soc


@njit(cache=True)
def _close_leg(laws, age, b, moved_h):
    """The running leg ends at its extreme: a turning point, and every cycle that it completes."""
    extreme = age[row.EXTREME, b]
    now_s = age[row.TOTAL_S, b] + age[row.CLOCK_S, b]
    heat = age[row.TOTAL_DEGC_S, b] + age[row.SUM_DEGC_S, b]
    if int(age[row.COUNT, b]) == row.DEPTH:
        _wear(laws, age, b, rain.half_cycle(age, b, 1), 0.5)
        rain.drop_first(age, b)
    depth = abs(extreme - age[row.POINT_SOC + int(age[row.COUNT, b]) - 1, b])
    age[row.FULL_CYCLES, b] += 0.5 * depth * _share(laws, age, b)
    lapse = (heat - age[row.LEG_FROM_DEGC_S, b], now_s - age[row.LEG_FROM_S, b])
    rain.turning_point(age, b, extreme, moved_h, lapse)
    age[row.LEG_FROM_S, b], age[row.LEG_FROM_DEGC_S, b] = now_s, heat
    age[row.DAY_LOW, b] = min(age[row.DAY_LOW, b], extreme)
    age[row.DAY_HIGH, b] = max(age[row.DAY_HIGH, b], extreme)
    counted, cycle = rain.pop_cycle(age, b)
    while counted:
        _wear(laws, age, b, cycle, 1.0)
        counted, cycle = rain.pop_cycle(age, b)


@njit(cache=True)
def _share(laws, age, b):
    """What a swing of the state of charge is of the nominal capacity, where the laws count so."""
    block, law = laws
    return age[CAPACITY, b] if law[int(block[row.KIND, b]), row.NOMINAL] > 0.0 else 1.0


@njit(cache=True)
def _wear(laws, age, b, cycle, times):
    """Charge a counted cycle (times 1) or half cycle (0.5) to every path that cycles drive."""
    block, law = laws
    kind = int(block[row.KIND, b])
    depth = cycle[rain.HIGH] - cycle[rain.LOW]
    share = _share(laws, age, b)
    down_h, up_h = max(cycle[rain.DOWN_H], 1e-9), max(cycle[rain.UP_H], 1e-9)
    rates = (share * 2.0 * depth / (down_h + up_h), share * depth / up_h, share * depth / down_h)
    temp_k = ZERO_DEGC_K + cycle[rain.DEGC_S] / max(cycle[rain.LAPSE_S], 1e-9)
    ends = (cycle[rain.LOW], cycle[rain.HIGH])
    for m in range(int(law[kind, row.N_TIME]), int(law[kind, row.N_MECH])):
        at = row.MECHS + m * row.MECH_WIDTH
        k = block[row.FACTOR + m, b] * cycle_stress(law, kind, at, temp_k, ends, rates)
        cycles = times if law[kind, at + row.M_EACH] > 0.0 else times * depth * share
        _walk(law, age, b, (kind, at), (k, cycles / law[kind, at + row.M_UNIT]))


@njit(cache=True)
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


@njit(cache=True)
def charge_time(laws, age, state, b):
    """Charge the time since the last charge (an hour, or what there is of it) at its means, and read the age."""
    block, law = laws
    lapse_s = age[row.CLOCK_S, b]
    kind = int(block[row.KIND, b])
    if lapse_s > 0.0:
        temp_k = ZERO_DEGC_K + age[row.SUM_DEGC_S, b] / lapse_s
        soc = age[row.SUM_SOC_S, b] / lapse_s
        depth = _day(age, b, lapse_s)
        for m in range(int(law[kind, row.N_TIME])):
            at = row.MECHS + m * row.MECH_WIDTH
            i = int(law[kind, at + row.M_PATH])
            factor, dx = block[row.FACTOR + m, b], lapse_s / law[kind, at + row.M_UNIT]
            if law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_FORM] == row.SIGMOID_LIVE:
                limit, power, rate = live_shape(law, kind, at, temp_k, soc)
                _walk_live(age, row.LOSS + i, b, (factor * limit, power), rate * dx)
            else:
                k = factor * time_stress(law, kind, at, temp_k, soc, depth)
                _walk(law, age, b, (kind, at), (k, dx))
        state[SINCE_STRIP, b] += lapse_s / HOUR_S
        age[row.TOTAL_S, b] += lapse_s
        age[row.TOTAL_DEGC_S, b] += age[row.SUM_DEGC_S, b]
        age[row.CLOCK_S, b] = age[row.SUM_DEGC_S, b] = age[row.SUM_SOC_S, b] = 0.0
    read_age(laws, age, state, b)


@njit(cache=True)
def _day(age, b, lapse_s):
    """Range of the state of charge over the day before; over the first day so far, until that day is full."""
    low = min(age[row.DAY_LOW, b], age[row.EXTREME, b])
    high = max(age[row.DAY_HIGH, b], age[row.EXTREME, b])
    age[row.DAY_LOW, b], age[row.DAY_HIGH, b] = low, high
    first = age[row.TOTAL_S, b] < DAY_LENGTH_S - ALMOST_S
    depth = high - low if first else age[row.DAY_DEPTH, b]
    age[row.DAY_S, b] += lapse_s
    if age[row.DAY_S, b] >= DAY_LENGTH_S - ALMOST_S:
        age[row.DAY_DEPTH, b] = high - low
        age[row.DAY_S, b] = 0.0
        age[row.DAY_LOW, b] = age[row.DAY_HIGH, b] = age[row.EXTREME, b]
    return depth


@njit(cache=True)
def _walk_live(age, at, b, shape, dx):
    """A sigmoid whose limit and power move: from the loss so far to its place on today's curve, and on from there.

    y = limit (1 - 2 / (1 + exp(x^power))), x in units of the curve; beyond the limit nothing more is lost.
    """
    limit, power = shape
    y = age[at, b]
    if y < limit:
        place = math.log((limit + y) / (limit - y)) ** (1.0 / power) + dx
        age[at, b] = max(y, limit * (1.0 - 2.0 / (1.0 + math.exp(min(place**power, 700.0)))))


@njit(cache=True)
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
    if form == row.ROOT:
        return 1.0 - math.sqrt(max(1.0 - 2.0 * walked, 0.0))
    if form == row.KNEE:
        return walked + max(walked - limit, 0.0) * (law[kind, path + row.P_SLOPE] - 1.0)
    return walked  # RELAX, SIGMOID_LIVE: stored as the loss itself


@njit(cache=True)
def read_age(laws, age, state, b):
    """Capacity, resistance and reversible loss from what was added up: the only place where a root is taken."""
    block, law = laws
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
    age[CAPACITY, b] = max(min(main, other), 0.0)
    age[RESISTANCE, b] = resistance
    state[REVERSIBLE, b] = min(reversible, 1.0)


@njit(cache=True)
def _close(ageing, age, state, b):
    """Charge the part of an hour and, as half cycles, every leg that no cycle has taken, the running one too."""
    laws = (ageing.block, ageing.law)
    if math.isnan(age[row.EXTREME, b]):
        return
    if not math.isnan(age[row.DIRECTION, b]):
        _close_leg(laws, age, b, age[row.LEG_H, b])
    charge_time(laws, age, state, b)
    for point in range(1, int(age[row.COUNT, b])):
        _wear(laws, age, b, rain.half_cycle(age, b, point), 0.5)
    read_age(laws, age, state, b)


def close_age(ageing: Ageing, age: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Age as it stands when the count is stopped now: (age, state), copies; the running arrays are left as they are.

    What cycle counting holds back for a cycle that may still grow (the residue) counts as half cycles, as ASTM E1049
    says. Go on from the running arrays, not from these: the residue would be counted twice.
    """
    age, state = age.copy(), state.copy()
    for b in range(age.shape[1]):
        _close(ageing, age, state, b)
    return age, state


@njit(cache=True)
def strip_block(ageing, age, state, b):
    """A full strip of block b: what was lost reversibly is back, and its clocks start anew."""
    law = ageing.law
    kind = int(ageing.block[row.KIND, b])
    for i in range(int(law[kind, row.N_PATH])):
        if law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_TARGET] == row.TO_REVERSIBLE:
            age[row.LOSS + i, b] = 0.0
    age[row.STRIPPED_AT, b] = age[row.FULL_CYCLES, b]
    state[REVERSIBLE, b] = 0.0
    state[SINCE_STRIP, b] = 0.0
