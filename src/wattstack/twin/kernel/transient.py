"""The campus within seconds, step by step: servers, chains, the bus and what stands on it, the manager, the meters.

Needs    physics.kernel (jobs, chain, feeder, borrow), control.kernel.smooth, twin.kernel: ems, watch.
Gives    Parts, Moving, run_steps; rows of drive, site, units, record.
Used by  twin.transient.

One step: servers -> chains at the voltage of the step before -> orders to the converters -> the bus -> the manager, who
sees all of it later. What servers draw is that of the middle of the step, and what converters see its mean: so half
the step gives the same within the square of the step. The cells of the batteries make longer steps of their own
between two calls (twin.transient.cells), with the mean power since; their limits hold until the next.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.control.kernel.smooth import answer, disturbed
from wattstack.physics.kernel import feeder as net
from wattstack.physics.kernel import genset as gen
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.chain import advance_chain
from wattstack.physics.kernel.feeder import advance_network
from wattstack.physics.kernel.jobs import advance_load
from wattstack.physics.kernel.supply import SUPPLY_MODE
from wattstack.physics.kernel.ups import BATTERY_MW, UPS_MODE
from wattstack.twin.kernel import ems as em
from wattstack.twin.kernel.watch import W_STOP, watch

# drive[FIELD, step]: what comes from outside
D_GRID_PU, D_GRID_HZ, D_JUMP_RAD, D_IMPORT_LIMIT_MW = range(4)
NDRIVE = 4
# site[FIELD]: what is neither server nor battery
PLAIN_MW, PLAIN_MVAR, COOLING_PER_IT, COOLING_LAG_S = range(4)
NSITE = 4
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
# now[FIELD]: of the whole site; BUSY > 0: a supply or a rack group is not as usual
(
    COOLING_MW, AUXILIARY_MW, KEPT_STEPS, STORED_STEPS, IT_MJ, LOAD_MJ, GRID_MJ, ASKED_MW, ASKED_MVAR,
    UNHELD_S, LOST_MJ, IT_MW, BUSY,
) = range(13)  # fmt: skip
NNOW = 13
# record[CHANNEL, sample]; after these come batteries (power, soc), gensets, supplies (drawn, battery), sources
R_POWER, R_REACTIVE, R_VOLTAGE, R_FREQUENCY, R_LOAD, R_IT, R_COOLING, R_REFERENCE = range(8)
NRECORD = 8
MJ_PER_MWH = 3600.0


class Parts(NamedTuple):
    """Constants of a campus within seconds.

    Attributes:
        load, chain, network: Of physics.kernel: servers, electrical chains, bus.
        group_ups, source_ups: Supply (-1 = none) of each rack group and of each source, int64.
        ems, rules: As of twin.kernel.ems.
        site: float64[NSITE].
        keep_steps: Steps in one sample of the record.
        shown_sources: Sources that are recorded: all or none.
    """

    load: tuple
    chain: tuple
    network: tuple
    group_ups: np.ndarray
    source_ups: np.ndarray
    ems: np.ndarray
    rules: tuple
    site: np.ndarray
    keep_steps: int
    shown_sources: int


class Moving(NamedTuple):
    """What moves: states, orders, boxes that a step writes into. All arrays are changed in place."""

    load: tuple
    chain: np.ndarray
    network: tuple
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


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _run(start, count, step_s, drive, parts, moving, record):
    bus, now = moving.network.bus, moving.now
    for k in range(count):
        t_s = (start + k) * step_s
        bus[net.GRID_PU], bus[net.GRID_HZ] = drive[D_GRID_PU, k], drive[D_GRID_HZ, k]
        bus[net.JUMP_RAD] = drive[D_JUMP_RAD, k]
        advance_load(parts.load, moving.load, t_s + 0.5 * step_s, step_s, moving.gpu_mw)
        advance_chain(
            parts.chain, moving.chain, moving.gpu_mw, bus[net.VOLT_PU], bus[net.FREQ_HZ], t_s, step_s, moving.ac_mw,
            moving.ac_mvar,
        )  # fmt: skip
        _loads(parts, moving, step_s)
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
        _count(moving, step_s)
        sources = _others(moving.network)
        em.remember(
            moving.memory,
            moving.boxes[0],
            now[ASKED_MW] - sources,
            bus[net.GRID_MW],
            bus[net.CLOSED],
            disturbed(bus[net.VOLT_PU], bus[net.FREQ_HZ], parts.ems[em.NOMINAL_HZ]),
        )
        _keep(parts, moving, step_s, record)
        watch(t_s, step_s, now[BUSY], parts, moving)
        if moving.watch[0][W_STOP] > 0.0:
            return k + 1
    return count


@njit(cache=True, error_model="numpy", forceinline=True)
def _loads(parts, moving, step_s):
    """What all loads ask of the bus; sums of the sources and supplies go into the sample. A source is in one hall."""
    now, sums, chain, site = moving.now, moving.sums, moving.chain, parts.site
    it_mw = ac_mw = ac_mvar = busy = 0.0
    shown = parts.shown_sources
    first_source = sums.shape[0] - shown
    first_supply = first_source - 2 * moving.watch[2].shape[1]
    for s in range(parts.load.first.shape[0] - 1):
        gpu = drawn = reactive = battery = mode = 0.0
        for g in range(parts.load.first[s], parts.load.first[s + 1]):
            gpu += moving.gpu_mw[g]
            drawn += moving.ac_mw[g]
            reactive += moving.ac_mvar[g]
            battery += chain[BATTERY_MW, g]
            mode += chain[UPS_MODE, g] + chain[SUPPLY_MODE, g]
        it_mw, ac_mw, ac_mvar, busy = it_mw + gpu, ac_mw + drawn, ac_mvar + reactive, busy + mode
        u = parts.source_ups[s]
        if u >= 0:
            sums[first_supply + 2 * u] += drawn
            sums[first_supply + 2 * u + 1] += battery
        if shown > 0:
            sums[first_source + s] += gpu
    alive = 1.0 if moving.network.bus[net.VOLT_PU] > 0.1 else 0.0
    if site[COOLING_PER_IT] > 0.0:
        now[COOLING_MW] += (1.0 - np.exp(-step_s / site[COOLING_LAG_S])) * (
            site[COOLING_PER_IT] * ac_mw - now[COOLING_MW]
        )
    beside = (site[PLAIN_MW] + now[COOLING_MW] + now[AUXILIARY_MW]) * alive
    now[ASKED_MW] = ac_mw + beside
    now[ASKED_MVAR] = ac_mvar + site[PLAIN_MVAR] * alive
    now[IT_MW], now[BUSY] = it_mw, busy


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
        before = moving.boxes[0][em.H_LOAD_MW, int(memory[em.PLACE])]
        seen = 0.5 * (before + moving.now[ASKED_MW] - _others(moving.network))  # mean of the step
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
def _count(moving, step_s):
    """What the converters gave, for the cells to answer when their step is due."""
    units, inverters = moving.units, moving.network.inverters
    for i in range(inverters.shape[1]):
        given = inverters[inv.POWER_MW, i] * step_s
        units[MOVED_MJ, i] += given
        units[OUT_MJ, i] += max(given, 0.0)
        units[IN_MJ, i] += max(-given, 0.0)


@njit(cache=True, error_model="numpy", forceinline=True)
def _keep(parts, moving, step_s, record):
    """Add the step to the sample under way; write the sample when it is full. Sums of energy of the run."""
    bus, now, sums, memory = moving.network.bus, moving.now, moving.sums, moving.memory
    now[IT_MJ] += now[IT_MW] * step_s
    now[LOAD_MJ] += bus[net.LOAD_MW] * step_s
    now[GRID_MJ] += bus[net.GRID_MW] * step_s
    now[LOST_MJ] += (now[ASKED_MW] - bus[net.LOAD_MW]) * step_s
    now[UNHELD_S] += (1.0 - memory[em.HELD]) * step_s * bus[net.CLOSED]
    sums[R_POWER] += bus[net.GRID_MW]
    sums[R_REACTIVE] += bus[net.GRID_MVAR]
    sums[R_VOLTAGE] += bus[net.VOLT_PU]
    sums[R_FREQUENCY] += bus[net.FREQ_HZ]
    sums[R_LOAD] += bus[net.LOAD_MW]
    sums[R_IT] += now[IT_MW]
    sums[R_COOLING] += now[COOLING_MW]
    sums[R_REFERENCE] += memory[em.ACTIVE_REFERENCE_MW]
    _keep_units(moving, sums)
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
def _keep_units(moving, sums):
    """Batteries and gensets into the sample."""
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
