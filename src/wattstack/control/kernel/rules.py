"""Rules as compiled pure functions of one row: each narrows what the battery may do, the first in the list first.

Needs    control.kernel.rows.
Gives    decide, share.
Used by  twin (in its loop), control.rules (on the image of a live site): the same function.

A rule says "at least `low`, at most `high`" of the battery's power, positive into the bus. What stands is cut to
that; where the two do not meet, what stands first stands, and the nearest point of it to the rule is kept. What is
left at the end is taken at its point nearest to zero: a battery moves only for a reason.
"""

from __future__ import annotations

from numba import njit

from wattstack.control.kernel.rows import (
    BUY_PRICE_PER_MWH,
    CAN_CHARGE_MW,
    CAN_DISCHARGE_MW,
    CHARGE_BELOW_PER_MWH,
    DISCHARGE_ABOVE_PER_MWH,
    DISCHARGE_EFF,
    ENERGY_MWH,
    EXPORT_LIMIT_MW,
    FIXED_MW,
    GENERATOR_MW,
    GRID_ON,
    IDLE,
    IMPORT_LIMIT_MW,
    INTERVAL_LEFT_S,
    INTERVAL_MWH,
    INTERVAL_S,
    ISLAND,
    LAST_IMPORT_MW,
    LIMIT,
    LOAD_MW,
    P_FIRST,
    P_SECOND,
    PEAK,
    PEAK_MW,
    PLAN,
    PLAN_MW,
    POWER,
    RAMP,
    REFILL,
    RESERVE,
    RESERVE_MWH,
    ROOM_MWH,
    SELF_CONSUMPTION,
    SMOOTHING_MW,
    SOLAR_MW,
    STEP_S,
    STORED_ERROR_MWH,
    STORED_MWH,
    TIME_OF_USE,
)

FAR = 1e12  # MW: no bound


@njit(cache=True, error_model="numpy", forceinline=True)
def decide(kinds, params, row, out):
    """Battery power for the coming step [MW], > 0 into the bus, and why.

    `kinds` (rules,) in order of priority, `params` (rules, columns); `out` takes power, reason and whether two
    rules could not both be kept (1.0).
    """
    net = row[LOAD_MW] - row[SOLAR_MW] - row[GENERATOR_MW] - row[FIXED_MW]
    low, high = -row[CAN_CHARGE_MW], row[CAN_DISCHARGE_MW]
    why_low = why_high = POWER
    clash = 0.0
    if row[GRID_ON] < 0.5:  # an island: the battery carries what is left, whatever the rules
        power = min(max(net, low), high)
        out[0], out[1], out[2] = power, ISLAND, 0.0
        return
    for i in range(len(kinds)):
        kind = kinds[i]
        want_low, want_high = _wanted(kind, params[i], row, net, low, high)
        if want_low > high or want_high < low:
            clash = 1.0 if kind <= PEAK else clash
        new_low = min(max(low, want_low), high)
        new_high = max(min(high, want_high), new_low)
        if new_low > low:
            why_low = kind
        if new_high < high:
            why_high = kind
        low, high = new_low, new_high
    power = min(max(0.0, low), high)
    reason = why_low if power > 0.0 else why_high if power < 0.0 else IDLE
    out[0], out[1], out[2] = power, reason, clash


@njit(cache=True, error_model="numpy", forceinline=True)
def _wanted(kind, param, row, net, low, high):
    """What one rule asks of the battery's power: at least, at most."""
    if kind == LIMIT:
        return net - row[IMPORT_LIMIT_MW], net + row[EXPORT_LIMIT_MW]
    if kind == RESERVE:
        return _reserve(row, param)
    if kind == RAMP:
        most = param[P_FIRST] * row[STEP_S] / 60.0
        return net - row[LAST_IMPORT_MW] - most, net - row[LAST_IMPORT_MW] + most
    if kind == PEAK:
        return _peak(row, net)
    if kind == PLAN:
        power = min(row[PLAN_MW], max(net + row[EXPORT_LIMIT_MW], 0.0))
        return power, power
    if kind == TIME_OF_USE:
        return _time_of_use(row, net)
    if kind == SELF_CONSUMPTION:
        return net, net
    if kind == REFILL:
        if row[STORED_MWH] < param[P_FIRST] * row[ENERGY_MWH]:
            return -FAR, -param[P_SECOND] * row[CAN_CHARGE_MW]
        return -FAR, FAR
    return -FAR, FAR


