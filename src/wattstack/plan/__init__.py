"""Plan: how much to build, what it costs, how sure that is, and what each limit is worth."""

from typing import Any

from wattstack.plan.result import MarginalValue, Plan, Round, ScenarioResult

_LAZY = {
    "PlanFiles": "store",
    "SizingModel": "model",
    "plan_files": "store",
    "plan_site": "site",
    "read_plan": "store",
    "solve_by_cuts": "cuts",
    "start_sizes": "start",
    "write_plan": "store",
}

__all__ = [
    "MarginalValue", "Plan", "PlanFiles", "Round", "ScenarioResult", "SizingModel", "plan_files", "plan_site",
    "read_plan", "solve_by_cuts", "start_sizes", "write_plan",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
