"""The battery factory: lines, ramps, stock, markets, learning, the target; by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import cells, makers, path_of, segment, worth
from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio import Given, solve_portfolio
from wattstack.plan.portfolio.factory import committed_gwh, conversion_path
from wattstack.portfolio import Calendar, Money


def test_a_line_ramps_and_stays_at_the_end_of_its_ramp():
    factory = cells(ramps={"base": (0.1, 0.5)})
    assert factory.ramp_at(np.array([-1, 0, 1, 2, 9])).tolist() == [0.0, 0.1, 0.5, 0.5, 0.5]


def test_committed_lines_make_their_share_of_nameplate():
    factory = cells(committed_lines=2, committed_start="2027Q2", ramps={"base": (0.1, 0.5)})
    assert committed_gwh(makers(factory=factory)) == pytest.approx([0.0, 0.05, 0.25, 0.25])
    assert not committed_gwh(makers(factory=cells(committed_start=None))).any()


def test_lines_that_began_before_the_horizon_are_up_the_ramp():
    factory = cells(committed_start="2026Q4", ramps={"base": (0.1, 0.5)})
    assert committed_gwh(makers(factory=factory)) == pytest.approx([0.125] * 4)


def test_the_learning_path_is_wrights_law_in_the_middle_of_each_output():
    factory = cells(learning_frac=0.2, cumulative_start_gwh=0.1)
    path = conversion_path(factory, np.array([0.2, 0.4]))
    assert path == pytest.approx([40.0 * 0.8 ** np.log2(2.0), 40.0 * 0.8 ** np.log2(5.0)])


def test_cells_are_sold_at_the_price_less_integration_and_warranty():
    sold = segment(integration_per_kwh=30.0, price_change_frac=-0.1, price_year=2026)
    plan = solve_portfolio(makers(4, factory=cells(warranty_frac=0.05), segments=(sold,)))
    gwh = plan.amounts["sold_gwh"]["grid", "1"]
    assert gwh.sum() == pytest.approx(0.4)
    price = 180.0
    assert plan.cash["battery revenue", "grid", "1"][:4] == pytest.approx(gwh * price)
    assert plan.cash["integration", "grid", "1"][:4] == pytest.approx(-gwh * 30.0)
    assert plan.cash["warranty", "grid", "1"][:4] == pytest.approx(-gwh * 9.0)
    assert plan.npv_m == pytest.approx(0.4 * (180.0 - 30.0 - 9.0 - 100.0)) == pytest.approx(worth(plan))


def test_a_market_takes_no_more_a_fiscal_year_than_it_gives_access_to():
    calendar = Calendar("2027Q1", 6, fiscal_start_month=4)  # FY2026: one quarter, FY2027: four, FY2028: one
    sold = segment(access_gwh={2026: 0.2, 2027: 0.4, 2028: 0.1})
    plan = solve_portfolio(makers(6, calendar=calendar, segments=(sold,)))
    gwh = plan.amounts["sold_gwh"]["grid", "1"]
    assert gwh[0] == pytest.approx(0.2 / 4)
    assert gwh[1:5].sum() == pytest.approx(0.4)
    assert gwh[5] == pytest.approx(0.1 / 4)
    assert plan.prices["market"]["grid", "1"][[0, 1, 5]].min() > 0.0


def test_a_year_without_access_sells_nothing():
    plan = solve_portfolio(makers(4, segments=(segment(access_gwh={2028: 1.0}),)))
    assert not plan.amounts["sold_gwh"]["grid", "1"].any()


def test_the_dearer_tranche_is_sold_first():
    tranches = (segment(tranche="1", access_gwh={2027: 0.1}), segment(tranche="2", price_per_kwh=150.0))
    plan = solve_portfolio(makers(4, segments=tranches, factory=cells(ramps={"base": (0.2,)}, lines_max=1)))
    assert plan.amounts["sold_gwh"]["grid", "1"].sum() == pytest.approx(0.1)
    assert plan.amounts["sold_gwh"]["grid", "2"].sum() == pytest.approx(0.1)


def test_cells_go_to_stock_and_no_cell_is_lost():
    dear_later = segment(access_gwh={2027: 0.0, 2028: 4.0})
    plan = solve_portfolio(makers(5, segments=(dear_later,), factory=cells(stock_limit_gwh=0.3, lines_max=1)))
    made, stock = plan.amounts["made_gwh"]["cells",], plan.amounts["stock_gwh"]["cells",]
    sold = plan.amounts["sold_gwh"]["grid", "1"]
    assert sold == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.55])
    assert stock[3] == pytest.approx(0.3) and np.all(stock <= 0.3 + 1e-9)
    assert np.cumsum(made - sold) == pytest.approx(stock)
    assert np.all(made <= 0.25 + 1e-9) and plan.prices["factory"]["cells",].max() > 0.0


def big_market(**factory):
    return makers(4, factory=cells(**factory), segments=(segment(access_gwh={2027: 10.0}),))


def test_a_line_makes_cells_a_lead_after_its_order_and_up_its_ramp():
    plan = solve_portfolio(big_market(lines_max=2, ramps={"base": (0.4, 1.0)}))
    assert plan.amounts["line_order"]["cells",] == pytest.approx([1.0, 0.0, 0.0, 0.0])
    assert plan.amounts["line_start"]["cells",] == pytest.approx([0.0, 1.0, 0.0, 0.0])
    assert plan.amounts["made_gwh"]["cells",] == pytest.approx([0.1, 0.35, 0.5, 0.5])


def test_there_are_no_more_lines_than_the_most_the_committed_ones_included():
    assert solve_portfolio(big_market(lines_max=3)).amounts["line_order"]["cells",].sum() == pytest.approx(
        2.0
    )
    assert not solve_portfolio(big_market(lines_max=1)).amounts["line_order"]["cells",].any()
    assert not solve_portfolio(big_market(lines_max=0)).amounts["line_order"]["cells",].any()


def test_a_line_is_paid_less_its_subsidy_and_keeps_what_is_left_of_its_life():
    plan = solve_portfolio(big_market(lines_max=2, subsidy_frac=0.4, subsidy_min_gwh=1.0, line_life_q=12))
    assert plan.cash["deposit", "line", "cells"][0] == pytest.approx(-0.3 * 6.0)
    assert plan.cash["delivery", "line", "cells"][1] == pytest.approx(-0.7 * 6.0)
    assert plan.cash["residual", "line", "cells"][-1] == pytest.approx(0.9 * 6.0 * 9 / 12)


def test_a_line_too_small_for_the_subsidy_is_paid_in_full():
    plan = solve_portfolio(big_market(lines_max=2, subsidy_frac=0.4, subsidy_min_gwh=1.5))
    assert plan.cash["deposit", "line", "cells"][0] == pytest.approx(-3.0)


def test_every_line_that_runs_costs_its_staff():
    plan = solve_portfolio(big_market(lines_max=2, fixed_m_per_line_year=2.0, committed_start="2027Q2"))
    assert plan.cash["fixed", "lines", "cells"] == pytest.approx([0.0, -1.0, -1.0, -1.0, 0.0])


def test_cells_get_cheaper_with_what_was_made_and_the_path_settles_on_the_plans_own_output():
    plan = solve_portfolio(big_market(learning_frac=0.2, cumulative_start_gwh=0.1))
    own = conversion_path(plan.portfolio.factory, plan.amounts["made_gwh"]["cells",])
    assert path_of(plan) == pytest.approx(own, rel=1e-3)
    assert np.all(np.diff(path_of(plan)) < 0.0)
    made = plan.amounts["made_gwh"]["cells",]
    assert plan.cash["cells", "cells", ""][:4] == pytest.approx(-made * (60.0 + path_of(plan)), rel=1e-9)
    assert worth(plan) == pytest.approx(plan.npv_m)


def test_a_learning_path_that_is_given_is_kept():
    given = np.array([30.0, 20.0, 10.0, 5.0])
    plan = solve_portfolio(big_market(learning_frac=0.2), given=Given(conversion_per_kwh=given))
    assert path_of(plan).tolist() == given.tolist()


def targeted(target_m, **values):
    money = Money(discount_rate_frac=0.0, battery_target_m=target_m, battery_target_year=2027)
    abroad = segment(segment="export", price_per_kwh=500.0)
    at_a_loss = segment(tranche="2", price_per_kwh=80.0, access_gwh={2027: 0.2})
    segments = (segment(access_gwh={2027: 0.3}), at_a_loss, abroad)
    return makers(4, money=money, segments=segments, **values)


def test_a_target_is_a_wish_unless_it_is_forced():
    plan = solve_portfolio(targeted(70.0))
    assert plan.cash["battery revenue", "grid", "2"].sum() == pytest.approx(0.0)
    forced = solve_portfolio(targeted(70.0), given=Given(forced_target=True))
    domestic = sum(forced.cash["battery revenue", "grid", tranche].sum() for tranche in "12")
    assert domestic == pytest.approx(70.0)
    assert forced.npv_m < plan.npv_m


def test_a_target_out_of_reach_is_told_with_the_most_that_can_be_had():
    with pytest.raises(InfeasibleError, match="battery target of FY2027, 100 M, by 24: at most 76"):
        solve_portfolio(targeted(100.0), given=Given(forced_target=True))


def test_a_target_of_a_year_without_sales_is_told():
    portfolio = targeted(10.0)
    money = portfolio.money.model_copy(update={"battery_target_year": 2031})
    with pytest.raises(InfeasibleError, match="2031"):
        solve_portfolio(replace(portfolio, money=money), given=Given(forced_target=True))
