"""A battery gives what is asked as long as it can, loses energy, and never makes any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Battery
from wattstack.errors import InputError, StateError
from wattstack.physics import Cell
from wattstack.physics.ageing import ageing_of
from wattstack.physics.battery import LIMITS, battery_step, block_of, simulate_battery
from wattstack.physics.blocks import BlockSpec, make_blocks
from wattstack.physics.converter import NO_CONVERTER, NO_TRANSFORMER
from wattstack.physics.kernel import layout as at
from wattstack.physics.thermal import Container

HOUR = 3600.0
FLAT = {
    "name": "test", "capacity_ah": 10.0, "nominal_v": 3.0, "voltage_min_v": 2.0, "voltage_max_v": 4.0,
    "soc_points": [0.0, 0.5, 1.0], "ocv_v": [2.8, 3.0, 3.2], "hysteresis_v": np.zeros(3),
    "self_discharge_frac_per_day": np.zeros(3), "entropic_v_per_k": np.zeros(3), "resistance_soc": [0.0, 1.0],
    "resistance_temp_degc": [0.0, 50.0], "charge_ohm": np.full((2, 2), 0.01),
    "discharge_ohm": np.full((2, 2), 0.01), "rc_frac": (), "rc_tau_s": (), "hysteresis_gamma": 50.0,
    "coulomb_eff": 1.0, "activation_ev": 0.5, "heat_capacity_j_per_k": 100.0, "mass_kg": 0.1, "charge_c_rate": 2.0,
    "discharge_c_rate": 2.0, "c_rate_temp_degc": [-10.0, 0.0, 10.0, 50.0], "c_rate_frac_charge": [0.0, 0.0, 1.0, 1.0],
    "c_rate_frac_discharge": [1.0, 1.0, 1.0, 1.0], "derate_soc_low": 0.0, "derate_soc_high": 0.0,
    "temp_min_degc": -10.0, "temp_max_degc": 50.0,
}  # fmt: skip
RICH = FLAT | {
    "hysteresis_v": [0.02, 0.02, 0.02], "self_discharge_frac_per_day": [0.002, 0.002, 0.004],
    "entropic_v_per_k": [-1e-4, 0.0, 2e-4], "rc_frac": (0.5, 0.3), "rc_tau_s": (20.0, 400.0), "coulomb_eff": 0.998,
    "discharge_ohm": [[0.04, 0.03], [0.02, 0.01]], "charge_ohm": [[0.05, 0.04], [0.02, 0.02]],
    "derate_soc_low": 0.05, "derate_soc_high": 0.05,
}  # fmt: skip
OPEN = {"cell_air_w_per_k": 1e6, "air_wall_w_per_k": 1e6, "wall_out_w_per_k": 1e6}  # as warm as the air
STILL = Container(**OPEN, cooling_w=0.0, heating_w=0.0, fan_w=0.0, idle_w=0.0)


def block(cell=FLAT, **given) -> BlockSpec:
    """A block of 2 MWh, 1 MW, without losses outside its cells unless given."""
    plain = {
        "name": "b", "laws": None, "nameplate_mwh": 2.0, "discharge_mw": 1.0, "charge_mw": 1.0,
        "converter": NO_CONVERTER, "transformer": NO_TRANSFORMER, "climate": STILL,
    }  # fmt: skip
    return BlockSpec(cell=None if cell is None else Cell(**cell), **(plain | given))


def step(spec, setpoint_mw, step_s=60.0, temp_air_degc=25.0, before=None):
    return battery_step(make_blocks([spec]), setpoint_mw, temp_air_degc, step_s, before)


@pytest.mark.tiny
def test_a_reservoir_gives_what_its_efficiency_leaves():
    half = block(None, nameplate_mwh=20.0, discharge_mw=10.0, start_soc=0.2, discharge_eff=0.5)
    done = step(half, 10.0, 0.5 * HOUR)
    assert (done.injection_mw, done.state[at.SOC, 0], done.limited_by) == (
        4.0,
        0.0,
        "lower end of the window",
    )
    assert done.loss_cell_mw == pytest.approx(4.0)


def test_a_full_reservoir_takes_nothing_and_its_standing_loss_comes_first():
    full = block(None, start_soc=1.0, self_discharge_frac_per_h=0.1)
    assert step(full, -1.0, HOUR).injection_mw == pytest.approx(-0.2)
    assert step(block(None, start_soc=1.0), -1.0).injection_mw == 0.0


def test_a_reservoir_within_its_rating_says_so():
    assert step(block(None), 5.0).limited_by == "rating"
    assert step(block(None), -5.0).limited_by == "rating"
    assert step(block(None, start_soc=0.999), -0.9, HOUR).limited_by == "upper end of the window"


@pytest.mark.tiny
@pytest.mark.parametrize("setpoint_mw", [0.7, -0.7, 0.013, -0.2, 1.0])
def test_what_is_asked_is_delivered_to_the_last_bit_when_nothing_limits(setpoint_mw):
    lossy = BlockSpec("b", Cell(**RICH), None, 2.0, 1.0, 1.0)
    done = step(lossy, setpoint_mw)
    assert (done.injection_mw, done.limited_by) == (setpoint_mw, "nothing")
    assert done.loss_converter_mw > 0 and done.loss_transformer_mw > 0


def test_the_cells_give_what_reaches_the_bus_and_all_losses():
    lossy = block(RICH, converter=BlockSpec("x", None, None, 1, 1, 1).converter)
    for asked in (0.6, -0.6):
        done = step(lossy, asked)
        stored = stored_j(done.state[at.SOC, 0], lossy) - stored_j(0.5, lossy)
        lost = done.loss_cell_mw + done.loss_converter_mw + done.loss_transformer_mw
        assert -stored / 60e6 == pytest.approx(asked + lost, rel=1e-6)


def stored_j(soc: float, spec: BlockSpec) -> float:
    """Energy at open circuit above empty [J]: charge times the mean voltage on the way."""
    at_soc = np.linspace(0.0, soc, 2001)
    volts = np.interp(at_soc, spec.cell.soc_points, spec.cell.ocv_v)
    return float(np.trapezoid(volts, at_soc)) * spec.cell.capacity_ah * HOUR * spec.cells * spec.capacity_frac


def test_full_battery_accepts_no_charge_and_empty_battery_gives_none():
    assert step(block(start_soc=1.0), -1.0)[0] == 0.0
    done = step(block(soc_low=0.1, start_soc=0.1), 1.0)
    assert (done.injection_mw, done.limited_by) == (0.0, "lower end of the window")


def test_an_idle_battery_draws_standby_and_no_load_beside_its_injection():
    sleepy = BlockSpec("b", Cell(**FLAT), None, 2.0, 1.0, 1.0, climate=STILL)
    for asked in (0.0, -0.001):  # a charge that would only feed losses is not begun
        done = step(sleepy, asked)
        assert done.injection_mw == done.loss_converter_mw == done.loss_transformer_mw == 0.0
        assert done.auxiliary_mw == pytest.approx(0.001 + 0.0006)
        assert done.state[at.SOC, 0] == 0.5


@pytest.mark.tiny
def test_current_follows_the_closed_form():
    done = step(block(), 1.0, 1e-3)
    cells = block().cells
    power = 1e6 / cells
    current = (3.0 - np.sqrt(9.0 - 4 * 0.01 * power)) / (2 * 0.01)
    assert (0.5 - done.state[at.SOC, 0]) * 10.0 * HOUR / 1e-3 == pytest.approx(current, rel=1e-6)
    assert done.loss_cell_mw * 1e6 / cells == pytest.approx(current**2 * 0.01, rel=1e-5)


@pytest.mark.tiny
def test_charge_efficiency_acts_on_charge_only():
    leaky = FLAT | {"coulomb_eff": 0.9}
    taken = step(block(leaky), -1.0).state[at.SOC, 0] - 0.5
    assert taken == pytest.approx(0.9 * (step(block(), -1.0).state[at.SOC, 0] - 0.5))
    assert step(block(leaky), 1.0).state[at.SOC, 0] == step(block(), 1.0).state[at.SOC, 0]


def test_self_discharge_is_so_many_percent_a_day_at_25_degc():
    resting = FLAT | {"self_discharge_frac_per_day": np.full(3, 0.02)}
    day = simulate_battery(block(resting), np.zeros(1440), 25.0, 60.0)
    assert 0.5 - day["soc"][-1] == pytest.approx(0.02, rel=1e-3)
    assert step(block(resting, start_soc=0.0), 0.0, HOUR).state[at.SOC, 0] == 0.0
    warm = simulate_battery(block(resting, start_temp_degc=35.0), np.zeros(60), 35.0, 60.0)
    cool = simulate_battery(block(resting), np.zeros(60), 25.0, 60.0)
    growth = np.exp(0.5 / 8.617333262e-5 * (1 / 298.15 - 1 / 308.15))
    assert (0.5 - warm["soc"][-1]) / (0.5 - cool["soc"][-1]) == pytest.approx(growth, rel=1e-3)


def test_rc_pairs_charge_as_the_exponential_says_whatever_the_step():
    paired = FLAT | {"ocv_v": [2.9999, 3.0, 3.0001], "rc_frac": (0.5,), "rc_tau_s": (30.0,)}
    done = None
    for _ in range(60):
        done = step(block(paired), 0.2, 1.0, before=done)
    current = (0.5 - done.state[at.SOC, 0]) * 10.0 * 60.0
    assert done.state[at.V_FAST, 0] == pytest.approx(0.005 * current * (1 - np.exp(-2)), rel=1e-3)
    assert step(block(paired), 0.2, 60.0).state[at.V_FAST, 0] == pytest.approx(
        done.state[at.V_FAST, 0], rel=1e-3
    )


@pytest.mark.tiny
def test_hysteresis_settles_below_on_discharge_and_above_on_charge():
    gap = FLAT | {"hysteresis_v": np.full(3, 0.03)}
    down, up = step(block(gap), 0.9, 1200.0), step(block(gap), -0.9, 1200.0)
    assert down.state[at.HYSTERESIS, 0] == pytest.approx(-0.03, rel=0.01)
    assert up.state[at.HYSTERESIS, 0] == pytest.approx(0.03, rel=0.01)
    assert down.loss_cell_mw > step(block(), 0.9, 1200.0).loss_cell_mw
    assert up.loss_cell_mw > step(block(), -0.9, 1200.0).loss_cell_mw


def test_voltage_at_the_end_of_a_step_stays_inside_its_limits():
    weak = FLAT | {
        "voltage_min_v": 2.75,
        "rc_frac": (1.0,),
        "rc_tau_s": (30.0,),
        "discharge_ohm": np.full((2, 2), 0.03),
    }
    spec = block(weak, start_soc=0.5, discharge_mw=4.0)
    done = step(spec, 4.0)
    assert done.limited_by == "voltage"
    current = (0.5 - done.state[at.SOC, 0]) * 10.0 * 60.0
    volts = (
        np.interp(done.state[at.SOC, 0], [0, 0.5, 1], [2.8, 3.0, 3.2])
        - done.state[at.V_FAST, 0]
        - 0.03 * current
    )
    assert volts == pytest.approx(2.75, abs=1e-9)


def test_what_cut_a_step_is_told():
    assert step(block(), 3.0).limited_by == "rating"
    assert step(block(discharge_mw=9.0), 9.0).limited_by == "C-rate"
    assert step(block(FLAT | {"derate_soc_low": 0.1}, start_soc=0.02, discharge_mw=4.0), 4.0).limited_by == (
        "lower end of the window"
    )
    soft = FLAT | {"voltage_min_v": 0.1, "discharge_ohm": np.full((2, 2), 0.1), "discharge_c_rate": 100.0}
    cut = step(block(soft, discharge_mw=50.0), 50.0, 1.0)
    assert cut.limited_by == "matched load"
    assert cut.injection_mw == pytest.approx(3.0**2 / 0.4 * block().cells * 1e-6, rel=1e-3)


@pytest.mark.tiny
def test_cells_too_cold_take_no_charge_but_give():
    cold = block(start_temp_degc=-5.0)
    refused = step(cold, -1.0, temp_air_degc=-5.0)
    assert (refused.injection_mw, refused.limited_by) == (0.0, "temperature")
    assert step(cold, 1.0, temp_air_degc=-5.0).injection_mw == 1.0
    assert step(block(start_temp_degc=-20.0), 1.0, temp_air_degc=-20.0).injection_mw == 0.0


drives = st.lists(st.floats(-1.5, 1.5, allow_nan=False), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(drives, st.floats(0.0, 1.0), st.floats(-30.0, 45.0), st.sampled_from([1.0, 60.0, 900.0, 3600.0]))
def test_every_state_a_step_returns_is_accepted_by_it(asked, start_soc, temp_air_degc, step_s):
    spec = BlockSpec("b", Cell(**RICH), None, 2.0, 1.0, 1.0, 0.05, 0.95, start_soc=start_soc)
    blocks, done = make_blocks([spec]), None
    for setpoint_mw in asked:
        done = battery_step(blocks, setpoint_mw, temp_air_degc, step_s, done)
        assert min(setpoint_mw, 0.0) <= done.injection_mw <= max(setpoint_mw, 0.0)
        assert done.auxiliary_mw >= 0.0 and done.limited_by in LIMITS


@settings(max_examples=60, deadline=None)
@given(drives, st.floats(0.05, 0.95), st.sampled_from([10.0, 60.0, 600.0]))
def test_round_trips_never_create_energy(asked, start_soc, step_s):
    spec = BlockSpec("b", Cell(**RICH), None, 2.0, 1.0, 1.0, start_soc=start_soc)
    done = simulate_battery(spec, np.array(asked), 25.0, step_s)
    given_j = float(done["injection_mw"].sum()) * 1e6 * step_s
    losses = done["loss_cell_mw"] + done["loss_converter_mw"] + done["loss_transformer_mw"]
    taken_j = stored_j(start_soc, spec) - stored_j(done["soc"][-1], spec)
    assert taken_j == pytest.approx(
        given_j + float(losses.sum()) * 1e6 * step_s, abs=2e3 + 1e-4 * abs(taken_j)
    )
    spring_j = 0.05 * spec.cells * spec.cell.capacity_ah * 40.0  # what RC pairs and hysteresis can hold
    assert float(losses.sum()) * 1e6 * step_s > -spring_j


def test_half_the_step_changes_the_loss_by_less_than_a_two_thousandth():
    rng = np.random.default_rng(1)
    asked = np.clip(0.7 * np.sin(np.arange(14_400) / 90.0) + rng.normal(0.0, 0.05, 14_400), -1.0, 1.0)
    spec = block(RICH, nameplate_mwh=6.0)
    lost = [
        simulate_battery(spec, np.repeat(asked, n), 25.0, 60.0 / n)["loss_cell_mw"].sum() / n for n in (1, 2)
    ]
    assert lost[0] == pytest.approx(lost[1], rel=5e-4)


def test_a_year_ages_by_the_law_of_the_cell():
    aged = block(laws=ageing_of({"law": "naumann-lfp"}), nameplate_mwh=4.0)
    month = simulate_battery(aged, 0.8 * np.sin(np.arange(43_200) / 180.0), 25.0, 60.0)
    assert 0.95 < month["capacity_frac"][-1] < 1.0
    assert (np.diff(month["capacity_frac"]) <= 0).all()


@pytest.mark.tiny
def test_stored_energy_and_flows_come_by_name_of_channel():
    run = simulate_battery(block(soc_low=0.1, soc_high=0.9), np.array([0.5, -0.5]), 25.0, 60.0)
    assert run["discharge_mw"].tolist() == [0.5, 0.0] and run["charge_mw"].tolist() == [0.0, 0.5]
    assert run["stored_mwh"][0] == pytest.approx((run["soc"][0] - 0.1) * 2.0)


def test_input_that_cannot_be_is_refused_in_words():
    blocks = make_blocks([block()])
    with pytest.raises(InputError, match="step_s is 0, must be > 0"):
        battery_step(blocks, 1.0, 25.0, 0.0)
    with pytest.raises(InputError, match="setpoint_mw has 1 gaps, first at step 0"):
        battery_step(blocks, np.nan, 25.0, 60.0)
    with pytest.raises(InputError, match="at least one step"):
        simulate_battery(block(), np.zeros(0), 25.0, 60.0)
    with pytest.raises(InputError, match="temp_air_degc has 2 gaps"):
        simulate_battery(block(), np.zeros(2), np.nan, 60.0)
    with pytest.raises(InputError, match="there are 2 blocks, must be one"):
        battery_step(make_blocks([block(), block()]), 1.0, 25.0, 60.0)
    blocks.state[at.SOC, 0] = 1.5
    with pytest.raises(StateError, match=r"soc 1\.5, must stay in 0"):
        battery_step(blocks, 1.0, 25.0, 60.0)


DECLARED = {
    "power_mw": 10,
    "energy_mwh": 19.0,
    "usable_frac": 0.95,
    "charge_eff": 0.95,
    "discharge_eff": 0.95,
}


def test_the_block_of_a_declared_battery_has_its_window_and_its_nameplate():
    spec = block_of(Battery(**DECLARED, chemistry="library:lfp-grid-2026", charge_power_frac=0.5))
    assert (spec.soc_low, spec.soc_high) == (pytest.approx(0.025), pytest.approx(0.975))
    assert (spec.nameplate_mwh, spec.charge_mw, spec.energy_mwh) == (
        pytest.approx(20.0),
        5.0,
        pytest.approx(19.0),
    )
    assert spec.laws is not None and spec.cell.name == "lfp-grid-2026"
    low = block_of(Battery(**DECLARED, chemistry="library:lfp-grid-2026", soc_low=0.05), 5.0, 9.5, name="x")
    assert (low.soc_high, low.discharge_mw, low.nameplate_mwh, low.name) == (
        1.0,
        5.0,
        pytest.approx(10.0),
        "x",
    )


def test_a_battery_that_is_not_new_starts_from_its_age():
    used = Battery(
        **DECLARED, chemistry="library:lfp-grid-2026", start={"age_years": 3, "throughput_mwh": 12_000}
    )
    spec = block_of(used)
    assert (spec.start_age_years, spec.start_full_cycles) == (3.0, pytest.approx(600.0))
    assert 0.8 < make_blocks([spec]).age[at.CAPACITY, 0] < 0.98
    assert make_blocks([replace(spec, laws=None)]).age[at.CAPACITY, 0] == 1.0


def test_the_plans_battery_beside_it_has_no_cells():
    spec = block_of(Battery(**DECLARED), reservoir=True)
    assert spec.cell is None and spec.charge_eff == 0.95


def test_a_battery_without_cells_or_without_a_size_is_refused(tmp_path):
    with pytest.raises(InputError, match="names no cell"):
        block_of(Battery(**DECLARED))
    planned = Battery(**(DECLARED | {"power_mw": {"max": 20}, "capital_per_mw": 1}))
    with pytest.raises(InputError, match=r"power_mw is .*must be a number > 0"):
        block_of(planned)
    with pytest.raises(InputError):
        block_of(Battery(**DECLARED, cells={"bpx": "missing.json"}), base_dir=tmp_path)


def test_a_block_that_cannot_be_is_refused_with_every_fault():
    with pytest.raises(InputError) as refused:
        replace(block(), nameplate_mwh=0.0, soc_low=0.9, soc_high=0.1, start_soc=2.0, start_temp_degc=200.0,
                charge_eff=0.0, ageing_frac=-1.0, self_discharge_frac_per_h=1.0)  # fmt: skip
    assert {fault.where for fault in refused.value.faults} == {
        "nameplate_mwh", "soc_low", "start_soc", "start_temp_degc", "charge_eff", "ageing_frac",
        "self_discharge_frac_per_h",
    }  # fmt: skip
    with pytest.raises(InputError, match="at least one"):
        make_blocks([])
