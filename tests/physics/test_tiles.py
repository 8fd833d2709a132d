"""Many batteries on all cores: each as it moves alone, and to the same bits on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError, StateError
from wattstack.physics import (
    BlockSpec,
    ageing_of,
    cell_of,
    make_blocks,
    simulate_batteries,
    simulate_battery,
    tiles,
)
from wattstack.physics.kernel import layout as at
from wattstack.work import cores

STEPS = 150


def specs(count=200):
    """Batteries of three kinds, none of whose borders is a border of tiles."""
    lfp, nmc = cell_of("lfp-grid-2026"), cell_of("nmc-2026")
    laws, rng = ageing_of(lfp), np.random.default_rng(2)
    made = []
    for i in range(count):
        cell = lfp if i < 90 else nmc if i < 130 else None
        made.append(
            BlockSpec(
                f"b{i}",
                cell,
                laws if cell is lfp else None,
                2.0,
                1.0,
                1.0,
                capacity_frac=rng.uniform(0.9, 1.1),
                start_soc=rng.uniform(0.2, 0.8),
                charge_eff=0.95,
            )
        )
    return made


def asks(count=200):
    return np.random.default_rng(4).uniform(-1.1, 1.1, (STEPS, count))


def test_any_number_of_threads_moves_batteries_to_the_same_bits(monkeypatch):
    monkeypatch.setattr(tiles, "CHUNK", 64)
    ends = []
    for workers in (1, 2, 3, 7, None):
        made = make_blocks(specs())
        run = simulate_batteries(made, asks(), 22.0, 60.0, workers)
        ends.append([made.state, made.age, *run.values()])
    for other in ends[1:]:
        for one, same in zip(ends[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_each_of_many_batteries_moves_as_it_would_alone():
    made, asked = make_blocks(specs()), asks()
    together = simulate_batteries(made, asked, 22.0, 60.0)
    injection, stored, soc = np.zeros(STEPS), np.zeros(STEPS), np.zeros(STEPS)
    for b, spec in enumerate(specs()):
        own = make_blocks([spec])
        run = simulate_battery(own, asked[:, b], 22.0, 60.0)
        np.testing.assert_allclose(made.state[:, b], own.state[:, 0], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(made.age[:, b], own.age[:, 0], rtol=1e-10, atol=1e-12)
        injection += run["injection_mw"]
        stored += run["stored_mwh"]
        soc += run["soc"] / len(made.names)
    np.testing.assert_allclose(together["injection_mw"], injection, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(together["stored_mwh"], stored, rtol=1e-10)
    np.testing.assert_allclose(together["soc"], soc, rtol=1e-10)


def test_a_dead_battery_stays_dead_in_its_tile():
    made = make_blocks(specs())
    made.blocks.rating[at.MODE, 70:] = at.DEAD
    run = simulate_batteries(made, np.full((3, 200), 0.5), 22.0, 60.0)
    np.testing.assert_allclose(run["injection_mw"], 35.0, rtol=1e-9)


def test_the_cuts_do_not_split_what_belongs_together():
    made = make_blocks(specs(150))
    found = tiles.cut(made, [*range(0, 150, 12), 150], lambda first, last: (first, last))
    assert [tile.drive for tile in found] == [(0, 72), (72, 144), (144, 150)]
    assert [tile.first for tile in found] == [0, 72, 144]
    assert found[1].blocks.blocks.runs.tolist() == [[0, 18, 0], [18, 58, 1], [58, 72, 2]]
    assert found[1].blocks.names == made.names[72:144]


@pytest.mark.tiny
def test_a_few_steps_of_two_batteries():
    made = make_blocks([BlockSpec("r", None, None, 20.0, 10.0, 10.0, start_soc=0.2, discharge_eff=0.5)] * 2)
    run = simulate_batteries(made, np.array([[10.0, 1.0], [0.0, 0.5]]), 25.0, 1800.0, 1)
    assert run["injection_mw"].tolist() == [5.0, 0.5]
    assert cores() >= 1


def test_what_cannot_be_run_is_refused():
    made = make_blocks(specs(3))
    with pytest.raises(InputError, match=r"has the shape \(5,\), must be \(steps, 3\)"):
        simulate_batteries(made, np.zeros(5), 25.0, 60.0)
    with pytest.raises(InputError, match="setpoint_mw has 1 gaps, first at step 4"):
        simulate_batteries(made, np.where(np.arange(15).reshape(5, 3) == 13, np.nan, 0.1), 25.0, 60.0)
    with pytest.raises(InputError, match="step_s is 0"):
        simulate_batteries(made, np.zeros((5, 3)), 25.0, 0.0)
    made.state[at.SOC, 1] = 2.0
    with pytest.raises(StateError, match="b1: the state has soc 2"):
        simulate_batteries(made, np.zeros((5, 3)), 25.0, 60.0)
