"""Everything about the suppliers of a plan in one call: shares, shortfalls, second sources.

Needs    plan.portfolio.suppliers, orders.
Gives    weigh_suppliers.
Used by  cli.
"""

from __future__ import annotations

from typing import Any

from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.suppliers import second_source, supplier_shares, supplier_shortfalls


def weigh_suppliers(plan: PortfolioPlan, pool: Pool | None = None) -> dict[str, Any]:
    """Shares of the suppliers, what each one's shortfall costs, and what a second source costs and insures.

    Args:
        plan: Its orders of the first stage are kept.
        pool: Cuts of earlier plans, taken and added to.

    Returns:
        shares, shortfalls, second_sources as in Answers; second sources of every resource that more than one
        supplier delivers and one of them may fall short of. Empty where no supplier is named.
    """
    suppliers = plan.portfolio.suppliers
    if not suppliers:
        return {}
    pool = Pool() if pool is None else pool
    named = [s.resource for s in suppliers]
    risky = dict.fromkeys(s.resource for s in suppliers if s.shortfall_probability_frac > 0.0)
    return {
        "shares": supplier_shares(plan),
        "shortfalls": supplier_shortfalls(plan, pool),
        "second_sources": tuple(
            second_source(plan, pool, resource) for resource in risky if named.count(resource) > 1
        ),
    }
