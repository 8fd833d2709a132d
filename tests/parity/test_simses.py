"""What simses 2 does right, wattstack does alike; its faults are switched off where they were recorded."""

from __future__ import annotations

import numpy as np
import pytest

from parity.profiles import ambient_degc, pulses, wave
from parity.store import read_record
from tests.parity.packs import CountsEveryTurn, in_open_air, make_cell, make_pack, rms, run_pack
from wattstack.physics.ageing import ageing_of, stack_ageing
from wattstack.physics.converter import ConverterLoss, converter_ac_mw, converter_dc_mw
from wattstack.physics.fade import Steady, fade
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.ageing import age_all, close_age, new_age
from wattstack.physics.kernel.thermal import power_per_cooling, rated_per_cop
from wattstack.physics.thermal import Container

CASES = read_record("simses")["cases"]
CELL = CASES["cell"]
CELL_MWH = CELL["capacity_ah"] * CELL["nominal_v"] * 1e-6
OPEN_AIR = in_open_air(1.0 / CELL["thermal_k_per_w"] / CELL_MWH)


def sony_cell(**changes):
    return make_cell(CELL, **changes)


def without_hysteresis():
    return sony_cell(hysteresis_v=np.zeros(len(CELL["soc_points"])))


def test_a_cell_pulsed_at_one_second_has_the_charge_voltage_and_heat_of_simses():
    given = CASES["pulse"]
    power_w = given["peak_w"] * pulses(given["steps"], given["step_s"])
    shown = run_pack(make_pack(without_hysteresis(), 1.0, 20.0, OPEN_AIR), power_w, given["step_s"], 25.0)
    every, plain = given["every"], given["plain"]
    moves = np.array(plain["voltage_v"])[~np.isnan(shown.voltage_v[every - 1 :: every])]
    volts = shown.voltage_v[every - 1 :: every]
    assert np.abs(shown.soc[every - 1 :: every] - plain["soc"]).max() < 1e-6
    assert np.abs(volts[~np.isnan(volts)] - moves).max() < 2e-4
    assert np.abs(shown.temp_degc[every - 1 :: every] - plain["temp_degc"]).max() < 0.01


def test_hysteresis_in_charge_is_that_of_simses_where_its_sign_is_right():
    given = CASES["pulse"]
    power_w = np.full(given["charge_steps"], -given["charge_w"])
    pack = make_pack(sony_cell(hysteresis_gamma=1e6), 1.0, 20.0, OPEN_AIR)
    shown = run_pack(pack, power_w, given["step_s"], 25.0)
    every, charge = given["every"], given["charge"]
    assert np.abs(shown.soc[every - 1 :: every] - charge["soc"]).max() < 1e-6
    assert np.abs(shown.voltage_v[every - 1 :: every] - charge["voltage_v"]).max() < 2e-4
    assert np.abs(shown.temp_degc[every - 1 :: every] - charge["temp_degc"]).max() < 0.01


def test_hysteresis_costs_in_discharge_too():
    """simses adds its gap to the voltage in discharge as well, so that it costs nothing on the way round."""
    power_w = np.repeat([5.0, -5.0], 1800)
    lost = {}
    for name, cell in (("plain", without_hysteresis()), ("gap", sony_cell(hysteresis_gamma=1e6))):
        shown = run_pack(make_pack(cell, 1.0, 20.0, OPEN_AIR), power_w, 1.0, 25.0)
        lost[name] = 0.5 - shown.soc[-1]
    assert lost["gap"] > lost["plain"] + 0.003


def test_a_week_with_every_turn_counted_is_that_of_simses():
    given = CASES["week"]
    steps, step_s, every = given["steps"], given["step_s"], given["every"]
    cells = given["serial"] * given["parallel"]
    count = CountsEveryTurn(ageing_of("naumann-lfp").numbers, 0.5)
    shown = run_pack(
        make_pack(without_hysteresis(), cells, given["rated_w"], OPEN_AIR),
        given["rated_w"] * wave(steps, step_s, given["drift"]),
        step_s,
        ambient_degc(steps, step_s, given["air_mean_degc"], given["air_swing_k"]),
        count,
    )
    at_hours = slice(every - 1, None, every)
    assert np.abs(shown.soc[at_hours] - given["soc"]).max() < 5e-4
    assert given["serial"] * rms(shown.voltage_v[at_hours] - given["voltage_v"]) < 0.2
    assert np.abs(shown.temp_degc[at_hours] - given["temp_degc"]).max() < 0.05
    assert np.sqrt(count.calendar) == pytest.approx(given["calendar_loss"], abs=1e-5)
    assert np.sqrt(count.cycles) == pytest.approx(given["cycle_loss"], abs=1e-5)
    assert shown.resistance == pytest.approx(given["resistance"], abs=1e-5)


