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
    DUE,  # > 0: waits for its turn; share of the interval that had passed at the last opening
    AGO_H,  # since the last opening, on the clock
    NEXT,  # by battery, not by block: 1 + the block whose turn it is; -1 while one is out of service
    # what was done
    COUNT,
    LATE_H,  # its turn, but the reserve would not have held without it
    OUT_H,  # out of service, emptying and at rest
) = range(15)
NSTRIP = 15

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

    Returns:
        Energy of blocks whose turn it is, but that the reserve still needs [MWh]: it counts no more, so that the
        others are charged and the turn comes.
    """
    rating = fleet[0].rating
    _turns(strip, hour, site, rating, state, age, limits)
    uncounted = 0.0
    net_mw = site[0]
    for b in range(strip.shape[1]):
        if strip[BATTERY, b] < 0.0:
            continue
        if strip[NEXT, int(strip[BATTERY, b])] == b + 1.0 and site[1] > 0.5:
            uncounted += _begin(strip, b, step_h, site, rating, state, age)
        phase = strip[PHASE, b]
        free[b] = 1.0 if phase == SERVICE else 0.0
        strip[OUT_H, b] += 0.0 if phase == SERVICE else step_h
        if phase == EMPTYING:
            setpoint[b] = min(limits[CAN_DISCHARGE, b], max(net_mw, 0.0))
            net_mw -= setpoint[b]
        elif phase == RESTING:
            setpoint[b] = 0.0
            strip[LEFT_H, b] -= step_h
            if strip[LEFT_H, b] <= 1e-9:  # the rest ends with this step
                strip_block(fleet[1], age, state, b)
                rating[SOC_LOW, b] = strip[WINDOW_LOW, b]
                strip[PHASE, b], strip[DUE, b], strip[HEAD_START, b] = SERVICE, 0.0, 0.0
                strip[COUNT, b] += 1.0
    return uncounted


@njit(cache=True)
def _turns(strip, hour, site, rating, state, age, limits):
    """Which block of each battery is next: the one due longest, while none of its battery is out of service."""
    strip[NEXT, :] = 0.0
    for b in range(strip.shape[1]):
        if strip[BATTERY, b] >= 0.0 and rating[MODE, b] != DEAD:
            _open_round(strip, b, hour, state, age)
            _end_phase(strip, b, site[1], rating, state, limits)
    for b in range(strip.shape[1]):
        if strip[BATTERY, b] >= 0.0:
            place = int(strip[BATTERY, b])
            next_ = int(strip[NEXT, place])
            if strip[PHASE, b] != SERVICE:
                strip[NEXT, place] = -1.0
            elif strip[DUE, b] > 0.0 and (
                next_ == 0 or (next_ > 0 and strip[DUE, b] > strip[DUE, next_ - 1])
            ):
                strip[NEXT, place] = b + 1.0


@njit(cache=True)
def _open_round(strip, b, hour, state, age):
    """At the opening: whether the block would be overdue by tomorrow's."""
    ago = (hour - strip[AT_HOUR, b]) % 24.0
    opens, strip[AGO_H, b] = ago < strip[AGO_H, b], ago
    if not opens:
        return
    head, days, most = strip[HEAD_START, b], strip[EVERY_DAYS, b], strip[EVERY_CYCLES, b]
    by_days = head + state[SINCE_STRIP, b] / (24.0 * days)
    by_cycles = head + (age[FULL_CYCLES, b] - age[STRIPPED_AT, b]) / most
    tomorrow = 1.0 + 24.0 / max(state[SINCE_STRIP, b], 24.0)
    overdue = by_days + 1.0 / days > 1.0 or head + (by_cycles - head) * tomorrow > 1.0
    strip[DUE, b] = max(by_days, by_cycles) if overdue else 0.0


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
    """Its turn, where the other blocks in service hold the reserve without it; else what it holds [MWh]."""
    stored = usable = 0.0
    for other in range(strip.shape[1]):
        if other != b and strip[PHASE, other] == SERVICE and rating[MODE, other] != DEAD:
            stored += stored_mwh(rating, state, age, other)
            usable += usable_mwh(rating, age, other)
    if stored - site[3] * usable < site[2]:
        strip[LATE_H, b] += step_h
        return stored_mwh(rating, state, age, b)
    strip[PHASE, b] = EMPTYING
    rating[SOC_LOW, b] = 0.0
    return 0.0
