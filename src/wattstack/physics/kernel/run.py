"""A series of steps of any number of blocks, with what happened kept.

Needs    physics.kernel.batch, layout, stored, vector.
Gives    run_blocks, keep, highest; indices of its record (R_*).
Used by  physics.battery, physics.racks, physics.kernel.strings.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.batch import advance_borrowed
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.stored import stored_mwh
from wattstack.physics.kernel.vector import LANES, fetch, get, highest_of, lanes_of, sum_of, upper

# record[FIELD, step]: sums over the blocks, except R_SOC and what follows: means over the blocks
R_INJECTION, R_AUXILIARY, R_LOSS_CELL, R_LOSS_CONVERTER, R_LOSS_TRANSFORMER, R_STORED, R_LIMITED = range(7)
R_SOC, R_TEMP, R_CAPACITY, R_RESISTANCE = range(7, 11)
NRECORD = 11
AHEAD = 4  # steps: a row asked of all batteries lies far from the next; a tile's part is fetched while others are moved


@njit(cache=True, nogil=True, error_model="numpy")
def run_blocks(blocks, ageing, state, age, setpoint_mw, first, temp_air_degc, step_s, flows, record):
    """Move all blocks through setpoint_mw[step, first + block]; record[NRECORD, step] takes what each step ended with.

    Returns the sum of what was asked [MW]: no finite number where a gap or an infinity was among it.
    """
    asked = borrowed(setpoint_mw)[:, first : first + state.shape[1]]
    return _run(
        borrowed(blocks), borrowed(ageing), borrowed(state), borrowed(age), asked, borrowed(temp_air_degc), step_s,
        borrowed(flows), borrowed(record),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _run(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows, record):
    total = 0.0
    for t in range(setpoint_mw.shape[0]):
        for b in range(0, state.shape[1] - state.shape[1] % LANES, LANES):
            fetch(setpoint_mw, t + AHEAD, b)
        advance_borrowed(blocks, ageing, state, age, setpoint_mw[t], temp_air_degc[t], step_s, flows)
        keep(blocks.rating, state, age, flows, record, t)
        total += _sum(setpoint_mw, t)
    return total


@njit(cache=True, error_model="numpy", forceinline=True)
def keep(rating, state, age, flows, record, t):
    """One step into the record."""
    nb = state.shape[1]
    record[R_INJECTION, t] = _sum(flows, at.INJECTION)
    record[R_AUXILIARY, t] = _sum(flows, at.AUXILIARY)
    record[R_LOSS_CELL, t] = _sum(flows, at.LOSS_CELL)
    record[R_LOSS_CONVERTER, t] = _sum(flows, at.LOSS_CONVERTER)
    record[R_LOSS_TRANSFORMER, t] = _sum(flows, at.LOSS_TRANSFORMER)
    record[R_SOC, t] = _sum(state, at.SOC) / nb
    record[R_TEMP, t] = _sum(state, at.TEMP_CELL) / nb
    record[R_CAPACITY, t] = _sum(age, at.CAPACITY) / nb
    record[R_RESISTANCE, t] = _sum(age, at.RESISTANCE) / nb
    record[R_LIMITED, t] = highest(flows, at.LIMIT, 1.0)
    stored, single = 0.0, nb - nb % LANES
    if single > 0:
        total = _stored(rating, state, age, lanes_of(0))
        for b in range(LANES, single, LANES):
            total = total + _stored(rating, state, age, lanes_of(b))
        stored = sum_of(total)
    for b in range(single, nb):
        stored += stored_mwh(rating, state, age, b)
    record[R_STORED, t] = stored


@njit(cache=True, error_model="numpy", forceinline=True)
def _stored(rating, state, age, b):
    """stored_mwh of eight blocks."""
    above = upper(get(state, at.SOC, b) - get(rating, at.SOC_LOW, b), 0.0)
    return above * get(rating, at.NAMEPLATE_MWH, b) * get(rating, at.SPREAD_Q, b) * get(age, at.CAPACITY, b)


@njit(cache=True, error_model="numpy", forceinline=True)
def _sum(rows, row):
    """Of a row, over the blocks; eight sums beside each other first: they are not fed back, so any order will do."""
    nb = rows.shape[1]
    total, single = 0.0, nb - nb % LANES
    if single > 0:
        eight = get(rows, row, lanes_of(0))
        for b in range(LANES, single, LANES):
            eight = eight + get(rows, row, lanes_of(b))
        total = sum_of(eight)
    for b in range(single, nb):
        total += rows[row, b]
    return total


@njit(cache=True, error_model="numpy", forceinline=True)
def highest(rows, row, way):
    """Highest of way x a row over the blocks."""
    nb = rows.shape[1]
    single = nb - nb % LANES
    most = way * rows[row, 0]
    if single > 0:
        eight = way * get(rows, row, lanes_of(0))
        for b in range(LANES, single, LANES):
            eight = upper(way * get(rows, row, lanes_of(b)), eight)
        most = highest_of(eight)
    for b in range(single, nb):
        most = max(way * rows[row, b], most)
    return most
