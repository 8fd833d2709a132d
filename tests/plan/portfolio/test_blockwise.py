"""Cuts put together block by block: nowhere above the cost, exact where the last visit was, higher in between."""

from dataclasses import replace

import numpy as np
import pytest

from wattstack.dispatch import Amount, Problem, Runner, Storage, Supply
from wattstack.plan.portfolio.blockwise import BlockCuts, BlockEnds, BlockShelf

DAYS = 6
SUN, POWER, ENERGY = "solar.power_mw", "battery.power_mw", "battery.energy_mwh"


def problem(seed, by_day=True, **store):
    """Days of their own prices and sun, a battery and panels to be sized."""
    rng = np.random.default_rng(seed)
    count = 24 * DAYS
    hour = np.arange(count) % 24
    price = (
        50.0
        + 40.0 * np.sin(hour / 4.0)
        + rng.uniform(0.0, 60.0, DAYS).repeat(24)
        + rng.normal(0.0, 5.0, count)
    )
    sun = np.maximum(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0) * rng.uniform(0.3, 1.0, DAYS).repeat(24)
    supplies = (
        Supply("grid", "import", price, Amount(12.0)),
        Supply("solar", "solar", 0.0, Amount(0.0, sun, SUN)),
        Supply("unserved", "unserved", 5_000.0, Amount(np.inf)),
    )
    battery = Storage(
        "battery", charge=Amount(0.0, 1.0, POWER), discharge=Amount(0.0, 1.0, POWER),
        ceiling=Amount(0.0, 1.0, ENERGY), charge_eff=0.93, discharge_eff=0.95, **store,
    )  # fmt: skip
    block = np.arange(count) // 24 if by_day else None
    slack = 2.0 * 5_000.0 / 0.93
    return Problem(1.0, np.full(count, 10.0), supplies, (battery,), block=block, floor_slack_per_mwh=slack)


def join(blocks, y):
    """Value, and grad and const, of the cut put together for one point."""
    values, cuts = BlockShelf([blocks], [1]).join(y[None])
    return values[0], cuts[0]


def visited(runners, weights, points):
    """Cuts by block of these points, what they are worth there, and the plain cuts of every visit."""
    places = [np.arange(len(runners[0].names))] * len(runners)
    ends = BlockEnds.of(runners, places, len(runners[0].names))
    blocks, whole = BlockCuts(ends), []
    for y in points:
        cuts = [runner.run(y) for runner in runners]
        blocks.add(ends.rows(cuts, places, weights))
        grad = sum(w * c.slope for w, c in zip(weights, cuts, strict=True))
        value = sum(w * c.value for w, c in zip(weights, cuts, strict=True))
        whole.append((value - grad @ y, grad, value))
    return blocks, whole


def points_of(seed, count):
    return np.random.default_rng(seed).uniform(0.5, 1.0, (count, 3)) * np.array([8.0, 6.0, 20.0])


@pytest.mark.parametrize("seed", range(4))
def test_a_joined_cut_lies_nowhere_above_the_cost(seed):
    runner = Runner(problem(seed))
    blocks, _ = visited([runner], [1.0], points_of(seed, 10))  # more than there is room for at first
    others = [*points_of(seed + 100, 8), np.zeros(3)]
    costs = [runner.run(y).value for y in others]
    for y in points_of(seed + 50, 5):
        value, (*grad, const) = join(blocks, y)
        assert value == pytest.approx(const + grad @ y)
        for there, cost in zip(others, costs, strict=True):
            assert const + grad @ there <= cost * (1.0 + 1e-9)


def test_a_joined_cut_is_the_cost_itself_where_a_visit_was():
    runner = Runner(problem(1))
    points = points_of(1, 5)
    blocks, whole = visited([runner], [1.0], points)
    for y, (_, _, value) in zip(points, whole, strict=True):
        assert join(blocks, y)[0] == pytest.approx(value, rel=1e-10)


def test_between_visits_a_joined_cut_is_higher_than_every_visit():
    runner = Runner(problem(2))
    blocks, whole = visited([runner], [1.0], points_of(2, 6))
    points = points_of(60, 10)
    single = np.array([max(const + grad @ y for const, grad, _ in whole) for y in points])
    joined = np.array([join(blocks, y)[0] for y in points])
    cost = np.array([runner.run(y).value for y in points])
    assert np.all(joined <= cost * (1.0 + 1e-9))
    assert np.all(joined >= single * (1.0 - 1e-9))
    assert (joined - single).sum() > 0.1 * (cost - single).sum() > 1.0


def test_scenarios_are_cycles_of_their_own():
    runners, weights = [Runner(problem(3)), Runner(problem(4))], [0.25, 2.0]
    points = points_of(3, 4)
    blocks, whole = visited(runners, weights, points)
    assert blocks.ends.after.tolist() == [1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 6]
    assert np.array_equal(blocks.ends.after[blocks.ends.earlier], np.arange(12))
    assert join(blocks, points[-1])[0] == pytest.approx(whole[-1][2], rel=1e-10)
    cost = sum(w * r.run(points[0] * 0.8).value for w, r in zip(weights, runners, strict=True))
    for y in points:
        _, (*grad, const) = join(blocks, y)
        assert const + grad @ (points[0] * 0.8) <= cost * (1.0 + 1e-9)


def test_a_floor_that_no_size_moves_is_worth_what_it_holds_back():
    made = problem(5)
    held = replace(made.storages[0], floor=Amount(2.0), ceiling=Amount(4.0, 1.0, ENERGY))
    runner = Runner(replace(made, storages=(held,)))
    points = points_of(5, 4)
    blocks, whole = visited([runner], [1.0], points)
    assert np.all(blocks.ends.floor[:, -1] == 2.0) and np.all(blocks.ends.ceiling[:, -1] == 4.0)
    assert join(blocks, points[-1])[0] == pytest.approx(whole[-1][2], rel=1e-10)


def test_what_does_not_fall_apart_into_closed_cycles_has_no_blocks():
    open_end = problem(6, start_mwh=0.0)
    assert BlockEnds.of([Runner(open_end)], [np.arange(3)], 3) is None
    made = problem(6)
    signed = replace(made.storages[0], ceiling=Amount(-1.0, 1.0, ENERGY))
    assert BlockEnds.of([Runner(replace(made, storages=(signed,)))], [np.arange(3)], 3) is None
