"""Counting cycles as they happen: four-point rainflow on a stack of turning points, one battery at a time.

Needs    age rows of physics.kernel.ageing_rows: the stack of a block and the way it is going.
Gives    turning_point, pop_cycle, half_cycle: the stack's three moves; CYCLE_* indices of a counted cycle.
Used by  physics.kernel.ageing.

A turning point enters when the state of charge has come back from its extreme by more than the noise gate. An inner
pair of points is a whole cycle as soon as the ranges before and after it are as large. The time of a cycle is the time
the battery moved in it, rests excluded; where a leg is cut, its time and heat are shared by depth.

Source: ASTM E1049-85 (2017), 5.4.4; four-point form: Amzallag et al. (1994), doi:10.1016/0142-1123(94)90343-3.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.ageing_rows import (
    COUNT, DEPTH, POINT_DEGC_S, POINT_H, POINT_S, POINT_SOC,
)  # fmt: skip

# a counted cycle: lowest and highest state of charge, hours in motion down and up, degC x seconds, seconds
CYCLE_LOW, CYCLE_HIGH, CYCLE_DOWN_H, CYCLE_UP_H, CYCLE_DEGC_S, CYCLE_S = range(6)


@njit(cache=True)
def turning_point(age, b, soc, moved_h, heat):
    """Put a turning point on the stack of block b.

    Args:
        age: Rows by blocks [NAGE, nb], changed in place.
        b: Block.
        soc: State of charge of the point (0..1).
        moved_h: Hours in motion since the point before.
        heat: (degC x s, s) since the point before.
    """
    top = int(age[COUNT, b])
    age[POINT_SOC + top, b] = soc
    age[POINT_H + top, b] = moved_h
    age[POINT_DEGC_S + top, b] = heat[0]
    age[POINT_S + top, b] = heat[1]
    age[COUNT, b] = top + 1.0


@njit(cache=True)
def pop_cycle(age, b):
    """Take the inner cycle off the top of the stack, if the last four points hold one.

    Returns (counted, cycle): cycle as named by the CYCLE indices. Its way back is the part of the last leg that
    undoes the inner leg; the rest of that leg joins the leg before.
    """
    top = int(age[COUNT, b]) - 1
    nothing = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if top < 3:
        return False, nothing
    first, second = age[POINT_SOC + top - 3, b], age[POINT_SOC + top - 2, b]
    third, last = age[POINT_SOC + top - 1, b], age[POINT_SOC + top, b]
    depth = abs(third - second)
    if depth > abs(second - first) or depth > abs(last - third):
        return False, nothing
    share = depth / abs(last - third)
    there_h, back_h = age[POINT_H + top - 1, b], share * age[POINT_H + top, b]
    heat = age[POINT_DEGC_S + top - 1, b] + share * age[POINT_DEGC_S + top, b]
    time_s = age[POINT_S + top - 1, b] + share * age[POINT_S + top, b]
    _join(age, b, top, 1.0 - share)
    if third < second:
        return True, (third, second, there_h, back_h, heat, time_s)
    return True, (second, third, back_h, there_h, heat, time_s)


@njit(cache=True)
def _join(age, b, top, kept):
    """Two points fewer: what is kept of the last leg joins the leg three points before."""
    into = top - 2
    age[POINT_SOC + into, b] = age[POINT_SOC + top, b]
    age[POINT_H + into, b] += kept * age[POINT_H + top, b]
    age[POINT_DEGC_S + into, b] += kept * age[POINT_DEGC_S + top, b]
    age[POINT_S + into, b] += kept * age[POINT_S + top, b]
    age[COUNT, b] = top - 1.0


@njit(cache=True)
def half_cycle(age, b, point):
    """The leg that ends at a point of the stack, as a cycle whose two ways are equal. The stack stays as it is."""
    before, after = age[POINT_SOC + point - 1, b], age[POINT_SOC + point, b]
    moved_h = age[POINT_H + point, b]
    heat, time_s = age[POINT_DEGC_S + point, b], age[POINT_S + point, b]
    return (min(before, after), max(before, after), moved_h, moved_h, 2.0 * heat, 2.0 * time_s)


@njit(cache=True)
def drop_first(age, b):
    """Forget the oldest point, to make room: its leg has been counted as a half cycle by the caller."""
    count = int(age[COUNT, b])
    for row in (POINT_SOC, POINT_H, POINT_DEGC_S, POINT_S):
        for i in range(min(count, DEPTH) - 1):
            age[row + i, b] = age[row + i + 1, b]
    age[COUNT, b] = count - 1.0
