"""A step of age for every block: calendar by the hour, cycles by the turning point, exact whatever the step.

Needs    state[SOC, TEMP_CELL, REVERSIBLE, SINCE_STRIP] and flows[C_RATE] of physics.kernel.layout; the laws as rows of
         numbers (physics.laws, through physics.ageing).
Gives    Ageing, new_age, age_all, tick, close_age, strip; age_steadily, age_series.
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
    SINCE_STRIP,
    SOC,
    TEMP_CELL,
)
from wattstack.physics.kernel.paths import pass_cycles, pass_time, read_age
from wattstack.physics.kernel.stress import ZERO_DEGC_K
from wattstack.physics.kernel.vector import (
    LANES,
    all_of,
    any_of,
    count,
    first,
    get,
    lanes_of,
    lower,
    magnitude,
    put,
    select,
    upper,
)  # fmt: skip

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


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def age_all(ageing, age, state, flows, step_s):
    """One step of age for every block, after the step of its electrics.

    Args:
        ageing: Ageing.
        age: float64[NAGE, nb], changed in place.
        state: float64[NSTATE, nb] at the end of the step; REVERSIBLE and SINCE_STRIP are changed, hourly.
        flows: float64[NFLOW, nb] of the step; only C_RATE is read.
        step_s: Length of the step [s]; 0 only marks where the blocks start.
    """
    nb = age.shape[1]
    single = nb - nb % LANES
    for b in range(0, single, LANES):
        tick(ageing, age, state, flows, step_s, lanes_of(b))
    for b in range(single, nb):
        tick(ageing, age, state, flows, step_s, b)


@njit(cache=True, error_model="numpy", forceinline=True)
def tick(ageing, age, state, flows, step_s, b):
    """age_all for what stands at place b, one block or eight: sums; more where an hour is full or a block turns."""
    soc, temp = get(state, SOC, b), get(state, TEMP_CELL, b)
    clock = get(age, row.CLOCK_S, b) + step_s
    put(age, row.CLOCK_S, b, clock)
    put(age, row.SUM_DEGC_S, b, get(age, row.SUM_DEGC_S, b) + temp * step_s)
    put(age, row.SUM_SOC_S, b, get(age, row.SUM_SOC_S, b) + soc * step_s)
    moves = select(magnitude(get(flows, C_RATE, b)) > REST_C_RATE, step_s / HOUR_S, 0.0)
    put(age, row.LEG_H, b, get(age, row.LEG_H, b) + moves)
    extreme, gate = get(age, row.EXTREME, b), get(ageing.block, row.GATE, b)
    move = (soc - extreme) * get(age, row.DIRECTION, b)
    put(age, row.EXTREME, b, select(move > 0.0, soc, extreme))
    goes_on = (move >= 0.0 - gate) & (clock < HOUR_S - ALMOST_S)  # NaN: not started yet
    if not all_of(goes_on):
        full = clock >= HOUR_S - ALMOST_S
        _turns(ageing.block, ageing.law, age, state, flows, first(b), count(b))
        if all_of(full):
            _charge_time(ageing.block, ageing.law, age, state, b, step_s)
        elif any_of(full):  # clocks that do not go together
            for i in range(first(b), first(b) + count(b)):
                if age[row.CLOCK_S, i] >= HOUR_S - ALMOST_S:
                    _charge_time(ageing.block, ageing.law, age, state, i, step_s)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _turns(block, law, age, state, flows, start, count_b):
    """Blocks from start on: which of them have started or turned."""
    for b in range(start, start + count_b):
        move = (state[SOC, b] - age[row.EXTREME, b]) * age[row.DIRECTION, b]
        if not move >= -block[row.GATE, b]:
            _turn(block, law, age, b, state, flows[C_RATE, b])


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _turn(block, law, age, b, state, c_rate):
    """The block has started, or found its direction, or turned."""
    soc = state[SOC, b]
    extreme = age[row.EXTREME, b]
    if math.isnan(extreme):
        age[row.EXTREME, b] = age[row.DAY_LOW, b] = age[row.DAY_HIGH, b] = soc
        age[row.FROM_SOC, b], age[row.FROM_DEGC, b] = soc, state[TEMP_CELL, b]
        rain.turning_point(age, b, soc, 0.0, (0.0, 0.0))
        return
    if math.isnan(age[row.DIRECTION, b]):
        if abs(soc - extreme) > block[row.GATE, b]:
            age[row.DIRECTION, b] = 1.0 if soc > extreme else -1.0
            age[row.EXTREME, b] = soc
        return
    since_h = min(abs(soc - extreme) * age[CAPACITY, b] / max(abs(c_rate), REST_C_RATE), age[row.LEG_H, b])
    _close_leg(block, law, age, b, age[row.LEG_H, b] - since_h)
    age[row.LEG_H, b] = since_h
    age[row.DIRECTION, b] = -age[row.DIRECTION, b]
    age[row.EXTREME, b] = soc


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _close_leg(block, law, age, b, moved_h):
    """The running leg ends at its extreme: a turning point, and every cycle that it completes."""
    extreme = age[row.EXTREME, b]
    now_s = age[row.TOTAL_S, b] + age[row.CLOCK_S, b]
    heat = age[row.TOTAL_DEGC_S, b] + age[row.SUM_DEGC_S, b]
    if int(age[row.COUNT, b]) == row.DEPTH:
        _wear(block, law, age, b, rain.half_cycle(age, b, 1), 0.5)
        rain.drop_first(age, b)
    depth = abs(extreme - age[row.POINT_SOC + int(age[row.COUNT, b]) - 1, b])
    age[row.FULL_CYCLES, b] += 0.5 * depth * _share(block, law, age, b)
    lapse = (heat - age[row.LEG_FROM_DEGC_S, b], now_s - age[row.LEG_FROM_S, b])
    rain.turning_point(age, b, extreme, moved_h, lapse)
    age[row.LEG_FROM_S, b], age[row.LEG_FROM_DEGC_S, b] = now_s, heat
    age[row.DAY_LOW, b] = min(age[row.DAY_LOW, b], extreme)
    age[row.DAY_HIGH, b] = max(age[row.DAY_HIGH, b], extreme)
    counted, cycle = rain.pop_cycle(age, b)
    while counted:
        _wear(block, law, age, b, cycle, 1.0)
        counted, cycle = rain.pop_cycle(age, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _share(block, law, age, b):
    """What a swing of the state of charge is of the nominal capacity, where the laws count so."""
    return age[CAPACITY, b] if law[int(block[row.KIND, b]), row.NOMINAL] > 0.0 else 1.0


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _wear(block, law, age, b, cycle, times):
    """Charge a counted cycle (times 1) or half cycle (0.5)."""
    depth = cycle[rain.HIGH] - cycle[rain.LOW]
    share = _share(block, law, age, b)
    down_h, up_h = max(cycle[rain.DOWN_H], 1e-9), max(cycle[rain.UP_H], 1e-9)
    rates = (share * 2.0 * depth / (down_h + up_h), share * depth / up_h, share * depth / down_h)
    temp_k = ZERO_DEGC_K + cycle[rain.DEGC_S] / max(cycle[rain.LAPSE_S], 1e-9)
    means = (temp_k, (cycle[rain.LOW], cycle[rain.HIGH]), rates)
    pass_cycles(block, law, age, b, (times, times * depth * share), means)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _charge_time(block, law, age, state, b, step_s):
    """Charge what stands at place b, one block or eight, the time on its clock, and read its age.

    What was summed are values at the end of each step: half a step of the change over the hour is taken off, so that
    the mean is the trapezoid's. While the laws are charged, the means stand in the rows of the sums.
    """
    lapse_s, half = get(age, row.CLOCK_S, b), 0.5 * step_s
    soc, temp, heat = get(state, SOC, b), get(state, TEMP_CELL, b), get(age, row.SUM_DEGC_S, b)
    put(age, row.TOTAL_DEGC_S, b, get(age, row.TOTAL_DEGC_S, b) + heat)
    heat = heat - half * (temp - get(age, row.FROM_DEGC, b))
    held = get(age, row.SUM_SOC_S, b) - half * (soc - get(age, row.FROM_SOC, b))
    put(age, row.SUM_DEGC_S, b, ZERO_DEGC_K + heat / lapse_s)
    put(age, row.SUM_SOC_S, b, held / lapse_s)
    put(age, row.FROM_SOC, b, soc)
    put(age, row.FROM_DEGC, b, temp)
    put(state, SINCE_STRIP, b, get(state, SINCE_STRIP, b) + lapse_s / HOUR_S)
    low, high = _day_so_far(age, b)
    if all_of(get(block, row.KIND, b) == block[row.KIND, first(b)]):
        _pass(block, law, age, state, b)
    else:  # sets of laws side by side
        for i in range(first(b), first(b) + count(b)):
            _pass(block, law, age, state, i)
    _end_day(age, b, lapse_s, low, high)
    put(age, row.TOTAL_S, b, get(age, row.TOTAL_S, b) + lapse_s)
    put(age, row.CLOCK_S, b, 0.0)
    put(age, row.SUM_DEGC_S, b, 0.0)
    put(age, row.SUM_SOC_S, b, 0.0)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _pass(block, law, age, state, b):
    """Charge the time on the clock at the means that stand in the rows of the sums, and read the age."""
    day = (get(age, row.DAY_DEPTH, b), get(age, row.DAY_MIDDLE, b))
    means = (get(age, row.SUM_DEGC_S, b), get(age, row.SUM_SOC_S, b), day)
    pass_time(block, law, age, b, get(age, row.CLOCK_S, b), means)
    read_age(block, law, age, state, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _day_so_far(age, b):
    """(lowest, highest) state of charge of the running day; the first day is its own day before."""
    extreme = get(age, row.EXTREME, b)
    low, high = lower(get(age, row.DAY_LOW, b), extreme), upper(get(age, row.DAY_HIGH, b), extreme)
    is_first = get(age, row.TOTAL_S, b) < DAY_LENGTH_S - ALMOST_S
    put(age, row.DAY_DEPTH, b, select(is_first, high - low, get(age, row.DAY_DEPTH, b)))
    put(age, row.DAY_MIDDLE, b, select(is_first, 0.5 * (low + high), get(age, row.DAY_MIDDLE, b)))
    return low, high


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _end_day(age, b, lapse_s, low, high):
    """Let time pass in the running day; when it is full it becomes the day before."""
    day_s, extreme = get(age, row.DAY_S, b) + lapse_s, get(age, row.EXTREME, b)
    is_full = day_s >= DAY_LENGTH_S - ALMOST_S
    put(age, row.DAY_DEPTH, b, select(is_full, high - low, get(age, row.DAY_DEPTH, b)))
    put(age, row.DAY_MIDDLE, b, select(is_full, 0.5 * (low + high), get(age, row.DAY_MIDDLE, b)))
    put(age, row.DAY_S, b, select(is_full, 0.0, day_s))
    put(age, row.DAY_LOW, b, select(is_full, extreme, low))
    put(age, row.DAY_HIGH, b, select(is_full, extreme, high))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _close(ageing, age, state, b):
    """Charge the part of an hour and, as half cycles, every leg that no cycle has taken, the running one too."""
    block, law = ageing.block, ageing.law
    if math.isnan(age[row.EXTREME, b]):
        return
    if not math.isnan(age[row.DIRECTION, b]):
        _close_leg(block, law, age, b, age[row.LEG_H, b])
    if age[row.CLOCK_S, b] > 0.0:
        _charge_time(block, law, age, state, b, 0.0)
    for point in range(1, int(age[row.COUNT, b])):
        _wear(block, law, age, b, rain.half_cycle(age, b, point), 0.5)
    read_age(block, law, age, state, b)


def close_age(ageing: Ageing, age: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Age as it stands when the count is stopped now: (age, state), copies; the running arrays are left as they are.

    What cycle counting holds back for a cycle that may still grow (the residue) counts as half cycles, as ASTM E1049
    says. Go on from the running arrays, not from these: the residue would be counted twice.
    """
    age, state = age.copy(), state.copy()
    for b in range(age.shape[1]):
        _close(ageing, age, state, b)
    return age, state


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def strip(ageing, age, state, b):
    """A full strip of block b: what was lost reversibly is back, and its clocks start anew."""
    law = ageing.law
    kind = int(ageing.block[row.KIND, b])
    for i in range(int(law[kind, row.N_PATH])):
        if law[kind, row.PATHS + i * row.PATH_WIDTH + row.P_TARGET] == row.TO_REVERSIBLE:
            age[row.LOSS + i, b] = 0.0
    age[row.STRIPPED_AT, b] = age[row.FULL_CYCLES, b]
    state[SINCE_STRIP, b] = 0.0
    read_age(ageing.block, law, age, state, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def age_steadily(ageing, age, state, b, span, duty):
    """A span of one unchanging duty at once: exact, since what is stored only adds up.

    Args:
        ageing, age, state: As for age_all.
        b: Block.
        span: (seconds, full equivalent cycles in them).
        duty: (temp_k, mean soc, dod, mean, charging and discharging rate), unchanging.
    """
    block, law = ageing.block, ageing.law
    temp_k, soc, dod, c_rate, charging, discharging = duty
    pass_time(block, law, age, b, span[0], (temp_k, soc, (dod, soc)))
    if dod > 0.0:
        ends = (soc - 0.5 * dod, soc + 0.5 * dod)
        cycles = (span[1] / dod, span[1])
        pass_cycles(block, law, age, b, cycles, (temp_k, ends, (c_rate, charging, discharging)))
    state[SINCE_STRIP, b] += span[0] / HOUR_S
    age[row.TOTAL_S, b] += span[0]
    age[row.TOTAL_DEGC_S, b] += span[0] * (temp_k - ZERO_DEGC_K)
    age[row.LEG_FROM_S, b], age[row.LEG_FROM_DEGC_S, b] = age[row.TOTAL_S, b], age[row.TOTAL_DEGC_S, b]
    age[row.FULL_CYCLES, b] += span[1]
    age[row.DAY_DEPTH, b], age[row.DAY_MIDDLE, b] = dod, soc
    read_age(block, law, age, state, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def age_series(ageing, age, state, flows, series, step_s):
    """Age every block along one series: soc and temperature [degC] at the end of each step, series[2, steps].

    The rate is taken from the change of soc, in 1/h of the nominal capacity.
    """
    step_h = step_s / HOUR_S
    for t in range(series.shape[1]):
        for b in range(age.shape[1]):
            flows[C_RATE, b] = (state[SOC, b] - series[0, t]) * age[CAPACITY, b] / step_h
            state[SOC, b] = series[0, t]
            state[TEMP_CELL, b] = series[1, t]
        age_all(ageing, age, state, flows, step_s)
