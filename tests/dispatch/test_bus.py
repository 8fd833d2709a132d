"""Several storages on one bus: the cost is that of the whole programme, the cut below it everywhere and exact here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.strategies import money_scale, problems
from wattstack.dispatch import Amount, BusRunner, Problem, Storage, Supply
from wattstack.dispatch.linear.highs import solve_highs
from wattstack.dispatch.linear.solve import linear_dispatch
from wattstack.dispatch.run import kernel_dispatch
from wattstack.errors import StateError

pytestmark = pytest.mark.tiny

STORES = ("battery.main", "battery.second", "battery.third")
calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(problem):
    """The problem with what a bus of several storages holds."""
    stores = tuple(
        replace(s, floor=Amount(), start_mwh=None, end_mwh=None, end_at_least=False, end_value_per_mwh=0.0)
        for s in problem.storages
    )
    return replace(problem, storages=stores, caps=(), cap_index=None)


@st.composite
def buses(draw, most_moving=3):
    """A runner of three storages, and sizes at which some of them move, stand full of power, or are not there."""
    problem, sizes = draw(problems(stores=STORES))
    problem = plain(problem)
    moving = draw(st.integers(0, most_moving))
    for k, name in enumerate(draw(st.permutations(STORES))):
        if k >= moving:
            sizes[f"{name}.energy_mwh"] = 0.0
            sizes[f"{name}.power_mw"] = draw(st.sampled_from([0.0, 2.0]))
        elif draw(st.integers(0, 4)) == 0:
            sizes[f"{name}.power_mw"] = 0.0
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    return runner, np.array([sizes[name] for name in runner.names])


def least_cost(runner, sizes):
    named = dict(zip(runner.names, sizes.tolist(), strict=True))
    return linear_dispatch(runner.problem, named, solve_highs).value


@calm
@given(buses())
def test_the_cost_is_that_of_the_whole_programme_and_the_cut_meets_it(case):
    runner, sizes = case
    found = runner.run(sizes)
    scale = money_scale(runner.problem)
    assert abs(found.value - least_cost(runner, sizes)) <= 2e-6 * scale
    assert abs(found.const + found.grad @ sizes - found.value) <= 2e-6 * scale
    limits = [s.limits.at(sizes) for s in runner.stores]
    able = [float(own[:2].max(axis=1).min()) > 1e-9 for own in limits]
    rooms = [
        float(own[3].max()) > 1e-9 or store.burns for own, store in zip(limits, runner.stores, strict=True)
    ]
    moving = sum(a and r for a, r in zip(able, rooms, strict=True))
    assert found.solver == ("linear" if moving > 1 else "kernel")


@calm
@given(buses(), st.integers(0, 2**32 - 1))
def test_the_cut_lies_below_the_cost_everywhere(case, seed):
    runner, sizes = case
    found = runner.run(sizes)
    there = np.random.default_rng(seed).choice([0.0, 0.5, 2.0, 7.0], len(sizes))
    assert found.const + found.grad @ there <= least_cost(runner, there) + 1e-7 * money_scale(runner.problem)


@calm
@given(buses(most_moving=1), st.integers(0, 2**32 - 1))
def test_the_same_question_has_the_same_answer_whatever_was_asked_before(case, seed):
    runner, sizes = case
    before = runner.run(sizes)
    runner.run(np.random.default_rng(seed).uniform(0.0, 5.0, len(sizes)))
    after = runner.run(sizes)
    assert before.value == after.value
    assert np.array_equal(before.grad, after.grad)


def two_hours(*prices, stores=("one", "two")):
    grid = Supply("grid", "import", np.array(prices, float), Amount(0.0, 1.0, "firm_mw"))
    lost = Supply("lost", "unserved", 900.0, Amount(np.inf))
    units = tuple(
        Storage(name, *[Amount(0.0, 0.5, f"{name}_mwh")] * 2, ceiling=Amount(0.0, 1.0, f"{name}_free_mwh"))
        for name in stores
    )
    load = np.zeros(len(prices))
    return Problem(1.0, load, (grid, lost), units, sized_load=Amount(0.0, 1.0, "it_mw"))


def test_a_storage_that_is_not_there_is_worth_the_spread_it_would_earn():
    problem = two_hours(10, 50)
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = dict.fromkeys(problem.sizes, 0.0) | {"it_mw": 2.0, "firm_mw": 5.0}
    found = runner.run(np.array([sizes[name] for name in runner.names]))
    slope = dict(zip(runner.names, found.grad.tolist(), strict=True))
    assert found.value == pytest.approx(2 * 10 + 2 * 50)
    assert found.solver == "kernel"
    assert slope["it_mw"] == pytest.approx(60.0)
    assert slope["one_mwh"] + slope["one_free_mwh"] == pytest.approx(-0.5 * (50 - 10))


def test_a_storage_held_in_reserve_is_worth_its_room():
    problem = two_hours(10, 50)
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = dict.fromkeys(problem.sizes, 0.0) | {"it_mw": 2.0, "firm_mw": 5.0, "one_mwh": 3.0}
    found = runner.run(np.array([sizes[name] for name in runner.names]))
    slope = dict(zip(runner.names, found.grad.tolist(), strict=True))
    assert slope["one_mwh"] == 0.0
    assert slope["one_free_mwh"] == pytest.approx(-40.0)


def test_a_leaking_storage_in_a_single_step_is_filled_as_fast_as_it_leaks():
    problem = two_hours(-20, stores=("one", "two"))
    leaking = tuple(replace(unit, charge_eff=0.5, kept_frac_per_h=0.8) for unit in problem.storages)
    problem = replace(problem, storages=leaking)
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = dict.fromkeys(problem.sizes, 0.0) | {"it_mw": 2.0, "firm_mw": 3.0}
    for power in (0.0, 0.5):
        sizes |= {"one_mwh": 2.0 * power, "one_free_mwh": 1.5}
        at = np.array([sizes[name] for name in runner.names])
        found = runner.run(at)
        assert found.value == pytest.approx(least_cost(runner, at))
        assert found.const + found.grad @ at == pytest.approx(found.value)


def test_room_without_power_is_worth_nothing_even_where_leaking_pays():
    problem = two_hours(0, -1, -1, -1, stores=("one",))
    leaking = replace(problem.storages[0], kept_frac_per_h=0.99)
    problem = replace(problem, storages=(leaking,))
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = dict.fromkeys(problem.sizes, 0.0) | {"one_free_mwh": 4.0}
    found = runner.run(np.array([sizes[name] for name in runner.names]))
    assert dict(zip(runner.names, found.grad.tolist(), strict=True))["one_free_mwh"] == 0.0


def test_many_pieces_find_room():
    rng = np.random.default_rng(9)
    problem = two_hours(*rng.normal(50, 20, 350), stores=("one",))
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = {"it_mw": 2.0, "firm_mw": 5.0, "one_mwh": 2.0, "one_free_mwh": 1e5}
    at = np.array([sizes[name] for name in runner.names])
    assert runner.run(at).value == pytest.approx(kernel_dispatch(problem, sizes).value, rel=1e-12)


def test_room_without_power_is_worth_nothing():
    problem = two_hours(10, 50)
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = dict.fromkeys(problem.sizes, 0.0) | {"it_mw": 2.0, "firm_mw": 5.0, "one_free_mwh": 3.0}
    found = runner.run(np.array([sizes[name] for name in runner.names]))
    slope = dict(zip(runner.names, found.grad.tolist(), strict=True))
    assert slope["one_free_mwh"] == 0.0
    assert slope["one_mwh"] == pytest.approx(-0.5 * 40)


def test_twice_the_sizes_cost_twice_as_much_and_cuts_pass_through_the_origin():
    problem = two_hours(10, 50, 30, 20)
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
    sizes = np.linspace(0.5, 2.0, len(runner.names))
    one, two = runner.run(sizes), runner.run(2.0 * sizes)
    assert two.value == pytest.approx(2.0 * one.value, rel=1e-7)
    assert one.const == two.const == 0.0


def test_a_ceiling_that_falls_faster_than_the_storage_empties_is_met_all_the_same():
    problem = two_hours(40, 50, stores=("one",))
    unit = replace(
        problem.storages[0],
        charge=Amount(1.5),
        discharge=Amount(0.0, 0.25, "one_mwh"),
        ceiling=Amount(0.0, np.array([2.0, 0.5]), "one_mwh"),
    )
    problem = replace(problem, storages=(unit,))
    runner = BusRunner(problem, {"it_mw": 1.0, "firm_mw": 9.0, "one_mwh": 1.0})
    for one_mwh, moved in ((1.5, 0.375), (0.0, 0.0)):
        sizes = {"it_mw": 2.0, "firm_mw": 5.0, "one_mwh": one_mwh}
        at = np.array([sizes[name] for name in runner.names])
        found = runner.run(at)
        assert found.value == pytest.approx(2.0 * 90 - moved * 10)
        assert found.const + found.grad @ at == pytest.approx(found.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"caps": ("firm_mw",), "cap_index": np.zeros(2, int)}, "firm_mw"),
        ({"storages": (replace(two_hours(1, 2).storages[0], start_mwh=0.0),)}, "one"),
        ({"storages": (replace(two_hours(1, 2).storages[0], floor=Amount(0.1)),)}, "one"),
        ({"supplies": two_hours(1, 2).supplies[:1]}, "line without limit"),
    ],
)
def test_what_a_bus_of_several_storages_does_not_hold_is_refused(change, named):
    problem = replace(two_hours(10, 50), **change)
    with pytest.raises(StateError, match=named):
        BusRunner(problem, dict.fromkeys(problem.sizes, 1.0))
