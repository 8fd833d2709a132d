"""What the planner reads from what the guard says.

Needs    control.Measured, operate.link.
Gives    measured_of.
Used by  operate.planner.process.

The guard's own numbers come first: it knows which devices are believed. What it does not tell is taken from the
frame. Its clock is the site's: that of a simulated site runs faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.control import Measured
from wattstack.operate.link import Frame, State

if TYPE_CHECKING:
    from wattstack.campus import Campus

TOLD = {  # channel of the plan, name in the guard's state
    "load_mw": "load_mw", "solar_mw": "solar_mw", "grid.on": "grid.on", "grid.billed_peak_mw": "grid.billed_peak_mw",
    "grid.import_limit_mw": "control.import_limit_mw",
}  # fmt: skip


def measured_of(campus: Campus, names: tuple[str, ...], frame: Frame, state: State) -> Measured:
    """The site as the plan takes it, by channel; what is not known is not there.

    Args:
        campus: Whose assets they are.
        names: Channels of the frame.
        frame: Last measured values.
        state: Last word of the guard.
    """
    shown = {name: float(v) for name, v in zip(names, frame.values, strict=True) if np.isfinite(v)}
    values = {name: state.values[told] for name, told in TOLD.items() if told in state.values}
    for kind, channels in (("battery", ("stored_mwh", "usable_mwh")), ("generator", ("available",))):
        for asset in (f"{kind}.{name}" for name in getattr(campus, kind)):
            for channel in channels:
                told = state.values.get(f"{asset}.{channel}")
                found = told if told is not None else _whole(campus, asset, channel, shown)
                if found is not None:
                    values[f"{asset}.{channel}"] = found
    return Measured(state.utc_s, values)


def _whole(campus: Campus, asset: str, channel: str, shown: dict[str, float]) -> float | None:
    """Of all devices of an asset together; None where one of them does not tell."""
    paths = [path for path in campus.devices if path.split("#")[0] == asset]
    parts = [shown.get(f"{path}.{channel}") for path in paths]
    if not parts or None in parts:
        return None
    return max(parts) if channel == "available" else sum(parts)
