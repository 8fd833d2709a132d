"""A fixed order, each step narrows, what could not be kept is named with its slack."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.operate.guard import ORDER, Feasible

NUMBERS = st.one_of(
    st.floats(-1e3, 1e3), st.just(float("nan")), st.just(float("inf")), st.just(float("-inf"))
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ORDER), NUMBERS, NUMBERS), max_size=9), st.floats(-1e3, 1e3))
def test_every_step_narrows_and_the_pick_lies_in_all_that_was_left(asked, wish):
    left = Feasible()
    left.narrow("device", -10.0, 8.0, "ratings")
    for step, low, high in sorted(asked, key=lambda one: ORDER.index(one[0])):
        before = left.low_mw, left.high_mw
        left.narrow(step, low, high, "test")
        assert before[0] <= left.low_mw <= left.high_mw <= before[1]
    power, _ = left.pick(wish)
    assert left.low_mw <= power <= left.high_mw
    assert -10.0 <= power <= 8.0


def test_the_order_is_the_one_of_the_reference_and_cannot_be_turned():
    assert ORDER[:4] == ("device", "connection", "island and lockout", "backup reserve")
    assert ORDER[-1] == "cost"
    left = Feasible()
    left.narrow("peak", 0.0, 1.0, "")
    with pytest.raises(ValueError, match="connection speaks after peak"):
        left.narrow("connection", 0.0, 1.0, "")


def test_a_reserve_below_a_connection_that_needs_power_is_missed_and_says_by_how_much():
    left = Feasible()
    left.narrow("device", -10.0, 10.0, "ratings")
    left.narrow("connection", 4.0, 50.0, "import at most 16 MW")
    left.narrow("backup reserve", -1e9, 0.0, "reserve 62 MWh")
    assert left.slacks == {"backup reserve": 4.0}
    assert left.pick(-5.0) == (4.0, "connection: import at most 16 MW")


def test_a_pick_that_is_free_is_held_off_by_nobody():
    left = Feasible()
    left.narrow("device", -10.0, 10.0, "ratings")
    assert left.pick(3.0) == (3.0, "")
