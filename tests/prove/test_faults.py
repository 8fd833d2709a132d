"""Blocks of a battery that go and come back: numbers and charge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.physics.kernel import layout as block
from wattstack.prove.kernel import faults
from wattstack.prove.kernel import layout as at
from wattstack.prove.kernel.draws import draw, told_rate, told_share, told_shift, waiting


@pytest.fixture
def bench(study):
    """A bench of its own with all blocks in service."""
    made = type(study.stand)(
        study.stand.ground, study.stand.odds, study.stand.rules, study.stand.blocks, study.stand.units
    ).bench
    made.block[:] = 0.0
    made.block[[at.OF, at.ALIVE]] = 10.0
    return made


def charge(bench):
    """What stands in all blocks, in service or not, in units of one block's capacity."""
    return bench.block[at.ALIVE, 0] * bench.carry.state[block.SOC, 0] + bench.block[at.OUT_SOC, 0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["out", "back", "use"]), max_size=30))
def test_blocks_that_go_and_come_back_make_no_charge(study, moves):
    bench = type(study.stand)(
        study.stand.ground, study.stand.odds, study.stand.rules, study.stand.blocks, study.stand.units
    ).bench
    bench.block[:] = 0.0
    bench.block[[at.OF, at.ALIVE]] = 10.0
    bench.carry.state[block.SOC, 0] = 0.8
    for move in moves:
        alive = bench.block[at.ALIVE, 0]
        if move == "use" and alive > 0.0:
            bench.carry.state[block.SOC, 0] *= 0.9
        before = charge(bench)
        if move == "out" and alive > 0.0:
            faults._take_out(0, 1.0, bench)
        if move == "back" and alive < 10.0:
            faults._bring_back(0, bench)
        assert charge(bench) == pytest.approx(before, abs=1e-12)


def test_half_of_the_blocks_have_half_of_power_and_energy(bench):
    faults._take_out(0, 5.0, bench)
    now, whole = bench.fleet[0].rating[:, 0], bench.rating[:, 0]
    for row in (block.NAMEPLATE_MWH, block.CELLS, block.DISCHARGE_MW, block.CHARGE_MW, block.RATED_MW):
        assert now[row] == 0.5 * whole[row]
    assert now[block.PER_RATED] * now[block.RATED_MW] == pytest.approx(1.0)
    assert now[block.MODE] == whole[block.MODE]


def test_a_battery_without_blocks_is_dead_and_wakes_with_the_first(bench):
    bench.carry.state[block.SOC, 0] = 0.7
    faults._take_out(0, 10.0, bench)
    assert bench.fleet[0].rating[block.MODE, 0] == block.DEAD
    faults._bring_back(0, bench)
    assert bench.fleet[0].rating[block.MODE, 0] == bench.rating[block.MODE, 0]
    assert bench.carry.state[block.SOC, 0] == pytest.approx(0.7)


def test_blocks_that_are_down_at_the_start_are_binomial():
    u = (np.arange(20_000) + 0.5) / 20_000
    counts = np.array([faults._count_down(x, 0.1, 20) for x in u])
    assert counts.mean() == pytest.approx(2.0, abs=0.01)
    assert counts.var() == pytest.approx(1.8, rel=0.01)
    assert faults._count_down(0.999, 0.0, 20) == 0
    assert faults._count_down(1.0, 0.5, 3) <= 3


def test_a_draw_and_its_mirror_sum_to_one():
    for count in range(100):
        assert draw(5, (3, 0), at.D_START, 2, count) + draw(5, (3, 1), at.D_START, 2, count) == pytest.approx(
            1.0
        )


def test_draws_of_other_kinds_items_and_counts_are_other_draws():
    drawn = {
        draw(5, (3, 0), kind, item, count) for kind in range(5) for item in range(5) for count in range(5)
    }
    assert len(drawn) == 125


def test_what_never_happens_is_waited_for_for_ever():
    assert waiting(0.5, 0.0) == np.inf
    assert waiting(np.exp(-1.0), 0.1) == pytest.approx(10.0)


def test_likelihoods_of_shares_rates_and_shifts():
    assert told_share(0.1, 0.4, 2.0, 3.0) == pytest.approx(2 * np.log(0.25) + 3 * np.log(0.9 / 0.6))
    assert told_rate(0.1, 0.4, 2.0, 3.0) == pytest.approx(2 * np.log(0.25) + 0.9)
    assert told_shift(1.5, 2.0) == pytest.approx(-0.5 * 2.0**2 + 0.5 * (2.0 - 1.5) ** 2)
    assert told_share(0.0, 0.0, 0.0, 5.0) == 0.0
