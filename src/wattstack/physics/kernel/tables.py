"""Even tables of a cell, and where each constant of a kind of block stands.

Gives    indices of a kind's constants (G_*), of what holds for one length of step (M_*), of table rows; held,
         on_line.
Used by  physics.kernel.lanes, block, thermal; control.kernel.estimate; physics.blocks, which fills them.

An even grid needs no search. Each point stores its values beside the steps to the next, so that one line of memory
(64 bytes) answers all that depends on the state of charge, by two loads of four numbers.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.vector import select

# a row of soc_table[kind]: four values, then the step of each to the next point
NVALUE, NCOLUMN = 4, 8
T_OCV, T_HYSTERESIS, T_ENTROPIC, T_SELF = range(4)  # of soc_table
# temp_table[kind, (direction, temperature), column]: share of the C-rate, growth of self-discharge, their steps
NTEMP = 4
# ohm_table[kind, ((direction, temperature), soc), column]: value, step along soc, step along temperature, both
NOHM = 4

TEMP_LOW_DEGC, TEMP_POINTS = -40.0, 131  # -40 .. 90 degC, one point a kelvin

# const[kind, FIELD]: what makes one kind of block differ from another
(
    G_MODE, G_CAPACITY_AH, G_V_MIN, G_V_MAX, G_GAMMA, G_COULOMB, G_PER_COULOMB, G_CHARGE_C, G_DISCHARGE_C, G_WIDTH_LOW,
    G_WIDTH_HIGH, G_FRAC_1, G_FRAC_2, G_STANDBY, G_FIXED_DIS, G_LINEAR_DIS, G_SQUARE_DIS, G_FIXED_CHA,
    G_LINEAR_CHA, G_SQUARE_CHA, G_NO_LOAD, G_LOAD, G_SETPOINT, G_BAND, G_COOL_W, G_HEAT_W, G_FAN_W,
    G_IDLE_W, G_CELLS_PER_MWH, G_CHARGE_EFF, G_DISCHARGE_EFF, G_KEPT, G_TAU_1, G_TAU_2, G_HEAT_CELL, G_HEAT_AIR,
    G_HEAT_WALL, G_CELL_AIR, G_AIR_WALL, G_WALL_OUT, G_LEAST_DC, G_PER_COP,
) = range(42)  # fmt: skip
NCONST = 42

# step[slot, kind, FIELD]: what depends on the length of the step alone
M_END_1, M_MEAN_1, M_END_2, M_MEAN_2, M_KEPT = range(5)
M_PHI = 5  # nine numbers: (cell, air, wall) x (cell, air, wall)
M_GAMMA = 14  # nine numbers: (cell, air, wall) x (heat of cells, heat into air, outdoor temperature)
# what the resistance is multiplied by for the mean of the step and for its end; W/MWh into the air per K of the cells
M_TIMES_MEAN, M_TIMES_END, M_PER_ANSWER = 23, 24, 25
NSTEP = 26
NSLOT = 4  # lengths of step remembered


@njit(cache=True, forceinline=True)
def held(x, last):
    """A place in a table (in steps of its grid), held at the ends; NaN at 0."""
    x = select(x > 0.0, x, 0.0)
    return select(x < last, x, last)


@njit(cache=True, forceinline=True)
def on_line(table, value, place):
    """One value of a table at a place between its points."""
    point = int(place)
    at = point * NCOLUMN + value
    return table[at] + table[at + NVALUE] * (place - point)
