"""Even tables of a cell, and where each constant of a kind of block stands.

Gives    indices of a kind's constants (G_*), of what holds for one length of step (M_*), of table rows; locate.
Used by  physics.kernel.batch and its parts; physics.battery, which fills them.

An even grid needs no search. Each point stores its value beside the slope to the next, so that one line of memory
(64 bytes) answers all that depends on the state of charge.
"""

from __future__ import annotations

from numba import njit

# soc_table[kind, i, column]: value, then slope per grid step
T_OCV, T_HYSTERESIS, T_ENTROPIC, T_SELF = 0, 2, 4, 6
# temp_table[kind, i, column]: share of the C-rate allowed on charge, on discharge, growth of self-discharge
T_CHARGE_FRAC, T_DISCHARGE_FRAC, T_SELF_GROWTH = 0, 2, 4
# ohm_table[kind, direction, temperature, soc, column]: value, step along soc, step along temperature, both
DISCHARGING, CHARGING = 0, 1
NCOLUMN, NOHM = 8, 4

TEMP_LOW_DEGC, TEMP_POINTS = -40.0, 131  # -40 .. 90 degC, one point a kelvin
OHM_POINTS = 101  # of the state of charge in the resistance tables

# const[kind, FIELD]: what makes one kind of block differ from another
(
    G_MODE, G_CAPACITY_AH, G_V_MIN, G_V_MAX, G_GAMMA, G_COULOMB, G_CHARGE_C, G_DISCHARGE_C, G_DERATE_LOW,
    G_DERATE_HIGH, G_FRAC_1, G_FRAC_2, G_STANDBY, G_FIXED_DIS, G_LINEAR_DIS, G_SQUARE_DIS, G_FIXED_CHA,
    G_LINEAR_CHA, G_SQUARE_CHA, G_NO_LOAD, G_LOAD, G_SETPOINT, G_BAND, G_COP, G_COOL_W, G_HEAT_W, G_FAN_W,
    G_IDLE_W, G_CELLS_PER_MWH, G_CHARGE_EFF, G_DISCHARGE_EFF, G_KEPT, G_TAU_1, G_TAU_2, G_HEAT_CELL, G_HEAT_AIR,
    G_HEAT_WALL, G_CELL_AIR, G_AIR_WALL, G_WALL_OUT, G_HAS_HYSTERESIS, G_CLIMATE,
) = range(42)  # fmt: skip
NCONST = 42

# step[slot, kind, FIELD]: what depends on the length of the step alone
M_END_1, M_MEAN_1, M_END_2, M_MEAN_2, M_KEPT = range(5)
M_PHI = 5  # nine numbers: (cell, air, wall) x (cell, air, wall)
M_GAMMA = 14  # nine numbers: (cell, air, wall) x (heat of cells, heat into air, outdoor temperature)
NSTEP = 23
NSLOT = 4  # lengths of step remembered


@njit(cache=True)
def locate(x, last):
    """Grid cell of x (in grid steps) and the place in it, 0 .. 1; held at the ends."""
    x = min(max(x, 0.0), float(last))
    i = min(int(x), last - 1)
    return i, x - i
