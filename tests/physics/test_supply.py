"""Power supplies and rack storage: what they hold up, what they level, what they lose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Hall
from wattstack.physics.chain import level_swings

pytestmark = pytest.mark.tiny

STEP_S = 0.001
STORED = {"energy_j_per_gpu": 65.0, "round_trip_eff": 0.96}


def hall(**keys) -> Hall:
    return Hall(it_mw=1.0, supply_filter_s=1e-6, **keys)


def steps(seconds: float) -> int:
    return round(seconds / STEP_S)


def sagged(volt_pu: float, lasts_s: float, total_s: float = 6.0) -> np.ndarray:
    volt = np.ones(steps(total_s))
    volt[100 : 100 + steps(lasts_s)] = volt_pu
    return volt


def swing(period_s: float, duty_frac: float, total_s: float) -> np.ndarray:
    """0.95 and 0.45 MW of a group of 1 MW."""
    t = np.arange(steps(total_s)) * STEP_S
    return np.where((t % period_s) < duty_frac * period_s - 1e-9, 0.95, 0.45)


def test_an_edge_passes_the_supply_with_its_time_constant():
    wave = np.full(200, 0.5)
    wave[50:] = 1.0
    drawn = level_swings(Hall(it_mw=1.0, supply_filter_s=0.03), 0.0, wave, STEP_S).drawn_mw
    assert drawn[49] == 0.5
    assert drawn[50 + 29] == pytest.approx(0.5 + 0.5 * (1.0 - np.exp(-1.0)))


@pytest.mark.parametrize(
    ("load_mw", "volt_pu", "lasts_s", "dark"),
    [
        (1.0, 0.0, 0.019, False), (1.0, 0.0, 0.025, True),  # 20 ms at full power
        (0.5, 0.0, 0.038, False), (0.5, 0.0, 0.045, True),  # twice that at half power
        (1.0, 0.75, 0.1, False), (0.9, 0.75, 0.49, False), (0.9, 0.75, 0.52, True),  # ITIC: 0.5 s above 0.7
        (0.9, 0.85, 1.0, False),
        (0.9, 1.15, 0.49, False), (0.9, 1.15, 0.52, True),
        (0.9, 1.3, 0.002, False), (0.9, 1.3, 0.005, True),
    ],
)  # fmt: skip
def test_racks_bear_what_the_itic_curve_asks_and_no_more(load_mw, volt_pu, lasts_s, dark):
    wave = np.full(6000, load_mw)
    course = level_swings(hall(), 0.0, wave, STEP_S, sagged(volt_pu, lasts_s))
    assert course.dark.any() == dark


def test_racks_bear_085_for_ten_seconds():
    for lasts_s, dark in ((9.9, False), (10.1, True)):
        volt = sagged(0.85, lasts_s, 12.0)
        assert level_swings(hall(), 0.0, np.full(len(volt), 0.9), STEP_S, volt).dark.any() == dark


def test_a_supply_draws_constant_power_down_to_where_its_current_ends():
    course = level_swings(hall(), 0.0, np.full(400, 1.0), STEP_S, np.repeat([1.0, 0.85, 0.75, 0.3], 100))
    assert course.drawn_mw[[50, 150, 210, 305]] == pytest.approx([1.0, 1.0, 1.25 * 0.75, 0.0])


def test_bulk_capacitors_fill_again_after_a_sag():
    volt = sagged(0.0, 0.01, 2.0)
    course = level_swings(hall(), 0.0, np.full(len(volt), 0.8), STEP_S, volt)
    assert course.missing_mwh[109] * 3600.0 == pytest.approx(0.008)
    assert course.drawn_mw[110] == pytest.approx(0.8 + 0.008 / 0.1)
    assert course.missing_mwh[-1] * 3600.0 == pytest.approx(0.0, abs=1e-9)
    assert course.drawn_mw.sum() * STEP_S == pytest.approx(0.8 * 2.0)


def test_dark_racks_wait_two_seconds_and_start_softly_over_two():
    volt = sagged(0.0, 0.1, 6.0)
    drawn = level_swings(hall(), 0.0, np.full(len(volt), 0.8), STEP_S, volt).drawn_mw
    back = 100 + 100  # step at which the voltage is well again
    assert (drawn[130 : back + 1990] == 0.0).all()
    assert drawn[back + 2000 + 1000] == pytest.approx(0.4 + 0.02 * 1.0 / 0.1 * np.exp(-10.0), abs=0.01)
    assert drawn[-1] == pytest.approx(0.8, abs=1e-3)


def test_a_voltage_that_goes_again_lets_dark_racks_wait_anew():
    volt = sagged(0.0, 0.1, 6.0)
    volt[1500] = 0.5
    course = level_swings(hall(), 0.0, np.full(len(volt), 0.8), STEP_S, volt)
    assert course.dark[1500 + 1990]
    assert not course.dark[1500 + 2010]


def test_stored_energy_levels_periods_that_fit_into_it_and_not_those_that_do_not():
    # 0.5 MW of swing for 714 GPUs = 0.7 kW each; at d = 0.85 65 J last up to 0.7 s
    kept = []
    for period_s in (0.5, 3.0):
        course = level_swings(
            hall(rack_storage={**STORED, "average_s": 3.0}), 714.0, swing(period_s, 0.85, 30.0), STEP_S
        )
        kept.append(np.ptp(course.drawn_mw[steps(15.0) :]) / 0.5)
    assert kept[0] < 0.08
    assert kept[1] > 0.5


def test_the_store_returns_to_half_full():
    wave = np.full(steps(60.0), 0.5)
    wave[100:] = 0.9
    course = level_swings(hall(rack_storage=STORED), 2000.0, wave, STEP_S)
    full_mwh = 65.0 * 2000.0 * 1e-6 / 3600.0
    assert course.stored_mwh.min() < 0.45 * full_mwh
    assert course.stored_mwh[-1] == pytest.approx(0.5 * full_mwh, rel=0.02)


def test_stored_energy_bridges_a_sag_longer_than_the_capacitors_do():
    volt = sagged(0.0, 0.05)
    wave = np.full(len(volt), 0.8)
    assert level_swings(hall(), 0.0, wave, STEP_S, volt).dark.any()
    course = level_swings(hall(rack_storage=STORED), 2000.0, wave, STEP_S, volt)  # 0.065 MJ beside 0.02
    assert not course.dark.any()
    assert (course.storing_mw[100:150] < 0.0).any()


@settings(max_examples=25, deadline=None)
@given(
    power=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=20),
    gpus=st.floats(1.0, 5000.0),
    eff=st.floats(0.5, 1.0),
    depth=st.floats(0.0, 1.0),
)
def test_rack_storage_creates_no_energy_and_keeps_within_its_bounds(power, gpus, eff, depth):
    wave = np.repeat(power, 200)
    volt = np.ones(len(wave))
    volt[150:160] = 1.0 - depth
    store = {"round_trip_eff": eff, "energy_j_per_gpu": 65.0, "average_s": 0.2}
    course = level_swings(hall(rack_storage=store), gpus, wave, STEP_S, volt)
    full_mwh = 65.0 * gpus * 1e-6 / 3600.0
    served = wave.sum() * STEP_S / 3600.0
    drawn = course.drawn_mw.sum() * STEP_S / 3600.0
    kept = course.stored_mwh[-1] - 0.5 * full_mwh - course.missing_mwh[-1]
    assert not course.dark.any()
    assert drawn == pytest.approx(served + kept + course.lost_mwh[-1], abs=1e-12)
    assert course.stored_mwh.min() >= 0.0 and course.stored_mwh.max() <= full_mwh * (1.0 + 1e-12)
    assert course.drawn_mw.min() >= 0.0 and np.diff(course.lost_mwh).min() >= 0.0


def test_the_course_hardly_depends_on_the_step():
    energy, ripple = [], []
    for step_s in (0.0005, 0.005):
        t = np.arange(round(20.0 / step_s)) * step_s
        wave = np.where(t % 0.5 < 0.4 - 1e-9, 0.95, 0.45)
        course = level_swings(Hall(it_mw=1.0, rack_storage=STORED), 1000.0, wave, step_s)
        energy.append(course.drawn_mw.mean())
        ripple.append(np.ptp(course.drawn_mw[len(t) // 2 :]))
    assert energy[0] == pytest.approx(energy[1], rel=1e-3)
    assert ripple[0] == pytest.approx(ripple[1], rel=0.05)
