"""Sizes of a campus file built period by period: by hand what they cost, and the rules between them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.conftest import MONTH, deep_merge
from tests.plan.portfolio.pencil import plain, worth
from wattstack.campus import Campus
from wattstack.cost import size_costs
from wattstack.dispatch.linear import solve_highs
from wattstack.plan.portfolio import Given, Pool, solve_portfolio
from wattstack.plan.portfolio.written import write_out
from wattstack.portfolio import Calendar, Money, Site, Supply

PAID = Money(discount_rate_frac=0.05, residual_factor=0.9)
PATHS = ("battery.main.power_mw", "battery.main.energy_mwh")


def campus(**changes):
    return Campus.model_validate(deep_merge(MONTH, changes))


def growing(made=None, count=2, money=PAID, supply=(), **site):
    """One campus over years, its load growing by half a year unless said otherwise."""
    home = Site(**{"name": "home", "campus": "home.yaml", "load_growth_frac": 0.2, **site})
    return plain(
        count, currency="JPY", calendar=Calendar("2029", count), sites=(home,), items=(), stages=(), servers=(),
        supply=supply, weeks={}, campuses={"home": campus() if made is None else made}, money=money,
    )  # fmt: skip


@pytest.fixture(scope="module")
def pool():
    """Cuts shared by all plans of this file: one campus has one function."""
    return Pool()


def solved(portfolio, pool, **given):
    return solve_portfolio(portfolio, pool=pool, gap_frac=1e-4, given=Given(**given) if given else None)


def test_a_size_is_paid_when_it_is_built_and_what_is_left_of_its_life_comes_back(pool):
    plan = solved(growing(), pool)
    for path, price in zip(PATHS, (10e6, 40e6 / 0.9), strict=True):
        built, size = plan.amounts["build"][path, "home"], plan.amounts["size"][path, "home"]
        assert np.cumsum(built) == pytest.approx(size) and size[0] > 0.0
        assert plan.cash["capital", path, "home"][:2] == pytest.approx(-built * price * 1e-6)
        left = 0.9 * price * 1e-6 * (built @ np.array([13.0 / 15.0, 14.0 / 15.0]))
        assert plan.cash["residual", path, "home"] == pytest.approx([0.0, 0.0, left])
    assert worth(plan) == pytest.approx(plan.npv_m)


def test_what_is_built_stays(pool):
    plan = solved(growing(count=3), pool)
    for sizes in plan.amounts["size"].values():
        assert np.all(np.diff(sizes) >= -1e-9)


def test_with_annuities_a_size_costs_its_yearly_share_while_it_stands(pool):
    money = Money(discount_rate_frac=0.05, capital_as="annuity")
    plan = solved(growing(money=money), pool)
    assert ("capital", PATHS[0], "home") not in plan.cash
    power = plan.amounts["size"][PATHS[0], "home"]
    yearly_m = size_costs(campus())[PATHS[0]] * 1e-6
    assert plan.cash["annuity", PATHS[0], "home"][:2] == pytest.approx(-power * yearly_m)


def test_sizes_of_a_kind_may_share_a_supply(pool):
    free = solved(growing(), pool)
    scarce = Supply(resource="battery.energy_mwh", amounts={"2029": 1.0})
    plan = solved(growing(supply=(scarce,)), pool)
    assert free.amounts["build"][PATHS[1], "home"].max() > 1.0
    assert np.all(plan.amounts["build"][PATHS[1], "home"] <= 1.0 + 1e-7)
    assert plan.npv_m < free.npv_m and plan.prices["supply"]["battery.energy_mwh",].max() > 0.0


def test_a_budget_binds_what_is_built(pool):
    money = PAID.model_copy(update={"capital_budget_m": {2029: 50.0}})
    plan = solved(growing(money=money), pool)
    spent = -sum(line[0] for key, line in plan.cash.items() if key[0] == "capital")
    assert spent == pytest.approx(50.0, abs=1e-5)


def test_what_stands_is_not_built_again():
    fixed = campus(battery={"main": {"power_mw": 3.0, "energy_mwh": 10.0}})
    plan = solved(growing(fixed, count=1), Pool())
    assert plan.amounts["size"][PATHS[0], "home"] == pytest.approx([3.0])
    assert (PATHS[0], "home") not in plan.amounts.get("build", {})


def test_rules_between_sizes_hold_in_every_period():
    ruled = campus(battery={"main": {"duration_h": {"min": 2.0, "max": 4.0}}})
    plan = solved(growing(ruled), Pool())
    power, energy = (plan.amounts["size"][path, "home"] for path in PATHS)
    assert np.all(energy >= 2.0 * power - 1e-6) and np.all(energy <= 4.0 * power + 1e-6)


def test_the_plan_of_a_growing_campus_is_the_programme_written_out(pool):
    portfolio = growing()
    model, _ = write_out(portfolio)
    written = -solve_highs(model).value
    plan = solve_portfolio(portfolio, pool=pool, gap_frac=1e-6)
    assert plan.npv_m == pytest.approx(written, rel=3e-6)
    assert plan.npv_m <= written + 1e-6 * abs(written) <= plan.bound_m + 2e-6 * abs(written)


@pytest.mark.parametrize("credit_m", [None, 4050.0, 3960.0])
def test_charges_that_no_size_changes_and_a_credit_line_are_in_the_programme_written_out(credit_m):
    charged = campus(grid={"tariff": {"fixed_per_month": 2_000_000.0}})
    portfolio = growing(charged, money=PAID.model_copy(update={"credit_limit_m": credit_m}))
    plan = solve_portfolio(portfolio, gap_frac=1e-6)
    model, block = write_out(portfolio)
    written = solve_highs(model)
    assert plan.npv_m == pytest.approx(-written.value, rel=3e-6)
    held = block.draft.values(written.x)["running_m"]["home",]
    assert np.all(held >= 24.0 - 1e-6)
    if credit_m is not None:
        assert held == pytest.approx(plan.amounts["running_m"]["home",], rel=1e-3)


def test_a_plan_of_sizes_is_the_same_again_when_they_are_held(pool):
    plan = solve_portfolio(growing(), pool=pool, gap_frac=1e-6)
    kept = solve_portfolio(growing(), pool=pool, gap_frac=1e-6, given=Given(decisions=plan.decisions))
    assert kept.npv_m == pytest.approx(plan.npv_m, rel=3e-6)


def test_a_campus_beside_a_site_with_items_is_planned_with_it():
    home, hall = growing(), plain(2)
    years = Calendar("2029", 2)
    server = hall.servers[0].model_copy(
        update={"first_order": "2029", "last_order": "2040", "launch": "2029"}
    )
    stage = hall.stages[0].model_copy(update={"earliest_energised": "2029"})
    weeks = {("X", 0): hall.weeks["X", 0]}
    supply = hall.supply[0].model_copy(update={"amounts": {"2029": 10.0}})
    both = replace(
        hall, currency="JPY", calendar=years, sites=(*hall.sites, *home.sites), servers=(server,), stages=(stage,),
        supply=(supply,), campuses=home.campuses, weeks=weeks,
    )  # fmt: skip
    plan = solve_portfolio(both, gap_frac=1e-4)
    assert ("a",) in plan.amounts["it_mw"] and ("home",) not in plan.amounts["it_mw"]
    assert plan.amounts["size"][PATHS[0], "home"].max() > 0.0
    assert worth(plan) == pytest.approx(plan.npv_m)
