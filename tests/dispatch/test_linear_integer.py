"""Whole numbers: minimum load, starts, a meter that buys or sells; each on a few steps by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattstack.dispatch import Amount, Commitment, Problem, SizeColumn, Supply, solve_sizing
from wattstack.dispatch.linear.solve import linear_dispatch
from wattstack.errors import StateError

LOST = Supply("lost", "unserved", 900.0, Amount(np.inf))


def site(prices, load, minimum_frac=0.0, start_cost_per_mw=0.0, available=1.0):
    prices = np.array(prices, float)
    grid = Supply("grid", "import", prices, Amount(np.inf))
    gas = Supply("gas", "generator", 30.0, Amount(0.0, available, "gas_mw"))
    rule = Commitment("gas", minimum_frac, start_cost_per_mw)
    return Problem(1.0, np.array(load, float), (grid, gas), commitments=(rule,))


def test_a_generator_stays_off_where_its_minimum_is_too_much():
    found = linear_dispatch(site([40, 40], [1.0, 3.0], minimum_frac=0.5), {"gas_mw": 4.0})
    assert found.solver == "highs"
    assert found.take_mw["gas"] == pytest.approx([0.0, 3.0])
    assert found.value == pytest.approx(40 + 90)
    assert found.price_per_mwh == pytest.approx([40, 30])


def test_a_generator_runs_at_its_minimum_through_a_cheap_hour_when_a_start_is_dear():
    through = linear_dispatch(site([90, 20, 90], [4.0] * 3, 0.5, start_cost_per_mw=100.0), {"gas_mw": 4.0})
    assert through.take_mw["gas"] == pytest.approx([4.0, 2.0, 4.0])
    assert through.value == pytest.approx(120 + 60 + 40 + 120)  # it never starts: the axis is a cycle
    again = linear_dispatch(site([90, 20, 90], [4.0] * 3, 0.5, start_cost_per_mw=1.0), {"gas_mw": 4.0})
    assert again.take_mw["gas"] == pytest.approx([4.0, 0.0, 4.0])
    assert again.value == pytest.approx(120 + 80 + 120 + 4)


def test_the_gradient_counts_full_power_minimum_and_start():
    problem = site([90, 20, 20], [4.0] * 3, 0.5, start_cost_per_mw=10.0)
    found = linear_dispatch(problem, {"gas_mw": 2.0})
    assert found.take_mw["gas"] == pytest.approx([2.0, 0.0, 0.0])
    assert found.gradient["gas_mw"] == pytest.approx(30 - 90 + 10)
    through = linear_dispatch(site([90, 20, 90], [4.0] * 3, 0.5, 100.0), {"gas_mw": 2.0})
    assert through.gradient["gas_mw"] == pytest.approx(2 * (30 - 90) + 0.5 * (30 - 20))


def test_availability_moves_minimum_and_power():
    found = linear_dispatch(site([90, 90], [9.0, 9.0], 0.5, available=np.array([1.0, 0.5])), {"gas_mw": 4.0})
    assert found.take_mw["gas"] == pytest.approx([4.0, 2.0])


def test_a_fixed_generator_has_no_gradient():
    problem = site([90, 90], [9.0, 9.0], 0.5)
    fixed = replace(problem.supplies[1], power=Amount(4.0))
    found = linear_dispatch(replace(problem, supplies=(problem.supplies[0], fixed)), {})
    assert found.take_mw["gas"] == pytest.approx([4.0, 4.0])
    assert found.gradient == {}


def test_a_commitment_of_nothing_is_refused():
    problem = replace(site([90], [9.0]), commitments=(Commitment("coal"),))
    with pytest.raises(StateError, match="commitment of 'coal': no supply has this name"):
        linear_dispatch(problem, {"gas_mw": 1.0})


def test_one_meter_never_buys_and_sells_at_once():
    grid = Supply("grid", "import", 10.0, Amount(5.0))
    sell = Supply("sell", "export", np.array([15.0, 5.0]), Amount(3.0))
    sun = Supply("sun", "solar", 0.0, Amount(2.5))
    found = linear_dispatch(Problem(1.0, np.array([2.0, 2.0]), (grid, sell, sun, LOST)), {})
    assert found.export_mw == pytest.approx([0.5, 0.5])
    assert found.take_mw["grid"] == pytest.approx([0.0, 0.0])
    assert found.value == pytest.approx(-0.5 * 15 - 0.5 * 5)


def test_where_the_load_is_larger_the_meter_buys():
    grid = Supply("grid", "import", 10.0, Amount(5.0))
    sell = Supply("sell", "export", 15.0, Amount(3.0))
    found = linear_dispatch(Problem(1.0, np.array([2.0]), (grid, sell, LOST)), {})
    assert found.export_mw == pytest.approx([0.0])
    assert found.take_mw["grid"] == pytest.approx([2.0])
    assert found.take_mw["sell"] == pytest.approx([3.0])
    assert found.value == pytest.approx(20)
    assert found.price_per_mwh == pytest.approx([10])


@pytest.mark.parametrize("size_cost", [5.0, 60.0, 140.0])
def test_a_planned_generator_with_minimum_and_starts_is_the_best_of_all_its_sizes(size_cost):
    problem = site([90, 20, 60, 10], [4.0, 3.0, 2.0, 1.0], 0.5, start_cost_per_mw=8.0)
    best = solve_sizing([SizeColumn("gas_mw", size_cost, 0.0, 5.0)], [], [(problem, 1.0)])
    tried = [
        size_cost * size + linear_dispatch(problem, {"gas_mw": size}).value
        for size in np.linspace(0.0, 5.0, 41)
    ]
    assert best.objective == pytest.approx(min(tried), rel=1e-6)
    there = linear_dispatch(problem, best.sizes).value + size_cost * best.sizes["gas_mw"]
    assert there == pytest.approx(best.objective, rel=1e-6)
    assert best.solver == "highs"


def test_a_planned_connection_neither_buys_and_sells_at_once():
    grid = Supply("grid", "import", 10.0, Amount(0.0, 1.0, "grid_mw"))
    sell = Supply("sell", "export", 15.0, Amount(0.0, 1.0, "sell_mw"))
    problem = Problem(1.0, np.array([2.0]), (grid, sell, LOST))
    columns = [SizeColumn("grid_mw", 1.0, 0.0, 9.0), SizeColumn("sell_mw", 0.0, 0.0, 9.0)]
    assert solve_sizing(columns, [], [(problem, 1.0)]).objective == pytest.approx(22)
