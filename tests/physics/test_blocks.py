"""Many blocks move as each would alone; what they can do, they do when asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.physics import Cell, cell_of
from wattstack.physics.ageing import ageing_of
from wattstack.physics.blocks import BlockSpec, make_blocks
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.batch import advance_all, limits_all
from wattstack.physics.kernel.cell import Bounds, is_over, mean_kept, most_current, solve_current
from wattstack.physics.kernel.tables import NSLOT


def lfp(name="b", **given):
    return BlockSpec(name, cell_of("lfp-grid-2026"), None, 2.0, 1.0, 1.0, 0.025, 0.975, **given)


def plan_like(**given):
    return BlockSpec("r", None, None, 2.0, 1.0, 0.5, charge_eff=0.9, discharge_eff=0.95, **given)


def moved(blocks, asked, step_s=60.0, steps=1, temp_air_degc=25.0):
    state, age, flows = blocks.state.copy(), blocks.age.copy(), np.zeros((at.NFLOW, len(blocks.names)))
    for _ in range(steps):
        advance_all(
            blocks.blocks, blocks.ageing, state, age, np.asarray(asked, float), temp_air_degc, step_s, flows
        )
    return state, flows


def able(blocks, step_s=60.0):
    limits = np.zeros((2, len(blocks.names)))
    limits_all(blocks.blocks, blocks.state, blocks.age, 25.0, step_s, limits)
    return limits


def test_blocks_of_several_kinds_move_together_as_each_moves_alone():
    rng = np.random.default_rng(0)
    cells = [cell_of("lfp-grid-2026"), None, cell_of("nmc-2026")]
    specs = [
        BlockSpec(
            f"b{i}", cells[i // 3 % 3], None, 2.0, 1.0, 1.0, start_soc=float(rng.uniform(0.1, 0.9)),
            capacity_frac=float(rng.uniform(0.9, 1.1)), charge_eff=0.95,
        )
        for i in range(256)
    ]  # fmt: skip
    asked = rng.uniform(-1.0, 1.0, len(specs))
    together, flows = moved(make_blocks(specs), asked, steps=5)
    for b in (0, 3, 6, 40, 255):
        alone, own = moved(make_blocks([specs[b]]), asked[b : b + 1], steps=5)
        np.testing.assert_allclose(together[:, b], alone[:, 0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(flows[:, b], own[:, 0], rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 1.0), st.sampled_from([1.0, 60.0, 900.0]), st.floats(-10.0, 45.0))
def test_what_a_block_says_it_can_do_it_does(start_soc, step_s, temp_degc):
    blocks = make_blocks([lfp(start_soc=start_soc, start_temp_degc=temp_degc)])
    for row, way in ((at.CAN_CHARGE, -1.0), (at.CAN_DISCHARGE, 1.0)):
        limit = able(blocks, step_s)[row, 0]
        assert limit >= 0.0
        _, flows = moved(blocks, [way * limit], step_s, temp_air_degc=temp_degc)
        assert flows[at.INJECTION, 0] == pytest.approx(way * limit, rel=2e-4, abs=1e-9)
        _, more = moved(blocks, [way * 2.0], step_s, temp_air_degc=temp_degc)
        assert more[at.INJECTION, 0] == pytest.approx(way * limit, rel=1e-9, abs=1e-9)
        assert more[at.LIMIT, 0] != at.FREE


@pytest.mark.tiny
def test_a_reservoir_says_what_it_can_do():
    limits = able(make_blocks([plan_like(start_soc=0.9)]), 3600.0)
    assert limits[:, 0] == pytest.approx([0.2 / 0.9, 1.0])


@pytest.mark.tiny
def test_looking_at_limits_changes_nothing():
    blocks = make_blocks([lfp(), plan_like()])
    before = blocks.state.copy(), blocks.age.copy()
    able(blocks)
    assert (before[0] == blocks.state).all() and np.array_equal(before[1], blocks.age, equal_nan=True)


@pytest.mark.tiny
@pytest.mark.parametrize("spec", [lfp(), plan_like()])
def test_a_dead_block_does_nothing_and_can_do_nothing(spec):
    blocks = make_blocks([spec])
    blocks.blocks.rating[at.MODE] = at.DEAD
    state, flows = moved(blocks, [1.0])
    assert (flows == 0.0).all() or flows[at.LOSS_CELL, 0] < 1e-3  # only self-discharge goes on
    assert flows[at.INJECTION, 0] == flows[at.AUXILIARY, 0] == 0.0
    assert state[at.SOC, 0] == pytest.approx(0.5, abs=1e-5)
    assert (able(blocks) == 0.0).all()


def test_any_number_of_step_lengths_may_alternate():
    blocks, asked = make_blocks([lfp()]), np.array([0.3])
    flows, state, age = np.zeros((at.NFLOW, 1)), blocks.state.copy(), blocks.age.copy()
    lengths = [1.0, 60.0, 2.0, 900.0, 5.0, 7.0, 1.0, 60.0]
    assert len(set(lengths)) > NSLOT
    for step_s in lengths:
        advance_all(blocks.blocks, blocks.ageing, state, age, asked, 25.0, step_s, flows)
    fresh, own, old = make_blocks([lfp()]), blocks.state.copy(), blocks.age.copy()
    for step_s in lengths:
        fresh = make_blocks([lfp()])
        advance_all(fresh.blocks, fresh.ageing, own, old, asked, 25.0, step_s, flows)
    np.testing.assert_array_equal(state, own)


def test_a_temperature_that_is_no_number_reads_no_memory_it_should_not():
    state, _ = moved(make_blocks([lfp()]), [0.5], temp_air_degc=np.nan, steps=3)
    assert np.isnan(state[at.TEMP_CELL, 0]) and 0.0 <= state[at.SOC, 0] <= 1.0


def test_racks_that_age_faster_are_older():
    laws = ageing_of({"law": "naumann-lfp"})
    specs = [
        BlockSpec("b", cell_of("lfp-grid-2026"), laws, 2.0, 1.0, 1.0, ageing_frac=f) for f in (0.5, 1.0, 2.0)
    ]
    blocks = make_blocks(specs)
    age, flows = blocks.age, np.zeros((at.NFLOW, 3))
    for i in range(3000):
        asked = np.full(3, np.sin(i / 20.0))
        advance_all(blocks.blocks, blocks.ageing, blocks.state, age, asked, 25.0, 600.0, flows)
    assert (np.diff(age[at.CAPACITY]) < 0).all()


def test_curves_whose_points_lie_on_no_even_grid_are_met_closely():
    cell = cell_of("lfp-grid-2026")
    odd = np.sort(np.concatenate([cell.soc_points[::20], [0.0123456, 0.987654]]))
    values = {key: getattr(cell, key) for key in Cell.__dataclass_fields__}
    for key in ("ocv_v", "hysteresis_v", "self_discharge_frac_per_day", "entropic_v_per_k"):
        values[key] = np.interp(odd, cell.soc_points, values[key])
    odd_cell = Cell(**(values | {"soc_points": odd}))
    spec = BlockSpec("b", odd_cell, None, 2.0, 1.0, 1.0, start_soc=0.3)
    table = make_blocks([spec]).blocks.soc_table[0].reshape(-1, 8)[:, 0]
    assert table == pytest.approx(np.interp(np.linspace(0, 1, table.size), odd, odd_cell.ocv_v))


@pytest.mark.tiny
def test_small_formulas_keep_their_promises():
    part, whole = mean_kept(1.0, 2.0)
    assert part / whole == pytest.approx((1 - np.exp(-0.5)) / 0.5, rel=1e-3)
    for power in (-5.0, 0.0, 1e-12, 5.0):
        current = solve_current(3.0, 0.01, power)
        assert (3.0 - 0.01 * current) * current == pytest.approx(power, rel=1e-12)
    bounds = Bounds(10.0, 1.0, 0.02, 0.05 + 10.0 * 1e-3, 0.5, 1e300, 0.01, 20.0)
    taken, code = most_current(True, bounds)
    assert taken == pytest.approx(10.0 * (0.02 - taken * 1e-3) / 0.05)
    assert code == at.BY_SOC_LOW
    assert is_over(bounds, 1.001 * taken) and not is_over(bounds, 0.999 * taken)
