"""Rents of limits, and what relief is worth by planning again."""

from dataclasses import replace

import pytest

from tests.plan.portfolio.pencil import makers, other, plain, segment, server, site, stage, store, supply
from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Pool, hold_back, solve_portfolio
from wattstack.plan.portfolio.holdback import EARLIER, MORE
from wattstack.portfolio import Gate
from wattstack.portfolio.variants import earlier


def held(portfolio, **values):
    pool = Pool()
    return hold_back(solve_portfolio(portfolio, pool=pool), pool, **values)


def rent(found, kind, *key):
    return next(r.rent_m for r in found.rents if (r.kind, r.key) == (kind, key))


def test_the_rent_of_a_supply_is_its_price_times_its_limit():
    plan = solve_portfolio(plain(3))
    found = hold_back(plan)
    assert rent(found, "supply", "servers") == pytest.approx(10.0 * plan.prices["supply"]["servers",].sum())
    assert [r.rent_m for r in found.rents] == sorted((r.rent_m for r in found.rents), reverse=True)


def test_rents_of_stages_crews_fire_land_generation_and_markets():
    place = site(crew_mw=3.0, land_ha=5.0, it_mw_per_ha=25.0, outdoor_limit_mwh=6.0, reserve_mwh_per_mw=1.0)
    plan = solve_portfolio(plain(3, sites=(place,), storage=(store(),), supply=(supply("servers", 100.0),)))
    found = hold_back(plan, reliefs_most=0)
    assert rent(found, "crew", "a") == pytest.approx(3.0 * plan.prices["crew"]["a",].sum())
    assert rent(found, "fire_cap", "a") == pytest.approx(6.0 * plan.prices["fire_cap"]["a",].sum())
    assert rent(found, "land", "a") == pytest.approx(5.0 * plan.prices["land"]["a",].sum())
    assert rent(found, "stage", "a", "x") == pytest.approx(100.0 * plan.prices["grid"]["a",].sum())
    assert found.reliefs == ()
    factory = hold_back(
        solve_portfolio(makers(4, segments=(segment(access_gwh={2027: 0.1}),))), reliefs_most=0
    )
    assert rent(factory, "segment", "grid", "1") == pytest.approx(0.1 * 100.0)  # at a margin of 100 USD/kWh
    half = hold_back(solve_portfolio(makers(2, segments=(segment(access_gwh={2027: 0.1}),))), reliefs_most=0)
    assert rent(half, "segment", "grid", "1") == pytest.approx(0.05 * 100.0)


def test_a_quarter_earlier_is_worth_what_the_plan_with_it_gains():
    late = plain(3, stages=(stage(power_mw=10.0), stage("y", power_mw=40.0, commit_lead_q=2, capital_m=5.0)))
    pool = Pool()
    plan = solve_portfolio(late, pool=pool)
    found = hold_back(plan, pool)
    (relief,) = [r for r in found.reliefs if (r.key, r.change) == (("a", "y"), EARLIER)]
    gained = solve_portfolio(earlier(late, "stage", ("a", "y")), pool=pool).npv_m - plan.npv_m
    assert relief.change == EARLIER and relief.worth_m == pytest.approx(gained) and gained > 1.0


def test_ten_per_cent_more_is_worth_a_tenth_of_the_rent_where_nothing_else_binds():
    found = held(plain(3))
    (relief,) = [r for r in found.reliefs if (r.kind, r.change) == ("supply", MORE)]
    assert relief.worth_m == pytest.approx(0.1 * rent(found, "supply", "servers"), rel=1e-6)


def test_a_rent_may_be_high_where_more_is_worth_little():
    # a bit more of the crew and the servers bind right behind
    place = site(crew_mw=10.0)
    found = held(plain(3, sites=(place,), supply=(supply("servers", 10.01),)))
    assert rent(found, "crew", "a") > 10.0
    (crew,) = [r for r in found.reliefs if r.kind == "crew"]
    assert crew.worth_m < 0.02 * rent(found, "crew", "a")


FIBRE = Gate(site="a", gate="fibre", lead_q=1, capital_m=1.0, earliest_start="2027Q1")
LATE_FIBRE = FIBRE.model_copy(update={"lead_q": 0, "earliest_start": "2027Q2"})


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({"gates": (FIBRE,)}, ("gate", ("a", "fibre"))),
        ({"gates": (LATE_FIBRE,)}, ("gate", ("a", "fibre"))),
        ({"items": other("shell", start_units=0.0, lead_q=1)}, ("item", ("shell", "a"))),
        ({"servers": (server(lead_q=1),)}, ("server", ("g",))),
        ({"stages": (stage(commit_lead_q=1),)}, ("stage", ("a", "x"))),
        ({"stages": (stage(earliest_energised="2027Q2"),)}, ("stage", ("a", "x"))),
    ],
)
def test_what_is_ever_a_cause_is_asked_for_earlier_and_nothing_else(values, asked):
    usual = {"sites": (site(servers_start_mw=5.0),), "supply": (supply("servers", 30.0),)}
    found = held(plain(3, **{**usual, **values}))
    (relief,) = [r for r in found.reliefs if (r.kind, r.key, r.change) == (*asked, EARLIER)]
    assert relief.worth_m > 1.0
    names = {"gate_fibre": "gate", "shell": "item", "servers": "server", "grid": "stage"}
    kinds = {names.get(cause.resource) for cause in found.causes}
    assert {r.kind for r in found.reliefs if r.change == EARLIER} <= kinds
    assert [r.worth_m for r in found.reliefs] == sorted((r.worth_m for r in found.reliefs), reverse=True)


def test_relief_is_planned_on_the_learning_path_of_the_plan():
    pool = Pool()
    plan = solve_portfolio(small_portfolio(), pool=pool)
    found = hold_back(plan, pool, reliefs_most=6)
    assert len(found.reliefs) == 6 and all(r.worth_m >= 0.0 for r in found.reliefs)
    assert set(found.time_to_power) == {"east", "north"} and len(found.causes) == 12


def test_nothing_is_asked_of_what_cannot_be_given():
    found = held(replace(plain(3), stages=(stage(),)))
    assert not [r for r in found.reliefs if r.kind == "stage" and r.change == EARLIER]
