"""The stress factors of the ageing laws: how fast a path is walked at a temperature, a state of charge, a cycle.

Needs    a mechanism of a set of laws (physics.kernel.ageing_rows) and the two tables of its set; elementary, vector.
Gives    time_stress, cycle_stress, live_shape.
Used by  physics.kernel.ageing, physics.ageing.

Each formula is a function of its own numbers p[0..9]; which law uses it, with which numbers and from which paper,
stands in physics.laws. Those of time, which all blocks pass together, are written for one block or eight
(physics.kernel.vector); those of cycles, which each block ends when it turns, for one.
Temperatures in K, depths and states of charge 0..1, rates in 1/h.
"""

from __future__ import annotations

import math

from numba import njit

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.elementary import exponential, power
from wattstack.physics.kernel.vector import lower, magnitude, root, row_at, select, upper, whole

ZERO_DEGC_K = 273.15
LN_2 = 0.6931471805599453


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def look_up(law, kind, which, soc):
    """A table of the kind at a state of charge, straight between its points; its ends beyond them."""
    place = lower(upper(soc, 0.0), 1.0) * (1.0 * row.TABLE_STEPS)
    left = lower(whole(place), row.TABLE_STEPS - 1.0)
    here, after, _, _ = row_at(law[kind], left + (row.TABLES + which * row.TABLE_WIDTH) * 1.0, 4)
    return here + (place - left) * (after - here)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def own(law, kind, at):
    """The ten numbers of a mechanism's own formula."""
    i = at + row.M_OWN
    return (
        law[kind, i], law[kind, i + 1], law[kind, i + 2], law[kind, i + 3], law[kind, i + 4],
        law[kind, i + 5], law[kind, i + 6], law[kind, i + 7], law[kind, i + 8], law[kind, i + 9],
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def time_stress(law, kind, at, temp_k, soc, day):
    """How fast time alone ages: k of one mechanism, >= 0.

    Args:
        law: The sets of laws [kinds, NLAW], with two functions of the state of charge (an electrode's or the cell's
            voltage, as the law needs).
        kind: Which set.
        at: Where the mechanism starts in it.
        temp_k: Mean temperature of the time charged [K].
        soc: Mean state of charge of it (0..1).
        day: (depth, middle) of the range of the state of charge over the day before (0..1).
    """
    form = int(law[kind, at + row.M_FORM])
    p = own(law, kind, at)
    k = 0.0 * soc
    if form == row.T_POLYNOMIAL:
        off = soc - 0.5
        shape = p[3] * off * off * select(p[4] > 2.5, off, 1.0) + p[5]
        k = p[0] * exponential(-p[1] * (1.0 / temp_k - p[2])) * shape
    elif form == row.T_EYRING:
        x = (look_up(law, kind, 0, soc) if p[4] > 0.0 else soc) / p[5]
        k = p[0] * exponential((p[1] + p[2] * x) * p[3] / temp_k)
    elif form == row.T_VOLTAGE:
        k = (p[0] * look_up(law, kind, 0, soc) + p[1]) * p[2] * exponential(p[3] / temp_k)
    elif form == row.T_POWERS:
        volts = power(look_up(law, kind, 0, soc) / p[5], p[4])
        k = p[0] * exponential(p[1] * power(temp_k / p[2], p[3]) * volts)
    elif form == row.T_FIVE_TERMS:
        t, u = temp_k / p[5], look_up(law, kind, 0, soc) / p[6]
        square, cube = t * t, t * t * t
        k = (
            p[0] + p[1] * exponential(cube * power(u, -1.0 / 3.0)) + p[2] * cube / root(u)
            + p[3] * exponential(root(upper(soc, 0.0)) / square) + p[4] * exponential(soc * soc * soc)
        )  # fmt: skip
    elif form == row.T_DOUBLING:
        volts = p[3] + (p[4] - p[3]) * soc
        k = p[0] * exponential(LN_2 * ((temp_k - p[1]) * p[2] + (volts - p[5]) * p[6]))
    elif form in (row.T_ANODE, row.T_BREAK_IN):
        k = _electrode(law, kind, at, temp_k, day[1])
        deep = exponential(p[5] * power(day[0], p[6])) if form == row.T_ANODE else 1.0 + p[5] * day[0]
        k = k * deep
    elif form == row.T_ROOT_SOC:
        square = temp_k * temp_k
        k = p[0] * exponential(root(upper(day[1], 0.0)) * (p[1] / (square * temp_k) + p[2] / square))
    return upper(k, 0.0)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _electrode(law, kind, at, temp_k, soc):
    """Arrhenius times Tafel: p[1] is Ea/R, p[2] 1/T_ref, p[3] alpha F/R, p[4] U_ref/T_ref, p[7] the table."""
    p = own(law, kind, at)
    volts = look_up(law, kind, int(p[7]), soc)
    return p[0] * exponential(-p[1] * (1.0 / temp_k - p[2]) + p[3] * (volts / temp_k - p[4]))


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def live_shape(law, kind, at, temp_k, soc):
    """(limit, power, rate per unit of x) of a sigmoid whose shape follows temperature and anode voltage.

    Source: Gasper et al. (2022), doi:10.1149/1945-7111/ac86a8, the model identified on the data of Naumann (2018).
    """
    p = own(law, kind, at)
    u = look_up(law, kind, 0, soc)
    second, third, fourth = root(u), power(u, 1.0 / 3.0), root(root(u))
    square = temp_k * temp_k
    cube = square * temp_k
    limit = p[1] * exponential(p[2] * second / square + p[3] * second / temp_k)
    shape = p[4] * exponential(
        p[5] * third / (square * square) + p[6] * fourth * cube + p[7] * third / cube + p[8] * fourth * square
    )
    return magnitude(limit), magnitude(shape), p[0]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def cycle_stress(law, kind, at, temp_k, ends, rates):
    """How much one full equivalent cycle (or one cycle) ages: k of one mechanism, >= 0.

    Args:
        law, kind, at: As for time_stress.
        temp_k: Mean temperature of the cycle [K].
        ends: (lowest, highest) state of charge of the cycle (0..1).
        rates: (mean, charging, discharging) rate over the time in motion [1/h].
    """
    form = int(law[kind, at + row.M_FORM])
    p = own(law, kind, at)
    low, high = ends
    dod, c_rate = high - low, rates[0]
    k = 0.0
    if form == row.C_POLYNOMIAL:
        k = (p[0] * c_rate + p[1]) * (p[2] * (dod - p[3]) ** 3 + p[4])
    elif form == row.C_SUM_TWO_EXP:
        k = (p[0] + p[1] * dod + p[2] * c_rate) * (math.exp(p[3] / temp_k) + math.exp(-p[4] / temp_k))
    elif form == row.C_VOLTAGE:
        k = p[0] * (_root_mean_square(law, kind, low, high) - p[1]) ** 2 + p[2] + p[3] * dod
    elif form == row.C_CUBED_RATE:
        k = abs(p[0] + p[1] * dod + p[2] * math.exp(min(dod * dod * c_rate**3, 700.0)))
    elif form == row.C_DEPTH_EXP:
        k = p[0] * math.exp(p[1] * p[3] / temp_k + p[2] * math.exp(dod * dod))
    elif form == row.C_HALF_LIFE:
        k = 1.0 / max(p[0] + p[1] * (temp_k - p[2]) * dod * 0.5 * (low + high) / p[3], 1.0)
    else:
        k = _cycle_stress_more(law, kind, at, temp_k, dod, rates)
    return max(k, 0.0)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _cycle_stress_more(law, kind, at, temp_k, dod, rates):
    form = int(law[kind, at + row.M_FORM])
    p = own(law, kind, at)
    c_rate, discharging = rates[0], rates[2]
    k = 0.0
    if form == row.C_DISCHARGE_RATE:
        t = temp_k / p[3]
        k = p[0] * math.exp(p[1] * discharging**3 + p[2] * t**3 * math.sqrt(discharging))
    elif form == row.C_FOUR_TERMS:
        t, deep = temp_k / p[4], math.sqrt(dod)
        k = abs(
            p[0] + p[1] * t**3 * deep + p[2] * math.exp(c_rate**2 / math.sqrt(t))
            + p[3] * math.exp(deep * t**2 * math.sqrt(c_rate))
        )  # fmt: skip
    elif form == row.C_POWERS:
        k = p[0] * (dod**2 * (temp_k / p[2]) ** 3 * math.sqrt(c_rate)) ** p[1]
    elif form == row.C_ARRHENIUS:
        k = p[0] * math.exp(-p[1] * (1.0 / temp_k - p[2])) * dod ** p[3] * max(c_rate, 1e-6) ** p[4]
    elif form == row.C_FOURTH_POWER:
        k = p[0] + p[1] * temp_k**4 * dod**0.25
    elif form == row.C_CUBED_DEPTH:
        k = (p[0] + p[1] * c_rate + p[2] * dod**3) * math.exp(p[3] * p[4] / temp_k)
    return k


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _root_mean_square(law, kind, low, high):
    """Root of the mean of the squared voltage between two states of charge; table 1 holds its running integral."""
    if high - low < 1e-9:
        return look_up(law, kind, 0, high)
    return math.sqrt((look_up(law, kind, 1, high) - look_up(law, kind, 1, low)) / (high - low))
