"""Plan: how much to build, what it costs, how sure that is, and what each limit is worth."""

from typing import Any

from wattstack.plan.result import MarginalValue, Plan, Round, ScenarioResult

_LAZY = {
    "account_running": "account",
    "PlanFiles": "store",
    "SizingModel": "model",
    "plan_files": "store",
    "plan_site": "site",
    "package_versions": "folder",
    "read_json": "folder",
    "read_plan": "store",
    "solve_by_cuts": "cuts",
    "start_sizes": "start",
    "write_plan": "store",
    "write_whole": "folder",
}

__all__ = [
    "MarginalValue", "Plan", "PlanFiles", "Round", "ScenarioResult", "SizingModel", "account_running",
    "package_versions", "plan_files", "plan_site", "read_json", "read_plan", "solve_by_cuts", "start_sizes",
    "write_plan", "write_whole",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
