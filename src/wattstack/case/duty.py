"""The floor that the backup duty puts under stored energy and power, and whether any battery can hold it.

Needs    campus (largest, reserve_mwh, reserve_mw).
Gives    backup_reserve.
Used by  case.bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus, largest, reserve_mw, reserve_mwh
from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.series import LocalClock


def backup_reserve(campus: Campus, load_mw: np.ndarray, clock: LocalClock) -> tuple[np.ndarray, float]:
    """Energy and power held back for an outage.

    Args:
        campus: As declared.
        load_mw: Electric demand [MW], shape (steps,).
        clock: Local clock of the axis, for messages.

    Returns:
        Floor under stored energy for the smallest battery that can hold it [MWh], shape (steps,), by the
        least discharge efficiency where there are several; and the power that must be carried [MW].

    Raises:
        InputError: Not even the largest battery that may be built holds the floor.
    """
    backup = campus.duties.backup
    if backup is None:
        return np.zeros(len(load_mw)), 0.0
    carried = reserve_mw(load_mw, backup.load_frac)
    discharge_eff = min(unit.discharge_eff for unit in campus.battery.values())
    floor = reserve_mwh(carried, backup.duration_h, discharge_eff, backup.soc_error_frac)
    worst = int(carried.argmax())
    when = f"{clock.month_names[clock.month[worst]]}, hour {clock.local_hour[worst]:g}"
    asked = f"{carried[worst]:,.1f} MW in the worst step ({when})"
    faults = []
    for key, need, unit, lower in (
        ("energy_mwh", float(floor[worst]), "MWh", "lower duties.backup.duration_h or load_frac"),
        ("power_mw", float(carried[worst]), "MW", "lower duties.backup.load_frac"),
    ):
        most = sum(largest(getattr(battery, key)) for battery in campus.battery.values())
        if need > most * (1.0 + 1e-9):
            where = f"battery.{next(iter(campus.battery))}.{key}" if len(campus.battery) == 1 else "battery"
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
