"""Cuts of all functions side by side: the highest of each task, as rows of the master."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattstack.plan.kernel import highest, write_rows
from wattstack.plan.portfolio import known as module
from wattstack.plan.portfolio.known import Known
from wattstack.plan.portfolio.pool import Pool


def tasks_of(*columns):
    """Tasks whose coordinates are these columns, the cost of the n-th in column 10 + n."""
    return [SimpleNamespace(columns=np.array(at), cost=10 + n) for n, at in enumerate(columns)]


@pytest.mark.tiny
def test_every_task_gets_the_highest_cut_of_its_own_function():
    rng = np.random.default_rng(4)
    rows, owner, first = rng.normal(size=(30, 4)), rng.integers(0, 3, 30), np.array([0, 2, 2, 5])
    points = rng.uniform(0.0, 2.0, (5, 4))
    value, place = np.empty(5), np.zeros(5, np.int64)
    highest(rows, owner, first, points, value, place)
    for t, g in enumerate((0, 0, 2, 2, 2)):
        own = np.flatnonzero(owner == g)
        assert place[t] == own[np.argmax(rows[own] @ points[t])]
        assert value[t] == pytest.approx(rows[place[t]] @ points[t])


@pytest.mark.tiny
def test_cuts_are_written_as_rows_without_their_zeros():
    rows, places = np.array([[2.0, 0.0, 5.0], [0.0, 4.0, 7.0]]), np.array([[0, 1, -1], [2, 3, -1]])
    starts, index, value, lower = np.empty(3, np.int64), np.empty(6, np.int64), np.empty(6), np.empty(2)
    order = np.array([1, 0]), np.array([0, 1]), places, np.array([8, 9])
    assert write_rows(rows, *order, 10.0, starts, index, value, lower) == 4
    assert starts.tolist() == [0, 2, 4] and index[:4].tolist() == [1, 8, 2, 9]
    assert value[:4].tolist() == [-40.0, 1.0, -20.0, 1.0] and lower.tolist() == [70.0, 50.0]


def test_functions_of_fewer_coordinates_stand_beside_those_of_more():
    pool = Pool()
    pool.add("long", 1e6, np.array([2e6, 3e6]))
    pool.add("short", 5e6, np.array([7e6]))
    known = Known(pool, tasks_of([0, 1], [2]), {"long": 1, "short": 1})
    points = known.points(np.array([1.0, -1.0, 2.0]))
    value, place = known.highest(points)
    assert value.tolist() == [3e6, 19e6]  # what is below zero counts as zero
    picked = known.pick([0, 1], place.tolist())
    assert picked.starts.tolist() == [0, 3, 5]
    assert picked.index.tolist() == [0, 1, 10, 2, 11]
    assert picked.value == pytest.approx([-2.0, -3.0, 1.0, -7.0, 1.0])
    assert picked.lower == pytest.approx([1.0, 5.0])


def test_a_row_is_given_once_and_what_the_pool_learns_is_taken_over(monkeypatch):
    monkeypatch.setattr(module, "ROOM", 1)
    pool = Pool()
    pool.add("f", 0.0, np.array([1.0]))
    known = Known(pool, tasks_of([0]), {"f": 1})
    points = known.points(np.array([3.0]))
    assert known.highest(points)[0].tolist() == [3.0]
    assert len(known.pick([0], [0]).lower) == 1 and len(known.pick([0], [0]).lower) == 0
    for const in range(1, 6):
        pool.add("f", float(const), np.array([1.0]))
    pool.add("g", 100.0, np.array([1.0]))  # a function of another search
    value, place = known.highest(points)
    assert value.tolist() == [8.0] and known.rows_of == [[0, 1, 2, 3, 4, 5]] and place.tolist() == [5]
