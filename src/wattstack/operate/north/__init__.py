"""What utility, building and workload say to the site, and what it tells them: a process of its own.

Gives    Site, Way: what a language is written against; run_north: the process.
Used by  operate.supervise, packaging's units: `python -m wattstack.operate.north CAMPUS`.
"""

from importlib import import_module
from typing import Any

_LAZY = {"Site": "way", "Way": "way", "run_north": "process"}

__all__ = ["Site", "Way", "run_north"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
