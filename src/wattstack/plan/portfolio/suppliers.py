"""Who delivers: shares of spend and units, what each supplier's shortfall costs, and the price of a second source.

Needs    plan.portfolio.solve, stochastic, terms, answers; portfolio.variants.
Gives    supplier_shares, country_shares, supplier_shortfalls, second_source.
Used by  cli, report.

Shares are of what a plan orders over the horizon. A shortfall is a future in which one supplier delivers only a part
of all its orders; like every future it shows when the first stage ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from wattstack.errors import InputError
from wattstack.plan.portfolio.answers import SecondSource, Shortfall, SupplierShare
from wattstack.plan.portfolio.orders import suppliers_of
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio
from wattstack.plan.portfolio.stochastic import lost, worth_with_orders
from wattstack.plan.portfolio.terms import terms_of
from wattstack.portfolio import Portfolio, Supplier
from wattstack.portfolio.variants import supplier_short


def supplier_shares(plan: PortfolioPlan) -> tuple[SupplierShare, ...]:
    """Each supplier's share of what is ordered and of what that costs, by resource, largest first.

    Spend is list price x price factor, undiscounted [M]. Only resources with named suppliers are listed.
    """
    shares = []
    for resource in _resources(plan.portfolio):
        found = [(s, *_ordered(plan, s)) for s in suppliers_of(plan.portfolio, resource)]
        spend, units = (sum(row[k] for row in found) for k in (1, 2))
        shares += sorted(
            (
                SupplierShare(
                    resource, s.supplier, s.origin, spend_m,
                    spend_m / spend if spend else 0.0, ordered / units if units else 0.0,
                )
                for s, spend_m, ordered in found
            ),
            key=lambda share: -share.spend_m,
        )  # fmt: skip
    return tuple(shares)


def country_shares(shares: Iterable[SupplierShare]) -> dict[str, float]:
    """Share of spend by country over all resources with named suppliers, largest first ("" = not said)."""
    spend: dict[str, float] = {}
    for share in shares:
        spend[share.origin] = spend.get(share.origin, 0.0) + share.spend_m
    whole = sum(spend.values())
    order = sorted(spend, key=lambda country: -spend[country])
    return {country: spend[country] / whole if whole else 0.0 for country in order}


def supplier_shortfalls(
    plan: PortfolioPlan, pool: Pool | None = None, resource: str | None = None
) -> tuple[Shortfall, ...]:
    """What the shortfall of each supplier costs, the worst first.

    Args:
        plan: Its orders of the first stage are kept.
        pool: Cuts of earlier plans, taken and added to.
        resource: Suppliers of this one only.
    """
    pool = Pool() if pool is None else pool
    _known(plan.portfolio, resource)
    chosen = [s for s in plan.portfolio.suppliers if resource in (None, s.resource)]
    found = _shortfalls(plan, plan.portfolio, chosen, pool)
    return tuple(sorted(found, key=lambda shortfall: -shortfall.lost_m))


def second_source(
    plan: PortfolioPlan, pool: Pool | None, resource: str, share_max_frac: float | None = None
) -> SecondSource:
    """What a tighter share limit costs, and what it saves where a supplier falls short.

    The limit binds as long as all deliver; it is dropped once a shortfall shows.

    Args:
        plan: As it is now.
        pool: Cuts of earlier plans, taken and added to.
        resource: With named suppliers.
        share_max_frac: Share that none may exceed. None = the least with which those who deliver from the start
            can deliver everything.

    Raises:
        InputError: The resource has no named suppliers, or the shares cannot add up to 1.
    """
    pool = Pool() if pool is None else pool
    portfolio = plan.portfolio
    _known(portfolio, resource)
    suppliers = suppliers_of(portfolio, resource)
    first = [s for s in suppliers if portfolio.calendar.index(s.from_quarter) <= 0] or list(suppliers)
    shares = np.array([s.share_max_frac for s in first])
    cap = least_share(shares) if share_max_frac is None else share_max_frac
    if np.minimum(shares, cap).sum() < 1.0 - 1e-9:
        raise InputError(
            portfolio.name,
            [
                f"suppliers of {resource} at {cap:.0%} each deliver {np.minimum(shares, cap).sum():.0%} of it from the "
                f"start, must be all. Give a share of {least_share(shares):.0%} or more."
            ],
        )
    tight = replace(
        portfolio,
        suppliers=tuple(
            s.model_copy(update={"share_max_frac": min(s.share_max_frac, cap)})
            if s.resource == resource
            else s
            for s in portfolio.suppliers
        ),
    )
    given = Given(conversion_per_kwh=learning_path(plan))
    usual = solve_portfolio(portfolio, pool=pool, given=given)
    spread = solve_portfolio(tight, pool=pool, given=given)
    return SecondSource(
        resource,
        cap,
        float(shares.max()),
        lost(usual.npv_m, spread.npv_m),
        _shortfalls(usual, portfolio, suppliers, pool),
        _shortfalls(spread, portfolio, suppliers, pool),
    )


def least_share(shares_frac: np.ndarray) -> float:
    """The least limit with which suppliers of these largest shares still deliver everything; 1 where they cannot.

    Example:
        >>> least_share(np.array([0.7, 0.5, 0.2]))
        0.4
    """
    left, count = 1.0, len(shares_frac)
    for share in np.sort(shares_frac):
        if share * count >= left:
            return round(float(left / count), 12)
        left, count = left - share, count - 1
    return 1.0


def _shortfalls(
    plan: PortfolioPlan, portfolio: Portfolio, suppliers: Iterable[Supplier], pool: Pool
) -> tuple[Shortfall, ...]:
    """Shortfalls under a portfolio, with the first orders of a plan; lost against the same without a shortfall."""
    path, before = learning_path(plan), portfolio.first_stage_q
    base_m = worth_with_orders(portfolio, plan.decisions, Given(None, 0, path), pool)
    kept_m = worth_with_orders(portfolio, plan.decisions, Given(None, before, path), pool)
    found = []
    for s in suppliers:
        short = supplier_short(portfolio, s.resource, s.supplier)
        lost_m = lost(kept_m, worth_with_orders(short, plan.decisions, Given(None, before, path), pool))
        known_m = lost(base_m, worth_with_orders(short, plan.decisions, Given(None, 0, path), pool))
        found.append(Shortfall(s.resource, s.supplier, s.shortfall_probability_frac, lost_m, known_m))
    return tuple(found)


def _ordered(plan: PortfolioPlan, supplier: Supplier) -> tuple[float, float]:
    """Spend [M] and units ordered from a supplier."""
    kinds = (
        ("server_order",)
        if supplier.resource == "servers"
        else ("order", "storage_order", "generation_order")
    )
    spend = units = 0.0
    for kind in kinds:
        for key, amounts in plan.amounts.get(kind, {}).items():
            if key[-1] == supplier.supplier and (kind == "server_order" or key[0] == supplier.resource):
                spend += float(amounts @ terms_of(plan.portfolio, kind, key).price_m)
                units += float(amounts.sum())
    return spend, units


def _resources(portfolio: Portfolio) -> list[str]:
    return list(dict.fromkeys(s.resource for s in portfolio.suppliers))


def _known(portfolio: Portfolio, resource: str | None) -> None:
    known = _resources(portfolio)
    if resource is not None and resource not in known:
        raise InputError(
            portfolio.name,
            [f"no supplier of {resource} is named. Give one of {', '.join(known) or 'suppliers.csv'}."],
        )
