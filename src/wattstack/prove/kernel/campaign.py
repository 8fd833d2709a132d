"""Campaigns of outages: the twin's own step, seconds where something changes, minutes where nothing does.

Needs    twin.kernel (year, layout), control.kernel (rules, rows), physics.kernel, prove.kernel.
Gives    run_campaigns.
Used by  prove.stand.

A campaign begins when the grid goes, in the state that the reference run of the year had then. Steps of 1 s run until the load is
carried without the battery (by the grid or by generators) and the battery holds its reserve again; steps of 1 min
between. A minute in which the grid goes or comes is run in seconds. Where nothing is left to carry with (store empty, no unit
starting), or HOLD_S after the last thing that changed, minutes do: nothing moves any more that a second would show.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.control.kernel import rows
from wattstack.control.kernel.rules import decide, share
from wattstack.physics.kernel import generator as unit
from wattstack.physics.kernel import layout as block
from wattstack.prove.kernel import layout as at
from wattstack.prove.kernel.draws import pair_of, way_of
from wattstack.prove.kernel.faults import begin_blocks, begin_grid, change_blocks, change_grid, tell_blocks
from wattstack.prove.kernel.units import begin_units, follow_units, stop_units, tell_units
from wattstack.twin.kernel import layout as twin
from wattstack.twin.kernel.year import after_step, before_step

MINUTE_S = 60
HOLD_S = 6 * 3600  # assumption: refills that last longer move so slowly that minutes show them
LOST_MW = 1e-6  # less is rounding
STILL_FRAC = 0.01  # of its power: a battery that gives less does not carry the load; of its energy: it is empty
FULL_FRAC = 0.98  # a reserve of more than the battery holds is in band here


@njit(cache=True, nogil=True)
def run_campaigns(first, last, odds, ground, rules, bench, out):
    """Run campaigns first .. last - 1; `out` (last - first, NOUT) takes what became of each."""
    for i in range(first, last):
        answer = out[i - first]
        answer[:] = 0.0
        answer[at.O_LOSS_H] = np.inf
        who = pair_of(i, odds.antithetic)
        way = way_of(who[0], odds.mixed)
        _begin(i, who, way, odds, ground, bench, answer)
        _run(who, way, odds, ground, rules, bench, answer)
        tell_blocks(odds, float(ground.seconds), bench)
        tell_units(odds, ground.generator, bench)
        _close(way, bench, answer)


@njit(cache=True)
def _begin(i, who, way, odds, ground, bench, answer):
    """Everything as the reference run had it at this moment, then what fails at once."""
    place, carry, rating = ground.place[i], bench.carry, bench.fleet[0].rating
    answer[at.O_PLACE], answer[at.O_TILTED] = place, way
    bench.note[:] = 0.0
    rating[:] = bench.rating
    carry.age[:] = bench.age
    carry.state[:] = ground.state[place]
    carry.strip[:] = ground.strip[place]
    carry.units[:] = ground.units[place]
    carry.memory[:] = ground.memory[place]
    carry.setpoint[:] = 0.0
    for b in range(carry.state.shape[1]):  # the age of this moment, which 72 h do not change
        rating[block.SPREAD_Q, b] *= ground.wear[place, at.LEFT, b]
        rating[block.SPREAD_R, b] *= ground.wear[place, at.GROWN, b]
        rating[block.SOC_LOW, b] = ground.wear[place, at.LOW, b]
        carry.free[b] = 0.0 if rating[block.MODE, b] == block.DEAD else 1.0
    minute = ground.minute[place]
    _read_slow(minute // ground.hold, ground, bench.column)
    _read_fast(minute, ground, bench.column)
    carry.months[twin.TARGET, :] = ground.target
    carry.months[twin.DRAWN, :] = 0.0
    carry.months[twin.TARGET, int(bench.column[twin.D_MONTH])] = ground.peak[place]
    hits_units = begin_grid(odds, who, way, bench.note)
    begin_units(odds, who, way, ground.generator, bench)
    if hits_units:
        bench.note[at.N_CAUSE] = at.NOTHING  # the storm comes before what it finds under repair
        stop_units(odds, who, ground.generator, bench)
    begin_blocks(odds, who, way, bench)


@njit(cache=True)
def _read_slow(place, ground, column):
    for k in range(len(ground.slow_row)):
        column[ground.slow_row[k]] = ground.slow[place, k]


@njit(cache=True)
def _read_fast(minute, ground, column):
    for k in range(len(ground.fast_row)):
        column[ground.fast_row[k]] = ground.fast[minute, k]


@njit(cache=True)
def _set_drive(ground, bench):
    """The column of this minute as the twin reads it; without the grid all but the critical load is dropped at once."""
    column, outside, cost = bench.column, bench.drive.outside, bench.drive.unit_cost
    for k in range(twin.NDRIVE):
        outside[k, 0] = column[k]
    for k in range(cost.shape[0]):
        cost[k, 0] = column[twin.NDRIVE + ground.generator[k]]
    if bench.note[at.N_ON] < 0.5:
        load = column[twin.D_LOAD]
        outside[twin.D_LOAD, 0] = ground.critical_frac * load
        outside[twin.D_SHED, 0] = max(column[twin.D_SHED] - (1.0 - ground.critical_frac) * load, 0.0)
        outside[twin.D_IMPORT_LIMIT, 0] = outside[twin.D_EXPORT_LIMIT, 0] = outside[twin.D_GRID_ON, 0] = 0.0


@njit(cache=True)
def _run(who, way, odds, ground, rules, bench, answer):
    """Minute by minute to the end, each of them in one step or in sixty."""
    note, begun = bench.note, ground.minute[int(answer[at.O_PLACE])]
    slow, by_second = -1, True
    for minute in range(ground.seconds // MINUTE_S):
        now_s, here = minute * MINUTE_S, begun + minute
        if here // ground.hold != slow:
            slow = here // ground.hold
            _read_slow(slow, ground, bench.column)
        _read_fast(here, ground, bench.column)
        if change_blocks(odds, who, way, now_s, bench):
            note[at.N_CHANGED_S], by_second = now_s, True
        _set_drive(ground, bench)
        lost = failed = False
        plan = here // ground.per_plan if ground.per_plan > 0 else -1
        if by_second or note[at.N_CHANGE_S] < now_s + MINUTE_S:
            for s in range(MINUTE_S):
                if note[at.N_CHANGE_S] <= now_s + s:
                    if change_grid(odds, who, way, now_s + s, note):
                        stop_units(odds, who, ground.generator, bench)
                    _set_drive(ground, bench)
                lost |= _step(now_s + s, 1, here * MINUTE_S + s, plan, ground, rules, bench, answer)
                failed |= follow_units(odds, who, way, ground.generator, 1.0, bench)
        else:
            lost = _step(now_s, MINUTE_S, here * MINUTE_S, plan, ground, rules, bench, answer)
            failed = follow_units(odds, who, way, ground.generator, float(MINUTE_S), bench)
        if failed:
            note[at.N_CHANGED_S] = now_s + MINUTE_S
        by_second = failed or not _is_settled(now_s + MINUTE_S, lost, bench)


@njit(cache=True)
def _is_settled(now_s, lost, bench):
    """Whether minutes will do from here."""
    row, note = bench.carry.row, bench.note
    if now_s - note[at.N_CHANGED_S] > HOLD_S:
        return True
    can_mw = row[rows.CAN_DISCHARGE_MW]
    if note[at.N_ON] > 0.5:
        band_mwh = min(row[rows.RESERVE_MWH], FULL_FRAC * row[rows.ENERGY_MWH])
        return not lost and row[rows.STORED_MWH] >= band_mwh
    if not lost:
        return bench.carry.out[0] <= STILL_FRAC * can_mw
    return can_mw <= STILL_FRAC * bench.drive.outside[twin.D_LOAD, 0] and not _is_starting(bench.carry.units)


@njit(cache=True)
def _is_starting(state):
    for k in range(state.shape[1]):
        if state[unit.MODE, k] == unit.STARTING or state[unit.MODE, k] == unit.STUCK:
            return True
    return False


@njit(cache=True)
def _step(now_s, step_s, axis_s, plan, ground, rules, bench, answer):
    """One step of the twin; what was lost in it is written down, and whether any was is returned."""
    carry, record, note = bench.carry, bench.records.record, bench.note
    seconds = float(step_s)
    interval_s = rules.interval_steps * MINUTE_S
    first = (rules.first * MINUTE_S + axis_s) % interval_s // step_s
    now = twin.Rules(
        rules.kinds, rules.params, interval_s // step_s, rules.error_frac, rules.discharge_eff, rules.seed, first,
        rules.most_auxiliary_mw,
    )  # fmt: skip
    drive, fleet = bench.drive, bench.fleet
    generated = before_step(0, seconds, drive, now, plan, fleet, bench.units, carry, bench.records.units)
    decide(now.kinds, now.params, carry.row, carry.out)
    share(carry.out[0], carry.limits, carry.free, carry.setpoint)
    after_step(0, seconds, generated, drive, now, fleet, carry, bench.records)
    hours = seconds / 3600.0
    load = bench.column[twin.D_LOAD]
    critical = ground.critical_frac * load
    missing = record[twin.R_UNSERVED, 0]
    if note[at.N_ON] > 0.5:
        dropped, lost = min(missing, load - critical), max(missing - (load - critical), 0.0)
    else:  # the battery forms the island's grid: what it could still give, it gives
        spare = carry.row[rows.CAN_DISCHARGE_MW] - carry.out[0]
        dropped, lost = load - critical, max(missing - max(spare, 0.0), 0.0)
    answer[at.O_DROPPED_MWH] += (dropped + record[twin.R_SHED, 0]) * hours
    answer[at.O_GENERATED_MWH] += generated * hours
    answer[at.O_STEPS] += 1.0
    answer[at.O_SECONDS] += 1.0 if step_s == 1 else 0.0
    if now_s == 0:
        answer[at.O_STORED_MWH] = carry.row[rows.STORED_MWH]
    if lost <= LOST_MW:
        return False
    if answer[at.O_UNSERVED_H] == 0.0:
        _note_loss(now_s, bench, answer)
    answer[at.O_UNSERVED_MWH] += lost * hours
    answer[at.O_UNSERVED_H] += hours
    return True


@njit(cache=True)
def _note_loss(now_s, bench, answer):
    """Load is lost for the first time: when, after what failure, and for want of what."""
    row, note = bench.carry.row, bench.note
    answer[at.O_LOSS_H] = now_s / 3600.0
    answer[at.O_CAUSE], answer[at.O_WHO] = note[at.N_CAUSE], note[at.N_WHO]
    if note[at.N_ON] > 0.5:
        shortage = at.IMPORT
    elif row[rows.ENERGY_MWH] > 0.0 and row[rows.STORED_MWH] <= STILL_FRAC * row[rows.ENERGY_MWH]:
        shortage = at.EMPTY
    elif _is_starting(bench.carry.units):
        shortage = at.STILL_STARTING
    elif row[rows.ENERGY_MWH] > 0.0:
        shortage = at.POWER
    else:
        shortage = at.NO_SOURCE
    answer[at.O_SHORTAGE] = shortage


@njit(cache=True)
def _close(way, bench, answer):
    """What the campaign says of its odds, and its counts."""
    note = bench.note
    answer[at.O_LOG_RATIO] = note[at.N_LOG_RATIO]
    answer[at.O_OUTAGE_H], answer[at.O_OUTAGES] = note[at.N_OUTAGE_H], note[at.N_OUTAGES]
    for k in range(bench.unit.shape[1]):
        answer[at.O_STARTS] += bench.unit[at.SEEN_STARTS, k]
        answer[at.O_UNIT_FAILURES] += bench.unit[at.SEEN_FAILURES, k]
    for b in range(bench.block.shape[1]):
        answer[at.O_BLOCK_FAILURES] += bench.block[at.FAILURES_ONE, b] + bench.block[at.FAILURES_ALL, b]
