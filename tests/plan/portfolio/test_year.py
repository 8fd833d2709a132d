"""Running of a campus over its axis: against the whole programme, cuts below it, what grows, what is refused."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from tests.plan.conftest import MONTH, deep_merge
from tests.plan.portfolio.made import portfolio
from wattstack.campus import Campus
from wattstack.case import build_cases
from wattstack.cost import size_costs
from wattstack.dispatch import SizeRow
from wattstack.dispatch.linear import solve_model
from wattstack.errors import InfeasibleError, StateError
from wattstack.plan import plan_site
from wattstack.plan.portfolio import Pool, solve_portfolio
from wattstack.plan.portfolio.block import Task
from wattstack.plan.portfolio.blockwise import BlockShelf
from wattstack.plan.portfolio.known import Known
from wattstack.plan.portfolio.operation import load_level, make_operations
from wattstack.plan.portfolio.whole_year import run_whole
from wattstack.plan.portfolio.written import write_out
from wattstack.plan.portfolio.year import LOAD_LEVEL, YearOperation, _in_blocks, year_model
from wattstack.portfolio import Calendar, Money, Site

SOLAR = {"roof": {"power_mw": {"max": 20.0}, "tilt_deg": 20, "azimuth_deg": 180, "capital_per_mw": 1e8}}
SECOND = {**MONTH["battery"]["main"], "charge_eff": 0.8, "power_mw": 2.0, "energy_mwh": 4.0}
HOUR = {"demand": {"monthly": {"price_per_mw_month": 1_700_000.0, "interval": "1h"}}}
RATCHET = {"demand": {"monthly": {"ratchet": {"share_frac": 0.8, "months": 1, "wrap": True}}}}


def campus(**changes):
    return Campus.model_validate(deep_merge(MONTH, changes))


def model_of(made):
    return year_model(made, build_cases(made))


def sizes(model, **known):
    """Capacities by the last two words of their path: main_power_mw = 3."""
    values = {"firm_mw": 14.0, LOAD_LEVEL: 1.0, **known}
    short = [
        n if n == LOAD_LEVEL else n.removeprefix("grid.connection.").replace(".", "_") for n in model.names
    ]
    return np.array([values.get(n.removeprefix("battery_"), 0.0) for n in short])


def growing(made, count=3, **site):
    """A portfolio of one campus over years."""
    home = Site(**{"name": "home", "campus": "home.yaml", **site})
    return portfolio(
        currency="JPY", calendar=Calendar("2029", count), sites=(home,), items=(), stages=(), gates=(), servers=(),
        storage=(), generation=(), suppliers=(), factory=None, segments=(), weeks={}, campuses={"home": made},
        money=Money(discount_rate_frac=0.05, capital_as="annuity"),
    )  # fmt: skip


@pytest.mark.parametrize("tariff", [{}, RATCHET])
@pytest.mark.parametrize(("power", "energy"), [(3.0, 10.0), (0.0, 0.0), (8.0, 16.0)])
def test_value_and_bound_meet_at_the_cost_of_the_whole_programme(tariff, power, energy):
    model = model_of(campus(grid={"tariff": tariff}))
    y = sizes(model, main_power_mw=power, main_energy_mwh=energy)
    whole, const, grad = run_whole(model, y)
    assert const + grad @ y == pytest.approx(whole, rel=1e-6)
    found = YearOperation(model, calls=60).visit(y)
    assert found.solver == "kernel"
    assert found.value == pytest.approx(whole + model.standing_cost, rel=1e-6)
    assert found.const + found.grad @ y == pytest.approx(found.value, rel=1e-6)


def test_no_cut_lies_above_the_cost_at_any_other_capacities():
    rng = np.random.default_rng(4)
    model = model_of(
        campus(grid={"tariff": RATCHET, "connection": {"nonfirm_mw": {"max": 5.0}, "curtailed": 0.3}})
    )
    operation = YearOperation(model)
    most = sizes(model, main_power_mw=10.0, main_energy_mwh=60.0, nonfirm_mw=5.0)
    points = [most * rng.uniform(0.1, 1.0, len(most)) for _ in range(6)]
    costs = [run_whole(model, y)[0] for y in points]
    for y in points:
        found = operation.visit(y)
        _, const, grad = run_whole(model, y)
        for there, cost in zip(points, costs, strict=True):
            assert found.const + found.grad @ there <= cost * (1.0 + 1e-6)
            assert const + grad @ there <= cost * (1.0 + 1e-6)
        assert found.value >= found.const + found.grad @ y


def test_visits_of_one_call_close_the_gap_as_they_go_on():
    model = model_of(campus())
    operation = YearOperation(model)
    y = sizes(model, main_power_mw=3.0, main_energy_mwh=10.0)
    gaps = []
    for _ in range(25):
        found = operation.visit(y)
        gaps.append(found.value / (found.const + found.grad @ y) - 1.0)
    assert gaps[0] > 1e-5 > gaps[-1]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_year_without_metered_peaks_knows_its_cost_at_once(keeps):
    model = model_of(campus(grid={"tariff": {"demand": None}}))
    assert not model.own
    operation = YearOperation(model, keeps=keeps)
    points = [sizes(model, main_power_mw=power, main_energy_mwh=4.0 * power) for power in (0.0, 1.0, 5.0)]
    for y in points:
        found = operation.visit(y)
        assert found.const + found.grad @ y == pytest.approx(found.value, rel=1e-9)
        assert found.value == pytest.approx(run_whole(model, y)[0] + model.standing_cost, rel=1e-6)
    assert np.all(operation.visit(points[1]).grad == operation.visit(points[1]).grad)


def test_a_year_without_metered_peaks_falls_apart_into_days():
    model = model_of(campus(grid={"tariff": {"demand": None, "fixed_per_month": 100.0}}))
    (year,) = model.problems
    price = np.random.default_rng(3).uniform(5e3, 4e4, year.count)  # no two days are alike
    supplies = tuple(replace(s, cost_per_mwh=price) if s.kind == "import" else s for s in year.supplies)
    model = replace(model, problems=(replace(year, supplies=supplies),))
    operation, pool = YearOperation(model, factor=3.0), Pool()
    pairs = ((2.0, 4.0), (2.5, 7.0), (3.0, 5.0), (1.5, 6.0), (2.0, 9.0), (3.5, 9.0))
    points = [sizes(model, main_power_mw=power, main_energy_mwh=energy) for power, energy in pairs]
    for y in points:
        found = operation.visit(y)
        pool.keep(operation.key, found)
        known = pool.blocks[operation.key]
        assert len(known.ends.after) == 31  # 61 days
        values, cuts = BlockShelf([known], [1]).join(y[None])
        (*grad, const), value = cuts[0], values[0]
        assert value == pytest.approx(found.value, rel=1e-9) and const + grad @ y == pytest.approx(value)
    between = [0.5 * (points[i] + points[k]) for i in range(6) for k in range(i)]
    search = Known(pool, [Task("s", 0, operation, np.arange(len(y)), 9)], {operation.key: 1})
    for y in points:  # nothing higher is to be had there
        at = np.append(y, 1.0)[None]
        assert not search.join(at, search.highest(at)[0])
    assert len(pool.cuts[operation.key].rows) == len(points)
    for y in between:
        at = np.append(y, 1.0)[None]
        search.join(at, search.highest(at)[0])
    joined = pool.cuts[operation.key].rows[len(points) :]
    assert len(joined)
    for y in between:
        assert np.max(joined @ np.append(y, 1.0)) <= operation.visit(y).value * (1.0 + 1e-9)
    metered = model_of(campus())
    assert YearOperation(metered).visit(sizes(metered)).blocks is None


def test_a_year_falls_apart_into_no_more_parts_than_are_kept():
    month = model_of(campus()).problems[0]
    for days, parts in ((1, 1), (28, 28), (52, 52), (53, 27), (365, 46)):
        block = _in_blocks(replace(month, load_mw=np.ones(24 * days))).block
        assert block[-1] + 1 == parts and np.all(np.diff(block) >= 0)
        assert np.all(block.reshape(-1, 24) == block[::24, None])  # whole days


def test_years_in_days_plan_what_the_whole_programme_plans():
    cheap = campus(grid={"tariff": {"demand": None}}, battery={"main": {"capital_per_mwh": 8e6}})
    made = growing(cheap, load_growth_frac=0.1)
    plan = solve_portfolio(made, gap_frac=1e-7)
    written, _ = write_out(made)
    assert -solve_model(written).value == pytest.approx(plan.npv_m, rel=1e-6)
    assert plan.bound_m >= -solve_model(written).value - 1e-6
    assert plan.amounts["size"]["battery.main.energy_mwh", "home"].max() > 1.0


def test_the_sizes_of_the_site_plan_cost_here_what_they_cost_there():
    made = campus()
    plan = plan_site(made, curve=False)
    model = model_of(made)
    y = np.array([plan.sizes[name] for name in model.names])
    cost = sum(column.cost * size for column, size in zip(model.columns, y, strict=True))
    assert cost + YearOperation(model, calls=60).visit(y).value == pytest.approx(plan.objective, rel=1e-6)


def test_a_portfolio_of_one_campus_and_one_year_is_the_site_plan():
    made = campus()
    plan = plan_site(made, curve=False, gap_frac=1e-9)
    whole = solve_portfolio(growing(made, count=1), gap_frac=1e-7)
    assert -whole.npv_m * 1e6 == pytest.approx(plan.objective, rel=1e-6)
    for path, size in plan.sizes.items():
        assert whole.amounts["size"][path, "home"][0] == pytest.approx(size, rel=1e-4, abs=1e-6)


def test_a_load_that_grows_is_planned_for_year_by_year():
    whole = solve_portfolio(growing(campus(), count=2, load_growth_frac=0.2), gap_frac=1e-6)
    energy = whole.amounts["size"]["battery.main.energy_mwh", "home"]
    alone = [plan_site(campus(load={"halls": {"it_mw": it}}), curve=False) for it in (10.0, 12.0)]
    assert energy == pytest.approx([plan.sizes["battery.main.energy_mwh"] for plan in alone], rel=2e-2)
    assert -whole.npv_m * 1e6 == pytest.approx(alone[0].objective + alone[1].objective / 1.05, rel=1e-5)


def test_what_is_prepared_anew_each_time_answers_the_same():
    model = model_of(campus())
    y = sizes(model, main_power_mw=3.0, main_energy_mwh=10.0)
    one, two = YearOperation(model, calls=9), YearOperation(model, calls=9, keeps=False)
    assert one.key == two.key
    assert one.visit(y).value == pytest.approx(two.visit(y).value, rel=1e-12)
    fresh = pickle.loads(pickle.dumps(one))
    assert fresh.visit(y).value == YearOperation(model, calls=9).visit(y).value


def test_peaks_are_tried_a_little_below_those_tried_before_unless_nothing_else_is_allowed():
    model = model_of(campus(grid={"tariff": RATCHET}))
    operation = YearOperation(model)
    y = sizes(model, main_power_mw=3.0, main_energy_mwh=10.0)
    operation.visit(y)
    search = operation._known.search
    answer = search.propose(y)
    least = answer.peaks + 0.5
    assert np.all(search.raised(answer.peaks, least) >= least - 1e-9)
    assert np.array_equal(search.propose(y).peaks, answer.peaks)
    impossible = np.array([column.upper for column in model.own])
    assert np.array_equal(search.raised(answer.peaks, impossible), answer.peaks)


def test_years_of_a_load_that_grows_share_one_function():
    made = growing(campus(), load_growth_frac=0.1)
    operations = make_operations(made)
    assert operations["home", 0] is operations["home", 2]
    operation = operations["home", 0]
    assert operation.names[-1] == LOAD_LEVEL
    assert load_level(made, made.sites[0]).tolist() == pytest.approx([1.0, 1.1, 1.21])
    operation.calls = 60
    alone = make_operations(growing(campus(load={"halls": {"it_mw": 12.1}})))["home", 0]
    alone.calls = 60
    known = {"main_power_mw": 3.0, "main_energy_mwh": 10.0}
    grown = operation.visit(sizes(operation, **known, load_level=1.21))
    assert grown.value == pytest.approx(alone.visit(sizes(alone, **known)).value, rel=1e-6)


def test_prices_that_grow_and_duties_that_grow_make_a_function_a_year():
    known = {"main_power_mw": 8.0, "main_energy_mwh": 30.0}
    dear = make_operations(growing(campus(), price_growth_frac=0.5))
    assert len({operation.key for operation in dear.values()}) == 3
    energy = growing(campus(grid={"tariff": {"demand": None}}), price_growth_frac=0.5)
    first, second = (make_operations(energy)["home", q] for q in (0, 1))
    y = sizes(first, **known)
    wear = campus().battery["main"].wear_per_mwh
    assert second.visit(y).value == pytest.approx(1.5 * first.visit(y).value, rel=1e-2 + 1e-5 * wear)
    backed = campus(duties={"backup": {"duration_h": 0.5}})
    backup = make_operations(growing(backed, load_growth_frac=0.1))
    least = [backup["home", q].columns[1].lower for q in range(3)]
    assert backup["home", 0].columns[1].name == "battery.main.energy_mwh"
    assert least == pytest.approx([least[0], 1.1 * least[0], 1.21 * least[0]])
    assert backup["home", 2].visit(sizes(backup["home", 2], **known)).value > 0.0


def test_money_is_counted_in_the_portfolios_currency():
    made = growing(campus())
    here = make_operations(made)["home", 0]
    there = make_operations(replace(made, currency="USD", exchange={"JPY": 0.01}))["home", 0]
    y = sizes(here, main_power_mw=3.0, main_energy_mwh=10.0)
    assert there.visit(y).value == pytest.approx(0.01 * here.visit(y).value)
    assert there.columns[0].cost == pytest.approx(0.01 * here.columns[0].cost)
    path = "battery.main.power_mw"
    assert there.assets[path].capital_per_unit == pytest.approx(0.01 * here.assets[path].capital_per_unit)
    assert here.columns[0].cost == pytest.approx(size_costs(campus())[path])
    (problem, weight), *_ = there.problems()
    assert weight == pytest.approx(0.01 * 6.0)  # two months stand for a year
    assert [name for name, _, _ in there.own_columns()] == ["peak.monthly.2022-04", "peak.monthly.2022-05"]
    assert len(there.own_rows()) == 2
    assert problem.count == 61 * 24


@pytest.mark.parametrize(
    "change", [{"battery": {"second": SECOND}}, {"grid": {"tariff": HOUR}, "time": {"step": "30min"}}]
)
def test_what_the_kernel_does_not_hold_is_one_programme(change):
    model = model_of(campus(**change))
    operation = YearOperation(model)
    y = sizes(model, main_power_mw=3.0, main_energy_mwh=10.0, second_power_mw=2.0, second_energy_mwh=4.0)
    found = operation.visit(y)
    assert found.solver == "linear"
    assert found.const + found.grad @ y == pytest.approx(found.value, rel=1e-6)


def test_peaks_that_no_rule_allows_are_told():
    model = model_of(campus())
    peak = model.own[0].name
    impossible = replace(model, rows=(SizeRow("too much", {peak: 1.0}, lower=2.0 * model.own[0].upper),))
    with pytest.raises(StateError, match="the peaks of a site ended as Infeasible"):
        YearOperation(impossible).visit(sizes(model))


def test_the_whole_programme_written_out_is_worth_the_same():
    made = growing(campus(grid={"tariff": RATCHET}), load_growth_frac=0.2)
    plan = solve_portfolio(made, gap_frac=1e-7)
    model, _ = write_out(made)
    assert -solve_model(model).value == pytest.approx(plan.npv_m, rel=1e-6)


def test_a_generator_with_a_minimum_is_refused_and_so_is_a_load_beyond_reach():
    gas = {
        "fuel": "lng",
        "power_mw": 5.0,
        "fuel_mwh_per_mwh": 2.2,
        "fuel_price_per_mwh": 9000.0,
        "minimum_frac": 0.4,
    }
    model = model_of(campus(generator={"gas": gas}))
    with pytest.raises(StateError, match=r"generator\.gas has a minimum load"):
        YearOperation(model).visit(sizes(model))
    short = model_of(campus(battery={"second": SECOND}))
    problem = short.problems[0]
    without = replace(problem, supplies=tuple(s for s in problem.supplies if s.kind != "unserved"))
    with pytest.raises(InfeasibleError, match="unserved line"):
        YearOperation(replace(short, problems=(without,))).visit(sizes(short, firm_mw=1.0))