@njit(cache=True, error_model="numpy", forceinline=True)
def _reserve(row, param):
    """What lies above the reserve may be given, what is free below the room taken, less the power kept for swings.

    What is missing is charged back at `param` of the power, what fills the room is given back at it.
    """
    step_h = row[STEP_S] / 3600.0
    most_taken, most_given = FAR, FAR
    if row[SMOOTHING_MW] > 0.0:
        most_taken = max(row[CAN_CHARGE_MW] - row[SMOOTHING_MW], 0.0)
        most_given = max(row[CAN_DISCHARGE_MW] - row[SMOOTHING_MW], 0.0)
    above_mwh = row[STORED_MWH] - row[STORED_ERROR_MWH] - row[RESERVE_MWH]
    if above_mwh < 0.0:
        back_mw = min(param[P_FIRST] * row[CAN_CHARGE_MW], -above_mwh / step_h, most_taken)
        return -most_taken, -back_mw
    most_given = min(most_given, above_mwh * row[DISCHARGE_EFF] * 3600.0 / row[STEP_S])
    if row[ROOM_MWH] > 0.0:
        free_mwh = row[ENERGY_MWH] - row[ROOM_MWH] - row[STORED_MWH]
        if free_mwh < 0.0:
            back_mw = min(param[P_FIRST] * row[CAN_DISCHARGE_MW], -free_mwh * row[DISCHARGE_EFF] / step_h)
            return min(back_mw, most_given), most_given
        most_taken = min(most_taken, free_mwh / step_h)
    return -most_taken, most_given


@njit(cache=True, error_model="numpy", forceinline=True)
def _peak(row, net):
    """Keep the mean of the open metering interval at the target; charge only below the target itself."""
    left_h = row[INTERVAL_LEFT_S] / 3600.0
    allowed_mw = (row[PEAK_MW] * row[INTERVAL_S] / 3600.0 - row[INTERVAL_MWH]) / left_h
    room_mw = min(allowed_mw, row[PEAK_MW])
    return max(net - max(allowed_mw, 0.0), min(0.0, net - room_mw)), FAR


@njit(cache=True, error_model="numpy", forceinline=True)
def _time_of_use(row, net):
    price = row[BUY_PRICE_PER_MWH]
    if price <= row[CHARGE_BELOW_PER_MWH]:
        return -FAR, -row[CAN_CHARGE_MW]
    if price >= row[DISCHARGE_ABOVE_PER_MWH]:
        power = max(net, 0.0)
        return power, max(net + row[EXPORT_LIMIT_MW], 0.0)
    return -FAR if net < 0.0 else 0.0, FAR if net > 0.0 else 0.0


@njit(cache=True, error_model="numpy", forceinline=True)
def share(power_mw, limits, free, setpoint_mw):
    """Split the battery's power over its blocks, in proportion to what each can take or give.

    `limits` (2, blocks), `free` (blocks,) 1 where the rules may use the block; writes `setpoint_mw` of those alone.
    """
    row = 1 if power_mw > 0.0 else 0
    total = 0.0
    for b in range(limits.shape[1]):
        if free[b] > 0.5:
            total += limits[row, b]
    part = power_mw / total if total > 0.0 else 0.0
    for b in range(limits.shape[1]):
        if free[b] > 0.5:
            setpoint_mw[b] = part * limits[row, b]
