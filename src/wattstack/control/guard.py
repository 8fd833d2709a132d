"""The last gate before a setpoint leaves: nothing passes that the battery, its window or the grid do not allow.

Needs    control.seam.
Gives    Bounds, Passed, guarded.
Used by  control.live, operate. It knows nothing of plans and prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one battery may do over the coming step [MW at the bus, >= 0], from its own limits."""

    charge_mw: float
    discharge_mw: float


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let through.

    Attributes:
        power_mw: By path, inside the bounds.
        cut: By path that was changed, what was wrong with it.
    """

    power_mw: Mapping[str, float]
    cut: Mapping[str, str]


def guarded(power_mw: Mapping[str, float], bounds: Mapping[str, Bounds]) -> Passed:
    """Cut every setpoint to its bounds; what is no number, or has no bounds, becomes 0.

    Args:
        power_mw: Setpoints by path, positive into the bus.
        bounds: What each path may do.

    Returns:
        The setpoints that may leave, and a line for each that was changed.

    Example:
        >>> guarded({"battery.main": 80.0}, {"battery.main": Bounds(40.0, 50.0)}).power_mw
        {'battery.main': 50.0}
    """
    passed, cut = {}, {}
    for path, asked in power_mw.items():
        bound = bounds.get(path)
        if bound is None or isnan(asked):
            passed[path] = 0.0
            cut[path] = f"asked {asked:g} MW, passed 0: " + (
                "its limits are not known" if bound is None else "it is not a number"
            )
            continue
        power = min(max(asked, -bound.charge_mw), bound.discharge_mw)
        passed[path] = power
        if abs(power - asked) > 1e-9 * max(1.0, abs(asked)):
            cut[path] = f"asked {asked:g} MW, passed {power:g}"
    return Passed(passed, cut)
