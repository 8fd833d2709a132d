"""Solvers behind their check: what is believed, what is not, and bounds that hold for any prices."""

from __future__ import annotations

import _thread
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.strategies import problems
from wattstack.dispatch import Amount, Commitment, Problem, Storage, Supply
from wattstack.dispatch.linear.build import build_model
from wattstack.dispatch.linear.check import lower_bound, violation
from wattstack.dispatch.linear.highs import solve_highs
from wattstack.dispatch.linear.model import ModelBuilder
from wattstack.dispatch.linear.piqp import solve_piqp
from wattstack.errors import InfeasibleError, StateError


def least(need=3.0, upper=np.inf, reach=np.inf, cost=10.0):
    """minimise cost x, x >= need."""
    builder = ModelBuilder()
    x = builder.add_columns("x", 1, cost, (0.0, upper), reach)
    builder.put(builder.add_rows("need", 1, need, np.inf), x, 1.0)
    return builder.close()


@pytest.mark.parametrize("solve", [solve_piqp, solve_highs])
def test_a_solver_returns_value_prices_and_bound(solve):
    found = solve(least(upper=5.0))
    assert found.x == pytest.approx([3.0])
    assert found.duals == pytest.approx([10.0])
    assert found.value == pytest.approx(30.0)
    assert found.bound == pytest.approx(30.0)


@pytest.mark.parametrize("method", ["simplex", "ipm"])
def test_highs_answers_the_same_by_every_method(method):
    assert solve_highs(least(), method).value == pytest.approx(30.0)


@pytest.mark.parametrize("solve", [solve_piqp, solve_highs])
def test_what_cannot_be_met_has_no_answer(solve):
    assert solve(least(upper=2.0)) is None


def test_columns_whose_bounds_meet_are_taken_out_and_come_back():
    builder = ModelBuilder()
    x = builder.add_columns("x", 2, np.array([10.0, 1.0]), (np.array([0.0, 2.0]), np.array([9.0, 2.0])))
    builder.put(builder.add_rows("need", 1, 3.0, np.inf), x, 1.0)
    builder.put(builder.add_rows("idle", 1, -np.inf, 5.0), x[1], 1.0)
    found = solve_piqp(builder.close())
    assert found.x == pytest.approx([1.0, 2.0])
    assert found.duals == pytest.approx([10.0, 0.0], abs=1e-6)


def test_a_bound_that_means_none_is_dropped_and_one_that_binds_is_found_out():
    assert solve_piqp(least(upper=1e9)).value == pytest.approx(30.0)
    dear = least(need=-5.0, upper=2e6, cost=-1.0)
    assert solve_piqp(dear) is None  # dropping 2e6 left no optimum
    assert solve_highs(dear).value == pytest.approx(-2e6)


def test_prices_that_prove_nothing_are_not_believed():
    free = least(upper=np.inf, reach=np.inf, cost=0.0)
    free = replace(free, row_lower=np.array([-np.inf]), row_upper=np.array([np.inf]))
    assert solve_piqp(free).value == 0.0
    loose = least(upper=np.inf, reach=np.inf)
    assert lower_bound(loose, np.array([11.0])) == -np.inf
    assert lower_bound(replace(loose, reach=np.array([4.0])), np.array([11.0])) == pytest.approx(33.0 - 4.0)


@settings(max_examples=40, deadline=None)
@given(problems(stores=("battery.main", "battery.second")), st.integers(0, 2**32 - 1))
def test_no_prices_whatever_lift_the_bound_above_the_least_cost(case, seed):
    try:
        model = build_model(*case)
    except InfeasibleError:
        return
    best = solve_highs(model)
    if best is None:
        return
    rng = np.random.default_rng(seed)
    for spread in (0.0, 1e-3, 10.0):
        duals = best.duals + spread * rng.standard_normal(len(best.duals))
        assert lower_bound(model, duals) <= best.value + 1e-6 * (1.0 + abs(best.value))


def test_violation_is_the_largest_step_over_a_row_or_a_bound():
    model = least(need=3.0, upper=5.0)
    assert violation(model, np.array([4.0])) <= 0.0
    assert violation(model, np.array([2.0])) == pytest.approx(1.0 / 4.0)
    assert violation(model, np.array([11.0])) == pytest.approx(6.0 / 6.0)


def test_a_problem_without_end_is_no_answer():
    with pytest.raises(StateError, match="HiGHS ended with 'Unbounded'"):
        solve_highs(least(cost=-1.0))


def knapsack():
    rng = np.random.default_rng(0)
    weight = rng.integers(20, 100, (5, 40)).astype(float)
    builder = ModelBuilder()
    worth = rng.integers(20, 100, 40).astype(float)
    items = builder.add_columns("items", 40, -worth, (0.0, 1.0), integer=True)
    for k, row in enumerate(builder.add_rows("room", 5, -np.inf, weight.sum(axis=1) / 2)):
        builder.put(row, items, weight[k])
    return builder.close()


def test_a_search_that_stops_early_says_how_good_its_answer_is():
    early = solve_highs(knapsack(), gap_frac=0.0, most_nodes=1)
    done = solve_highs(knapsack(), gap_frac=0.0)
    assert early.bound <= done.value + 1e-6 <= early.value + 2e-6
    assert early.bound < early.value
    assert done.bound == pytest.approx(done.value)


def test_a_search_that_stops_before_any_answer_says_so():
    with pytest.raises(StateError, match="HiGHS ended with 'Solution limit reached'"):
        solve_highs(knapsack(), gap_frac=0.0, most_nodes=0)


def whole(need, most=1.0):
    builder = ModelBuilder()
    x = builder.add_columns("x", 1, 1.0, (0.0, most), integer=True)
    builder.put(builder.add_rows("need", 1, need, np.inf), x, 1.0)
    return builder.close()


def test_whole_numbers_that_cannot_be_met_have_no_answer():
    assert solve_highs(whole(0.4)).x.tolist() == [1.0]
    assert solve_highs(whole(1.4)) is None


def test_integers_a_hair_off_whole_are_not_passed_on():
    builder = ModelBuilder()
    on = builder.add_columns("on", 1, -1.0, (0.0, 1.0), integer=True)
    power = builder.add_columns("power", 1)
    row = builder.add_rows("least", 1, 0.0, np.inf)
    builder.put(row, power, 1.0)
    builder.put(row, on, -1.0)
    builder.put(builder.add_rows("most", 1, -np.inf, 1.0 - 1e-7), power, 1.0)
    with pytest.raises(StateError, match="a hair off whole numbers"):
        solve_highs(builder.close())


def test_ctrl_c_stops_a_long_search():
    rng = np.random.default_rng(1)
    count = 600
    buy = rng.uniform(20.0, 60.0, count)
    lines = (
        Supply("grid", "import", buy, Amount(12.0)),
        Supply("sold", "export", buy + rng.uniform(1.0, 9.0, count), Amount(7.0)),
        Supply("gas", "generator", 45.0, Amount(6.0)),
        Supply("unserved", "unserved", 2000.0, Amount(np.inf)),
    )
    unit = Storage("b", Amount(3.0), Amount(3.0), ceiling=Amount(9.0), charge_eff=0.9, discharge_eff=0.9)
    gas = Commitment("gas", minimum_frac=0.5, start_cost_per_mw=40.0)
    problem = Problem(0.5, rng.uniform(5.0, 9.0, count), lines, (unit,), commitments=(gas,))
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            solve_highs(build_model(problem, {}), gap_frac=0.0, most_nodes=10**8)
    finally:
        timer.cancel()
