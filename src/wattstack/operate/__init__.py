"""RUN: the live energy-management system, real devices behind the same seam as the twin.

Its parts are doors of their own: `operate.devices` and what grows beside it. Here stands what brings them together:
operate_campus and what it needs.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Part": "supervise",
    "Prepared": "prepare",
    "Supervisor": "supervise",
    "operate_campus": "supervise",
    "prepare_campus": "prepare",
    "recount_day": "recount",
    "run_until_stopped": "process",
}

__all__ = [
    "Part", "Prepared", "Supervisor", "operate_campus", "prepare_campus", "recount_day", "run_until_stopped",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
