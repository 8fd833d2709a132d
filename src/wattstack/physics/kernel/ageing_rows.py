"""Where each number of a block's age and of a law's rows stands.

Gives    indices of age (NAGE, blocks); of a mechanism, of a path and of a base in physics.kernel.ageing.Ageing; codes
         of drivers, paths and targets.
Used by  physics.kernel.ageing, rainflow, stress; physics.ageing; physics.laws.

Rows 0 and 1 are the layout's: what is left of the capacity and how far the resistance has grown (1 = new).
"""

from __future__ import annotations

from wattstack.physics.kernel.layout import RESISTANCE

# age[FIELD, block]. First what every step changes: the running hour, then the running leg
CLOCK_S = RESISTANCE + 1  # seconds since the calendar was last charged
SUM_DEGC_S, SUM_SOC_S = CLOCK_S + 1, CLOCK_S + 2  # degC x s and soc x s since then
EXTREME, DIRECTION = CLOCK_S + 3, CLOCK_S + 4  # furthest soc of the running leg; +1 up, -1 down, NaN unknown
LEG_H = CLOCK_S + 5  # hours in motion of the running leg
# then what an hour or a turning point changes
TOTAL_S, TOTAL_DEGC_S = CLOCK_S + 6, CLOCK_S + 7  # since birth, up to the last full hour
LEG_FROM_S, LEG_FROM_DEGC_S = CLOCK_S + 8, CLOCK_S + 9  # the same, at the start of the running leg
FULL_CYCLES, STRIPPED_AT = (
    CLOCK_S + 10,
    CLOCK_S + 11,
)  # full equivalent cycles up to the last turning point; at strip
DAY_S, DAY_LOW, DAY_HIGH, DAY_DEPTH = (
    CLOCK_S + 12,
    CLOCK_S + 13,
    CLOCK_S + 14,
    CLOCK_S + 15,
)  # depth of the day before
LOSS = CLOCK_S + 16  # LOSS + i: path i of the block's laws, in its transformed form
NPATH = 8
COUNT = LOSS + NPATH  # turning points on the stack
DEPTH = 32  # most points kept; a year of minutes never left more than 14
POINT_SOC = COUNT + 1
POINT_H, POINT_DEGC_S, POINT_S = POINT_SOC + DEPTH, POINT_SOC + 2 * DEPTH, POINT_SOC + 3 * DEPTH
NAGE = POINT_SOC + 4 * DEPTH

# mech[kind, mechanism, FIELD]: one stress that drives one path
M_FORM, M_PATH, M_ROOT, M_UNIT, M_EACH, M_OWN = range(6)
# M_FORM which formula of physics.kernel.stress; M_PATH which path it drives; M_ROOT the exponent that turns its k into
# what is added up (1/p); M_UNIT seconds, or full equivalent cycles, in one unit of x; M_EACH 1 counts cycles whatever
# their depth, 0 full equivalent cycles; M_OWN the first of the formula's own numbers
NMECH = 8
NFIELD = M_OWN + 10

# path[kind, path, FIELD]: how what was added up becomes a loss
P_FORM, P_POWER, P_LIMIT, P_SLOPE, P_TARGET = range(5)
NPATHFIELD = 5
POWER, SIGMOID, ROOT, KNEE, RELAX, SIGMOID_LIVE = range(6)  # values of P_FORM
TO_MAIN, TO_OTHER, TO_RESISTANCE, TO_REVERSIBLE = range(4)  # values of P_TARGET

# base[kind, FIELD]: capacity is the lower of two budgets; resistance may follow the other budget
BASE_MAIN, BASE_OTHER, OTHER_OHM, OTHER_OHM_INVERSE = range(4)
NBASE = 4
