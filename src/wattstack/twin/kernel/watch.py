"""What an observer writes down: supplies that leave, racks that go dark, breakers, relays, loops that never settle.

Needs    physics.kernel (feeder, genset, inverter, load_rows, supply, ups), twin.kernel.ems.
Gives    watch; codes of what is noted, rows of its memory.
Used by  twin.kernel.transient, twin.transient.

A loop is unstable when the power of a converter or generator turns round again and again, as far as before or farther,
while the load does not move half as much: MOST_TURNS times in a row, each turn more than SWING of its rating.
"""

from __future__ import annotations

import math

from numba import njit

from wattstack.physics.kernel import feeder as net
from wattstack.physics.kernel import genset as gen
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel import load_rows as load
from wattstack.physics.kernel.supply import DARK, SUPPLY_MODE
from wattstack.physics.kernel.ups import EMPTY, LOCK_S, ON_GRID, UPS_MODE
from wattstack.twin.kernel import ems as em

# memory[FIELD]; RELAY + r: time that relay r has seen its fault; STOP: 1 = the run cannot go on
W_STOP, W_NOTES, W_STATUS, W_CLOSED, W_DARK, W_UNHELD_S, W_REASON, W_BUSY, W_RELAY = range(9)
NRELAY = 4
NWATCH = W_RELAY + NRELAY
# notes[FIELD, note]
N_TIME_S, N_CODE, N_PLACE, N_VALUE = range(4)
NNOTE = 4
# supplies[FIELD, supply]: groups that are off the grid, held off by the count, empty: now, and in the step before
U_OFF, U_LOCKED, U_EMPTY, U_WAS_OFF, U_WAS_LOCKED, U_WAS_EMPTY = range(6)
NSUPPLY = 6
# swings[FIELD, source]: converters, then gensets; MEAN: size of the last turns; LOAD_...: the load since the last one
Z_EXTREME_MW, Z_WAY, Z_MEAN_MW, Z_AT_S, Z_TURNS, Z_RATING_MW, Z_LOAD_LOW_MW, Z_LOAD_HIGH_MW = range(8)
NSWING = 8

# codes
(
    UPS_LEFT, UPS_BACK, UPS_LOCKED, UPS_EMPTY, RACKS_DARK, RACKS_BACK, JOB_FAILED, BUS_STATUS, OPENED, CLOSED, UNHELD,
    RELAY, DIVERGED, NOT_FINITE, REASON,
) = range(15)  # fmt: skip

# Relays at the point of connection, slower than any ride-through curve asks: assumption
BELOW_PU, BELOW_S, LOW_PU, LOW_S, HIGH_PU, HIGH_S, OFF_FRAC, OFF_S = 0.5, 3.0, 0.8, 10.0, 1.25, 1.0, 0.06, 2.0
SWING = 0.03  # of the rating: less is no swing
# a turn of this share of the mean of the last ten or so: nothing dies away, but for beats
KEPT, FORGET = 0.6, 0.1
MOST_TURNS = 14.0
SLOWEST_S = 5.0  # between two turns
QUIET_S = 30.0  # a loop that is at its end is noted again after so long


@njit(cache=True, error_model="numpy", forceinline=True)
def watch(t_s, step_s, busy, parts, moving):
    """Look at the state after a step and note what changed; stops the run where nothing sensible can follow.

    `busy` > 0 where a supply or a rack group is not as usual.
    """
    memory, notes, supplies, jobs, swings = moving.watch
    bus = moving.network.bus
    if not (
        math.isfinite(bus[net.VOLT_PU])
        and math.isfinite(bus[net.GRID_MW])
        and math.isfinite(bus[net.FREQ_HZ])
    ):
        _note(memory, notes, t_s, NOT_FINITE, 0.0, 0.0)
        memory[W_STOP] = 1.0
        return
    if busy > 0.0 or memory[W_BUSY] > 0.0:
        _supplies(t_s, parts, moving.chain, memory, notes, supplies)
        memory[W_BUSY] = busy
    for j in range(jobs.shape[0]):
        failures = moving.load.job[load.FAILURES, j]
        if failures > jobs[j]:
            _note(memory, notes, t_s, JOB_FAILED, float(j), failures)
        jobs[j] = failures
    if bus[net.STATUS] != memory[W_STATUS]:
        _note(memory, notes, t_s, BUS_STATUS, bus[net.STATUS], bus[net.VOLT_PU])
        memory[W_STATUS] = bus[net.STATUS]
    if bus[net.CLOSED] != memory[W_CLOSED]:
        _note(memory, notes, t_s, CLOSED if bus[net.CLOSED] > 0.5 else OPENED, 0.0, bus[net.FREQ_HZ])
        memory[W_CLOSED] = bus[net.CLOSED]
    if bus[net.CLOSED] > 0.5:
        _relays(t_s, step_s, parts.network.feeder[net.NOMINAL_HZ], memory, notes, bus)
    if parts.ems[em.LOOPED] > 0.5 and moving.memory[em.HELD] < 0.5 and bus[net.CLOSED] > 0.5:
        if t_s - memory[W_UNHELD_S] > QUIET_S:
            _note(memory, notes, t_s, UNHELD, 0.0, moving.memory[em.ACTIVE_REFERENCE_MW])
        memory[W_UNHELD_S] = t_s
    if moving.boxes[4][1] != memory[W_REASON]:
        memory[W_REASON] = moving.boxes[4][1]
        _note(memory, notes, t_s, REASON, memory[W_REASON], moving.memory[em.BASE_MW])
    _swings(t_s, moving, memory, notes, swings)


