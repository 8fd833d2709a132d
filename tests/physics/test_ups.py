"""Uninterruptible supplies: sags worked by hand, counting, return, energy; and the chains of a campus."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Hall, Ups
from wattstack.errors import InputError
from wattstack.physics.chain import ride_through
from wattstack.physics.chain.ups import MODES

STEP_S = 0.001
ON_GRID, CHANGING, ON_BATTERY, EMPTY = range(4)
PLAIN = {"power_mw": 110.0, "energy_mwh": 10.0}


def volts(*sags: tuple[float, float, float], total_s: float) -> np.ndarray:
    """1 pu but for sags (begin, length, voltage)."""
    volt = np.ones(round(total_s / STEP_S))
    for begin_s, length_s, volt_pu in sags:
        volt[round(begin_s / STEP_S) : round((begin_s + length_s) / STEP_S)] = volt_pu
    return volt


def virginia(total_s: float = 110.0) -> np.ndarray:
    """Six faults of 60 ms within 82 s, the first at 10 s."""
    return volts(*((10.0 + 16.4 * k, 0.06, 0.35) for k in range(6)), total_s=total_s)


def recovered_s(course, share: float, from_s: float) -> float:
    """From a moment until the draw is back at a share of what it was at first."""
    first = round(from_s / STEP_S)
    back = np.flatnonzero(course.grid_mw[first:] >= share * course.grid_mw[0])
    return back[0] * STEP_S


@pytest.mark.tiny
def test_full_load_costs_what_the_efficiency_says():
    course = ride_through(Ups(power_mw=100.0), np.ones(10), 50.0, STEP_S, 100.0)
    assert course.grid_mw[-1] == pytest.approx(100.0 / 0.96)
    course = ride_through(Ups(power_mw=100.0, kind="eco"), np.ones(10), 50.0, STEP_S, 100.0)
    assert course.grid_mw[-1] == pytest.approx(100.0 / 0.99)


@pytest.mark.tiny
def test_half_load_pays_the_loss_at_no_load_in_full():
    course = ride_through(Ups(power_mw=100.0), np.ones(10), 50.0, STEP_S, 50.0)
    assert course.grid_mw[-1] == pytest.approx(50.0 + 0.75 * (100.0 / 0.96 - 100.0))


@pytest.mark.parametrize("kind", ["double-conversion", "eco"])
def test_a_unit_that_counts_three_sags_leaves_at_virginia_and_stays(kind):
    course = ride_through(
        Ups(kind=kind, sag_count=3, sag_window_s=60.0, **PLAIN), virginia(), 60.0, STEP_S, 100.0
    )
    third = 10.0 + 2 * 16.4
    assert course.sags[-1] == 6
    assert course.left[-1] == 3
    assert course.grid_mw[round((third - 0.1) / STEP_S)] > 100.0
    assert (course.grid_mw[round((third + 0.1) / STEP_S) :] == 0.0).all()
    assert course.locked[-1] and course.mode[-1] == ON_BATTERY
    assert not course.dark.any()


@pytest.mark.parametrize("kind", ["double-conversion", "eco"])
def test_a_unit_that_does_not_count_returns_after_each_of_six_sags(kind):
    ups = Ups(kind=kind, sag_count=None, **PLAIN)
    course = ride_through(ups, virginia(), 60.0, STEP_S, 100.0)
    assert course.left[-1] == 6
    assert course.mode[-1] == ON_GRID and not course.locked.any()
    for k in range(6):
        ended = 10.0 + 16.4 * k + 0.06
        # 0.5 s well, then 90 % of 1 s of walk-in
        assert recovered_s(course, 0.9, ended) == pytest.approx(0.5 + 0.9, abs=0.005)


def test_three_sags_that_are_further_apart_than_the_window_are_not_counted_together():
    far = volts(*((1.0 + 31.0 * k, 0.06, 0.35) for k in range(3)), total_s=70.0)
    near = volts(*((1.0 + 29.0 * k, 0.06, 0.35) for k in range(3)), total_s=70.0)
    ups = Ups(sag_count=3, sag_window_s=60.0, **PLAIN)
    assert not ride_through(ups, far, 50.0, STEP_S, 100.0).locked.any()
    assert ride_through(ups, near, 50.0, STEP_S, 100.0).locked[-1]


@pytest.mark.tiny
def test_a_single_sag_locks_a_unit_that_counts_to_one():
    course = ride_through(Ups(sag_count=1, **PLAIN), volts((1.0, 0.1, 0.5), total_s=5.0), 50.0, STEP_S, 100.0)
    assert course.locked[-1] and course.grid_mw[-1] == 0.0


@pytest.mark.tiny
def test_a_locked_unit_comes_back_when_its_time_is_over():
    ups = Ups(sag_count=1, hold_s=3.0, **PLAIN)
    course = ride_through(ups, volts((1.0, 0.1, 0.5), total_s=8.0), 50.0, STEP_S, 100.0)
    # the decision falls 5 ms into the sag; 3 s later it is well for long; then 90 % of the walk-in
    assert recovered_s(course, 0.9, 1.1) == pytest.approx(1.005 + 3.0 + 0.9 - 1.1, abs=0.005)


@pytest.mark.tiny
def test_a_sag_shorter_than_detection_is_ridden_on_the_grid():
    course = ride_through(
        Ups(detect_s=0.005, **PLAIN), volts((1.0, 0.004, 0.8), total_s=2.0), 50.0, STEP_S, 100.0
    )
    assert course.left[-1] == 0 and course.sags[-1] == 0
    course = ride_through(
        Ups(detect_s=0.005, **PLAIN), volts((1.0, 0.005, 0.8), total_s=2.0), 50.0, STEP_S, 100.0
    )
    assert course.left[-1] == 1


@pytest.mark.tiny
def test_a_unit_without_delay_leaves_at_once_and_returns_at_once():
    ups = Ups(detect_s=0.0, return_s=0.0, walk_in_s=0.0, **PLAIN)
    course = ride_through(ups, volts((1.0, 0.05, 0.5), total_s=2.0), 50.0, STEP_S, 100.0)
    assert course.grid_mw[1000] == 0.0
    assert recovered_s(course, 0.9, 1.05) <= 0.003


@pytest.mark.tiny
@pytest.mark.parametrize(("off_hz", "leaves"), [(2.9, False), (-2.9, False), (3.1, True), (-3.1, True)])
def test_a_frequency_outside_the_window_makes_it_leave(off_hz, leaves):
    freq = np.full(2000, 60.0)
    freq[1000:1500] += off_hz
    course = ride_through(Ups(**PLAIN), np.ones(2000), freq, STEP_S, 100.0)
    assert (course.left[-1] == 1) == leaves


@pytest.mark.tiny
def test_overvoltage_makes_it_leave():
    course = ride_through(Ups(**PLAIN), volts((1.0, 0.5, 1.15), total_s=2.0), 50.0, STEP_S, 100.0)
    assert course.left[-1] == 1 and not course.dark.any()


@pytest.mark.tiny
def test_a_voltage_inside_the_window_raises_the_current_to_its_limit_and_the_battery_gives_the_rest():
    ups = Ups(power_mw=100.0, energy_mwh=10.0, low_pu=0.5, current_limit_pu=1.1)
    course = ride_through(ups, np.repeat([1.0, 0.95, 0.6], 100), 50.0, STEP_S, 100.0)
    full = 100.0 / 0.96
    assert course.grid_mw[[50, 150, 250]] == pytest.approx([full, full, 1.1 * 0.6 * full])
    lost = (1.0 - 1.1 * 0.6) * full * STEP_S / 3600.0
    assert course.battery_mwh[249] - course.battery_mwh[250] == pytest.approx(lost)


@pytest.mark.tiny
def test_eco_changes_over_within_the_hold_up_of_the_power_supplies():
    volt = volts((1.0, 0.5, 0.0), total_s=3.0)
    course = ride_through(
        Ups(kind="eco", detect_s=0.005, transfer_s=0.004, **PLAIN), volt, 50.0, STEP_S, 100.0
    )
    assert not course.dark.any()
    assert (course.mode[1004:1008] == CHANGING).all() and course.mode[1008] == ON_BATTERY
    slow = ride_through(Ups(kind="eco", detect_s=0.005, transfer_s=0.030, **PLAIN), volt, 50.0, STEP_S, 100.0)
    assert slow.dark.any()


@pytest.mark.tiny
def test_double_conversion_does_not_let_its_racks_see_a_sag():
    course = ride_through(Ups(**PLAIN), volts((1.0, 0.5, 0.0), total_s=3.0), 50.0, STEP_S, 100.0)
    assert course.served_mw == pytest.approx(np.full(3000, 100.0))


@pytest.mark.tiny
def test_an_outage_longer_than_the_battery_darkens_the_racks_and_they_come_back():
    ups = Ups(power_mw=110.0, energy_mwh=0.05)  # 0.05 MWh / 104 MW: 1.7 s
    course = ride_through(ups, volts((1.0, 4.0, 0.0), total_s=12.0), 50.0, STEP_S, 100.0)
    need = 100.0 + (0.5 * 110.0 + 0.5 * 100.0) * (1.0 / 0.96 - 1.0)
    emptied = np.flatnonzero(course.mode == EMPTY)[0] * STEP_S
    assert emptied == pytest.approx(1.004 + 0.05 * 3600.0 / need, abs=0.005)
    assert course.dark[round(4.9 / STEP_S)]
    assert course.battery_mwh.min() == 0.0
    # voltage at 5.0 s, the unit after 0.5 s, the racks 2 s later, soft over 2 s
    assert course.served_mw[round(7.4 / STEP_S)] == 0.0
    assert course.served_mw[round(9.6 / STEP_S)] == pytest.approx(100.0, rel=0.02)
    assert course.grid_mw[-1] > 100.0


@pytest.mark.tiny
def test_recharge_comes_after_the_walk_in_and_never_as_a_step():
    ups = Ups(recharge_frac=0.1, **PLAIN)
    course = ride_through(ups, volts((1.0, 20.0, 0.0), total_s=30.0), 50.0, STEP_S, 100.0)
    after = course.grid_mw[21000:]
    assert np.diff(after).max() <= 110.0 * STEP_S  # no faster than the walk-in of the load
    taken = course.grid_mw[-1] - course.grid_mw[0]
    room = (10.0 - course.battery_mwh[-1]) * 3600.0
    assert taken == pytest.approx(min(11.0, room / (0.95 * 300.0)), rel=0.01)


@pytest.mark.tiny
def test_servers_behind_a_unit_may_be_a_hall_with_its_own_filter():
    wave = np.where(np.arange(400) < 200, 50.0, 100.0)
    hall = Hall(it_mw=100.0, supply_filter_s=0.03)
    course = ride_through(Ups(**PLAIN), np.ones(400), 50.0, STEP_S, wave, hall)
    assert course.served_mw[200 + 29] == pytest.approx(50.0 + 50.0 * (1.0 - np.exp(-1.0)))


@pytest.mark.tiny
@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["double-conversion", "eco"]),
    sags=st.lists(st.tuples(st.floats(0.0, 1.3), st.integers(1, 700)), min_size=1, max_size=8),
    energy=st.floats(0.001, 0.2),
    count=st.sampled_from([None, 1, 3]),
)
def test_energy_is_neither_made_nor_lost_and_the_battery_keeps_within_its_bounds(kind, sags, energy, count):
    volt = np.concatenate([np.concatenate([np.full(n, v), np.ones(300)]) for v, n in sags])
    load = 60.0 + 30.0 * np.sin(np.arange(len(volt)) * 0.01)
    ups = Ups(kind=kind, power_mw=110.0, energy_mwh=energy, sag_count=count, return_s=0.1, walk_in_s=0.1)
    course = ride_through(ups, volt, 50.0, STEP_S, load)
    drawn, served = (wave.sum() * STEP_S / 3600.0 for wave in (course.grid_mw, course.served_mw))
    assert drawn == pytest.approx(served + course.lost_mwh[-1] + course.battery_mwh[-1] - energy, abs=1e-9)
    assert course.battery_mwh.min() >= 0.0 and course.battery_mwh.max() <= energy * (1.0 + 1e-12)
    assert course.grid_mw.min() >= 0.0 and course.served_mw.min() >= 0.0
    assert np.diff(course.lost_mwh).min() >= 0.0


@pytest.mark.tiny
def test_modes_have_a_word_each():
    assert len(MODES) == EMPTY + 1


@pytest.mark.tiny
def test_waves_of_different_lengths_and_gaps_are_told_at_once():
    volt = np.ones(10)
    volt[3] = np.nan
    with pytest.raises(InputError) as error:
        ride_through(Ups(), volt, np.full(9, 50.0), 0.0, 100.0)
    assert [fault.where for fault in error.value.faults] == ["step_s", "frequency_hz", "voltage_pu"]


def test_the_answer_to_virginia_does_not_depend_on_the_step():
    drawn = []
    for step_s in (0.001, 0.005):
        volt = np.ones(round(40.0 / step_s))
        for k in range(2):
            first = round((10.0 + 16.4 * k) / step_s)
            volt[first : first + round(0.06 / step_s)] = 0.35
        course = ride_through(Ups(sag_count=None, **PLAIN), volt, 60.0, step_s, 100.0)
        assert course.left[-1] == 2
        drawn.append(course.grid_mw.mean())
    assert drawn[0] == pytest.approx(drawn[1], rel=1e-3)


@pytest.mark.parametrize(("away_s", "all_back_s"), [(0.5, 1.5), (20.0, 60.5)])
def test_after_a_long_outage_it_walks_in_slowly_and_after_a_sag_at_once(away_s, all_back_s):
    unit = Ups(**PLAIN, return_s=0.5, walk_in_s=1.0, long_outage_s=10, long_walk_in_s=60)
    course = ride_through(unit, volts((1.0, away_s, 0.0), total_s=away_s + 80.0), 50.0, STEP_S, 100.0)
    assert recovered_s(course, 0.999, 1.0 + away_s) == pytest.approx(all_back_s, rel=0.01)
