"""The bus of the campus behind the impedance of its grid: one step of all that stands on it, and its voltage.

Needs    physics.kernel: inverter, genset, borrow.
Gives    Network, NetworkState, advance_network, run_network, solve_load; rows of the feeder and of the bus; how a step
         ended.
Used by  twin, physics.chain; physics.chain.feeder says what the numbers mean and where they come from.

Everything but the load is a source with an admittance, so that the network is one source behind one impedance and the
voltage at a load of constant power is the root of a quadratic. Below 0.7 pu, or where that has no root, the load is an
impedance that would draw its power at the voltage of the step before. All in MW, MVA and pu of voltage.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.genset import G_CLOSED, G_MVAR, G_MW, genset_meets, genset_step
from wattstack.physics.kernel.inverter import (
    ANGLE_RAD,
    CURRENT_PU,
    EMF_PU,
    FORMS,
    LIMITED,
    OFF,
    POWER_MVAR,
    POWER_MW,
    REACTANCE_PU,
    SOFTER,
    TWO_PI,
    follow_angle,
    inverter_meets,
    inverter_step,
    wrapped,
)

# feeder[FIELD]
R_PER_MVA, X_PER_MVA, NOMINAL_HZ = range(3)
NFEEDER = 3
# bus[FIELD]. Written by who drives it: voltage and frequency of the grid behind its impedance, an angle to jump by
# (taken once), whether the connection shall be closed. GRID_MW > 0 is drawn from the grid.
(
    GRID_PU, GRID_HZ, JUMP_RAD, CLOSE_ORDER, CLOSED, GRID_RAD, VOLT_PU, BUS_RAD, FREQ_HZ, METER_RAD,
    METER_RAD_PER_S, LAST_RAD, GRID_MW, GRID_MVAR, LOAD_MW, LOAD_MVAR, SET_SPEED_PU, ADDED_PU, STATUS,
) = range(19)  # fmt: skip
NBUS = 19
# values of bus[STATUS]: how a step ended
WELL, LOW, COLLAPSED, DEAD, OUT_OF_STEP, HIGH = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0

CONSTANT_ABOVE_PU = 0.7  # loads of constant power become impedances below, usual in stability studies
# sources above this that cannot carry the load: the voltage has collapsed, it was not pulled down
HEALTHY_PU = 0.8
METER_S = 0.02  # time constant of the loop that measures frequency at the bus: one cycle, assumption
SLIPPED_RAD = 2.5  # a forming converter or genset so far from the bus has fallen out of step
# Closing onto the grid: IEEE 1547-2018 table 5 allows 0.1 Hz, 3 % and 10 degrees above 1.5 MVA; the angle is brought
# nearer to nothing, for 10 degrees would throw a converter of 0.15 pu to its limit: assumption
CLOSE_HZ, CLOSE_PU, CLOSE_RAD = 0.1, 0.03, np.radians(1.0)
MATCH_PER_S = 0.5  # slip towards the grid's angle, cycles a second for a cycle: assumption
MOST_SLIP_HZ = 0.08
# time constant with which the island is brought to the frequency and voltage of the grid, assumption
MATCH_S = 0.5
MOST_SHIFT_PU = 0.1
FORGET_S = 5.0  # after closing, what the island was shifted by fades, assumption
# arresters and saturated transformers hold the voltage here and burn what is too much, assumption
MOST_PU = 1.5
MOST_SOFTER = 100.0
ROUNDS = 8


class Network(NamedTuple):
    """Constants of what stands on the bus.

    Attributes:
        feeder: Impedance of the grid and nominal frequency, (NFEEDER,).
        inverters: Rows of physics.kernel.inverter, (NINVERTER_CONST, ni).
        gensets: Rows of physics.kernel.genset, (NGENSET_CONST, ng).
    """

    feeder: np.ndarray
    inverters: np.ndarray
    gensets: np.ndarray


class NetworkState(NamedTuple):
    """State of the bus and of what stands on it, and what is asked of it.

    Attributes:
        bus: (NBUS,).
        inverters: (NINVERTER_STATE, ni).
        gensets: (NGENSET_STATE, ng).
        inverter_orders: Written before each step, (NORDER, ni).
        genset_orders: Written before each step, (NGENSET_ORDER, ng).
    """

    bus: np.ndarray
    inverters: np.ndarray
    gensets: np.ndarray
    inverter_orders: np.ndarray
    genset_orders: np.ndarray


@njit(cache=True, error_model="numpy")
def advance_network(network, state, load_mw, load_mvar, step_s):
    """Move the bus and its sources one step on, in place; returns how the step ended (WELL, LOW, ...).

    Args:
        network: Constants.
        state: Changed; its orders and the grid's rows of `bus` are read.
        load_mw, load_mvar: What all loads ask, less what runs beside without control (solar) [MW, Mvar].
        step_s: Length of the step [s], > 0.
    """
    return _advance(borrowed(network), borrowed(state), load_mw, load_mvar, step_s)


@njit(cache=True, error_model="numpy", forceinline=True)
def _advance(network, state, load_mw, load_mvar, step_s):
    """advance_network on borrowed arrays."""
    feeder, bus = network.feeder, state.bus
    nominal = feeder[NOMINAL_HZ]
    bus[GRID_RAD] = wrapped(bus[GRID_RAD] + bus[JUMP_RAD] + TWO_PI * (bus[GRID_HZ] - nominal) * step_s)
    bus[JUMP_RAD] = 0.0
    _switch(feeder, bus, step_s)
    seen = (
        bus[VOLT_PU], bus[BUS_RAD], bus[METER_RAD_PER_S] / (TWO_PI * nominal), nominal, bus[SET_SPEED_PU],
        bus[ADDED_PU],
    )  # fmt: skip
    for i in range(state.inverters.shape[1]):
        inverter_step(i, network.inverters, state.inverter_orders, state.inverters, seen, step_s)
    for i in range(state.gensets.shape[1]):
        genset_step(i, network.gensets, state.genset_orders, state.gensets, seen, step_s)
    status = _settle(network, state, load_mw, load_mvar)
    _measure(bus, nominal, step_s)
    bus[STATUS] = status
    return status


@njit(cache=True, error_model="numpy", forceinline=True)
def _switch(feeder, bus, step_s):
    """Open or close the connection; an island that shall close is brought to frequency, angle and voltage first."""
    if bus[CLOSE_ORDER] < 0.5:
        bus[CLOSED] = 0.0
        return
    if bus[CLOSED] > 0.5:
        if bus[SET_SPEED_PU] != 0.0 or bus[ADDED_PU] != 0.0:
            kept = np.exp(-step_s / FORGET_S)
            bus[SET_SPEED_PU] *= kept
            bus[ADDED_PU] *= kept
        return
    if bus[VOLT_PU] < 0.1:
        bus[CLOSED] = 1.0
        return
    if bus[GRID_PU] < 0.9:
        return
    behind = wrapped(bus[GRID_RAD] - bus[BUS_RAD])
    slip_hz = bus[FREQ_HZ] - bus[GRID_HZ]
    missing = bus[GRID_PU] - bus[VOLT_PU]
    if abs(behind) < CLOSE_RAD and abs(slip_hz) < CLOSE_HZ and abs(missing) < CLOSE_PU:
        bus[CLOSED] = 1.0
        return
    aim_hz = min(max(MATCH_PER_S * behind / TWO_PI, -MOST_SLIP_HZ), MOST_SLIP_HZ)
    share = step_s / MATCH_S
    shifted = bus[SET_SPEED_PU] + share * (aim_hz - slip_hz) / feeder[NOMINAL_HZ]
    bus[SET_SPEED_PU] = min(max(shifted, -MOST_SHIFT_PU), MOST_SHIFT_PU)
    bus[ADDED_PU] = min(max(bus[ADDED_PU] + share * missing, -MOST_SHIFT_PU), MOST_SHIFT_PU)


@njit(cache=True, error_model="numpy", forceinline=True)
def _settle(network, state, load_mw, load_mvar):
    """Voltage of the bus, and what each source gives at it; currents above a limit are held by a greater reactance."""
    bus, inv, istate = state.bus, network.inverters, state.inverters
    before = bus[VOLT_PU]
    grid = network.feeder
    z2 = grid[R_PER_MVA] ** 2 + grid[X_PER_MVA] ** 2
    status, v_re, v_im = DEAD, 0.0, 0.0
    for turn in range(ROUNDS):
        g = b = j_re = j_im = 0.0
        if bus[CLOSED] > 0.5:
            g, b = grid[R_PER_MVA] / z2, -grid[X_PER_MVA] / z2
            e_re, e_im = bus[GRID_PU] * np.cos(bus[GRID_RAD]), bus[GRID_PU] * np.sin(bus[GRID_RAD])
            j_re, j_im = g * e_re - b * e_im, g * e_im + b * e_re
        for i in range(inv.shape[1]):
            y, more_re, more_im = inverter_meets(i, inv, istate)
            b, j_re, j_im = b - y, j_re + more_re, j_im + more_im
        for i in range(state.gensets.shape[1]):
            y, more_re, more_im = genset_meets(i, network.gensets, state.gensets)
            b, j_re, j_im = b - y, j_re + more_re, j_im + more_im
        status, v_re, v_im = solve_load(g, b, j_re, j_im, load_mw, load_mvar, before)
        if turn == ROUNDS - 1 or not _limit(inv, istate, v_re, v_im):
            break
    high = np.sqrt(v_re * v_re + v_im * v_im) / MOST_PU
    if high > 1.0:
        status, v_re, v_im = HIGH, v_re / high, v_im / high
    _share_out(network, state, v_re, v_im)
    if status != DEAD:
        status = _in_step(network, state, status)
    return status


@njit(cache=True, error_model="numpy", forceinline=True)
def solve_load(g, b, j_re, j_im, load_mw, load_mvar, before_pu):
    """Voltage (status, real, imaginary) of a load P + jQ on sources of admittance g + jb and shorted current j.

    V^4 + V^2 (2 (R P + X Q) - E^2) + (R^2 + X^2)(P^2 + Q^2) = 0, greater root; with E, R + jX of all sources together.
    """
    y2 = g * g + b * b
    if y2 <= 0.0:
        return DEAD, 0.0, 0.0
    r, x = g / y2, -b / y2
    e_re, e_im = r * j_re - x * j_im, r * j_im + x * j_re
    e2 = e_re * e_re + e_im * e_im
    if e2 < 1e-8:
        return DEAD, 0.0, 0.0
    along, across = r * load_mw + x * load_mvar, x * load_mw - r * load_mvar
    half = 0.5 * e2 - along
    root = half * half - (along * along + across * across)
    if root >= 0.0:
        v2 = half + np.sqrt(root)
        if v2 >= CONSTANT_ABOVE_PU * CONSTANT_ABOVE_PU:
            # V = E V^2 / (V^2 + along + j across)
            d_re, d_im = v2 + along, across
            scale = v2 / (d_re * d_re + d_im * d_im)
            return WELL, scale * (e_re * d_re + e_im * d_im), scale * (e_im * d_re - e_re * d_im)
    seen = max(before_pu, 0.05)
    drawn = max(load_mw, 0.0)  # what runs beside without control stops giving at such voltages, assumption
    y_re, y_im = g + drawn / (seen * seen), b - load_mvar / (seen * seen)
    scale = 1.0 / (y_re * y_re + y_im * y_im)
    status = COLLAPSED if root < 0.0 and e2 >= HEALTHY_PU * HEALTHY_PU else LOW
    return status, scale * (j_re * y_re + j_im * y_im), scale * (j_im * y_re - j_re * y_im)


@njit(cache=True, error_model="numpy", forceinline=True)
def _limit(inv, istate, v_re, v_im):
    """Make forming converters softer whose current is above their limit, stiffer where it was; whether any changed."""
    changed = False
    for i in range(inv.shape[1]):
        if inv[FORMS, i] > 0.5 and istate[OFF, i] < 0.5:
            d_re = istate[EMF_PU, i] * np.cos(istate[ANGLE_RAD, i]) - v_re
            d_im = istate[EMF_PU, i] * np.sin(istate[ANGLE_RAD, i]) - v_im
            needed = np.sqrt(d_re * d_re + d_im * d_im) / (inv[REACTANCE_PU, i] * inv[CURRENT_PU, i])
            softer = min(max(needed, 1.0), MOST_SOFTER)
            istate[LIMITED, i] = 1.0 if softer > 1.0 else 0.0
            if abs(softer - istate[SOFTER, i]) > 1e-3 * softer:
                changed = True
                istate[SOFTER, i] = softer
    return changed


@njit(cache=True, error_model="numpy", forceinline=True)
def _share_out(network, state, v_re, v_im):
    """Power of each source at the voltage found, and the load as it was drawn: they sum to nothing."""
    bus, grid = state.bus, network.feeder
    v2 = v_re * v_re + v_im * v_im
    bus[VOLT_PU] = np.sqrt(v2)
    if v2 > 0.0:
        bus[BUS_RAD] = np.arctan2(v_im, v_re)
    given_mw = given_mvar = 0.0
    for i in range(network.inverters.shape[1]):
        y, j_re, j_im = inverter_meets(i, network.inverters, state.inverters)
        state.inverters[POWER_MW, i] = v_re * j_re + v_im * j_im
        state.inverters[POWER_MVAR, i] = v_im * j_re - v_re * j_im - y * v2
        given_mw += state.inverters[POWER_MW, i]
        given_mvar += state.inverters[POWER_MVAR, i]
    for i in range(network.gensets.shape[1]):
        y, j_re, j_im = genset_meets(i, network.gensets, state.gensets)
        state.gensets[G_MW, i] = v_re * j_re + v_im * j_im
        state.gensets[G_MVAR, i] = v_im * j_re - v_re * j_im - y * v2
        given_mw += state.gensets[G_MW, i]
        given_mvar += state.gensets[G_MVAR, i]
    bus[GRID_MW] = bus[GRID_MVAR] = 0.0
    if bus[CLOSED] > 0.5:
        z2 = grid[R_PER_MVA] ** 2 + grid[X_PER_MVA] ** 2
        g, b = grid[R_PER_MVA] / z2, -grid[X_PER_MVA] / z2
        d_re = bus[GRID_PU] * np.cos(bus[GRID_RAD]) - v_re
        d_im = bus[GRID_PU] * np.sin(bus[GRID_RAD]) - v_im
        i_re, i_im = g * d_re - b * d_im, g * d_im + b * d_re
        bus[GRID_MW] = v_re * i_re + v_im * i_im
        bus[GRID_MVAR] = v_im * i_re - v_re * i_im
    bus[LOAD_MW] = bus[GRID_MW] + given_mw
    bus[LOAD_MVAR] = bus[GRID_MVAR] + given_mvar


@njit(cache=True, error_model="numpy", forceinline=True)
def _in_step(network, state, status):
    """Whether a source has fallen out of step with the bus."""
    for i in range(network.inverters.shape[1]):
        away = abs(wrapped(state.inverters[ANGLE_RAD, i] - state.bus[BUS_RAD]))
        if network.inverters[FORMS, i] > 0.5 and state.inverters[OFF, i] < 0.5 and away > SLIPPED_RAD:
            return OUT_OF_STEP
    for i in range(network.gensets.shape[1]):
        if (
            state.gensets[G_CLOSED, i] > 0.5
            and abs(wrapped(state.gensets[1, i] - state.bus[BUS_RAD])) > SLIPPED_RAD
        ):
            return OUT_OF_STEP
    return status


@njit(cache=True, error_model="numpy", forceinline=True)
def _measure(bus, nominal_hz, step_s):
    """Frequency as a meter at the bus sees it; without voltage it goes on with the last."""
    if bus[VOLT_PU] < 0.1:
        bus[METER_RAD] = wrapped(bus[METER_RAD] + bus[METER_RAD_PER_S] * step_s)
        bus[LAST_RAD] = bus[METER_RAD]
        return
    bus[METER_RAD], bus[METER_RAD_PER_S] = follow_angle(
        bus[METER_RAD], bus[METER_RAD_PER_S], bus[LAST_RAD], bus[BUS_RAD], METER_S, step_s
    )
    bus[LAST_RAD] = bus[BUS_RAD]
    bus[FREQ_HZ] = nominal_hz + bus[METER_RAD_PER_S] / TWO_PI


@njit(cache=True, error_model="numpy")
def run_network(network, state, load_mw, load_mvar, drive, step_s, records):
    """advance_network over arrays (steps,); drive (steps, 4): rows of the grid, NaN = as they are."""
    bus, inverters, sets = records
    for k in range(load_mw.shape[0]):
        for row in range(4):
            if not np.isnan(drive[k, row]):
                state.bus[row] = drive[k, row]
        advance_network(network, state, load_mw[k], load_mvar[k], step_s)
        bus[:, k] = state.bus
        inverters[0, :, k] = state.inverters[POWER_MW]
        inverters[1, :, k] = state.inverters[POWER_MVAR]
        sets[:, k] = state.gensets[G_MW]
