"""The bus behind the impedance of its grid: voltage by hand, balance at every step, collapse, islands and return."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Inverter
from wattstack.errors import InputError, StateError
from wattstack.physics.chain import (
    ENDED,
    GensetDynamics,
    NetworkSet,
    bus_voltage,
    most_load_mw,
    simulate_network,
)
from wattstack.physics.chain.feeder import impedance
from wattstack.physics.chain.genset import genset_column
from wattstack.physics.chain.inverter import inverter_column
from wattstack.physics.kernel import feeder as at
from wattstack.physics.kernel.feeder import Network, solve_load
from wattstack.physics.kernel.genset import G_ASK_MW, G_ON, G_SPEED_PU, NGENSET_CONST
from wattstack.physics.kernel.inverter import ASK_MW, NINVERTER_CONST, SOFTER

pytestmark = pytest.mark.tiny

WELL, LOW, COLLAPSED, DEAD, OUT_OF_STEP, HIGH = range(6)
STEP_S = 0.001
FORMING = Inverter(mode="grid-forming")


def network(
    inverters=(), sets_mw=(), mva: float = 3000.0, dynamics: GensetDynamics | None = None
) -> NetworkSet:
    """Converters (declaration, MVA) and generating sets on a bus of a 50 Hz grid."""
    columns = [inverter_column(unit, rating) for unit, rating in inverters]
    sets = [genset_column(dynamics or GensetDynamics(), power) for power in sets_mw]
    return NetworkSet(
        Network(
            np.array([*impedance(mva, 10.0), 50.0]),
            np.array(columns).reshape(-1, NINVERTER_CONST).T.copy(),
            np.array(sets).reshape(-1, NGENSET_CONST).T.copy(),
        ),
        tuple(f"b{k}" for k in range(len(columns))),
        tuple(f"g{k}" for k in range(len(sets))),
    )


def islanded(whole: NetworkSet, load_mw: float, ask_mw: float = 0.0):
    """State of an island with all its sets running."""
    state = whole.new_state(load_mw, island=True)
    state.genset_orders[G_ON], state.genset_orders[G_ASK_MW] = 1.0, ask_mw
    return state


@pytest.mark.parametrize(("d_mw", "d_mvar"), [(40.0, 0.0), (0.0, 20.0), (40.0, 20.0), (-30.0, 10.0)])
def test_a_change_of_load_changes_the_voltage_by_r_dp_plus_x_dq(d_mw, d_mvar):
    r, x = impedance(3000.0, 10.0)
    volt, _ = bus_voltage(3000.0, 10.0, 0.0)
    after, _ = bus_voltage(3000.0, 10.0, d_mw, d_mvar)
    # by hand at 3000 MVA, X/R 10: R = 3.317e-5, X = 3.317e-4 pu per MVA; 40 MW and 20 Mvar: (1.33 + 6.63) / 1000
    assert (r, x) == (pytest.approx(3.317e-5, rel=1e-3), pytest.approx(3.317e-4, rel=1e-3))
    assert volt == pytest.approx(1.0)
    linear, square = -(r * d_mw + x * d_mvar), -0.5 * (x * d_mw) ** 2  # the angle's share: less than 1e-4
    assert after - volt == pytest.approx(linear + square, abs=1e-4)
    assert after - volt == pytest.approx(linear, abs=2e-4)


@settings(max_examples=50, deadline=None)
@given(
    load=st.floats(-500.0, 900.0), mvar=st.floats(-300.0, 300.0), mva=st.floats(2500.0, 30000.0),
    ratio=st.floats(0.5, 50.0), grid=st.floats(0.9, 1.1),
)  # fmt: skip
def test_the_voltage_found_obeys_kirchhoff(load, mvar, mva, ratio, grid):
    r, x = impedance(mva, ratio)
    try:
        volt, angle = bus_voltage(mva, ratio, load, mvar, grid)
    except StateError:
        assert load > 0.5 * most_load_mw(mva, ratio, mvar / load, grid) or abs(mvar) > 0.1 * mva
        return
    v = cmath.rect(volt, angle)
    assert abs(v + complex(r, x) * complex(load, -mvar) / v.conjugate()) == pytest.approx(grid, rel=1e-9)


def test_a_load_beyond_what_the_grid_carries_is_told_as_a_collapse():
    most = most_load_mw(300.0, 10.0)
    assert most == pytest.approx(300.0 / (2.0 * (1.0 + 1.0 / math.hypot(1.0, 10.0))))
    with pytest.raises(
        StateError, match=r"voltage collapse\. A grid of 300 MVA at 1 pu carries at most 136.4 MW"
    ):
        bus_voltage(300.0, 10.0, 1.01 * most)
    with pytest.raises(StateError, match="low voltage"):
        bus_voltage(300.0, 10.0, 0.999 * most)
    with pytest.raises(StateError, match="no voltage"):
        bus_voltage(300.0, 10.0, 0.0, grid_pu=0.0)


def test_a_collapse_is_named_and_never_a_number_that_is_none():
    whole = network(mva=300.0)
    state = whole.new_state(100.0)
    load = np.full(3000, 100.0)
    load[1000:2000] = 160.0
    course = simulate_network(whole, state, load, STEP_S)
    assert course.ended[999] == WELL
    assert ENDED[course.ended[1000]] == "voltage collapse"
    assert course.voltage_pu[1999] < 0.3
    assert course.ended[-1] == WELL and course.voltage_pu[-1] == pytest.approx(course.voltage_pu[0])
    assert all(np.isfinite(wave).all() for wave in course)


def test_a_sag_of_the_grid_is_low_voltage_and_no_collapse():
    grid = {"voltage_pu": np.repeat([1.0, 0.5, 0.0, 1.0], 500)}
    whole = network()
    course = simulate_network(whole, whole.new_state(100.0), np.full(2000, 100.0), STEP_S, 0.0, grid)
    assert course.ended[[400, 600, 1200, 1600]].tolist() == [WELL, LOW, DEAD, WELL]
    assert course.voltage_pu[1200] == 0.0 and course.load_mw[1200] == 0.0
    assert course.voltage_pu[-1] == pytest.approx(course.voltage_pu[0])
    assert course.frequency_hz == pytest.approx(np.full(2000, 50.0), abs=0.4)  # the angle jumps with the load


@settings(max_examples=25, deadline=None)
@given(
    load=st.lists(st.floats(0.0, 90.0), min_size=2, max_size=8),
    volt=st.lists(st.floats(0.0, 1.2), min_size=2, max_size=8),
    jump=st.floats(-60.0, 60.0),
    mode=st.sampled_from(["grid-following", "grid-forming"]),
    open_at=st.integers(0, 8),
)
def test_power_balances_at_every_step_whatever_happens(load, volt, jump, mode, open_at):
    whole = network([(Inverter(mode=mode), 100.0), (FORMING, 50.0)], [20.0, 10.0])
    state = whole.new_state(50.0, 5.0)
    state.genset_orders[G_ON], state.genset_orders[G_ASK_MW] = 1.0, 5.0
    count = min(len(load), len(volt))
    wave = np.repeat(load[:count], 100)
    grid = {
        "voltage_pu": np.repeat(volt[:count], 100), "jump_rad": np.zeros(len(wave)), "close": np.ones(len(wave)),
    }  # fmt: skip
    grid["jump_rad"][150] = math.radians(jump)
    grid["close"][100 * open_at :] = 0.0
    course = simulate_network(whole, state, wave, STEP_S, 5.0, grid)
    assert all(np.isfinite(values).all() for values in course)
    given_mw = course.grid_mw + course.inverter_mw.sum(axis=0) + course.genset_mw.sum(axis=0)
    assert given_mw == pytest.approx(course.load_mw, abs=1e-9)
    calm = course.ended == WELL
    assert course.load_mw[calm] == pytest.approx(wave[calm], abs=1e-6)
    before = np.concatenate([[1.0], course.voltage_pu[:-1]])
    low = (course.ended == LOW) | (course.ended == COLLAPSED)  # near the edge either, whatever the voltage
    seen = np.maximum(before, 0.05)
    assert course.load_mw[low][1:] == pytest.approx(
        (wave * (course.voltage_pu / seen) ** 2)[low][1:], abs=1e-6
    )


def test_generation_without_control_stops_below_07():
    _, re, im = solve_load(*(100.0, -1000.0), 0.5 * 100.0, -0.5 * 1000.0, -50.0, 0.0, 0.5)
    assert math.hypot(re, im) == pytest.approx(0.5)


def test_the_meter_follows_a_ramp_of_the_grid_s_frequency():
    whole = network()
    freq = 50.0 + 0.5 * np.clip(np.arange(3000) * STEP_S - 1.0, 0.0, None)
    course = simulate_network(
        whole, whole.new_state(100.0), np.full(3000, 100.0), STEP_S, 0.0, {"frequency_hz": freq}
    )
    # the speed of a critically damped loop of second order lags a ramp by 2 tau
    assert course.frequency_hz[-1] == pytest.approx(freq[-1] - 0.5 * 2.0 * at.METER_S, abs=2e-3)


def test_an_island_takes_the_load_at_once_and_settles_on_the_droop():
    whole = network([(FORMING, 100.0)])
    state = whole.new_state(60.0, setpoint_mw=[60.0])
    close = np.ones(3000)
    close[1000:] = 0.0
    load = np.full(3000, 60.0)
    load[2000:] = 70.0
    course = simulate_network(whole, state, load, STEP_S, 0.0, {"close": close})
    assert (course.grid_mw[1000:] == 0.0).all()
    assert course.inverter_mw[0, 1000:2000] == pytest.approx(np.full(1000, 60.0))
    assert course.frequency_hz[1999] == pytest.approx(50.0, abs=1e-3)
    # 10 MW of 100 MVA at a droop of 2 % of 50 Hz; 2 H = 4 s against 1 / 0.02: 80 ms and the meter's 2 x 20 ms
    assert course.frequency_hz[-1] == pytest.approx(49.9, abs=1e-4)
    assert course.frequency_hz[2000 + 120] == pytest.approx(50.0 - 0.1 * (1.0 - math.exp(-1.0)), abs=0.02)


def test_an_island_beyond_its_converter_s_current_collapses():
    whole = network([(FORMING, 100.0)])
    load = np.full(3000, 60.0)
    load[1000:] = 150.0
    course = simulate_network(whole, islanded(whole, 60.0), load, STEP_S)
    assert course.ended[500] == WELL
    assert course.ended[1500] in (LOW, COLLAPSED)
    assert course.voltage_pu[-1] < 0.7
    assert np.isfinite(course.voltage_pu).all()


def test_more_current_than_an_island_can_take_is_told_as_overvoltage():
    whole = network([(FORMING, 20.0), (Inverter(), 100.0)])
    state = whole.new_state(90.0, setpoint_mw=[0.0, 90.0])
    load, close = np.full(200, 90.0), np.ones(200)
    load[100:], close[100:] = 0.0, 0.0
    course = simulate_network(whole, state, load, STEP_S, 0.0, {"close": close})
    assert course.ended[99] == WELL
    assert ENDED[course.ended[100]] == "overvoltage"
    assert course.ended[-1] == WELL  # the frequency rises, and the one that follows it holds back
    assert course.voltage_pu.max() == pytest.approx(at.MOST_PU)
    assert all(np.isfinite(wave).all() for wave in course)


def test_an_island_without_a_source_of_voltage_is_dead():
    whole = network([(Inverter(), 100.0)])
    course = simulate_network(whole, islanded(whole, 60.0), np.full(100, 60.0), STEP_S)
    assert ENDED[course.ended[-1]] == "no voltage"
    assert course.voltage_pu[-1] == 0.0


@pytest.mark.parametrize("grid_hz", [49.95, 50.03])
def test_an_island_returns_only_when_angle_frequency_and_voltage_meet_the_grid_s(grid_hz):
    whole = network([(FORMING, 100.0)])
    state = whole.new_state(60.0, 10.0)
    state.bus[at.GRID_HZ], state.bus[at.CLOSE_ORDER] = grid_hz, 0.0
    load = np.full(5000, 60.0)
    simulate_network(whole, state, load, STEP_S, 10.0)
    assert state.bus[at.FREQ_HZ] == pytest.approx(49.4, abs=0.01)
    state.bus[at.CLOSE_ORDER] = 1.0
    waits = 0
    while state.bus[at.CLOSED] < 0.5 and waits < 60000:
        behind = at.wrapped(state.bus[at.GRID_RAD] - state.bus[at.BUS_RAD])
        slip, missing = state.bus[at.FREQ_HZ] - grid_hz, state.bus[at.GRID_PU] - state.bus[at.VOLT_PU]
        at.advance_network(whole.network, state, 60.0, 10.0, STEP_S)
        waits += 1
    assert 1000 < waits < 30000
    assert abs(behind) < math.radians(1.5) and abs(slip) < 0.1 and abs(missing) < 0.03
    back = simulate_network(whole, state, np.full(30000, 60.0), STEP_S, 10.0)
    assert np.abs(np.diff(back.grid_mw[:100])).max() < 10.0
    assert np.abs(back.frequency_hz - grid_hz).max() < 0.2
    droop_mw = (50.0 - grid_hz) / 50.0 / 0.02 * 100.0
    assert back.inverter_mw[0, -1] == pytest.approx(droop_mw, abs=0.5)
    assert (back.ended == WELL).all()


def test_an_island_does_not_close_onto_a_dead_grid_and_a_dead_bus_closes_at_once():
    whole = network([(FORMING, 100.0)])
    state = islanded(whole, 60.0)
    state.bus[at.CLOSE_ORDER], state.bus[at.GRID_PU] = 1.0, 0.0
    course = simulate_network(whole, state, np.full(2000, 60.0), STEP_S)
    assert not course.closed.any() and (course.ended == WELL).all()
    empty = network()
    state = islanded(empty, 60.0)
    simulate_network(empty, state, np.full(10, 60.0), STEP_S)
    state.bus[at.CLOSE_ORDER] = 1.0
    course = simulate_network(empty, state, np.full(10, 60.0), STEP_S)
    assert course.closed.all() and course.ended[-1] == WELL


def test_generating_sets_share_by_their_rating_and_settle_on_their_droop():
    whole = network(sets_mw=(20.0, 40.0))
    course = simulate_network(whole, islanded(whole, 30.0), np.full(30000, 30.0), STEP_S)
    assert course.genset_mw[:, -1] == pytest.approx([10.0, 20.0], rel=1e-3)
    assert course.frequency_hz[-1] == pytest.approx(50.0 - 0.5 * 0.05 * 50.0, abs=1e-3)


def test_sets_that_are_asked_for_the_load_hold_the_nominal_frequency():
    whole = network(sets_mw=(20.0, 40.0))
    state = islanded(whole, 30.0)
    state.genset_orders[G_ASK_MW] = [10.0, 20.0]
    course = simulate_network(whole, state, np.full(30000, 30.0), STEP_S)
    assert course.frequency_hz[-1] == pytest.approx(50.0, abs=1e-3)


def test_a_step_of_load_slows_a_set_at_the_rate_of_its_inertia():
    whole = network(sets_mw=(40.0,), dynamics=GensetDynamics(inertia_s=1.0))
    state = islanded(whole, 20.0, 20.0)
    simulate_network(whole, state, np.full(20000, 20.0), STEP_S)
    speed = state.gensets[G_SPEED_PU, 0]
    simulate_network(whole, state, np.full(51, 24.0), STEP_S)
    # 4 MW of 50 MVA over 2 H = 2 s, before the engine answers (the step itself shows one step later)
    assert (state.gensets[G_SPEED_PU, 0] - speed) / 0.05 == pytest.approx(-4.0 / 50.0 / 2.0, rel=0.1)


def test_a_set_closes_in_step_with_a_bus_that_lives_and_leaves_without_a_trace():
    whole = network([(FORMING, 100.0)], [20.0])
    state = whole.new_state(60.0, island=True)
    simulate_network(whole, state, np.full(5000, 60.0), STEP_S)
    state.genset_orders[G_ON], state.genset_orders[G_ASK_MW] = 1.0, 15.0
    joined = simulate_network(whole, state, np.full(20000, 60.0), STEP_S)
    assert np.abs(joined.genset_mw[0, :20]).max() < 3.0
    assert joined.genset_mw[0, -1] > 15.0  # its droop gives more at the island's low frequency
    state.genset_orders[G_ON] = 0.0
    left = simulate_network(whole, state, np.full(5000, 60.0), STEP_S)
    assert (left.genset_mw == 0.0).all()
    assert left.inverter_mw[0, -1] == pytest.approx(60.0)


def test_forming_converters_share_an_island_by_their_rating():
    whole = network([(FORMING, 100.0), (FORMING, 50.0)])
    course = simulate_network(whole, islanded(whole, 60.0), np.full(10000, 60.0), STEP_S)
    assert course.inverter_mw[:, -1] == pytest.approx([40.0, 20.0], rel=1e-3)


def test_a_limited_converter_is_stiff_again_after_the_sag():
    whole = network([(FORMING, 100.0)])
    state = whole.new_state(60.0)
    simulate_network(whole, state, np.full(100, 60.0), STEP_S, 0.0, {"voltage_pu": np.full(100, 0.1)})
    assert state.inverters[SOFTER, 0] > 1.5
    simulate_network(whole, state, np.full(3000, 60.0), STEP_S, 0.0, {"voltage_pu": np.ones(3000)})
    assert state.inverters[SOFTER, 0] == pytest.approx(1.0)


def test_at_rest_nothing_moves():
    whole = network([(FORMING, 100.0), (Inverter(), 50.0)])
    state = whole.new_state(120.0, 12.0, [30.0, -20.0])
    course = simulate_network(whole, state, np.full(2000, 120.0), STEP_S, 12.0)
    assert np.ptp(course.voltage_pu) < 1e-9
    assert course.inverter_mw[:, -1] == pytest.approx([30.0, -20.0], rel=1e-6)
    assert state.inverter_orders[ASK_MW].tolist() == [30.0, -20.0]


def test_a_grid_too_weak_for_its_load_is_refused_before_the_first_step():
    with pytest.raises(
        InputError, match=r"grid.connection.short_circuit_mva.*too little for a load of 200 MW"
    ):
        network(mva=300.0).new_state(200.0)


def test_what_drives_the_grid_is_checked():
    whole = network()
    with pytest.raises(InputError) as error:
        simulate_network(
            whole,
            whole.new_state(10.0),
            np.full(10, 10.0),
            STEP_S,
            0.0,
            {"volts": np.ones(10), "close": np.ones(9)},
        )
    assert [fault.where for fault in error.value.faults] == ["volts", "close"]


def test_a_set_that_the_grid_s_angle_leaves_is_told_as_out_of_step():
    whole = network(sets_mw=(20.0,))
    state = whole.new_state(60.0)
    state.genset_orders[G_ON], state.genset_orders[G_ASK_MW] = 1.0, 10.0
    jump = np.zeros(10)
    jump[5] = math.radians(170.0)
    course = simulate_network(whole, state, np.full(10, 60.0), STEP_S, 0.0, {"jump_rad": jump})
    assert course.ended[4] == WELL and course.ended[5] == OUT_OF_STEP
