"""Kernel, PIQP and HiGHS hold the same problem to the same answer, wherever each applies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.dispatch.strategies import money_scale, problems
from wattstack.dispatch import Amount, dispatch_year, why_not_kernel
from wattstack.dispatch.linear.build import build_model
from wattstack.dispatch.linear.highs import solve_highs
from wattstack.dispatch.linear.piqp import solve_piqp
from wattstack.dispatch.linear.solve import linear_dispatch
from wattstack.dispatch.run import kernel_dispatch
from wattstack.errors import InfeasibleError

pytestmark = pytest.mark.tiny

STEP = 2.0**-6  # of finite differences; a convex cost with one slope on both sides is straight between

calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(solver, problem, sizes):
    """The dispatch, None where the solver says that nothing meets the limits."""
    try:
        return solver(problem, sizes)
    except InfeasibleError:
        return None


def by_highs(problem, sizes):
    return linear_dispatch(problem, sizes, solve_highs)


def slopes(value_at):
    """Left and right slope of a function of one number at 0."""
    here = value_at(0.0)
    return (here - value_at(-STEP)) / STEP, (value_at(STEP) - here) / STEP


@calm
@given(problems())
def test_the_kernel_finds_the_cost_that_a_solver_finds(case):
    problem, sizes = case
    assert why_not_kernel(problem, sizes) is None
    ours, theirs = run(kernel_dispatch, problem, sizes), run(by_highs, problem, sizes)
    assert (ours is None) == (theirs is None)
    if ours is not None:
        assert abs(ours.value - theirs.value) <= 1e-9 * money_scale(problem)
        assert theirs.bound <= theirs.value + 1e-9 * money_scale(problem)
        assert ours.bound <= theirs.value + 1e-9 * money_scale(problem)


@calm
@given(problems(), st.data())
def test_where_the_price_is_unique_all_solvers_name_it(case, data):
    problem, sizes = case
    step = data.draw(st.integers(0, problem.count - 1))
    ours = run(kernel_dispatch, problem, sizes)
    assume(ours is not None)

    def value_at(more):
        load = problem.load_mw.copy()
        load[step] += more / problem.step_h
        found = run(by_highs, replace(problem, load_mw=load), sizes)
        assume(found is not None)
        return found.value

    below, above = slopes(value_at)
    assume(abs(below - above) < 1e-5)
    for solver in (kernel_dispatch, by_highs):
        assert abs(solver(problem, sizes).price_per_mwh[step] - above) < 1e-3


@calm
@given(problems(), st.data())
def test_away_from_kinks_the_gradient_is_the_finite_difference(case, data):
    problem, sizes = case
    name = data.draw(st.sampled_from(problem.sizes))
    sizes = {key: value + 1.0 / 3.0 for key, value in sizes.items()}
    ours = run(kernel_dispatch, problem, sizes)
    assume(ours is not None)

    def value_at(more):
        found = run(by_highs, problem, {**sizes, name: sizes[name] + more})
        assume(found is not None)
        return found.value

    below, above = slopes(value_at)
    assume(abs(below - above) < 1e-5)
    for solver in (kernel_dispatch, by_highs):
        assert abs(solver(problem, sizes).gradient[name] - above) < 1e-3


@calm
@given(problems(stores=("battery.main", "battery.second")))
def test_the_interior_point_is_believed_only_where_it_is_right(case):
    problem, sizes = case
    exact = run(by_highs, problem, sizes)
    fast = run(linear_dispatch, problem, sizes)
    assert (exact is None) == (fast is None)
    if exact is not None:
        assert abs(exact.value - fast.value) <= 1e-6 * money_scale(problem)
        assert fast.bound <= exact.value + 1e-9 * money_scale(problem)
        believed = solve_piqp(build_model(problem, sizes))
        assert fast.solver == ("highs" if believed is None else "piqp")


@calm
@given(problems(stores=("battery.main", "battery.second")), st.sampled_from([1, 2]))
def test_the_schedule_adds_up_and_keeps_its_limits(case, cap_steps):
    problem, sizes = case
    if problem.cap_index is not None:
        whole = problem.cap_index[np.arange(problem.count) // cap_steps * cap_steps]
        problem = replace(problem, cap_steps=cap_steps, cap_index=whole)
    found = run(linear_dispatch, problem, sizes)
    assume(found is not None)
    drawn = problem.load_at(sizes) + sum(found.charge_mw.values()) - sum(found.discharge_mw.values())
    given_mw = np.zeros(problem.count)
    bought = np.zeros(problem.count)
    spent = 0.0
    for supply in problem.supplies:
        take = found.take_mw[supply.name]
        limit = np.maximum(supply.power.at(sizes), 0.0)
        assert np.all(take >= -1e-6) and np.all(take <= limit + 1e-6)
        sold = limit if supply.kind == "export" else 0.0
        given_mw += take - sold
        bought += take if supply.kind == "import" else 0.0
        spent += problem.step_h * float((np.asarray(supply.cost_per_mwh) * (take - sold)).sum())
    assert np.allclose(given_mw, drawn, rtol=0.0, atol=1e-9)
    if problem.cap_index is not None:
        interval = np.arange(problem.count) // cap_steps
        mean = np.bincount(interval, bought) / np.bincount(interval)
        cap_of = problem.cap_index[::cap_steps]
        caps = np.append([sizes[c] for c in problem.caps], np.inf)[cap_of]
        assert np.all(mean <= caps + 1e-6)
    for store in problem.storages:
        stored = found.stored_mwh[store.name]
        before = np.append(stored[-1] if store.cyclic else store.start_mwh, stored[:-1])
        gain = store.charge_eff * found.charge_mw[store.name]
        gain = gain - found.discharge_mw[store.name] / store.discharge_eff
        lent = stored - store.kept_frac_per_h**problem.step_h * before - problem.step_h * gain
        assert np.all(lent >= -1e-9)
        assert np.all(stored <= store.ceiling.at(sizes) + 1e-6)
        assert np.all(stored >= store.floor.at(sizes) - 1e-6)
        assert np.all(found.charge_mw[store.name] <= store.charge.at(sizes) + 1e-6)
        assert np.all(found.discharge_mw[store.name] <= store.discharge.at(sizes) + 1e-6)
        wear = store.wear_charge_per_mwh * found.charge_mw[store.name]
        wear = wear + store.wear_discharge_per_mwh * found.discharge_mw[store.name]
        spent += problem.step_h * float(wear.sum()) + problem.floor_slack_per_mwh * float(
            lent[lent > 1e-7].sum()
        )
        spent -= store.end_value_per_mwh * stored[-1]
    assert abs(spent - found.value) <= 1e-6 * money_scale(problem)


@calm
@given(problems(stores=("battery.main", "battery.second")), st.data())
def test_more_freedom_never_costs_more(case, data):
    problem, sizes = case
    before = run(linear_dispatch, problem, sizes)
    assume(before is not None)
    slack = 1e-6 * money_scale(problem)
    lines = [n for n in problem.sizes if not n.startswith("battery") and n != problem.sized_load.size]
    assume(lines)
    name = data.draw(st.sampled_from(lines))
    assert linear_dispatch(problem, {**sizes, name: sizes[name] + 1.0}).value <= before.value + slack
    powers = {f"{s.name}.power_mw": sizes[f"{s.name}.power_mw"] + 1.0 for s in problem.storages}
    assert linear_dispatch(problem, {**sizes, **powers}).value <= before.value + slack
    idle = replace(problem.storages[0], name="third", floor=Amount(), start_mwh=0.0, end_mwh=None)
    more = replace(problem, storages=(*problem.storages, idle))
    assert linear_dispatch(more, sizes).value <= before.value + slack


@calm
@given(problems(stores=()), st.randoms(use_true_random=False))
def test_without_storage_both_paths_still_agree_whatever_the_order(case, random):
    problem, sizes = case
    ours = dispatch_year(problem, sizes)
    assert ours.solver == "kernel"
    mixed = list(problem.supplies)
    random.shuffle(mixed)
    other = linear_dispatch(replace(problem, supplies=tuple(mixed)), sizes)
    assert abs(ours.value - other.value) <= 1e-6 * money_scale(problem)
