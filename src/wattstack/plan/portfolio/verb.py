"""The portfolio plan, and the plan against what came, from Python in one call each.

Needs    portfolio (read_portfolio, read_progress); plan.portfolio.solve, replan.
Gives    plan_portfolio, replan_portfolio.
Used by  `wattstack.plan_portfolio`, cli.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wattstack.plan.portfolio.answers import Replanned
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.replan import replan
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import solve_portfolio
from wattstack.portfolio import Portfolio, Progress, read_portfolio, read_progress


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


def replan_portfolio(
    portfolio: str | Path | Portfolio,
    progress: str | Path | Sequence[Progress],
    plan: PortfolioPlan | None = None,
    pool: Pool | None = None,
) -> Replanned:
    """Plan a portfolio again from what has come so far.

    Args:
        portfolio: A portfolio, its YAML file or its folder.
        progress: Rows of progress, or their CSV file.
        plan: As it was planned before; None = planned first, with parts of stages.
        pool: Cuts of earlier plans, taken and added to.

    Raises:
        InputError: The portfolio or the progress has faults. InfeasibleError: No plan has what is decided and late.
    """
    if not isinstance(portfolio, Portfolio):
        portfolio = read_portfolio(portfolio)
    rows = read_progress(progress, portfolio) if isinstance(progress, str | Path) else progress
    pool = Pool() if pool is None else pool
    if plan is None:
        plan = solve_portfolio(portfolio, pool=pool)
    return replan(portfolio, plan, rows, pool)
