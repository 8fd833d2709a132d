"""What fails of the generating units in a campaign: starts, running units, all of a generator at once.

Needs    prove.kernel (draws, faults, layout), physics.kernel.generator.
Gives    begin_units, are_due, follow_units, stop_units, tell_units.
Used by  prove.kernel.campaign.

unit_step moves a unit and draws by itself; here its draws are decided beforehand (a chance of 0 or 1, a running time
that is reached or not), so that they can be mirrored and tilted and do not depend on the length of the step. A running
failure comes after an exponential running time; one of all units after such a time in which any of them ran.
"""

from __future__ import annotations

from math import log

import numpy as np
from numba import njit

from wattstack.physics.kernel import generator as unit
from wattstack.prove.kernel import layout as at
from wattstack.prove.kernel.draws import draw, told_rate, told_share, waiting
from wattstack.prove.kernel.faults import note_cause

FOR_SURE_S = 1e-300  # a mean time between failures that no step survives
ALONE, TOGETHER = 1.0, 2.0  # why a start will fail


@njit(cache=True)
def begin_units(odds, who, way, owner, bench):
    """Nothing has been started yet in this campaign; what stands under repair stays there."""
    state, rows, generators = bench.carry.units, bench.unit, bench.generator
    rows[:] = 0.0
    generators[:] = 0.0
    for g in range(generators.shape[1]):
        u = draw(odds.seed, who, at.D_RUN_ALL, g, 0)
        generators[at.G_FAIL_AT_S, g] = waiting(u, odds.unit[way, at.FAIL_RUN_ALL_PER_S, g])
    for k in range(rows.shape[1]):
        u = draw(odds.seed, who, at.D_RUN, k, 0)
        rows[at.FAIL_AT_S, k] = waiting(u, odds.unit[way, at.FAIL_RUN_PER_S, owner[k]])
        state[unit.STARTS, k] = state[unit.FAILURES, k] = state[unit.DRAWS, k] = 0.0
        bench.units[unit.MTBF_S, k] = np.inf
        if state[unit.MODE, k] == unit.FAILED:
            note_cause(bench.note, at.UNDER_REPAIR, k)
        if state[unit.MODE, k] == unit.STUCK:  # this start is one of the reference run: taken as it was
            rows[at.WILL_FAIL, k] = ALONE
        _decide_start(odds, who, way, owner[k], k, bench)


@njit(cache=True)
def _decide_start(odds, who, way, g, k, bench):
    """Whether the unit's next start will fail."""
    rows, count = bench.unit, int(bench.unit[at.SEEN_STARTS, k])
    now = odds.unit[way]
    fails = 0.0
    if draw(odds.seed, who, at.D_START, k, count) < now[at.FAIL_START, g]:
        fails = ALONE
    if draw(odds.seed, who, at.D_START_ALL, g, count) < now[at.FAIL_START_ALL, g]:
        fails += TOGETHER
    rows[at.WILL_FAIL, k] = fails
    bench.units[unit.START_FAILURE_FRAC, k] = 1.0 if fails > 0.0 else 0.0


@njit(cache=True)
def _tell_start(odds, g, k, bench):
    """A start was made: what its outcome says, that of the common draw once for all units."""
    rows, generators, note = bench.unit, bench.generator, bench.note
    declared, tilted = odds.unit[at.DECLARED], odds.unit[at.TILTED]
    fails = rows[at.WILL_FAIL, k]
    alone = 1.0 if fails in (ALONE, ALONE + TOGETHER) else 0.0
    note[at.N_LOG_RATIO] += told_share(
        declared[at.FAIL_START, g], tilted[at.FAIL_START, g], alone, 1.0 - alone
    )
    if rows[at.SEEN_STARTS, k] >= generators[at.G_STARTS, g]:
        generators[at.G_STARTS, g] = rows[at.SEEN_STARTS, k] + 1.0
        together = 1.0 if fails >= TOGETHER else 0.0
        note[at.N_LOG_RATIO] += told_share(
            declared[at.FAIL_START_ALL, g], tilted[at.FAIL_START_ALL, g], together, 1.0 - together
        )


@njit(cache=True)
def are_due(rows, state):
    """Whether any unit runs, or has started or failed since it was last looked at."""
    for k in range(state.shape[1]):
        if (
            state[unit.MODE, k] == unit.RUNNING
            or state[unit.STARTS, k] != rows[at.SEEN_STARTS, k]
            or state[unit.FAILURES, k] != rows[at.SEEN_FAILURES, k]
        ):
            return True
    return False


