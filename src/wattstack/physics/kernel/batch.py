"""One step of every block: what is asked is cut to what can be given; cells, heat, converter and ageing follow.

Needs    physics.kernel: layout, tables, block, vector, lanes, reservoir, ageing.
Gives    advance_all, limits_all; advance_borrowed, for loops that borrow.
Used by  physics.kernel.run, physics.battery, twin, prove.

Neighbours of one kind go through eight at a time, each eight through the whole step and its age: what follows from what
stays in registers. What is left over goes one by one, through the same physics. Nothing is allocated, nothing raises.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.ageing import tick
from wattstack.physics.kernel.block import step_slot
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.lanes import (
    ZERO_DEGC_K,
    electrics,
    heat_container,
    leave_cells,
    look_up,
    read_cells,
)  # fmt: skip
from wattstack.physics.kernel.reservoir import reservoir_core
from wattstack.physics.kernel.vector import LANES, get, get_one, lanes_of, magnitude, put, select


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def advance_all(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows):
    """Move every block one step on, in place.

    Args:
        blocks, ageing: Constants, Blocks and Ageing. Of blocks.rating only MODE may be changed between steps.
        state, age: (NSTATE, nb) and (NAGE, nb), changed.
        setpoint_mw: Asked at the bus (nb,), > 0 discharges.
        temp_air_degc: Outdoor temperature.
        step_s: Length of the step [s], > 0.
        flows: (NFLOW, nb), written.
    """
    advance_borrowed(
        borrowed(blocks), borrowed(ageing), borrowed(state), borrowed(age), borrowed(setpoint_mw), temp_air_degc,
        step_s, borrowed(flows),
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def advance_borrowed(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows):
    """advance_all on borrowed arrays, put in where it is called: for a loop that borrows once, not at every step."""
    slot = step_slot(blocks, step_s)
    outside = (temp_air_degc, step_s)
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, t.G_MODE] == at.RESERVOIR:
            _reservoirs(blocks, ageing, (slot, k, first, last), state, age, setpoint_mw, step_s, flows)
            continue
        single = first
        if last - first >= LANES:
            single = last - (last - first) % LANES
            _advance_eights(blocks, ageing, (slot, k, first, single), state, age, setpoint_mw, outside, flows)
        for b in range(single, last):
            _advance(blocks, slot, k, b, state, age, setpoint_mw, outside, flows)
            tick(ageing, age, state, flows, step_s, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _advance_eights(blocks, ageing, run, state, age, setpoint_mw, outside, flows):
    """Neighbours of one kind, eight at a time; run: slot, kind, first block, one past the last."""
    for b in range(run[2], run[3], LANES):
        _advance(blocks, run[0], run[1], lanes_of(b), state, age, setpoint_mw, outside, flows)
        tick(ageing, age, state, flows, outside[1], lanes_of(b))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _advance(blocks, slot, k, b, state, age, setpoint_mw, outside, flows):
    """Move what stands at place b one step on, without its ageing; outside: (air [degC], step [s])."""
    const, step, rating = blocks.const[k], blocks.step[slot, k], blocks.rating
    cells = read_cells(rating, state, age, b, const[t.G_CAPACITY_AH] * 3600.0 / outside[1])
    asked = get_one(setpoint_mw, b)
    seen = look_up((blocks.soc_table[k], blocks.temp_table[k], blocks.ohm_table[k]), cells, asked < 0.0)
    drawn = electrics(const, step, rating, b, cells, seen, asked)
    soc, v1, v2, hysteresis, loss = leave_cells(const, step, cells, seen, drawn.current_a, drawn.terminal_w)
    alive = select(get(rating, at.MODE, b) == at.DEAD, 0.0, 1.0)
    reversible = drawn.current_a * (cells.temp_degc + ZERO_DEGC_K) * seen.entropic_v_per_k
    warm = (cells.temp_degc, get(state, at.TEMP_AIR, b), get(state, at.TEMP_WALL, b), get(state, at.HVAC, b))
    cell, air, wall, mode, climate = heat_container(
        const, step, warm, (loss - reversible) * const[t.G_CELLS_PER_MWH], alive, outside[0]
    )
    rated = get(rating, at.RATED_MW, b)
    at_rest = (const[t.G_STANDBY] + const[t.G_NO_LOAD]) * rated * drawn.idle_frac
    auxiliary = (climate + const[t.G_IDLE_W]) * 1e-6 * get(rating, at.NAMEPLATE_MWH, b) + at_rest
    loss = loss * get(rating, at.CELLS, b) * 1e-6
    put(flows, at.INJECTION, b, drawn.bus_mw)
    put(flows, at.LOSS_TRANSFORMER, b, drawn.ac_frac * rated - drawn.bus_mw)
    put(flows, at.LOSS_CONVERTER, b, (drawn.dc_frac - drawn.ac_frac) * rated)
    put(flows, at.LOSS_CELL, b, loss)
    put(flows, at.C_RATE, b, drawn.current_a * (1.0 / const[t.G_CAPACITY_AH]))
    put(flows, at.AUXILIARY, b, auxiliary * alive)
    put(flows, at.LIMIT, b, drawn.limit)
    put(state, at.SOC, b, soc)
    put(state, at.V_FAST, b, v1)
    put(state, at.V_SLOW, b, v2)
    put(state, at.HYSTERESIS, b, hysteresis)
    put(state, at.TEMP_CELL, b, cell)
    put(state, at.TEMP_AIR, b, air)
    put(state, at.TEMP_WALL, b, wall)
    put(state, at.HVAC, b, mode)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def limits_all(blocks, state, age, temp_air_degc, step_s, limits):
    """What every block could take and give over a step, in MW at the bus: the answer to asking for all its rating.

    Args:
        blocks, state, age: As in advance_all; nothing is changed.
        temp_air_degc: Outdoor temperature.
        step_s: Length of the step [s], > 0.
        limits: (2, nb), written: CAN_CHARGE and CAN_DISCHARGE, >= 0.
    """
    _find_limits(borrowed(blocks), borrowed(state), borrowed(age), step_s, borrowed(limits))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _find_limits(blocks, state, age, step_s, limits):
    """limits_all on borrowed arrays."""
    slot = step_slot(blocks, step_s)
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, t.G_MODE] == at.RESERVOIR:
            const, step = blocks.const[k], blocks.step[slot, k]
            _reservoir_limits(const, step, blocks.rating, (first, last), state, age, step_s / 3600.0, limits)
            continue
        single = last - (last - first) % LANES
        for b in range(first, single, LANES):
            _limit(blocks, slot, k, lanes_of(b), state, age, step_s, limits)
        for b in range(single, last):
            _limit(blocks, slot, k, b, state, age, step_s, limits)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _limit(blocks, slot, k, b, state, age, step_s, limits):
    """Limits of what stands at place b."""
    const, step, rating = blocks.const[k], blocks.step[slot, k], blocks.rating
    tables = (blocks.soc_table[k], blocks.temp_table[k], blocks.ohm_table[k])
    cells = read_cells(rating, state, age, b, const[t.G_CAPACITY_AH] * 3600.0 / step_s)
    charge, discharge = 0.0 - get(rating, at.CHARGE_MW, b), get(rating, at.DISCHARGE_MW, b)
    taken = electrics(const, step, rating, b, cells, look_up(tables, cells, charge < 0.0), charge).bus_mw
    given = electrics(
        const, step, rating, b, cells, look_up(tables, cells, discharge < 0.0), discharge
    ).bus_mw
    put(limits, at.CAN_CHARGE, b, magnitude(taken))
    put(limits, at.CAN_DISCHARGE, b, magnitude(given))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _reservoirs(blocks, ageing, run, state, age, setpoint_mw, step_s, flows):
    """Blocks of constant efficiency, one after the other; run: slot, kind, first block, one past the last."""
    const, rating, step_h = blocks.const[run[1]], blocks.rating, step_s / 3600.0
    kept = blocks.step[run[0], run[1], t.M_KEPT]
    for b in range(run[2], run[3]):
        _reservoir(const, kept, rating, b, state, age, setpoint_mw, step_h, flows)
        tick(ageing, age, state, flows, step_s, b)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _reservoir(const, kept, rating, b, state, age, setpoint_mw, step_h, flows):
    """One block of constant efficiency."""
    for f in range(at.NFLOW):
        flows[f, b] = 0.0
    if rating[at.MODE, b] == at.DEAD:
        return
    size = rating[at.NAMEPLATE_MWH, b] * rating[at.SPREAD_Q, b] * age[at.CAPACITY, b]
    low = rating[at.SOC_LOW, b]
    before = max(state[at.SOC, b] - low, 0.0) * size
    stored, given, can_charge, can_discharge = reservoir_core(
        before, setpoint_mw[b], step_h, rating[at.CHARGE_MW, b], rating[at.DISCHARGE_MW, b],
        (rating[at.SOC_HIGH, b] - low) * size, const[t.G_CHARGE_EFF], const[t.G_DISCHARGE_EFF], kept,
    )  # fmt: skip
    state[at.SOC, b] = min(low + stored / size, 1.0)
    flows[at.INJECTION, b] = given
    flows[at.LOSS_CELL, b] = (before - stored) / step_h - given
    flows[at.C_RATE, b] = (before - stored) / (size * step_h)
    if setpoint_mw[b] > can_discharge:
        by_rating = can_discharge == rating[at.DISCHARGE_MW, b]
        flows[at.LIMIT, b] = at.BY_RATING if by_rating else at.BY_SOC_LOW
    elif -setpoint_mw[b] > can_charge:
        by_rating = can_charge == rating[at.CHARGE_MW, b]
        flows[at.LIMIT, b] = at.BY_RATING if by_rating else at.BY_SOC_HIGH


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _reservoir_limits(const, step, rating, span, state, age, step_h, limits):
    """What blocks of constant efficiency could take and give."""
    for b in range(span[0], span[1]):
        alive = 0.0 if rating[at.MODE, b] == at.DEAD else 1.0
        size = rating[at.NAMEPLATE_MWH, b] * rating[at.SPREAD_Q, b] * age[at.CAPACITY, b]
        low = rating[at.SOC_LOW, b]
        _, _, can_charge, can_discharge = reservoir_core(
            max(state[at.SOC, b] - low, 0.0) * size, 0.0, step_h, rating[at.CHARGE_MW, b], rating[at.DISCHARGE_MW, b],
            (rating[at.SOC_HIGH, b] - low) * size, const[t.G_CHARGE_EFF], const[t.G_DISCHARGE_EFF], step[t.M_KEPT],
        )  # fmt: skip
        limits[at.CAN_CHARGE, b], limits[at.CAN_DISCHARGE, b] = can_charge * alive, can_discharge * alive
