"""A step of age for every block: calendar by the hour, cycles by the turning point, exact whatever the step.

Needs    state[SOC, TEMP_CELL, REVERSIBLE, SINCE_STRIP] and flows[C_RATE] of physics.kernel.layout; the laws as rows of
         numbers (physics.laws, through physics.ageing).
Gives    Ageing, new_age, age_all, close_age, strip_block.
Used by  physics.kernel.batch, physics.ageing, twin, prove.

A loss is y = f(Y). What is stored is Y, and time or a counted cycle adds k^(1/p) dx to it: a plain sum, the same for any
step size and any order of the steps. f is taken once an hour, when what is left of the capacity is read.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.physics.kernel.ageing_rows import (
    BASE_MAIN, BASE_OTHER, CLOCK_S, COUNT, DAY_DEPTH, DAY_HIGH, DAY_LOW, DAY_S, DEPTH, DIRECTION, EXTREME, FULL_CYCLES,
    KNEE, LEG_FROM_DEGC_S, LEG_FROM_S, LEG_H, LOSS, M_EACH, M_PATH, M_ROOT, M_UNIT, NAGE, OTHER_OHM, OTHER_OHM_INVERSE,
    P_FORM, P_LIMIT, P_POWER, P_SLOPE, P_TARGET, POINT_SOC, POWER, RELAX, ROOT, SIGMOID, SIGMOID_LIVE, STRIPPED_AT,
    SUM_DEGC_S, SUM_SOC_S, TO_MAIN, TO_OTHER, TO_RESISTANCE, TO_REVERSIBLE, TOTAL_DEGC_S, TOTAL_S,
)  # fmt: skip
from wattstack.physics.kernel.layout import (
    C_RATE, CAPACITY, RESISTANCE, REVERSIBLE, SINCE_STRIP, SOC, TEMP_CELL,
)  # fmt: skip
from wattstack.physics.kernel.rainflow import (
    CYCLE_DEGC_S, CYCLE_DOWN_H, CYCLE_HIGH, CYCLE_LOW, CYCLE_S, CYCLE_UP_H, drop_first, half_cycle, pop_cycle,
    turning_point,
)  # fmt: skip
from wattstack.physics.kernel.stress import ZERO_DEGC_K, cycle_stress, live_shape, time_stress

HOUR_S, DAY_LENGTH_S = 3600.0, 86400.0
ALMOST_S = 1e-6  # an hour of steps that do not add up to it exactly in binary is an hour
REST_C_RATE = 1e-3  # below it a battery rests: its time does not count as motion (assumption)


class Ageing(NamedTuple):
    """The laws of any number of blocks as arrays; constant over a run. physics.ageing.stack_ageing makes it.

    kind: int64[nb], the block's set of laws. gate: float64[nb], noise gate of the cycle count (soc). factor:
    float64[mechanism, nb], each k of a block is multiplied by it. count: int64[kinds, 3], mechanisms driven by time, all
    mechanisms, paths. mech, path, base: float64[kinds, ...] as physics.kernel.ageing_rows says. tables:
    float64[kinds, 2, 1001]. nominal: float64[kinds], 1 where full equivalent cycles and rates are of the nominal
    capacity, 0 where they are of what is left of it.
    """

    kind: np.ndarray
    gate: np.ndarray
    factor: np.ndarray
    count: np.ndarray
    mech: np.ndarray
    path: np.ndarray
    base: np.ndarray
    tables: np.ndarray
    nominal: np.ndarray


def new_age(ageing: Ageing, nb: int) -> np.ndarray:
    """Age rows of nb new blocks [NAGE, nb]. The first step marks where each block starts."""
    age = np.zeros((NAGE, nb))
    age[RESISTANCE] = 1.0
    age[EXTREME] = age[DIRECTION] = np.nan
    for b in range(nb):
        base = ageing.base[ageing.kind[b]]
        age[CAPACITY, b] = min(base[BASE_MAIN], base[BASE_OTHER])
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
    gate = ageing.gate
    events = 0
    for b in range(age.shape[1]):
        soc = state[SOC, b]
        clock = age[CLOCK_S, b] + step_s
        age[CLOCK_S, b] = clock
        age[SUM_DEGC_S, b] += state[TEMP_CELL, b] * step_s
        age[SUM_SOC_S, b] += soc * step_s
        age[LEG_H, b] += step_h if abs(flows[C_RATE, b]) > REST_C_RATE else 0.0
        extreme = age[EXTREME, b]
        move = (soc - extreme) * age[DIRECTION, b]
        age[EXTREME, b] = soc if move > 0.0 else extreme
        events += (not move >= -gate[b]) | (clock >= HOUR_S - ALMOST_S)  # NaN: not yet started
    if events > 0:
        for b in range(age.shape[1]):
            move = (state[SOC, b] - age[EXTREME, b]) * age[DIRECTION, b]
            if not move >= -gate[b]:
                _turn(ageing, age, b, state[SOC, b], flows[C_RATE, b])
            if age[CLOCK_S, b] >= HOUR_S - ALMOST_S:
                charge_time(ageing, age, state, b)


@njit(cache=True)
def _turn(ageing, age, b, soc, c_rate):
    """The block has started, or found its direction, or turned."""
    extreme = age[EXTREME, b]
    if math.isnan(extreme):
        age[EXTREME, b] = age[DAY_LOW, b] = age[DAY_HIGH, b] = soc
        turning_point(age, b, soc, 0.0, (0.0, 0.0))
        return
    if math.isnan(age[DIRECTION, b]):
        if abs(soc - extreme) > ageing.gate[b]:
            age[DIRECTION, b] = 1.0 if soc > extreme else -1.0
            age[EXTREME, b] = soc
        return
    kept = age[CAPACITY, b] if ageing.nominal[ageing.kind[b]] > 0.0 else 1.0
    since_h = min(abs(soc - extreme) * kept / max(abs(c_rate), REST_C_RATE), age[LEG_H, b])
    _close_leg(ageing, age, b, age[LEG_H, b] - since_h)
    age[LEG_H, b] = since_h
    age[DIRECTION, b] = -age[DIRECTION, b]
    age[EXTREME, b] = soc


@njit(cache=True)
def _close_leg(ageing, age, b, moved_h):
    """The running leg ends at its extreme: a turning point, and every cycle that it completes."""
    extreme = age[EXTREME, b]
    now_s, heat = age[TOTAL_S, b] + age[CLOCK_S, b], age[TOTAL_DEGC_S, b] + age[SUM_DEGC_S, b]
    if int(age[COUNT, b]) == DEPTH:
        _wear(ageing, age, b, half_cycle(age, b, 1), 0.5)
        drop_first(age, b)
    depth = abs(extreme - age[POINT_SOC + int(age[COUNT, b]) - 1, b])
    age[FULL_CYCLES, b] += 0.5 * depth * _share(ageing, age, b)
    turning_point(age, b, extreme, moved_h, (heat - age[LEG_FROM_DEGC_S, b], now_s - age[LEG_FROM_S, b]))
    age[LEG_FROM_S, b], age[LEG_FROM_DEGC_S, b] = now_s, heat
    age[DAY_LOW, b], age[DAY_HIGH, b] = min(age[DAY_LOW, b], extreme), max(age[DAY_HIGH, b], extreme)
    counted, cycle = pop_cycle(age, b)
    while counted:
        _wear(ageing, age, b, cycle, 1.0)
        counted, cycle = pop_cycle(age, b)


@njit(cache=True)
def _share(ageing, age, b):
    """What a swing of the state of charge is of the nominal capacity, where the laws count so."""
    return age[CAPACITY, b] if ageing.nominal[ageing.kind[b]] > 0.0 else 1.0


@njit(cache=True)
def _wear(ageing, age, b, cycle, times):
    """Charge a counted cycle (times 1) or half cycle (0.5) to every path that cycles drive."""
    kind = ageing.kind[b]
    depth = cycle[CYCLE_HIGH] - cycle[CYCLE_LOW]
    share = _share(ageing, age, b)
    down_h, up_h = max(cycle[CYCLE_DOWN_H], 1e-9), max(cycle[CYCLE_UP_H], 1e-9)
    rates = (share * 2.0 * depth / (down_h + up_h), share * depth / up_h, share * depth / down_h)
    temp_k = ZERO_DEGC_K + (cycle[CYCLE_DEGC_S] / cycle[CYCLE_S] if cycle[CYCLE_S] > 0.0 else 25.0)
    ends = (cycle[CYCLE_LOW], cycle[CYCLE_HIGH])
    for m in range(ageing.count[kind, 0], ageing.count[kind, 1]):
        row = ageing.mech[kind, m]
        k = ageing.factor[m, b] * cycle_stress(row, ageing.tables[kind], temp_k, ends, rates)
        cycles = times if row[M_EACH] > 0.0 else times * depth * share
        _add(ageing, age, b, m, (k, cycles / row[M_UNIT]))


@njit(cache=True)
def _add(ageing, age, b, m, stress):
    """Walk the path of mechanism m by stress = (k, dx)."""
    kind = ageing.kind[b]
    row = ageing.mech[kind, m]
    k, dx = stress
    root, at = row[M_ROOT], LOSS + int(row[M_PATH])
    path = ageing.path[kind, int(row[M_PATH])]
    if path[P_FORM] == RELAX:
        age[at, b] = max(age[at, b], k + (age[at, b] - k) * math.exp(-dx / path[P_POWER]))
    elif root == 1.0:
        age[at, b] += k * dx
    elif root == 2.0:
        age[at, b] += k * k * dx
    else:
        age[at, b] += k**root * dx


@njit(cache=True)
def charge_time(ageing, age, state, b):
    """Charge the time since the last charge (an hour, or what there is of it) at its means, and read the age."""
    lapse_s = age[CLOCK_S, b]
    kind = ageing.kind[b]
    if lapse_s > 0.0:
        temp_k = ZERO_DEGC_K + age[SUM_DEGC_S, b] / lapse_s
        soc = age[SUM_SOC_S, b] / lapse_s
        depth = _day(age, b, lapse_s)
        for m in range(ageing.count[kind, 0]):
            row, tables = ageing.mech[kind, m], ageing.tables[kind]
            if ageing.path[kind, int(row[M_PATH]), P_FORM] == SIGMOID_LIVE:
                shape = live_shape(row, tables, temp_k, soc)
                _walk_live(
                    age, LOSS + int(row[M_PATH]), b, (shape, ageing.factor[m, b], lapse_s / row[M_UNIT])
                )
            else:
                k = ageing.factor[m, b] * time_stress(row, tables, temp_k, soc, depth)
                _add(ageing, age, b, m, (k, lapse_s / row[M_UNIT]))
        state[SINCE_STRIP, b] += lapse_s / HOUR_S
        age[TOTAL_S, b] += lapse_s
        age[TOTAL_DEGC_S, b] += age[SUM_DEGC_S, b]
        age[CLOCK_S, b] = age[SUM_DEGC_S, b] = age[SUM_SOC_S, b] = 0.0
    read_age(ageing, age, state, b)


@njit(cache=True)
def _day(age, b, lapse_s):
    """Range of the state of charge over the day before; over the first day so far, until that day is full."""
    low = min(age[DAY_LOW, b], age[EXTREME, b])
    high = max(age[DAY_HIGH, b], age[EXTREME, b])
    age[DAY_LOW, b], age[DAY_HIGH, b] = low, high
    first = age[TOTAL_S, b] < DAY_LENGTH_S - ALMOST_S
    depth = high - low if first else age[DAY_DEPTH, b]
    age[DAY_S, b] += lapse_s
    if age[DAY_S, b] >= DAY_LENGTH_S - ALMOST_S:
        age[DAY_DEPTH, b] = high - low
        age[DAY_S, b] = 0.0
        age[DAY_LOW, b] = age[DAY_HIGH, b] = age[EXTREME, b]
    return depth


@njit(cache=True)
def _walk_live(age, at, b, how):
    """A sigmoid whose limit and power move: from the loss so far to the place on today's curve, and on from there.

    y = limit (1 - 2 / (1 + exp(x^power))), x counted in units of the curve; beyond the limit nothing more is lost.
    """
    (limit, power), factor, dx = how
    limit *= factor
    y = age[at, b]
    if y < limit:
        place = math.log((limit + y) / (limit - y)) ** (1.0 / power) + dx
        age[at, b] = max(y, limit * (1.0 - 2.0 / (1.0 + math.exp(min(place**power, 700.0)))))


@njit(cache=True)
def loss_of(path, walked):
    """The loss y of a path after walking it (what is stored in a row LOSS + i)."""
    form = path[P_FORM]
    if form in (RELAX, SIGMOID_LIVE):
        return walked
    if form == POWER:
        if path[P_POWER] == 1.0:
            return walked
        return math.sqrt(walked) if path[P_POWER] == 0.5 else walked ** path[P_POWER]
    if form == SIGMOID:
        return path[P_LIMIT] * (1.0 - 2.0 / (1.0 + math.exp(min(walked ** path[P_POWER], 700.0))))
    if form == ROOT:
        return 1.0 - math.sqrt(max(1.0 - 2.0 * walked, 0.0))
    return walked + max(walked - path[P_LIMIT], 0.0) * (path[P_SLOPE] - 1.0)  # KNEE


@njit(cache=True)
def read_age(ageing, age, state, b):
    """Capacity, resistance and reversible loss from what was added up: the only place where a root is taken."""
    kind = ageing.kind[b]
    base = ageing.base[kind]
    main, other, resistance = base[BASE_MAIN], base[BASE_OTHER], 1.0
    reversible = 0.0
    for i in range(ageing.count[kind, 2]):
        path = ageing.path[kind, i]
        target = path[P_TARGET]
        y = loss_of(path, age[LOSS + i, b])
        if target == TO_MAIN:
            main -= y
        elif target == TO_OTHER:
            other -= y
        elif target == TO_RESISTANCE:
            resistance += y
        elif target == TO_REVERSIBLE:
            reversible += y
    if base[OTHER_OHM_INVERSE] > 0.0:
        resistance = max(resistance, base[OTHER_OHM] + base[OTHER_OHM_INVERSE] / max(other, 1e-3))
    age[CAPACITY, b] = max(min(main, other), 0.0)
    age[RESISTANCE, b] = resistance
    state[REVERSIBLE, b] = min(reversible, 1.0)


@njit(cache=True)
def _close(ageing, age, state, b):
    """Charge the part of an hour and, as half cycles, every leg that no cycle has taken, the running one too."""
    if math.isnan(age[EXTREME, b]):
        return
    charge_time(ageing, age, state, b)
    soc = state[SOC, b]
    if not math.isnan(age[DIRECTION, b]):
        _close_leg(ageing, age, b, age[LEG_H, b])
        age[LEG_H, b] = 0.0
        if abs(soc - age[EXTREME, b]) > 0.0:
            age[EXTREME, b] = soc
            _close_leg(ageing, age, b, 0.0)
    for point in range(1, int(age[COUNT, b])):
        _wear(ageing, age, b, half_cycle(age, b, point), 0.5)
    read_age(ageing, age, state, b)


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
    kind = ageing.kind[b]
    for i in range(ageing.count[kind, 2]):
        if ageing.path[kind, i, P_TARGET] == TO_REVERSIBLE:
            age[LOSS + i, b] = 0.0
    age[STRIPPED_AT, b] = age[FULL_CYCLES, b]
    state[REVERSIBLE, b] = 0.0
    state[SINCE_STRIP, b] = 0.0
