"""The campus within seconds, step by step: servers, chains, the bus and what stands on it, the manager, the meters.

Needs    physics.kernel (jobs, chain, feeder, batch, stored, borrow), control.kernel.smooth, twin.kernel: ems, watch.
Gives    Parts, Moving, run_steps; rows of drive, site, units, record.
Used by  twin.transient.

One step: servers -> chains at the voltage of the step before -> orders to the converters -> the bus -> the manager, who
sees all of it later. Once in `cell_steps` the cells of the batteries make one step of their own with the mean
power since: their limits hold until the next.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.control.kernel.smooth import answer
from wattstack.physics.kernel import feeder as net
from wattstack.physics.kernel import genset as gen
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.batch import advance_all, limits_all
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.chain import advance_chain
from wattstack.physics.kernel.feeder import advance_network
from wattstack.physics.kernel.jobs import advance_load
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh
from wattstack.physics.kernel.ups import BATTERY_MW
from wattstack.twin.kernel import ems as em
from wattstack.twin.kernel.watch import W_STOP, watch

# drive[FIELD, step]: what comes from outside
D_GRID_PU, D_GRID_HZ, D_JUMP_RAD, D_IMPORT_LIMIT_MW = range(4)
NDRIVE = 4
# site[FIELD]: what is neither server nor battery
PLAIN_MW, PLAIN_MVAR, COOLING_PER_IT, COOLING_LAG_S, TEMP_AIR_DEGC = range(5)
NSITE = 5
# units[FIELD, inverter]: batteries, in the order of the inverters; MOVED: given since the last step of the
# cells; OWED: what the bus gave or took and the cells could not
(
    STORED_MWH,
    USABLE_MWH,
    CHARGE_MW,
    DISCHARGE_MW,
    MOVED_MJ,
    OWED_MJ,
    CHARGE_EFF,
    DISCHARGE_EFF,
    OUT_MJ,
    IN_MJ,
) = range(10)
NUNIT = 10
# now[FIELD]: of the whole site
(
    COOLING_MW, AUXILIARY_MW, SINCE_CELLS, KEPT_STEPS, STORED_STEPS, IT_MJ, LOAD_MJ, GRID_MJ, ASKED_MW, ASKED_MVAR,
    UNHELD_S, LOST_MJ,
) = range(12)  # fmt: skip
NNOW = 12
# record[CHANNEL, sample]; after these come batteries (power, soc), gensets, supplies (drawn, battery), sources
R_POWER, R_REACTIVE, R_VOLTAGE, R_FREQUENCY, R_LOAD, R_IT, R_COOLING, R_REFERENCE = range(8)
NRECORD = 8
MJ_PER_MWH = 3600.0


class Parts(NamedTuple):
    """Constants of a campus within seconds.

    Attributes:
        load, chain, network: Of physics.kernel: servers, electrical chains, bus.
        fleet: (blocks, ageing) of the batteries' cells.
        block_unit: Inverter that each block stands behind, int64 (blocks,); -1 = none.
        group_ups, group_source: Supply (-1 = none) and source of each rack group, int64 (groups,).
        ems, rules: As of twin.kernel.ems.
        site: float64[NSITE].
        cell_steps: Steps of the bus in one of the cells.
        keep_steps: Steps in one sample of the record.
        shown: Channels after the first ones: (batteries and gensets and supplies, sources), 1 where they are recorded.
    """

    load: tuple
    chain: tuple
    network: tuple
    fleet: tuple
    block_unit: np.ndarray
    group_ups: np.ndarray
    group_source: np.ndarray
    ems: np.ndarray
    rules: tuple
    site: np.ndarray
    cell_steps: int
    keep_steps: int
    shown: np.ndarray


class Moving(NamedTuple):
    """What moves: states, orders, boxes that a step writes into. All arrays are changed in place."""

    load: tuple
    chain: np.ndarray
    network: tuple
    cells: tuple  # state, age, limits, setpoints, flows of the blocks
    gpu_mw: np.ndarray
    ac_mw: np.ndarray
    ac_mvar: np.ndarray
    memory: np.ndarray
    boxes: tuple  # history, queue, row of the fast loop, row of the rules, answer of the rules
    store: np.ndarray
    units: np.ndarray
    now: np.ndarray
    sums: np.ndarray  # of the sample under way, (channels,)
    watch: tuple  # of twin.kernel.watch


@njit(cache=True, nogil=True, error_model="numpy")
def run_steps(start, count, step_s, drive, parts, moving, record):
    """Run `count` steps from step number `start` on; drive[:, 0] is the first of them.

    Returns the number of steps done: fewer where something diverged, which the watch has noted.
    """
    return _run(start, count, step_s, borrowed(drive), borrowed(parts), borrowed(moving), borrowed(record))


@njit(cache=True, nogil=True, error_model="numpy")
def _run(start, count, step_s, drive, parts, moving, record):
    bus, now = moving.network.bus, moving.now
    for k in range(count):
        t_s = (start + k) * step_s
        bus[net.GRID_PU], bus[net.GRID_HZ] = drive[D_GRID_PU, k], drive[D_GRID_HZ, k]
        bus[net.JUMP_RAD] = drive[D_JUMP_RAD, k]
        advance_load(parts.load, moving.load, t_s, step_s, moving.gpu_mw)
        advance_chain(
            parts.chain, moving.chain, moving.gpu_mw, bus[net.VOLT_PU], bus[net.FREQ_HZ], t_s, step_s, moving.ac_mw,
            moving.ac_mvar,
        )  # fmt: skip
        it_mw = _loads(parts.site, moving, step_s)
        em.manage(
            t_s,
            step_s,
            parts.ems,
            moving.memory,
            moving.boxes,
            parts.rules,
            moving.store,
            drive[D_IMPORT_LIMIT_MW, k],
        )
        _order(parts, moving)
        advance_network(parts.network, moving.network, now[ASKED_MW], now[ASKED_MVAR], step_s)
        _cells(parts, moving, step_s)
        sources = _others(moving.network)
        em.remember(
            moving.memory, moving.boxes[0], now[ASKED_MW] - sources, bus[net.GRID_MW], bus[net.CLOSED]
        )
        _keep(parts, moving, it_mw, step_s, record)
        watch(t_s, step_s, parts, moving)
        if moving.watch[0][W_STOP] > 0.0:
            return k + 1
    return count


@njit(cache=True, error_model="numpy", forceinline=True)
def _loads(site, moving, step_s):
    """What all loads ask of the bus; returns what the servers draw at their input [MW]."""
    now = moving.now
    it_mw = ac_mw = ac_mvar = 0.0
    for g in range(moving.gpu_mw.shape[0]):
        it_mw += moving.gpu_mw[g]
        ac_mw += moving.ac_mw[g]
        ac_mvar += moving.ac_mvar[g]
    volt = moving.network.bus[net.VOLT_PU]
    alive = 1.0 if volt > 0.1 else 0.0
    aim = site[COOLING_PER_IT] * ac_mw
    now[COOLING_MW] += (1.0 - np.exp(-step_s / site[COOLING_LAG_S])) * (aim - now[COOLING_MW])
    beside = (site[PLAIN_MW] + now[COOLING_MW] + now[AUXILIARY_MW]) * alive
    now[ASKED_MW] = ac_mw + beside
    now[ASKED_MVAR] = ac_mvar + site[PLAIN_MVAR] * alive
    return it_mw


@njit(cache=True, error_model="numpy", forceinline=True)
def _others(network):
    """What gensets give to the bus [MW]."""
    given = 0.0
    for i in range(network.gensets.shape[1]):
        given += network.gensets[gen.G_MW, i]
    return given


@njit(cache=True, error_model="numpy", forceinline=True)
def _order(parts, moving):
    """Power asked of each converter: its share of the manager's setpoint, or of what the converters see themselves."""
    memory, units, orders = moving.memory, moving.units, moving.network.inverter_orders
    charge = discharge = 0.0
    for i in range(orders.shape[1]):
        off = moving.network.inverters[inv.OFF, i] > 0.5
        orders[inv.CAN_CHARGE_MW, i] = 0.0 if off else units[CHARGE_MW, i]
        orders[inv.CAN_DISCHARGE_MW, i] = 0.0 if off else units[DISCHARGE_MW, i]
        charge += orders[inv.CAN_CHARGE_MW, i]
        discharge += orders[inv.CAN_DISCHARGE_MW, i]
    whole = memory[em.ACTIVE_SETPOINT_MW]
    closed = moving.network.bus[net.CLOSED] > 0.5
    if closed and parts.ems[em.LOOPED] > 0.5 and parts.ems[em.LOCAL] > 0.5:
        seen = moving.now[ASKED_MW] - _others(moving.network)
        whole = answer(seen, memory[em.ACTIVE_REFERENCE_MW], charge, discharge)
    room, row = (discharge, inv.CAN_DISCHARGE_MW) if whole > 0.0 else (charge, inv.CAN_CHARGE_MW)
    for i in range(orders.shape[1]):
        orders[inv.ASK_MW, i] = whole * orders[row, i] / room if room > 0.0 else 0.0
    _order_gensets(parts.network.gensets, moving.network.genset_orders, closed, moving.now[ASKED_MW])


