"""The campus moving: a year with its controller, minute by minute, and what became of the plan.

Everything here needs numba and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Comparison": "comparison",
    "Course": "course",
    "Run": "run",
    "RunFiles": "store",
    "Setting": "year",
    "Trial": "chemistries",
    "Twin": "year",
    "compare_chemistries": "chemistries",
    "make_drive": "drive",
    "plan_against_twin": "against",
    "read_run": "store",
    "run_files": "store",
    "simulate_year": "year",
    "write_comparison": "comparison_store",
    "write_run": "store",
}

__all__ = [
    "Comparison", "Course", "Run", "RunFiles", "Setting", "Trial", "Twin",
    "compare_chemistries", "make_drive", "plan_against_twin", "read_run", "run_files", "simulate_year",
    "write_comparison", "write_run",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
