"""Arithmetic on eight blocks at once: the same as on one, compiled or not."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from wattstack.physics.kernel import vector as v

COUNT = 3 * v.LANES
RESULTS = 15


@njit(error_model="numpy")
def words(rows, scales, table, out, b):
    """Every word, at one place."""
    x, y, scale = v.get(rows, 0, b), v.get(rows, 1, b), v.get_one(scales, b)
    mask = (x > y) | ((x <= 0.2) & (y >= 0.5))
    v.put(out, 0, b, v.select(mask, x * 2.0 - y, 1.0 / y))
    v.put(out, 1, b, v.lower(x, 0.5) + v.upper(0.5, y) + v.lower(x, y))
    v.put(out, 2, b, v.magnitude(x - y) * scale)
    v.put(out, 3, b, v.root(y) / (1.0 + x))
    v.put(out, 4, b, v.select((x < y) & (x == 1.0 * x), 1.0, 0.0))
    v.put(out, 5, b, v.two_to(v.whole(y * 10.0) + 1.5 * 2.0**52))
    first, second, third, fourth = v.row_at(table, v.whole(y * 10.0), 4)
    v.put(out, 6, b, first + 10.0 * second + 100.0 * third + 1000.0 * fourth)
    last = v.row_at(table, v.whole(x * 10.0), 8)[7]
    v.put(out, 7, b, last)
    v.put(out, 8, b, 7.0)
    v.put(out, 9, b, v.select(mask, 1.0, y))
    v.put(out, 10, b, v.select(v.any_of(x > -1.0), 1.0, 0.0))
    v.put(out, 11, b, v.select(v.all_of(x > 2.0), 1.0, 0.0))
    v.put(out, 12, b, v.exponent_of(y * 1e-3))
    v.put(out, 13, b, 1.0 * v.count(b))
    v.put(out, 14, b, 1.0 * v.first(b))


def at_all(function, each):
    rows = np.random.default_rng(1).random((2, COUNT))
    table, out = np.arange(40.0) ** 2, np.zeros((RESULTS, COUNT))
    for b in range(0, COUNT, each):
        function(rows, np.linspace(1, 2, COUNT), table, out, b if each == 1 else v.lanes_of(b))
    return out


@pytest.mark.tiny
def test_eight_at_once_are_as_one_by_one_compiled_or_not():
    plain = getattr(words, "py_func", words)
    one, eight = at_all(words, 1), at_all(words, v.LANES)
    np.testing.assert_allclose(eight[:13], one[:13], rtol=1e-15)
    np.testing.assert_allclose(at_all(plain, v.LANES), eight, rtol=1e-15)
    np.testing.assert_allclose(at_all(plain, 1), one, rtol=1e-15)
    assert (one[13] == 1).all() and (eight[13] == v.LANES).all()
    assert eight[14].tolist() == [b // v.LANES * v.LANES for b in range(COUNT)]


@pytest.mark.tiny
def test_nothing_is_written_beside_a_place():
    rows = np.zeros((2, COUNT))
    v.put(rows, 1, v.lanes_of(v.LANES), 1.0)
    assert rows.sum() == v.LANES and rows[1, v.LANES : 2 * v.LANES].all()


@pytest.mark.tiny
def test_what_is_fetched_stays_as_it_is_even_past_the_last_row():
    def look(rows, field):
        v.fetch(rows, field, 1)
        return rows[0, 1]

    rows = np.arange(6.0).reshape(2, 3)
    for each in (look, njit(look)):
        assert [each(rows, 0), each(rows, 1), each(rows, 1_000_000)] == [1.0, 1.0, 1.0]
    assert (rows == np.arange(6.0).reshape(2, 3)).all()


def test_words_between_things_that_are_no_numbers_do_not_compile():
    @njit
    def nonsense(values):
        return v.lower(values, 1.0)

    if hasattr(nonsense, "py_func"):
        with pytest.raises(Exception, match="lower"):
            nonsense(np.zeros(3))


def test_a_branch_that_any_of_eight_takes_is_taken():
    @njit
    def most(rows, b):
        return v.any_of(v.get(rows, 0, b) > 0.5), v.all_of(v.get(rows, 0, b) > 0.5)

    rows = np.zeros((1, v.LANES))
    assert most(rows, v.lanes_of(0)) == (False, False)
    rows[0, -1] = 1.0
    assert most(rows, v.lanes_of(0)) == (True, False)
    assert most(rows + 1.0, v.lanes_of(0)) == (True, True)


@pytest.mark.tiny
def test_eight_are_summed_and_their_highest_found():
    def of_all(rows, b):
        x = v.get(rows, 0, b)
        return v.sum_of(x), v.highest_of(x), v.highest_of(0.0 - x)

    rows = np.random.default_rng(5).random((1, v.LANES)) - 0.3
    for each in (of_all, njit(of_all)):
        total, most, least = each(rows, v.lanes_of(0))
        assert total == pytest.approx(rows.sum(), rel=1e-14)
        assert (most, least) == (rows.max(), -rows.min())
        assert each(rows, 3) == (rows[0, 3], rows[0, 3], -rows[0, 3])
