"""The kernel's door: golden cases by hand, certificates, cuts that never lie above the cost."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.dispatch import Amount, Problem, Storage, Supply, announce_compiling, kernel
from wattstack.dispatch.run import Runner, kernel_dispatch
from wattstack.errors import InfeasibleError, StateError

pytestmark = pytest.mark.tiny


def grid(*prices, power=np.inf):
    return Supply("grid", "import", np.array(prices, float), Amount(power))


def battery(power=1.0, energy=1.0, **more):
    return Storage("b", Amount(power), Amount(power), ceiling=Amount(energy), **more)


def test_energy_moves_from_the_cheap_step_to_the_dear_one():
    found = kernel_dispatch(
        Problem(1.0, np.array([2.0, 2.0]), (grid(10, 50),), (battery(start_mwh=0.0),)), {}
    )
    assert found.value == pytest.approx(3 * 10 + 1 * 50)
    assert found.charge_mw["b"].tolist() == [1.0, 0.0]
    assert found.discharge_mw["b"].tolist() == [0.0, 1.0]
    assert found.price_per_mwh.tolist() == [10.0, 50.0]
    assert found.bound == pytest.approx(found.value)


def test_losses_below_the_price_spread_are_worth_it_and_above_are_not():
    problem = Problem(1.0, np.array([2.0, 2.0]), (grid(10, 30),), (battery(charge_eff=0.5, start_mwh=0.0),))
    assert kernel_dispatch(problem, {}).discharge_mw["b"].tolist() == [0.0, 0.5]
    dear = Problem(1.0, np.array([2.0, 2.0]), (grid(10, 19),), (battery(charge_eff=0.5, start_mwh=0.0),))
    assert kernel_dispatch(dear, {}).charge_mw["b"].tolist() == [0.0, 0.0]


def test_half_hour_steps_halve_the_energy():
    found = kernel_dispatch(
        Problem(0.5, np.array([2.0, 2.0]), (grid(10, 50),), (battery(start_mwh=0.0),)), {}
    )
    assert found.value == pytest.approx(1.5 * 10 + 0.5 * 50)
    assert found.charge_mw["b"].tolist() == [1.0, 0.0]


def test_wear_is_paid_for_what_is_discharged():
    unit = battery(start_mwh=0.0, wear_discharge_per_mwh=7.0)
    assert kernel_dispatch(
        Problem(1.0, np.array([2.0, 2.0]), (grid(10, 50),), (unit,)), {}
    ).value == pytest.approx(87)


def test_self_discharge_is_lost_between_the_steps():
    unit = battery(start_mwh=0.0, kept_frac_per_h=0.5)
    found = kernel_dispatch(Problem(1.0, np.array([2.0, 2.0]), (grid(10, 50),), (unit,)), {})
    assert found.discharge_mw["b"].tolist() == [0.0, 0.5]
    assert found.value == pytest.approx(30 + 75)


def test_a_floor_holds_energy_back():
    unit = battery(start_mwh=1.0, floor=Amount(0.4))
    found = kernel_dispatch(Problem(1.0, np.array([2.0]), (grid(10),), (unit,)), {})
    assert found.stored_mwh["b"].tolist() == [0.4]


def test_what_a_floor_lacks_is_bought_at_its_price():
    unit = battery(power=0.0, start_mwh=0.0, floor=Amount(np.array([0.0, 0.5])))
    problem = Problem(1.0, np.array([2.0, 2.0]), (grid(10, 50),), (unit,), floor_slack_per_mwh=1000.0)
    found = kernel_dispatch(problem, {})
    assert found.value == pytest.approx(20 + 100 + 500)
    assert found.stored_mwh["b"].tolist() == [0.0, 0.5]
    assert found.stored_price_per_mwh["b"][1] == 1000.0


def test_a_floor_missed_by_rounding_is_met():
    unit = battery(power=1.0 - 1e-12, start_mwh=0.0, floor=Amount(1.0))
    found = kernel_dispatch(Problem(1.0, np.array([2.0]), (grid(10),), (unit,), floor_slack_per_mwh=1e4), {})
    assert found.stored_mwh["b"].tolist() == [1.0]
    assert found.stored_price_per_mwh["b"].tolist() == [10.0]


def test_energy_left_over_is_worth_its_value():
    unit = battery(start_mwh=0.0, end_value_per_mwh=30.0)
    found = kernel_dispatch(Problem(1.0, np.array([2.0]), (grid(10),), (unit,)), {})
    assert found.value == pytest.approx(30 - 30)
    assert found.stored_mwh["b"].tolist() == [1.0]


@pytest.mark.parametrize(("at_least", "stored"), [(False, 0.3), (True, 1.0)])
def test_the_end_is_met_exactly_or_at_least(at_least, stored):
    unit = battery(start_mwh=1.0, end_mwh=0.3, end_at_least=at_least)
    found = kernel_dispatch(Problem(1.0, np.array([2.0]), (grid(-10),), (unit,)), {})
    assert found.stored_mwh["b"].tolist() == [pytest.approx(stored)]


def test_a_cyclic_day_ends_as_it_began():
    found = kernel_dispatch(
        Problem(1.0, np.full(4, 2.0), (grid(50, 10, 10, 50),), (battery(energy=2.0),)), {}
    )
    assert found.value == pytest.approx(1 * 50 + 3 * 10 + 3 * 10 + 1 * 50)
    assert found.stored_mwh["b"][-1] == pytest.approx(1.0)
    assert found.proven


def test_export_starts_full_and_is_drawn_back_when_energy_is_dear():
    sold = Supply("sold", "export", np.array([20.0]), Amount(3.0))
    sun = Supply("sun", "solar", 0.0, Amount(5.0))
    found = kernel_dispatch(Problem(1.0, np.array([4.0]), (grid(60), sold, sun)), {})
    assert found.export_mw.tolist() == [1.0]
    assert found.value == pytest.approx(-20.0)
    assert found.price_per_mwh.tolist() == [20.0]


def test_the_cap_holds_for_all_import_together_and_has_a_price():
    tiers = (
        Supply("firm", "import", 10.0, Amount(0.0, 1.0, "firm_mw")),
        Supply("more", "import", 20.0, Amount(5.0)),
        Supply("gas", "generator", 90.0, Amount(10.0)),
    )
    problem = Problem(1.0, np.array([6.0]), tiers, caps=("peak_mw",), cap_index=np.array([0]))
    found = kernel_dispatch(problem, {"firm_mw": 3.0, "peak_mw": 4.0})
    assert [found.take_mw[n].tolist() for n in ("firm", "more", "gas")] == [[3.0], [1.0], [2.0]]
    assert found.cap_price_per_mwh.tolist() == [70.0]
    assert found.gradient == {"firm_mw": -10.0, "peak_mw": -70.0}


def test_load_that_grows_with_a_size_is_priced_at_that_size():
    halls = Amount(0.5, np.array([1.0, 0.8]), "halls_mw")
    problem = Problem(0.5, np.array([1.0, 1.0]), (grid(10, 50),), sized_load=halls)
    assert problem.load_at({"halls_mw": 5.0}).tolist() == [6.5, 5.5]
    found = kernel_dispatch(problem, {"halls_mw": 5.0})
    assert found.take_mw["grid"].tolist() == [6.5, 5.5]
    assert found.gradient == {"halls_mw": pytest.approx(0.5 * (10 + 0.8 * 50))}
    assert found.bound == pytest.approx(found.value) == pytest.approx(0.5 * (65 + 275))


def test_negative_prices_burn_energy_and_say_so():
    unit = battery(power=1.0, energy=1.0, charge_eff=0.5, start_mwh=1.0, end_mwh=1.0)
    found = kernel_dispatch(Problem(1.0, np.array([2.0]), (grid(-10),), (unit,)), {})
    assert found.burnt_mwh == pytest.approx(0.5)
    assert found.burnt_worth == pytest.approx(5.0)
    assert found.value == pytest.approx(-25.0)


def test_among_equal_schedules_the_fuller_one_is_taken():
    found = kernel_dispatch(
        Problem(1.0, np.full(4, 2.0), (grid(10, 10, 10, 50),), (battery(start_mwh=0.0),)), {}
    )
    assert found.stored_mwh["b"].tolist() == [1.0, 1.0, 1.0, 0.0]


def test_a_ceiling_that_falls_too_fast_names_the_step():
    unit = Storage("b", Amount(1.0), Amount(0.1), ceiling=Amount(np.array([1.0, 0.2])), start_mwh=1.0)
    with pytest.raises(InfeasibleError, match=r"step 1: stored energy cannot fall fast enough"):
        kernel_dispatch(Problem(1.0, np.array([2.0, 2.0]), (grid(10, 10),), (unit,)), {})


def test_a_load_above_all_supply_names_the_step():
    sold = Supply("sold", "export", 5.0, Amount(1.0))
    with pytest.raises(InfeasibleError, match=r"step 1: supply ends 3 MWh below the load"):
        kernel_dispatch(Problem(1.0, np.array([2.0, 5.0]), (grid(10, 10, power=2.0), sold)), {})


def test_a_missing_or_negative_size_is_refused():
    problem = Problem(1.0, np.array([2.0]), (Supply("g", "import", 1.0, Amount(0.0, 1.0, "mw")),))
    with pytest.raises(StateError, match="size mw is None"):
        kernel_dispatch(problem, {})
    with pytest.raises(StateError, match="size mw is -1"):
        kernel_dispatch(problem, {"mw": -1.0})


def test_a_floor_price_below_the_energy_price_is_refused():
    with pytest.raises(StateError, match="floor_slack_per_mwh"):
        Runner(Problem(1.0, np.array([2.0]), (grid(10),), (battery(),), floor_slack_per_mwh=5.0))


def year(rng, count, block=None):
    supplies = (
        Supply("firm", "import", rng.normal(50, 40, count), Amount(0.0, 1.0, "firm_mw")),
        Supply("sun", "solar", 0.0, Amount(0.0, rng.uniform(0, 1, count), "sun_mw")),
        Supply("unserved", "unserved", 1000.0, Amount(np.inf)),
    )
    unit = Storage(
        "b",
        Amount(0.0, 1.0, "mw"),
        Amount(0.0, 1.0, "mw"),
        ceiling=Amount(0.0, 1.0, "mwh"),
        floor=Amount(0.02, 0.1, "mwh"),
        charge_eff=0.95,
        discharge_eff=0.9,
        kept_frac_per_h=0.999,
    )
    return Problem(
        1.0, rng.uniform(2, 8, count), supplies, (unit,), ("peak",), np.zeros(count, int), block=block,
        sized_load=Amount(0.0, rng.uniform(0, 1, count), "halls_mw"),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_cut_never_lies_above_the_cost_and_meets_it_where_it_was_made(seed):
    rng = np.random.default_rng(seed)
    block = np.repeat([0, 1, 2], [5, 9, 6])
    runner = Runner(year(rng, 20, block))
    here, there = rng.uniform(0.5, 8.0, (2, len(runner.names)))
    cut, other = runner.run(here), runner.run(there)
    assert cut.dual == pytest.approx(cut.value, rel=1e-9, abs=1e-7)
    floors, ceilings = runner.end_bounds()
    value = cut.const.sum() + (cut.grad @ there).sum()
    weights = cut.last - np.append(cut.first[1:], cut.first[0])
    for weight, floor, ceiling in zip(weights, floors, ceilings, strict=True):
        fixed, rate, size = floor if weight > 0 else ceiling
        value += weight * (fixed + rate * there[size])
    assert value <= other.value + 1e-7 * (1 + abs(other.value))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_where_a_year_is_cut_open_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    problem = year(rng, 24)
    runner = Runner(problem)
    sizes = rng.uniform(1.0, 8.0, len(runner.names))
    first = runner.run(sizes).value
    runner.anchor = (int(rng.integers(24)), 2)
    assert runner.run(sizes).value == pytest.approx(first, rel=1e-9)


def test_an_empty_battery_changes_nothing():
    rng = np.random.default_rng(3)
    problem = year(rng, 24)
    floorless = replace(problem.storages[0], floor=Amount(0.0, 0.1, "mwh"))
    problem = replace(problem, storages=(floorless,))
    sizes = {"halls_mw": 1.0, "firm_mw": 9.0, "sun_mw": 2.0, "mw": 0.0, "mwh": 0.0, "peak": 7.0}
    bare = replace(problem, storages=())
    assert kernel_dispatch(problem, sizes).value == pytest.approx(
        kernel_dispatch(bare, sizes).value, rel=1e-12
    )


def test_strong_self_discharge_over_many_steps_keeps_its_numbers():
    rng = np.random.default_rng(5)
    unit = Storage("b", Amount(1.0), Amount(1.0), ceiling=Amount(3.0), kept_frac_per_h=0.8, start_mwh=0.0)
    problem = Problem(1.0, np.full(1000, 2.0), (grid(*rng.normal(50, 60, 1000)),), (unit,))
    found = kernel_dispatch(problem, {})
    assert found.bound == pytest.approx(found.value, rel=1e-9)
    stored = found.stored_mwh["b"]
    moved = found.charge_mw["b"] - found.discharge_mw["b"]
    assert np.allclose(stored, 0.8 * np.append(0.0, stored[:-1]) + moved, atol=1e-9)


def test_a_store_that_never_fills_keeps_every_piece():
    rng = np.random.default_rng(9)
    unit = Storage("b", Amount(1.0), Amount(1.0), ceiling=Amount(1e6), start_mwh=0.0, end_mwh=500.0)
    tiers = (grid(*rng.normal(50, 20, 700), power=2.5), Supply("gas", "generator", 120.0, Amount(np.inf)))
    found = kernel_dispatch(Problem(1.0, np.full(700, 2.0), tiers, (unit,)), {})
    assert found.stored_mwh["b"][-1] == pytest.approx(500.0)
    assert found.bound == pytest.approx(found.value, rel=1e-12)


def test_supply_that_ends_at_the_load_but_for_rounding_has_a_price():
    found = kernel_dispatch(Problem(1.0, np.array([2.0 + 1e-10]), (grid(10, power=2.0),)), {})
    assert found.price_per_mwh.tolist() == [10.0]


def test_a_cyclic_year_that_no_start_makes_possible_says_where():
    unit = Storage(
        "b",
        Amount(1.0),
        Amount(0.1),
        ceiling=Amount(np.array([5.0, 1.0, 5.0])),
        floor=Amount(np.array([5.0, 0.0, 0.0])),
    )
    problem = Problem(1.0, np.full(3, 2.0), (grid(10, 10, 10),), (unit,), floor_slack_per_mwh=1e4)
    with pytest.raises(InfeasibleError, match="step 1: stored energy cannot fall fast enough"):
        kernel_dispatch(problem, {})


def test_where_only_some_starts_are_possible_the_best_of_them_is_found():
    ceiling = np.array([0.5, 2.0, 2.0, 2.0])
    unit = Storage("b", Amount(1.0), Amount(0.25), ceiling=Amount(ceiling), start_mwh=None)
    problem = Problem(1.0, np.full(4, 2.0), (grid(50, 10, 10, 10),), (unit,))
    found = kernel_dispatch(problem, {})
    stored = found.stored_mwh["b"]
    assert np.all(stored <= ceiling + 1e-9)
    assert found.value == pytest.approx(1.75 * 50 + 3 * 20 + 0.25 * 10, rel=1e-9)


def test_where_more_at_the_start_would_pay_but_is_impossible_the_edge_is_found():
    unit = Storage("b", Amount(1.0), Amount(0.25), ceiling=Amount(np.array([0.5, 2.0, 2.0, 2.0])))
    problem = Problem(1.0, np.full(4, 2.0), (grid(50, 50, 50, 10),), (unit,))
    found = kernel_dispatch(problem, {})
    assert found.value == pytest.approx(3 * 1.75 * 50 + 2.75 * 10, rel=1e-9)
    assert found.bound <= found.value


def test_an_end_given_as_a_value_bounds_the_last_block():
    rng = np.random.default_rng(2)
    problem = year(rng, 12, np.repeat([0, 1], 6))
    ended = replace(problem.storages[0], start_mwh=1.0, end_mwh=2.0)
    runner = Runner(replace(problem, storages=(ended,)))
    floors, ceilings = runner.end_bounds()
    assert floors[-1][:2] == ceilings[-1][:2] == (2.0, 0.0)
    assert floors[0][1] == 0.1


@pytest.mark.parametrize("trend", [-1.0, 1.0])
@pytest.mark.parametrize("size", [24, 40])
def test_the_room_for_pieces_changes_nothing(size, trend):
    rng = np.random.default_rng(11)
    price = 200.0 + trend * np.arange(150.0) + rng.normal(0, 3, 150)
    unit = Storage("b", Amount(1.0), Amount(1.0), ceiling=Amount(30.0), start_mwh=0.0)
    problem = Problem(1.0, np.full(150, 2.0), (grid(*price),), (unit,))
    runner = Runner(problem)
    runner.heap = kernel.new_heap(size)
    assert runner.run(np.empty(0)).value == kernel_dispatch(problem, {}).value


def test_compiling_is_announced_once():
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled in this job")
    said = []
    announce_compiling(said.append)
    for more in (1, 2):
        numba.njit(lambda x, more=more: x + more)(1)
    assert len(said) == 1
    assert said[0].startswith("compiling the dispatch kernel")
