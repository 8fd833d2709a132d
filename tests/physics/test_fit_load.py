"""A job fitted to a trace: what was put into a made trace comes out again, and what cannot be told is said."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus.compute import Job, Pause
from wattstack.errors import InputError
from wattstack.physics.fit_load import coherence, common_and_own, fit_job, marks_of, synthesise
from wattstack.physics.fit_load.marks import find_pauses, find_period, jitter_of
from wattstack.series import Waveform

TRUE = Job(
    gpus=128, power_per_gpu_kw=0.95, period_s=7.3, jitter_frac=0.01, duty_frac=0.8, high_frac=0.95, low_frac=0.7,
    node_noise_frac=0.04, checkpoint=None, evaluation=Pause(every_s=200, lasts_s=25, drop_frac=0.3, jitter_frac=0.0),
)  # fmt: skip
LAG_S = 0.5


def trace(job=TRUE, duration_s=3000.0, step_s=1.0, nodes=16, lag_s=LAG_S, stagger_s=0.0, seed=11):
    made = synthesise(job, (lag_s, stagger_s), duration_s, step_s, nodes, seed)
    arrays = {"power_mw": made[0]}
    if nodes > 1:
        arrays |= {f"node.n{i}.power_mw": row for i, row in enumerate(made[1:])}
    return Waveform(step_s, arrays, source="made", synthetic=True)


@pytest.fixture(scope="module")
def fitted():
    return fit_job(trace(), power_per_gpu_kw=0.95)


def test_period_levels_pauses_and_noise_come_out_as_they_were_put_in(fitted):
    job = fitted.job
    assert job.gpus == 128 and fitted.nodes == 16
    assert job.period_s == pytest.approx(TRUE.period_s, rel=0.005)
    assert job.high_frac == pytest.approx(TRUE.high_frac, rel=0.02)
    assert job.mean_frac * job.power_per_gpu_kw == pytest.approx(TRUE.mean_frac * 0.95, rel=0.01)
    assert job.node_noise_frac == pytest.approx(TRUE.node_noise_frac, rel=0.15)
    assert job.evaluation.every_s == pytest.approx(200, rel=0.02)
    assert job.evaluation.lasts_s == pytest.approx(25, abs=3)
    assert job.evaluation.drop_frac == pytest.approx(0.3, abs=0.04)
    assert job.jitter_frac == pytest.approx(0.01, rel=0.6)


def test_depth_times_length_of_the_dips_passes_the_sensor(fitted):
    job = fitted.job
    put_in = (1 - TRUE.duty_frac) * (1 - TRUE.low_frac / TRUE.high_frac)
    assert (1 - job.duty_frac) * (1 - job.low_frac / job.high_frac) == pytest.approx(put_in, rel=0.08)


def test_nodes_read_at_moments_of_their_own_are_not_taken_for_noise():
    apart = fit_job(trace(stagger_s=1.5), power_per_gpu_kw=0.95)
    assert apart.stagger_s == pytest.approx(1.5, rel=0.35)
    assert apart.job.node_noise_frac == pytest.approx(TRUE.node_noise_frac, rel=0.2)
    put_in = (1 - TRUE.duty_frac) * (1 - TRUE.low_frac / TRUE.high_frac)
    assert (1 - apart.job.duty_frac) * (1 - apart.job.low_frac / apart.job.high_frac) == pytest.approx(
        put_in, rel=0.1
    )
    assert abs(apart.errors["coherence"]) < 0.03


def test_the_model_then_tells_the_trace(fitted):
    errors = fitted.errors
    assert abs(errors["line_hz"]) < 0.005 and abs(errors["line_rms"]) < 0.05
    assert abs(errors["deficit"]) < 0.003 and abs(errors["coherence"]) < 0.03
    assert errors["fold"] < 0.08
    assert fitted.excerpt.measured_mw.shape == fitted.excerpt.model_mw.shape == fitted.excerpt.time_s.shape
    assert np.corrcoef(fitted.excerpt.measured_mw, fitted.excerpt.model_mw)[0, 1] > 0.8


def test_one_log_without_pauses_says_what_it_cannot_tell():
    bare = TRUE.model_copy(update={"evaluation": None, "jitter_frac": 0.0})
    fitted = fit_job(trace(bare, 1500.0, nodes=1))
    assert fitted.coherence is None and "coherence" not in fitted.errors
    assert fitted.job.evaluation is None
    said = " ".join(fitted.notes)
    for word in (
        "gpus is assumed",
        "No pause was found",
        "node_noise_frac is the default",
        "power_per_gpu_kw is the plateau",
    ):
        assert word in said


def test_a_sensor_slower_than_the_dips_leaves_their_depth_open():
    narrow = TRUE.model_copy(update={"duty_frac": 0.93, "low_frac": 0.4, "node_noise_frac": 0.03})
    fitted = fit_job(trace(narrow, 3000.0, 2.0, nodes=8, lag_s=0.7))
    low, high = fitted.depth_frac
    assert low < high
    assert any("rests on the form" in note for note in fitted.notes)
    put_in = 0.07 * (1 - 0.4 / 0.95)
    assert fitted.measured.deficit_frac == pytest.approx(put_in, rel=0.15)
    assert not any("does not show" in note for note in fitted.notes)
    slow = fit_job(trace(narrow, 3000.0, 2.0, nodes=8, lag_s=1.6))
    assert slow.measured.deficit_frac < 0.8 * put_in
    assert any("the plateau does not show" in note for note in slow.notes)


def test_a_fast_log_behind_no_sensor_is_fitted_too():
    quick = TRUE.model_copy(update={"period_s": 1.0, "evaluation": None, "jitter_frac": 0.002})
    fitted = fit_job(trace(quick, 150.0, 0.04, nodes=4, lag_s=0.0))
    assert fitted.job.duty_frac == pytest.approx(0.8, abs=0.03)
    assert 1 - fitted.job.low_frac / fitted.job.high_frac == pytest.approx(1 - 0.7 / 0.95, rel=0.1)


def test_start_and_stop_are_not_taken_for_training():
    wave = trace(nodes=1, duration_s=2000.0)
    power = wave["power_mw"].copy()
    power[:80] = power[-60:] = 0.03
    fitted = fit_job(Waveform(1.0, {"power_mw": power}, "made", True), gpus=128)
    assert fitted.errors["line_rms"] == pytest.approx(0.0, abs=0.08)
    assert fitted.measured.mean_mw == pytest.approx(TRUE.mean_frac * TRUE.full_mw, rel=0.02)


def test_a_gap_in_the_trace_is_left_out():
    power = trace(nodes=1)["power_mw"].copy()
    power[500:560] = np.nan
    fitted = fit_job(Waveform(1.0, {"power_mw": power}, "made", True))
    assert fitted.job.period_s == pytest.approx(7.3, rel=0.005)


def test_noise_alone_is_no_iteration():
    noise = 1.0 + 0.01 * np.random.default_rng(5).standard_normal(4000)
    with pytest.raises(InputError, match="must stand 8 times to be an iteration"):
        fit_job(Waveform(1.0, {"power_mw": noise}, "made", True))
    with pytest.raises(InputError, match="must have 64 or more"):
        fit_job(Waveform(1.0, {"power_mw": np.tile([1.0, 1.0, 0.5], 18)}, "made", True), period_s=3.0)


def test_a_plateau_above_full_power_is_refused():
    with pytest.raises(InputError, match="must not be below the plateau"):
        fit_job(trace(nodes=1), gpus=100, power_per_gpu_kw=0.5)


def test_a_sine_gives_its_own_frequency_and_rms():
    at_s = np.arange(4000) * 0.5
    power = 10.0 + 2.0 * np.sin(2 * np.pi * 0.0931 * at_s)
    marks = marks_of(power, 0.5, np.ones(4000, dtype=bool))
    assert marks.line_hz == pytest.approx(0.0931, rel=1e-3)
    assert marks.line_rms_mw == pytest.approx(2.0 / np.sqrt(2.0), rel=0.01)
    assert marks.sd_frac == pytest.approx(0.1414, rel=0.01)


def test_the_root_of_a_line_is_taken_not_its_multiple():
    at_s = np.arange(6000) * 0.1
    power = 10.0 + np.sin(2 * np.pi * 0.5 * at_s) + 0.9 * np.sin(2 * np.pi * 1.0 * at_s)
    assert find_period(power, 0.1) == pytest.approx(2.0, rel=0.01)


def test_pauses_need_two_clear_levels():
    at_s = np.arange(3000)
    wave = 10.0 - 1.0 * ((at_s % 10) > 7)
    assert find_pauses(wave, 1.0, 10.0) == []
    assert jitter_of(wave, 1.0, np.zeros(3000, dtype=bool), 10.0) is None
    paused = np.where(at_s % 500 >= 450, 6.0, wave)
    found = find_pauses(paused, 1.0, 10.0)
    assert [a for a, _ in found] == pytest.approx([450 + 500 * k for k in range(6)], abs=3)


def test_coherence_of_alike_and_of_independent_nodes():
    rng = np.random.default_rng(2)
    own, shared, counted = (
        rng.standard_normal((25, 20000)),
        rng.standard_normal(20000),
        np.ones(20000, dtype=bool),
    )
    assert coherence(10 + own, counted) == pytest.approx(0.2, abs=0.01)
    assert coherence(10 + np.tile(shared, (25, 1)), counted) == pytest.approx(1.0)
    a, b = common_and_own(100 + 4 * shared + 3 * own, counted)
    assert (a, b) == pytest.approx((0.04, 0.03), rel=0.03)
