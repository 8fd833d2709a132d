"""Promises the campus keeps at every moment: backup and smoothing. The one definition of how much is held back.

Needs    campus.fields.
Gives    Backup, Smoothing, Duties, reserve_mwh, reserve_mw, smoothing_battery.
Used by  case, plan, control, twin, operate: nobody else says what backup is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from wattstack.campus.fields import Declared, Frac, Name, NotNegative, Positive, quantity

if TYPE_CHECKING:
    from wattstack.campus.campus import Campus


def reserve_mwh(
    load_mw: Any,
    duration_h: float,
    discharge_eff: float,
    soc_error_frac: float = 0.0,
    energy_mwh: Any = None,
) -> Any:
    """Energy that must stay in the store so that the load can be carried through an outage.

    reserve = load x duration / discharge_eff + soc_error_frac x energy_mwh: what the load takes out of the
    store, and a margin because the gauge may read high by a share of the full range.

    Args:
        load_mw: Load to be carried, number or array [MW], >= 0.
        duration_h: Length of the outage [h].
        discharge_eff: MWh at the bus per MWh from the store, 0 < eff <= 1.
        soc_error_frac: Error of the state of charge, share of the full range, 0 <= frac < 1.
        energy_mwh: Usable energy of the battery [MWh], number or array. None = the smallest battery that can
            hold the reserve, filled by it: load x duration / discharge_eff / (1 - soc_error_frac).

    Returns:
        Stored energy to hold back [MWh], in the shape of load_mw.

    Source:
        Energy balance; the margin is the worst case of a bounded reading error.

    Example:
        >>> reserve_mwh(100.0, 0.5, discharge_eff=0.95, soc_error_frac=0.05, energy_mwh=200.0)
        62.631578947368425
    """
    taken_mwh = load_mw * duration_h / discharge_eff
    if energy_mwh is None:
        return taken_mwh / (1.0 - soc_error_frac)
    return taken_mwh + soc_error_frac * energy_mwh


def reserve_mw(load_mw: Any, load_frac: float = 1.0) -> Any:
    """Power that the backup must be able to give: the load to be carried.

    Args:
        load_mw: Electric demand, number or array [MW].
        load_frac: Share of it that is carried through an outage.

    Returns:
        Power at the bus [MW], in the shape of load_mw; also the load_mw of reserve_mwh.

    Example:
        >>> reserve_mw(150.0, load_frac=0.8)
        120.0
    """
    return load_mw * load_frac


class Backup(Declared):
    """Carry a share of the load through an outage of the grid: a floor under stored energy and power.

    Example:
        >>> Backup(duration_h=0.5).load_frac
        1.0
    """

    duration_h: Positive = quantity("h", "Length of the outage")
    load_frac: Frac = quantity("", "Share of the load that is carried", 1.0)
    soc_error_frac: float = quantity(
        "", "Error of the state of charge, share of the full range", 0.02, ge=0, lt=0.5
    )


class Smoothing(Declared):
    """Hold power and energy free for swings of the load, in both directions, as `wattstack smooth` sizes them.

    It stacks on the backup: in an outage the load swings as before, and the battery is all there is.

    Example:
        >>> Smoothing(power_mw=40, energy_mwh=1.2).power_mw
        40.0
    """

    power_mw: Positive = quantity("MW", "Power held free both ways, charge and discharge")
    energy_mwh: Positive = quantity(
        "MWh", "Stored energy held free both ways: so much must fit in, and so much must be there"
    )
    throughput_mwh_per_h: NotNegative = quantity(
        "MWh/h", "Energy that goes out again and again, for wear", 0.0
    )
    battery: Name | None = Field(None, description="Battery that takes them; absent = the only one.")


def smoothing_battery(campus: Campus) -> str | None:
    """Name of the battery that takes the swings; None without the duty, or where no battery is meant surely."""
    duty = campus.duties.smoothing
    if duty is None:
        return None
    if duty.battery is not None:
        return duty.battery if duty.battery in campus.battery else None
    return next(iter(campus.battery)) if len(campus.battery) == 1 else None


class Duties(Declared):
    """All promises."""

    backup: Backup | None = Field(None, description="Outage the batteries carry; absent = none.")
    smoothing: Smoothing | None = Field(None, description="Swings the batteries take; absent = none.")
