"""Converters: the loop that follows an angle, power and current limits, the swing of one that forms the voltage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wattstack.campus import Inverter
from wattstack.physics.chain import NetworkSet, simulate_network
from wattstack.physics.chain.feeder import impedance
from wattstack.physics.chain.inverter import inverter_column
from wattstack.physics.kernel import inverter as at
from wattstack.physics.kernel.feeder import Network
from wattstack.physics.kernel.genset import NGENSET_CONST

pytestmark = pytest.mark.tiny

RATING = 100.0
STIFF_MVA = 1e9
OMEGA = 2.0 * math.pi * 50.0


def network(inverter: Inverter, short_circuit_mva: float = STIFF_MVA) -> NetworkSet:
    feeder = np.array([*impedance(short_circuit_mva, 10.0), 50.0])
    column = inverter_column(inverter, RATING)[:, None]
    return NetworkSet(Network(feeder, column, np.zeros((NGENSET_CONST, 0))), ("main",), ())


def run(inverter, grid, count=2000, step_s=0.001, ask_mw=0.0, first_mw=0.0, ask_mvar=0.0, can_mw=RATING):
    """A converter on a stiff grid, asked for something from the first moment; no load."""
    whole = network(inverter)
    state = whole.new_state(0.0, setpoint_mw=[first_mw])
    state.inverter_orders[at.ASK_MW], state.inverter_orders[at.ASK_MVAR] = ask_mw, ask_mvar
    state.inverter_orders[at.CAN_CHARGE_MW] = state.inverter_orders[at.CAN_DISCHARGE_MW] = can_mw
    return simulate_network(whole, state, np.zeros(count), step_s, 0.0, grid), state


def test_the_loop_answers_a_jump_of_angle_as_its_closed_form():
    tau, step_s, jump = 0.03, 1e-4, 0.2
    angle, speed, last, found = 0.0, 0.0, 0.0, []
    for _ in range(3000):
        angle, speed = at.follow_angle(angle, speed, last, jump, tau, step_s)
        last = jump
        found.append(angle)
    t = np.arange(1, 3001) * step_s
    # the jump is taken as a ramp of one step, so that half a step is lost
    a, since = 1.0 / tau, t - 0.5 * step_s
    assert np.abs(found - jump * (1.0 - (1.0 - a * since) * np.exp(-a * since))).max() < 1e-3 * jump
    assert max(found) == pytest.approx(jump * (1.0 + math.exp(-2.0)), rel=1e-3)  # at t = 2 tau


@pytest.mark.parametrize("step_s", [1e-4, 1e-3, 0.02, 0.2])
def test_the_loop_settles_on_the_speed_of_an_even_motion_at_any_step(step_s):
    angle = speed = last = 0.0
    for k in range(1, round(2.0 / step_s) + 1):
        bus = at.wrapped(3.0 * k * step_s)
        angle, speed = at.follow_angle(angle, speed, last, bus, 0.03, step_s)
        last = bus
    assert speed == pytest.approx(3.0, rel=1e-9)
    assert at.wrapped(angle - last) == pytest.approx(0.0, abs=1e-9)


def test_a_loop_without_delay_is_at_the_bus():
    assert at.follow_angle(0.0, 0.0, 0.0, 0.3, 0.0, 0.1) == (0.3, pytest.approx(3.0))


@pytest.mark.parametrize(
    ("angle", "same"), [(0.1, 0.1), (math.pi + 0.1, -math.pi + 0.1), (-7.0, 2.0 * math.pi - 7.0)]
)
def test_an_angle_is_wrapped_to_one_turn(angle, same):
    assert at.wrapped(angle) == pytest.approx(same)


def test_power_follows_its_setpoint_with_the_loop_s_time_constant():
    course, _ = run(Inverter(power_loop_s=0.02), None, ask_mw=60.0)
    assert course.inverter_mw[0, 19] == pytest.approx(60.0 * (1.0 - math.exp(-1.0)), rel=1e-6)
    assert course.inverter_mw[0, -1] == pytest.approx(60.0)
    assert course.grid_mw[-1] == pytest.approx(-60.0)


def test_a_battery_that_can_do_less_limits_the_power():
    for mode in ("grid-following", "grid-forming"):
        course, _ = run(Inverter(mode=mode), None, 5000, ask_mw=60.0, can_mw=20.0)
        assert course.inverter_mw[0, -1] == pytest.approx(20.0, rel=1e-3)
        course, _ = run(Inverter(mode=mode), None, 5000, ask_mw=-60.0, can_mw=20.0)
        assert course.inverter_mw[0, -1] == pytest.approx(-20.0, rel=1e-3)


@pytest.mark.parametrize(("grid_hz", "given_mw"), [(49.9, 0.0), (49.5, 30.0), (50.5, -30.0)])
def test_a_following_converter_answers_frequency_beyond_its_deadband(grid_hz, given_mw):
    inverter = Inverter(droop_frac=0.02, deadband_hz=0.2)  # 0.3 Hz beyond / 50 / 0.02 of 100 MVA
    course, _ = run(inverter, {"frequency_hz": np.full(3000, grid_hz)}, 3000)
    assert course.inverter_mw[0, -1] == pytest.approx(given_mw, abs=1e-6)
    assert course.frequency_hz[-1] == pytest.approx(grid_hz, abs=1e-6)


@pytest.mark.parametrize("grid_hz", [49.9, 50.2])
def test_a_forming_converter_settles_on_its_droop(grid_hz):
    inverter = Inverter(mode="grid-forming", droop_frac=0.02, damping_pu=20.0)
    course, _ = run(inverter, {"frequency_hz": np.full(6000, grid_hz)}, 6000, ask_mw=10.0, first_mw=10.0)
    assert course.inverter_mw[0, -1] == pytest.approx(
        10.0 - (grid_hz - 50.0) / 50.0 / 0.02 * RATING, rel=1e-3
    )


@pytest.mark.parametrize("step_s", [0.0005, 0.001, 0.005])
def test_a_forming_converter_swings_as_the_closed_form_says(step_s):
    inertia, droop, damping, x = 2.0, 0.02, 20.0, 0.15
    inverter = Inverter(
        mode="grid-forming", inertia_s=inertia, droop_frac=droop, damping_pu=damping, reactance_pu=x,
        voltage_droop_frac=1e-6,
    )  # fmt: skip
    course, _ = run(inverter, None, round(3.0 / step_s), step_s, ask_mw=10.0)
    # 2 H d'' / w0 + (1 / droop + D) d' / w0 + d / x = dp, the angle d small
    decay = (1.0 / droop + damping) / (4.0 * inertia)
    omega = math.sqrt(OMEGA / (2.0 * inertia * x) - decay**2)
    power, t = course.inverter_mw[0], np.arange(1, round(3.0 / step_s) + 1) * step_s
    closed = 10.0 * (1.0 - np.exp(-decay * t) * (np.cos(omega * t) + decay / omega * np.sin(omega * t)))
    assert np.abs(power - closed).max() < 10.0 * (0.01 + 20.0 * step_s)
    assert t[np.argmax(power)] == pytest.approx(math.pi / omega, abs=1.5 * step_s + 0.002)
    assert power.max() == pytest.approx(
        10.0 * (1.0 + math.exp(-decay * math.pi / omega)), rel=0.01 + 10.0 * step_s
    )
    assert power[-1] == pytest.approx(10.0, rel=1e-4)


def test_a_forming_converter_without_inertia_is_a_droop_of_first_order():
    inverter = Inverter(mode="grid-forming", inertia_s=0.0, droop_frac=0.02, damping_pu=20.0)
    course, _ = run(inverter, None, 3000, 0.001, ask_mw=10.0)
    tau = 0.15 * 70.0 / OMEGA  # d' = w0 (dp - d / x) / (1 / droop + D)
    assert course.inverter_mw[0, round(tau / 0.001) - 1] == pytest.approx(
        10.0 * (1.0 - math.exp(-1.0)), rel=0.03
    )
    assert course.inverter_mw[0].max() <= 10.0 * (1.0 + 1e-6)


def test_a_converter_s_current_stays_at_its_limit_in_a_sag():
    sag = np.repeat([1.0, 0.2, 1.0, 1.0, 1.0], 500)
    for mode in ("grid-following", "grid-forming"):
        inverter = Inverter(mode=mode, current_limit_pu=1.2)
        course, _ = run(inverter, {"voltage_pu": sag}, 2500, ask_mw=100.0, first_mw=100.0)
        current = np.hypot(course.inverter_mw[0], course.inverter_mvar[0]) / course.voltage_pu
        assert current[501:1000].max() <= 1.2 * RATING * 1.002
        assert current[600:1000].min() >= 1.15 * RATING
        assert course.inverter_mw[0, -1] == pytest.approx(100.0, rel=0.02)


def test_a_following_converter_supports_a_low_voltage_before_it_gives_power():
    course, _ = run(Inverter(), {"voltage_pu": np.full(500, 0.5)}, 500, ask_mw=100.0, first_mw=100.0)
    reactive = 2.0 * (0.9 - 0.5)  # of the rating, as current
    active = math.sqrt(1.2**2 - reactive**2)
    assert course.inverter_mvar[0, -1] == pytest.approx(0.5 * reactive * RATING, rel=1e-3)
    assert course.inverter_mw[0, -1] == pytest.approx(0.5 * active * RATING, rel=1e-3)


def test_reactive_power_is_given_as_far_as_the_current_goes():
    course, _ = run(Inverter(reactive_pu=0.4), None, ask_mvar=90.0)
    assert course.inverter_mvar[0, -1] == pytest.approx(40.0, rel=1e-6)
    course, _ = run(Inverter(reactive_pu=1.0, current_limit_pu=1.0), None, ask_mw=80.0, ask_mvar=90.0)
    assert course.inverter_mw[0, -1] == pytest.approx(80.0, rel=1e-6)
    assert course.inverter_mvar[0, -1] == pytest.approx(60.0, rel=1e-6)


def test_a_forming_converter_holds_its_voltage_against_the_grid_s():
    course, _ = run(Inverter(mode="grid-forming"), {"voltage_pu": np.full(3000, 0.97)}, 3000)
    # 0.03 pu over 0.15 of reactance and 0.05 of droop
    assert course.inverter_mvar[0, -1] == pytest.approx(0.97 * 0.03 / (0.15 + 0.05 * 0.97) * RATING, rel=0.01)


def test_a_jump_of_angle_is_met_by_a_forming_converter_at_once_and_by_a_following_one_with_its_loop():
    jump = np.zeros(3000)
    jump[1000] = math.radians(-5.0)
    forming, _ = run(Inverter(mode="grid-forming"), {"jump_rad": jump}, 3000)
    assert forming.inverter_mw[0, 1000] == pytest.approx(
        math.sin(math.radians(5.0)) / 0.15 * RATING, rel=0.02
    )
    following, _ = run(Inverter(), {"jump_rad": jump}, 3000, ask_mw=50.0, first_mw=50.0)
    assert following.inverter_mw[0, 1000] == pytest.approx(50.0 * math.cos(math.radians(5.0)), rel=0.01)
    assert following.inverter_mvar[0, 1000] == pytest.approx(-50.0 * math.sin(math.radians(5.0)), rel=0.05)
    assert following.inverter_mw[0, -1] == pytest.approx(50.0)


def test_a_following_converter_keeps_its_last_frequency_without_voltage():
    volt = np.repeat([1.0, 0.0, 1.0], 500)
    course, state = run(
        Inverter(), {"voltage_pu": volt, "frequency_hz": np.full(1500, 49.9)}, 1500, ask_mw=50.0
    )
    assert (course.inverter_mw[0, 510:1000] == 0.0).all()
    assert course.frequency_hz[999] == pytest.approx(49.9, abs=1e-3)
    assert course.inverter_mw[0, -1] == pytest.approx(50.0, rel=1e-6)
    assert state.inverters[at.SPEED_PU, 0] * 50.0 == pytest.approx(-0.1, abs=1e-3)


@pytest.mark.parametrize("mode", ["grid-following", "grid-forming"])
def test_a_converter_that_is_off_gives_nothing_and_comes_back_without_a_shock(mode):
    whole = network(Inverter(mode=mode), 3000.0)
    state = whole.new_state(80.0, setpoint_mw=[20.0])
    state.inverters[at.OFF] = 1.0
    gone = simulate_network(whole, state, np.full(1000, 80.0), 0.001)
    assert (gone.inverter_mw == 0.0).all() and (gone.inverter_mvar == 0.0).all()
    assert gone.grid_mw[-1] == pytest.approx(80.0)
    state.inverters[at.OFF] = 0.0
    back = simulate_network(whole, state, np.full(5000, 80.0), 0.001)
    assert np.abs(back.inverter_mw).max() < 30.0
    assert back.inverter_mw[0, -1] == pytest.approx(20.0, rel=1e-3)


def test_an_angle_far_off_is_told_as_out_of_step():
    jump = np.zeros(10)
    jump[5] = math.radians(170.0)
    course, _ = run(Inverter(mode="grid-forming"), {"jump_rad": jump}, 10)
    assert course.ended[4] == 0 and course.ended[5] == 4
