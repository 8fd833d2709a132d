"""The portfolio plan: what to order, when and from whom, proven by cuts.

A door of its own: report and cli take what they need from here; everything is imported when first asked for.
The types of its answers stand in wattstack.plan.portfolio.answers.
"""

from typing import Any

_LAZY = {
    "Given": "solve",
    "Pool": "pool",
    "PortfolioFiles": "store",
    "PortfolioPlan": "result",
    "Table": "table",
    "battery_target": "business",
    "capacity_mw": "bottleneck",
    "compare_plans": "compare",
    "finance_summary": "money",
    "hold_back": "holdback",
    "is_portfolio_plan": "store",
    "plan_futures": "stochastic",
    "plan_portfolio": "verb",
    "portfolio_files": "store",
    "price_of_own_cells_first": "chemistry",
    "price_target": "target",
    "read_portfolio_plan": "store",
    "replan_portfolio": "verb",
    "solve_portfolio": "solve",
    "sweep_scarcity": "compare",
    "time_to_power": "bottleneck",
    "value_chemistries": "chemistry",
    "weigh_suppliers": "sourcing",
    "write_campus_at": "campus_of",
    "write_portfolio_plan": "store",
}

__all__ = [
    "Given",
    "Pool",
    "PortfolioFiles",
    "PortfolioPlan",
    "Table",
    "battery_target",
    "capacity_mw",
    "compare_plans",
    "finance_summary",
    "hold_back",
    "is_portfolio_plan",
    "plan_futures",
    "plan_portfolio",
    "portfolio_files",
    "price_of_own_cells_first",
    "price_target",
    "read_portfolio_plan",
    "replan_portfolio",
    "solve_portfolio",
    "sweep_scarcity",
    "time_to_power",
    "value_chemistries",
    "weigh_suppliers",
    "write_campus_at",
    "write_portfolio_plan",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
