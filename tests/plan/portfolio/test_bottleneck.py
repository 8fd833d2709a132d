"""What holds a site back, on small portfolios that each have one obvious cause."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import cells, engine, halls, other, plain, server, site, stage, store, supply
from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Given, solve_portfolio
from wattstack.plan.portfolio.bottleneck import (
    NOT_WORTH_MORE,
    capacity_mw,
    find_causes,
    least_resource,
    time_to_power,
    ways,
)
from wattstack.portfolio import Compute, Gate, Target

AMPLE = (supply("servers", 500.0),)


def causes(portfolio, where="a"):
    """(resource, why) by period."""
    found = [c for c in find_causes(solve_portfolio(portfolio)) if c.site == where]
    assert [c.period for c in found] == list(range(portfolio.calendar.count))
    return [(c.resource, c.why) for c in found]


def ample(count=2, **values):
    """Servers in plenty and four times the grid; a test makes one thing scarce."""
    return plain(count, **{"supply": AMPLE, "stages": (stage(power_mw=400.0),), **values})


@pytest.mark.parametrize("resource", ["shell", "electrical", "cooling", "hv"])
def test_a_lead_that_has_not_passed_since_the_first_quarter(resource):
    portfolio = ample(items=(*halls(start_units=400.0)[:0], *scarce(resource, lead_q=2)))
    assert causes(portfolio) == [(resource, "lead"), (resource, "lead")]


def scarce(resource, **values):
    """Four hundred of everything but ten of one resource."""
    return tuple(
        i.model_copy(update={"start_units": 400.0}) if i.item != resource else i
        for i in other(resource, start_units=10.0, **values)
    )


@pytest.mark.parametrize("resource", ["shell", "electrical", "cooling", "hv"])
def test_a_shared_supply_that_is_used_up(resource):
    portfolio = ample(items=scarce(resource, lead_q=1), supply=(*AMPLE, supply(resource, 5.0)))
    assert causes(portfolio) == [(resource, "lead"), (resource, "supply")]


def test_the_supply_of_servers_that_is_used_up():
    assert causes(plain(2)) == [("servers", "supply"), ("servers", "supply")]


def test_the_lead_of_servers():
    portfolio = ample(servers=(server(lead_q=1),), stages=(stage(power_mw=50.0),))
    assert causes(portfolio)[0] == ("servers", "lead")


def test_stages_that_are_all_on():
    portfolio = ample(items=halls(start_units=500.0), stages=(stage(power_mw=40.0),))
    assert causes(portfolio) == [("grid", "stage"), ("grid", "stage")]


def test_bridging_power_that_could_still_come_makes_a_stage_no_cause():
    portfolio = ample(items=halls(start_units=500.0), stages=(stage(power_mw=40.0),), generation=(engine(),))
    assert causes(portfolio) == [("grid", "stage"), ("grid", "stage")]  # engines are at their limit
    dear = replace(portfolio, generation=(engine(capital_m_per_mw=1e3),))
    assert causes(dear) == [(NOT_WORTH_MORE, "")] * 2


def test_a_fibre_gate_that_is_shut():
    gate = Gate(site="a", gate="fibre", lead_q=2, earliest_start="2027Q1")
    portfolio = plain(
        3, gates=(gate,), sites=(site(servers_start_mw=5.0),), supply=(supply("servers", 10.0),)
    )
    assert causes(portfolio) == [("gate_fibre", "gate"), ("gate_fibre", "gate"), ("servers", "supply")]


@pytest.mark.parametrize("name", ["permit", "land"])
def test_a_permit_or_land_gate_that_is_shut(name):
    gate = Gate(site="a", gate=name, lead_q=2, earliest_start="2027Q1")
    portfolio = ample(3, items=scarce("shell", lead_q=1), gates=(gate,))
    assert causes(portfolio)[:3] == [("shell", "lead"), (f"gate_{name}", "gate"), (f"gate_{name}", "gate")]


def test_a_crew_at_its_limit():
    assert causes(ample(sites=(site(crew_mw=3.0),)))[:2] == [("crew", "limit"), ("crew", "limit")]


def test_the_distance_of_fire():
    place = site(reserve_mwh_per_mw=1.0, outdoor_limit_mwh=8.0)
    assert causes(ample(sites=(place,), storage=(store(),))) == [("fire_cap", "limit")] * 2


def test_the_distance_of_fire_where_power_is_held():
    compute = Compute(load_factor=1.0, reserve_power_frac=0.5, hv_power_factor=1.0)
    portfolio = ample(sites=(site(outdoor_limit_mwh=8.0),), storage=(store(),), compute=compute)
    plan = solve_portfolio(portfolio)
    found = find_causes(plan)[0]
    assert (found.resource, found.why) == ("fire_cap", "limit")
    # a MW holds 0.5 MW x 2 h = 1 MWh
    assert found.rent_m_per_mw == pytest.approx(plan.prices["fire_cap"]["a",].mean())


def test_storage_that_must_be_held_and_has_not_come():
    place = site(reserve_mwh_per_mw=1.0, storage_start_mwh=4.0)
    late = ample(3, sites=(place,), storage=(store(lead_q=1),), supply=(*AMPLE, supply("lfp", 6.0)))
    assert causes(late) == [("storage", "lead"), ("storage", "supply"), ("storage", "supply")]
    free = replace(late, supply=AMPLE)
    assert causes(free)[0] == ("storage", "lead") and causes(free)[1][0] != "storage"


def test_storage_that_must_give_power():
    compute = Compute(load_factor=1.0, reserve_power_frac=0.5, hv_power_factor=1.0)
    late = ample(sites=(site(storage_start_mwh=4.0),), storage=(store(lead_q=3),), compute=compute)
    assert causes(late) == [("storage", "lead"), ("storage", "lead")]
    assert causes(replace(late, storage=(store(origin="own"),))) != [("storage", "supply")] * 2


def test_own_cells_that_could_be_had_make_storage_no_cause():
    place = site(reserve_mwh_per_mw=1.0, storage_start_mwh=4.0)
    both = (store(lead_q=3), store("znx", origin="own", cost_per_kwh=None, lead_q=1))
    found = causes(ample(sites=(place,), storage=both, factory=cells()))
    assert found[0] == ("storage", "lead") and found[1][0] != "storage"


def test_the_land():
    place = site(land_ha=2.0, it_mw_per_ha=10.0)
    portfolio = ample(sites=(place,), items=(*(i for i in scarce("shell") if i.item != "shell"), shell()))
    assert causes(portfolio) == [("land", "limit")] * 2


def shell():
    return other("shell", start_units=0.0)[0]


def test_nothing_that_is_not_worth_more_holds_it_back():
    poor = (server(revenue_m_per_mw_year=0.1),)
    assert causes(ample(servers=poor)) == [(NOT_WORTH_MORE, "")] * 2


def test_of_two_limits_the_one_with_the_higher_rent_is_the_cause():
    place = site(crew_mw=3.0, reserve_mwh_per_mw=1.0, outdoor_limit_mwh=400.0)
    plan = solve_portfolio(ample(sites=(place,), storage=(store(),)))
    assert {(c.resource, c.why) for c in find_causes(plan)} == {("crew", "limit")}
    assert all(c.rent_m_per_mw > 0.0 for c in find_causes(plan))


def test_a_rent_of_supply_is_spread_over_the_quarters_of_use():
    plan = solve_portfolio(plain(2, servers=(server(life_q=2),)))
    price = plan.prices["supply"]["servers",]
    found = find_causes(plan)
    assert found[0].rent_m_per_mw == pytest.approx(price[0] / 2)
    assert found[1].rent_m_per_mw == pytest.approx(price[1])


def test_a_quicker_way_is_a_way_too():
    quick = other("shell", start_units=0.0)[0].model_copy(update={"item": "shell_prefab", "lead_q": 0})
    portfolio = ample(items=(*scarce("shell", lead_q=2), quick), supply=(*AMPLE, supply("shell_prefab", 4.0)))
    assert causes(portfolio) == [("shell", "supply")] * 2
    plan = solve_portfolio(portfolio)
    assert [(w.limit, w.lead) for w in ways(plan, plan.portfolio.sites[0], "shell")] == [
        ("shell", 2), ("shell_prefab", 0),
    ]  # fmt: skip


def test_what_could_still_be_ordered_in_time_is_no_cause():
    dear = scarce("shell", capital_m_per_unit=500.0)
    assert causes(ample(items=dear)) == [(NOT_WORTH_MORE, "")] * 2


def test_with_held_orders_the_cause_is_the_resource_that_there_is_least_of():
    plan = solve_portfolio(ample(items=scarce("cooling", lead_q=2)))
    kept = solve_portfolio(plan.portfolio, given=Given(decisions=plan.decisions))
    assert [(c.resource, c.why) for c in least_resource(kept)] == [("cooling", "limit")] * 2
    short = solve_portfolio(plain(2, sites=(site(servers_start_mw=50.0, price_per_mwh=1e4),), supply=()))
    decisions = short.decisions
    decisions.amounts["commit"]["a", "x"][:] = 1.0  # it costs nothing and gains nothing: either is best
    kept = solve_portfolio(short.portfolio, given=Given(decisions=decisions))
    assert {c.resource for c in least_resource(kept)} == {NOT_WORTH_MORE}


def test_capacity_counts_every_resource_in_it_power():
    firm = stage("x", power_mw=30.0, earliest_energised="2027Q2")
    flexible = stage("n", kind="nonfirm", power_mw=20.0, replaced_by="x")
    portfolio = ample(
        sites=(site(pue=1.25, servers_start_mw=9.0),), items=scarce("hv", lead_q=5),
        stages=(firm, flexible), generation=(engine(limit_mw=5.0),),
    )  # fmt: skip
    plan = solve_portfolio(portfolio)
    found = capacity_mw(plan, portfolio.sites[0])
    at_will = plan.amounts["generation_mw"]["engine", "a"]
    on, flexible_on = plan.amounts["stage_on"]["a", "x"], plan.amounts["stage_on"]["a", "n"]
    best = 30.0 * on + 20.0 * np.minimum(flexible_on, 1.0 - on)
    assert found["hv"] == pytest.approx((10.0 + at_will) / 1.25)
    assert found["grid"] == pytest.approx((best + at_will) / 1.25)
    assert found["shell"] == pytest.approx([400.0, 400.0]) and found["servers"][0] >= 9.0


def test_time_to_power_is_when_the_first_half_and_all_announced_mw_are_there():
    target = Target(site="a", quarter="2027Q1", facility_mw=40.0)
    plan = solve_portfolio(plain(5, targets=(target,)))
    assert time_to_power(plan, plan.portfolio.sites[0]) == (0, 1, 3)
    far = solve_portfolio(plain(2, targets=(target,)))
    assert time_to_power(far, far.portfolio.sites[0]) == (0, 1, None)
    free = solve_portfolio(plain(3))
    assert time_to_power(free, free.portfolio.sites[0]) == (0, 1, 2)
    dark = solve_portfolio(plain(2, supply=(supply("servers", 0.0),)))
    assert time_to_power(dark, dark.portfolio.sites[0]) == (None, None, None)


def test_every_site_and_quarter_of_the_small_portfolio_has_a_cause():
    found = find_causes(solve_portfolio(small_portfolio()))
    assert len(found) == 12
    assert all(c.why in ("lead", "supply", "stage", "gate", "limit", "") for c in found)
    assert all((c.why == "") == (c.resource == NOT_WORTH_MORE) for c in found)
