"""WHAT NEXT: rules, the plan of the next hours and its forecasts, for the twin and the site alike.

What needs numba is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Bounds": "guard",
    "Controller": "seam",
    "Estimate": "estimate",
    "Estimator": "estimate",
    "HorizonForecast": "mpc",
    "HorizonPlan": "mpc",
    "Measured": "seam",
    "Mpc": "mpc",
    "Plant": "seam",
    "REASONS": "rules",
    "Reading": "estimate",
    "RuleController": "live",
    "Sensors": "estimate",
    "Setpoints": "seam",
    "SmoothingLoop": "smooth",
    "StoredBelief": "reserve",
    "StripGroup": "strip",
    "guarded": "guard",
    "horizon_battery": "mpc",
    "make_believed": "forecast",
    "make_forecast": "forecast",
    "peak_price_per_mw_month": "mpc",
    "reason_text": "rules",
    "rule_arrays": "rules",
    "smooth_params": "smooth",
    "strip_of": "strip",
    "strip_table": "strip",
    "strips_of": "strip",
}

__all__ = [
    "REASONS", "Bounds", "Controller", "Estimate", "Estimator", "HorizonForecast", "HorizonPlan", "Measured",
    "Mpc", "Plant", "Reading", "RuleController", "Sensors", "Setpoints", "SmoothingLoop",
    "StoredBelief", "StripGroup", "guarded",
    "horizon_battery", "make_believed", "make_forecast", "peak_price_per_mw_month", "reason_text", "rule_arrays",
    "smooth_params",
    "strip_of", "strip_table", "strips_of",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
