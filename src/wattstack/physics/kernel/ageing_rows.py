"""Where each number of a block's age and of a law's rows stands.

Gives    indices of age (NAGE, blocks); of Ageing.block (NBLOCK, blocks) and Ageing.law (kinds, NLAW); codes of paths
         and targets.
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
FULL_CYCLES = CLOCK_S + 10  # full equivalent cycles up to the last turning point
STRIPPED_AT = CLOCK_S + 11  # the same, when the block was last stripped
DAY_S, DAY_LOW, DAY_HIGH = CLOCK_S + 12, CLOCK_S + 13, CLOCK_S + 14  # the running day
DAY_DEPTH, DAY_MIDDLE = CLOCK_S + 15, CLOCK_S + 16  # of the day before
FROM_SOC, FROM_DEGC = CLOCK_S + 17, CLOCK_S + 18  # where the running hour started
LOSS = CLOCK_S + 19  # LOSS + i: path i of the block's laws, in its transformed form
NPATH = 8
COUNT = LOSS + NPATH  # turning points on the stack
DEPTH = 32  # most points kept; a year of minutes never left more than 14
POINT_SOC = COUNT + 1
POINT_H, POINT_DEGC_S, POINT_S = POINT_SOC + DEPTH, POINT_SOC + 2 * DEPTH, POINT_SOC + 3 * DEPTH
NAGE = POINT_SOC + 4 * DEPTH

# block[FIELD, block]: what a block has of its own
KIND, GATE, FACTOR = 0, 1, 2  # which set of laws; noise gate of the count (soc); FACTOR + m multiplies each k
NMECH = 8
NBLOCK = FACTOR + NMECH

# law[kind, FIELD]: a set of laws
N_TIME, N_MECH, N_PATH = 0, 1, 2  # mechanisms that time drives come first; all mechanisms; paths
NOMINAL = 3  # 1: full equivalent cycles and rates are of the nominal capacity; 0: of what is left of it
BASE_MAIN, BASE_OTHER = 4, 5  # capacity is the lower of two budgets; each starts here
OTHER_OHM, OTHER_OHM_INVERSE = 6, 7  # resistance is at least the first + the second / the other budget
# K, K^2, K: budgets times exp(-a t - b t^2), t = 1/T - 1/298.15
WARM_MAIN, WARM_MAIN_SQUARE, WARM_OTHER = 8, 9, 10
PATHS = 11
P_FORM, P_POWER, P_LIMIT, P_SLOPE, P_TARGET = range(5)  # PATHS + i * PATH_WIDTH + P_...
PATH_WIDTH = 5
MECHS = PATHS + NPATH * PATH_WIDTH
M_FORM, M_PATH, M_ROOT, M_UNIT, M_EACH, M_OWN = range(6)  # MECHS + m * MECH_WIDTH + M_...
# M_FORM which formula of physics.kernel.stress; M_PATH which path it drives; M_ROOT the exponent that turns its k into
# what is added up (1/p); M_UNIT seconds, or full equivalent cycles, in one unit of x; M_EACH 1 counts cycles whatever
# their depth, 0 full equivalent cycles; M_OWN the first of the formula's own ten numbers
NOWN = 10
MECH_WIDTH = M_OWN + NOWN
TABLE_STEPS = 1000  # a table holds a function of the state of charge at 0, 0.001 ... 1
TABLE_WIDTH = TABLE_STEPS + 1
TABLES = MECHS + NMECH * MECH_WIDTH  # TABLES + t * TABLE_WIDTH, two of them
NLAW = TABLES + 2 * TABLE_WIDTH + 2  # four neighbours are read at once, also at the last point

# values of P_FORM: how what was added up becomes a loss; of P_TARGET: what it is a loss of
POWER, SIGMOID, KNEE, RELAX, SIGMOID_LIVE = range(5)
TO_MAIN, TO_OTHER, TO_RESISTANCE, TO_REVERSIBLE = range(4)

# values of M_FORM: formulas of time, then of cycles
(
    T_POLYNOMIAL, T_EYRING, T_VOLTAGE, T_POWERS, T_FIVE_TERMS, T_DOUBLING, T_ANODE, T_BREAK_IN, T_ROOT_SOC,
    T_ANODE_LIVE,
) = range(10)  # fmt: skip
(
    C_POLYNOMIAL, C_SUM_TWO_EXP, C_VOLTAGE, C_CUBED_RATE, C_DEPTH_EXP, C_HALF_LIFE, C_DISCHARGE_RATE, C_FOUR_TERMS,
    C_POWERS, C_ARRHENIUS, C_FOURTH_POWER, C_CUBED_DEPTH,
) = range(20, 32)  # fmt: skip
