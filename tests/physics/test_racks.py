"""A plant of racks: the same as one block when all racks are equal, less than it when they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Battery
from wattstack.errors import InputError
from wattstack.physics import tiles
from wattstack.physics.battery import block_of, simulate_battery
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.strings import pass_on
from wattstack.physics.racks import make_racks, simulate_racks

ALIKE = {"capacity_spread_frac": 0.0, "resistance_spread_frac": 0.0, "ageing_spread_frac": 0.0}
WAVE = np.sin(np.arange(240) / 40.0) * 4.0


def plant(power_mw=5, energy_mwh=14.25, **racks):
    battery = Battery(power_mw=power_mw, energy_mwh=energy_mwh, usable_frac=0.95, charge_eff=0.95,
                      discharge_eff=0.95, chemistry="library:lfp-grid-2026", racks=racks)  # fmt: skip
    return block_of(battery), battery


@pytest.mark.parametrize("rule", ["voltage", "weakest"])
def test_equal_racks_are_one_block(rule):
    spec, battery = plant(**ALIKE)
    whole = simulate_battery(spec, WAVE, 25.0, 60.0)
    racks = simulate_racks(make_racks(spec, battery), WAVE, 25.0, 60.0, rule)
    for channel in ("injection_mw", "soc", "loss_cell_mw", "auxiliary_mw", "stored_mwh", "capacity_frac"):
        np.testing.assert_allclose(racks[channel], whole[channel], rtol=1e-9, atol=1e-9)


def test_racks_are_drawn_once_and_sum_to_the_plant():
    spec, battery = plant(container_mwh=5.0, racks_per_container=4, capacity_spread_frac=0.05)
    made, again = make_racks(spec, battery), make_racks(spec, battery)
    assert len(made.racks.names) == 12 and made.edges.tolist() == [0, 4, 8, 12]
    assert made.racks.names[:5] == ("battery.1.1", "battery.1.2", "battery.1.3", "battery.1.4", "battery.2.1")
    np.testing.assert_array_equal(made.racks.blocks.rating, again.racks.blocks.rating)
    stored = simulate_racks(made, np.zeros(1), 25.0, 60.0)["stored_mwh"][0]
    assert stored == pytest.approx(simulate_battery(spec, np.zeros(1), 25.0, 60.0)["stored_mwh"][0], rel=1e-6)


def test_racks_that_share_a_voltage_stay_closer_than_racks_that_share_power():
    spec, battery = plant(capacity_spread_frac=0.08, resistance_spread_frac=0.1)
    spread = {}
    for rule in ("voltage", "weakest"):
        run = simulate_racks(make_racks(spec, battery), np.full(60, 4.0), 25.0, 60.0, rule)
        spread[rule] = run["soc_highest"][-1] - run["soc_lowest"][-1]
        np.testing.assert_allclose(run["injection_mw"], 4.0, rtol=1e-9)
    assert 0.0 < spread["voltage"] < spread["weakest"]


def test_the_weakest_rack_sets_what_a_plant_of_equal_shares_gives():
    spec, battery = plant(capacity_spread_frac=0.1)
    equal, declared = plant(**ALIKE)
    given = simulate_racks(make_racks(spec, battery), np.full(300, 4.0), 25.0, 60.0, "weakest")[
        "injection_mw"
    ].sum()
    most = simulate_racks(make_racks(equal, declared), np.full(300, 4.0), 25.0, 60.0, "weakest")[
        "injection_mw"
    ].sum()
    assert given < 0.97 * most


@pytest.mark.tiny
def test_a_plant_that_turns_and_rests_keeps_its_balance():
    spec, battery = plant(1.0, 2.0, container_mwh=1.0, racks_per_container=3, resistance_spread_frac=0.2)
    asked = np.array([0.5, 0.0, -0.5, -0.5, 9.0])
    for rule in ("voltage", "weakest"):
        run = simulate_racks(make_racks(spec, battery), asked, 25.0, 600.0, rule)
        np.testing.assert_allclose(run["injection_mw"][:4], asked[:4], atol=1e-9)
        assert 0.0 < run["injection_mw"][4] <= 1.0 + 1e-9
        assert (run["soc_lowest"] <= run["soc"]).all() and (run["soc"] <= run["soc_highest"]).all()


@pytest.mark.parametrize("rule", ["voltage", "weakest"])
def test_any_number_of_threads_moves_a_plant_to_the_same_bits(monkeypatch, rule):
    monkeypatch.setattr(tiles, "CHUNK", 100)  # the shares of a tile are handed on from one part to the next
    spec, battery = plant(200, 400, container_mwh=5.0, racks_per_container=5, resistance_spread_frac=0.1)
    ends = []
    for workers in (1, 2, 5, None):
        made = make_racks(spec, battery)
        run = simulate_racks(made, 40.0 * WAVE, 25.0, 60.0, rule, workers)
        ends.append([made.racks.state, made.racks.age, *run.values()])
    assert len(made.racks.names) > 2 * tiles.MOST
    for other in ends[1:]:
        for one, same in zip(ends[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_containers_cut_into_tiles_run_as_the_whole_plant_does(monkeypatch):
    spec, battery = plant(200, 400, container_mwh=5.0, racks_per_container=5, resistance_spread_frac=0.1)
    cut_up = simulate_racks(make_racks(spec, battery), 40.0 * WAVE, 25.0, 60.0)
    monkeypatch.setattr(tiles, "MOST", 10_000)
    whole = simulate_racks(make_racks(spec, battery), 40.0 * WAVE, 25.0, 60.0)
    for channel in whole:
        np.testing.assert_allclose(cut_up[channel], whole[channel], rtol=1e-10, atol=1e-12)


def test_what_cannot_be_racks_is_refused():
    spec, battery = plant(racks_per_container=200)
    with pytest.raises(InputError, match="must be at most 128"):
        make_racks(spec, battery)
    with pytest.raises(InputError, match="a reservoir has no racks"):
        make_racks(block_of(plant()[1], reservoir=True), plant()[1])
    with pytest.raises(InputError, match="'fairest', must be one of voltage, weakest"):
        simulate_racks(make_racks(*plant()), WAVE, 25.0, 60.0, "fairest")
    with pytest.raises(InputError, match="step_s is 0"):
        simulate_racks(make_racks(*plant()), WAVE, 25.0, 0.0)


@given(
    st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0)), min_size=2, max_size=12),
    st.sampled_from([1, -1]),
)
@settings(max_examples=100, deadline=None)
def test_what_is_passed_on_stays_in_the_container_and_overloads_nobody_who_had_room(racks, way):
    can, asked = np.array(racks).T.copy()
    others = np.array([0.5, 0.25]) * way
    limits = np.vstack([np.append(can, [1.0, 0.1]), np.append(can, [1.0, 0.1])])
    shares = np.append(way * asked, others)
    edges = np.array([0, can.size, can.size + 2])
    limited = np.ones(2)
    pass_on(limits, edges, limited, shares)
    assert limited.tolist() == [float((asked > can).any()), 1.0]
    for first, last in ((0, can.size), (can.size, can.size + 2)):
        before = np.append(way * asked, others)[first:last]
        after, most = shares[first:last], limits[0, first:last]
        assert after.sum() == pytest.approx(before.sum(), abs=1e-12)
        had_room = np.abs(before) <= most
        assert (np.abs(after)[had_room] <= most[had_room] + 1e-12).all()
        assert (np.abs(after)[~had_room] <= np.abs(before)[~had_room] + 1e-12).all()
        if np.abs(before).sum() <= most.sum():
            assert (np.abs(after) <= most + 1e-9).all()


def test_a_rack_that_is_out_leaves_its_power_to_the_others_of_its_container():
    spec, battery = plant(container_mwh=15.0, racks_per_container=12)
    made = make_racks(spec, battery)
    made.racks.blocks.rating[block.DISCHARGE_MW, 0] = 0.05  # a converter that lost most of its power
    run = simulate_racks(made, np.full(30, 4.0), 25.0, 60.0)
    rated = 4.0 / 12
    assert run["injection_mw"][0] == pytest.approx(4.0 - rated + 0.05, rel=0.02)  # nobody knew of it yet
    np.testing.assert_allclose(run["injection_mw"][1:], 4.0, rtol=1e-9)


def test_a_plant_at_its_limits_gives_no_less_than_racks_bound_to_the_weakest():
    spec, battery = plant(capacity_spread_frac=0.05)
    deep = np.full(400, 4.5)
    passed = simulate_racks(make_racks(spec, battery), deep, 25.0, 60.0)["injection_mw"].sum()
    weakest = simulate_racks(make_racks(spec, battery), deep, 25.0, 60.0, "weakest")["injection_mw"].sum()
    assert passed > weakest
