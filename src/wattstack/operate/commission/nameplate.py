"""What a value can be, by what the campus file says of the asset; and by which slip it would be possible after all.

Needs    campus; operate.devices.
Gives    Bound, bounds_of, slip_of, swapped, COUNTERS, POWERS.
Used by  operate.commission.walk, balance.

A value inside of its bounds is not proved right: a load of 20 MW may be any load. Balance and steps are for that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.operate.devices import Decoder, Layout

if TYPE_CHECKING:
    from wattstack.campus import Campus

POWERS = ("power_mw", "output_mw", "draw_mw")
COUNTERS = ("energy_mwh", "export_energy_mwh", "charged_mwh", "discharged_mwh")
FAR = 1.5  # times what stands: no power is more than that
NEAR = 1.25  # a rating that the device tells lies so near to the declared one
SLIPS = (1e3, 1e6, 1e-3, 10.0, 100.0, 0.1, 0.01, 1e-6)  # unit errors first, then shifted decimals


@dataclass(frozen=True, slots=True)
class Bound:
    """What is possible.

    Attributes:
        least, most: Of the value, in its unit.
        why: Where that comes from.
    """

    least: float
    most: float
    why: str

    def holds(self, value: float) -> bool:
        """Whether a value is possible."""
        return self.least <= value <= self.most


def bounds_of(campus: Campus, path: str) -> dict[str, Bound]:
    """Bounds of the quantities of a device, by channel without its asset."""
    kind, _, name = path.split("#", maxsplit=1)[0].partition(".")
    size = campus.device_mw(path)
    power = Bound(-FAR * size, FAR * size, f"{FAR:g} x {size:g} MW that stand")
    nominal = float((campus.grid and campus.grid.connection.frequency_hz) or 0.0)
    made = dict.fromkeys((*POWERS, "can_charge_mw", "can_discharge_mw", "dc_power_mw"), power) | {
        "frequency_hz": Bound(0.9 * (nominal or 50), 1.1 * (nominal or 60), f"grid of {nominal or '50 or 60'} Hz"),
        "voltage_pu": Bound(0.8, 1.2, "a bus that is in service"),
        "soc": Bound(0.0, 1.0, "a share"),
        "soh_frac": Bound(0.2, 1.2, "a share"),
        "temp_degc": Bound(-40.0, 90.0, "what a cabinet bears"),
    }  # fmt: skip
    if kind in ("battery", "generator"):
        made["rating_mw"] = Bound(size / NEAR, size * NEAR, f"{size:g} MW declared")
    if kind == "battery":
        unit, share = campus.battery[name], campus.devices[path].share_frac
        whole = float(unit.energy_mwh) / unit.usable_frac * share
        made["nameplate_mwh"] = Bound(whole / NEAR, whole * NEAR, f"{whole:.4g} MWh declared")
        made["stored_mwh"] = Bound(0.0, 1.05 * whole, f"{whole:.4g} MWh declared")
    return made


def slip_of(value: float, bound: Bound) -> float | None:
    """The factor that a value is too high by, where one of the usual slips explains it; None: none does.

    Example:
        >>> slip_of(8000.0, Bound(-15.0, 15.0, "10 MW"))
        1000.0
    """
    return next((factor for factor in SLIPS if bound.holds(value / factor)), None)


def swapped(layout: Layout, name: str, registers: np.ndarray) -> float:
    """What a quantity would be with its words the other way round; NaN where that is no number, or it has one word.

    Args:
        registers: Of the device's slice, uint16.
    """
    point = layout.points[layout.place[name]]
    if point.words < 2:
        return float("nan")
    values, _ = Decoder([replace(point, little=not point.little)], layout.length).values(registers)
    return float(values[0])
