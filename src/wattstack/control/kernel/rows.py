"""Where each measured value stands in the row that a compiled rule reads, and the codes of rules and reasons.

Gives    indices of row (NROW,), memory (NMEMORY,), rule kinds, columns of a rule's parameters.
Used by  control.kernel.rules, control.rules, twin, operate.

Powers are at the campus bus. "Battery" is all batteries together: what they take and give is shared among them
after the rules have spoken (control.kernel.rules.share).
"""

from __future__ import annotations

# row[FIELD]
(
    TIME_S,  # seconds since 1970, UTC
    STEP_S,  # until the next decision
    LOAD_MW,  # everything the campus draws, auxiliaries of the batteries too
    SOLAR_MW,  # what the sun would give
    GENERATOR_MW,  # what the generators give
    IMPORT_LIMIT_MW,  # what the grid lets the campus draw now; 0 without grid
    EXPORT_LIMIT_MW,
    GRID_ON,  # 1 or 0
    BUY_PRICE_PER_MWH,
    SELL_PRICE_PER_MWH,
    STORED_MWH,  # usable, in all batteries together, as estimated
    ENERGY_MWH,  # usable capacity of them, as estimated
    STORED_ERROR_MWH,  # how far the estimate may be too high
    CAN_CHARGE_MW,
    CAN_DISCHARGE_MW,
    RESERVE_MWH,  # floor under stored energy while the grid is there: backup, and what swings may take out
    LAST_IMPORT_MW,
    INTERVAL_LEFT_S,  # of the open metering interval, this step included
    INTERVAL_S,
    INTERVAL_MWH,  # imported since the interval began
    PEAK_MW,  # highest interval mean to be held this month
    CHARGE_BELOW_PER_MWH,  # time of use
    DISCHARGE_ABOVE_PER_MWH,
    PLAN_MW,  # battery power of the horizon plan
    FIXED_MW,  # injection of batteries that are not at the rules' disposal (strip)
    DISCHARGE_EFF,  # MWh at the bus per MWh of the store, for energy promises
    SMOOTHING_MW,  # power kept free for swings within seconds, both ways
    ROOM_MWH,  # kept free above the stored energy for them
) = range(28)
NROW = 28

# kinds of rules
LIMIT, RESERVE, RAMP, PEAK, PLAN, TIME_OF_USE, SELF_CONSUMPTION, REFILL = range(8)

# reasons: 0 .. 7 is the rule of that kind; the others come from no rule
IDLE, POWER, ISLAND = 8, 9, 10

# params[rule, COLUMN]
P_FIRST, P_SECOND = 0, 1
