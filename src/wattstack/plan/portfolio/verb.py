"""The portfolio plan from Python in one call.

Needs    portfolio.read_portfolio; plan.portfolio.solve.
Gives    plan_portfolio.
Used by  `wattstack.plan_portfolio`.
"""

from __future__ import annotations

from pathlib import Path

from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import solve_portfolio
from wattstack.portfolio import Portfolio, read_portfolio


def plan_portfolio(
    portfolio: str | Path | Portfolio, gap_frac: float | None = None, whole: bool = False
) -> PortfolioPlan:
    """Plan a portfolio: what to order, when and from whom, at the highest net present value.

    Args:
        portfolio: A portfolio, its YAML file or its folder.
        gap_frac: How far below its bound the plan may be, as a share; None = 1e-5, with whole units 1e-4.
        whole: Whether grid stages, gates and factory lines come whole.

    Raises:
        InputError: The portfolio has faults. InfeasibleError: No orders meet all limits.
        GapError: The gap was not reached.

    Example:
        >>> plan = plan_portfolio("examples/portfolio")  # doctest: +SKIP
        >>> plan.npv_m <= plan.bound_m                   # doctest: +SKIP
        True
    """
    if not isinstance(portfolio, Portfolio):
        portfolio = read_portfolio(portfolio)
    return solve_portfolio(portfolio, gap_frac=gap_frac or (1e-4 if whole else 1e-5), whole=whole)
