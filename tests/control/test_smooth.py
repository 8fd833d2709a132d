"""The fast loop: how the power drawn follows the load while the battery has room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Battery, Campus, Control
from wattstack.control import Measured, SmoothingLoop, smooth_params
from wattstack.control.kernel import smooth as fast
from wattstack.errors import InputError

pytestmark = pytest.mark.tiny
PERIOD_S = 0.1


def params_of(**values) -> np.ndarray:
    """Numbers of the rule from keys of control.smoothing."""
    return smooth_params(Control(smoothing=values).smoothing)


def row(**values: float) -> np.ndarray:
    """A load of 100 MW, a battery of 60 MW and 60 MWh without loss, half full, on its target."""
    usual = {
        "STEP_S": PERIOD_S, "LOAD_MW": 100, "STORED_MWH": 30, "TARGET_MWH": 30, "ENERGY_MWH": 60, "CHARGE_EFF": 1,
        "DISCHARGE_EFF": 1, "CAN_CHARGE_MW": 60, "CAN_DISCHARGE_MW": 60, "IMPORT_LIMIT_MW": 1e9,
    }  # fmt: skip
    out = np.zeros(fast.NROW)
    for name, value in (usual | values).items():
        out[getattr(fast, name)] = value
    return out


def run(load_mw, params, stored_mwh=30.0, **values):
    """Reference and stored energy of each period of a load, with a battery that does as asked."""
    reference, drawn, stored = np.nan, [], []
    for load in load_mw:
        image = row(LOAD_MW=load, STORED_MWH=stored_mwh, **values)
        reference, setpoint, _ = fast.smooth(params, image, reference)
        stored_mwh -= setpoint * PERIOD_S / 3600.0
        drawn.append(load - setpoint)
        stored.append(stored_mwh)
    return np.array(drawn), np.array(stored)


def test_a_load_that_stands_still_is_drawn_as_it_is():
    drawn, stored = run(np.full(100, 80.0), params_of(ramp_mw_per_min=20))
    assert drawn == pytest.approx(80.0)
    assert stored == pytest.approx(30.0)


def test_a_job_of_38_mw_that_stops_takes_the_energy_of_the_triangle():
    # dP^2 / 2r = 38^2 / (2 x 20 MW/min) = 36.1 MW min
    load = np.r_[np.full(10, 100.0), np.full(3000, 62.0)]
    drawn, stored = run(load, params_of(ramp_mw_per_min=20, corner_s=0.1, recentre_s=1e9))
    assert drawn[-1] == pytest.approx(62.0)
    assert stored[-1] - 30.0 == pytest.approx(36.1 / 60.0, rel=2e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0, 150.0), min_size=5, max_size=60),
    st.floats(1.0, 60.0),
    st.floats(0.1, 60.0),
)
def test_while_the_battery_has_room_nothing_is_faster_than_the_ramp(load, ramp, corner):
    free = {"CAN_CHARGE_MW": 1e3, "CAN_DISCHARGE_MW": 1e3}
    drawn, _ = run(load, params_of(ramp_mw_per_min=ramp, corner_s=corner), **free)
    assert np.abs(np.diff(drawn)).max() <= ramp / 60.0 * PERIOD_S + 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.0, 200.0), st.floats(0.0, 200.0), st.floats(0.0, 60.0), st.floats(0.0, 60.0),
    st.floats(0.0, 60.0), st.floats(-50.0, 50.0), st.floats(20.0, 300.0),
)  # fmt: skip
def test_no_setpoint_is_more_than_power_and_energy_allow(load, last, stored, charge, reserve, base, limit):
    image = row(
        LOAD_MW=load, STORED_MWH=stored, CAN_CHARGE_MW=charge, RESERVE_MWH=reserve, BASE_MW=base,
        IMPORT_LIMIT_MW=limit,
    )  # fmt: skip
    reference, setpoint, held = fast.smooth(params_of(ramp_mw_per_min=20), image, last)
    assert -charge <= setpoint <= 60.0
    assert reference == pytest.approx(load - setpoint)
    after = stored - setpoint * PERIOD_S / 3600.0
    assert after <= 60.0 + 1e-9
    assert setpoint <= 0.0 or after >= reserve - 1e-9
    assert held in (0.0, 1.0)


def test_the_rule_is_pure():
    image, params = row(LOAD_MW=70), params_of(ramp_mw_per_min=20)
    before = image.copy(), params.copy()
    assert fast.smooth(params, image, 90.0) == fast.smooth(params, image, 90.0)
    assert (image == before[0]).all() and (params == before[1]).all()


@pytest.mark.parametrize("stored_mwh", [10.0, 29.0, 50.0])
def test_the_store_returns_to_its_target_and_hardly_past_it(stored_mwh):
    params = params_of(ramp_mw_per_min=20, corner_s=5, recentre_s=300)
    drawn, stored = run(np.full(36_000, 100.0), params, stored_mwh)
    missing = 30.0 - stored_mwh
    assert stored[-1] == pytest.approx(30.0, abs=0.02 * abs(missing))
    past = (stored - 30.0) * np.sign(missing)
    assert past.max() <= 0.05 * abs(missing)
    assert np.abs(np.diff(drawn)).max() <= 20.0 / 60.0 * PERIOD_S + 1e-9


def test_a_full_battery_lets_the_power_drawn_fall_at_once_and_the_loop_says_so():
    params = params_of(ramp_mw_per_min=20)
    reference, setpoint, held = fast.smooth(params, row(LOAD_MW=60, STORED_MWH=60), 100.0)
    assert (reference, setpoint, held) == (60.0, 0.0, 0.0)


def test_what_may_not_be_drawn_is_not_drawn():
    reference, setpoint, held = fast.smooth(params_of(ramp_mw_per_min=20), row(IMPORT_LIMIT_MW=70), 100.0)
    assert (reference, setpoint, held) == (70.0, 30.0, 1.0)


def test_a_converter_that_measures_the_load_itself_holds_the_reference():
    assert fast.answer(120.0, 100.0, 60.0, 60.0) == 20.0
    assert fast.answer(120.0, 20.0, 60.0, 60.0) == 60.0
    assert fast.answer(20.0, 120.0, 60.0, 60.0) == -60.0


def test_the_store_returns_to_a_place_above_the_reserve():
    assert fast.target(60.0, 0.0, 0.5) == 30.0
    assert fast.target(60.0, 40.0, 0.5) == 50.0
    assert fast.target(60.0, 90.0, 0.5) == 60.0


# the loop of a live site, on images


def site(**smoothing) -> Campus:
    unit = Battery(power_mw=60, energy_mwh=60, charge_eff=1, discharge_eff=1)
    batteries = {"a": unit, "b": unit.model_copy(update={"power_mw": 30})}
    control = Control(smoothing=smoothing or None)
    return Campus.model_construct(battery=batteries, control=control, source="campus.yaml")


def image(time_s=0.0, **values) -> Measured:
    usual = {"load_mw": 100.0}
    for path, power in (("battery.a", 60.0), ("battery.b", 30.0)):
        usual |= {f"{path}.stored_mwh": 30.0, f"{path}.usable_mwh": 60.0}
        usual |= {f"{path}.can_charge_mw": power, f"{path}.can_discharge_mw": power}
    return Measured(time_s, usual | values)


def test_two_batteries_share_a_swing_by_what_they_can():
    loop = SmoothingLoop(site(ramp_mw_per_min=20))
    loop.decide(image())
    asked = loop.decide(image(0.1, load_mw=130.0))
    step = 20.0 / 60.0 * PERIOD_S
    assert asked.power_mw["battery.a"] == pytest.approx((30.0 - step) * 2 / 3)
    assert asked.power_mw["battery.b"] == pytest.approx((30.0 - step) / 3)
    assert "reference" in asked.reason["battery.a"]


def test_without_the_load_the_batteries_go_to_rest_at_the_ramp():
    loop = SmoothingLoop(site(ramp_mw_per_min=60))
    loop.decide(image())
    before = sum(loop.decide(image(load_mw=130.0)).power_mw.values())
    asked = loop.decide(image(load_mw=float("nan")))
    assert before - sum(asked.power_mw.values()) == pytest.approx(0.1)
    assert "not read" in asked.reason["battery.b"]
    for _ in range(400):
        asked = loop.decide(image(load_mw=float("nan")))
    assert sum(asked.power_mw.values()) == pytest.approx(0.0, abs=1e-12)


def test_a_battery_whose_limits_are_not_read_is_asked_for_nothing():
    loop = SmoothingLoop(site(ramp_mw_per_min=20))
    loop.decide(image())
    asked = loop.decide(image(load_mw=130.0, **{"battery.b.can_discharge_mw": float("nan")}))
    assert asked.power_mw["battery.b"] == 0.0
    assert asked.power_mw["battery.a"] == pytest.approx(30.0 - 20.0 / 60.0 * PERIOD_S)


def test_the_end_of_the_batteries_is_said():
    loop = SmoothingLoop(site(ramp_mw_per_min=20))
    loop.decide(image())
    asked = loop.decide(image(load_mw=230.0))
    assert sum(asked.power_mw.values()) == pytest.approx(90.0)
    assert "end of what it can do" in asked.reason["battery.a"]


def test_a_campus_without_a_fast_loop_is_told_how_to_mend_it():
    with pytest.raises(InputError, match=r"control\.smoothing.*ramp_mw_per_min"):
        SmoothingLoop(site())


def test_through_a_fault_the_reference_stands_while_the_load_is_away():
    params = params_of(ramp_mw_per_min=20, corner_s=1)
    reference, setpoint, held = fast.smooth(params, row(LOAD_MW=0, DISTURBED=1), 100.0)
    assert (reference, setpoint, held) == (100.0, -60.0, 0.0)
    reference, setpoint, held = fast.smooth(params, row(LOAD_MW=100, DISTURBED=1), reference)
    assert (reference, setpoint, held) == (100.0, 0.0, 1.0)
    # no fault: where the grid really is
    assert fast.smooth(params, row(LOAD_MW=0), 100.0)[0] == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("volt_pu", "freq_hz", "fault"),
    [(1.0, 60.0, 0), (0.91, 60.5, 0), (0.89, 60.0, 1), (1.11, 60.0, 1), (1.0, 60.7, 1)],
)
def test_voltage_and_frequency_tell_a_fault(volt_pu, freq_hz, fault):
    assert fast.disturbed(volt_pu, freq_hz, 60.0) == fault
