"""The cash flow and its figures: a plan of two years by hand, and the ties between the figures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.cost import YearTotals, capital_table, cash_flow_table, finance_summary
from wattstack.cost.worth import present_worth_factor

SIZES = {"battery.main.power_mw": 10.0, "battery.main.energy_mwh": 20.0}


def battery(**more):
    return {
        "power_mw": {"max": 100},
        "energy_mwh": {"max": 400},
        "charge_eff": 0.95,
        "discharge_eff": 0.95,
        "capital_per_mw": 40.0,
        "capital_per_mwh": 30.0,
        "fixed_per_mw_year": 5.0,
        "life_years": 1,
        **more,
    }


def campus_and_capital(campus_of, rate=0.10, horizon=2, **more):
    campus = campus_of(
        battery={"main": battery(**more)}, finance={"discount_rate_frac": rate, "horizon_years": horizon}
    )
    return campus.finance, capital_table(campus, SIZES)


def test_two_years_by_hand(campus_of):
    # 10 MW x 40 + 20 MWh x 30 = 1,000 in year 0 and again after the one-year life; O&M 50 a year; the bill
    # falls from 5,000 to 3,000: net -1,000, then 5,000 - 3,000 - 50 - 1,000 = 950, then 1,950.
    finance, capital = campus_and_capital(campus_of)
    year = YearTotals(3000.0, 5000.0, load_mwh=100.0, discharged_mwh=20.0, charging_cost=400.0)
    table = cash_flow_table(finance, capital, year)
    assert table["net"].tolist() == pytest.approx([-1000.0, 950.0, 1950.0])
    assert table["replacement"].tolist() == [0.0, 1000.0, 0.0]
    assert table["cumulative"].tolist() == pytest.approx([-1000.0, -50.0, 1900.0])
    assert table["discount_factor"].tolist() == pytest.approx([1.0, 1 / 1.1, 1 / 1.21])
    figures = finance_summary(finance, capital, year)
    assert figures["capital"] == 1000.0
    assert figures["saving_per_year"] == 5000 - 3000 - 50
    assert figures["npv"] == pytest.approx(-1000 + 950 / 1.1 + 1950 / 1.21)  # 1,475.21
    assert figures["npv"] == pytest.approx(table["cumulative_discounted"].iloc[-1])
    assert figures["simple_payback_years"] == pytest.approx(1000 / 1950)
    # 1000 (1 + d)^2 - 950 (1 + d) - 1950 = 0: 1 + d = (0.95 + sqrt(0.95^2 + 7.8)) / 2
    assert figures["irr"] == pytest.approx((0.95 + (0.95**2 + 7.8) ** 0.5) / 2 - 1)
    # a discharged MWh: (1,000 x 1.1 + 50) a year / 20 MWh, and 400 of charging energy on top
    assert figures["lcos_without_charging_per_mwh"] == pytest.approx(57.5)
    assert figures["lcos_per_mwh"] == pytest.approx(77.5)
    # a MWh of load: (1,100 + 50 + 3,000) a year / 100 MWh
    assert figures["lcoe_per_mwh"] == pytest.approx(41.5)
    assert figures["npc"] == pytest.approx(4150 * present_worth_factor(0.10, 2))


def test_what_is_left_at_the_horizon_is_credited_there(campus_of):
    finance, capital = campus_and_capital(campus_of, life_years=4)
    table = cash_flow_table(finance, capital, YearTotals(0.0, 0.0, 1.0))
    assert table["residual"].tolist() == [0.0, 0.0, 500.0]
    assert table["net"].tolist() == pytest.approx([-1000.0, -50.0, 450.0])


def test_a_replacement_that_turns_a_year_negative_leaves_one_rate_where_the_running_sum_turns_once(campus_of):
    finance, capital = campus_and_capital(campus_of, horizon=4, life_years=2)
    rate = finance_summary(finance, capital, YearTotals(3000.0, 3700.0, 1.0))["irr"]
    net = (-1000.0, 650.0, -350.0, 650.0, 650.0)  # running sum: -1,000, -350, -700, -50, 600
    assert sum(flow / (1 + rate) ** year for year, flow in enumerate(net)) == pytest.approx(0.0, abs=1e-6)


def test_replacements_that_turn_the_running_sum_more_than_once_leave_several_rates(campus_of):
    finance, capital = campus_and_capital(campus_of, horizon=5, life_years=2)
    figures = finance_summary(finance, capital, YearTotals(3000.0, 3750.0, 1.0))
    # net: -1,000, 700, -300, 700, -300, 700 + 500; running sum: -1,000, -300, -600, 100, -200, 1,000
    assert figures["irr"] == "several"


def test_without_a_baseline_nothing_is_compared(campus_of):
    finance, capital = campus_and_capital(campus_of)
    year = YearTotals(3000.0, None, load_mwh=100.0)
    figures = finance_summary(finance, capital, year)
    for name in ("npv", "irr", "saving_per_year", "simple_payback_years", "baseline_cost_per_year"):
        assert figures[name] is None
    assert figures["lcoe_per_mwh"] == pytest.approx(41.5)
    assert cash_flow_table(finance, capital, year)["net"].isna().tolist() == [False, True, True]


def test_a_battery_that_stands_has_no_levelised_cost(campus_of):
    campus = campus_of(battery={"main": battery(power_mw=10.0, energy_mwh=20.0)})
    capital = capital_table(campus, {})
    figures = finance_summary(campus.finance, capital, YearTotals(10.0, 20.0, 100.0, discharged_mwh=5.0))
    assert figures["lcos_per_mwh"] is None
    assert figures["capital"] == 0.0
    # its O&M is paid with and without the plan
    assert figures["baseline_cost_per_year"] == 70.0
    assert figures["saving_per_year"] == 10.0


def test_a_campus_without_batteries_has_no_levelised_cost_of_storage(campus_of):
    campus = campus_of()
    figures = finance_summary(campus.finance, capital_table(campus, {}), YearTotals(10.0, 10.0, 100.0))
    assert figures["lcos_per_mwh"] is None
    assert figures["npv"] == pytest.approx(0.0)


@settings(max_examples=30, deadline=None)
@given(
    life=st.floats(1.0, 40.0),
    horizon=st.integers(1, 30),
    rate=st.floats(0.0, 0.2),
    running=st.floats(-1e4, 1e5),
    baseline=st.floats(0.0, 1e5),
)
def test_npv_is_the_present_worth_of_the_yearly_saving(life, horizon, rate, running, baseline, campus_of):
    """The plan's yearly objective and the NPV it reports are one figure, seen twice."""
    finance, capital = campus_and_capital(campus_of, rate, horizon, life_years=life)
    figures = finance_summary(finance, capital, YearTotals(running, baseline, 100.0))
    yearly = baseline - running - capital["cost_per_year"].sum()
    assert figures["npv"] == pytest.approx(yearly * present_worth_factor(rate, horizon), abs=0.01)
