"""Formulas of money over time against arithmetic that a person can follow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.cost import flow_worth
from wattstack.cost.worth import (
    discounted_payback_years,
    internal_rate,
    levelised_cost,
    present_value,
    present_worth_factor,
    simple_payback_years,
)


def test_present_worth_factor_sums_the_discounted_years():
    # 1/1.1 + 1/1.21 = 0.909091 + 0.826446
    assert present_worth_factor(0.10, 2) == pytest.approx(1.735537, abs=1e-6)
    assert present_worth_factor(0.0, 20) == 20.0


def test_present_value_leaves_year_zero_undiscounted():
    assert present_value([-100.0, 110.0], 0.10) == pytest.approx(0.0)


def test_internal_rate_of_one_year_is_its_return():
    assert internal_rate([-100.0, 110.0]) == pytest.approx(0.10)
    assert internal_rate([-100.0, 80.0]) == pytest.approx(-0.20)
    assert internal_rate([100.0, -110.0]) == pytest.approx(0.10)


def test_internal_rate_is_absent_without_a_change_of_sign_and_several_with_more():
    assert internal_rate([-100.0, -5.0, 0.0]) is None
    assert internal_rate([]) is None
    assert internal_rate([-100.0, 230.0, -132.0]) == "several"  # zero at 10 % and at 20 %
    assert internal_rate([-100.0, 0.0, 1e-9]) is None  # below -99 %
    assert internal_rate([-100.0, 150.0, -50.0]) == "several"  # the running sum ends where it began


def test_internal_rate_of_flows_that_turn_again_is_the_one_above_zero():
    # -100 + 150 x + (-20) x^2 = 0: x = (150 - sqrt(150^2 - 8000)) / 40 = 0.739, the other one is below zero
    assert internal_rate([-100.0, 150.0, -20.0]) == pytest.approx(
        40 / (150 - (150**2 - 8000) ** 0.5) - 1, abs=1e-9
    )


def test_rates_of_flows_by_quarter_are_yearly():
    flows = [-100.0, 0.0, 0.0, 0.0, 110.0]
    assert internal_rate(flows, period_years=0.25) == pytest.approx(0.10)
    assert present_value(flows, 0.10, period_years=0.25) == pytest.approx(0.0, abs=1e-12)


def test_the_trough_is_what_must_be_lent_and_payback_is_when_it_is_back_for_good():
    found = flow_worth([-10.0, -20.0, 40.0, -15.0, 25.0], 0.0)  # running sum: -10, -30, 10, -5, 20
    assert (found.npv, found.trough_total, found.trough_index, found.payback_index) == (20.0, -30.0, 1, 4)
    assert flow_worth([5.0, 1.0], 0.0).payback_index is None  # nothing was lent
    assert flow_worth([-5.0, 1.0], 0.0).payback_index is None  # never back
    assert flow_worth([-5.0, 1.0], 0.0).irr == pytest.approx(-0.8)


@settings(max_examples=50, deadline=None)
@given(st.floats(1.0, 1e9), st.lists(st.floats(1.0, 1e8), min_size=5, max_size=40))
def test_value_is_zero_at_the_internal_rate(capital, savings):
    flows = [-capital, *savings]
    rate = internal_rate(flows)
    if rate is not None:
        assert abs(present_value(flows, rate)) <= 1e-6 * sum(
            f / (1 + rate) ** n for n, f in enumerate(savings, 1)
        )


def test_simple_payback_is_capital_over_the_net_saving_of_a_year():
    # 120,000 a year saved, 20,300 of it spent on O&M: 1,293,109 / 99,700 = 12.97 years
    assert simple_payback_years(1_293_109.0, 120_000.0 - 20_300.0) == pytest.approx(12.97)
    assert simple_payback_years(1000.0, 0.0) is None
    assert simple_payback_years(1000.0, -5.0) is None
    assert simple_payback_years(0.0, 100.0) is None


def test_discounted_payback_is_when_the_discounted_savings_have_paid():
    # 100 a year at 10 %: after 3 years 90.909 + 82.645 + 75.131 = 248.685
    assert discounted_payback_years(248.68520, 100.0, 0.10) == pytest.approx(3.0, abs=1e-6)
    assert discounted_payback_years(1000.0, 100.0, 0.10) is None  # 100 a year for ever is worth 1,000
    assert discounted_payback_years(1000.0, 100.0, 0.0) == 10.0
    assert discounted_payback_years(1000.0, 0.0, 0.10) is None


def test_levelised_cost_divides_present_money_by_present_energy():
    # (100 + 10/1.1 + 10/1.21) / (1/1.1 + 1/1.21) = 117.35537 / 1.735537
    assert levelised_cost([100.0, 10.0, 10.0], [0.0, 1.0, 1.0], 0.10) == pytest.approx(67.619048, abs=1e-6)
    assert levelised_cost([100.0], [0.0], 0.10) is None
