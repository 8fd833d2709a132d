"""Exponential, logarithm and power without a call: as the mathematics has them, for one number and for eight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from wattstack.physics.kernel import vector as v
from wattstack.physics.kernel.elementary import decay, exponential, logarithm, power

pytestmark = pytest.mark.tiny
usual = settings(max_examples=100, deadline=None)


@njit
def all_four(rows, out, b):
    """Each of them, at one place."""
    x, p = v.get(rows, 0, b), v.get(rows, 1, b)
    v.put(out, 0, b, decay(x))
    v.put(out, 1, b, exponential(p))
    v.put(out, 2, b, logarithm(x))
    v.put(out, 3, b, power(x, p))


@given(st.floats(0.0, 600.0))
@usual
def test_decay_is_the_exponential(x):
    assert decay(x) == pytest.approx(math.exp(-x), rel=2e-15, abs=0.0)


@given(st.floats(-699.0, 699.0))
@usual
def test_exponential_is_true_to_the_last_bits(x):
    assert exponential(x) == pytest.approx(math.exp(x), rel=2e-15, abs=0.0)


@given(st.floats(1e-300, 1e300))
@usual
def test_logarithm_is_true_to_the_last_bits(a):
    assert logarithm(a) == pytest.approx(math.log(a), rel=2e-15, abs=1e-15)


@given(st.floats(1e-12, 1e6), st.floats(-5.0, 5.0))
@usual
def test_power_loses_no_more_than_it_says(a, p):
    wanted = a**p
    assert power(a, p) == pytest.approx(wanted, rel=2e-15 * (1.0 + abs(math.log(wanted))), abs=0.0)


def test_ends_are_held_and_nothing_to_any_power_is_nothing():
    assert decay(1e6) < 1e-300 and exponential(-1e6) < 1e-300
    assert 1e300 < exponential(1e6) < math.inf
    assert power(0.0, 0.5) == 0.0 and power(1.0, 1e3) == 1.0


def test_eight_are_as_one_to_the_last_bit():
    rows = np.random.default_rng(2).uniform(1e-6, 20.0, (2, v.LANES))
    one, eight = np.zeros((4, v.LANES)), np.zeros((4, v.LANES))
    for b in range(v.LANES):
        all_four(rows, one, b)
    all_four(rows, eight, v.lanes_of(0))
    assert one.tolist() == eight.tolist()
