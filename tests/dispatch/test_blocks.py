"""Cuts of several visits put together block by block."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.dispatch.kernel.blocks import join_blocks, join_tasks

pytestmark = pytest.mark.tiny


def joined(rows: np.ndarray, floor: np.ndarray, ceiling: np.ndarray, y: np.ndarray):
    """Value, cut and choice; the blocks follow each other in a ring."""
    blocks = rows.shape[1]
    after = np.roll(np.arange(blocks), -1)
    earlier = np.roll(np.arange(blocks), 1)
    chosen, out = np.zeros(blocks, np.int64), np.zeros(len(y) + 1)
    value = join_blocks(rows, after, earlier, (floor, ceiling), y, chosen, out)
    return value, out, chosen


def test_each_block_is_taken_from_the_visit_that_knows_most_of_it():
    # Two visits, two blocks, one size; stored energy is worth the same everywhere, so that nothing is lost.
    rows = np.array(
        [[[0.0, 5.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]], [[0.0, 2.0, 1.0, 1.0], [1.0, 3.0, 1.0, 1.0]]]
    )
    value, out, chosen = joined(rows, np.zeros((2, 2)), np.array([[0.0, 4.0], [0.0, 4.0]]), np.array([2.0]))
    assert chosen.tolist() == [0, 1]
    assert value == 10.0
    assert out.tolist() == [1.0, 8.0]


def test_what_two_visits_disagree_on_at_a_blocks_end_is_lost_at_the_dearer_bound():
    rows = np.array([[[0.0, 5.0, 3.0, 1.0], [0.0, 5.0, 1.0, 2.0]]])
    value, _, _ = joined(
        rows, np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0.0, 4.0], [0.0, 4.0]]), np.array([1.0])
    )
    assert value == 11.0  # 10, and 3 - 2 > 0 at the floor of 1; 1 - 1 = 0 at the other end


def test_the_sum_is_at_the_point_no_lower_than_the_cut_of_any_visit_and_affine_in_the_sizes():
    chance = np.random.default_rng(5)
    for _ in range(40):
        visits, blocks, sizes = chance.integers(1, 5), chance.integers(1, 5), chance.integers(1, 4)
        rows = chance.normal(size=(visits, blocks, sizes + 3))
        floor = np.abs(chance.normal(size=(blocks, sizes + 1)))
        ceiling = floor + np.abs(chance.normal(size=(blocks, sizes + 1)))
        y = chance.uniform(0.0, 3.0, sizes)
        value, out, _ = joined(rows, floor, ceiling, y)
        alone = [joined(rows[k : k + 1], floor, ceiling, y)[0] for k in range(visits)]
        assert value >= max(alone) - 1e-9
        assert value == pytest.approx(out[:-1] @ y + out[-1])


def test_tasks_of_several_functions_are_joined_as_each_by_itself():
    chance = np.random.default_rng(7)
    functions, visits, blocks, sizes, tasks = 3, 4, 3, 2, 5
    parts = chance.normal(size=(functions, visits, blocks, sizes + 3))
    counts = np.array([4, 1, 2])
    floor = np.abs(chance.normal(size=(functions, blocks, sizes + 1)))
    ceiling = floor + 1.0
    ring = np.tile(np.arange(blocks), (functions, 1))
    first = np.array([0, 2, 2, tasks])  # the second function has no task
    points = chance.uniform(0.0, 3.0, (tasks, sizes))
    out, value = np.zeros((tasks, sizes + 1)), np.zeros(tasks)
    join_tasks(
        parts, counts, (np.roll(ring, -1, axis=1), np.roll(ring, 1, axis=1)), (floor, ceiling), first, points,
        np.zeros(blocks, np.int64), out, value,
    )  # fmt: skip
    for t, g in enumerate([0, 0, 2, 2, 2]):
        alone, cut, _ = joined(parts[g, : counts[g]], floor[g], ceiling[g], points[t])
        assert value[t] == alone
        assert out[t].tolist() == cut.tolist()
