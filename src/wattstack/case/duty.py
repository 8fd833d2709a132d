"""The floor that the backup duty puts under stored energy and power, and whether any battery can hold it.

Needs    campus (largest, reserve_mwh, reserve_mw).
Gives    backup_reserve.
Used by  case.bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus, largest, reserve_mw, reserve_mwh
from wattstack.errors import Fault, InputError, UnsupportedError

if TYPE_CHECKING:
    from wattstack.series import LocalClock


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
        InputError: Not even the largest battery that may be built holds the floor.
    """
    backup = campus.duties.backup
    if backup is None:
        return np.zeros(len(load_mw)), 0.0
    if len(campus.battery) > 1:
        text = "is carried by several batteries, which is not supported yet. Declare one."
        raise UnsupportedError(campus.source, [Fault("duties.backup", text)])
    (name, battery), *_ = campus.battery.items()
    carried = reserve_mw(load_mw, backup.load_frac)
    floor = reserve_mwh(carried, backup.duration_h, battery.discharge_eff, backup.soc_error_frac)
    worst = int(carried.argmax())
    when = f"{clock.month_names[clock.month[worst]]}, hour {clock.local_hour[worst]:g}"
    asked = f"{carried[worst]:,.1f} MW in the worst step ({when})"
    faults = []
    for key, need, unit, lower in (
        ("energy_mwh", float(floor[worst]), "MWh", "lower duties.backup.duration_h or load_frac"),
        ("power_mw", float(carried[worst]), "MW", "lower duties.backup.load_frac"),
    ):
        most = largest(getattr(battery, key))
        if need > most * (1.0 + 1e-9):
            where = f"battery.{name}.{key}"
            hours = f" for {backup.duration_h:g} h" if unit == "MWh" else ""
            faults.append(
                Fault(
                    "duties.backup",
                    f"asks for {asked}{hours}, so for {need:,.1f} {unit}: the largest {where} is "
                    f"{most:,.1f} {unit}. Raise {where} by {need - most:,.1f} {unit}, or {lower}.",
                )
            )
    if faults:
        raise InputError(campus.source, faults)
    return floor, float(carried[worst])
