"""The campus moving: a year with its controller, minute by minute, and what became of the plan.

Everything here needs numba and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "LimitCount": "run",
    "Run": "run",
    "Setting": "year",
    "Twin": "year",
    "YearOfRun": "run",
    "simulate_year": "year",
}

__all__ = ["LimitCount", "Run", "Setting", "Twin", "YearOfRun", "simulate_year"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
