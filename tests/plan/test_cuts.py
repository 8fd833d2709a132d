"""Sizing by cuts: the same optimum as the programme written out, with a bound below it all the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.dispatch import Amount, Problem, SizeColumn, SizeRow, Storage, Supply, solve_sizing
from wattstack.errors import GapError, InfeasibleError, StateError
from wattstack.plan import SizingModel, solve_by_cuts
from wattstack.plan import cuts as cuts_module


def random_model(seed, scenarios=1, block=None, months=3, count=36):
    rng = np.random.default_rng(seed)
    problems = []
    for s in range(scenarios):
        own = np.random.default_rng([seed, s])
        price = own.normal(60, 35, count)
        supplies = (
            Supply("grid", "import", price, Amount(0.0, 1.0, "firm_mw")),
            Supply("sun", "solar", 0.0, Amount(0.0, own.uniform(0, 1, count), "sun_mw")),
            Supply("sold", "export", price - 30.0, Amount(2.0)),
            Supply("gas", "generator", 120.0, Amount(3.0)),
            Supply("unserved", "unserved", 4000.0, Amount(np.inf)),
        )
        unit = Storage(
            "b",
            Amount(0.0, 0.8, "mw"),
            Amount(0.0, 1.0, "mw"),
            ceiling=Amount(0.0, 1.0, "mwh"),
            floor=Amount(0.2, 0.05, "mwh"),
            charge_eff=0.94,
            discharge_eff=0.95,
            kept_frac_per_h=0.999,
            wear_discharge_per_mwh=2.0,
        )
        month = np.minimum(np.arange(count) * months // count, months - 1)
        peaks = tuple(f"{s}:peak.{m}" for m in range(months))
        problems.append(Problem(1.0, own.uniform(4, 9, count), supplies, (unit,), peaks, month, block=month))
    columns = [
        SizeColumn("firm_mw", 0.0, 10.0, 10.0),
        SizeColumn("sun_mw", float(rng.uniform(300, 900)), 0.0, 12.0),
        SizeColumn("mw", float(rng.uniform(5, 60)), 0.0, 5.0),
        SizeColumn("mwh", float(rng.uniform(5, 60)), 0.5, 20.0, block),
    ]
    rows = [SizeRow("duration", {"mwh": 1.0, "mw": -6.0}, upper=0.0)]
    for problem in problems:
        for name in problem.caps:
            columns.append(SizeColumn(name, float(rng.uniform(50, 400)) / scenarios, 0.0, 10.0))
            rows.append(SizeRow(name, {name: 1.0, "firm_mw": -1.0}, upper=0.0))
    weights = tuple([1.0 / scenarios] * scenarios)
    return SizingModel(tuple(columns), tuple(rows), tuple(problems), weights)


def written_out(model):
    return solve_sizing(model.columns, model.rows, list(zip(model.problems, model.weights, strict=True)))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), scenarios=st.integers(1, 3))
def test_cuts_find_the_optimum_of_the_programme_written_out(seed, scenarios):
    model = random_model(seed, scenarios)
    sizing, _ = solve_by_cuts(model, 1e-8)
    assert sizing.objective == pytest.approx(written_out(model).objective, rel=1e-6)
    assert sizing.bound <= sizing.objective
    assert sizing.gap_frac <= 1e-8


def test_the_bound_never_falls_and_the_best_never_rises():
    sizing, _ = solve_by_cuts(random_model(1), 1e-9)
    bounds = [r.bound for r in sizing.rounds]
    best = [r.objective for r in sizing.rounds]
    assert bounds == sorted(bounds)
    assert best == sorted(best, reverse=True)


def test_weighed_prices_are_the_duals_of_the_whole_programme():
    model = random_model(4)
    sizing, _ = solve_by_cuts(model, 1e-6, polish=True)
    reference = written_out(model).price_per_mwh[0]
    off = np.abs(sizing.prices[0][0] - reference) > 0.01
    assert off.mean() <= 0.06  # what is left are steps whose price is not unique


def test_more_freedom_never_costs_more():
    model = random_model(2)
    free, _ = solve_by_cuts(model, 1e-8)
    held = [SizeColumn("sun_mw", c.cost, 3.0, 3.0) if c.name == "sun_mw" else c for c in model.columns]
    tight, _ = solve_by_cuts(SizingModel(tuple(held), model.rows, model.problems, model.weights), 1e-8)
    assert free.objective <= tight.objective * (1 + 1e-8)


def test_whole_units_are_whole_and_as_good_as_the_integer_programme_written_out():
    model = random_model(3, block=4.0)
    sizing, _ = solve_by_cuts(model, 1e-6)
    assert sizing.sizes["mwh"] / 4.0 == pytest.approx(round(sizing.sizes["mwh"] / 4.0), abs=1e-6)
    assert sizing.objective == pytest.approx(written_out(model).objective, rel=1e-5)


def test_equal_scenarios_plan_as_one():
    one = random_model(5)
    problem = one.problems[0]
    twice = SizingModel(one.columns, one.rows, (problem, problem), (0.5, 0.5))
    assert solve_by_cuts(twice, 1e-8)[0].objective == pytest.approx(
        solve_by_cuts(one, 1e-8)[0].objective, rel=1e-7
    )


def test_a_search_goes_on_after_a_bound_moved():
    model = random_model(6)
    _, search = solve_by_cuts(model, 1e-8)
    search.rebound("sun_mw", 2.0, 2.0)
    search.descend(1e-8)
    held = [SizeColumn("sun_mw", c.cost, 2.0, 2.0) if c.name == "sun_mw" else c for c in model.columns]
    fresh, _ = solve_by_cuts(SizingModel(tuple(held), model.rows, model.problems, model.weights), 1e-8)
    assert search.objective == pytest.approx(fresh.objective, rel=1e-7)


def test_a_start_that_breaks_a_rule_is_not_taken_for_a_plan():
    model = random_model(7)
    rows = (*model.rows, SizeRow("sun", {"sun_mw": 1.0}, upper=0.5))
    sizing, _ = solve_by_cuts(SizingModel(model.columns, rows, model.problems, model.weights), 1e-8)
    assert sizing.sizes["sun_mw"] <= 0.5 + 1e-9


def test_one_block_and_a_given_start_are_the_same_problem():
    model = random_model(8, months=1)
    unit = model.problems[0].storages[0]
    from dataclasses import replace

    given_start = replace(unit, start_mwh=1.0, end_mwh=1.0, end_at_least=True)
    for store in (unit, given_start):
        problem = replace(model.problems[0], storages=(store,))
        own = SizingModel(model.columns, model.rows, (problem,), (1.0,))
        assert solve_by_cuts(own, 1e-8)[0].objective == pytest.approx(written_out(own).objective, rel=1e-6)


def test_rules_that_contradict_each_other_are_infeasible():
    model = random_model(9)
    rows = (*model.rows, SizeRow("too much sun", {"sun_mw": 1.0}, lower=99.0))
    with pytest.raises(
        InfeasibleError, match="contradict each other: missed at the least are too much sun by 87"
    ):
        solve_by_cuts(SizingModel(model.columns, rows, model.problems, model.weights))


def test_rounds_that_do_not_reach_the_gap_say_so(monkeypatch):
    monkeypatch.setattr(cuts_module, "ROUNDS_MOST", 2)
    with pytest.raises(GapError, match="2 rounds left a gap of"):
        solve_by_cuts(random_model(10), 1e-9)


def test_a_size_without_a_column_is_refused():
    model = random_model(11)
    with pytest.raises(StateError, match=r"size firm_mw is named by a problem, must be a column"):
        SizingModel(model.columns[1:], (), model.problems, model.weights)
    with pytest.raises(StateError, match="size column mw is given twice"):
        SizingModel((*model.columns, SizeColumn("mw")), model.rows, model.problems, model.weights)
