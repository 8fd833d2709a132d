"""Storage and the reserve, own cells, on-site generation and its sale."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import (
    FIRST,
    cells,
    engine,
    makers,
    path_of,
    plain,
    segment,
    site,
    stage,
    store,
    supply,
)
from wattstack.plan.portfolio import solve_portfolio
from wattstack.plan.portfolio.stores import cell_cost_per_kwh
from wattstack.portfolio import Compute, Money, Supplier

RESERVE = {"load_factor": 1.0, "hv_power_factor": 1.0, "reserve_power_frac": 0.0}


def test_every_energised_mw_holds_its_energy_in_reserve():
    plan = solve_portfolio(plain(2, sites=(site(reserve_mwh_per_mw=0.5),), storage=(store(),)))
    assert plan.amounts["storage_mwh"]["lfp", "a"] == pytest.approx([5.0, 10.0])
    assert plan.prices["reserve_energy"]["a",].max() > 0.0


def test_what_is_held_in_reserve_is_not_free_for_the_day():
    plan = solve_portfolio(plain(2, sites=(site(reserve_mwh_per_mw=0.5),), storage=(store(),)))
    held = plan.amounts["storage_mwh"]["lfp", "a"] - plan.amounts["cycled_mwh"]["lfp", "a"]
    assert np.all(held >= 0.5 * plan.amounts["it_mw"]["a",] - 1e-7)


def test_every_energised_mw_holds_its_power_in_reserve():
    compute = Compute(**{**RESERVE, "reserve_power_frac": 0.25})
    plan = solve_portfolio(plain(1, compute=compute, storage=(store(duration_h=4.0),)))
    assert plan.amounts["storage_mwh"]["lfp", "a"] == pytest.approx([10.0])  # 10 MW x 0.25 x 4 h
    assert plan.prices["reserve_power"]["a",][0] > 0.0


def test_the_chemistry_that_serves_energy_and_power_cheapest_together_is_taken():
    compute = Compute(**{**RESERVE, "reserve_power_frac": 0.5})
    both = (
        store("short", duration_h=1.0, cost_per_kwh=120.0),
        store("long", duration_h=4.0, cost_per_kwh=60.0),
    )
    plan = solve_portfolio(plain(1, sites=(site(reserve_mwh_per_mw=1.0),), compute=compute, storage=both))
    # a MW: short + long >= 1 MWh, short + long / 4 >= 0.5 MW: a third of a MWh short, two thirds long
    assert plan.amounts["storage_mwh"]["short", "a"] == pytest.approx([10.0 / 3])
    assert plan.amounts["storage_mwh"]["long", "a"] == pytest.approx([20.0 / 3])


def test_without_a_battery_nothing_that_asks_for_a_reserve_is_energised():
    assert not solve_portfolio(plain(2, sites=(site(reserve_mwh_per_mw=0.5),))).total("it_mw").any()


def test_storage_there_at_the_start_is_of_the_first_bought_chemistry():
    place = site(reserve_mwh_per_mw=1.0, storage_start_mwh=4.0)
    offers = (
        store("znx", origin="own", cost_per_kwh=None),
        store("lfp", may_order=False),
        store("hd", may_order=False),
    )
    plan = solve_portfolio(plain(1, sites=(place,), storage=offers))
    assert plan.amounts["storage_mwh"]["lfp", "a"] == pytest.approx([4.0])
    assert plan.amounts["it_mw"]["a",] == pytest.approx([4.0])


def test_the_price_of_a_battery_falls_by_the_calendar_year():
    offers = (store(cost_fall_frac=0.1, life_q=1),)
    plan = solve_portfolio(plain(5, sites=(site(reserve_mwh_per_mw=1.0, crew_mw=10.0),), storage=offers))
    bought = plan.amounts["storage_order"]["lfp", "a", ""]
    price = np.array([0.1, 0.1, 0.1, 0.1, 0.09])
    assert bought.min() > 0.0
    assert plan.cash["delivery", "lfp", "a"][:-1] == pytest.approx(-bought * price)


def test_upkeep_is_a_share_of_the_price_of_all_that_is_there():
    offers = (store(om_frac_per_year=0.04),)
    plan = solve_portfolio(plain(2, sites=(site(reserve_mwh_per_mw=1.0),), storage=offers))
    assert plan.cash["upkeep", "lfp", "a"] == pytest.approx([-0.01 * 0.1 * 10.0, -0.01 * 0.1 * 20.0, 0.0])


def own_cells(**values):
    """A campus whose battery comes out of the own factory."""
    offer = store("znx", origin="own", cost_per_kwh=None, integration_per_kwh=20.0, life_q=10, **values)
    return plain(
        2, sites=(site(reserve_mwh_per_mw=1.0),), storage=(offer,), factory=cells(), segments=(segment(),)
    )


def test_own_cells_are_paid_by_the_factory_and_only_the_work_around_them_by_the_site():
    plan = solve_portfolio(own_cells(om_frac_per_year=0.04))
    assert plan.amounts["storage_order"]["znx", "a", "cells"] == pytest.approx([10.0, 10.0])
    assert plan.amounts["own_gwh"]["cells",] == pytest.approx([0.01, 0.01])
    assert plan.cash["delivery", "znx", "a"] == pytest.approx([-0.2, -0.2, 0.0])
    assert plan.cash["cells", "cells", ""][:2] == pytest.approx(-plan.amounts["made_gwh"]["cells",] * 100.0)
    assert plan.cash["upkeep", "znx", "a"][:2] == pytest.approx([-0.01 * 1.2, -0.01 * 2.4])
    assert plan.cash["residual", "znx", "a"][-1] == pytest.approx(0.9 * 1.2 * (8 / 10 + 9 / 10))


def test_upkeep_and_residual_of_own_cells_follow_the_learning_path():
    portfolio = own_cells(om_frac_per_year=0.04)
    learning = portfolio.factory.model_copy(update={"learning_frac": 0.2, "cumulative_start_gwh": 0.05})
    plan = solve_portfolio(replace(portfolio, factory=learning))
    cost = 1e-3 * (20.0 + cell_cost_per_kwh(learning, path_of(plan)))
    assert cost[1] < cost[0] < 0.12
    there = plan.amounts["storage_mwh"]["znx", "a"]
    assert plan.cash["upkeep", "znx", "a"][:2] == pytest.approx(-0.01 * there * cost, rel=1e-9)
    ordered = plan.amounts["storage_order"]["znx", "a", "cells"]
    left = 0.9 * ordered * cost * np.array([8 / 10, 9 / 10])
    assert plan.cash["residual", "znx", "a"][-1] == pytest.approx(left.sum(), rel=1e-9)


def test_without_a_factory_there_are_no_own_cells():
    plan = solve_portfolio(replace(own_cells(), factory=None, segments=()))
    assert not plan.total("it_mw").any() and not plan.total("storage_order").any()


def bridged(count=4, **values):
    """Eight MW of grid for the first two quarters and a hundred after; engines until then."""
    usual = {
        "stages": (stage(power_mw=8.0), stage("y", power_mw=92.0, earliest_energised="2027Q3")),
        "generation": (engine(),), "supply": (supply("servers", 18.0),),
    }  # fmt: skip
    return plain(count, **{**usual, **values})


def test_bridging_power_stands_in_for_the_grid_and_is_sold_when_it_comes():
    # money is worth more sooner, so that selling at once is better than at the end
    money = Money(discount_rate_frac=0.05, deposit_frac=0.3, residual_factor=0.9)
    plan = solve_portfolio(bridged(money=money))
    assert plan.amounts["it_mw"]["a",][:2] == pytest.approx([18.0, 18.0])
    assert plan.amounts["generation_mw"]["engine", "a"] == pytest.approx([10.0, 10.0, 0.0, 0.0])
    assert plan.amounts["generation_sold"]["engine", "a"] == pytest.approx([0.0, 0.0, 10.0, 0.0])
    assert plan.cash["sold", "engine", "a"] == pytest.approx([0.0, 0.0, 0.9 * 10.0 * (1 - 2 / 80), 0.0, 0.0])
    kept = 0.9 * 10.0 * ((1 - 4 / 80) - (1 - 2 / 80))
    assert plan.cash["residual", "engine", "a"][-1] == pytest.approx(kept)


def test_generation_comes_no_earlier_than_its_date_whoever_delivers():
    late = engine(earliest_energised="2027Q3", lead_q=2)
    assert solve_portfolio(bridged(3, generation=(late,))).amounts["generation_mw"]["engine", "a"][
        :2
    ] == pytest.approx([0.0, 0.0])
    quick = Supplier(resource="engine", supplier="quick", from_quarter=FIRST, lead_delta_q=-2)
    plan = solve_portfolio(bridged(4, generation=(late,), suppliers=(quick,), stages=(stage(power_mw=8.0),)))
    assert plan.amounts["generation_mw"]["engine", "a"] == pytest.approx([0.0, 0.0, 10.0, 10.0])


def test_no_more_generation_stands_than_its_limit():
    plan = solve_portfolio(bridged(3, stages=(stage(power_mw=8.0),), supply=(supply("servers", 80.0),)))
    assert plan.amounts["generation_mw"]["engine", "a"].max() == pytest.approx(10.0)
    assert plan.prices["site_limit"]["engine", "a"].max() > 0.0


@pytest.mark.parametrize("rate", [0.0, 0.1])
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3])
@pytest.mark.parametrize(("lead", "life"), [(0, 3), (1, 80), (2, 7)])
def test_buying_and_selling_bridging_power_never_earns(rate, factor, lead, life):
    money = Money(discount_rate_frac=rate, residual_factor=1.0)
    offer = engine(lead_q=lead, life_q=life)
    short = Supplier(resource="engine", supplier="one", from_quarter=FIRST, price_factor=factor)
    cheap = Supplier(resource="engine", supplier="two", from_quarter=FIRST, price_factor=1.0)
    portfolio = plain(
        6, generation=(offer,), suppliers=(short, cheap), supply=(supply("servers", 0.0),), money=money
    )
    plan = solve_portfolio(portfolio)
    assert plan.npv_m == pytest.approx(0.0, abs=1e-6)


def test_generation_whose_life_may_end_within_the_horizon_is_not_sold():
    plan = solve_portfolio(bridged(4, generation=(engine(life_q=3),)))
    assert "generation_sold" not in plan.amounts
    never = solve_portfolio(bridged(4, generation=(engine(earliest_energised="2030Q1"),)))
    assert "generation_sold" not in never.amounts


def test_with_annuities_bridging_power_is_not_sold():
    money = Money(discount_rate_frac=0.0, capital_as="annuity")
    assert "generation_sold" not in solve_portfolio(bridged(3, money=money)).amounts


def test_a_factory_without_sites_stores_nothing():
    assert "storage_mwh" not in solve_portfolio(makers()).amounts