@pytest.mark.parametrize("name", ["notton", "rampinelli"])
def test_a_converter_loses_what_it_loses_in_simses(name):
    """Discharge is its law; in charge simses divides by in + loss where the loss belongs beside what comes in."""
    given = CASES["converter"][name]
    law = (given["fixed_frac"], given["linear_frac"], given["square_frac"])
    loss = ConverterLoss(0.0, law, law)
    for ac_frac, dc_frac in zip(CASES["converter"]["ac_frac"], given["dc_frac"], strict=True):
        if ac_frac < 0.0:
            assert converter_dc_mw(loss, -ac_frac, 1.0) == pytest.approx(-dc_frac, abs=1e-6)
            assert converter_ac_mw(loss, -dc_frac, 1.0) == pytest.approx(-ac_frac, abs=1e-6)
        elif ac_frac > 0.0:
            lost = ac_frac + converter_dc_mw(loss, -ac_frac, 1.0)
            assert ac_frac**2 / (ac_frac + lost) == pytest.approx(dc_frac, abs=1e-6)


def container():
    """The peer's box: its three layers of wall as one node outside the insulation, the inner sheet with the air."""
    given = CASES["container"]
    mwh = given["serial"] * given["parallel"] * CELL_MWH
    inside, mid_in, out_mid, outside = given["wall_k_per_w"]
    inner, mid, outer = given["wall_j_per_k"]
    return Container(
        cell_air_w_per_k=1.0 / given["cell_air_k_per_w"] / mwh,
        air_wall_w_per_k=1.0 / (inside + mid_in + out_mid) / mwh,
        wall_out_w_per_k=1.0 / outside / mwh,
        air_j_per_k=(given["air_j_per_k"] + inner + mid / 2.0) / mwh,
        wall_j_per_k=(outer + mid / 2.0) / mwh,
        setpoint_degc=given["setpoint_degc"],
        band_k=given["band_k"],
        cop=given["cop_cool"],
        cooling_w=given["hvac_w"] / mwh,
        heating_w=given["hvac_w"] / mwh,
        fan_w=0.0,
        idle_w=0.0,
    )


@pytest.mark.parametrize(("step_s", "most_k", "most_frac"), [(60.0, 0.2, 0.02), (10.0, 0.05, 0.002)])
def test_three_days_in_a_container_cost_the_cooling_of_simses_at_one_second(step_s, most_k, most_frac):
    given = CASES["container"]
    minutes, times = given["seconds"] // 60, round(60.0 / step_s)
    out_degc = np.repeat(ambient_degc(minutes, 60.0, given["air_mean_degc"], given["air_swing_k"]), times)
    power_w = given["rated_w"] * np.repeat(wave(minutes, 60.0, given["drift"]), times)
    pack = make_pack(without_hysteresis(), given["serial"] * given["parallel"], 1e6, container())
    shown = run_pack(pack, power_w, step_s, out_degc)
    every = round(given["every_s"] / step_s)
    assert rms(shown.temp_degc[every - 1 :: every] - given["temp_degc"]) < most_k
    # its COP is one number, ours falls with the heat outdoors: what is compared is the heat that was moved
    per_cop = rated_per_cop(given["setpoint_degc"], given["cop_cool"])
    per_heat = np.array([power_per_cooling(degc, given["setpoint_degc"], per_cop) for degc in out_degc])
    moved_mwh = np.sum(shown.auxiliary_mw / per_heat) * step_s / 3600.0
    assert moved_mwh == pytest.approx(given["hvac_heat_mwh"], rel=most_frac)


def test_ten_years_at_rest_age_as_in_simses():
    laws = ageing_of("naumann-lfp")
    years = CASES["age"]["days"] / 365
    for temp_degc, soc, lost, gained in CASES["age"]["temp_degc, soc, lost, gained"]:
        end = fade(laws, Steady(temp_degc, soc, 0.0, 0.0, 0.0), round(years))
        assert 1.0 - end.capacity_frac[-1] == pytest.approx(lost, abs=1e-8)
        assert end.resistance_frac[-1] - 1.0 == pytest.approx(gained, abs=1e-8)


def cycled(dod, c_rate, half_cycles):
    """Loss and gain of cycles alone, counted by rainflow off a clean swing from the top."""
    laws = ageing_of("naumann-lfp", counts="soc")
    only_cycles = np.r_[np.zeros(len(laws.shape.times)), np.ones(len(laws.shape.cycles))]
    swing = 1.0 - dod * np.tile([1.0, 0.0], half_cycles // 2)
    ageing = stack_ageing([laws.times(only_cycles)])
    age, state, flows = new_age(ageing, 1), np.zeros((at.NSTATE, 1)), np.zeros((at.NFLOW, 1))
    state[at.SOC], state[at.TEMP_CELL] = 1.0, 25.0
    age_all(ageing, age, state, flows, 0.0)
    for soc in swing:
        state[at.SOC], flows[at.C_RATE] = soc, c_rate * age[at.CAPACITY]
        age_all(ageing, age, state, flows, dod / c_rate * 3600.0)
    age, _ = close_age(ageing, age, state)
    return 1.0 - age[at.CAPACITY, 0], age[at.RESISTANCE, 0] - 1.0


def test_clean_cycles_counted_by_rainflow_age_as_in_simses():
    for dod, c_rate, lost, gained in CASES["age"]["dod, c_rate, lost, gained"]:
        assert cycled(dod, c_rate, CASES["age"]["half_cycles"]) == pytest.approx((lost, gained), abs=1e-8)
