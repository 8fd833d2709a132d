"""What the battery target would cost: the plan against it, and the same portfolio planned with it forced.

Needs    plan.portfolio.business, solve.
Gives    price_target.
Used by  cli, report.
"""

from __future__ import annotations

from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio.business import BatteryTarget, battery_target
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio


def price_target(plan: PortfolioPlan, pool: Pool | None = None) -> BatteryTarget | None:
    """The battery business of a plan against its target; where it is missed, what forcing it would cost.

    The cost is the difference of two plans with parts of units on the learning path of `plan`: units made whole
    would blur it.

    Args:
        plan: The plan.
        pool: Cuts of earlier plans, taken and added to.

    Returns:
        None where the portfolio has no target or no factory. `forced_cost_m` is None where the plan reaches the
        target by itself, and where no plan does.
    """
    found = battery_target(plan)
    if found is None or found.is_reached or found.sold_out_m < found.target_m:
        return found
    pool = Pool() if pool is None else pool
    path = learning_path(plan)
    free = solve_portfolio(plan.portfolio, pool=pool, given=Given(conversion_per_kwh=path))
    try:
        given = Given(conversion_per_kwh=path, forced_target=True, explained=False)
        forced = solve_portfolio(plan.portfolio, pool=pool, given=given)
    except InfeasibleError:
        return found
    price = battery_target(free, forced)
    return BatteryTarget(
        **{
            name: getattr(price if name.startswith("forced_") else found, name)
            for name in BatteryTarget.__dataclass_fields__
        }
    )
