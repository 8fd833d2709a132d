"""Limits on money: the capital of a fiscal year, and the deepest cumulative cash."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import cells, makers, mixed, path_of, plain, segment, server, worth
from wattstack.plan.portfolio import Given, solve_portfolio
from wattstack.plan.portfolio.result import CAPITAL_LINES
from wattstack.portfolio import Calendar, Money


def capital_paid(plan):
    """Capital by fiscal year."""
    years = plan.portfolio.calendar.fiscal_year
    paid = -sum(line[:-1] for key, line in plan.cash.items() if key[0] in CAPITAL_LINES)
    return {int(year): float(paid[years == year].sum()) for year in np.unique(years)}


def cash_depth(plan):
    """Cumulative cash over the periods, the end not counted."""
    return np.cumsum(sum(line[:-1] for line in plan.cash.values()))


def test_capital_of_a_fiscal_year_stays_within_its_envelope():
    money = Money(discount_rate_frac=0.0, capital_budget_m={2026: 4.0, 2027: 25.0})
    calendar = Calendar("2027Q1", 4, fiscal_start_month=4)
    plan = solve_portfolio(plain(4, money=money, calendar=calendar))
    assert capital_paid(plan) == pytest.approx({2026: 4.0, 2027: 25.0})
    assert plan.amounts["it_mw"]["a",][0] == pytest.approx(4.0)
    assert plan.prices["budget"]["capital",][[0, 1]].min() > 0.0


def test_a_deposit_counts_in_the_year_it_is_paid_and_the_delivery_in_its_own():
    money = Money(discount_rate_frac=0.0, deposit_frac=0.3, capital_budget_m={2027: 3.0})
    calendar = Calendar("2027Q4", 2)
    plan = solve_portfolio(
        plain(2, money=money, calendar=calendar, servers=(server(lead_q=1, launch="2027Q1"),))
    )
    assert capital_paid(plan) == pytest.approx({2027: 3.0, 2028: 7.0})


def test_a_year_without_an_envelope_is_free_and_one_outside_the_horizon_binds_nothing():
    money = Money(discount_rate_frac=0.0, capital_budget_m={2031: 0.0})
    assert capital_paid(solve_portfolio(plain(4, money=money))) == pytest.approx({2027: 40.0})


def test_cumulative_cash_stays_above_the_credit_line():
    dear = (server(capital_m_per_mw=4.0),)
    free = solve_portfolio(plain(4, servers=dear))
    assert cash_depth(free).min() < -20.0
    money = replace_money(credit_limit_m=15.0)
    held = solve_portfolio(plain(4, servers=dear, money=money))
    assert cash_depth(held).min() == pytest.approx(-15.0, abs=1e-5)
    assert held.npv_m < free.npv_m


def replace_money(**values):
    return Money(**{"discount_rate_frac": 0.0, **values})


def test_a_credit_line_of_nothing_means_that_everything_is_earned_first():
    money = replace_money(credit_limit_m=0.0)
    plan = solve_portfolio(plain(4, servers=(server(capital_m_per_mw=4.0),), money=money))
    assert not plan.total("it_mw").any() and plan.npv_m == pytest.approx(0.0, abs=1e-9)


def test_the_credit_line_holds_at_the_learning_path_that_the_plan_settles_on():
    late = segment(access_gwh={2027: 0.0, 2028: 4.0})
    factory = cells(learning_frac=0.3, cumulative_start_gwh=0.05, stock_limit_gwh=1.0, lines_max=1)
    portfolio = makers(5, factory=factory, segments=(late,), money=replace_money(credit_limit_m=45.0))
    plan = solve_portfolio(portfolio)
    assert worth(plan) == pytest.approx(plan.npv_m)
    assert cash_depth(plan).min() == pytest.approx(-45.0, abs=1e-4)
    again = solve_portfolio(portfolio, given=Given(conversion_per_kwh=path_of(plan)))
    assert again.npv_m == pytest.approx(plan.npv_m, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.floats(20.0, 400.0))
def test_money_limits_hold_on_any_portfolio(seed, credit_m):
    portfolio = mixed(seed)
    money = portfolio.money.model_copy(
        update={"credit_limit_m": credit_m, "capital_budget_m": {2027: 150.0, 2028: 80.0}}
    )
    plan = solve_portfolio(replace(portfolio, money=money))
    paid = capital_paid(plan)
    assert paid[2027] <= 150.0 + 1e-5 and paid[2028] <= 80.0 + 1e-5
    assert cash_depth(plan).min() >= -credit_m - 1e-4
    assert worth(plan) == pytest.approx(plan.npv_m, abs=1e-6)
    assert plan.gap_frac <= 1e-5
