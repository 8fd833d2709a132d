"""The chains and the network of a campus, as its file declares them."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.physics.chain import make_chain, make_network
from wattstack.physics.kernel import chain, feeder, genset, inverter, supply, ups

pytestmark = pytest.mark.tiny

RAW = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2023-04-01T00:00+09:00", "step": "30min"},
    "load": {
        "east": {"it_mw": 60, "rack_storage": {"energy_j_per_gpu": 65}},
        "west": {"it_mw": 40, "ups_loss_frac": 0.02},
        "offices": {"draw_mw": 3},
    },
    "grid": {
        "connection": {"firm_mw": 110, "frequency_hz": 60, "short_circuit_mva": 4000, "x_over_r": 10},
        "tariff": {"energy": {"price_per_mwh": 9000}},
    },
    "battery": {
        "main": {"power_mw": 50, "energy_mwh": 100, "charge_eff": 0.9, "discharge_eff": 0.9,
                 "inverter": {"mode": "grid-forming"}},
        "none": {"power_mw": 0, "energy_mwh": 0, "charge_eff": 0.9, "discharge_eff": 0.9},
    },
    "generator": {
        "gas": {"power_mw": 40, "units": 4, "fuel_price_per_mwh": 8000, "emission_kg_per_mwh": 400},
        "old": {"power_mw": 0, "fuel_price_per_mwh": 8000, "emission_kg_per_mwh": 400},
    },
}  # fmt: skip
GROUPS = ("east", "east", "west")
FULL_MW = np.array([20.0, 30.0, 30.0])
GPUS = np.array([10000.0, 15000.0, 0.0])


def campus(**sections) -> Campus:
    return Campus.model_validate({**RAW, **sections})


def test_groups_share_a_unit_by_their_power_and_a_hall_without_one_pays_its_loss():
    found = make_chain(campus(ups={"a": {"serves": ["east"]}}), GROUPS, FULL_MW, GPUS, 60.0)
    assert found.names == ("a", "a", "")
    rating = 1.1 * 60.0
    assert found.const[ups.RATING_MW] == pytest.approx([0.4 * rating, 0.6 * rating, 0.0])
    assert found.const[ups.BATTERY_FULL_MJ] == pytest.approx(found.const[ups.RATING_MW] * 300.0)
    assert found.const[supply.STORE_FULL_MJ] == pytest.approx([0.65, 0.975, 0.0])
    assert found.const[ups.KIND].tolist() == [ups.DOUBLE, ups.DOUBLE, ups.NO_UPS]
    assert found.const[ups.LOSS_FRAC, 2] == 0.02


def test_a_unit_that_names_no_hall_feeds_them_all_with_the_sizes_it_declares():
    found = make_chain(campus(ups={"a": {"power_mw": 160, "energy_mwh": 8}}), GROUPS, FULL_MW, GPUS, 60.0)
    assert found.const[ups.RATING_MW].sum() == pytest.approx(160.0)
    assert found.const[ups.BATTERY_FULL_MJ].sum() == pytest.approx(8.0 * 3600.0)
    assert found.const[ups.SAG_COUNT].tolist() == [3, 3, 3]
    assert found.new_state(FULL_MW).shape[0] == ups.FIRST_SAG + 3


def test_a_campus_at_rest_draws_what_its_servers_do_and_the_losses():
    found = make_chain(campus(ups={"a": {"serves": ["east"], "power_mw": 66}}), GROUPS, FULL_MW, GPUS, 60.0)
    state, gpu_mw = found.new_state(0.5 * FULL_MW), 0.5 * FULL_MW
    ac_mw, ac_mvar = np.empty(3), np.empty(3)
    for k in range(200):
        chain.advance_chain(found.chain, state, gpu_mw, 1.0, 60.0, k * 0.001, 0.001, ac_mw, ac_mvar)
    loss = 1.0 / 0.96 - 1.0
    # half of the loss is there without load, of 26.4 and 39.6 MW
    assert ac_mw[:2] == pytest.approx([10.0 + loss * (13.2 + 5.0), 15.0 + loss * (19.8 + 7.5)])
    assert ac_mw[2] == pytest.approx(15.0 * 1.02)
    assert ac_mvar == pytest.approx(ac_mw * np.tan(np.arccos(0.99)))


def test_a_sag_makes_supplied_halls_leave_and_others_dark():
    found = make_chain(campus(ups={"a": {"serves": ["east"]}}), GROUPS, FULL_MW, GPUS, 60.0)
    gpu = np.repeat(FULL_MW[:, None], 300, axis=1)
    volt = np.ones(300)
    volt[100:200] = 0.4
    rows, drawn = found.run(gpu, volt, np.full(300, 60.0), 0.001)
    assert (rows[ups.UPS_MODE, :2, 150] == ups.ON_BATTERY).all()
    assert (rows[supply.SUPPLY_MODE, :, 150] == [supply.FED, supply.FED, supply.DARK]).all()
    assert (drawn[:, 150] == 0.0).all()


def test_the_rates_of_a_chain_follow_the_step():
    found = make_chain(campus(), GROUPS, FULL_MW, GPUS, 60.0)
    power, low = [], 0.5 * FULL_MW
    for step_s in (0.001, 0.005):
        state = found.new_state(low)
        ac_mw, ac_mvar = np.empty(3), np.empty(3)
        for k in range(round(0.03 / step_s)):
            chain.advance_chain(found.chain, state, FULL_MW, 1.0, 60.0, k * step_s, step_s, ac_mw, ac_mvar)
        power.append(ac_mw[2])
    assert power[0] == pytest.approx(power[1])
    assert power[0] == pytest.approx(1.02 * (15.0 + 15.0 * (1.0 - np.exp(-1.0))))


def test_the_network_holds_what_stands_and_each_unit_of_a_generator():
    found = make_network(campus())
    assert found.inverters == ("main",)
    assert found.gensets == ("gas",) * 4
    assert found.network.feeder[feeder.NOMINAL_HZ] == 60.0
    assert np.hypot(*found.network.feeder[:2]) == pytest.approx(1.0 / 4000.0)
    assert found.network.inverters[inverter.RATING_MVA].tolist() == [50.0]
    assert found.network.inverters[inverter.FORMS].tolist() == [1.0]
    assert found.network.gensets[genset.G_POWER_MW].tolist() == [10.0] * 4


def test_an_island_has_the_frequency_that_it_is_given():
    found = make_network(campus(grid=None), frequency_hz=50.0)
    assert found.network.feeder[feeder.NOMINAL_HZ] == 50.0
    with pytest.raises(InputError, match="frequency_hz must be given"):
        make_network(campus(grid=None))


def test_a_campus_that_is_not_sized_is_refused():
    raw = {**RAW["battery"]["main"], "power_mw": {"max": 50}, "capital_per_mw": 1}
    with pytest.raises(InputError, match=r"battery.main.power_mw.*is a range"):
        make_network(campus(battery={"main": raw}))


def test_a_grid_without_short_circuit_power_is_refused():
    grid = {**RAW["grid"], "connection": {"firm_mw": 110}}
    with pytest.raises(InputError) as error:
        make_network(campus(grid=grid))
    assert [fault.where for fault in error.value.faults] == [
        "grid.connection.short_circuit_mva", "grid.connection.frequency_hz",
    ]  # fmt: skip


def test_a_locked_unit_stays_away_until_a_person_resets_it():
    declared = {"a": {"sag_count": 1, "return_s": 0.1, "walk_in_s": 0.1}}
    found = make_chain(campus(ups=declared), GROUPS, FULL_MW, GPUS, 60.0)
    state, ac_mw, ac_mvar = found.new_state(FULL_MW), np.empty(3), np.empty(3)
    drawn = []
    for k in range(1500):
        if k == 1000:
            state[ups.LOCK_S] = 0.0
        volt = 0.5 if k < 50 else 1.0
        chain.advance_chain(found.chain, state, FULL_MW, volt, 60.0, k * 0.001, 0.001, ac_mw, ac_mvar)
        drawn.append(ac_mw.sum())
    assert drawn[999] == 0.0
    assert drawn[-1] > FULL_MW.sum()
