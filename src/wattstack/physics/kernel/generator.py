"""One generating unit, one step: off, starting, running, failed.

Needs    physics.kernel.chance.
Gives    unit_step, new_units; rows of units and of their state, and the modes.
Used by  twin, prove; its declaration is campus.generator.

A start is asked, takes `start_s` and comes off or fails (a coin per start, NFPA 110 counts starts the same
way). A running unit fails at a constant rate 1 / mtbf; a failed one is back after `repair_s`. Power follows
the ask at the ramp."""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel.chance import uniform

OFF, STARTING, STUCK, RUNNING, FAILED = 0.0, 1.0, 2.0, 3.0, 4.0
# unit_state[FIELD, unit]
# (RUN_S: since it came on)
MODE, TIMER_S, OUTPUT_MW, DRAWS, STARTS, FAILURES, RUN_S = range(7)


# units[FIELD, unit]: inf for "never fails" and "any ramp"; a generator of n units stands as n columns
POWER_MW, MINIMUM_FRAC, START_S, START_FAILURE_FRAC, MTBF_S, REPAIR_S, RAMP_MW_PER_S = range(7)
NUNIT = 7


def new_units(count: int) -> np.ndarray:
    """State of units that are off, shape (7, units)."""
    return np.zeros((7, count))


@njit(cache=True, error_model="numpy", forceinline=True)
def unit_step(u, units, unit_state, want_mw, step_s, seed):
    """Move unit `u` one step on towards `want_mw` (0 = off); returns its mean power over the step [MW]."""
    mode = unit_state[MODE, u]
    left_s = step_s
    if mode == FAILED:
        unit_state[TIMER_S, u] -= step_s
        if unit_state[TIMER_S, u] > 0.0:
            return 0.0
        left_s = -unit_state[TIMER_S, u]
        mode = OFF
    if want_mw <= 0.0:
        unit_state[MODE, u] = OFF
        unit_state[OUTPUT_MW, u] = unit_state[RUN_S, u] = 0.0
        return 0.0
    if mode == OFF:
        draw = uniform(seed, u, int(unit_state[DRAWS, u]))
        unit_state[DRAWS, u] += 1.0
        unit_state[STARTS, u] += 1.0
        mode = STUCK if draw < units[START_FAILURE_FRAC, u] else STARTING
        unit_state[TIMER_S, u] = units[START_S, u]
    if mode in (STARTING, STUCK):
        unit_state[TIMER_S, u] -= left_s
        if unit_state[TIMER_S, u] > 0.0:
            unit_state[MODE, u] = mode
            return 0.0
        left_s = -unit_state[TIMER_S, u]
        if mode == STUCK:
            return _fail(u, units, unit_state)
    if mode == RUNNING and units[MTBF_S, u] < np.inf:
        draw = uniform(seed, u, int(unit_state[DRAWS, u]))
        unit_state[DRAWS, u] += 1.0
        if draw < 1.0 - np.exp(-step_s / units[MTBF_S, u]):
            return _fail(u, units, unit_state)
    unit_state[MODE, u] = RUNNING
    unit_state[RUN_S, u] += left_s
    return _follow(u, units, unit_state, want_mw, left_s) * left_s / step_s


@njit(cache=True, error_model="numpy", forceinline=True)
def _fail(u, units, unit_state):
    unit_state[MODE, u] = FAILED
    unit_state[TIMER_S, u] = units[REPAIR_S, u]
    unit_state[OUTPUT_MW, u] = unit_state[RUN_S, u] = 0.0
    unit_state[FAILURES, u] += 1.0
    return 0.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _follow(u, units, unit_state, want_mw, left_s):
    """Mean power while the unit moves to the ask at its ramp; never below its minimum while it runs."""
    power = units[POWER_MW, u]
    target = min(max(want_mw, units[MINIMUM_FRAC, u] * power), power)
    now = unit_state[OUTPUT_MW, u]
    if left_s <= 0.0:
        return 0.0
    ramp = units[RAMP_MW_PER_S, u]
    gap = abs(target - now)
    if ramp * left_s >= gap:
        moving_s = gap / ramp if ramp < np.inf else 0.0
        unit_state[OUTPUT_MW, u] = target
        return target - 0.5 * (target - now) * moving_s / left_s
    reached = now + np.sign(target - now) * ramp * left_s
    unit_state[OUTPUT_MW, u] = reached
    return 0.5 * (now + reached)
