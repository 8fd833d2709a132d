"""What to change now, in words."""

from __future__ import annotations

import numpy as np

from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio.changes import tell_changes
from wattstack.plan.portfolio.result import Decisions
from wattstack.plan.portfolio.solve import Movable


def at(q: int, amount: float) -> np.ndarray:
    """So much in one period of six."""
    out = np.zeros(6)
    out[q] = amount
    return out


def told(old: dict, new: dict, now: int = 1, movable: tuple[Movable, ...] = ()) -> tuple[str, ...]:
    """Changes between two sets of decisions of the small portfolio."""
    return tell_changes(small_portfolio(), Decisions(old), Decisions(new), now, movable)


def test_an_order_is_told_with_what_it_was():
    new = {"generation_order": {("engine", "east", ""): at(2, 12.0)}}
    assert told({}, new) == ("order 12 MW of engine at east in 2027Q3 (was 0)",)
    assert told(new, {}) == ("order 0 MW of engine at east in 2027Q3 (was 12)",)


def test_suppliers_of_one_thing_are_told_together():
    old = {
        "server_order": {("first_gen", "east", "one"): at(1, 7.0), ("first_gen", "east", "two"): at(1, 3.0)}
    }
    new = {
        "server_order": {("first_gen", "east", "one"): at(1, 3.0), ("first_gen", "east", "two"): at(1, 7.0)}
    }
    assert told(old, new) == ()


def test_the_past_and_what_is_far_off_are_not_told():
    new = {"generation_order": {("engine", "east", ""): at(0, 12.0) + at(5, 3.0)}}
    assert told({}, new) == ()


def test_small_changes_are_not_told():
    old = {"order": {("shell", "east", ""): at(1, 200.0)}}
    assert told(old, {"order": {("shell", "east", ""): at(1, 202.0)}}) == ()


def test_the_dearest_change_comes_first():
    new = {
        "order": {("hv", "east", ""): at(1, 20.0)},
        "server_order": {("first_gen", "east", "one"): at(1, 120.0)},
        "line_order": {("cells",): at(1, 1.0)},
    }
    assert told({}, new) == (
        "order 120 MW IT of first_gen at east in 2027Q2 (was 0)",
        "order 1 lines in 2027Q2 (was 0)",
        "order 20 MVA of hv at east in 2027Q2 (was 0)",
    )


def test_stages_and_gates_are_told_by_their_dates():
    begun = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    new = {"commit": {("east", "second"): begun}, "start": {("north", "permit"): begun}}
    assert told({}, new) == (
        "commit second at east in 2027Q3 (was never)",
        "start the permit at north in 2027Q3 (was never)",
    )
    assert told(new, {"commit": {("east", "second"): np.zeros(6)}, "start": new["start"]}) == (
        "do not commit second at east now (was 2027Q3)",
    )


def test_servers_that_move_are_told_first():
    old = {"server_order": {("first_gen", "east", "one"): at(0, 10.0)}}
    new = {
        "server_order": {
            ("first_gen", "east", "one"): at(0, 4.0), ("first_gen", "north", "one"): at(0, 6.0),
            ("next_gen", "north", "one"): at(2, 9.0),
        }
    }  # fmt: skip
    lines = told(old, new, movable=(Movable("first_gen", "east", 0, 10.0),))
    assert lines == (
        "move 6 MW IT of first_gen ordered in 2027Q1 from east to north",
        "order 9 MW IT of next_gen at north in 2027Q3 (was 0)",
    )
