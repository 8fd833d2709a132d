"""State of power: what each block can hold, at constant power, for a whole window.

Needs    physics.kernel: layout, tables, block, batch, lanes.
Gives    hold_all.
Used by  physics.power_window.

The greatest current that the end of the window allows, in closed form, times the lower of the voltages at the start
and at the end of the window: held at that power, the current never exceeds it.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.batch import gather, limits_all
from wattstack.physics.kernel.block import (
    CHUNK,
    W_CURRENT,
    W_CUT,
    W_HALF,
    W_HYSTERESIS,
    W_IDLE,
    W_LOSS,
    W_OCV,
    W_OHM,
    W_PER_A,
    W_SLOPE,
    W_SOC,
    W_V1,
    W_V2,
    step_slot,
)  # fmt: skip
from wattstack.physics.kernel.cell import window_ohm
from wattstack.physics.kernel.lanes import ask_cells, bus_of_cells, kind_limits, lane_limit, look_up

PASSES = 3  # of looking where the window ends
LEAST_MOVE = 1e-9  # of the state of charge: below it the slope is the slope
W_START_SOC, W_START_OCV, W_START_OHM = W_CURRENT, W_CUT, W_LOSS  # rows of the scratch that are free here


@njit(cache=True, error_model="numpy")
def hold_all(blocks, state, age, window_s, limits):
    """What every block could hold for window_s [s]: limits (2, nb), CAN_CHARGE and CAN_DISCHARGE in MW at the bus."""
    limits_all(blocks, state, age, 25.0, window_s, limits)
    slot = step_slot(blocks, window_s)
    rating, w = blocks.rating, blocks.scratch
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        const, step = blocks.const[k], blocks.step[slot, k]
        if const[t.G_MODE] == at.RESERVOIR:
            continue
        per = (window_s / 3600.0, const[t.G_CAPACITY_AH])
        kind = kind_limits(const, step)
        for start in range(first, last, CHUNK):
            n = min(CHUNK, last - start)
            for row in (at.CAN_CHARGE, at.CAN_DISCHARGE):
                way = 1.0 if row == at.CAN_DISCHARGE else -1.0
                gather(rating, state, age, way * limits[row], start, n, per, w)
                look_up(blocks, k, n)
                ask_cells(const, rating, start, n, w)
                for j in range(n):
                    w[W_START_SOC + j], w[W_START_OCV + j], w[W_START_OHM + j] = (
                        w[W_SOC + j],
                        w[W_OCV + j],
                        w[W_OHM + j],
                    )
                for _ in range(PASSES):
                    _look_at_end(blocks, k, kind, way, start, n, state, age, w)
                for j in range(n):
                    most, _ = lane_limit(
                        kind, rating[at.SOC_LOW, start + j], rating[at.SOC_HIGH, start + j], w, j
                    )
                    watts = most * _lower_voltage(step, way, most, w, j) * (1.0 - w[W_IDLE + j])
                    bus, _, _ = bus_of_cells(const, way * watts / rating[at.RATED_CELL_W, start + j])
                    held = abs(bus) * rating[at.RATED_MW, start + j] if watts > 0.0 else 0.0
                    limits[row, start + j] = min(held, limits[row, start + j])


@njit(cache=True, error_model="numpy")
def _look_at_end(blocks, k, kind, way, start, n, state, age, w):
    """Slope of the open-circuit voltage and resistance, as they are where the window ends.

    Over a long window a slope taken at its start misses the knee of the curve.
    """
    rating = blocks.rating
    for j in range(n):
        most, _ = lane_limit(kind, rating[at.SOC_LOW, start + j], rating[at.SOC_HIGH, start + j], w, j)
        w[W_SOC + j] = min(max(w[W_START_SOC + j] - way * most * w[W_PER_A + j], 0.0), 1.0)
        w[W_OHM + j] = rating[at.SPREAD_R, start + j] * age[at.RESISTANCE, start + j]
    look_up(blocks, k, n)
    for j in range(n):
        moved = w[W_SOC + j] - w[W_START_SOC + j]
        chord = (w[W_OCV + j] - w[W_START_OCV + j]) / moved if abs(moved) > LEAST_MOVE else w[W_SLOPE + j]
        w[W_SLOPE + j] = chord
        w[W_SOC + j], w[W_OCV + j] = w[W_START_SOC + j], w[W_START_OCV + j]
        w[W_OHM + j] = max(w[W_OHM + j], w[W_START_OHM + j])


@njit(cache=True, error_model="numpy")
def _lower_voltage(step, way, current, w, j):
    """Lower of the terminal voltages at both ends of the window: discharge at its end, charge at its start."""
    if way < 0.0:
        return w[W_OCV + j] + w[W_HYSTERESIS + j] - w[W_V1 + j] - w[W_V2 + j] + w[W_OHM + j] * current
    source = w[W_OCV + j] - w[W_HALF + j] - step[t.M_END_1] * w[W_V1 + j] - step[t.M_END_2] * w[W_V2 + j]
    return source - window_ohm(w[W_OHM + j], step[t.M_TIMES_END], w[W_SLOPE + j] * w[W_PER_A + j]) * current
