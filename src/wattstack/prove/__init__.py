"""DOES IT HOLD: a campus against outages of the grid, thousands of them.

Everything here needs numba and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "OutageStudy": "outage",
    "Outages": "result",
    "OutageFiles": "store",
    "Tilt": "odds",
    "outage_files": "store",
    "read_outages": "store",
    "simulate_outages": "outage",
    "write_outages": "store",
}

__all__ = [
    "OutageFiles", "OutageStudy", "Outages", "Tilt", "outage_files", "read_outages", "simulate_outages",
    "write_outages",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
