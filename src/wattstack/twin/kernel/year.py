"""A campus moving step by step: generators, batteries behind their controller, grid, meter.

Needs    physics.kernel (batch, generator, stored), control.kernel (rules, strip), twin.kernel.layout.
Gives    run_steps; before_step and after_step, for a controller that is not compiled.
Used by  twin.passing, twin.plant, prove.

One step: what the batteries can do, which of them strip -> the row of measured values -> generators -> rules ->
batteries -> what is left goes to the grid, to shedding, to unserved -> the meter. Nothing is known of the future
but what a plan brought into the row.
"""

from __future__ import annotations

from numba import njit

from wattstack.control.kernel import rows
from wattstack.control.kernel.rules import decide, share
from wattstack.control.kernel.strip import strip_step
from wattstack.physics.kernel import generator
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.batch import advance_all, limits_all
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh
from wattstack.twin.kernel import layout as at

TINY_MW = 1e-9
BAND = 0.1  # by price alone: a unit that runs stops where the price is so much below its cost, assumption
# a unit that has come on is not stopped before, assumption: engines warm through in that time
LEAST_RUN_S = 1800.0
LEAST_FRAC = 0.02  # of its power: less is nothing
HOLD_H = 0.5  # what the battery holds for so long needs no generator: longer than any start, assumption


