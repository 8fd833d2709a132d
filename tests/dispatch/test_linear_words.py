"""Why there is no answer: the first step at fault and by how much, never a row number."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.dispatch import Amount, Problem, SizeColumn, SizeRow, Storage, Supply, solve_sizing
from wattstack.dispatch.linear.build import build_model
from wattstack.dispatch.linear.solve import linear_dispatch
from wattstack.dispatch.linear.words import explain_infeasible
from wattstack.errors import InfeasibleError


def grid(power, price=10.0):
    return Supply("grid", "import", price, Amount(power))


def say(problem, **sizes):
    with pytest.raises(InfeasibleError) as caught:
        linear_dispatch(problem, sizes)
    return str(caught.value)


def test_a_load_above_all_supply_names_step_and_mw():
    text = say(Problem(1.0, np.array([2.0, 7.0, 9.0, 1.0]), (grid(5.0),)))
    assert text.startswith(
        "step 1: the load of 7 MW is 2 MW above all that can serve it (2 steps in all, the worst 4 MW)."
    )
    assert "give unserved load a price" in text


def test_one_step_too_much_is_named_alone():
    text = say(Problem(1.0, np.array([2.0, 7.0]), (grid(5.0),)))
    assert text.startswith("step 1: the load of 7 MW is 2 MW above all that can serve it. Raise")


def test_a_battery_carries_what_it_can_before_a_step_is_at_fault():
    unit = Storage("b", Amount(5.0), Amount(5.0), ceiling=Amount(1.0), start_mwh=0.0)
    text = say(Problem(1.0, np.array([4.0, 6.0, 6.0]), (grid(5.0),), (unit,)))
    assert text.startswith("step 2: the load of 6 MW is 1 MW above")


def test_power_that_nobody_takes_is_named():
    unit = Storage("b", Amount(0.0), Amount(5.0), ceiling=Amount(np.array([3.0, 1.0])), start_mwh=3.0)
    text = say(Problem(1.0, np.array([0.0, 0.5]), (grid(5.0),), (unit,)))
    assert text.startswith(
        "step 1: 1.5 MW more than the load and all limits can take. Raise the export limit"
    )


def test_a_storage_that_cannot_empty_fast_enough_is_named():
    unit = Storage("b", Amount(0.0), Amount(1.0), ceiling=Amount(np.array([4.0, 1.0])), start_mwh=4.0)
    text = say(Problem(1.0, np.array([9.0, 9.0]), (grid(9.0),), (unit,)))
    assert text.startswith("step 1: b ends 1 MWh above its ceiling, and no power can mend it.")


def test_limits_that_miss_by_a_hair_are_called_that():
    model = build_model(Problem(1.0, np.array([1.0 + 1e-7]), (grid(1.0),)), {})
    assert "miss each other by a hair" in str(explain_infeasible(model))


def plan(columns, rows=(), load=3.0, twice=False, **more):
    problem = Problem(
        1.0, np.array([1.0, load]), (Supply("grid", "import", 1.0, Amount(0.0, 1.0, "mw")),), **more
    )
    with pytest.raises(InfeasibleError) as caught:
        solve_sizing(columns, rows, [(problem, 1.0)] * (2 if twice else 1))
    return str(caught.value)


def test_a_plan_that_cannot_serve_names_step_and_scenario():
    assert plan([SizeColumn("mw", 1.0, 0.0, 2.0)]).startswith("step 1: the load of 3 MW is 1 MW above")
    text = plan([SizeColumn("mw", 1.0, 0.0, 2.0)], twice=True)
    assert text.startswith("scenario 0, step 1: the load of 3 MW is 1 MW above")


def test_a_rule_that_no_sizes_keep_is_named():
    text = plan([SizeColumn("mw", 1.0, 0.0, 9.0)], [SizeRow("grid.most", {"mw": 1.0}, 11.0)])
    assert text.startswith("grid.most is missed by 2: no sizes within their bounds keep it.")


def test_a_floor_above_the_largest_storage_is_named():
    unit = Storage(
        "b", Amount(1.0), Amount(1.0), ceiling=Amount(0.0, 1.0, "mwh"), floor=Amount(5.0), start_mwh=5.0
    )
    columns = [SizeColumn("mw", 1.0, 0.0, 9.0), SizeColumn("mwh", 1.0, 0.0, 4.0)]
    assert plan(columns, storages=(unit,)).startswith("step 0: b.stored_mwh.most is missed by 1.")


def test_bounds_of_a_size_that_cross_are_named():
    assert plan([SizeColumn("mw", 1.0, 4.0, 3.0)]).startswith("two bounds of one size cross")
