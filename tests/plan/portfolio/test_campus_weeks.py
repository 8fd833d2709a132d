"""Weeks out of a campus file: which stand for a quarter, how far they miss it, what a site takes from the file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.conftest import MONTH, deep_merge
from tests.plan.portfolio.made import portfolio
from wattstack.campus import Campus
from wattstack.case import build_case
from wattstack.errors import InputError
from wattstack.plan.portfolio.campus_weeks import choose_weeks, with_campus_weeks
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.weeks import mean_load
from wattstack.portfolio import Calendar, Item, Site

HALL = {"it_mw": 10.0, "profile": "ai", "utilisation_frac": 0.8}


def campus(**changes):
    return Campus.model_validate(deep_merge(MONTH, changes))


@pytest.fixture(scope="module")
def quarter():
    """A case of one quarter in which prices and curtailment differ from week to week."""
    case = build_case(campus(time={"end": "2022-07-01T00:00+09:00"}))
    rng = np.random.default_rng(3)
    week = np.arange(case.axis.count) // 168
    dear = np.array([1.0, 1.1, 0.9, 1.0, 4.0, 1.05, 0.95, 1.0, 3.8, 1.0, 1.1, 0.9, 1.0])[week % 13]
    noise = 1.0 + 0.05 * rng.standard_normal(case.axis.count)
    away = np.where((week % 13 == 8) & (np.arange(case.axis.count) % 24 < 6), 0.2, 1.0)
    return replace(case, buy_price_per_mwh=case.buy_price_per_mwh * dear * noise, nonfirm_frac=away)


def test_dear_weeks_stand_for_themselves_and_weights_for_the_quarter(quarter):
    weeks, error = choose_weeks([quarter], 2, 3)
    assert sum(week.weight for week in weeks) * 168.0 == pytest.approx(8766.0 / 4.0)
    means = [week.price_factor.mean() for week in weeks]
    assert sum(mean > 2.0 for mean in means) == 2
    assert 0.0 < error < 0.05
    assert [week.name for week in weeks] == sorted(week.name for week in weeks)


def test_more_weeks_miss_less_and_every_week_misses_nothing(quarter):
    errors = [choose_weeks([quarter], 2, count)[1] for count in (1, 2, 4)]
    assert errors[0] > errors[1] > errors[2]
    for count in (0, 13, 50):
        weeks, error = choose_weeks([quarter], 2, count)
        assert (len(weeks), error) == (13, 0.0)


def test_out_of_very_many_weeks_they_are_chosen_one_at_a_time():
    half = build_case(campus(time={"end": "2022-10-01T00:00+09:00"}))
    weeks, error = choose_weeks([half], 0, 8)
    assert len(weeks) == 8
    assert sum(week.weight for week in weeks) * 168.0 == pytest.approx(8766.0)
    assert error < 0.05


def test_a_quarter_that_the_axis_does_not_cover_is_refused(quarter):
    with pytest.raises(InputError, match="time must cover at least a week of quarter 3, covers none"):
        choose_weeks([quarter], 3, 2)


def placed(made=None, **site):
    home = Site(**{"name": "sakai", "country": "JP", "campus": "home.yaml", **site})
    return portfolio(
        currency="JPY", calendar=Calendar("2029Q2", 1), sites=(home,), campuses={"sakai": made or campus()},
        items=(Item(item="shell", site="sakai", capital_m_per_unit=2.0),), stages=(), gates=(), weeks={},
        synthetic=("profiles",),
    )  # fmt: skip


def test_a_site_with_items_takes_prices_and_load_from_its_campus_file():
    given = placed()
    made = with_campus_weeks(given)
    (site,), case = made.sites, build_case(campus())
    assert site.price_per_mwh == pytest.approx(case.buy_price_per_mwh.mean())
    assert site.grid_fee_per_mwh == 0.0
    weeks = made.weeks["sakai", 2]
    assert 1 <= len(weeks) <= 4
    assert mean_load(made, site) == pytest.approx(np.mean(case.load_mw) / 10.0, rel=1e-2)
    assert "sakai: 4 weeks of its campus file stand for each period" in made.warnings[-1]
    assert with_campus_weeks(made) is made
    operation = make_operations(given)["sakai", 0]
    assert operation.key == make_operations(made)["sakai", 0].key
    assert operation.visit(operation.usual).value > 0.0


def test_every_scenario_of_the_campus_file_gives_weeks_by_its_weight():
    calm, dear = build_case(campus()), build_case(campus())
    calm = replace(calm, name="calm", weight_frac=0.75)
    dear = replace(dear, name="dear", weight_frac=0.25, buy_price_per_mwh=3.0 * dear.buy_price_per_mwh)
    for count in (0, 2):
        weeks, error = choose_weeks([calm, dear], 2, count)
        weight = {name: sum(w.weight for w in weeks if w.name.startswith(name)) for name in ("calm", "dear")}
        assert sum(weight.values()) * 168.0 == pytest.approx(8766.0 / 4.0)
        assert weight["dear"] == pytest.approx(weight["calm"] / 3.0)
        mean = sum(w.weight * w.price_factor.mean() for w in weeks) / sum(weight.values())
        assert mean == pytest.approx(1.0, rel=5e-2)
        assert error < 0.1


def test_the_scenarios_of_a_file_reach_the_running_of_its_site():
    two = {"calm": {"weight_frac": 0.5}, "dear": {"weight_frac": 0.5}}
    made = with_campus_weeks(placed(campus(scenarios=two), campus_weeks=0))
    names = [week.name for week in made.weeks["sakai", 2]]
    assert len(names) == 16 and sum(name.startswith("dear ") for name in names) == 8
    one = with_campus_weeks(placed(campus_weeks=0))
    costs = [make_operations(p)["sakai", 0] for p in (made, one)]
    point = costs[0].usual
    assert costs[0].visit(point).value == pytest.approx(costs[1].visit(point).value, rel=1e-9)


def test_a_price_of_its_own_scales_the_files_and_the_fee_comes_on_top():
    made = with_campus_weeks(placed(price_per_mwh=8000.0, grid_fee_per_mwh=3000.0, campus_weeks=0))
    (site,) = made.sites
    assert (site.price_per_mwh, site.grid_fee_per_mwh) == (8000.0, 3000.0)
    prices = np.concatenate([week.price_factor for week in made.weeks["sakai", 2]])
    assert prices.mean() == pytest.approx(1.0, rel=1e-2)
    assert made.warnings == ()


def test_another_currency_is_converted_and_synthetic_input_named():
    made = campus()
    here = with_campus_weeks(placed(made)).sites[0].price_per_mwh
    there = with_campus_weeks(replace(placed(made), currency="USD", exchange={"JPY": 0.01}))
    assert there.sites[0].price_per_mwh == pytest.approx(0.01 * here)


def test_energy_sold_earns_what_the_campus_file_says():
    sold = campus(grid={"tariff": {"export": {"price_per_mwh": 2000.0, "limit_mw": 5.0}}})
    made = with_campus_weeks(placed(sold, export_allowed=True))
    problem, _ = make_operations(made)["sakai", 0].problems()[0]
    export = next(supply for supply in problem.supplies if supply.kind == "export")
    assert export.cost_per_mwh == pytest.approx(np.full(problem.count, 2000.0))


def test_sites_without_a_file_or_with_weeks_of_their_own_stay_as_they_are():
    plain = portfolio()
    assert with_campus_weeks(plain) is plain
    own = replace(placed(), weeks={("sakai", 2): plain.weeks["JP", 2]})
    assert with_campus_weeks(own) is own
