"""Sliding windows against every pair of samples looked at one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.prove.kernel.windows import steepest_excess, steepest_leg, widest_moves

pytestmark = pytest.mark.tiny
LISTS = st.lists(st.integers(-50, 50), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(LISTS, st.integers(1, 12))
def test_widest_moves_are_those_of_all_pairs_inside_the_window(values, steps):
    x = np.array(values, float)
    pairs = [(x[j] - x[i], i, j) for i in range(len(x)) for j in range(i + 1, min(i + steps + 1, len(x)))]
    rise, i, j, fall, k, m = widest_moves(x, steps)
    assert rise == max(0.0, *(p[0] for p in pairs)) and fall == max(0.0, *(-p[0] for p in pairs))
    assert rise == x[j] - x[i] and fall == x[k] - x[m]
    assert 0 <= j - i <= steps and 0 <= m - k <= steps


@settings(max_examples=60, deadline=None)
@given(LISTS, st.floats(0, 20))
def test_the_excess_over_a_slope_is_that_of_all_pairs(values, slope):
    x = np.array(values, float)
    most = max(0.0, *(x[j] - x[i] - slope * (j - i) for i in range(len(x)) for j in range(i + 1, len(x))))
    found, i, j = steepest_excess(x, slope)
    assert found == pytest.approx(most, abs=1e-9)
    assert found == pytest.approx(x[j] - x[i] - slope * (j - i), abs=1e-9) and i <= j


def test_a_ramp_of_the_limit_over_the_window_is_read_as_the_limit():
    assert widest_moves(np.arange(100.0), 15)[0] == 15.0


def test_a_leg_counts_only_where_it_goes_beyond_the_turn():
    wobble = np.array([0.0, 3.0, 0.0, 3.0, 0.0])
    assert steepest_leg(wobble, 3.5, 1) == (0.0, 0, 0.0, 0)
    assert steepest_leg(wobble, 2.5, 1) == (3.0, 0, 3.0, 1)


def test_the_steepest_part_of_a_leg_is_found_in_both_directions():
    rise, at, fall, then = steepest_leg(np.array([0.0, 1, 2, 7, 8, 9, 6, 5, 4, 0]), 4.0, 1)
    assert (rise, at) == (5.0, 2) and (fall, then) == (4.0, 8)


def test_a_small_move_back_does_not_end_a_leg():
    rise, _, fall, _ = steepest_leg(np.array([0.0, 4, 3, 8, 8]), 5.0, 2)
    assert (rise, fall) == (5.0, 0.0)


def test_a_leg_shorter_than_the_base_counts_whole():
    assert steepest_leg(np.array([0.0, 6.0, 0.0]), 5.0, 10)[0] == 6.0
