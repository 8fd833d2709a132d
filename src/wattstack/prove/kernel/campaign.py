"""Campaigns of outages: the twin's own step, seconds where something changes, minutes where nothing does.

Needs    twin.kernel (year, layout), control.kernel (rules, rows), physics.kernel, prove.kernel.
Gives    run_campaigns.
Used by  prove.stand.

A campaign begins when the grid goes, in the state that the reference run of the year had then. Steps of 1 s run until
the load is carried without the battery (by the grid or by generators) and the battery holds its reserve again; steps of
1 min between. A minute in which the grid goes or comes is run in seconds. Where nothing is left to carry with (store
empty, no unit starting), or HOLD_S after the last thing that changed, minutes do: a second would show no more.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.control.kernel import rows
from wattstack.control.kernel.rules import decide, share
from wattstack.physics.kernel import generator as unit
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.borrow import borrowed
from wattstack.prove.kernel import layout as at
from wattstack.prove.kernel.draws import pair_of, way_of
from wattstack.prove.kernel.faults import begin_blocks, begin_grid, change_blocks, change_grid, tell_blocks
from wattstack.prove.kernel.units import are_due, begin_units, follow_units, stop_units, tell_units
from wattstack.twin.kernel import layout as twin
from wattstack.twin.kernel.year import after_step, before_step

MINUTE_S = 60
HOLD_S = 6 * 3600  # assumption: refills that last longer move so slowly that minutes show them
# of the load: less is taken by the frequency of an island while a unit follows it, assumption
LOST_FRAC = 1e-3
# of its power: a battery that gives less does not carry the load; of its energy: it is empty
STILL_FRAC = 0.01
AT_POWER_FRAC = 0.999
FULL_FRAC = 0.98  # a reserve of more than the battery holds is in band here


@njit(cache=True, nogil=True)
def run_campaigns(first, last, odds, ground, rules, bench, out):
    """Run campaigns first .. last - 1; `out` (last - first, NOUT) takes what became of each."""
    _run_all(first, last, borrowed(odds), borrowed(ground), borrowed(rules), borrowed(bench), borrowed(out))


@njit(cache=True, nogil=True)
def _run_all(first, last, odds, ground, rules, bench, out):
    """run_campaigns on borrowed arrays."""
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
    _read(ground.slow_row, ground.slow[minute // ground.hold], bench.column)
    _read(ground.fast_row, ground.fast[minute], bench.column)
    carry.months[twin.TARGET, :] = ground.target
    carry.months[twin.DRAWN, :] = 0.0
    carry.months[twin.TARGET, int(bench.column[twin.D_MONTH])] = ground.peak[place]
    hits_units = begin_grid(odds, who, way, bench.note)
    begin_units(odds, who, way, ground.generator, bench)
    if hits_units:
        bench.note[at.N_CAUSE] = at.NOTHING  # the storm comes before what it finds under repair
        stop_units(odds, who, ground.generator, bench)
    begin_blocks(odds, who, way, bench)


@njit(cache=True, forceinline=True)
def _read(place, values, column):
    for k in range(len(place)):
        column[place[k]] = values[k]


@njit(cache=True, forceinline=True)
def _set_drive(is_on, critical_frac, generator, column, outside, cost):
    """The column of this minute as the twin reads it; without the grid all but the critical load is dropped at once."""
    for k in range(twin.NDRIVE):
        outside[k, 0] = column[k]
    for k in range(cost.shape[0]):
        cost[k, 0] = column[twin.NDRIVE + generator[k]]
    if not is_on:
        load = column[twin.D_LOAD]
        outside[twin.D_LOAD, 0] = critical_frac * load
        outside[twin.D_SHED, 0] = max(column[twin.D_SHED] - (1.0 - critical_frac) * load, 0.0)
        outside[twin.D_IMPORT_LIMIT, 0] = outside[twin.D_EXPORT_LIMIT, 0] = outside[twin.D_GRID_ON, 0] = 0.0


@njit(cache=True)
def _run(who, way, odds, ground, rules, bench, answer):
    """Minute by minute to the end, each of them in one step or in sixty.

    What the inner loop needs is taken out of its tuples here: every array that a step takes out of one is counted, and
    thirty of them cost more than the step.
    """
    note, begun, column = bench.note, ground.minute[int(answer[at.O_PLACE])], bench.column
    carry, drive, records, fleet, units = bench.carry, bench.drive, bench.records, bench.fleet, bench.units
    row, told, outside, cost, state = carry.row, carry.out, drive.outside, drive.unit_cost, carry.units
    course, flows, record = bench.course, carry.flows, records.record
    owner, watch, block_next = ground.generator, bench.unit, bench.block[at.NEXT_S]
    hold, per_plan, critical_frac = ground.hold, ground.per_plan, ground.critical_frac
    slow, by_second = -1, True
    for minute in range(ground.seconds // MINUTE_S):
        now_s, here = minute * MINUTE_S, begun + minute
        if here // hold != slow:
            slow = here // hold
            _read(ground.slow_row, ground.slow[slow], column)
        _read(ground.fast_row, ground.fast[here], column)
        if (block_next <= now_s).any():
            change_blocks(odds, who, way, now_s, bench)
            note[at.N_CHANGED_S], by_second = now_s, True
        _set_drive(note[at.N_ON] > 0.5, critical_frac, owner, column, outside, cost)
        lost = failed = False
        plan = here // per_plan if per_plan > 0 else -1
        by_second |= note[at.N_CHANGE_S] < now_s + MINUTE_S
        step_s = 1 if by_second else MINUTE_S
        for s in range(0, MINUTE_S, step_s):
            if note[at.N_CHANGE_S] <= now_s + s:
                if change_grid(odds, who, way, now_s + s, note):
                    stop_units(odds, who, owner, bench)
                _set_drive(note[at.N_ON] > 0.5, critical_frac, owner, column, outside, cost)
            now = _rules_now(rules, here * MINUTE_S + s, step_s)
            generated = before_step(0, float(step_s), drive, now, plan, fleet, units, carry, records.units)
            decide(now.kinds, now.params, row, told)
            share(told[0], carry.limits, carry.free, carry.setpoint)
            after_step(0, float(step_s), generated, drive, now, fleet, carry, records)
            hours = step_s / 3600.0
            missing_mw = _count_step(
                hours, critical_frac, note[at.N_ON] > 0.5, column, row, told, record, answer
            )
            if course.shape[1] > 0:
                _keep_step(step_s / MINUTE_S, missing_mw, row, outside, flows, record, course[:, minute])
            if missing_mw > LOST_FRAC * outside[twin.D_LOAD, 0]:
                lost = True
                if answer[at.O_UNSERVED_H] == 0.0:
                    _note_loss(now_s + s, state, units, row, note, answer)
                answer[at.O_UNSERVED_MWH] += missing_mw * hours
                answer[at.O_UNSERVED_H] += hours
            if are_due(watch, state):
                failed |= follow_units(odds, who, way, owner, float(step_s), bench)
        answer[at.O_SECONDS] += MINUTE_S if by_second else 0
        if failed:
            note[at.N_CHANGED_S] = now_s + MINUTE_S
        by_second = failed or not _is_settled(
            now_s + MINUTE_S, lost, note, row, told, outside, (state, units)
        )


@njit(cache=True, forceinline=True)
def _rules_now(rules, axis_s, step_s):
    """The controller as numbers for a step that begins at this second of the axis."""
    interval_s = rules.interval_steps * MINUTE_S
    first = (rules.first * MINUTE_S + axis_s) % interval_s // step_s
    return twin.Rules(
        rules.kinds, rules.params, interval_s // step_s, rules.error_frac, rules.discharge_eff, rules.seed, first,
        rules.most_auxiliary_mw, rules.smoothing_mw, rules.room_mwh,
    )  # fmt: skip


@njit(cache=True, forceinline=True)
def _is_settled(now_s, lost, note, row, told, outside, generators):
    """Whether minutes will do from here."""
    if now_s - note[at.N_CHANGED_S] > HOLD_S:
        return True
    can_mw = row[rows.CAN_DISCHARGE_MW]
    if note[at.N_ON] > 0.5:
        band_mwh = min(row[rows.RESERVE_MWH], FULL_FRAC * row[rows.ENERGY_MWH])
        return not lost and row[rows.STORED_MWH] >= band_mwh
    if not lost:
        return told[0] <= STILL_FRAC * can_mw
    return can_mw <= STILL_FRAC * outside[twin.D_LOAD, 0] and not _is_starting(generators[0], generators[1])


@njit(cache=True)
def _is_starting(state, units):
    """Whether a unit starts, or runs and is not yet at its power."""
    starting = 0
    for k in range(state.shape[1]):
        mode = state[unit.MODE, k]
        ramps = mode == unit.RUNNING and state[unit.OUTPUT_MW, k] < AT_POWER_FRAC * units[unit.POWER_MW, k]
        starting += ramps or mode in (unit.STARTING, unit.STUCK)
    return starting > 0


@njit(cache=True, forceinline=True)
def _count_step(hours, critical_frac, is_on, column, row, told, record, answer):
    """Write down what was dropped and generated; returns the critical load that was not served [MW]."""
    load = column[twin.D_LOAD]
    critical = critical_frac * load
    missing = record[twin.R_UNSERVED, 0]
    if is_on:
        dropped, lost = min(missing, load - critical), max(missing - (load - critical), 0.0)
    else:  # the battery forms the island's grid: what it could still give, it gives
        spare = row[rows.CAN_DISCHARGE_MW] - told[0]
        dropped, lost = load - critical, max(missing - max(spare, 0.0), 0.0)
    answer[at.O_DROPPED_MWH] += (dropped + record[twin.R_SHED, 0]) * hours
    answer[at.O_GENERATED_MWH] += record[twin.R_GENERATOR, 0] * hours
    if answer[at.O_STEPS] == 0.0:
        answer[at.O_STORED_MWH] = row[rows.STORED_MWH]
    answer[at.O_STEPS] += 1.0
    return lost


@njit(cache=True)
def _keep_step(share, missing_mw, row, outside, flows, record, course):
    """A step into the minute it is `share` of; load: what is to be carried, with the auxiliaries of the batteries."""
    course[at.C_LOAD] += share * (outside[twin.D_LOAD, 0] + record[twin.R_AUXILIARY, 0])
    course[at.C_IMPORT] += share * (record[twin.R_IMPORT, 0] - record[twin.R_EXPORT, 0])
    course[at.C_SOLAR] += share * record[twin.R_SOLAR, 0]
    course[at.C_GENERATOR] += share * record[twin.R_GENERATOR, 0]
    for b in range(flows.shape[1]):
        course[at.C_BATTERY] += share * flows[block.INJECTION, b]
    course[at.C_PUT_OFF] += share * record[twin.R_SHED, 0]
    course[at.C_UNSERVED] += share * missing_mw
    course[at.C_STORED_MWH] = row[rows.STORED_MWH]


@njit(cache=True)
def _note_loss(now_s, state, units, row, note, answer):
    """Load is lost for the first time: when, after what failure, and for want of what."""
    answer[at.O_LOSS_H] = now_s / 3600.0
    answer[at.O_CAUSE], answer[at.O_WHO] = note[at.N_CAUSE], note[at.N_WHO]
    if note[at.N_ON] > 0.5:
        shortage = at.IMPORT
    elif row[rows.ENERGY_MWH] > 0.0 and row[rows.STORED_MWH] <= STILL_FRAC * row[rows.ENERGY_MWH]:
        shortage = at.EMPTY
    elif _is_starting(state, units):
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
