"""The next hours of a live site, planned again and again; what is asked of the guard expires by itself.

Gives    SitePlanner, Answer, Ask: a plan, always with an answer; run_planner: the process.
Used by  operate.supervise, benchmarks; `python -m wattstack.operate.planner CAMPUS`.
"""

from importlib import import_module
from typing import Any

_LAZY = {"Answer": "site", "Ask": "site", "SitePlanner": "site", "run_planner": "process"}

__all__ = ["Answer", "Ask", "SitePlanner", "run_planner"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