@njit(cache=True, error_model="numpy", forceinline=True)
def _note(memory, notes, t_s, code, place, value):
    """One line, where there is room; those beyond are counted."""
    n = int(memory[W_NOTES])
    if n < notes.shape[1]:
        notes[N_TIME_S, n], notes[N_CODE, n], notes[N_PLACE, n], notes[N_VALUE, n] = t_s, code, place, value
    memory[W_NOTES] += 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _supplies(t_s, parts, chain, memory, notes, supplies):
    """Uninterruptible supplies that left or came back, and racks without power."""
    dark = 0.0
    for u in range(supplies.shape[1]):
        supplies[U_OFF, u] = supplies[U_LOCKED, u] = supplies[U_EMPTY, u] = 0.0
    for g in range(parts.group_ups.shape[0]):
        if chain[SUPPLY_MODE, g] == DARK:
            dark += 1.0
        u = parts.group_ups[g]
        if u >= 0 and chain[UPS_MODE, g] != ON_GRID:
            supplies[U_OFF, u] += 1.0
            supplies[U_LOCKED, u] += 1.0 if chain[LOCK_S, g] > 0.0 else 0.0
            supplies[U_EMPTY, u] += 1.0 if chain[UPS_MODE, g] == EMPTY else 0.0
    for u in range(supplies.shape[1]):
        off, was = supplies[U_OFF, u], supplies[U_WAS_OFF, u]
        if off > 0.0 and was == 0.0:
            _note(memory, notes, t_s, UPS_LEFT, float(u), off)
        if off == 0.0 and was > 0.0:
            _note(memory, notes, t_s, UPS_BACK, float(u), 0.0)
        if supplies[U_LOCKED, u] > 0.0 and supplies[U_WAS_LOCKED, u] == 0.0:
            _note(memory, notes, t_s, UPS_LOCKED, float(u), supplies[U_LOCKED, u])
        if supplies[U_EMPTY, u] > 0.0 and supplies[U_WAS_EMPTY, u] == 0.0:
            _note(memory, notes, t_s, UPS_EMPTY, float(u), supplies[U_EMPTY, u])
        supplies[U_WAS_OFF, u], supplies[U_WAS_LOCKED, u] = off, supplies[U_LOCKED, u]
        supplies[U_WAS_EMPTY, u] = supplies[U_EMPTY, u]
    if dark > 0.0 and memory[W_DARK] == 0.0:
        _note(memory, notes, t_s, RACKS_DARK, 0.0, dark)
    if dark == 0.0 and memory[W_DARK] > 0.0:
        _note(memory, notes, t_s, RACKS_BACK, 0.0, 0.0)
    memory[W_DARK] = dark


@njit(cache=True, error_model="numpy", forceinline=True)
def _relays(t_s, step_s, nominal_hz, memory, notes, bus):
    """Voltage or frequency outside for too long: the breaker opens."""
    volt, off = bus[net.VOLT_PU], abs(bus[net.FREQ_HZ] - nominal_hz) / nominal_hz
    for r in range(NRELAY):
        if r == 0:
            sees, most_s = volt < BELOW_PU, BELOW_S
        elif r == 1:
            sees, most_s = volt < LOW_PU, LOW_S
        elif r == 2:
            sees, most_s = volt > HIGH_PU, HIGH_S
        else:
            sees, most_s = off > OFF_FRAC, OFF_S
        memory[W_RELAY + r] = memory[W_RELAY + r] + step_s if sees else 0.0
        if memory[W_RELAY + r] >= most_s and bus[net.CLOSE_ORDER] > 0.5:
            _note(memory, notes, t_s, RELAY, float(r), volt)
            bus[net.CLOSE_ORDER] = 0.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _swings(t_s, moving, memory, notes, swings):
    """Turns of the power of every converter and genset."""
    inverters, gensets = moving.network.inverters, moving.network.gensets
    load_mw, count = moving.network.bus[net.LOAD_MW], inverters.shape[1]
    for z in range(swings.shape[1]):
        power = inverters[inv.POWER_MW, z] if z < count else gensets[gen.G_MW, z - count]
        _turn(t_s, power, load_mw, swings, z)
        if swings[Z_TURNS, z] >= MOST_TURNS:
            _note(memory, notes, t_s, DIVERGED, float(z), swings[Z_MEAN_MW, z])
            memory[W_STOP] = 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _turn(t_s, power_mw, load_mw, swings, z):
    """Follow one power; count its turns that do not die away and that the load does not explain."""
    swings[Z_LOAD_LOW_MW, z] = min(swings[Z_LOAD_LOW_MW, z], load_mw)
    swings[Z_LOAD_HIGH_MW, z] = max(swings[Z_LOAD_HIGH_MW, z], load_mw)
    extreme, way = swings[Z_EXTREME_MW, z], swings[Z_WAY, z]
    if (power_mw - extreme) * way >= 0.0 and way != 0.0:
        swings[Z_EXTREME_MW, z] = power_mw
        return
    back = abs(power_mw - extreme)
    if back < SWING * swings[Z_RATING_MW, z]:
        return
    explained = 2.0 * (swings[Z_LOAD_HIGH_MW, z] - swings[Z_LOAD_LOW_MW, z]) >= back
    lasting = back >= KEPT * swings[Z_MEAN_MW, z] and t_s - swings[Z_AT_S, z] <= SLOWEST_S and not explained
    swings[Z_TURNS, z] = swings[Z_TURNS, z] + 1.0 if lasting else 0.0
    swings[Z_MEAN_MW, z] += (FORGET if lasting else 1.0) * (back - swings[Z_MEAN_MW, z])
    swings[Z_AT_S, z] = t_s
    swings[Z_EXTREME_MW, z], swings[Z_WAY, z] = power_mw, 1.0 if power_mw > extreme else -1.0
    swings[Z_LOAD_LOW_MW, z] = swings[Z_LOAD_HIGH_MW, z] = load_mw
