"""What each chemistry is worth, what each duty costs with it, and the price of own cells first."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import cells, path_of, plain, segment, site, stage, store
from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Pool, price_of_own_cells_first, solve_portfolio, value_chemistries
from wattstack.plan.portfolio.chemistry import duty_costs
from wattstack.plan.portfolio.solve import Given
from wattstack.portfolio import Money
from wattstack.portfolio.variants import own_cells_first, without_chemistry

RESERVED = site(reserve_mwh_per_mw=1.0)


def held(**values):
    """A site that holds a MWh a MW in reserve, from lfp at 100 USD/kWh or hd at 150."""
    usual = {"sites": (RESERVED,), "storage": (store("lfp"), store("hd", cost_per_kwh=150.0))}
    return plain(3, **{**usual, **values})


def by_name(plan, **values):
    return {v.chemistry: v for v in value_chemistries(plan, **values)}


def test_a_chemistry_is_worth_what_the_plan_loses_without_it():
    pool = Pool()
    plan = solve_portfolio(held(), pool=pool)
    found = by_name(plan, pool=pool)
    # 10 MWh a quarter at 0.05 M more, of which 0.9 x what is left of 60 quarters comes back
    dearer = sum(10.0 * 0.05 * (1.0 - 0.9 * (60 - k) / 60) for k in (3, 2, 1))
    assert found["lfp"].worth_m == pytest.approx(dearer, rel=1e-6)
    without = solve_portfolio(without_chemistry(plan.portfolio, "lfp"), pool=pool)
    assert found["lfp"].worth_m == pytest.approx(plan.npv_m - without.npv_m)
    assert found["hd"].worth_m == 0.0
    assert (found["lfp"].held_mwh, found["hd"].held_mwh) == (pytest.approx(30.0), 0.0)


def test_without_the_only_chemistry_the_whole_plan_is_lost():
    plan = solve_portfolio(held(storage=(store("lfp"),)))
    assert by_name(plan)["lfp"].worth_m == pytest.approx(plan.npv_m)


def test_costs_by_duty_by_hand():
    offer = store(
        "lfp", cost_per_kwh=120.0, life_q=40, duration_h=4.0, roundtrip_eff=0.81, om_frac_per_year=0.02
    )
    place = site(reserve_mwh_per_mw=1.0, grid_fee_per_mwh=14.0)
    flexible = stage("n", kind="nonfirm", power_mw=5.0)
    portfolio = held(sites=(place,), storage=(offer,), stages=(stage(), flexible))
    costs = duty_costs(solve_portfolio(portfolio), offer)
    yearly = 120_000.0 * (1.0 / 10.0 + 0.02)  # no interest: a tenth a year over ten years
    assert costs.reserve_per_mwh == pytest.approx(yearly)
    assert costs.power_per_mw == pytest.approx(4.0 * yearly)
    lost = 64.0 * (1.0 / 0.81 - 1.0)
    assert costs.shifting_per_mwh == pytest.approx(yearly / (365.0 * 0.9) + lost)
    # every day one stretch of six hours, longer than the four of the battery: 0.9 MWh a day
    assert costs.curtailed_per_mwh == pytest.approx(yearly / (365.0 * 0.9) + lost)


def test_interest_makes_the_annuity_of_the_plan():
    money = Money(discount_rate_frac=0.08)
    portfolio = held(storage=(store("lfp", life_q=40),), money=money)
    costs = duty_costs(solve_portfolio(portfolio), portfolio.storage[0])
    keep = 1.08**-0.25
    assert costs.reserve_per_mwh == pytest.approx(100_000.0 * 4.0 * (1.0 - keep) / (1.0 - keep**40))


def test_a_quick_battery_gives_its_power_for_an_hour_with_the_energy_that_takes():
    quick = store("hd", duration_h=0.5, roundtrip_eff=0.64)
    costs = duty_costs(solve_portfolio(held(storage=(quick,))), quick)
    assert costs.power_per_mw == pytest.approx(costs.reserve_per_mwh / 0.8)


def test_a_stretch_of_curtailed_hours_shorter_than_the_battery_is_served_in_part():
    slow = store("znx", duration_h=12.0)
    portfolio = held(storage=(slow,), stages=(stage(), stage("n", kind="nonfirm", power_mw=5.0)))
    costs = duty_costs(solve_portfolio(portfolio), slow)
    assert costs.curtailed_per_mwh == pytest.approx(costs.reserve_per_mwh / (365.0 * 0.5))


@pytest.mark.parametrize(
    ("available", "delivered"),
    [([1.0, 0.0, 1.0, 1.0], 1), ([0.0, 1.0, 1.0, 0.5], 1), ([0.0, 1.0, 0.0, 1.0], 2), ([0.0] * 4, 1)],
)
def test_stretches_of_curtailed_hours_are_counted_in_a_circle(available, delivered):
    offer = store("lfp")
    portfolio = held(storage=(offer,), stages=(stage(), stage("n", kind="nonfirm", power_mw=5.0)))
    weeks = {k: (replace(w[0], available_frac=np.array(available)),) for k, w in portfolio.weeks.items()}
    costs = duty_costs(solve_portfolio(replace(portfolio, weeks=weeks)), offer)
    assert costs.curtailed_per_mwh == pytest.approx(costs.reserve_per_mwh / (365.0 * delivered))


def test_without_a_flexible_connection_or_hours_taken_away_there_is_no_such_duty():
    offer = store("lfp")
    plan = solve_portfolio(held(storage=(offer,)))
    assert duty_costs(plan, offer).curtailed_per_mwh is None
    portfolio = held(storage=(offer,), stages=(stage(), stage("n", kind="nonfirm", power_mw=5.0)))
    weeks = {k: (replace(w[0], available_frac=np.ones(4)),) for k, w in portfolio.weeks.items()}
    plan = solve_portfolio(replace(portfolio, weeks=weeks))
    assert duty_costs(plan, offer).curtailed_per_mwh is None
    assert by_name(plan)["lfp"].curtailed_per_mwh is None


def test_the_price_is_the_mean_over_what_is_ordered_else_over_what_could_be():
    falling = store("lfp", cost_fall_frac=0.5)
    plan = solve_portfolio(plain(6, sites=(RESERVED,), storage=(falling,)))
    bought = plan.amounts["storage_order"]["lfp", "a", ""]
    mean = bought @ np.array([100.0] * 4 + [50.0] * 2) / bought.sum()
    assert duty_costs(plan, falling).reserve_per_mwh == pytest.approx(mean * 1000.0 / 15.0)
    idle = solve_portfolio(plain(6, storage=(falling,)))
    mean = (4 * 100.0 + 2 * 50.0) / 6
    assert duty_costs(idle, falling).reserve_per_mwh == pytest.approx(mean * 1000.0 / 15.0)


def own(**values):
    """A site with own cells beside bought ones."""
    offers = (
        store("lfp"),
        store("znx", origin="own", cost_per_kwh=None, integration_per_kwh=20.0, indoor_ok=True),
    )
    usual = {"sites": (RESERVED,), "storage": offers, "factory": cells(), "segments": (segment(),)}
    return plain(3, **{**usual, **values})


def test_own_cells_cost_what_they_cost_to_make_and_the_work_around_them():
    factory = cells(learning_frac=0.3, cumulative_start_gwh=0.05)
    plan = solve_portfolio(own(factory=factory))
    costs = duty_costs(plan, plan.portfolio.storage[1])
    mean = float(np.mean(20.0 + 60.0 + path_of(plan)))
    assert costs.reserve_per_mwh == pytest.approx(mean * 1000.0 / 15.0)


def test_own_cells_first_costs_what_bought_ones_would_have_saved():
    pool = Pool()
    plan = solve_portfolio(own(), pool=pool)
    price = price_of_own_cells_first(plan, pool)
    kept = Given(conversion_per_kwh=path_of(plan))
    forced = solve_portfolio(own_cells_first(plan.portfolio), pool=pool, given=kept)
    assert price == pytest.approx(plan.npv_m - forced.npv_m) and price > 0.0
    assert forced.amounts["storage_mwh"]["znx", "a"][-1] == pytest.approx(30.0)


def test_own_cells_first_is_free_where_they_are_cheapest():
    cheap = cells(material_per_kwh=10.0, conversion_start_per_kwh=10.0, lines_max=1)
    portfolio = own(factory=cheap, segments=(segment(access_gwh={2027: 0.1}),))
    assert price_of_own_cells_first(solve_portfolio(portfolio)) == 0.0


def test_a_chemistry_that_may_not_be_ordered_has_no_costs():
    offers = (store("lfp"), store("znx", origin="own", cost_per_kwh=None), store("hd", lead_q=5))
    found = by_name(solve_portfolio(held(storage=offers)))
    for name in ("znx", "hd"):
        value = found[name]
        costs = (value.reserve_per_mwh, value.power_per_mw, value.shifting_per_mwh, value.curtailed_per_mwh)
        assert costs == (None,) * 4 and value.worth_m == 0.0


def test_where_a_chemistry_may_stand_is_said():
    found = by_name(solve_portfolio(small_portfolio()))
    assert found["lfp"].where == "outdoors only at east (at most 60 MWh), north (at most 300 MWh)"
    assert found["znx"].where == "indoors too at east, north; 0.6 times the usual energy on a hectare"
    assert by_name(solve_portfolio(held()))["lfp"].where == "outdoors only at a"


def test_of_several_sites_the_cheapest_counts():
    plan = solve_portfolio(small_portfolio())
    lfp = [o for o in plan.portfolio.storage if o.chemistry == "lfp"]
    least = min(duty_costs(plan, o).reserve_per_mwh for o in lfp)
    assert by_name(plan)["lfp"].reserve_per_mwh == pytest.approx(least)


def test_no_chemistry_is_worth_less_than_nothing():
    assert all(v.worth_m >= 0.0 for v in value_chemistries(solve_portfolio(small_portfolio())))
