"""What an order costs and when, to whom it goes, and what all sites share: by hand on one item."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import FIRST, halls, item, other, plain, server, site, stage, supply, worth
from wattstack.plan.portfolio import Given, solve_portfolio
from wattstack.plan.portfolio.orders import draws_on
from wattstack.portfolio import Calendar, Money, Supplier, Supply

KEEP = 1.08**-0.25  # present value of 1 paid a quarter later


def money(**values):
    return Money(**{"discount_rate_frac": 0.08, "deposit_frac": 0.3, "residual_factor": 0.9, **values})


def shell_at_a_lead(**values):
    """Ten MW of servers a quarter and their shells come a quarter late; shells for 2 M and a life of eight quarters."""
    values = {"start_units": 0.0, "lead_q": 1, "capital_m_per_unit": 2.0, "life_q": 8, **values}
    return plain(3, items=other("shell", **values), money=money(), servers=(server(lead_q=1),))


def test_deposit_at_order_the_rest_on_delivery_and_what_is_left_of_the_life_at_the_end():
    plan = solve_portfolio(shell_at_a_lead())
    orders = plan.amounts["order"]["shell", "a", ""]
    assert orders == pytest.approx([10.0, 10.0, 0.0])
    assert plan.cash["deposit", "shell", "a"] == pytest.approx([-6.0, -6.0, 0.0, 0.0])
    assert plan.cash["delivery", "shell", "a"] == pytest.approx([0.0, -14.0, -14.0, 0.0])
    left = 0.9 * 2.0 * (10.0 * 6 / 8 + 10.0 * 7 / 8)
    assert plan.cash["residual", "shell", "a"] == pytest.approx([0.0, 0.0, 0.0, left])


def test_the_net_present_value_is_the_sum_by_hand():
    plan = solve_portfolio(shell_at_a_lead())
    assert plan.amounts["it_mw"]["a",] == pytest.approx([0.0, 10.0, 20.0])
    servers = -3.0 - 10.0 * KEEP - 7.0 * KEEP**2 + 0.9 * KEEP**3 * (10.0 * 18 / 20 + 10.0 * 19 / 20)
    shells = -6.0 - (6.0 + 14.0) * KEEP - 14.0 * KEEP**2 + KEEP**3 * 0.9 * 2.0 * (10.0 * 6 / 8 + 10.0 * 7 / 8)
    running = 2190.0 * 50.0 / 1e6
    energised = KEEP * 10.0 * (2.0 - running) + KEEP**2 * 20.0 * (2.0 - running)
    assert plan.npv_m == pytest.approx(servers + shells + energised, rel=1e-9)


def test_what_comes_at_once_has_no_deposit():
    plan = solve_portfolio(shell_at_a_lead(lead_q=0))
    assert not plan.cash["deposit", "shell", "a"].any()
    assert plan.cash["delivery", "shell", "a"] == pytest.approx([0.0, -20.0, -20.0, 0.0])


def test_an_order_that_would_come_after_the_horizon_does_not_exist():
    plan = solve_portfolio(shell_at_a_lead(lead_q=3))
    assert not plan.amounts["order"]["shell", "a", ""].any() and not plan.total("it_mw").any()


def test_a_life_used_up_leaves_nothing_and_ends():
    plan = solve_portfolio(shell_at_a_lead(life_q=1, capital_m_per_unit=0.2))
    assert plan.amounts["there"]["shell", "a"] == pytest.approx([0.0, 10.0, 20.0])
    assert plan.amounts["order"]["shell", "a", ""] == pytest.approx([10.0, 20.0, 0.0])
    assert not plan.cash["residual", "shell", "a"].any()


def test_with_annuities_a_unit_costs_its_annuity_while_it_stands_and_nothing_at_the_end():
    rate = money(capital_as="annuity", residual_factor=0.0)
    portfolio = replace(shell_at_a_lead(life_q=2), money=rate)
    plan = solve_portfolio(portfolio)
    yearly = (1.0 - KEEP) / (1.0 - KEEP**2)
    assert yearly * (1.0 + KEEP) == pytest.approx(1.0)
    assert plan.cash["annuity", "shell", "a"] == pytest.approx([0.0, -20.0 * yearly, -40.0 * yearly, 0.0])
    assert not any(name in ("deposit", "delivery", "residual") for name, *_ in plan.cash)
    assert worth(plan) == pytest.approx(plan.npv_m)


def test_an_annuity_without_interest_spreads_the_price_over_the_life():
    portfolio = replace(shell_at_a_lead(life_q=2), money=money(capital_as="annuity", discount_rate_frac=0.0))
    assert solve_portfolio(portfolio).cash["annuity", "shell", "a"] == pytest.approx([0.0, -10.0, -20.0, 0.0])


def test_with_annuities_a_stage_costs_its_annuity_too():
    late = stage(capital_m=40.0, commit_lead_q=1, power_mw=20.0)
    rate = money(capital_as="annuity", discount_rate_frac=0.0, stage_life_q=8)
    plan = solve_portfolio(plain(3, stages=(late,), money=rate))
    assert plan.amounts["stage_on"]["a", "x"] == pytest.approx([0.0, 1.0, 1.0])
    assert plan.cash["annuity", "x", "a"] == pytest.approx([0.0, -5.0, -5.0, 0.0])
    assert not any(name in ("deposit", "delivery", "residual") for name, *_ in plan.cash)


def test_what_all_sites_order_stays_below_the_shared_supply():
    sites = (site("a"), site("b", price_per_mwh=60.0))
    portfolio = plain(
        3, sites=sites, items=halls("a") + halls("b"), stages=(stage(where="a"), stage(where="b"))
    )
    plan = solve_portfolio(portfolio)
    total = sum(plan.amounts["server_order"].values())
    assert total == pytest.approx([10.0, 10.0, 10.0])
    assert plan.amounts["server_order"]["g", "b", ""] == pytest.approx([0.0, 0.0, 0.0])
    assert plan.prices["supply"]["servers",][0] > 0.0


def test_supply_is_linear_between_its_dates_and_flat_after_the_last():
    plan = solve_portfolio(plain(5, supply=(supply("servers", 10.0, **{"2027Q3": 30.0}),)))
    assert plan.amounts["server_order"]["g", "a", ""] == pytest.approx([10.0, 20.0, 30.0, 30.0, 10.0])


def two_suppliers(**second):
    usual = {"resource": "servers", "from_quarter": FIRST}
    return (
        Supplier(**usual, supplier="one", share_max_frac=0.6),
        Supplier(**{**usual, "supplier": "two", "price_factor": 1.5, **second}),
    )


def test_no_supplier_gets_more_than_its_share_and_the_dearer_one_is_paid_its_price():
    plan = solve_portfolio(plain(2, suppliers=two_suppliers()))
    assert plan.amounts["server_order"]["g", "a", "one"] == pytest.approx([6.0, 6.0])
    assert plan.amounts["server_order"]["g", "a", "two"] == pytest.approx([4.0, 4.0])
    assert plan.cash["delivery", "g", "a"] == pytest.approx([-12.0, -12.0, 0.0])
    assert plan.prices["share"]["servers", "one"].max() > 0.0


def test_a_supplier_comes_with_its_first_quarter_and_its_own_lead():
    plan = solve_portfolio(plain(3, suppliers=two_suppliers(from_quarter="2027Q2", lead_delta_q=1)))
    assert plan.amounts["server_order"]["g", "a", "two"] == pytest.approx([0.0, 4.0, 0.0])
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([0.0, 6.0, 10.0])


def test_a_supplier_quicker_than_the_lead_delivers_no_earlier_than_at_once():
    plan = solve_portfolio(plain(2, suppliers=two_suppliers(lead_delta_q=-3)))
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([10.0, 20.0])


def test_in_a_shortfall_the_deposit_is_lost_and_what_does_not_come_is_not_paid_on_delivery():
    short = Supplier(resource="servers", supplier="one", from_quarter=FIRST, delivered_frac=0.5)
    portfolio = plain(3, servers=(server(lead_q=1),), suppliers=(short,))
    plan = solve_portfolio(portfolio)
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([0.0, 5.0, 10.0])
    assert plan.cash["deposit", "g", "a"] == pytest.approx([-3.0, -3.0, 0.0, 0.0])
    assert plan.cash["delivery", "g", "a"] == pytest.approx([0.0, -3.5, -3.5, 0.0])
    assert plan.cash["residual", "g", "a"][-1] == pytest.approx(0.9 * 5.0 * (18 / 20 + 19 / 20))


def test_the_own_server_line_and_the_own_panel_line_are_limits_of_their_own():
    from tests.plan.portfolio.pencil import cells
    from wattstack.portfolio import GenerationOffer

    factory = cells(server_line_mw_per_quarter=4.0, panel_line_mw_per_year=8.0)
    solar = GenerationOffer(
        site="a", tech="pv", capital_m_per_mw=0.001, limit_mw=50.0, earliest_energised=FIRST, profile="pv"
    )
    ax = Supplier(resource="servers", supplier="ax_factory", from_quarter=FIRST, price_factor=0.5)
    usual = Supplier(resource="servers", supplier="one", from_quarter=FIRST)
    plan = solve_portfolio(plain(2, factory=factory, suppliers=(ax, usual), generation=(solar,)))
    assert plan.amounts["server_order"]["g", "a", "ax_factory"] == pytest.approx([4.0, 4.0])
    assert plan.amounts["generation_order"]["pv", "a", ""] == pytest.approx([2.0, 2.0])


def sunny(where: str, **values):
    """A plant for next to nothing, up to 50 MW."""
    from wattstack.portfolio import GenerationOffer

    usual = {
        "site": where,
        "tech": "pv",
        "capital_m_per_mw": 0.001,
        "limit_mw": 50.0,
        "earliest_energised": FIRST,
    }
    return GenerationOffer(**{**usual, "profile": "pv", **values})


def test_sites_share_the_panels_of_the_own_line_and_an_engine_needs_none():
    from tests.plan.portfolio.pencil import cells, halls, site, stage

    portfolio = plain(
        2, factory=cells(panel_line_mw_per_year=8.0), sites=(site(), site("b")),
        items=(*halls(), *(i.model_copy(update={"site": "b"}) for i in halls())), stages=(stage(), stage(where="b")),
        generation=(sunny("a"), sunny("b"), sunny("a", tech="engine", profile=None, running_per_mwh=1.0)),
    )  # fmt: skip
    orders = solve_portfolio(portfolio).amounts["generation_order"]
    both = orders["pv", "a", ""] + orders["pv", "b", ""]
    assert both == pytest.approx([2.0, 2.0])
    assert orders["engine", "a", ""].sum() > 2.0


def test_a_line_without_panels_stops_solar_and_no_line_does_not_limit_it():
    from tests.plan.portfolio.pencil import cells

    for most, built in ((0.0, 0.0), (None, 10.0)):
        portfolio = plain(
            1, factory=cells(panel_line_mw_per_year=most), generation=(sunny("a", limit_mw=10.0),)
        )
        plan = solve_portfolio(portfolio)
        assert plan.amounts["generation_order"]["pv", "a", ""] == pytest.approx([built], abs=1e-7)


def test_in_a_year_the_own_lines_make_what_they_make_in_four_quarters():
    from tests.plan.portfolio.pencil import cells, stage

    factory = cells(server_line_mw_per_quarter=4.0, panel_line_mw_per_year=8.0, committed_start="2027")
    years = {"first_order": "2026", "last_order": "2040", "launch": "2027"}
    ax = Supplier(resource="servers", supplier="ax_factory", from_quarter="2027", price_factor=0.5)
    usual = Supplier(resource="servers", supplier="one", from_quarter="2027")
    portfolio = plain(
        2, calendar=Calendar("2027", 2), factory=factory, suppliers=(ax, usual), servers=(server(**years),),
        stages=(stage(earliest_energised="2027"),), generation=(sunny("a", earliest_energised="2027"),),
        supply=(Supply(resource="servers", amounts={"2027": 40.0}),),
    )  # fmt: skip
    plan = solve_portfolio(portfolio)
    assert plan.amounts["server_order"]["g", "a", "ax_factory"] == pytest.approx([16.0, 16.0])
    assert plan.amounts["generation_order"]["pv", "a", ""] == pytest.approx([8.0, 8.0])


def test_held_orders_are_delivered_whatever_the_supply():
    portfolio = plain(3)
    more = solve_portfolio(replace(portfolio, supply=(supply("servers", 20.0),)))
    held = solve_portfolio(portfolio, given=Given(decisions=more.decisions))
    assert held.npv_m == pytest.approx(more.npv_m)


def test_an_item_may_have_a_dearer_and_quicker_way():
    items = (
        *other("shell", start_units=0.0, lead_q=2),
        item("shell_prefab", lead_q=1, capital_m_per_unit=0.5, start_units=0.0),
    )
    plan = solve_portfolio(
        plain(4, items=items, supply=(supply("servers", 10.0), supply("shell_prefab", 5.0)))
    )
    assert plan.amounts["order"]["shell_prefab", "a", ""][0] == pytest.approx(5.0)
    assert plan.amounts["there"]["shell", "a"][1] == pytest.approx(5.0)
    assert np.all(plan.amounts["it_mw"]["a",] <= plan.amounts["there"]["shell", "a"] + 1e-7)


def test_what_may_not_be_ordered_stays_as_it_is():
    plan = solve_portfolio(plain(2, items=other("shell", start_units=3.0, may_order=False)))
    assert plan.amounts["there"]["shell", "a"] == pytest.approx([3.0, 3.0])


def test_an_order_draws_on_the_limit_of_its_name_its_kind_or_the_sizes_of_its_kind():
    assert draws_on("server_order", "B300", "servers") and not draws_on("server_order", "B300", "B300")
    assert draws_on("build", "battery.main.energy_mwh", "battery.energy_mwh")
    assert draws_on("storage_order", "lfp", "lfp") and not draws_on("stage_on", "lfp", "lfp")
