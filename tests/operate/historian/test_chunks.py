"""Chunks of a signal: bit for bit, and small where the values came from registers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattstack.errors import StateError
from wattstack.operate.historian.chunks import pack, unpack


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(np.asarray(a, np.float32).view(np.uint32), b.view(np.uint32))


@settings(max_examples=150, deadline=None)
@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(width=32, allow_nan=True)))
def test_any_values_come_back_bit_for_bit(values):
    (chunk,) = pack(values[:, None])
    assert same(values, unpack(chunk, len(values)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.integers(-32768, 32767), st.none()), min_size=1, max_size=60), st.integers(0, 4))
def test_values_of_registers_come_back_bit_for_bit(raw, decimals):
    values = np.array([np.nan if r is None else r / 10.0**decimals for r in raw], dtype=np.float32)
    (chunk,) = pack(values[:, None])
    assert same(values, unpack(chunk, len(values)))


def test_a_power_in_kilowatts_takes_little_more_than_a_byte_a_value():
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(0, 20, 900)).round() / 1000 + 100.0
    (chunk,) = pack(walk.astype(np.float32)[:, None])
    assert len(chunk) < 1.3 * 900


def test_a_value_that_stands_takes_next_to_nothing():
    assert len(next(pack(np.full((900, 1), 1.05, np.float32)))) < 60


def test_many_signals_are_packed_as_each_by_itself():
    rng = np.random.default_rng(2)
    values = np.stack([np.round(rng.normal(size=50), 2), rng.normal(size=50), np.full(50, np.nan)], 1).astype(
        np.float32
    )
    assert list(pack(values)) == [next(pack(values[:, [k]])) for k in range(3)]


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_broken_chunk_is_told(cut):
    chunk = next(pack(np.arange(50, dtype=np.float32)[:, None]))
    with pytest.raises(StateError, match="does not hold 50 values"):
        unpack(chunk[:cut], 50)