@njit(cache=True, error_model="numpy", forceinline=True)
def _order_gensets(const, orders, closed, load_mw):
    """Units that run give all they have beside a grid, and their share of the load on an island."""
    power = 0.0
    for i in range(orders.shape[1]):
        power += const[gen.G_POWER_MW, i] * orders[gen.G_ON, i]
    share = 1.0 if closed or power <= 0.0 else min(max(load_mw / power, 0.0), 1.0)
    for i in range(orders.shape[1]):
        orders[gen.G_ASK_MW, i] = share * const[gen.G_POWER_MW, i]


@njit(cache=True, error_model="numpy", forceinline=True)
def _cells(parts, moving, step_s):
    """Count what the converters gave; every cell_steps let the cells make their step with its mean."""
    units, now, inverters = moving.units, moving.now, moving.network.inverters
    for i in range(inverters.shape[1]):
        given = inverters[inv.POWER_MW, i] * step_s
        units[MOVED_MJ, i] += given
        units[OUT_MJ, i] += max(given, 0.0)
        units[IN_MJ, i] += max(-given, 0.0)
    now[SINCE_CELLS] += 1.0
    if now[SINCE_CELLS] >= parts.cell_steps:
        cell_step(parts, moving, now[SINCE_CELLS] * step_s)
        now[SINCE_CELLS] = 0.0


