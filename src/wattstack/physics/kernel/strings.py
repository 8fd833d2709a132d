"""Racks in parallel behind one converter: how the power of a container divides among them.

Needs    physics.kernel: layout, tables, block, batch, cell, converter, lanes.
Gives    share_voltage, share_weakest, pass_on, run_racks.
Used by  physics.racks.

Racks on one direct-current bus have one voltage V. Rack i, an open-circuit voltage E behind a resistance R (both the
means of the step), takes the current (E - V) / R, so the power of all is V (A - G V) with G the sum of 1/R and A that
of E/R, and V is the root of a quadratic. A rack whose current would run against the others' is left out and the rest
solved again: the second of two passes. What a rack at a limit cannot take is passed on to the others of its
container, from the step after the first that met a limit: until then nobody knows of it. The weakest-rack rule is
simpler and never better: all racks give the same, and no more than the weakest can.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.batch import advance_borrowed, limits_all
from wattstack.physics.kernel.block import step_slot
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.cell import window_ohm
from wattstack.physics.kernel.converter import ac_of_bus, dc_of_ac
from wattstack.physics.kernel.lanes import look_up, read_cells
from wattstack.physics.kernel.run import NRECORD, R_LIMITED, highest, keep
from wattstack.physics.kernel.vector import LANES, get_one, lanes_of, put

BY_VOLTAGE, BY_WEAKEST = 0, 1  # rule
SOURCE_V, PER_OHM, TAKES_PART = range(3)  # work[FIELD, rack]
NWORK = 3
SHARE_S = 600.0  # shares by voltage hold this long, or until the power turns: voltages drift slowly


@njit(cache=True, error_model="numpy")
def share_voltage(blocks, state, age, edges, step_s, setpoint_mw, work):
    """Divide the power of each container among its racks so that they share one voltage.

    Args:
        blocks, state, age: As in advance_all; all racks of one kind.
        edges: First rack of each container, and one past the last.
        step_s: Length of the step [s].
        setpoint_mw: (nb,), changed: equal shares of each container's power in, the shares that fit out.
        work: (NWORK, nb), overwritten.
    """
    slot = step_slot(blocks, step_s)
    const, step = blocks.const[0], blocks.step[slot, 0]
    tables = (blocks.soc_table[0], blocks.temp_table[0], blocks.ohm_table[0])
    new_a = const[t.G_CAPACITY_AH] * 3600.0 / step_s
    single = len(setpoint_mw) - len(setpoint_mw) % LANES
    for b in range(0, single, LANES):
        _see(
            tables,
            step,
            read_cells(blocks.rating, state, age, lanes_of(b), new_a),
            lanes_of(b),
            setpoint_mw,
            work,
        )
    for b in range(single, len(setpoint_mw)):
        _see(tables, step, read_cells(blocks.rating, state, age, b, new_a), b, setpoint_mw, work)
    for c in range(len(edges) - 1):
        _divide(const, blocks.rating, edges[c], edges[c + 1], work, setpoint_mw)


@njit(cache=True, error_model="numpy", forceinline=True)
def _see(tables, step, cells, b, setpoint_mw, work):
    """E and 1/R of the racks at place b, the mean of the step."""
    seen = look_up(tables, cells, get_one(setpoint_mw, b) < 0.0)
    source = seen.ocv_v - step[t.M_MEAN_1] * cells.fast_v - step[t.M_MEAN_2] * cells.slow_v
    put(work, SOURCE_V, b, source + cells.hysteresis_v)
    put(work, PER_OHM, b, 1.0 / window_ohm(seen.ohm, step[t.M_TIMES_MEAN], 0.5 * seen.slope_v * cells.per_a))


@njit(cache=True, error_model="numpy")
def _divide(const, rating, first, last, work, setpoint_mw):
    """Shares of one container: two passes, the second without racks whose current ran against the rest."""
    asked = 0.0
    for b in range(first, last):
        asked += setpoint_mw[b]
    if asked == 0.0:
        return
    way = 1.0 if asked > 0.0 else -1.0
    work[TAKES_PART, first:last] = 1.0
    for _ in range(2):
        a = g = watts = 0.0
        for b in range(first, last):
            lane = work[TAKES_PART, b] * rating[at.CELLS, b] * work[PER_OHM, b]
            a += lane * work[SOURCE_V, b]
            g += lane
            watts += rating[at.RATED_MW, b]
        ask = asked / watts
        dc = dc_of_ac(
            ac_of_bus(ask, const[t.G_NO_LOAD], const[t.G_LOAD]),
            const[t.G_FIXED_DIS] if way > 0.0 else const[t.G_FIXED_CHA],
            const[t.G_LINEAR_DIS] if way > 0.0 else const[t.G_LINEAR_CHA],
            const[t.G_SQUARE_DIS] if way > 0.0 else const[t.G_SQUARE_CHA],
        )
        volts = (a + sqrt(max(a * a - 4.0 * g * dc * watts * 1e6, 0.0))) / (2.0 * g)
        total = 0.0
        for b in range(first, last):
            current = work[PER_OHM, b] * (work[SOURCE_V, b] - volts) * way
            work[TAKES_PART, b] = 1.0 if current > 0.0 else 0.0
            setpoint_mw[b] = max(current, 0.0) * rating[at.CELLS, b]
            total += setpoint_mw[b]
        if total <= 0.0:
            break
    for b in range(first, last):
        setpoint_mw[b] = asked * setpoint_mw[b] / total if total > 0.0 else asked / (last - first)


@njit(cache=True, error_model="numpy")
def share_weakest(limits, edges, setpoint_mw):
    """Equal shares, no more than the weakest rack of the container can."""
    for c in range(len(edges) - 1):
        charge, discharge = 1e300, 1e300
        for b in range(edges[c], edges[c + 1]):
            charge = min(charge, limits[at.CAN_CHARGE, b])
            discharge = min(discharge, limits[at.CAN_DISCHARGE, b])
        for b in range(edges[c], edges[c + 1]):
            setpoint_mw[b] = min(max(setpoint_mw[b], -charge), discharge)


@njit(cache=True, error_model="numpy")
def pass_on(limits, edges, limited, setpoint_mw):
    """What racks cannot take or give goes to those of their container that can, by the room each has.

    Args:
        limits: (2, nb), as from limits_all.
        edges: First rack of each container, and one past the last.
        limited: (containers,): 1 where a rack met a limit, else nothing is done; then 1 where one is asked for more
            than it can.
        setpoint_mw: (nb,), of one sign within a container, changed; each container's sum stays.
    """
    for c in range(len(edges) - 1):
        if limited[c] == 0.0:
            continue
        asked = 0.0
        for b in range(edges[c], edges[c + 1]):
            asked += setpoint_mw[b]
        way, can = (1.0, limits[at.CAN_DISCHARGE]) if asked > 0.0 else (-1.0, limits[at.CAN_CHARGE])
        over = room = 0.0
        for b in range(edges[c], edges[c + 1]):
            left = can[b] - way * setpoint_mw[b]
            over += max(-left, 0.0)
            room += max(left, 0.0)
        limited[c] = 1.0 if over > 0.0 else 0.0
        if over > 0.0 and room > 0.0:
            moved = min(over, room)
            for b in range(edges[c], edges[c + 1]):
                left = can[b] - way * setpoint_mw[b]
                setpoint_mw[b] += way * left * (moved / room if left > 0.0 else moved / over)


@njit(cache=True, error_model="numpy")
def _note_limited(flows, edges, limited):
    """Which containers have a rack that met a limit."""
    for c in range(len(edges) - 1):
        for b in range(edges[c], edges[c + 1]):
            if flows[at.LIMIT, b] > at.FREE:
                limited[c] = 1.0


@njit(cache=True, nogil=True)
def run_racks(blocks, ageing, state, age, edges, rule, drive, part, step_s, shares, record):
    """Run whole containers through a part of a series.

    Args:
        blocks, ageing, state, age, step_s: As in advance_all.
        edges: First rack of each container, and one past the last.
        rule: BY_VOLTAGE or BY_WEAKEST.
        drive: (each_mw[step], temp_air_degc[step]): asked of every rack of the plant before its container divides it.
        part: (first step, one past the last).
        shares: float64 (nb + 1 + containers,), the shares that hold now, which way the power went when they were found,
            and 1 for each container in which a rack met a limit: ones, then zeros, before the first part, then left as
            they are.
        record: [NRECORD + 2, steps of the part]: as in physics.kernel.run, then the lowest and highest state of charge
            of a rack.
    """
    _run(
        borrowed(blocks), borrowed(ageing), borrowed(state), borrowed(age), borrowed(edges), rule, borrowed(drive),
        part, step_s, borrowed(shares), borrowed(record),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _run(blocks, ageing, state, age, edges, rule, drive, part, step_s, shares, record):
    nb = state.shape[1]
    asks, flows, limits, work = (
        np.zeros(nb),
        np.zeros((at.NFLOW, nb)),
        np.zeros((2, nb)),
        np.zeros((NWORK, nb)),
    )
    every, first, limited = max(1, int(SHARE_S / step_s)), part[0], shares[nb + 1 :]
    for i in range(first, part[1]):
        each, temp_air_degc = drive[0][i], drive[1][i]
        way = 1.0 if each > 0.0 else -1.0
        if rule == BY_WEAKEST:
            asks[:] = each
            limits_all(blocks, state, age, temp_air_degc, step_s, limits)
            share_weakest(limits, edges, asks)
        else:
            if each != 0.0 and (way != shares[nb] or i % every == 0):
                asks[:] = each
                share_voltage(blocks, state, age, edges, step_s, asks, work)
                for b in range(nb):
                    shares[b] = asks[b] / each
                shares[nb] = way
            for b in range(nb):
                asks[b] = shares[b] * each
            if each != 0.0 and limited.max() > 0.0:
                limits_all(blocks, state, age, temp_air_degc, step_s, limits)
                pass_on(limits, edges, limited, asks)
        advance_borrowed(blocks, ageing, state, age, asks, temp_air_degc, step_s, flows)
        keep(blocks.rating, state, age, flows, record, i - first)
        if record[R_LIMITED, i - first] > at.FREE:
            _note_limited(flows, edges, limited)
        record[NRECORD, i - first] = 0.0 - highest(state, at.SOC, -1.0)
        record[NRECORD + 1, i - first] = highest(state, at.SOC, 1.0)
