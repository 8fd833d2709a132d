"""The small programme's own simplex: what HiGHS finds it finds too, batch by batch, with prices that prove it."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.plan import simplex
from wattstack.plan.kernel import simplex as kernel
from wattstack.plan.simplex import SmallProgram


def limits(rng, middle, width, kinds):
    """Lower and upper limits around `middle` that leave it allowed; a width of 0 between is an equality."""
    kind = rng.integers(0, 4, len(middle))
    lower = np.where((kind == 0) | (kind == 1), -np.inf, middle - width)
    upper = np.where((kind == 0) | (kind == 2), np.inf, middle + width)
    lower[~np.isin(kind, kinds)] = middle[~np.isin(kind, kinds)]
    upper[~np.isin(kind, kinds)] = middle[~np.isin(kind, kinds)]
    return lower, upper


def drawn(seed):
    """A programme as (cost, lower, upper, matrix, row_lower, row_upper): every second one of small whole numbers,
    so that its vertices are degenerate; every fifth one moved so that mostly nothing meets its rows."""
    rng = np.random.default_rng(seed)
    n, rows = rng.integers(1, 20), rng.integers(0, 30)
    whole = seed % 2 == 0
    numbers = (
        (lambda *size: rng.integers(-2, 3, size).astype(float))
        if whole
        else lambda *size: rng.normal(size=size)
    )
    matrix = numbers(rows, n) * (rng.random((rows, n)) < rng.uniform(0.1, 0.9))
    middle, cost = numbers(n), numbers(n) + (1.0 if seed % 3 else 0.0)
    lower, upper = limits(rng, middle, rng.integers(0, 4, n), (0, 1, 2, 3))
    row_lower, row_upper = limits(rng, matrix @ middle, rng.integers(0, 3, rows), (1, 2, 3))
    moved = 3.0 if seed % 5 == 0 else 0.0
    return cost, lower, upper, matrix, row_lower + moved, row_upper + moved


def with_rows(program, matrix, lower, upper):
    """Add rows of a full matrix."""
    places = [np.flatnonzero(row) for row in matrix]
    starts = np.cumsum([0, *map(len, places)])
    index = np.concatenate([np.empty(0, int), *places])
    value = np.concatenate([np.empty(0), *(row[at] for row, at in zip(matrix, places, strict=True))])
    program.add_rows(starts, index, value, lower, upper)


def by_highs(cost, lower, upper, matrix, row_lower, row_upper):
    """The least cost, None where there is none."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("presolve", "off")
    for bounds in zip(cost, lower, upper, strict=True):
        highs.addCol(*bounds, 0, [], [])
    for row, low, high in zip(matrix, row_lower, row_upper, strict=True):
        at = np.flatnonzero(row)
        highs.addRow(low, high, len(at), at, row[at])
    highs.run()
    optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return highs.getInfo().objective_function_value if optimal else None


def proven(program, cost, lower, upper, matrix, row_lower, row_upper):
    """The bound that the prices prove: no point within the limits costs less."""
    price = program.duals()
    rest = cost - matrix.T @ price
    total = 0.0
    for slope, low, high in ((price, row_lower, row_upper), (rest, lower, upper)):
        at = np.flatnonzero(np.abs(slope) > 1e-7)
        total += float(np.sum(slope[at] * np.where(slope[at] > 0.0, low[at], high[at])))
    return total


def checked(seed, batches=1):
    """Solve both ways; returns whether HiGHS and we have found an optimum."""
    cost, lower, upper, matrix, row_lower, row_upper = given_ = drawn(seed)
    program = SmallProgram(cost, lower, upper)
    for part in np.array_split(np.arange(len(matrix)), batches):
        with_rows(program, matrix[part], row_lower[part], row_upper[part])
        found = program.solve()
    least = by_highs(*given_)
    if found:
        assert least is not None, f"seed {seed}: HiGHS finds no optimum"
        assert cost @ program.x == pytest.approx(least, rel=1e-7, abs=1e-7)
        assert np.all(program.x >= lower - 1e-7) and np.all(program.x <= upper + 1e-7)
        at = matrix @ program.x
        assert np.all(at >= row_lower - 1e-7) and np.all(at <= row_upper + 1e-7)
        assert proven(program, *given_) == pytest.approx(least, rel=1e-6, abs=1e-6)
    return least is not None, found


def test_six_hundred_programmes_end_as_with_highs():
    ends = [checked(seed) for seed in range(600)]
    there = sum(least for least, _ in ends)
    assert 200 < there < 500  # the others have no end, or no point
    assert sum(found for _, found in ends) >= 0.99 * there


@settings(max_examples=60, deadline=None)
@given(st.integers(1000, 1_000_000), st.integers(2, 6))
def test_rows_that_come_in_batches_lead_to_the_same_end(seed, batches):
    checked(seed, batches)


