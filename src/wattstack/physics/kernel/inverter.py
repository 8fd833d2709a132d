"""A converter of a battery within milliseconds: following the voltage of the bus, or forming one.

Gives    inverter_step, inverter_meets, follow_angle, wrapped; rows of constants, orders and state.
Used by  physics.kernel.feeder; physics.chain.inverter says what the numbers mean and where they come from.

Angles stand in a frame that turns with the nominal frequency. A following converter is a current on the bus at the
angle of its phase-locked loop; a forming one is a voltage behind a reactance, its angle moved by a swing equation.
Power > 0 is given to the bus.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# const[FIELD, inverter]
(
    FORMS, RATING_MVA, POWER_LOOP_S, PLL_S, CURRENT_PU, REACTIVE_MVAR, DROOP, DEADBAND_HZ, INERTIA_S, DAMPING,
    VOLT_DROOP, REACTANCE_PU,
) = range(12)  # fmt: skip
NINVERTER_CONST = 12
# orders[FIELD, inverter]: asked, and what its battery can take and give now
ASK_MW, ASK_MVAR, CAN_CHARGE_MW, CAN_DISCHARGE_MW = range(4)
NORDER = 4
# state[FIELD, inverter]. ANGLE_RAD: of its current (following) or of its inner voltage (forming), at the end of the
# step; SPEED_PU: off nominal, of the same; LOOP_RAD: of the loop, one step behind; LAST_RAD: of the bus when the loop
# saw it; WANT_MW, WANT_MVAR: behind the power loop (following); EMF_PU: inner voltage, SET_PU what it is with no
# reactive power (forming); SOFTER: times its reactance that limits the current; SEEN_PU: voltage as a following one
# measures it; OFF: 1 = tripped
(
    ANGLE_RAD, SPEED_PU, LOOP_RAD, LAST_RAD, WANT_MW, WANT_MVAR, EMF_PU, SET_PU, SOFTER, POWER_MW, POWER_MVAR, LIMITED,
    SEEN_PU, OFF,
) = range(14)  # fmt: skip
NINVERTER_STATE = 14

SUPPORT_BELOW_PU = 0.9  # a following converter supports the voltage with current below,
SUPPORT = 2.0  # by so many times the missing voltage: k = 2 of VDE-AR-N 4120 (2018)
SEE_S = 0.005  # time constant with which a following converter measures the voltage, assumption
BLIND_PU = 0.1  # below this voltage a loop sees no angle and goes on with its last frequency, assumption
# pull on the angle of a forming converter beyond what its battery can, times the excess: assumption
HOLD_BACK = 10.0
TWO_PI = 2.0 * np.pi


@njit(cache=True, error_model="numpy", forceinline=True)
def wrapped(angle_rad):
    """The same angle in -pi .. pi."""
    return angle_rad - TWO_PI * np.floor(angle_rad / TWO_PI + 0.5)


@njit(cache=True, error_model="numpy", forceinline=True)
def follow_angle(angle_rad, speed_rad_per_s, last_rad, bus_rad, tau_s, step_s):
    """A phase-locked loop of second order, critically damped, one step: (angle, speed).

    Exact for a bus angle that moves evenly from `last_rad` to `bus_rad`: error e and speed z obey e' = w - z - 2 a e,
    z' = a^2 e with a = 1 / tau_s and w the speed of the bus.
    """
    if tau_s <= 0.0:
        return bus_rad, wrapped(bus_rad - last_rad) / step_s
    moved = wrapped(bus_rad - last_rad)
    a = 1.0 / tau_s
    error, off = wrapped(last_rad - angle_rad), speed_rad_per_s - moved / step_s
    kept = np.exp(-a * step_s)
    new_error = (error - (off + a * error) * step_s) * kept
    new_off = (off + a * (off + a * error) * step_s) * kept
    return wrapped(bus_rad - new_error), new_off + moved / step_s


@njit(cache=True, error_model="numpy", forceinline=True)
def inverter_step(i, const, orders, state, bus, step_s):
    """Move the control of converter `i` one step on.

    `bus` = (voltage [pu], angle [rad], its speed off nominal [pu], nominal frequency [Hz], speed set [pu], voltage
    added [pu]).
    """
    if state[OFF, i] > 0.5:  # it keeps in step with the bus, to come back without a shock
        state[ANGLE_RAD, i] = state[LOOP_RAD, i] = state[LAST_RAD, i] = bus[1]
        state[SPEED_PU, i], state[EMF_PU, i], state[SOFTER, i] = bus[2], bus[0], 1.0
        state[WANT_MW, i] = state[WANT_MVAR, i] = state[LIMITED, i] = 0.0
        state[SEEN_PU, i] = bus[0]
    elif const[FORMS, i] > 0.5:
        _form(i, const, orders, state, bus, step_s)
    else:
        _follow(i, const, orders, state, bus, step_s)


@njit(cache=True, error_model="numpy", forceinline=True)
def _follow(i, const, orders, state, bus, step_s):
    volt, angle, nominal_hz = bus[0], bus[1], bus[3]
    last, speed = state[LAST_RAD, i], state[SPEED_PU, i] * TWO_PI * nominal_hz
    if volt > BLIND_PU:
        state[LOOP_RAD, i], speed = follow_angle(
            state[LOOP_RAD, i], speed, last, angle, const[PLL_S, i], step_s
        )
        state[SPEED_PU, i] = speed / (TWO_PI * nominal_hz)
        state[LAST_RAD, i] = angle
    else:
        state[LOOP_RAD, i] = state[LAST_RAD, i] = wrapped(state[LOOP_RAD, i] + speed * step_s)
    state[ANGLE_RAD, i] = wrapped(state[LOOP_RAD, i] + speed * step_s)
    state[SEEN_PU, i] += (1.0 - np.exp(-step_s / SEE_S)) * (volt - state[SEEN_PU, i])
    off_hz = state[SPEED_PU, i] * nominal_hz
    beyond = max(off_hz - const[DEADBAND_HZ, i], 0.0) + min(off_hz + const[DEADBAND_HZ, i], 0.0)
    rating = const[RATING_MVA, i]
    ask = orders[ASK_MW, i] - beyond / nominal_hz / const[DROOP, i] * rating
    ask = min(max(ask, -rating, -orders[CAN_CHARGE_MW, i]), rating, orders[CAN_DISCHARGE_MW, i])
    most = const[REACTIVE_MVAR, i]
    ask_mvar = min(max(orders[ASK_MVAR, i], -most), most)
    tau = const[POWER_LOOP_S, i]
    share = 1.0 - np.exp(-step_s / tau) if tau > 0.0 else 1.0
    state[WANT_MW, i] += share * (ask - state[WANT_MW, i])
    state[WANT_MVAR, i] += share * (ask_mvar - state[WANT_MVAR, i])


@njit(cache=True, error_model="numpy", forceinline=True)
def _form(i, const, orders, state, bus, step_s):
    volt, bus_speed, nominal_hz, set_speed, added = bus[0], bus[2], bus[3], bus[4], bus[5]
    rating, power = const[RATING_MVA, i], state[POWER_MW, i]
    # more is not asked in a sag: the angle would run away, assumption
    carried = const[CURRENT_PU, i] * rating * volt
    ask = min(
        max(orders[ASK_MW, i], -orders[CAN_CHARGE_MW, i], -carried), orders[CAN_DISCHARGE_MW, i], carried
    )
    over = max(power - orders[CAN_DISCHARGE_MW, i], 0.0) + min(power + orders[CAN_CHARGE_MW, i], 0.0)
    stiff, damp = 1.0 / const[DROOP, i], const[DAMPING, i]
    pull = (ask - power - HOLD_BACK * over) / rating + stiff * set_speed + damp * bus_speed
    rest = pull / (stiff + damp)  # the speed it would settle at
    inertia = 2.0 * const[INERTIA_S, i]
    kept = np.exp(-step_s * (stiff + damp) / inertia) if inertia > 0.0 else 0.0
    speed = rest + (state[SPEED_PU, i] - rest) * kept
    state[SPEED_PU, i] = speed
    state[ANGLE_RAD, i] = wrapped(state[ANGLE_RAD, i] + TWO_PI * nominal_hz * speed * step_s)
    most = const[REACTIVE_MVAR, i]
    asked = min(max(orders[ASK_MVAR, i], -most), most)
    emf = state[SET_PU, i] + added + const[VOLT_DROOP, i] * (asked - state[POWER_MVAR, i]) / rating
    tau = const[POWER_LOOP_S, i]
    share = 1.0 - np.exp(-step_s / tau) if tau > 0.0 else 1.0
    state[EMF_PU, i] += share * (emf - state[EMF_PU, i])


@njit(cache=True, error_model="numpy", forceinline=True)
def inverter_meets(i, const, state):
    """What converter `i` is on the network: (inductive admittance [MVA/pu2], current real, imaginary [MVA/pu]).

    The current is that of its own source at the bus shorted: a Norton equivalent.
    """
    if state[OFF, i] > 0.5:
        return 0.0, 0.0, 0.0
    angle = state[ANGLE_RAD, i]
    c, s = np.cos(angle), np.sin(angle)
    if const[FORMS, i] > 0.5:
        y = const[RATING_MVA, i] / (const[REACTANCE_PU, i] * state[SOFTER, i])
        # emf / (jX) = y emf (sin - j cos)
        return y, y * state[EMF_PU, i] * s, -y * state[EMF_PU, i] * c
    most = const[CURRENT_PU, i] * const[RATING_MVA, i]
    volt = state[SEEN_PU, i]
    seen = max(volt, BLIND_PU)
    active, reactive = state[WANT_MW, i] / seen, state[WANT_MVAR, i] / seen
    if volt < SUPPORT_BELOW_PU:
        reactive += SUPPORT * (SUPPORT_BELOW_PU - volt) * const[RATING_MVA, i]
        reactive = min(max(reactive, -most), most)
        room = np.sqrt(max(most * most - reactive * reactive, 0.0))
        limited = abs(active) > room
        active = min(max(active, -room), room)
    else:
        limited = abs(active) > most
        active = min(max(active, -most), most)
        room = np.sqrt(max(most * most - active * active, 0.0))
        limited = limited or abs(reactive) > room
        reactive = min(max(reactive, -room), room)
    state[LIMITED, i] = 1.0 if limited else 0.0
    # I = (active - j reactive) at the angle of the loop: conj(S / V)
    return 0.0, active * c + reactive * s, active * s - reactive * c
