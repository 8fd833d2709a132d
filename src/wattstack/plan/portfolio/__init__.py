"""The portfolio plan: what to order, when and from whom, proven by cuts.

A door of its own: report and cli take what they need from here; everything is imported when first asked for.
"""

from typing import Any

_LAZY = {
    "Compared": "answers",
    "Given": "solve",
    "Holdback": "answers",
    "Pool": "pool",
    "PortfolioPlan": "result",
    "Replanned": "answers",
    "Risk": "answers",
    "Sweep": "answers",
    "compare_plans": "compare",
    "hold_back": "holdback",
    "solve_portfolio": "solve",
    "sweep_scarcity": "compare",
}

__all__ = [
    "Compared",
    "Given",
    "Holdback",
    "Pool",
    "PortfolioPlan",
    "Replanned",
    "Risk",
    "Sweep",
    "compare_plans",
    "hold_back",
    "solve_portfolio",
    "sweep_scarcity",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
