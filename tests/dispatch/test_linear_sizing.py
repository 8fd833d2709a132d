"""Sizes and running in one programme: by hand, in whole blocks, over scenarios, against every size tried."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.strategies import money_scale, problems
from wattstack.dispatch import (
    Amount,
    Problem,
    SizeColumn,
    SizeRow,
    Storage,
    Supply,
    dispatch_year,
    solve_sizing,
)
from wattstack.dispatch.linear.highs import solve_highs
from wattstack.errors import InfeasibleError, StateError

LOST = Supply("lost", "unserved", 900.0, Amount(np.inf))


def site(prices, load=(2.0, 2.0), **more):
    grid = Supply("grid", "import", np.array(prices, float), Amount(np.inf))
    unit = Storage(
        "b",
        Amount(0.0, 1.0, "b_mw"),
        Amount(0.0, 1.0, "b_mw"),
        ceiling=Amount(0.0, 1.0, "b_mwh"),
        start_mwh=0.0,
    )
    return Problem(1.0, np.array(load), (grid, LOST), (unit,), **more)


SIZES = [SizeColumn("b_mw", 4.0, 0.0, 1.5), SizeColumn("b_mwh", 6.0, 0.0, 9.0)]


def test_a_battery_is_built_as_long_as_the_spread_pays_for_it():
    found = solve_sizing(SIZES, [], [(site([10, 50]), 1.0)])
    assert found.sizes == pytest.approx({"b_mw": 1.5, "b_mwh": 1.5}, abs=1e-6)
    assert found.objective == pytest.approx(20 + 100 - 1.5 * (50 - 10) + 1.5 * (4 + 6))
    assert found.bound == pytest.approx(found.objective)
    assert found.solver == "piqp"
    assert found.price_per_mwh[0] == pytest.approx([10, 50], abs=1e-5)
    none = solve_sizing(SIZES, [], [(site([10, 19]), 1.0)])
    assert none.sizes == pytest.approx({"b_mw": 0.0, "b_mwh": 0.0}, abs=1e-6)


def test_a_rule_between_sizes_is_kept_and_paid_for():
    rule = SizeRow("b.duration_h", {"b_mwh": 1.0, "b_mw": -2.0}, lower=0.0)
    found = solve_sizing(SIZES, [rule], [(site([10, 50]), 1.0)])
    assert found.sizes == pytest.approx({"b_mw": 1.5, "b_mwh": 3.0}, abs=1e-6)


def test_load_that_earns_grows_as_long_as_its_energy_is_cheap_enough():
    problem = site([10, 50], sized_load=Amount(0.0, np.array([1.0, 0.5]), "halls_mw"))
    for earned, built in ((30.0, 0.0), (40.0, 5.0)):  # a MW of halls draws 10 + 0.5 x 50 worth of energy
        found = solve_sizing([*SIZES, SizeColumn("halls_mw", -earned, 0.0, 5.0)], [], [(problem, 1.0)])
        assert found.sizes["halls_mw"] == pytest.approx(built, abs=1e-5)


def test_whole_blocks_are_bought_whole():
    blocks = [SIZES[0], SizeColumn("b_mwh", 6.0, 0.0, 9.0, block=0.4)]
    found = solve_sizing(blocks, [], [(site([10, 50]), 1.0)])
    assert found.solver == "highs"
    assert found.sizes["b_mwh"] == pytest.approx(1.6)
    three = [SIZES[0], SizeColumn("b_mwh", 6.0, 0.0, 1.2, block=0.4)]
    assert solve_sizing(three, [], [(site([10, 50]), 1.0)]).sizes["b_mwh"] == pytest.approx(1.2)


def test_scenarios_weigh_what_they_weigh_and_keep_their_own_prices():
    found = solve_sizing(SIZES, [], [(site([10, 50]), 0.2), (site([10, 10]), 0.8)])
    assert found.sizes["b_mw"] == pytest.approx(0.0, abs=1e-6)  # 0.2 x 40 does not pay 10
    rich = solve_sizing(SIZES, [], [(site([10, 60]), 0.25), (site([10, 10]), 0.75)])
    assert rich.sizes["b_mw"] == pytest.approx(1.5, abs=1e-5)
    assert rich.price_per_mwh[0] == pytest.approx([10, 60], abs=1e-4)
    assert rich.price_per_mwh[1] == pytest.approx([10, 10], abs=1e-4)
    assert set(rich.stored_price_per_mwh[1]) == {"b"}


def test_a_peak_that_is_paid_for_shaves_the_load():
    problem = site([10, 10], load=(1.0, 3.0), caps=("peak",), cap_index=np.array([0, 0]))
    columns = [
        SizeColumn("b_mw", 1.0, 0.0, 5.0),
        SizeColumn("b_mwh", 1.0, 0.0, 5.0),
        SizeColumn("peak", 100.0, 0.0, 9.0),
    ]
    found = solve_sizing(columns, [], [(problem, 1.0)])
    assert found.sizes["peak"] == pytest.approx(2.0, abs=1e-6)
    assert found.cap_price_per_mwh[0].sum() == pytest.approx(100.0, abs=1e-4)
    assert solve_sizing(columns, [], [(site([10, 10]), 1.0)]).cap_price_per_mwh[0].tolist() == [0.0, 0.0]


def test_a_floor_that_moves_with_its_size_is_kept():
    unit = Storage(
        "b", Amount(9.0), Amount(9.0), ceiling=Amount(0.0, 1.0, "b_mwh"),
        floor=Amount(0.0, np.array([0.0, 0.5]), "b_mwh"), start_mwh=0.0,
    )  # fmt: skip
    grid = Supply("grid", "import", np.array([10.0, 50.0]), Amount(np.inf))
    problem = Problem(1.0, np.array([2.0, 2.0]), (grid,), (unit,))
    found = solve_sizing([SizeColumn("b_mwh", 2.0, 0.0, 9.0)], [], [(problem, 1.0)])
    # 2 MWh move, 2 stay: (40 - 10) / 2 a MWh beats 2
    assert found.sizes["b_mwh"] == pytest.approx(4.0, abs=1e-5)
    assert found.objective == pytest.approx(2.0 * 4.0 + 10 * 6)


def test_a_size_without_column_or_without_end_is_refused():
    with pytest.raises(StateError, match="size b_mwh is named by an operation"):
        solve_sizing(SIZES[:1], [], [(site([10, 50]), 1.0)])
    with pytest.raises(StateError, match=r"size lost is named by b\.rule"):
        solve_sizing(SIZES, [SizeRow("b.rule", {"lost": 1.0})], [(site([10, 50]), 1.0)])
    with pytest.raises(StateError, match="size b_mw: upper is inf"):
        solve_sizing([SizeColumn("b_mw")], [], [(site([10, 50]), 1.0)])


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1), st.sampled_from([1.0, 20.0, 200.0]))
def test_no_sizes_tried_cost_less_than_the_plan(case, seed, dear):
    problem, sizes = case
    rng = np.random.default_rng(seed)
    columns = [SizeColumn(name, dear * rng.integers(0, 4), 0.0, 8.0) for name in problem.sizes]
    try:
        best = solve_sizing(columns, [], [(problem, 1.0)], solve_highs)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            dispatch_year(problem, sizes)
        return
    slack = 1e-7 * (money_scale(problem) + abs(best.objective))
    assert best.bound <= best.objective + slack
    at_best = sum(c.cost * best.sizes[c.name] for c in columns)
    best_sizes = {name: max(value, 0.0) for name, value in best.sizes.items()}
    assert abs(at_best + _cost(problem, best_sizes) - best.objective) <= 100.0 * slack
    for tried in (sizes, {name: 8.0 * rng.random() for name in sizes}):
        cost = sum(c.cost * tried[c.name] for c in columns)
        assert best.bound <= cost + _cost(problem, tried) + slack


def _cost(problem, sizes):
    """Cost of running, without end where nothing runs."""
    try:
        return dispatch_year(problem, sizes).value
    except InfeasibleError:
        return np.inf
