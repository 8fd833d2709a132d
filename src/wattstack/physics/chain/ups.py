"""Uninterruptible supplies: declared numbers as columns, and one unit riding through what the grid does.

Needs    campus.Ups as declared; physics.kernel.ups and chain (when called).
Gives    ups_column, bare_column, ride_through, UpsCourse, MODES.
Used by  physics.chain.groups, tests, docs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.chain.supply import POWER_FACTOR, supply_column

if TYPE_CHECKING:
    from wattstack.campus import Hall, Ups

MODES = ("on grid", "changing over", "on battery", "empty")
NO_LOAD_SHARE = 0.5  # of the loss at full load that is there without load, assumption
USUAL_H = 5.0 / 60.0  # energy of its own battery / rating where none is declared


class UpsCourse(NamedTuple):
    """What one unit did, each (steps,).

    Attributes:
        grid_mw: Drawn from the feeder.
        served_mw: Drawn by the racks behind it.
        battery_mwh: Energy in its battery at the end of each step.
        mode: Place in MODES, int64.
        sags: Sags it has seen so far.
        left: Times it has left the grid so far.
        locked: Whether it stays on its battery because it counted too many sags.
        dark: Whether the racks behind it have lost their supply.
        lost_mwh: Lost in it so far.
    """

    grid_mw: np.ndarray
    served_mw: np.ndarray
    battery_mwh: np.ndarray
    mode: np.ndarray
    sags: np.ndarray
    left: np.ndarray
    locked: np.ndarray
    dark: np.ndarray
    lost_mwh: np.ndarray


def ups_column(ups: Ups, rating_mw: float, energy_mwh: float, nominal_hz: float) -> np.ndarray:
    """Rows of physics.kernel.ups for one group of racks.

    Args:
        ups: As declared.
        rating_mw: Output rating of the share of the units that feeds this group.
        energy_mwh: Energy of the batteries of this share.
        nominal_hz: Nominal frequency.

    Returns:
        float64 (NCHAIN_CONST - NSUPPLY_CONST,).

    Source:
        Loss at full load: campus.Ups; half of it at no load and half in proportion to the load: assumption, the
        shape of the efficiencies at 25 .. 100 % load that IEC 62040-3 asks makers for. The current limit counts
        from rated input current.
    """
    from wattstack.physics.kernel import ups as at

    first, loss = at.KIND, 1.0 / ups.eff - 1.0
    column = np.zeros(at.NCHAIN_CONST - first)
    for row, value in (
        (at.KIND, at.ECO if ups.kind == "eco" else at.DOUBLE),
        (at.RATING_MW, rating_mw),
        (at.BATTERY_FULL_MJ, energy_mwh * 3600.0),
        (at.NO_LOAD_MW, NO_LOAD_SHARE * loss * rating_mw),
        (at.LOSS_FRAC, (1.0 - NO_LOAD_SHARE) * loss),
        (at.TAN_PHI, math.tan(math.acos(ups.power_factor))),
        (at.CURRENT_MW, ups.current_limit_pu * rating_mw / ups.eff),
        (at.LOW_PU, ups.low_pu),
        (at.HIGH_PU, ups.high_pu),
        (at.NOMINAL_HZ, nominal_hz),
        (at.WINDOW_HZ, ups.frequency_window_hz),
        (at.DETECT_S, ups.detect_s),
        (at.TRANSFER_S, ups.transfer_s),
        (at.RETURN_S, ups.return_s),
        (at.WALK_IN_S, ups.walk_in_s),
        (at.SAG_COUNT, ups.sag_count or 0),
        (at.SAG_WINDOW_S, ups.sag_window_s),
        (at.HOLD_S, math.inf if ups.hold_s is None else ups.hold_s),
        (at.RECHARGE_MW, ups.recharge_frac * rating_mw),
        (at.LONG_S, ups.long_outage_s),
        (at.LONG_WALK_IN_S, ups.walk_in_s if ups.long_walk_in_s is None else ups.long_walk_in_s),
    ):
        column[row - first] = value
    return column


def bare_column(loss_frac: float, nominal_hz: float) -> np.ndarray:
    """Rows of physics.kernel.ups for a group that hangs on the feeder by its power supplies alone.

    Args:
        loss_frac: Loss of what lies between / power of the racks.
        nominal_hz: Nominal frequency.
    """
    from wattstack.physics.kernel import ups as at

    column = np.zeros(at.NCHAIN_CONST - at.KIND)
    column[at.LOSS_FRAC - at.KIND] = loss_frac
    column[at.TAN_PHI - at.KIND] = math.tan(math.acos(POWER_FACTOR))
    column[at.NOMINAL_HZ - at.KIND] = nominal_hz
    return column


def ride_through(
    ups: Ups,
    voltage_pu: np.ndarray,
    frequency_hz: np.ndarray | float,
    step_s: float,
    load_mw: np.ndarray | float,
    hall: Hall | None = None,
) -> UpsCourse:
    """One unit and the racks behind it while voltage and frequency of the feeder go their way.

    Args:
        ups: As declared; power_mw absent = 1.1 x the greatest load.
        voltage_pu: At its input, (steps,).
        frequency_hz: At its input, (steps,) or one number; the nominal one is 50 or 60, whichever the first is
        nearer to.
        step_s: Length of a step [s], > 0.
        load_mw: What the servers behind it draw, (steps,) or one number.
        hall: Power supplies and rack storage; absent = those of a hall as they are where nothing is declared, but
            without a filter, so that the unit's own answer is seen.

    Raises:
        InputError: Arrays of different lengths, a value that is not finite, a step that is not above 0.

    Example:
        >>> from wattstack.campus import Ups
        >>> volt = np.where(np.arange(2000) < 100, 0.5, 1.0)  # a sag of 100 ms, then 1.9 s
        >>> course = ride_through(Ups(), volt, 50.0, 0.001, 100.0)
        >>> course.grid_mw[50].item(), bool(course.dark.any()), MODES[course.mode[-1]]
        (0.0, False, 'on grid')
    """
    from wattstack.campus import Hall
    from wattstack.physics.chain.groups import ChainSet
    from wattstack.physics.kernel import supply as rack
    from wattstack.physics.kernel import ups as at

    volt, freq, load = _waves(voltage_pu, frequency_hz, load_mw, step_s)
    most = float(load.max())
    rating = ups.power_mw or 1.1 * most
    energy = rating * USUAL_H if ups.energy_mwh is None else ups.energy_mwh
    nominal = 50.0 if freq[0] < 55.0 else 60.0
    hall = hall or Hall(it_mw=max(most, 1e-9), supply_filter_s=1e-6)
    column = np.concatenate(
        [supply_column(hall, max(most, 1e-9), 0.0), ups_column(ups, rating, energy, nominal)]
    )
    chain = ChainSet(("group",), column[:, None])
    rows, grid = chain.run(load[None, :], volt, freq, step_s)
    rows = rows[:, 0, :]
    return UpsCourse(
        grid_mw=grid[0],
        served_mw=rows[rack.RACK_MW],
        battery_mwh=rows[at.BATTERY_MJ] / 3600.0,
        mode=rows[at.UPS_MODE].astype(np.int64),
        sags=rows[at.SAGS].astype(np.int64),
        left=rows[at.LEFT].astype(np.int64),
        locked=rows[at.LOCK_S] > 0.0,
        dark=rows[rack.SUPPLY_MODE] == rack.DARK,
        lost_mwh=rows[at.UPS_LOSS_MJ] / 3600.0,
    )


def _waves(voltage_pu, frequency_hz, load_mw, step_s) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three waves at one length."""
    volt = np.asarray(voltage_pu, float)
    faults = []
    if not step_s > 0.0:
        faults.append(Fault("step_s", f"is {step_s}, must be above 0."))
    waves = [volt]
    for name, wave in (("frequency_hz", frequency_hz), ("load_mw", load_mw)):
        values = np.asarray(wave, float)
        if values.shape not in ((), volt.shape):
            faults.append(
                Fault(name, f"has shape {values.shape}, must have that of voltage_pu {volt.shape}.")
            )
            continue
        waves.append(np.array(np.broadcast_to(values, volt.shape)))
    for name, values in zip(("voltage_pu", "frequency_hz", "load_mw"), waves, strict=False):
        if not np.isfinite(values).all() or values.size == 0:
            faults.append(Fault(name, "must hold finite numbers, at least one. Fill its gaps."))
    if faults:
        raise InputError("ride_through", faults)
    return waves[0], waves[1], waves[2]
