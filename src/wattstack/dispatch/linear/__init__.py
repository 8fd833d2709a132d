"""The general way: a running, or a whole sizing, written out as a linear or integer programme.

model  rows and columns by name       build, integer  a problem written out
solve  linear_dispatch                sizing  sizes as columns: solve_sizing
piqp, highs, check  who answers, and whether it is believed
lines, settle, ties, read  from an optimum to a schedule in merit order, fuller and smoother first
words  what is infeasible, in words
"""

from typing import Any

_LAZY = {
    "LinearModel": "model",
    "ModelBuilder": "model",
    "Operation": "build",
    "add_operation": "build",
    "as_highs": "highs",
    "build_sizing_model": "sizing",
    "lower_bound": "check",
    "solve_highs": "highs",
    "solve_model": "solve",
    "solve_piqp": "piqp",
}

__all__ = [
    "LinearModel",
    "ModelBuilder",
    "Operation",
    "add_operation",
    "as_highs",
    "build_sizing_model",
    "lower_bound",
    "solve_highs",
    "solve_model",
    "solve_piqp",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