@pytest.mark.tiny
@pytest.mark.parametrize("seed", [2, 4, 7, 9, 11, 12, 18, 26])
def test_few_programmes_end_as_with_highs(seed):
    checked(seed, 3)


@pytest.mark.tiny
def test_a_corner_is_found_by_hand():
    # 2 x + y least, x + y >= 3, x - y = 1, y <= 1.5: x = 2, y = 1
    program = SmallProgram(np.array([2.0, 1.0]), np.zeros(2), np.array([np.inf, 1.5]))
    with_rows(program, np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([3.0, 1.0]), np.array([np.inf, 1.0]))
    assert program.solve()
    assert program.x == pytest.approx([2.0, 1.0])
    assert program.duals() == pytest.approx([1.5, 0.5])


@pytest.mark.tiny
def test_what_nothing_meets_and_what_has_no_end_is_not_solved():
    program = SmallProgram(np.array([1.0]), np.zeros(1), np.ones(1))
    with_rows(program, np.array([[1.0]]), np.array([2.0]), np.array([np.inf]))
    assert not program.solve()
    assert not SmallProgram(np.array([-1.0]), np.zeros(1), np.array([np.inf])).solve()
    assert SmallProgram(np.array([0.0]), np.array([-np.inf]), np.array([np.inf])).solve()


@pytest.mark.tiny
def test_a_free_column_waits_at_zero_until_a_row_holds_it():
    program = SmallProgram(np.array([0.0, 1.0]), np.array([-np.inf, 0.0]), np.full(2, np.inf))
    assert program.solve() and program.x.tolist() == [0.0, 0.0]
    with_rows(program, np.array([[1.0, 1.0]]), np.array([-7.0]), np.array([-7.0]))
    assert program.solve() and program.x.tolist() == [-7.0, 0.0]


@pytest.mark.tiny
def test_other_costs_and_bounds_start_again_with_the_rows_kept():
    program = SmallProgram(np.array([1.0, 2.0]), np.zeros(2), np.full(2, np.inf))
    with_rows(program, np.array([[1.0, 1.0]]), np.array([3.0]), np.array([np.inf]))
    assert program.solve() and program.x.tolist() == [3.0, 0.0]
    program.restart(np.array([3.0, 2.0]), np.zeros(2), np.array([np.inf, 1.0]))
    assert program.solve() and program.x.tolist() == [2.0, 1.0]
    assert program.row_limits()[0].tolist() == [3.0]
    assert [part.tolist() for part in program.written()] == [[0, 2], [0, 1], [1.0, 1.0]]


@pytest.mark.tiny
def test_steps_without_gain_come_to_an_end(monkeypatch):
    # every row passes through the origin, where the vertex stays
    monkeypatch.setattr(kernel, "DEGENERATE_MOST", 0)
    rng = np.random.default_rng(3)
    matrix = rng.integers(-2, 3, (25, 6)).astype(float)
    program = SmallProgram(np.ones(6), np.full(6, -1.0), np.ones(6))
    with_rows(program, matrix, np.zeros(25), np.full(25, np.inf))
    assert program.solve()
    found = by_highs(np.ones(6), np.full(6, -1.0), np.ones(6), matrix, np.zeros(25), np.full(25, np.inf))
    assert float(program.x.sum()) == pytest.approx(found, abs=1e-7)


@pytest.mark.tiny
def test_an_inverse_that_has_lost_its_digits_is_made_afresh():
    program = SmallProgram(np.array([1.0, 1.0]), np.zeros(2), np.full(2, np.inf))
    with_rows(program, np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([4.0, 5.0]), np.full(2, np.inf))
    assert program.solve()
    at = program.x.copy()
    program._edges *= 3.0
    assert program.solve()
    assert program.x == pytest.approx(at)


@pytest.mark.tiny
def test_too_many_steps_are_no_answer(monkeypatch):
    monkeypatch.setattr(simplex, "STEPS_A_LIMIT", 0)
    assert not SmallProgram(np.ones(1), np.zeros(1), np.ones(1)).solve()


@pytest.mark.tiny
def test_there_is_room_for_more_rows_than_at_first(monkeypatch):
    monkeypatch.setattr(simplex, "ROOM", 8)
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(90, 12))
    lower = matrix @ np.ones(12) - 1.0
    program = SmallProgram(np.ones(12), np.full(12, -5.0), np.full(12, 5.0))
    for part in np.array_split(np.arange(len(matrix)), 9):
        with_rows(program, matrix[part], lower[part], np.full(len(part), np.inf))
        assert program.solve()
    least = by_highs(
        np.ones(12), np.full(12, -5.0), np.full(12, 5.0), matrix, lower, np.full(len(lower), np.inf)
    )
    assert float(program.x.sum()) == pytest.approx(least, abs=1e-7)
