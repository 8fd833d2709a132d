"""The fast loop as a compiled pure function: the power drawn from the grid follows the load slowly.

Gives    smooth, disturbed, answer, target; columns of its parameters and of its row.
Used by  twin (in the loop of milliseconds), control.smooth (on the image of a live site), prove: the same function.

The reference is the power that is to be drawn at the point of connection. It moves towards what the load is, what the
plan asks of the battery and what brings the store back to its target, with a time constant and never faster than the
ramp. The battery is the difference. Where the battery cannot be that difference the reference goes where the
grid really is, at once: it never promises what nobody can keep. Through a fault of voltage or frequency it stands:
supplies leave and come back within seconds, and what was drawn before is to be drawn again, not at the ramp.
"""

from __future__ import annotations

import math

from numba import njit

# params[COLUMN]
P_RAMP_MW_PER_S, P_CORNER_S, P_RECENTRE_S = range(3)  # ramp: inf for none
NPARAM = 3

# row[FIELD], measured values
(
    STEP_S,  # until the next reference
    LOAD_MW,  # everything drawn but the batteries, less sun and generators
    BASE_MW,  # what rules and plan ask of the batteries, > 0 into the bus
    STORED_MWH,  # usable, in the batteries that smooth
    TARGET_MWH,  # stored energy it returns to
    ENERGY_MWH,  # usable capacity
    RESERVE_MWH,  # floor under the stored energy
    CHARGE_EFF,
    DISCHARGE_EFF,
    CAN_CHARGE_MW,
    CAN_DISCHARGE_MW,
    IMPORT_LIMIT_MW,
    DISTURBED,  # 1 during a fault of the grid and for fault_hold_s after it
) = range(13)
NROW = 13

HOUR_S = 3600.0
# Outside is a fault: ERCOT NOGRR 282 runs on at 0.90-1.10 pu; 1 % of frequency lies inside its 58.8-61.2 Hz.
LEAST_PU, MOST_PU, FREQUENCY_FRAC = 0.9, 1.1, 0.01


@njit(cache=True, error_model="numpy")
def smooth(params, row, reference_mw):
    """Reference and setpoint of the coming period; nothing is changed.

    Args:
        params: float64[NPARAM].
        row: float64[NROW], as measured.
        reference_mw: The last reference [MW drawn]; NaN where there was none.

    Returns:
        reference_mw: Power to be drawn [MW], the state to bring along next time.
        setpoint_mw: Of all batteries together, > 0 into the bus.
        held: Whether the batteries could be the difference (1.0, else 0.0).
    """
    load, ramp, step_s = row[LOAD_MW], params[P_RAMP_MW_PER_S], row[STEP_S]
    charge, discharge = _room(row)
    if row[DISTURBED] > 0.5 and not math.isnan(reference_mw):
        wanted = load - reference_mw
        setpoint = min(max(wanted, -charge), discharge)
        return reference_mw, setpoint, 1.0 if setpoint == wanted else 0.0
    goal = load - row[BASE_MW] + _recentre(row, ramp, params[P_RECENTRE_S])
    goal = min(goal, row[IMPORT_LIMIT_MW])
    new = reference_mw
    if math.isnan(reference_mw):  # nothing to follow from: as the load is
        new = load - row[BASE_MW]
    else:
        move = (goal - new) * (1.0 - math.exp(-step_s / params[P_CORNER_S]))
        new += min(max(move, -ramp * step_s), ramp * step_s)
    new = min(new, row[IMPORT_LIMIT_MW])  # what may not be drawn is not drawn, ramp or not
    wanted = load - new
    setpoint = min(max(wanted, -charge), discharge)
    held = setpoint == wanted
    return new if held else load - setpoint, setpoint, 1.0 if held else 0.0


@njit(cache=True, error_model="numpy")
def disturbed(volt_pu, freq_hz, nominal_hz):
    """Whether voltage or frequency are those of a fault (1.0, else 0.0)."""
    well = LEAST_PU <= volt_pu <= MOST_PU and abs(freq_hz - nominal_hz) <= FREQUENCY_FRAC * nominal_hz
    return 0.0 if well else 1.0


@njit(cache=True, error_model="numpy")
def answer(load_mw, reference_mw, charge_mw, discharge_mw):
    """What a converter gives that measures the load itself and holds the reference [MW into the bus]."""
    return min(max(load_mw - reference_mw, -charge_mw), discharge_mw)


@njit(cache=True, error_model="numpy")
def target(energy_mwh, reserve_mwh, target_frac):
    """Stored energy to return to [MWh]: a share of what the reserve leaves of the usable energy, above the reserve."""
    held = min(reserve_mwh, energy_mwh)
    return held + target_frac * (energy_mwh - held)


@njit(cache=True, error_model="numpy")
def _room(row):
    """What the batteries can take and give for a period, by power and by energy [MW]; the reserve is not given."""
    step_h = row[STEP_S] / HOUR_S
    fits_mw = max(row[ENERGY_MWH] - row[STORED_MWH], 0.0) / (row[CHARGE_EFF] * step_h)
    there_mw = max(row[STORED_MWH] - row[RESERVE_MWH], 0.0) * row[DISCHARGE_EFF] / step_h
    return min(row[CAN_CHARGE_MW], fits_mw), min(row[CAN_DISCHARGE_MW], there_mw)


@njit(cache=True, error_model="numpy")
def _recentre(row, ramp_mw_per_s, recentre_s):
    """Power that brings the store back [MW drawn]: in proportion, and never more than the ramp can take back in time.

    From x MW the ramp r needs x / r to come to rest and moves x^2 / 2r meanwhile: with x <= sqrt(r x missing energy)
    half of what is missing is left for it, so that the store does not run past its target.
    """
    missing_mwh = row[TARGET_MWH] - row[STORED_MWH]
    size = min(abs(missing_mwh) * HOUR_S / recentre_s, math.sqrt(abs(missing_mwh) * HOUR_S * ramp_mw_per_s))
    return math.copysign(size, missing_mwh)
