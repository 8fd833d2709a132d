"""One step of every block: what is asked is cut to what can be given; cells, heat, converter and ageing follow.

Needs    physics.kernel: layout, tables, block, lanes, reservoir, ageing.
Gives    advance_all, limits_all; advance_borrowed, for loops that borrow; gather.
Used by  physics.kernel.run, physics.battery, twin, prove.

Blocks of one kind go through together, a chunk at a time, in short loops: look-ups in tables, which are scattered over
memory, apart from arithmetic, which then runs in vector registers. Nothing is allocated and nothing raises.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.ageing import age_all
from wattstack.physics.kernel.block import (
    CHUNK,
    W_A_PER,
    W_AC,
    W_AIR,
    W_ASK,
    W_AUXILIARY,
    W_CELL,
    W_CURRENT,
    W_DC,
    W_HVAC,
    W_HYSTERESIS,
    W_LIMIT,
    W_LOSS,
    W_OHM,
    W_PER_A,
    W_SOC,
    W_V1,
    W_V2,
    W_WALL,
    span,
    step_slot,
)  # fmt: skip
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.lanes import (
    ask_cells,
    back_to_bus,
    find_currents,
    heat_container,
    leave_cells,
    look_up,
)  # fmt: skip
from wattstack.physics.kernel.reservoir import reservoir_core


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
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, t.G_MODE] == at.RESERVOIR:
            const, step = blocks.const[k], blocks.step[slot, k]
            _reservoirs(
                const, step, blocks.rating, (first, last), state, age, setpoint_mw, step_s / 3600.0, flows
            )
        elif last - first == 1:  # compiled apart: with one lane known, no loop is left of the loops
            _advance_chunk(blocks, slot, k, first, 1, state, age, setpoint_mw, temp_air_degc, step_s, flows)
        else:
            for start in range(first, last, CHUNK):
                n = min(CHUNK, last - start)
                _advance_chunk(
                    blocks, slot, k, start, n, state, age, setpoint_mw, temp_air_degc, step_s, flows
                )
    age_all(ageing, age, state, flows, step_s)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _advance_chunk(blocks, slot, k, start, n, state, age, setpoint_mw, temp_air_degc, step_s, flows):
    """Move n blocks of one kind one step on, without their ageing."""
    const, step, rating, w = blocks.const[k], blocks.step[slot, k], blocks.rating, blocks.scratch
    _electrics(blocks, slot, k, start, n, state, age, setpoint_mw, step_s / 3600.0)
    leave_cells(const, step, n, w)
    heat_container(const, step, rating, start, n, temp_air_degc, w)
    _write_flows(const, rating, start, n, w, flows)
    _scatter(start, n, w, state)


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
    rating, w = blocks.rating, blocks.scratch
    for b in range(limits.shape[1]):
        limits[at.CAN_CHARGE, b] = -rating[at.CHARGE_MW, b]
        limits[at.CAN_DISCHARGE, b] = rating[at.DISCHARGE_MW, b]
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, t.G_MODE] == at.RESERVOIR:
            const, step = blocks.const[k], blocks.step[slot, k]
            _reservoir_limits(const, step, rating, (first, last), state, age, step_s / 3600.0, limits)
        elif last - first == 1:
            for way in (at.CAN_CHARGE, at.CAN_DISCHARGE):
                _electrics(blocks, slot, k, first, 1, state, age, limits[way], step_s / 3600.0)
                limits[way, first] = abs(w[W_ASK])
        else:
            for start in range(first, last, CHUNK):
                n = min(CHUNK, last - start)
                for way in (at.CAN_CHARGE, at.CAN_DISCHARGE):
                    _electrics(blocks, slot, k, start, n, state, age, limits[way], step_s / 3600.0)
                    for j in range(n):
                        limits[way, start + j] = abs(w[W_ASK + j])


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _electrics(blocks, slot, k, start, n, state, age, setpoint_mw, step_h):
    """From the ask to the currents of a chunk, and what they are at the bus; the state stays as it is."""
    const, rating, w = blocks.const[k], blocks.rating, blocks.scratch
    gather(rating, state, age, setpoint_mw, start, n, (step_h, const[t.G_CAPACITY_AH]), w)
    look_up(blocks, k, n)
    ask_cells(const, rating, start, n, w)
    if find_currents(const, blocks.step[slot, k], rating, start, n, w):
        back_to_bus(const, blocks.step[slot, k], rating, start, n, w)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def gather(rating, state, age, setpoint_mw, start, n, per, w):
    """State of a chunk into the scratch, row by row; the ask as a share of the rating."""
    start, n = span(start, n)
    for j in range(n):
        w[W_SOC + j] = state[at.SOC, start + j]
    for j in range(n):
        w[W_V1 + j] = state[at.V_FAST, start + j]
    for j in range(n):
        w[W_V2 + j] = state[at.V_SLOW, start + j]
    for j in range(n):
        w[W_HYSTERESIS + j] = state[at.HYSTERESIS, start + j]
    for j in range(n):
        w[W_CELL + j] = state[at.TEMP_CELL, start + j]
    for j in range(n):
        w[W_AIR + j] = state[at.TEMP_AIR, start + j]
    for j in range(n):
        w[W_WALL + j] = state[at.TEMP_WALL, start + j]
    for j in range(n):
        w[W_HVAC + j] = state[at.HVAC, start + j]
    a_per_new = per[1] / per[0]
    for j in range(n):
        a_per = a_per_new * rating[at.SPREAD_Q, start + j] * age[at.CAPACITY, start + j]
        w[W_A_PER + j] = a_per
        w[W_PER_A + j] = 1.0 / a_per
    for j in range(n):
        w[W_OHM + j] = rating[at.SPREAD_R, start + j] * age[at.RESISTANCE, start + j]
    for j in range(n):
        asked = setpoint_mw[start + j]
        ask = min(max(asked, -rating[at.CHARGE_MW, start + j]), rating[at.DISCHARGE_MW, start + j])
        w[W_LIMIT + j] = at.FREE if ask == asked else at.BY_RATING
        w[W_ASK + j] = 0.0 if rating[at.MODE, start + j] == at.DEAD else ask


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _write_flows(const, rating, start, n, w, flows):
    """What happened, at the bus of each block."""
    start, n = span(start, n)
    per_ah = 1.0 / const[t.G_CAPACITY_AH]
    for j in range(n):
        flows[at.INJECTION, start + j] = w[W_ASK + j]
    for j in range(n):
        flows[at.LOSS_TRANSFORMER, start + j] = w[W_AC + j] * rating[at.RATED_MW, start + j] - w[W_ASK + j]
    for j in range(n):
        flows[at.LOSS_CONVERTER, start + j] = (w[W_DC + j] - w[W_AC + j]) * rating[at.RATED_MW, start + j]
    for j in range(n):
        flows[at.LOSS_CELL, start + j] = w[W_LOSS + j] * rating[at.CELLS, start + j] * 1e-6
    for j in range(n):
        flows[at.C_RATE, start + j] = w[W_CURRENT + j] * per_ah
    for j in range(n):
        flows[at.AUXILIARY, start + j] = w[W_AUXILIARY + j]
    for j in range(n):
        flows[at.LIMIT, start + j] = w[W_LIMIT + j]


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _scatter(start, n, w, state):
    """What the step left, back into the state."""
    start, n = span(start, n)
    for j in range(n):
        state[at.SOC, start + j] = w[W_SOC + j]
    for j in range(n):
        state[at.V_FAST, start + j] = w[W_V1 + j]
    for j in range(n):
        state[at.V_SLOW, start + j] = w[W_V2 + j]
    for j in range(n):
        state[at.HYSTERESIS, start + j] = w[W_HYSTERESIS + j]
    for j in range(n):
        state[at.TEMP_CELL, start + j] = w[W_CELL + j]
    for j in range(n):
        state[at.TEMP_AIR, start + j] = w[W_AIR + j]
    for j in range(n):
        state[at.TEMP_WALL, start + j] = w[W_WALL + j]
    for j in range(n):
        state[at.HVAC, start + j] = w[W_HVAC + j]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _reservoirs(const, step, rating, span, state, age, setpoint_mw, step_h, flows):
    """Blocks of constant efficiency, one after the other."""
    kept = step[t.M_KEPT]
    for b in range(span[0], span[1]):
        for f in range(at.NFLOW):
            flows[f, b] = 0.0
        if rating[at.MODE, b] == at.DEAD:
            continue
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
