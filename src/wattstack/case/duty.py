"""What the duties hold of a battery: a floor and a ceiling of stored energy, power kept free, least sizes.

Needs    campus (largest, reserve_mwh, reserve_mw).
Gives    Held, held_by, backup_reserve.
Used by  case.bind; plan.columns and plan.duties, twin: nobody else adds the duties up.

Backup and smoothing stack: in an outage the load swings as before, and the battery is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus, largest, reserve_mw, reserve_mwh
from wattstack.errors import Fault, InputError, UnsupportedError

if TYPE_CHECKING:
    from wattstack.series import LocalClock


@dataclass(frozen=True, slots=True)
class Held:
    """What the duties hold of one battery, whatever its size.

    Attributes:
        backup_mwh: Stored energy that an outage would take out, by step, the margin of the gauge not in it;
            (steps,).
        error_frac: That margin, share of the usable energy.
        backup_mw: Power that an outage would ask for.
        smoothing_mw: Power kept free of everything else, both ways.
        smoothing_mwh: Stored energy kept below and room kept above, on top of the backup.
        throughput_mwh_per_h: What smoothing moves in and out, given at the bus.
        least_mw, least_mwh: The smallest battery that holds all of it.
    """

    backup_mwh: np.ndarray
    error_frac: float
    backup_mw: float
    smoothing_mw: float
    smoothing_mwh: float
    throughput_mwh_per_h: float
    least_mw: float
    least_mwh: float

    @property
    def floor_mwh(self) -> np.ndarray:
        """Floor under the stored energy without the margin of the gauge; (steps,)."""
        return self.backup_mwh + self.smoothing_mwh


def held_by(campus: Campus, name: str, load_mw: np.ndarray) -> Held:
    """What the duties hold of one battery of the campus.

    Args:
        campus: As declared.
        name: Name of the battery.
        load_mw: Electric demand [MW], (steps,).

    Returns:
        Held; all 0 where no duty is the battery's.
    """
    battery, backup, smoothing = campus.battery[name], campus.duties.backup, campus.duties.smoothing
    taken, carried_mw, error_frac = np.zeros(len(load_mw)), 0.0, 0.0
    if backup is not None:
        carried = reserve_mw(load_mw, backup.load_frac)
        taken = reserve_mwh(carried, backup.duration_h, battery.discharge_eff)
        carried_mw, error_frac = float(carried.max()), backup.soc_error_frac
    free_mw = free_mwh = out_mwh = 0.0
    if smoothing is not None and campus.smoothing_battery == name:
        free_mw, free_mwh = smoothing.power_mw, smoothing.energy_mwh
        out_mwh = smoothing.throughput_mwh_per_h
    slowly_mw = free_mw / min(battery.charge_power_frac, 1.0)
    return Held(
        taken, error_frac, carried_mw, free_mw, free_mwh, out_mwh, max(carried_mw + free_mw, slowly_mw),
        (float(taken.max()) + 2.0 * free_mwh) / (1.0 - error_frac),
    )  # fmt: skip


def backup_reserve(campus: Campus, load_mw: np.ndarray, clock: LocalClock) -> tuple[np.ndarray, float]:
    """Energy and power held back for an outage.

    Args:
        campus: As declared.
        load_mw: Electric demand [MW], shape (steps,).
        clock: Local clock of the axis, for messages.

    Returns:
        Floor under stored energy for the smallest battery that can hold it [MWh], shape (steps,); and the
        power that must be carried [MW].

    Raises:
        UnsupportedError: Several batteries would have to share the duty.
        InputError: Not even the largest battery that may be built holds the floor, with the room for swings on top.
    """
    backup = campus.duties.backup
    if backup is None:
        return np.zeros(len(load_mw)), 0.0
    if len(campus.battery) > 1:
        text = "is carried by several batteries, which is not supported yet. Declare one."
        raise UnsupportedError(campus.source, [Fault("duties.backup", text)])
    (name, battery), *_ = campus.battery.items()
    held = held_by(campus, name, load_mw)
    floor = held.backup_mwh / (1.0 - held.error_frac)
    worst = int(floor.argmax())
    when = f"{clock.month_names[clock.month[worst]]}, hour {clock.local_hour[worst]:g}"
    asked = f"{held.backup_mw:,.1f} MW in the worst step ({when})"
    swings = " with duties.smoothing on top," if held.smoothing_mw else ""
    faults = []
    for key, need, unit, lower in (
        ("energy_mwh", held.least_mwh, "MWh", "lower duties.backup.duration_h or load_frac"),
        ("power_mw", held.least_mw, "MW", "lower duties.backup.load_frac"),
    ):
        most = largest(getattr(battery, key))
        if need > most * (1.0 + 1e-9):
            where = f"battery.{name}.{key}"
            hours = f" for {backup.duration_h:g} h" if unit == "MWh" else ""
            faults.append(
                Fault(
                    "duties.backup",
                    f"asks for {asked}{hours},{swings} so for {need:,.1f} {unit}: the largest {where} is "
                    f"{most:,.1f} {unit}. Raise {where} by {need - most:,.1f} {unit}, or {lower}.",
                )
            )
    if faults:
        raise InputError(campus.source, faults)
    return floor, held.backup_mw
