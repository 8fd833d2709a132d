"""What gauges show of the load, for a judge: what somebody could know who believes no memory.

Needs    campus, operate.devices.Image, operate.simulated.faults.Spoiler; operate.campaign.field.
Gives    showed, lied, by_asset.
Used by  operate.campaign.day, sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan, nan
from typing import TYPE_CHECKING

from wattstack.operate.campaign.field import UNREAD

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.devices import Image
    from wattstack.operate.simulated.faults import Spoiler

HIDES = (*UNREAD, "nan", "frozen")  # the meter of the connection shows nothing, or nothing that is believed
POWERS = ("power_mw", "output_mw", "draw_mw")


def showed(campus: Campus, image: Image, fresh: Callable[[str], bool]) -> float:
    """What the campus draws beside batteries [MW], as gauges show it; the larger where two ways differ, NaN where none.

    Args:
        campus: Its loads.
        image: Of the guard.
        fresh: By device, whether what it shows is no older than three periods in truth.
    """
    powers: dict[str, float] = {}
    for path in campus.devices:
        values = (image.value(f"{path}.{name}") for name in POWERS)
        power = next((one for one in values if not isnan(one)), nan)
        if not isnan(power) and fresh(path):
            powers[path] = power
    kind = lambda name: [power for path, power in powers.items() if path.startswith(name)]  # noqa: E731
    balance = powers.get("grid.connection", nan) + sum(kind("battery."))
    whole = len(kind("load.")) == len(campus.load)
    metered = sum(kind("load.")) - sum(kind("solar.")) - sum(kind("generator.")) if whole else nan
    return max((one for one in (balance, metered) if not isnan(one)), default=nan)


def lied(campus: Campus, faults: Mapping[str, Spoiler]) -> bool:
    """Whether the load is shown as it is not, and no other gauge shows it as it is.

    Args:
        campus: Its loads.
        faults: In force, by device.
    """
    meters = [one for path, one in faults.items() if path.startswith("load.")]
    others = [one for path, one in faults.items() if not path.startswith("load.")]
    grid = [one for path, one in faults.items() if path.startswith("grid.")]
    metered = len(meters) == len(campus.load) and not any(one.any for one in meters)
    balanced = not any(map(_false, others)) and not all(any(map(one.has, HIDES)) for one in grid)
    return any(map(_false, faults.values())) and not metered and not balanced


def _false(one: Spoiler) -> bool:
    """Whether a gauge shows a power that is not so."""
    return one.has("sign") or one.has("scale")


def by_asset(device_mw: Mapping[str, float]) -> dict[str, float]:
    """Power of devices summed by what they are a part of."""
    made: dict[str, float] = {}
    for path, power in device_mw.items():
        asset = path.split("#", 1)[0]
        made[asset] = made.get(asset, 0.0) + power
    return made