@njit(cache=True, error_model="numpy")
def cell_step(parts, moving, lapse_s):
    """One step of the cells: the mean of what their converters gave, and what they could do from now on.

    Blocks of one battery share by what each can do. What the cells cannot give of it is owed, and asked again.
    """
    state, age, limits, setpoint, flows = moving.cells
    units, now = moving.units, moving.now
    blocks, ageing = parts.fleet
    for i in range(units.shape[1]):
        mean_mw = (units[MOVED_MJ, i] + units[OWED_MJ, i]) / lapse_s
        row = block.CAN_DISCHARGE if mean_mw > 0.0 else block.CAN_CHARGE
        room = units[DISCHARGE_MW, i] if mean_mw > 0.0 else units[CHARGE_MW, i]
        for b in range(limits.shape[1]):
            if parts.block_unit[b] == i:
                setpoint[b] = mean_mw * limits[row, b] / room if room > 0.0 else 0.0
    temp = parts.site[TEMP_AIR_DEGC]
    advance_all(blocks, ageing, state, age, setpoint, temp, lapse_s, flows)
    limits_all(blocks, state, age, temp, lapse_s, limits)
    for i in range(units.shape[1]):
        units[OWED_MJ, i] += units[MOVED_MJ, i]
        for row in (MOVED_MJ, STORED_MWH, USABLE_MWH, CHARGE_MW, DISCHARGE_MW):
            units[row, i] = 0.0
    now[AUXILIARY_MW] = 0.0
    for b in range(limits.shape[1]):
        i = parts.block_unit[b]
        if i >= 0:
            units[OWED_MJ, i] -= flows[block.INJECTION, b] * lapse_s
            units[STORED_MWH, i] += stored_mwh(blocks.rating, state, age, b)
            units[USABLE_MWH, i] += usable_mwh(blocks.rating, age, b)
            units[CHARGE_MW, i] += limits[block.CAN_CHARGE, b]
            units[DISCHARGE_MW, i] += limits[block.CAN_DISCHARGE, b]
            now[AUXILIARY_MW] += flows[block.AUXILIARY, b]
    tell_store(moving)


