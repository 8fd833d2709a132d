"""Racks in parallel behind one converter: how the power of a container divides among them.

Needs    physics.kernel: layout, tables, block, batch, cell, converter, lanes.
Gives    share_voltage, share_weakest, run_racks.
Used by  physics.racks.

Racks on one direct-current bus have one voltage V. Rack i, an open-circuit voltage E behind a resistance R (both the
means of the step), takes the current (E - V) / R, so the power of all is V (A - G V) with G the sum of 1/R and A that
of E/R, and V is the root of a quadratic. A rack whose current would run against the others' is left out and the rest
solved again: the second of two passes. The weakest-rack rule is simpler and never better: all racks give the same, and
no more than the weakest can.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.batch import advance_borrowed, gather, limits_all
from wattstack.physics.kernel.block import (
    CHUNK,
    W_HYSTERESIS,
    W_OCV,
    W_OHM,
    W_PER_A,
    W_POWER,
    W_SLOPE,
    W_V1,
    W_V2,
    step_slot,
)  # fmt: skip
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.cell import window_ohm
from wattstack.physics.kernel.converter import ac_of_bus, dc_of_ac
from wattstack.physics.kernel.lanes import look_up
from wattstack.physics.kernel.run import keep

BY_VOLTAGE, BY_WEAKEST = 0, 1  # rule
SHARE_S = 600.0  # shares by voltage hold this long, or until the power turns: voltages drift slowly


@njit(cache=True, error_model="numpy")
def share_voltage(blocks, state, age, edges, step_s, setpoint_mw):
    """Divide the power of each container among its racks so that they share one voltage.

    Args:
        blocks, state, age: As in advance_all; all racks of one kind.
        edges: First rack of each container, and one past the last; at most CHUNK racks in a container.
        step_s: Length of the step [s].
        setpoint_mw: (nb,), changed: equal shares of each container's power in, the shares that fit out.
    """
    slot = step_slot(blocks, step_s)
    const, step, w = blocks.const[0], blocks.step[slot, 0], blocks.scratch
    per = (step_s / 3600.0, const[t.G_CAPACITY_AH])
    c, count = 0, len(edges) - 1
    while c < count:
        end = c + 1
        while end < count and edges[end + 1] - edges[c] <= CHUNK:
            end += 1
        first, n = edges[c], edges[end] - edges[c]
        gather(blocks.rating, state, age, setpoint_mw, first, n, per, w)
        look_up(blocks, 0, n)
        for j in range(n):  # E and R of each rack, the mean of the step
            source = w[W_OCV + j] - step[t.M_MEAN_1] * w[W_V1 + j] - step[t.M_MEAN_2] * w[W_V2 + j]
            w[W_OCV + j] = source + w[W_HYSTERESIS + j]
            drift = 0.5 * w[W_SLOPE + j] * w[W_PER_A + j]
            w[W_OHM + j] = 1.0 / window_ohm(w[W_OHM + j], step[t.M_TIMES_MEAN], drift)
        for container in range(c, end):
            _divide(const, blocks.rating, edges[container], edges[container + 1], first, w, setpoint_mw)
        c = end


@njit(cache=True, error_model="numpy")
def _divide(const, rating, first, last, base, w, setpoint_mw):
    """Shares of one container: two passes, the second without racks whose current ran against the rest."""
    asked = 0.0
    for b in range(first, last):
        asked += setpoint_mw[b]
    if asked == 0.0:
        return
    way = 1.0 if asked > 0.0 else -1.0
    for j in range(first - base, last - base):
        w[W_POWER + j] = 1.0
    for _ in range(2):
        a = g = watts = 0.0
        for j in range(first - base, last - base):
            lane = w[W_POWER + j] * rating[at.CELLS, base + j] * w[W_OHM + j]
            a += lane * w[W_OCV + j]
            g += lane
            watts += rating[at.RATED_MW, base + j]
        ask = asked / watts
        dc = dc_of_ac(
            ac_of_bus(ask, const[t.G_NO_LOAD], const[t.G_LOAD]),
            const[t.G_FIXED_DIS] if way > 0.0 else const[t.G_FIXED_CHA],
            const[t.G_LINEAR_DIS] if way > 0.0 else const[t.G_LINEAR_CHA],
            const[t.G_SQUARE_DIS] if way > 0.0 else const[t.G_SQUARE_CHA],
        )
        volts = (a + sqrt(max(a * a - 4.0 * g * dc * watts * 1e6, 0.0))) / (2.0 * g)
        total = 0.0
        for j in range(first - base, last - base):
            current = w[W_OHM + j] * (w[W_OCV + j] - volts) * way
            w[W_POWER + j] = 1.0 if current > 0.0 else 0.0
            setpoint_mw[base + j] = max(current, 0.0) * rating[at.CELLS, base + j]
            total += setpoint_mw[base + j]
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


@njit(cache=True, nogil=True)
def run_racks(blocks, ageing, state, age, edges, rule, setpoint_mw, temp_air_degc, step_s, record, spread):
    """Run a plant of racks; setpoint_mw[step] is of the whole plant, shared equally among containers.

    record[NRECORD, step]: as in physics.kernel.run. spread[2, step]: lowest and highest state of charge of a rack.
    """
    _run(
        borrowed(blocks), borrowed(ageing), borrowed(state), borrowed(age), borrowed(edges), rule,
        borrowed(setpoint_mw), borrowed(temp_air_degc), step_s, borrowed(record), borrowed(spread),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _run(blocks, ageing, state, age, edges, rule, setpoint_mw, temp_air_degc, step_s, record, spread):
    nb = state.shape[1]
    asks, shares, flows, limits = np.zeros(nb), np.ones(nb), np.zeros((at.NFLOW, nb)), np.zeros((2, nb))
    every, way = max(1, int(SHARE_S / step_s)), 0.0
    for i in range(len(setpoint_mw)):
        each = setpoint_mw[i] / nb
        now = 1.0 if each > 0.0 else -1.0
        if rule == BY_WEAKEST:
            asks[:] = each
            limits_all(blocks, state, age, temp_air_degc[i], step_s, limits)
            share_weakest(limits, edges, asks)
        else:
            if each != 0.0 and (now != way or i % every == 0):
                asks[:] = each
                share_voltage(blocks, state, age, edges, step_s, asks)
                shares[:] = asks / each
                way = now
            asks[:] = shares * each
        advance_borrowed(blocks, ageing, state, age, asks, temp_air_degc[i], step_s, flows)
        keep(blocks.rating, state, age, flows, record, i)
        _keep_spread(state, spread, i)


@njit(cache=True, fastmath={"reassoc", "nnan", "nsz"})
def _keep_spread(state, spread, i):
    low, high = 1.0, 0.0
    for b in range(state.shape[1]):
        low, high = min(low, state[at.SOC, b]), max(high, state[at.SOC, b])
    spread[0, i], spread[1, i] = low, high
