"""What GPUs do against swings, and what it costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus.compute import GpuSmoothing, Job
from wattstack.physics.compute import make_load, power_wave, smoothing_cost, throughput_frac

JOB = {"gpus": 8000, "power_per_gpu_kw": 1.25, "jitter_frac": 0, "node_noise_frac": 0, "checkpoint": None,
       "phase_frac": 0, "failures_per_gpu_h": 0, "rise_s": 0, "fall_s": 0}  # fmt: skip
SWEEP = Path(__file__).parents[3] / "shared/data/ai-load/zeus_power_limit_sweep.csv"
NAME = "load.hall.jobs.train"


@pytest.fixture
def wave(servers):
    """Make the power of one job of 10 MW: wave(smoothing, duration_s, step_s, commands, **changes of the job)."""

    def make(smoothing, duration_s, step_s, commands=(), **changes):
        hall = {"it_mw": 20, "network_frac": 0, "jobs": {"train": {**JOB, **changes}}, "smoothing": smoothing}
        return power_wave(make_load(servers(hall=hall), groups=2), duration_s, step_s, commands=commands)[
            "power_mw"
        ]

    return make


@pytest.mark.tiny
def test_a_floor_holds_in_the_dips_and_while_a_pause_lasts(wave):
    power = wave({"floor_frac": 0.65}, 12.0, 0.01, [(3.0, NAME, "checkpoint")],
                 checkpoint={"every_s": 1e5, "lasts_s": 3, "drop_frac": 0.9})  # fmt: skip
    assert power.min() == pytest.approx(6.5)
    assert power.max() == pytest.approx(9.5)


@pytest.mark.tiny
def test_a_floor_ends_hold_s_after_the_job_and_falls_on_its_ramp(wave):
    smoothing = {"floor_frac": 0.65, "hold_s": 5.0, "ramp_down_frac_per_s": 0.1}
    power = wave(smoothing, 20.0, 0.01, [(4.0, NAME, "crash")], crash_s=0.1, restart_s=100)
    assert power[400] == pytest.approx(9.5, abs=0.02)
    assert np.diff(power[402:]).min() == pytest.approx(-0.01)  # 0.1 of 10 MW a second
    assert power[705:899] == pytest.approx(6.5)
    assert power[950] == pytest.approx(6.0, abs=0.03) and power[-1] == pytest.approx(2.9)


@pytest.mark.tiny
def test_a_cap_cuts_the_top_and_stretches_the_computing(wave):
    power = wave({"cap_frac": 0.76}, 30.0, 0.001)
    assert power.max() == pytest.approx(7.6)
    rises = np.flatnonzero(np.diff(power) > 1.0) * 0.001
    assert np.diff(rises) == pytest.approx(0.45 + 2.55 / 0.946, abs=0.0015)


@pytest.mark.tiny
def test_ramps_bound_the_slope_both_ways(wave):
    power = wave({"ramp_up_frac_per_s": 0.5, "ramp_down_frac_per_s": 1.0}, 12.0, 0.01)
    assert np.diff(power).max() == pytest.approx(0.05)
    assert np.diff(power).min() == pytest.approx(-0.1)


@pytest.mark.tiny
def test_a_burner_fills_dips_after_its_delay_and_is_gone_with_the_job(wave):
    power = wave(
        {"burner_frac": 0.8, "burner_delay_s": 0.1, "slowdown_frac": 0}, 10.0, 0.01, [(6.0, NAME, "crash")]
    )
    assert power[256:265] == pytest.approx(4.5)
    assert power[268:299] == pytest.approx(8.0)
    assert power[302] == pytest.approx(9.5)
    assert power[620:] == pytest.approx(2.9)


@pytest.mark.tiny
def test_the_site_may_cap_a_source_at_any_moment(servers):
    from wattstack.physics.kernel.jobs import advance_load

    hall = {"it_mw": 30, "network_frac": 0, "jobs": {"train": JOB},
            "inference": {"chat": {"gpus": 8000, "power_per_gpu_kw": 1}}}  # fmt: skip
    load = make_load(servers(hall=hall), groups=2)
    state, power = load.new_state(), np.zeros(2)
    advance_load(load.load, state, 0.0, 0.01, power)
    state.source_cap[:] = 0.3
    advance_load(load.load, state, 0.01, 0.01, power)
    assert power[0] == pytest.approx(3.0)
    assert power[1] == pytest.approx(0.3 * 8, rel=0.005)  # noise of 1,000 nodes


@pytest.mark.tiny
@pytest.mark.parametrize(("floor_frac", "extra"), [(0.65, 0.034), (0.9, 0.077)])
def test_a_floor_costs_what_the_formula_says(floor_frac, extra):
    job = Job(**JOB)
    cost = smoothing_cost(job, GpuSmoothing(floor_frac=floor_frac))
    exact = (1 - job.duty_frac) * (floor_frac - job.low_frac) / job.mean_frac
    assert cost.extra_energy_frac == pytest.approx(exact, rel=0.005) == pytest.approx(extra, rel=0.02)
    assert cost.throughput_lost_frac == 0.0
    assert cost.swing_frac == pytest.approx(job.high_frac - floor_frac)


def test_no_smoothing_costs_nothing():
    cost = smoothing_cost(Job(**JOB), GpuSmoothing())
    assert cost.extra_energy_frac == pytest.approx(0.0, abs=1e-9)
    assert cost.throughput_lost_frac == 0.0
    assert cost.swing_frac == pytest.approx(0.5)


def test_a_cap_saves_energy_and_costs_throughput():
    cost = smoothing_cost(Job(**JOB), GpuSmoothing(cap_frac=0.76))
    assert -0.2 < cost.extra_energy_frac < 0.0
    assert cost.throughput_lost_frac == pytest.approx(1 - 3 / (0.45 + 2.55 / 0.946), rel=1e-6)


def test_a_burner_costs_its_energy_and_its_slowdown():
    cost = smoothing_cost(Job(**JOB), GpuSmoothing(burner_frac=0.9, burner_delay_s=0.0, slowdown_frac=0.03))
    assert cost.extra_energy_frac == pytest.approx(0.077 + 0.03 * 0.85, rel=0.2)
    assert cost.throughput_lost_frac == pytest.approx(1 - 3 / (0.45 + 2.55 / 0.97), rel=1e-6)


def test_a_slow_rise_starves_the_gpus():
    quick = smoothing_cost(Job(**JOB), GpuSmoothing(ramp_up_frac_per_s=5.0))
    slow = smoothing_cost(Job(**JOB), GpuSmoothing(ramp_up_frac_per_s=0.5))
    assert 0.0 < quick.throughput_lost_frac < slow.throughput_lost_frac < 0.3
    assert slow.swing_frac <= quick.swing_frac


@given(floor=st.floats(0, 0.9), cap=st.floats(0.9, 1.0), up=st.floats(0.3, 50), down=st.floats(0.3, 50))
@settings(max_examples=25, deadline=None)
def test_smoothing_never_makes_the_swing_larger_and_never_gains_throughput(floor, cap, up, down):
    job = Job(**JOB)
    smoothing = GpuSmoothing(floor_frac=floor, cap_frac=cap, ramp_up_frac_per_s=up, ramp_down_frac_per_s=down)
    cost = smoothing_cost(job, smoothing)
    assert 0.0 <= cost.throughput_lost_frac < 1.0
    assert -1e-9 <= cost.swing_frac <= job.high_frac - job.low_frac + 1e-9


@pytest.mark.tiny
def test_throughput_under_a_cap_is_that_of_the_sweep():
    assert throughput_frac(1.0) == 1.0 and throughput_frac(0.0) == 0.0
    # cap of V100 at 70 %, of A40 at 67 % and 50 %: power and throughput of Zeus
    for power, throughput, room in ((0.78, 0.94, 0.01), (0.85, 0.96, 0.01), (0.67, 0.75, 0.13)):
        assert throughput_frac(power) == pytest.approx(throughput, abs=room)
    assert np.all(np.diff([throughput_frac(p) for p in np.linspace(0, 1, 101)]) >= 0.0)


@pytest.mark.real
@pytest.mark.skipif(
    not SWEEP.is_file(), reason="the measured logs (../shared/data) are not beside this checkout"
)
def test_the_curve_is_the_median_of_the_measured_runs():
    import pandas as pd

    runs = pd.read_csv(SWEEP)
    kind = ["gpu", "dataset", "network", "batch_size", "optimizer"]
    free = runs[runs.power_limit_w == runs.groupby("gpu").power_limit_w.transform("max")]
    both = runs.merge(free, on=kind, suffixes=("", "_free"))
    power = both.average_power_w / both.average_power_w_free
    throughput = both.time_per_epoch_s_free / both.time_per_epoch_s
    for centre in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        near = throughput[(power > centre - 0.025) & (power <= centre + 0.025)]
        assert throughput_frac(centre) == pytest.approx(near.median(), abs=0.01)
