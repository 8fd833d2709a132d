"""Power supplies of servers and energy stored in racks: declared numbers as columns, and what they make of a wave.

Needs    campus.Hall as declared; physics.kernel.supply and chain (when called).
Gives    supply_column, level_swings, SupplyCourse.
Used by  physics.chain.groups, physics.chain.ups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from wattstack.campus import Hall

HOLD_UP_S = 0.02  # full power from the bulk capacitors; ITIC curve (ITI 2000): 20 ms without voltage
POWER_FACTOR = 0.99  # of a supply with power factor correction near full load, assumption


class SupplyCourse(NamedTuple):
    """What supplies and rack storage made of a wave, each (steps,).

    Attributes:
        drawn_mw: Drawn at the input of the supplies.
        stored_mwh: Energy in the racks at the end of each step.
        storing_mw: Power into the store, < 0 out of it.
        dark: Whether the racks have lost their supply.
        lost_mwh: Lost in the store up to the end of each step.
        missing_mwh: What the bulk capacitors lack.
    """

    drawn_mw: np.ndarray
    stored_mwh: np.ndarray
    storing_mw: np.ndarray
    dark: np.ndarray
    lost_mwh: np.ndarray
    missing_mwh: np.ndarray


def supply_column(hall: Hall, full_mw: float, gpus: float) -> np.ndarray:
    """Rows of physics.kernel.supply for one group of racks, shape (NSUPPLY_CONST,).

    Args:
        hall: As declared.
        full_mw: Full power of the group.
        gpus: GPUs of the group; storage is declared per GPU.

    Source:
        Hold-up of 20 ms and what a supply bears between 0.7 and 1.2 pu: ITI (CBEMA) curve, Information Technology
        Industry Council (2000). Time constant and rack storage: campus.Hall, campus.RackStorage.
    """
    from wattstack.physics.kernel import supply as at

    column = np.zeros(at.NSUPPLY_CONST)
    column[at.FULL_MW], column[at.FILTER_S] = full_mw, hall.supply_filter_s
    column[at.BULK_FULL_MJ] = HOLD_UP_S * full_mw
    column[at.STORE_EFF] = column[at.AVERAGE_S] = column[at.RECENTRE_S] = 1.0
    storage = hall.rack_storage
    if storage is not None and gpus > 0.0:
        column[at.STORE_FULL_MJ] = storage.energy_j_per_gpu * gpus * 1e-6
        column[at.STORE_POWER_MW] = storage.power_frac * full_mw
        column[at.STORE_EFF] = storage.round_trip_eff**0.5
        column[at.AVERAGE_S], column[at.RECENTRE_S] = storage.average_s, storage.recentre_s
    return column


def level_swings(
    hall: Hall, gpus: float, gpu_mw: np.ndarray, step_s: float, voltage_pu: float | np.ndarray = 1.0
) -> SupplyCourse:
    """What one group of racks draws while its servers follow a wave, with no uninterruptible supply before it.

    The store holds the draw at the running mean of `average_s`, pulled to half full within `recentre_s`, as far as
    its power and energy go. It begins at rest: half full, at the first power of the wave.

    Args:
        hall: Its supply_filter_s, rack_storage and it_mw, which is the full power of the group.
        gpus: GPUs of the group.
        gpu_mw: What the servers draw, (steps,).
        step_s: Length of a step [s], > 0.
        voltage_pu: At the input of the supplies, number or (steps,).

    Returns:
        SupplyCourse.

    Example:
        >>> from wattstack.campus import Hall
        >>> level_swings(Hall(it_mw=1.0), 0.0, np.full(3, 0.5), 0.001).drawn_mw.tolist()
        [0.5, 0.5, 0.5]
    """
    from wattstack.physics.kernel import supply as at
    from wattstack.physics.kernel.supply import filter_shares, start_supply, supply_step

    const = supply_column(hall, hall.it_mw, gpus)[:, None]
    rates, state = np.zeros((at.NRATE, 1)), np.zeros((at.NSUPPLY_STATE, 1))
    filter_shares(const, rates, step_s)
    wave = np.asarray(gpu_mw, float)
    volt = np.broadcast_to(np.asarray(voltage_pu, float), wave.shape)
    start_supply(const, state, 0, wave[0])
    rows = np.empty((len(wave), at.NSUPPLY_STATE))
    for k in range(len(wave)):
        supply_step(const, rates, state, 0, wave[k], volt[k], step_s)
        rows[k] = state[:, 0]
    return SupplyCourse(
        drawn_mw=rows[:, at.RACK_MW],
        stored_mwh=rows[:, at.STORE_MJ] / 3600.0,
        storing_mw=rows[:, at.STORE_MW],
        dark=rows[:, at.SUPPLY_MODE] == at.DARK,
        lost_mwh=rows[:, at.STORE_LOSS_MJ] / 3600.0,
        missing_mwh=rows[:, at.MISSING_MJ] / 3600.0,
    )