@njit(cache=True)
def follow_units(odds, who, way, owner, step_s, bench):
    """After a step: count starts and running time, let fail what is due; tells whether anything fails."""
    state, rows, generators, happened = bench.carry.units, bench.unit, bench.generator, False
    ran = False
    for k in range(rows.shape[1]):
        g = owner[k]
        if state[unit.STARTS, k] != rows[at.SEEN_STARTS, k]:
            _tell_start(odds, g, k, bench)
            rows[at.SEEN_STARTS, k] = state[unit.STARTS, k]
            _decide_start(odds, who, way, g, k, bench)
        if state[unit.FAILURES, k] != rows[at.SEEN_FAILURES, k]:
            rows[at.SEEN_FAILURES, k] = state[unit.FAILURES, k]
            _mend_later(odds, who, g, k, bench)
            note_cause(bench.note, at.RUNNING_UNIT if rows[at.TRIPPED, k] > 0.0 else at.START, k)
            rows[at.TRIPPED, k] = 0.0
            bench.units[unit.MTBF_S, k] = np.inf
            happened = True
        if state[unit.MODE, k] == unit.RUNNING:
            ran = True
            generators[at.G_RUNNING, g] = 1.0
            rows[at.RUN_S, k] += step_s
            if rows[at.RUN_S, k] >= rows[at.FAIL_AT_S, k]:
                rows[at.RUN_FAILURES, k] += 1.0
                u = draw(odds.seed, who, at.D_RUN, k, int(rows[at.RUN_FAILURES, k]))
                rows[at.FAIL_AT_S, k] = rows[at.RUN_S, k] + waiting(u, odds.unit[way, at.FAIL_RUN_PER_S, g])
                _trip(k, bench)
                happened = True
    if ran:
        happened |= _run_together(odds, who, way, owner, step_s, bench)
    return happened


@njit(cache=True)
def _run_together(odds, who, way, owner, step_s, bench):
    """The clock of what hits all units of a generator goes while any of them runs."""
    state, generators, happened = bench.carry.units, bench.generator, False
    for g in range(generators.shape[1]):
        if generators[at.G_RUNNING, g] < 0.5:
            continue
        generators[at.G_RUNNING, g] = 0.0
        generators[at.G_RUN_S, g] += step_s
        if generators[at.G_RUN_S, g] >= generators[at.G_FAIL_AT_S, g]:
            generators[at.G_FAILURES, g] += 1.0
            u = draw(odds.seed, who, at.D_RUN_ALL, g, int(generators[at.G_FAILURES, g]))
            rate = odds.unit[way, at.FAIL_RUN_ALL_PER_S, g]
            generators[at.G_FAIL_AT_S, g] = generators[at.G_RUN_S, g] + waiting(u, rate)
            for k in range(bench.unit.shape[1]):
                if owner[k] == g and state[unit.MODE, k] == unit.RUNNING:
                    _trip(k, bench)
            happened = True
    return happened


@njit(cache=True)
def _trip(k, bench):
    """The unit fails in the next step in which it runs."""
    bench.unit[at.TRIPPED, k] = 1.0
    bench.units[unit.MTBF_S, k] = FOR_SURE_S


@njit(cache=True)
def _mend_later(odds, who, g, k, bench):
    """A failed unit is back after an exponential time."""
    rows = bench.unit
    u = draw(odds.seed, who, at.D_REPAIR, k, int(rows[at.REPAIRS, k]))
    rows[at.REPAIRS, k] += 1.0
    bench.carry.units[unit.TIMER_S, k] = -log(u) * odds.unit[at.DECLARED, at.UNIT_REPAIR_S, g]


@njit(cache=True)
def stop_units(odds, who, owner, bench):
    """What took the grid took the units too: each is back when it is mended."""
    state = bench.carry.units
    for k in range(bench.unit.shape[1]):
        state[unit.MODE, k], state[unit.OUTPUT_MW, k] = unit.FAILED, 0.0
        _mend_later(odds, who, owner[k], k, bench)
        note_cause(bench.note, at.WITH_GRID, k)


@njit(cache=True)
def tell_units(odds, owner, bench):
    """What running times and running failures of the whole campaign say of declared against tilted odds."""
    rows, generators, told = bench.unit, bench.generator, 0.0
    declared, tilted = odds.unit[at.DECLARED], odds.unit[at.TILTED]
    for k in range(rows.shape[1]):
        g = owner[k]
        told += told_rate(
            declared[at.FAIL_RUN_PER_S, g],
            tilted[at.FAIL_RUN_PER_S, g],
            rows[at.RUN_FAILURES, k],
            rows[at.RUN_S, k],
        )
    for g in range(generators.shape[1]):
        told += told_rate(
            declared[at.FAIL_RUN_ALL_PER_S, g], tilted[at.FAIL_RUN_ALL_PER_S, g], generators[at.G_FAILURES, g],
            generators[at.G_RUN_S, g],
        )  # fmt: skip
    bench.note[at.N_LOG_RATIO] += told