@njit(cache=True, nogil=True)
def run_steps(start, end, step_s, drive, rules, plan_every, fleet, units, carry, records):
    """Run steps start .. end - 1 of the drive.

    `fleet` = (blocks, ageing); `plan_every` > 0: `carry.plan[:, k]` holds for plan_every steps from the step where
    the plan was made, which is `start`.
    """
    _run(
        start, end, step_s, borrowed(drive), borrowed(rules), plan_every, borrowed(fleet), borrowed(units),
        borrowed(carry), borrowed(records),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _run(start, end, step_s, drive, rules, plan_every, fleet, units, carry, records):
    """run_steps on borrowed arrays; put in there, or they would be handed on as owned ones, which are counted."""
    kinds, params, row, out = rules.kinds, rules.params, carry.row, carry.out
    limits, free, setpoint = carry.limits, carry.free, carry.setpoint
    for t in range(start, end):
        plan = (t - start) // plan_every if plan_every > 0 else -1
        generated = before_step(t, step_s, drive, rules, plan, fleet, units, carry, records.units)
        decide(kinds, params, row, out)
        share(out[0], limits, free, setpoint)
        after_step(t, step_s, generated, drive, rules, fleet, carry, records)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def before_step(t, step_s, drive, rules, plan, fleet, units, carry, units_record):
    """What is known when the controller is asked: fills `carry.row` and runs the generators; returns their power.

    `plan` is the step of the horizon plan that holds now, -1 without one.
    """
    outside, row, planned = drive.outside, carry.row, carry.plan
    state, age, limits = carry.state, carry.age, carry.limits
    limits_all(fleet[0], state, age, outside[at.D_TEMP, t], step_s, limits)
    uncounted = (
        _strip(t, step_s, outside, rules.error_frac, fleet, carry) if carry.strip.shape[1] > 0 else 0.0
    )
    _measure(t, step_s, outside, rules, fleet[0].rating, state, age, limits, carry)
    row[rows.STORED_ERROR_MWH] += uncounted
    row[rows.PLAN_MW] = planned[at.PLANNED_MW, plan] if plan >= 0 else 0.0
    given = _generate(
        t, step_s, plan, planned, drive.unit_cost, rules.seed, row, units, carry.units, units_record
    )
    row[rows.GENERATOR_MW] = given
    return given


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def after_step(t, step_s, generated, drive, rules, fleet, carry, records):
    """What happens when `carry.setpoint` has been written: batteries, grid, meter, record."""
    outside, row, flows, memory, record = drive.outside, carry.row, carry.flows, carry.memory, records.record
    state, age, out = carry.state, carry.age, carry.out
    advance_all(fleet[0], fleet[1], state, age, carry.setpoint, outside[at.D_TEMP, t], step_s, flows)
    injection = auxiliary = 0.0
    for b in range(flows.shape[1]):
        injection += flows[block.INJECTION, b]
        auxiliary += flows[block.AUXILIARY, b]
    memory[at.AUXILIARY_MW] = auxiliary
    net = outside[at.D_LOAD, t] + auxiliary - outside[at.D_SOLAR, t] - generated - injection
    _settle(t, net, outside, record)
    record[at.R_AUXILIARY, t] = auxiliary
    record[at.R_GENERATOR, t] = generated
    record[at.R_REASON, t] = out[1]
    record[at.R_CLASH, t] = out[2]
    short = row[rows.RESERVE_MWH] - row[rows.STORED_MWH] if outside[at.D_GRID_ON, t] > 0.5 else 0.0
    record[at.R_RESERVE_SHORT, t] = max(short, 0.0)
    closes = (rules.first + t + 1) % rules.interval_steps == 0
    interval_h = rules.interval_steps * step_s / 3600.0
    _meter(
        step_s, record[at.R_IMPORT, t], closes, interval_h, int(outside[at.D_MONTH, t]), memory, carry.months
    )
    if records.blocks.shape[2] > t:
        _keep(t, fleet[0].rating, state, age, flows, records.blocks)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _strip(t, step_s, outside, error_frac, fleet, carry):
    """Blocks that strip are taken from the rules; what those hold that wait for it, which counts no more [MWh]."""
    net = outside[at.D_LOAD, t] + carry.memory[at.AUXILIARY_MW] - outside[at.D_SOLAR, t]
    site = (net, outside[at.D_GRID_ON, t], outside[at.D_RESERVE, t], error_frac)
    return strip_step(
        carry.strip, outside[at.D_HOUR, t], step_s / 3600.0, site, fleet, carry.state, carry.age, carry.limits,
        carry.free, carry.setpoint,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _measure(t, step_s, outside, rules, rating, state, age, limits, carry):
    """Fill the row with what is known at the start of the step."""
    row, memory, free, setpoint = carry.row, carry.memory, carry.free, carry.setpoint
    stored = usable = charge = discharge = fixed = 0.0
    for b in range(state.shape[1]):
        if free[b] > 0.5:
            stored += stored_mwh(rating, state, age, b)
            usable += usable_mwh(rating, age, b)
            charge += limits[block.CAN_CHARGE, b]
            discharge += limits[block.CAN_DISCHARGE, b]
        else:
            fixed += setpoint[b]
    place = (rules.first + t) % rules.interval_steps
    if place == 0:
        memory[at.INTERVAL_MWH] = 0.0
    row[rows.TIME_S] = t * step_s
    row[rows.STEP_S] = step_s
    row[rows.LOAD_MW] = outside[at.D_LOAD, t] + memory[at.AUXILIARY_MW]
    row[rows.SOLAR_MW] = outside[at.D_SOLAR, t]
    # a chiller may come on within the step
    room = max(rules.most_auxiliary_mw - memory[at.AUXILIARY_MW], 0.0)
    row[rows.IMPORT_LIMIT_MW] = max(outside[at.D_IMPORT_LIMIT, t] - room, 0.0)
    row[rows.EXPORT_LIMIT_MW] = outside[at.D_EXPORT_LIMIT, t]
    row[rows.GRID_ON] = outside[at.D_GRID_ON, t]
    row[rows.BUY_PRICE_PER_MWH] = outside[at.D_BUY, t]
    row[rows.SELL_PRICE_PER_MWH] = outside[at.D_SELL, t]
    row[rows.STORED_MWH] = stored
    row[rows.ENERGY_MWH] = usable
    row[rows.STORED_ERROR_MWH] = rules.error_frac * usable
    row[rows.CAN_CHARGE_MW] = charge
    row[rows.CAN_DISCHARGE_MW] = discharge
    row[rows.RESERVE_MWH] = outside[at.D_RESERVE, t]
    row[rows.LAST_IMPORT_MW] = memory[at.LAST_IMPORT_MW]
    row[rows.INTERVAL_LEFT_S] = (rules.interval_steps - place) * step_s
    row[rows.INTERVAL_S] = rules.interval_steps * step_s
    row[rows.INTERVAL_MWH] = memory[at.INTERVAL_MWH]
    row[rows.PEAK_MW] = carry.months[at.TARGET, int(outside[at.D_MONTH, t])] + memory[at.RAISE_MW]
    row[rows.CHARGE_BELOW_PER_MWH] = outside[at.D_CHARGE_BELOW, t]
    row[rows.DISCHARGE_ABOVE_PER_MWH] = outside[at.D_DISCHARGE_ABOVE, t]
    row[rows.FIXED_MW] = fixed
    row[rows.DISCHARGE_EFF] = rules.discharge_eff
    row[rows.SMOOTHING_MW], row[rows.ROOM_MWH] = rules.smoothing_mw, rules.room_mwh


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _generate(t, step_s, plan, planned, unit_cost, seed, row, units, unit_state, units_record):
    """Power of the units: what is planned or cheap, and what is needed where grid and battery end.

    A unit that runs goes on for a while at its least power rather than stop and start again.
    """
    net = row[rows.LOAD_MW] - row[rows.SOLAR_MW] - row[rows.FIXED_MW]
    limit = row[rows.IMPORT_LIMIT_MW] if plan >= 0 else min(row[rows.IMPORT_LIMIT_MW], row[rows.PEAK_MW])
    above_mwh = row[rows.STORED_MWH] - row[rows.STORED_ERROR_MWH] - row[rows.RESERVE_MWH]
    holds_mw = min(row[rows.CAN_DISCHARGE_MW], max(above_mwh, 0.0) * row[rows.DISCHARGE_EFF] / HOLD_H)
    lacking = net - limit - (holds_mw if row[rows.GRID_ON] > 0.5 else 0.0)
    wanted = max(net + row[rows.EXPORT_LIMIT_MW], 0.0)  # no more than load and export take
    given = 0.0
    for u in range(units.shape[1]):
        power, least = (
            units[generator.POWER_MW, u],
            units[generator.MINIMUM_FRAC, u] * units[generator.POWER_MW, u],
        )
        runs = unit_state[generator.MODE, u] == generator.RUNNING
        if plan >= 0:
            ask = planned[at.PLANNED_UNITS + u, plan]
        else:
            worth = row[rows.BUY_PRICE_PER_MWH] * (1.0 + BAND if runs else 1.0)
            ask = power if unit_cost[u, t] < worth else 0.0
        ask = min(max(ask, min(power, max(lacking, 0.0))), wanted)
        if ask < LEAST_FRAC * power and runs and unit_state[generator.RUN_S, u] < LEAST_RUN_S:
            ask = max(least, LEAST_FRAC * power)
        if ask < LEAST_FRAC * power or wanted < least:
            ask = 0.0
        output = generator.unit_step(u, units, unit_state, ask, step_s, seed)
        given += output
        wanted = max(wanted - output, 0.0)
        lacking -= output
        if units_record.shape[1] > t:
            units_record[u, t] = output
    return given


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _settle(t, net, outside, record):
    """What is left after all of the campus' own: import, export, put off, not served, or sun not used."""
    limit, export, solar = (
        outside[at.D_IMPORT_LIMIT, t],
        outside[at.D_EXPORT_LIMIT, t],
        outside[at.D_SOLAR, t],
    )
    lacking = max(net - limit, 0.0)
    shed = min(lacking, outside[at.D_SHED, t])
    surplus = max(-net - export, 0.0)
    record[at.R_IMPORT, t] = min(max(net, 0.0), limit)
    record[at.R_EXPORT, t] = min(max(-net, 0.0), export)
    record[at.R_SHED, t] = shed
    record[at.R_UNSERVED, t] = lacking - shed if lacking - shed > TINY_MW else 0.0
    record[at.R_SOLAR, t] = max(solar - surplus, 0.0)
    # a generator at its minimum, a battery that must empty
    record[at.R_DUMPED, t] = max(surplus - solar, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meter(step_s, import_mw, closes, interval_h, month, memory, months):
    """The open interval's mean, and the peak of the month when it closes."""
    memory[at.INTERVAL_MWH] += import_mw * step_s / 3600.0
    memory[at.LAST_IMPORT_MW] = import_mw
    if closes:
        mean_mw = memory[at.INTERVAL_MWH] / interval_h
        months[at.DRAWN, month] = max(months[at.DRAWN, month], mean_mw)
        months[at.TARGET, month] = max(months[at.TARGET, month], mean_mw)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _keep(t, rating, state, age, flows, kept):
    for b in range(kept.shape[1]):
        kept[at.B_INJECTION, b, t] = flows[block.INJECTION, b]
        kept[at.B_STORED, b, t] = stored_mwh(rating, state, age, b)
        kept[at.B_AUXILIARY, b, t] = flows[block.AUXILIARY, b]
        kept[at.B_LIMIT, b, t] = flows[block.LIMIT, b]
        kept[at.B_TEMP, b, t] = state[block.TEMP_CELL, b]
        kept[at.B_SOC, b, t] = state[block.SOC, b]
        kept[at.B_LOSS_CELL, b, t] = flows[block.LOSS_CELL, b]
        kept[at.B_LOSS_CONVERTER, b, t] = flows[block.LOSS_CONVERTER, b]
        kept[at.B_LOSS_TRANSFORMER, b, t] = flows[block.LOSS_TRANSFORMER, b]
