"""What is refused says which limits must give and by how much, and none of them can be spared."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import cells, makers, plain, segment, server, site, store, supply
from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio import Given, solve_portfolio
from wattstack.plan.portfolio.result import Decisions
from wattstack.portfolio import Calendar, Money


def refused(portfolio, **given):
    """What must give: (kind, key, period) -> amount; and the words."""
    with pytest.raises(InfeasibleError) as caught:
        solve_portfolio(portfolio, given=Given(**given))
    gives = caught.value.details["gives"]
    return {(g["kind"], g["key"], g["period"]): g["amount"] for g in gives}, str(caught.value)


def held(**amounts):
    """Servers ordered by period."""
    return Decisions({"server_order": {("g", "a", ""): np.array([float(v) for v in amounts["servers"]])}})


def money(**values):
    return Money(**{"discount_rate_frac": 0.0, **values})


def targeted(target_m, **values):
    market = segment(access_gwh={2027: 0.3})
    aim = {"battery_target_m": target_m, "battery_target_year": 2027}
    return makers(4, segments=(market,), money=money(**aim, **values))


def test_a_target_out_of_reach_gives_down_to_what_can_be_had():
    gives, words = refused(targeted(100.0), forced_target=True)
    assert gives == pytest.approx({("target", ("battery",), 0): 40.0})
    assert "battery target of FY2027, 100 M, by 40: at most 60 can be had" in words


def test_a_budget_that_held_orders_break_gives_by_what_they_cost_more():
    portfolio = plain(3, money=money(capital_budget_m={2027: 12.0}))
    gives, words = refused(portfolio, decisions=held(servers=[10, 5, 0]))
    assert gives == pytest.approx({("budget", ("capital",), 0): 3.0})
    assert "the capital budget in FY2027, 12 M, by 3 M" in words


def test_of_two_years_only_the_one_that_is_broken_gives():
    budget = money(capital_budget_m={2026: 12.0, 2027: 12.0})
    portfolio = plain(3, money=budget, calendar=Calendar("2027Q1", 3, fiscal_start_month=4))
    gives, words = refused(portfolio, decisions=held(servers=[5, 10, 9]))
    assert gives == pytest.approx({("budget", ("capital",), 1): 7.0})
    assert "FY2027" in words and "FY2026" not in words


def test_a_credit_line_gives_once_by_its_deepest_point():
    dear = (server(capital_m_per_mw=4.0),)
    portfolio = plain(3, servers=dear, money=money(credit_limit_m=15.0))
    gives, words = refused(portfolio, decisions=held(servers=[5, 10, 0]))
    running = 2190.0 * 50.0 * 1e-6
    assert list(gives) == [("credit", ("group",), None)]
    earned = 5.0 * (2.0 - running) + 15.0 * (2.0 - running)
    assert gives["credit", ("group",), None] == pytest.approx(60.0 - earned - 15.0, rel=1e-4)
    assert "the credit line, 15 M, by" in words


def test_of_target_and_budget_the_one_gives_that_gives_less_for_its_size():
    late = replace(
        targeted(50.0, capital_budget_m={2027: 8.0}), factory=cells(committed_lines=0, line_lead_q=3)
    )
    gives, words = refused(late, forced_target=True)  # 8 of the 10 M of a line that makes 0.25 GWh
    assert gives == pytest.approx({("target", ("battery",), 0): 10.0}) and "at most 40 can be had" in words


def test_what_stands_gives_where_nothing_that_was_asked_for_helps():
    place = site(outdoor_limit_mwh=5.0)
    orders = Decisions({"storage_order": {("lfp", "a", ""): np.array([8.0, 0.0, 3.0])}})
    gives, words = refused(plain(3, sites=(place,), storage=(store(),)), decisions=orders)
    assert gives == pytest.approx({("fire_cap", ("a",), None): 6.0})
    assert "the storage outdoors at a, 5 MWh, by 6 MWh" in words


def test_two_limits_give_where_one_is_not_enough():
    place = site(outdoor_limit_mwh=5.0, land_ha=1.0, storage_mwh_per_ha=10.0, it_mw_per_ha=1e6)
    orders = Decisions({"storage_order": {("lfp", "a", ""): np.array([12.0])}})
    gives, _ = refused(plain(1, sites=(place,), storage=(store(),)), decisions=orders)
    assert gives == pytest.approx({("fire_cap", ("a",), None): 7.0, ("land", ("a",), None): 0.2001}, rel=1e-3)


def test_a_free_period_counts_on_its_supply_again():
    portfolio = plain(3, supply=(supply("servers", 10.0),), money=money(capital_budget_m={2027: 12.0}))
    gives, _ = refused(portfolio, decisions=held(servers=[13, 0, 0]), before=1)
    assert gives == pytest.approx({("budget", ("capital",), 0): 1.0})


def test_raising_what_must_give_mends_it():
    portfolio = plain(3, money=money(capital_budget_m={2027: 12.0}))
    orders = held(servers=[10, 5, 0])
    gives, _ = refused(portfolio, decisions=orders)
    more = money(capital_budget_m={2027: 12.0 + gives["budget", ("capital",), 0]})
    solve_portfolio(replace(portfolio, money=more), given=Given(decisions=orders))
    less = money(capital_budget_m={2027: 12.0 + 0.99 * gives["budget", ("capital",), 0]})
    refused(replace(portfolio, money=less), decisions=orders)


def test_what_contradicts_itself_is_told_without_a_limit_to_blame():
    falls = Decisions({"commit": {("a", "x"): np.array([1.0, 0.0, 0.0])}})
    with pytest.raises(InfeasibleError, match="Take back what was decided"):
        solve_portfolio(plain(3), given=Given(decisions=falls))


def test_a_caller_that_tries_again_is_told_no_reasons():
    with pytest.raises(InfeasibleError) as caught:
        solve_portfolio(targeted(100.0), given=Given(forced_target=True, explained=False))
    assert not caught.value.details


def test_units_that_cannot_be_whole_are_told_too():
    portfolio = replace(
        targeted(55.0, capital_budget_m={2027: 9.0}), factory=cells(committed_lines=0, lines_max=1)
    )
    in_parts = solve_portfolio(portfolio, given=Given(forced_target=True))
    assert 0.0 < in_parts.total("line_order").sum() <= 0.9 + 1e-6
    with pytest.raises(InfeasibleError) as caught:
        solve_portfolio(portfolio, whole=True, given=Given(forced_target=True))
    (give,) = caught.value.details["gives"]
    assert (give["kind"], give["amount"]) == ("budget", pytest.approx(1.0))