@njit(cache=True, error_model="numpy")
def tell_store(moving):
    """All batteries together, as the manager is told: those that are off are not there."""
    units, store = moving.units, moving.store
    store[:] = 0.0
    for i in range(units.shape[1]):
        if moving.network.inverters[inv.OFF, i] < 0.5:
            store[em.S_STORED_MWH] += units[STORED_MWH, i]
            store[em.S_ENERGY_MWH] += units[USABLE_MWH, i]
            store[em.S_CHARGE_MW] += units[CHARGE_MW, i]
            store[em.S_DISCHARGE_MW] += units[DISCHARGE_MW, i]


@njit(cache=True, error_model="numpy", forceinline=True)
def _keep(parts, moving, it_mw, step_s, record):
    """Add the step to the sample under way; write the sample when it is full. Sums of energy of the run."""
    bus, now, sums, memory = moving.network.bus, moving.now, moving.sums, moving.memory
    now[IT_MJ] += it_mw * step_s
    now[LOAD_MJ] += bus[net.LOAD_MW] * step_s
    now[GRID_MJ] += bus[net.GRID_MW] * step_s
    now[LOST_MJ] += (now[ASKED_MW] - bus[net.LOAD_MW]) * step_s
    now[UNHELD_S] += (1.0 - memory[em.HELD]) * step_s * bus[net.CLOSED]
    sums[R_POWER] += bus[net.GRID_MW]
    sums[R_REACTIVE] += bus[net.GRID_MVAR]
    sums[R_VOLTAGE] += bus[net.VOLT_PU]
    sums[R_FREQUENCY] += bus[net.FREQ_HZ]
    sums[R_LOAD] += bus[net.LOAD_MW]
    sums[R_IT] += it_mw
    sums[R_COOLING] += now[COOLING_MW]
    sums[R_REFERENCE] += memory[em.ACTIVE_REFERENCE_MW]
    if parts.shown[0] > 0.5:
        _keep_parts(parts, moving, sums)
    now[KEPT_STEPS] += 1.0
    if now[KEPT_STEPS] >= parts.keep_steps:
        place = int(now[STORED_STEPS])
        if place < record.shape[1]:
            share = 1.0 / parts.keep_steps
            for c in range(sums.shape[0]):
                record[c, place] = sums[c] * share
                sums[c] = 0.0
            now[STORED_STEPS] += 1.0
        now[KEPT_STEPS] = 0.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _keep_parts(parts, moving, sums):
    """Batteries, gensets, supplies, sources into the sample."""
    units, network = moving.units, moving.network
    c = NRECORD
    for i in range(units.shape[1]):
        moved = units[MOVED_MJ, i] + units[OWED_MJ, i]
        eff = 1.0 / units[DISCHARGE_EFF, i] if moved > 0.0 else units[CHARGE_EFF, i]
        stored = units[STORED_MWH, i] - moved * eff / MJ_PER_MWH
        sums[c] += network.inverters[inv.POWER_MW, i]
        sums[c + 1] += stored / units[USABLE_MWH, i] if units[USABLE_MWH, i] > 0.0 else 0.0
        c += 2
    for i in range(network.gensets.shape[1]):
        sums[c] += network.gensets[gen.G_MW, i]
        c += 1
    chain, groups = moving.chain, parts.group_ups.shape[0]
    for g in range(groups):
        u = parts.group_ups[g]
        if u >= 0:
            sums[c + 2 * u] += moving.ac_mw[g]
            sums[c + 2 * u + 1] += chain[BATTERY_MW, g]
    if parts.shown[1] > 0.5:
        c = sums.shape[0] - int(parts.shown[1])
        for g in range(groups):
            sums[c + parts.group_source[g]] += moving.gpu_mw[g]
