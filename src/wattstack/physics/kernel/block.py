"""The arrays of a set of blocks, as compiled code takes them.

Gives    Blocks, step_slot.
Used by  physics.kernel.batch and everything that carries blocks: physics.battery, twin, prove.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.physics.kernel.tables import (
    G_FRAC_1,
    G_FRAC_2,
    G_KEPT,
    G_TAU_1,
    G_TAU_2,
    M_END_1,
    M_END_2,
    M_KEPT,
    M_MEAN_1,
    M_MEAN_2,
    M_TIMES_END,
    M_TIMES_MEAN,
    NSLOT,
)  # fmt: skip
from wattstack.physics.kernel.thermal import fill_thermal


class Blocks(NamedTuple):
    """Everything constant of a set of blocks; one signature for any set.

    Attributes:
        kind: Row of each block in the tables by kind, int64 (nb,).
        runs: Neighbours of equal kind: first block, one past the last, kind; int64 (runs, 3).
        rating: Numbers of each block, float64 (NRATING, nb), see layout.
        const: Numbers of each kind, (kinds, NCONST), see tables.
        soc_table: Curves over the state of charge, (kinds, points x NCOLUMN).
        temp_table: Curves over temperature, (kinds, 2 directions x TEMP_POINTS x NTEMP).
        ohm_table: Resistance, (kinds, 2 directions x TEMP_POINTS x OHM_POINTS x NOHM).
        step_s: Lengths of step remembered, (NSLOT + 1,); the last number counts them.
        step: What follows from each, (NSLOT, kinds, NSTEP).
    """

    kind: np.ndarray
    runs: np.ndarray
    rating: np.ndarray
    const: np.ndarray
    soc_table: np.ndarray
    temp_table: np.ndarray
    ohm_table: np.ndarray
    step_s: np.ndarray
    step: np.ndarray


@njit(cache=True, forceinline=True)
def step_slot(blocks, step_s):
    """Place of what follows from this length of step; worked out the first time, remembered for NSLOT lengths."""
    known = blocks.step_s
    if known[0] == step_s:
        return 0
    for slot in range(1, NSLOT):
        if known[slot] == step_s:
            return slot
    return _new_slot(known, blocks.const, blocks.step, step_s)


@njit(cache=True)
def _new_slot(known, consts, steps, step_s):
    """Work out what follows from a length of step, in the place of the oldest."""
    slot = int(known[NSLOT]) % NSLOT
    known[NSLOT] += 1.0
    known[slot] = step_s
    for k in range(len(consts)):
        const, out = consts[k], steps[slot, k]
        for tau, end, mean in ((G_TAU_1, M_END_1, M_MEAN_1), (G_TAU_2, M_END_2, M_MEAN_2)):
            x = step_s / const[tau]
            out[end] = exp(-x)
            out[mean] = (1.0 - out[end]) / x if x > 1e-8 else 1.0 - 0.5 * x
        one, two = const[G_FRAC_1], const[G_FRAC_2]
        out[M_TIMES_MEAN] = 1.0 + one * (1.0 - out[M_MEAN_1]) + two * (1.0 - out[M_MEAN_2])
        out[M_TIMES_END] = 1.0 + one * (1.0 - out[M_END_1]) + two * (1.0 - out[M_END_2])
        out[M_KEPT] = const[G_KEPT] ** (step_s / 3600.0)
        fill_thermal(const, step_s, out)
    return slot
