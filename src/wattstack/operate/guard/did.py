"""What a request in force does at this moment, in words: what it left to the batteries, or why it did nothing.

Needs    operate.link.Request; operate.guard.limits, mind.
Gives    did_of.
Used by  operate.guard.telling.
"""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING

from wattstack.operate.guard.limits import words_of
from wattstack.operate.link import Request

if TYPE_CHECKING:
    from wattstack.operate.guard.mind import Decision

STEPS = {"user": "instruction", "utility": "instruction"}  # of battery_mw; else cost
NOTHING = "narrows nothing now"


def did_of(request: Request, made: Decision) -> str:
    """What it does.

    Args:
        request: In force.
        made: The decision of now.
    """
    if request.what == "battery_mw":
        return _battery(request, made)
    if request.what in ("import_limit_mw", "export_limit_mw"):
        return (
            _left(made, "instruction", "told to import at most") or _left(made, "connection", "") or NOTHING
        )
    if request.what == "peak_mw":
        return _left(made, "peak", "") or NOTHING
    if request.what == "generator_mw":
        path = request.path or "generator."
        return (
            "; ".join(why for asset, why in made.reasons.items() if asset.startswith(path))[:300] or NOTHING
        )
    if request.what == "reserve_mwh":
        return f"the reserve is {made.values.get('control.reserve_mwh', nan):.4g} MWh"
    if request.what == "load_cap_mw":
        return "is told to the workload; nothing relies on it"
    return f"the mode is {made.mode}"


def _battery(request: Request, made: Decision) -> str:
    if made.mode == "safe":
        return "does nothing: the mode is safe"
    if request.path is not None and request.path in made.asset_mw and len(made.asset_mw) > 1:
        power, (low, high) = made.asset_mw[request.path], request.bounds
        if (off := max(low - power, power - high)) > 1e-6:
            return f"is missed by {off:.3g} MW: {request.path} is asked for {power:.4g} MW by what stands above it"
        return f"{request.path} is asked for {power:.4g} MW"
    if made.mode == "manual":
        return "is what is wished" if request.source == "user" else "does nothing: the mode is manual"
    return _left(made, STEPS.get(request.source, "cost"), words_of(request)) or NOTHING


def _left(made: Decision, step: str, why: str) -> str:
    """What a step left, where its words begin so; the last of them."""
    found = [one for one in made.steps if one[0] == step and one[4].startswith(why)]
    if not found:
        return ""
    _, low, high, slack, _ = found[-1]
    if slack > 0.0:
        return f"is missed by {slack:.3g} MW: what stands above it leaves no more"
    ends = [f"{one:.4g}" if isfinite(one) and abs(one) < 1e6 else "any" for one in (low, high)]
    return f"leaves {' .. '.join(ends)} MW to the batteries"
