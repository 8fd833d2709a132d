"""Strip of zinc: which group is emptied and rests, step by step; what strips is nobody's reserve.

Needs    physics.kernel: layout, ageing (strip), ageing_rows, stored.
Gives    strip_step; rows of its table (strip[FIELD, block]).
Used by  twin.kernel.year, control.strip (which makes the table), operate.

A round opens at the hour of the local clock that is asked. Groups that would be overdue by the next day's opening take
their turn in it, one after the other: emptied into the load, never into the grid, then at rest, then back.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.ageing import strip as strip_block
from wattstack.physics.kernel.ageing_rows import FULL_CYCLES, STRIPPED_AT
from wattstack.physics.kernel.layout import CAN_DISCHARGE, DEAD, DISCHARGE_MW, MODE, SINCE_STRIP, SOC, SOC_LOW
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh

# strip[FIELD, block]: what is asked
(
    BATTERY,  # index of the battery the block is a group of; -1 where it is never stripped
    EVERY_DAYS,  # inf where only cycles count
    EVERY_CYCLES,
    REST_H,
    AT_HOUR,
    WINDOW_LOW,  # its rating[SOC_LOW] in service
    # what goes on
    PHASE,
    LEFT_H,  # of the rest
    HEAD_START,  # share of the interval that counts as passed at the start, so that groups come in turn
    ASKED,  # 1: due, waiting for its turn
    AGO_H,  # since the last opening, on the clock
    BUSY,  # by battery, not by block: 1 while a group of it strips
    # what was done
    COUNT,
    LATE_H,  # waited although due, because the reserve would not have held
) = range(14)
NSTRIP = 14

SERVICE, EMPTYING, RESTING = 0.0, 1.0, 2.0  # strip[PHASE]
EMPTY_SOC = 0.005  # what is left is shorted in the rest: assumption
LAST_SOC = 0.05  # below it, a block that gives next to nothing counts as empty
NEXT_TO_NOTHING = 1e-3  # share of its rating


@njit(cache=True, nogil=True)
def strip_step(strip, hour, step_h, site, fleet, state, age, limits, free, setpoint):
    """Decide for the coming step which blocks strip: writes `free` of all, and `setpoint` [MW] of those that do.

    Args:
        strip: (NSTRIP, nb), changed; a block with BATTERY < 0 is left as it is.
        hour: Of the local clock, 0 .. 24, at the start of the step.
        step_h: Length of the step [h].
        site: (load less sun [MW], 1 where the grid is there, reserve [MWh], error of the gauge as a share of usable).
        fleet: (blocks, ageing); rating[SOC_LOW] of a block is 0 while it strips.
        state, age: Of the blocks; changed where a strip ends.
        limits: (2, nb) of this step, from limits_all.
        free: (nb,), written. setpoint: (nb,), written where free is 0.
    """
    rating = fleet[0].rating
    net_mw = site[0]
    strip[BUSY, :] = 0.0
    for b in range(strip.shape[1]):
        if strip[BATTERY, b] >= 0.0:
            _open_round(strip, b, hour, state, age)
            _end_phase(strip, b, site[1], rating, state, limits)
            if strip[PHASE, b] != SERVICE:
                strip[BUSY, int(strip[BATTERY, b])] = 1.0
    for b in range(strip.shape[1]):
        if strip[BATTERY, b] < 0.0 or rating[MODE, b] == DEAD:
            continue
        asked = strip[ASKED, b] > 0.5 and strip[PHASE, b] == SERVICE and site[1] > 0.5
        if asked and strip[BUSY, int(strip[BATTERY, b])] < 0.5:
            _begin(strip, b, step_h, site, rating, state, age)
        phase = strip[PHASE, b]
        free[b] = 1.0 if phase == SERVICE else 0.0
        if phase == EMPTYING:
            setpoint[b] = min(limits[CAN_DISCHARGE, b], max(net_mw, 0.0))
            net_mw -= setpoint[b]
        elif phase == RESTING:
            setpoint[b] = 0.0
            strip[LEFT_H, b] -= step_h
            if strip[LEFT_H, b] <= 1e-9:  # the rest ends with this step
                strip_block(fleet[1], age, state, b)
                rating[SOC_LOW, b] = strip[WINDOW_LOW, b]
                strip[PHASE, b], strip[ASKED, b], strip[HEAD_START, b] = SERVICE, 0.0, 0.0
                strip[COUNT, b] += 1.0


@njit(cache=True)
def _open_round(strip, b, hour, state, age):
    """At the opening: whether the block would be overdue by tomorrow's."""
    ago = (hour - strip[AT_HOUR, b]) % 24.0
    opens, strip[AGO_H, b] = ago < strip[AGO_H, b], ago
    if not opens:
        return
    head, days, most = strip[HEAD_START, b], strip[EVERY_DAYS, b], strip[EVERY_CYCLES, b]
    since_h = state[SINCE_STRIP, b] + (24.0 * head * days if head > 0.0 and days < 1e9 else 0.0)
    cycles = age[FULL_CYCLES, b] - age[STRIPPED_AT, b] + (head * most if head > 0.0 and most < 1e9 else 0.0)
    a_day = cycles * 24.0 / max(since_h, 24.0)
    if since_h + 24.0 > 24.0 * days or cycles + a_day > most:
        strip[ASKED, b] = 1.0


@njit(cache=True)
def _end_phase(strip, b, grid_on, rating, state, limits):
    """Empty: it rests. An outage: what is not empty yet is needed, its turn comes again."""
    if strip[PHASE, b] != EMPTYING:
        return
    given = (
        limits[CAN_DISCHARGE, b] <= NEXT_TO_NOTHING * rating[DISCHARGE_MW, b] and state[SOC, b] <= LAST_SOC
    )
    if state[SOC, b] <= EMPTY_SOC or given:
        strip[PHASE, b], strip[LEFT_H, b] = RESTING, strip[REST_H, b]
    elif grid_on < 0.5:
        strip[PHASE, b] = SERVICE
        rating[SOC_LOW, b] = strip[WINDOW_LOW, b]


@njit(cache=True)
def _begin(strip, b, step_h, site, rating, state, age):
    """Its turn, where the other blocks in service hold the reserve without it."""
    stored = usable = 0.0
    for other in range(strip.shape[1]):
        if other != b and strip[PHASE, other] == SERVICE and rating[MODE, other] != DEAD:
            stored += stored_mwh(rating, state, age, other)
            usable += usable_mwh(rating, age, other)
    if stored - site[3] * usable < site[2]:
        strip[LATE_H, b] += step_h
        return
    strip[PHASE, b] = EMPTYING
    strip[BUSY, int(strip[BATTERY, b])] = 1.0
    rating[SOC_LOW, b] = 0.0
