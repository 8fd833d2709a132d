"""Shells, electrical gear, cooling: starts, pipelines and arrivals; gates, crew, fire distance and land."""

import numpy as np
import pytest

from tests.plan.portfolio.pencil import FIRST, other, plain, server, site, stage, store, supply
from wattstack.plan.portfolio import solve_portfolio
from wattstack.portfolio import Gate, Money


@pytest.mark.parametrize("resource", ["shell", "electrical", "cooling"])
def test_no_more_is_energised_than_the_halls_have_of_everything(resource):
    plan = solve_portfolio(plain(3, items=other(resource, start_units=7.0, lead_q=3)))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([7.0, 7.0, 7.0])
    assert plan.prices[resource]["a",].max() > 0.0


def test_the_pipeline_comes_in_its_quarter_and_is_paid_already():
    items = other("shell", start_units=4.0, lead_q=3, pipeline_units=6.0, pipeline_quarter="2027Q2")
    plan = solve_portfolio(plain(3, items=items))
    assert plan.amounts["there"]["shell", "a"] == pytest.approx([4.0, 10.0, 10.0])
    assert not plan.cash["delivery", "shell", "a"].any()


def test_a_pipeline_from_before_the_first_quarter_is_there_and_one_after_the_last_never_comes():
    def there(quarter):
        items = other("shell", start_units=0.0, lead_q=3, pipeline_units=6.0, pipeline_quarter=quarter)
        return solve_portfolio(plain(2, items=items)).amounts["there"]["shell", "a"]

    assert there("2026Q2") == pytest.approx([6.0, 6.0])
    assert there("2029Q1") == pytest.approx([0.0, 0.0])


def shells(count=4, gates=(), **values):
    """Nothing stands; shells come a quarter after they are ordered."""
    return plain(count, items=other("shell", start_units=0.0, lead_q=1), gates=gates, **values)


def gate(name, **values):
    return Gate(**{"site": "a", "gate": name, "earliest_start": FIRST, **values})


@pytest.mark.parametrize("name", ["permit", "land"])
def test_shells_are_ordered_once_permit_and_land_are_there(name):
    late = gate(name, earliest_start="2027Q2", lead_q=1, capital_m=2.0)
    plan = solve_portfolio(shells(5, (late,)))
    assert plan.amounts["gate_open"]["a", name][:2] == pytest.approx([0.0, 0.0])
    assert plan.amounts["order"]["shell", "a", ""][:2] == pytest.approx([0.0, 0.0])
    assert plan.amounts["it_mw"]["a",] == pytest.approx([0.0, 0.0, 0.0, 40.0, 50.0])
    assert plan.amounts["start"]["a", name][1] > 0.0
    assert plan.prices[f"gate_{name}"]["a",].max() > 0.0


def test_a_gate_is_paid_once_and_leaves_nothing():
    money = Money(discount_rate_frac=0.0, deposit_frac=0.25)
    late = gate("permit", lead_q=2, capital_m=2.0)
    plan = solve_portfolio(shells(5, (late,), money=money), whole=True)
    assert plan.cash["deposit", "permit", "a"] == pytest.approx([-0.5, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert plan.cash["delivery", "permit", "a"] == pytest.approx([0.0, 0.0, -1.5, 0.0, 0.0, 0.0])
    assert ("residual", "permit", "a") not in plan.cash


def test_a_gate_opens_a_lead_after_its_earliest_start_and_never_shuts():
    late = gate("fibre", earliest_start="2027Q2", lead_q=1)
    opened = solve_portfolio(plain(5, gates=(late,))).amounts["gate_open"]["a", "fibre"]
    assert opened[:2] == pytest.approx([0.0, 0.0]) and np.all(np.diff(opened) >= -1e-9)


def test_a_gate_that_might_have_begun_before_the_horizon_begins_in_its_first_quarter():
    late = gate("fibre", earliest_start="2026Q1", lead_q=2)
    assert solve_portfolio(plain(4, gates=(late,))).amounts["it_mw"]["a",] == pytest.approx([0, 0, 30, 40])


def test_nothing_is_energised_before_the_fibre():
    plan = solve_portfolio(plain(4, gates=(gate("fibre", lead_q=2, capital_m=1.0),)))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([0.0, 0.0, 30.0, 40.0])
    assert plan.prices["gate_fibre"]["a",].max() > 0.0


def test_a_gate_that_opens_after_the_horizon_keeps_a_site_dark():
    assert not solve_portfolio(plain(3, gates=(gate("fibre", lead_q=3),))).total("it_mw").any()


def test_no_more_is_commissioned_in_a_quarter_than_the_crew_can():
    place = site(crew_mw=6.0, it_start_mw=4.0)
    plan = solve_portfolio(plain(3, sites=(place,), supply=(supply("servers", 50.0),)))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([10.0, 16.0, 22.0])


def test_only_what_must_stand_outdoors_counts_for_the_distance_of_fire():
    place = site(reserve_mwh_per_mw=1.0, outdoor_limit_mwh=5.0)
    outdoors = plain(1, sites=(place,), storage=(store(),))
    assert solve_portfolio(outdoors).amounts["it_mw"]["a",] == pytest.approx([5.0])
    both = (store(), store("znx", indoor_ok=True, cost_per_kwh=150.0))
    plan = solve_portfolio(plain(1, sites=(place,), storage=both))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([10.0])
    assert plan.amounts["storage_mwh"]["lfp", "a"] == pytest.approx([5.0])
    assert plan.prices["fire_cap"]["a",][0] > 0.0


def test_halls_and_batteries_share_the_land():
    place = site(land_ha=2.0, it_mw_per_ha=10.0, storage_mwh_per_ha=20.0, reserve_mwh_per_mw=1.0)
    items = other("shell", start_units=0.0)
    portfolio = plain(1, sites=(place,), items=items, storage=(store(density_factor=0.5),), supply=())
    plan = solve_portfolio(portfolio)
    # a MW takes 1/10 ha for its hall and 1 MWh / (20 x 0.5) = 1/10 ha for its battery
    assert plan.amounts["it_mw"]["a",] == pytest.approx([10.0])
    assert plan.prices["land"]["a",][0] > 0.0


def test_a_gate_holds_no_more_shells_than_the_land_has_room_for():
    place = site(land_ha=1.0, it_mw_per_ha=12.0)
    plan = solve_portfolio(shells(3, (gate("permit"),), sites=(place,)))
    assert plan.amounts["gate_open"]["a", "permit"].max() == pytest.approx(1.0)
    assert plan.amounts["it_mw"]["a",] == pytest.approx([0.0, 12.0, 12.0])


def test_a_site_without_a_land_limit_holds_all_the_servers_there_ever_are():
    plan = solve_portfolio(shells(3, (gate("fibre", capital_m=1.0),), servers=(server(lead_q=1),)))
    assert plan.amounts["gate_open"]["a", "fibre"][-1] == pytest.approx(20.0 / 30.0)
    unlimited = plain(1, gates=(gate("fibre"),), supply=(), stages=(stage(),))
    assert solve_portfolio(unlimited).amounts["it_mw"]["a",] == pytest.approx([100.0])


def test_a_site_without_shells_among_its_items_counts_batteries_alone_on_its_land():
    items = tuple(i for i in plain().items if i.item not in ("shell", "cooling"))
    place = site(land_ha=1.0, storage_mwh_per_ha=7.0, reserve_mwh_per_mw=1.0)
    plan = solve_portfolio(plain(1, sites=(place,), items=items, storage=(store(),), gates=(gate("permit"),)))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([7.0])
