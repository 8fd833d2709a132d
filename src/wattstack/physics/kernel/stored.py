"""Stored energy and usable capacity of a block, as people, control and the reserve read them.

Needs    physics.kernel.layout.
Gives    stored_mwh, usable_mwh.
Used by  physics.battery, control, twin, prove.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.layout import (
    CAPACITY,
    NAMEPLATE_MWH,
    SOC,
    SOC_HIGH,
    SOC_LOW,
    SPREAD_Q,
)


@njit(cache=True, error_model="numpy", forceinline=True)
def stored_mwh(rating, state, age, b):
    """Energy above the lower end of the window [MWh]: (soc - soc_low) x nameplate x remaining capacity."""
    above = max(state[SOC, b] - rating[SOC_LOW, b], 0.0)
    return above * rating[NAMEPLATE_MWH, b] * rating[SPREAD_Q, b] * age[CAPACITY, b]


@njit(cache=True, error_model="numpy", forceinline=True)
def usable_mwh(rating, age, b):
    """Energy of the whole window [MWh]."""
    window = rating[SOC_HIGH, b] - rating[SOC_LOW, b]
    return window * rating[NAMEPLATE_MWH, b] * rating[SPREAD_Q, b] * age[CAPACITY, b]
