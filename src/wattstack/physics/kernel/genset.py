"""A synchronous generator behind an engine, within milliseconds: governor, engine lag, inertia, voltage.

Needs    physics.kernel.inverter (wrapped).
Gives    genset_step, genset_meets; rows of constants, orders and state.
Used by  physics.kernel.feeder; physics.chain.genset says what the numbers mean and where they come from.

Classical model: a voltage behind the transient reactance, its angle moved by the swing equation. When a unit starts is
physics.kernel.generator's; here it is on the bus or not. Power > 0 is given to the bus.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel.inverter import TWO_PI, wrapped

# const[FIELD, genset]
(
    G_RATING_MVA, G_POWER_MW, G_DROOP, G_GOVERNOR_S, G_ENGINE_S, G_INERTIA_S, G_DAMPING, G_REACTANCE_PU,
    G_VOLT_DROOP, G_AVR_S,
) = range(10)  # fmt: skip
NGENSET_CONST = 10
# orders[FIELD, genset]: on the bus or not, power asked at nominal frequency
G_ON, G_ASK_MW = range(2)
NGENSET_ORDER = 2
# state[FIELD, genset]
G_CLOSED, G_ANGLE_RAD, G_SPEED_PU, G_VALVE_MW, G_ENGINE_MW, G_EMF_PU, G_SET_PU, G_MW, G_MVAR = range(9)
NGENSET_STATE = 9


@njit(cache=True, error_model="numpy", forceinline=True)
def genset_step(i, const, orders, state, bus, step_s):
    """Move genset `i` one step on; `bus` as of inverter_step. It closes in step with the bus, or on a dead one."""
    if orders[G_ON, i] < 0.5:
        for row in range(state.shape[0]):
            state[row, i] = 0.0
        return
    volt, angle, bus_speed, nominal_hz, set_speed, added = bus
    if state[G_CLOSED, i] < 0.5:
        dead = volt < 0.1
        state[G_CLOSED, i] = 1.0
        state[G_ANGLE_RAD, i] = 0.0 if dead else angle
        state[G_SPEED_PU, i] = 0.0 if dead else bus_speed
        state[G_EMF_PU, i] = state[G_SET_PU, i] = 1.0 if dead else volt
    rating, damp = const[G_RATING_MVA, i], const[G_DAMPING, i]
    speed = state[G_SPEED_PU, i]
    order = orders[G_ASK_MW, i] + (set_speed - speed) / const[G_DROOP, i] * const[G_POWER_MW, i]
    order = min(max(order, 0.0), const[G_POWER_MW, i])
    state[G_VALVE_MW, i] += _share(const[G_GOVERNOR_S, i], step_s) * (order - state[G_VALVE_MW, i])
    state[G_ENGINE_MW, i] += _share(const[G_ENGINE_S, i], step_s) * (
        state[G_VALVE_MW, i] - state[G_ENGINE_MW, i]
    )
    inertia = 2.0 * const[G_INERTIA_S, i]
    surplus = (state[G_ENGINE_MW, i] - state[G_MW, i]) / rating
    x = step_s * damp / inertia
    kept = np.exp(-x)
    held = (1.0 - kept) / x if x > 1e-12 else 1.0
    speed = bus_speed + (speed - bus_speed) * kept + surplus * step_s / inertia * held
    state[G_SPEED_PU, i] = speed
    state[G_ANGLE_RAD, i] = wrapped(state[G_ANGLE_RAD, i] + TWO_PI * nominal_hz * speed * step_s)
    emf = state[G_SET_PU, i] + added - const[G_VOLT_DROOP, i] * state[G_MVAR, i] / rating
    state[G_EMF_PU, i] += _share(const[G_AVR_S, i], step_s) * (emf - state[G_EMF_PU, i])


@njit(cache=True, error_model="numpy", forceinline=True)
def _share(tau_s, step_s):
    """Share of the way that a lag goes in a step."""
    return 1.0 - np.exp(-step_s / tau_s) if tau_s > 0.0 else 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def genset_meets(i, const, state):
    """What genset `i` is on the network, as of inverter_meets."""
    if state[G_CLOSED, i] < 0.5:
        return 0.0, 0.0, 0.0
    y = const[G_RATING_MVA, i] / const[G_REACTANCE_PU, i]
    angle = state[G_ANGLE_RAD, i]
    return y, y * state[G_EMF_PU, i] * np.sin(angle), -y * state[G_EMF_PU, i] * np.cos(angle)
