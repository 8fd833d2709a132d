"""Servers by generation: order windows, lives, what is energised and what it earns."""

import numpy as np
import pytest

from tests.plan.portfolio.pencil import FIRST, plain, server, site, supply
from wattstack.plan.portfolio import solve_portfolio
from wattstack.plan.portfolio.servers import revenue_by_period
from wattstack.portfolio import Calendar, Compute


def test_revenue_falls_by_the_year_from_launch():
    sold = server(launch="2027Q1", revenue_m_per_mw_year=8.0, revenue_fall_frac=0.19)
    found = revenue_by_period(sold, Calendar("2027Q1", 5))
    assert found == pytest.approx([2.0, 2.0 * 0.9**0.5, 2.0 * 0.9, 2.0 * 0.9**1.5, 2.0 * 0.81])


def test_revenue_is_that_of_launch_before_it_and_a_year_earns_four_quarters():
    sold = server(launch="2029", first_order="2027", last_order="2030", revenue_fall_frac=0.5)
    assert revenue_by_period(sold, Calendar("2028", 3)) == pytest.approx([8.0, 8.0, 4.0])


def test_servers_are_ordered_within_their_window_alone():
    plan = solve_portfolio(plain(4, servers=(server(first_order="2027Q2", last_order="2027Q3"),)))
    assert plan.amounts["server_order"]["g", "a", ""] == pytest.approx([0.0, 10.0, 10.0, 0.0])


def test_servers_end_after_their_life_and_are_bought_again():
    plan = solve_portfolio(plain(4, servers=(server(life_q=2),)))
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([10.0, 20.0, 20.0, 20.0])
    plan = solve_portfolio(plain(4, servers=(server(life_q=2, last_order=FIRST),)))
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([10.0, 10.0, 0.0, 0.0])


@pytest.mark.parametrize("order", [1, -1])
def test_servers_there_at_the_start_are_of_the_generation_launched_last_by_then_and_end_too(order):
    place = site(servers_start_mw=7.0)
    servers = (
        server("older", launch="2024Q1", last_order="2026Q4"),
        server("old", launch="2026Q1", life_q=2, last_order="2026Q4"),
        server("new", launch="2028Q1", first_order="2029Q1"),
    )
    plan = solve_portfolio(plain(3, sites=(place,), servers=servers[::order]))
    assert plan.amounts["server_there"]["old", "a"] == pytest.approx([7.0, 7.0, 0.0])
    assert plan.amounts["it_mw"]["a",] == pytest.approx([7.0, 7.0, 0.0])


def test_where_no_generation_is_launched_by_the_start_the_first_to_come_stands_there():
    servers = (server("later", launch="2029Q1"), server("soon", launch="2027Q3"))
    found = plain(3, sites=(site(servers_start_mw=7.0),), servers=servers)
    assert found.standing_servers == "soon"
    assert plain(3, servers=()).standing_servers is None


def test_energised_compute_is_the_sum_of_all_generations():
    servers = (server("old", last_order=FIRST), server("new", first_order="2027Q2", capital_m_per_mw=1.2))
    plan = solve_portfolio(plain(3, servers=servers, supply=(supply("servers", 10.0),)))
    both = sum(plan.amounts["server_on"].values())
    assert both == pytest.approx(plan.amounts["it_mw"]["a",]) and both == pytest.approx([10.0, 20.0, 30.0])


def test_servers_that_run_at_a_loss_stand_idle():
    place = site(servers_start_mw=5.0, price_per_mwh=500.0)
    plan = solve_portfolio(plain(2, sites=(place,), servers=(server(revenue_m_per_mw_year=1.0),)))
    assert plan.amounts["server_there"]["g", "a"] == pytest.approx([5.0, 5.0])
    assert not plan.amounts["it_mw"]["a",].any() and plan.npv_m == pytest.approx(0.0)


def test_every_energised_mw_costs_its_upkeep():
    compute = Compute(load_factor=1.0, reserve_power_frac=0.0, hv_power_factor=1.0, fixed_m_per_mw_year=0.4)
    plan = solve_portfolio(plain(2, compute=compute))
    assert plan.cash["fixed", "compute", "a"] == pytest.approx([-1.0, -2.0, 0.0])
    assert np.all(plan.cash["server revenue", "g", "a"][:2] == pytest.approx([20.0, 40.0]))
