"""Dispatch: the best running of what stands there, and what each limit is worth.

What is light is imported at once; what needs numba or a solver when it is first asked for.
"""

from typing import Any

from wattstack.dispatch.problem import Amount, Commitment, Problem, SizeColumn, SizeRow, Storage, Supply
from wattstack.dispatch.result import Dispatch

_LAZY = {
    "announce_compiling": "kernel.compiling",
    "BusRunner": "bus",
    "Cut": "cut",
    "Runner": "run",
    "dispatch_year": "choose",
    "linear_dispatch": "linear.solve",
    "solve_sizing": "linear.sizing",
    "why_not_kernel": "choose",
}

__all__ = [
    "Amount",
    "BusRunner",
    "Commitment",
    "Cut",
    "Dispatch",
    "Problem",
    "Runner",
    "SizeColumn",
    "SizeRow",
    "Storage",
    "Supply",
    "announce_compiling",
    "dispatch_year",
    "linear_dispatch",
    "solve_sizing",
    "why_not_kernel",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
