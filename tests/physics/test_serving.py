"""A serving fleet: exact mean, bursts as declared, the shape of its day, work that waits when all places are taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus.compute import GpuSmoothing, Inference
from wattstack.physics.compute import make_load, power_wave
from wattstack.physics.compute.serving import day_power, fleet_column
from wattstack.physics.kernel import load_rows as at
from wattstack.physics.kernel.serving import day_frac, in_service

FLAT = {"gpus": 8000, "power_per_gpu_kw": 1.25, "peak_frac": 1, "trough_frac": 1}


@pytest.fixture
def fleet(servers):
    """Make a load of one fleet of 10 MW: fleet(clock_h=12, **changes)."""

    def make(seed=0, clock_h=12.0, **changes):
        hall = {"it_mw": 20, "network_frac": 0, "inference": {"chat": {**FLAT, **changes}}}
        return make_load(servers(hall=hall), seed=seed, groups=1, clock_h=clock_h)

    return make


def seconds(load, count):
    """Arrivals of each second and requests in service at its beginning."""
    from wattstack.physics.kernel.jobs import advance_load

    state, power = load.new_state(), np.zeros(1)
    come, held = np.empty(count), np.empty(count)
    for k in range(count):
        advance_load(load.load, state, float(k), 1.0, power)
        come[k], held[k] = state.fleet[at.ARRIVING_PER_S, 0], state.fleet[at.IN_SERVICE, 0]
    return come, held


def test_mean_power_is_base_and_slope_at_the_declared_use(fleet):
    power = power_wave(fleet(requests_per_s=200, request_s=4), 40_000.0, 1.0)["power_mw"]
    assert power.mean() == pytest.approx(10 * (0.12 + 0.68 * 0.5), rel=0.002)


def test_arrivals_have_the_declared_dispersion(fleet):
    come, held = seconds(fleet(requests_per_s=300, burst_cv=3.0, request_s=5), 20_000)
    assert come.mean() == pytest.approx(300, rel=0.01)
    assert come.var() / come.mean() == pytest.approx(9.0, rel=0.06)
    # half of arrivals and lengths
    assert held.var() / held.mean() == pytest.approx((9.0 + 1.0) / 2, rel=0.15)


def test_arrivals_by_chance_alone_keep_the_variance_of_an_open_queue(fleet):
    _, held = seconds(fleet(requests_per_s=300, burst_cv=1.0, request_s=10), 30_000)
    assert held.var() / held.mean() == pytest.approx(1.0, rel=0.15)  # M/M/infinity


@pytest.mark.tiny
def test_no_second_is_negative_even_where_requests_are_rare(fleet):
    come, held = seconds(fleet(requests_per_s=0.5, burst_cv=5.0, request_s=20), 300)
    assert come.min() >= 0.0 and held.min() >= 0.0


@pytest.mark.tiny
def test_the_step_changes_nothing_at_the_same_moments(fleet):
    load = fleet(seed=3, requests_per_s=5, utilisation_frac=0.9)
    fine, coarse = power_wave(load, 60.0, 0.25)["power_mw"], power_wave(load, 60.0, 5.0)["power_mw"]
    assert np.abs(fine[::20] - coarse).max() < 1e-12


@given(trough=st.floats(0.05, 0.95), peak=st.floats(1.05, 3.5))
@settings(max_examples=30, deadline=None)
def test_a_day_has_its_peak_its_trough_and_mean_one(trough, peak):
    shape = {"peak_frac": peak, "trough_frac": trough, "peak_hour": 15, "utilisation_frac": 0.25}
    column = fleet_column(Inference(**{**FLAT, **shape}), GpuSmoothing(), clock_h=3.0).reshape(-1, 1)
    day = np.array([day_frac(column, 0, 60.0 * k) for k in range(1440)])
    assert day.mean() == pytest.approx(1.0, abs=0.002)
    assert day.max() == pytest.approx(peak, rel=1e-6) and np.argmax(day) == 12 * 60  # from 3:00 to 15:00
    assert day.min() == pytest.approx(trough, rel=1e-6)


@pytest.mark.tiny
def test_a_flat_day_is_flat():
    assert day_power(1.0, 1.0) == 1.0
    column = fleet_column(Inference(**FLAT), GpuSmoothing(), clock_h=0.0).reshape(-1, 1)
    assert day_frac(column, 0, 1234.0) == 1.0


def test_power_follows_the_hours_of_the_local_clock(fleet):
    day = {"peak_frac": 1.4, "trough_frac": 0.7, "peak_hour": 15.0}
    noon = power_wave(fleet(clock_h=15.0, **day), 120.0, 1.0)["power_mw"].mean()
    night = power_wave(fleet(clock_h=3.0, **day), 120.0, 1.0)["power_mw"].mean()
    assert noon == pytest.approx(10 * (0.12 + 0.68 * 0.7), rel=0.02)
    assert night == pytest.approx(10 * (0.12 + 0.68 * 0.35), rel=0.02)


def table(held, come, places=100.0, request_s=10.0):
    fleets, state = np.zeros((at.NFLEET, 1)), np.zeros((at.NFLEET_STATE, 1))
    fleets[at.PLACES], fleets[at.REQUEST_S] = places, request_s
    state[at.IN_SERVICE], state[at.WORK_PER_S] = held, come
    return fleets, state, 0


@pytest.mark.tiny
def test_requests_in_service_settle_at_their_rate_times_their_length():
    assert in_service(*table(0.0, 5.0), 1000.0) == pytest.approx(50.0)
    assert in_service(*table(0.0, 5.0), 10.0) == pytest.approx(50 * (1 - np.exp(-1)))


@pytest.mark.tiny
def test_work_waits_when_all_places_are_taken():
    # 100 places of 10 s serve 10 a second; 12 a second come: from full, 2 a second more wait
    assert in_service(*table(100.0, 12.0), 5.0) == pytest.approx(110.0)
    # 150 held, 5 a second come: 5 a second less until 100 are held, after 10 s, then towards 50
    assert in_service(*table(150.0, 5.0), 4.0) == pytest.approx(130.0)
    assert in_service(*table(150.0, 5.0), 10.0 + 10.0) == pytest.approx(50 + 50 * np.exp(-1))
    # 0 held, 20 a second come: 100 are held after 10 ln 2, then 10 a second more
    full_s = 10 * np.log(2)
    assert in_service(*table(0.0, 20.0), full_s + 3.0) == pytest.approx(130.0)


@given(held=st.floats(0, 300), come=st.floats(0, 30), past_s=st.floats(0, 5))
@settings(max_examples=60, deadline=None)
def test_two_steps_are_one(held, come, past_s):
    whole = in_service(*table(held, come), 2 * past_s)
    half = in_service(*table(held, come), past_s)
    assert in_service(*table(half, come), past_s) == pytest.approx(whole, rel=1e-9, abs=1e-9)
