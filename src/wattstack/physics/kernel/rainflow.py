"""Counting cycles as they happen: four-point rainflow on a stack of turning points, one battery at a time.

Needs    age rows of physics.kernel.ageing_rows: the stack of a block and the way it is going.
Gives    turning_point, pop_cycle, half_cycle: the stack's three moves; LOW ... LAPSE_S, indices of a counted cycle.
Used by  physics.kernel.ageing.

A turning point enters when the state of charge has come back from its extreme by more than the noise gate. An inner
pair of points is a whole cycle as soon as the ranges before and after it are as large. The time of a cycle is the time
the battery moved in it, rests excluded; where a leg is cut, its time and heat are shared by depth.

Source: ASTM E1049-85 (2017), 5.4.4; four-point form: Amzallag et al. (1994), doi:10.1016/0142-1123(94)90343-3.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import ageing_rows as row

# a counted cycle: lowest and highest state of charge, hours in motion down and up, degC x seconds, seconds
LOW, HIGH, DOWN_H, UP_H, DEGC_S, LAPSE_S = range(6)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def turning_point(age, b, soc, moved_h, heat):
    """Put a turning point on the stack of block b.

    Args:
        age: Rows by blocks [NAGE, nb], changed in place.
        b: Block.
        soc: State of charge of the point (0..1).
        moved_h: Hours in motion since the point before.
        heat: (degC x s, s) since the point before.
    """
    top = int(age[row.COUNT, b])
    age[row.POINT_SOC + top, b] = soc
    age[row.POINT_H + top, b] = moved_h
    age[row.POINT_DEGC_S + top, b] = heat[0]
    age[row.POINT_S + top, b] = heat[1]
    age[row.COUNT, b] = top + 1.0


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def pop_cycle(age, b):
    """Take the inner cycle off the top of the stack, if the last four points hold one.

    Returns (counted, cycle): cycle as named by LOW ... LAPSE_S. Its way back is the part of the last leg that
    undoes the inner leg; the rest of that leg joins the leg before.
    """
    top = int(age[row.COUNT, b]) - 1
    nothing = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if top < 3:
        return False, nothing
    first, second = age[row.POINT_SOC + top - 3, b], age[row.POINT_SOC + top - 2, b]
    third, last = age[row.POINT_SOC + top - 1, b], age[row.POINT_SOC + top, b]
    depth = abs(third - second)
    if depth > abs(second - first) or depth > abs(last - third):
        return False, nothing
    share = depth / abs(last - third)
    there_h, back_h = age[row.POINT_H + top - 1, b], share * age[row.POINT_H + top, b]
    heat = age[row.POINT_DEGC_S + top - 1, b] + share * age[row.POINT_DEGC_S + top, b]
    time_s = age[row.POINT_S + top - 1, b] + share * age[row.POINT_S + top, b]
    _join(age, b, top, 1.0 - share)
    if third < second:
        return True, (third, second, there_h, back_h, heat, time_s)
    return True, (second, third, back_h, there_h, heat, time_s)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _join(age, b, top, kept):
    """Two points fewer: what is kept of the last leg joins the leg three points before."""
    into = top - 2
    age[row.POINT_SOC + into, b] = age[row.POINT_SOC + top, b]
    age[row.POINT_H + into, b] += kept * age[row.POINT_H + top, b]
    age[row.POINT_DEGC_S + into, b] += kept * age[row.POINT_DEGC_S + top, b]
    age[row.POINT_S + into, b] += kept * age[row.POINT_S + top, b]
    age[row.COUNT, b] = top - 1.0


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def half_cycle(age, b, point):
    """The leg that ends at a point of the stack, as a cycle whose two ways are equal. The stack stays as it is."""
    before, after = age[row.POINT_SOC + point - 1, b], age[row.POINT_SOC + point, b]
    moved_h = age[row.POINT_H + point, b]
    heat, time_s = age[row.POINT_DEGC_S + point, b], age[row.POINT_S + point, b]
    return (min(before, after), max(before, after), moved_h, moved_h, 2.0 * heat, 2.0 * time_s)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def drop_first(age, b):
    """Forget the oldest point, to make room: its leg has been counted as a half cycle by the caller."""
    count = int(age[row.COUNT, b])
    for first in (row.POINT_SOC, row.POINT_H, row.POINT_DEGC_S, row.POINT_S):
        for i in range(min(count, row.DEPTH) - 1):
            age[first + i, b] = age[first + i + 1, b]
    age[row.COUNT, b] = count - 1.0
