"""Minutes of the servers of a hall are the minutes of their seconds: same energy, same spectrum where they meet."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattstack.campus import Hall
from wattstack.campus.compute import GpuSmoothing, Inference, Job, Pause
from wattstack.errors import StateError
from wattstack.physics.compute import make_load, power_wave, step_means

FULL_MW = 73.2
SURE = {"gpus": 40000, "power_per_gpu_kw": 1.83, "failures_per_gpu_h": 0.0}


def hall_of(job=None, fleet=None, **more):
    jobs = {} if job is None else {"j": job}
    fleets = {} if fleet is None else {"f": fleet}
    return Hall(it_mw=150.0, profile="jobs", jobs=jobs, inference=fleets, **({"network_frac": 0.0} | more))


def minutes(hall, count, step_s=60, seed=3, start_h=12.0):
    return step_means("h", hall, (start_h + step_s / 3600.0 * np.arange(count)) % 24.0, step_s, seed)


def of_seconds(hall, count, step_s=0.1, seed=3):
    """Means of minutes of the sub-second model."""
    load = make_load(SimpleNamespace(name="h", load={"h": hall}), seed, 4, clock_h=12.0)
    return power_wave(load, 60.0 * count, step_s)["power_mw"].reshape(count, -1).mean(axis=1)


@pytest.mark.parametrize(
    ("job", "smoothing"),
    [
        (Job(**SURE, period_s=10.77, duty_frac=0.9, checkpoint=None), GpuSmoothing()),
        (Job(**SURE, period_s=37.0, jitter_frac=0.02, checkpoint=None), GpuSmoothing()),
        (Job(**SURE, checkpoint=Pause(every_s=300, lasts_s=20)), GpuSmoothing()),
        (
            Job(**SURE, checkpoint=Pause(), evaluation=Pause(every_s=142, lasts_s=13, drop_frac=0.11)),
            GpuSmoothing(),
        ),
        (Job(**SURE, period_s=20.0), GpuSmoothing(floor_frac=0.65, cap_frac=0.9)),
        (Job(**{**SURE, "failures_per_gpu_h": 2e-5}), GpuSmoothing()),
    ],
)
def test_energy_and_variance_of_minutes_are_those_of_the_seconds(job, smoothing):
    hall = hall_of(job, smoothing=smoothing)
    made, walked = minutes(hall, 720), of_seconds(hall, 720)
    assert made.mean() == pytest.approx(walked.mean(), rel=2e-3)
    assert made.std() == pytest.approx(walked.std(), rel=0.12)


def test_the_spectra_meet_over_the_whole_band_of_the_minutes():
    hall = hall_of(Job(**SURE, period_s=41.0, jitter_frac=0.02, checkpoint=Pause(every_s=400, lasts_s=30)))
    bands = []
    for power in (minutes(hall, 2048), of_seconds(hall, 2048, 0.25)):
        density = np.abs(np.fft.rfft((power - power.mean()) * np.hanning(power.size))) ** 2
        bands.append([part.sum() for part in np.array_split(density[1:], 6)])
    made, walked = np.array(bands) / np.sum(bands[1])
    assert np.abs(made - walked).max() < 0.05
    assert made.sum() == pytest.approx(1.0, abs=0.12)


def test_failures_and_restarts_come_when_the_seconds_have_them():
    hall = hall_of(Job(**{**SURE, "failures_per_gpu_h": 2e-5}))
    made, walked = minutes(hall, 1440), of_seconds(hall, 1440, 0.5)
    assert np.corrcoef(made, walked)[0, 1] > 0.995
    assert (made < 0.5 * FULL_MW).sum() == pytest.approx((walked < 0.5 * FULL_MW).sum(), abs=3)


def test_a_failure_in_a_pause_ends_it():
    job = Job(
        gpus=40000, power_per_gpu_kw=1.83, failures_per_gpu_h=1e-4, restart_s=60,
        checkpoint=Pause(every_s=200, lasts_s=150, drop_frac=0.2),
    )  # fmt: skip
    made, walked = minutes(hall_of(job), 720), of_seconds(hall_of(job), 720)
    assert made.mean() == pytest.approx(walked.mean(), rel=5e-3)


@pytest.mark.parametrize("more", [{}, {"request_s": 60.0, "burst_cv": 5.0}])
def test_serving_follows_its_day_and_bursts_as_much_as_by_the_second(more):
    fleet = Inference(gpus=40000, power_per_gpu_kw=1.3, peak_frac=1.0, trough_frac=1.0, **more)
    made, walked = minutes(hall_of(fleet=fleet), 1440), of_seconds(hall_of(fleet=fleet), 1440, 0.5)
    assert made.mean() == pytest.approx(walked.mean(), rel=1e-3)
    assert made.std() == pytest.approx(walked.std(), rel=0.1)
    assert np.diff(made).std() == pytest.approx(np.diff(walked).std(), rel=0.1)


def test_the_day_of_serving_stands_on_the_local_clock():
    made = minutes(
        hall_of(fleet=Inference(gpus=40000, power_per_gpu_kw=1.3, peak_hour=15.0)), 1440, start_h=0.0
    )
    hours = made.reshape(24, 60).mean(axis=1)
    assert np.argmax(hours) in (14, 15)


def test_a_coarser_step_shows_the_means_of_a_finer_one_and_a_seed_one_year():
    hall = hall_of(
        Job(gpus=40000, power_per_gpu_kw=1.83), Inference(gpus=8000, power_per_gpu_kw=1.3), idle_mw=3.0
    )
    fine, coarse = minutes(hall, 720), minutes(hall, 24, step_s=1800)
    assert coarse == pytest.approx(fine.reshape(24, 30).mean(axis=1), abs=1e-9)
    assert np.array_equal(fine, minutes(hall, 720))
    assert not np.array_equal(fine, minutes(hall, 720, seed=4))


def test_network_and_idle_servers_stand_beside_the_jobs():
    job = Job(**SURE, checkpoint=None)
    bare = minutes(hall_of(job), 60)
    made = minutes(hall_of(job, network_frac=0.1, idle_mw=5.0), 60)
    assert made - bare == pytest.approx(np.full(60, 0.1 * FULL_MW + 5.0), abs=0.01)


def test_a_step_must_be_whole_minutes():
    with pytest.raises(StateError, match="whole minutes"):
        minutes(hall_of(Job(**SURE)), 10, step_s=90)


@pytest.mark.tiny
def test_whole_iterations_in_a_minute_leave_the_mean_alone():
    job = Job(**SURE, period_s=2.0, jitter_frac=0.0, checkpoint=None, node_noise_frac=0.0)
    assert minutes(hall_of(job), 5) == pytest.approx(np.full(5, FULL_MW * job.mean_frac), rel=1e-3)


@pytest.mark.tiny
def test_a_minute_with_a_pause_and_one_at_idle_are_worked_out_by_hand():
    pause = Pause(every_s=240.0, lasts_s=30.0, drop_frac=0.4, jitter_frac=0.0)
    sure = {"jitter_frac": 0.0, "node_noise_frac": 0.0, "phase_frac": 0.0, "period_s": 2.0}
    job = Job(**SURE, **sure, checkpoint=pause)
    made = minutes(hall_of(job), 12) / (FULL_MW * job.mean_frac)
    assert made.sum() == pytest.approx(12 - 3 * 0.5 * 0.4, abs=0.02)
    failing = Job(
        gpus=40000, power_per_gpu_kw=1.83, failures_per_gpu_h=1e-3, restart_s=120.0, **sure, checkpoint=pause
    )
    made = minutes(hall_of(failing), 30) / FULL_MW
    assert made.min() == pytest.approx(0.29, abs=1e-6)  # a whole minute at idle
    assert made.max() <= failing.mean_frac + 1e-3


@pytest.mark.tiny
def test_a_fleet_draws_its_base_its_slope_and_no_more_than_its_cap():
    fleet = Inference(gpus=1000, power_per_gpu_kw=1.0, peak_frac=1.0, trough_frac=1.0, requests_per_s=1e6)
    assert minutes(hall_of(fleet=fleet), 5) == pytest.approx(np.full(5, 0.12 + 0.68 * 0.5), rel=0.05)
    capped = hall_of(fleet=fleet, smoothing=GpuSmoothing(cap_frac=0.3))
    assert minutes(capped, 5) == pytest.approx(np.full(5, 0.3), rel=0.05)
