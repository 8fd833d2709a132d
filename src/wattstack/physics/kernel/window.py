"""State of power: what each block can hold, at constant power, for a whole window.

Needs    physics.kernel: layout, tables, block, batch, lanes, cell.
Gives    hold_all.
Used by  physics.power_window.

The greatest current that the end of the window allows, in closed form, times the lower of the voltages at the start
and at the end of the window: held at that power, the current never exceeds it.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.batch import limits_all
from wattstack.physics.kernel.block import step_slot
from wattstack.physics.kernel.cell import most_current, window_ohm
from wattstack.physics.kernel.lanes import (
    Cells,
    Seen,
    bounds_of,
    bus_of_cells,
    clipped,
    look_up,
    read_cells,
    to_cells,
)  # fmt: skip

PASSES = 3  # of looking where the window ends
LEAST_MOVE = 1e-9  # of the state of charge: below it the slope is the slope


@njit(cache=True, error_model="numpy")
def hold_all(blocks, state, age, window_s, limits):
    """What every block could hold for window_s [s]: limits (2, nb), CAN_CHARGE and CAN_DISCHARGE in MW at the bus."""
    limits_all(blocks, state, age, 25.0, window_s, limits)
    slot = step_slot(blocks, window_s)
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, t.G_MODE] == at.RESERVOIR:
            continue
        for b in range(first, last):
            cells = read_cells(
                blocks.rating, state, age, b, blocks.const[k, t.G_CAPACITY_AH] * 3600.0 / window_s
            )
            for row in (at.CAN_CHARGE, at.CAN_DISCHARGE):
                limits[row, b] = min(_held(blocks, slot, k, b, cells, row, limits[row, b]), limits[row, b])


@njit(cache=True, error_model="numpy")
def _held(blocks, slot, k, b, cells, row, limit_mw):
    """What one block can hold in one direction; limit_mw: what it could do if it only had to end in its limits."""
    const, step, rating = blocks.const[k], blocks.step[slot, k], blocks.rating
    way = 1.0 if row == at.CAN_DISCHARGE else -1.0
    ask = clipped(rating, b, way * limit_mw)
    if rating[at.MODE, b] == at.DEAD:
        return 0.0
    _, dc, idle = to_cells(const, ask * rating[at.PER_RATED, b])
    if idle:
        return 0.0
    tables = (blocks.soc_table[k], blocks.temp_table[k], blocks.ohm_table[k])
    window = (rating[at.SOC_LOW, b], rating[at.SOC_HIGH, b])
    seen = look_up(tables, cells, way < 0.0)
    for _ in range(PASSES):
        seen = _seen_at_end(const, step, tables, window, way, cells, seen)
    most, _ = most_current(dc >= 0.0, bounds_of(const, step, cells, seen, window, dc >= 0.0))
    watts = most * _lower_voltage(step, way, most, cells, seen)
    bus, _, _ = bus_of_cells(const, way * watts / rating[at.RATED_CELL_W, b])
    return abs(bus) * rating[at.RATED_MW, b] if watts > 0.0 else 0.0


@njit(cache=True, error_model="numpy")
def _seen_at_end(const, step, tables, window, way, cells, seen):
    """What the tables tell, but slope of the open-circuit voltage and resistance as they are where the window ends.

    Over a long window a slope taken at its start misses the knee of the curve.
    """
    most, _ = most_current(way > 0.0, bounds_of(const, step, cells, seen, window, way > 0.0))
    soc = min(max(cells.soc - way * most * cells.per_a, 0.0), 1.0)
    ended = Cells(
        soc,
        cells.fast_v,
        cells.slow_v,
        cells.hysteresis_v,
        cells.temp_degc,
        cells.ohm,
        cells.per_a,
        cells.held_a,
    )
    then, now = look_up(tables, ended, way < 0.0), look_up(tables, cells, way < 0.0)
    moved = soc - cells.soc
    slope = (then.ocv_v - now.ocv_v) / moved if abs(moved) > LEAST_MOVE else then.slope_v
    return Seen(
        now.ocv_v,
        slope,
        then.half_v,
        then.entropic_v_per_k,
        then.self_a,
        then.temp_frac,
        max(then.ohm, now.ohm),
    )


@njit(cache=True, error_model="numpy")
def _lower_voltage(step, way, current, cells, seen):
    """Lower of the terminal voltages at both ends of the window: discharge at its end, charge at its start."""
    if way < 0.0:
        return seen.ocv_v + cells.hysteresis_v - cells.fast_v - cells.slow_v + seen.ohm * current
    source = seen.ocv_v - seen.half_v - step[t.M_END_1] * cells.fast_v - step[t.M_END_2] * cells.slow_v
    return source - window_ohm(seen.ohm, step[t.M_TIMES_END], seen.slope_v * cells.per_a) * current
