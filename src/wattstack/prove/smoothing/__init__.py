"""SMOOTHING: the least-cost mix of GPU floor, ramps, rack storage and batteries that makes grid codes pass.

    plan = design_smoothing(read_campus("campus.yaml"), ["ercot-lcl-10mw", "ieso-3.0"])
    plan.passes, plan.mix, plan.costs, plan.duty, plan.table()
    write_smoothing(plan, "out")

Everything here needs numba and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Alternative": "plan",
    "Layer": "mix",
    "Mix": "mix",
    "Prices": "price",
    "SmoothingPlan": "plan",
    "design_smoothing": "design",
    "smoothed_campus": "mix",
    "stop_needs": "demand",
    "write_smoothing": "store",
}

__all__ = [
    "Alternative", "Layer", "Mix", "Prices", "SmoothingPlan", "design_smoothing", "smoothed_campus", "stop_needs",
    "write_smoothing",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
