"""Where each number of a battery block stands in the arrays that compiled code passes around.

Gives    follow; indices of state (NSTATE, blocks), age (first rows), rating (NRATING, blocks), flows (NFLOW, blocks),
         limits (2, blocks), and the codes of what limited a step.
Used by  physics.kernel, physics.battery, control, twin, prove.

Fields come first and blocks last, so that a step over a thousand blocks walks along memory.
"""

from __future__ import annotations

# state[FIELD, block]
SOC, V_FAST, V_SLOW, HYSTERESIS, TEMP_CELL, TEMP_AIR, TEMP_WALL, HVAC, REVERSIBLE, SINCE_STRIP = range(10)
NSTATE = 10

# age[FIELD, block]; what stands below these rows is the ageing's own
CAPACITY, RESISTANCE = 0, 1

# rating[FIELD, block]
CELLS, NAMEPLATE_MWH, DISCHARGE_MW, CHARGE_MW, SOC_LOW, SOC_HIGH, SPREAD_Q, SPREAD_R, MODE = range(9)
# follow from the rows above: greater of both powers; its reciprocal; the same as watts of one cell
RATED_MW, PER_RATED, RATED_CELL_W = 9, 10, 11
NRATING = 12

# values of rating[MODE]
CELL, RESERVOIR, DEAD = 0.0, 1.0, 2.0

# flows[FIELD, block]: MW at the bus; losses are inside the injection, auxiliaries are metered apart
INJECTION, AUXILIARY, LOSS_CELL, LOSS_CONVERTER, LOSS_TRANSFORMER, C_RATE, LIMIT = range(7)
NFLOW = 7

# values of flows[LIMIT]: what kept a step from the power asked
FREE, BY_RATING, BY_SOC_LOW, BY_SOC_HIGH, BY_VOLTAGE, BY_CURRENT, BY_TEMPERATURE, BY_MATCHED_LOAD = (
    0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0,
)  # fmt: skip

# limits[FIELD, block]
CAN_CHARGE, CAN_DISCHARGE = 0, 1


def follow(rating, b) -> None:
    """Bring the rows of a block that follow from its powers up to date; after every change of a power."""
    rated = max(rating[DISCHARGE_MW, b], rating[CHARGE_MW, b])
    rating[RATED_MW, b], rating[PER_RATED, b] = rated, 1.0 / rated
    rating[RATED_CELL_W, b] = rated * 1e6 / rating[CELLS, b]
