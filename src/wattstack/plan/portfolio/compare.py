"""The value of coordination: four plans of one portfolio, and how it moves along an axis of scarcity.

Needs    plan.portfolio.solve, silo, bottleneck, answers; portfolio.variants.
Gives    compare_plans, sweep_scarcity, AXES, PLANS.
Used by  cli, report.

The silo is scored through the same master with its orders held, so that it can never beat the coordinated plan.
Value of coordination = coordinated - silo = standing in (coordinated - no substitution) + timing (no substitution -
silo). The sign along a sweep is a result, not presumed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from wattstack.errors import GapError, InfeasibleError, InputError, StateError
from wattstack.plan.portfolio.answers import Compared, Sweep, SweepPoint
from wattstack.plan.portfolio.bottleneck import least_resource
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import Decisions, PortfolioPlan
from wattstack.plan.portfolio.silo import silo_orders
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio
from wattstack.portfolio import Portfolio
from wattstack.portfolio.variants import (
    delayed_grid,
    scaled_fire_cap,
    scaled_firm,
    scaled_supply,
    without_substitution,
)

AXES: dict[str, Callable[[Portfolio, float], Portfolio]] = {
    "supply": scaled_supply,
    "firm": scaled_firm,
    "fire_cap": scaled_fire_cap,
}
GRID_DELAY = "grid_delay"
PLANS = ("coordinated", "no substitution", "silo", "silo told")
NAMED_MOST = 4  # limits that a note names


def compare_plans(portfolio: Portfolio, pool: Pool | None = None, delay_q: int = 0) -> Compared:
    """Coordinated, no substitution, silo, and silo told of a grid delay.

    Args:
        portfolio: With the announced dates.
        pool: Cuts of earlier plans.
        delay_q: Periods by which every grid stage not yet there is late. The coordinated plan and the one without
            substitution know; the silo orders for the announced dates; the silo told for the late ones.
    """
    pool = Pool() if pool is None else pool
    real = delayed_grid(portfolio, delay_q) if delay_q else portfolio
    coordinated = solve_portfolio(real, pool=pool)
    told = _realised(real, silo_orders(portfolio, delay_q), pool, coordinated) if delay_q else None
    silo = _realised(real, silo_orders(portfolio), pool, coordinated)
    return Compared(
        coordinated=coordinated,
        no_substitution=_at_the_same_cost(without_substitution(real), pool, coordinated),
        silo=silo,
        silo_told=told,
        delay_q=delay_q,
        silo_causes=least_resource(silo),
    )


def sweep_scarcity(
    portfolio: Portfolio, axis: str, values: Sequence[float], pool: Pool | None = None
) -> Sweep:
    """Four plans at every value of an axis, the cuts reused.

    Args:
        portfolio: The portfolio at value 1 (delay 0).
        axis: "supply", "supply:RESOURCE", "firm", "fire_cap" (factors) or "grid_delay" (periods).
        values: Where to plan.
        pool: Cuts of earlier plans.

    Raises:
        InputError: The axis is not known. A value at which there is no plan is a point without amounts, and says why.
    """
    pool = Pool() if pool is None else pool
    began = time.perf_counter()
    points = tuple(_point(portfolio, axis, float(value), pool) for value in values)
    return Sweep(axis, points, time.perf_counter() - began)


def _point(portfolio: Portfolio, axis: str, value: float, pool: Pool) -> SweepPoint:
    """The four plans at one value; why there are none, where one of them cannot be had."""
    try:
        found = _at(portfolio, axis, value, pool)
    except (InfeasibleError, GapError, StateError) as error:
        return SweepPoint(value, {}, {}, str(error))
    plans = (found.coordinated, found.no_substitution, found.silo, found.silo_told or found.silo)
    return SweepPoint(
        value,
        {name: plan.npv_m for name, plan in zip(PLANS, plans, strict=True)},
        {name: float(plan.total("it_mw").sum()) for name, plan in zip(PLANS, plans, strict=True)},
    )


def _at(portfolio: Portfolio, axis: str, value: float, pool: Pool) -> Compared:
    if axis == GRID_DELAY:
        return compare_plans(portfolio, pool, round(value))
    name, _, resource = axis.partition(":")
    known = [s.resource for s in portfolio.supply]
    if name == "supply" and resource:
        if resource not in known:
            raise InputError(
                "--sweep", [f"{axis}: no supply is called {resource}. Give one of {', '.join(known)}."]
            )
        return compare_plans(scaled_supply(portfolio, value, resource), pool)
    if name not in AXES:
        raise InputError("--sweep", [f"{axis} is no axis. Give one of {', '.join([*AXES, GRID_DELAY])}."])
    return compare_plans(AXES[name](portfolio, value), pool)


def _at_the_same_cost(portfolio: Portfolio, pool: Pool, coordinated: PortfolioPlan) -> PortfolioPlan:
    """A plan on the learning path of the coordinated one: plans are compared at the same cost of a cell."""
    return solve_portfolio(portfolio, pool=pool, given=Given(conversion_per_kwh=learning_path(coordinated)))


def _realised(
    portfolio: Portfolio, orders: Decisions, pool: Pool, coordinated: PortfolioPlan
) -> PortfolioPlan:
    """The best running of what the silo's orders bring; smaller in proportion where a limit does not hold them."""
    low, high = 0.0, 1.0
    try:
        return _held(portfolio, orders, pool, coordinated, explained=True)
    except InfeasibleError as error:
        best, broken = None, _names(error)
    for _ in range(7):
        middle = 0.5 * (low + high)
        try:
            best = _held(portfolio, _shrunk(orders, middle), pool, coordinated)
            low = middle
        except InfeasibleError:
            high = middle
    if best is None:
        raise InfeasibleError(f"no share of the silo's orders keeps to {broken}. Raise what they go beyond.")
    note = f"the silo's orders were cut to {low:.0%}: all of them would go beyond {broken}"
    return replace(best, notes=(*best.notes, note))


def _names(error: InfeasibleError) -> str:
    """The limits that must give, in a row."""
    names = list(dict.fromkeys(give["name"] for give in error.details.get("gives", ()))) or ["the limits"]
    more = [f"{len(names) - NAMED_MOST} more limits"] if len(names) > NAMED_MOST else []
    return " and ".join([", ".join(names[:NAMED_MOST]), *more])


def _held(
    portfolio: Portfolio, orders: Decisions, pool: Pool, coordinated: PortfolioPlan, explained: bool = False
) -> PortfolioPlan:
    given = Given(decisions=orders, conversion_per_kwh=learning_path(coordinated), explained=explained)
    return solve_portfolio(portfolio, pool=pool, given=given)


def _shrunk(orders: Decisions, share: float) -> Decisions:
    return Decisions(
        {
            kind: found
            if kind in ("commit", "start", "line_order")
            else {k: share * v for k, v in found.items()}
            for kind, found in orders.amounts.items()
        }
    )
