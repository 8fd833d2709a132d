"""A series of steps of any number of blocks, with what happened kept.

Needs    physics.kernel.batch, layout, stored.
Gives    run_blocks; indices of its record (R_*).
Used by  physics.battery, physics.racks.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.batch import advance_borrowed
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.stored import stored_mwh

# record[FIELD, step]: sums over the blocks, except R_SOC and what follows: means over the blocks
R_INJECTION, R_AUXILIARY, R_LOSS_CELL, R_LOSS_CONVERTER, R_LOSS_TRANSFORMER, R_STORED, R_LIMITED = range(7)
R_SOC, R_TEMP, R_CAPACITY, R_RESISTANCE = range(7, 11)
NRECORD = 11


@njit(cache=True, nogil=True, error_model="numpy")
def run_blocks(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows, record):
    """Move all blocks through setpoint_mw[step, block]; record[NRECORD, step] takes what each step ended with."""
    _run(
        borrowed(blocks), borrowed(ageing), borrowed(state), borrowed(age), borrowed(setpoint_mw),
        borrowed(temp_air_degc), step_s, borrowed(flows), borrowed(record),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _run(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows, record):
    for t in range(setpoint_mw.shape[0]):
        advance_borrowed(blocks, ageing, state, age, setpoint_mw[t], temp_air_degc[t], step_s, flows)
        keep(blocks.rating, state, age, flows, record, t)


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nnan", "nsz"}, forceinline=True)
def keep(rating, state, age, flows, record, t):
    """One step into the record. Sums may be taken in any order: they are not fed back."""
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
    stored, limited = stored_mwh(rating, state, age, 0), flows[at.LIMIT, 0]
    for b in range(1, nb):
        stored += stored_mwh(rating, state, age, b)
    for b in range(1, nb):
        limited = max(limited, flows[at.LIMIT, b])
    record[R_STORED, t], record[R_LIMITED, t] = stored, limited


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nnan", "nsz"}, forceinline=True)
def _sum(rows, row):
    total = rows[row, 0]
    for b in range(1, rows.shape[1]):
        total += rows[row, b]
    return total
