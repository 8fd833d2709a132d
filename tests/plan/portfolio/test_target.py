"""The battery target: reached for nothing, at a price, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Pool, price_target, solve_portfolio

POOL = Pool()


def planned(target_m: float | None, year: int = 2027, **others):
    """A plan of the small portfolio with a battery target."""
    portfolio = small_portfolio()
    changes = {"battery_target_m": target_m, "battery_target_year": year}
    portfolio = replace(portfolio, money=portfolio.money.model_copy(update=changes), **others)
    return solve_portfolio(portfolio, pool=POOL)


def test_without_a_target_or_a_factory_there_is_nothing_to_price():
    assert price_target(planned(None), POOL) is None
    assert price_target(planned(10.0, factory=None, segments=()), POOL) is None


def test_a_target_that_the_plan_reaches_costs_nothing():
    found = price_target(planned(1e-3), POOL)
    assert found.is_reached
    assert found.forced_cost_m is None


def test_a_target_above_all_markets_is_not_tried():
    plan = planned(1000.0)
    found = price_target(plan)
    assert not found.is_reachable
    assert found.forced_cost_m is None
    assert found.at_most_m < 1000.0


def cheaper():
    """The markets, the grid paying less than a cell costs."""
    return tuple(
        s.model_copy(update={"price_per_kwh": 200.0}) if s.segment == "grid" else s
        for s in small_portfolio().segments
    )


def test_a_target_between_costs_value_and_is_met_when_forced():
    free = price_target(planned(1e-3, segments=cheaper()), POOL)
    assert free.outside_m < 0.9 * free.sold_out_m
    target_m = free.outside_m + 0.1 * (free.sold_out_m - free.outside_m)
    found = price_target(planned(target_m, segments=cheaper()), POOL)
    assert not found.is_reached
    assert found.is_reachable
    assert 0.0 < found.forced_cost_m < target_m
    assert found.outside_m == pytest.approx(free.outside_m, rel=1e-3)


def test_a_target_that_no_line_could_make_the_cells_for_has_no_price():
    factory = small_portfolio().factory.model_copy(update={"committed_start": None, "lines_max": 1})
    found = price_target(planned(10.0, factory=factory), POOL)
    assert found.sold_out_m > 10.0
    assert found.outside_m == 0.0
    assert found.forced_cost_m is None
