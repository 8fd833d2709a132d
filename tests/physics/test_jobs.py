"""A training job: its wave, its pauses, how it starts, stops, fails and comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus.compute import Job, Pause
from wattstack.errors import InputError
from wattstack.physics.compute import make_load, mean_power_frac, power_wave

PLAIN = {"gpus": 8000, "power_per_gpu_kw": 1.25, "jitter_frac": 0, "node_noise_frac": 0, "checkpoint": None,
         "phase_frac": 0, "failures_per_gpu_h": 0}  # fmt: skip
NAME = "load.hall.jobs.train"


def hall(**changes):
    """A hall of one job of 10 MW and nothing else."""
    return {"it_mw": 20, "network_frac": 0, "jobs": {"train": {**PLAIN, **changes}}}


@pytest.fixture
def wave(servers):
    """Make the power of one job [MW]: wave(duration_s, step_s, commands, idle, **changes of the job)."""

    def make(duration_s, step_s, commands=(), idle=(), seed=0, **changes):
        load = make_load(servers(hall=hall(**changes)), seed=seed, groups=3)
        return power_wave(load, duration_s, step_s, commands=commands, idle=idle)["power_mw"]

    return make


@pytest.mark.tiny
def test_an_iteration_rises_holds_falls_and_rests(wave):
    power = wave(3.0, 0.01)
    assert power[0] == pytest.approx(4.5)  # low: 0.45 of 10 MW
    assert power[1] == pytest.approx(7.0)  # half of the rise of 20 ms
    assert power[2:255] == pytest.approx(9.5)  # high until 0.85 of 3 s
    assert power[256] == pytest.approx(7.0)
    assert power[257:] == pytest.approx(4.5)


@pytest.mark.tiny
def test_mean_over_iterations_is_that_of_the_declaration_whatever_the_edges(wave):
    power = wave(30.0, 0.001, rise_s=0.3, fall_s=0.1)
    assert power.mean() == pytest.approx(10 * Job(**PLAIN).mean_frac, rel=1e-4)


@given(
    duty=st.floats(0.2, 0.8), low=st.floats(0.1, 0.9), rise_s=st.floats(0, 0.19), fall_s=st.floats(0, 0.19),
    jitter=st.floats(0, 0.05),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_mean_is_exact_for_any_wave(duty, low, rise_s, fall_s, jitter):
    from wattstack.physics.compute.gpu import paced
    from wattstack.physics.compute.jobs import job_column
    from wattstack.physics.kernel import load_rows as at
    from wattstack.physics.kernel.jobs import settled_period

    job = Job(**{**PLAIN, "period_s": 1.0, "duty_frac": duty, "low_frac": low, "high_frac": 0.95, "rise_s": rise_s,
                 "fall_s": fall_s, "jitter_frac": jitter})  # fmt: skip
    column = job_column(job, plain_smoothing(), key=0, failures=False)
    asked, drawn = np.empty(4000), np.empty(4000)
    settled_period(column.reshape(-1, 1), paced(job, plain_smoothing())[0] / 4000, asked, drawn)
    assert asked.mean() == pytest.approx(job.mean_frac, abs=4e-4)  # 4000 points, two edges
    assert np.array_equal(asked, drawn)
    assert column[at.PERIOD_S] == 1.0


def plain_smoothing():
    from wattstack.campus.compute import GpuSmoothing

    return GpuSmoothing()


@pytest.mark.tiny
def test_the_phase_is_where_the_iteration_stands_at_the_first_moment(wave):
    whole, later = wave(6.0, 0.01), wave(3.0, 0.01, phase_frac=0.5)
    assert later == pytest.approx(whole[150:450])


@pytest.mark.tiny
def test_the_step_changes_nothing_at_the_same_moments(wave):
    hard = {"jitter_frac": 0.05, "phase_frac": None, "failures_per_gpu_h": 0.05, "restart_s": 5.0,
            "node_noise_frac": 0.02, "checkpoint": {"every_s": 11, "lasts_s": 3},
            "evaluation": {"every_s": 7, "lasts_s": 1}}  # fmt: skip
    fine, coarse = wave(120.0, 0.05, seed=4, **hard), wave(120.0, 2.0, seed=4, **hard)
    assert np.abs(fine[::40] - coarse).max() < 1e-14
    assert np.ptp(fine) > 6.5  # it did fail


def test_iterations_spread_as_declared(servers):
    load = make_load(servers(hall=hall(jitter_frac=0.02, period_s=0.5)), groups=1)
    power = power_wave(load, 1000.0, 0.001)["power_mw"]
    begins = np.flatnonzero((power[1:] > 4.6) & (power[:-1] <= 4.6)) * 0.001
    lengths = np.diff(begins)
    assert lengths.mean() == pytest.approx(0.5, rel=0.002)
    assert lengths.std() == pytest.approx(0.5 * 0.02, rel=0.06)


@pytest.mark.tiny
def test_a_pause_comes_when_it_is_due_lasts_and_leaves_what_it_declares(wave):
    pause = {"every_s": 30, "lasts_s": 6, "drop_frac": 0.4, "jitter_frac": 0}
    power = wave(300.0, 0.05, checkpoint=pause)
    level = 0.6 * 10 * Job(**PLAIN).mean_frac
    paused = np.isclose(power, level)
    assert paused.mean() == pytest.approx(6 / 30, abs=0.011)
    edges = np.flatnonzero(np.diff(paused.astype(int)) == 1) * 0.05
    assert np.diff(edges) == pytest.approx(30.0, abs=0.1)  # whole iterations of 3 s lie between
    assert power.min() >= 4.5 - 1e-9


@pytest.mark.tiny
def test_a_checkpoint_on_command_begins_with_the_next_iteration(wave):
    power = wave(20.0, 0.05, [(10.0, NAME, "checkpoint")], checkpoint={"every_s": 1e5, "jitter_frac": 0})
    paused = np.isclose(power, 0.6 * 8.75)
    assert np.flatnonzero(paused)[0] * 0.05 == pytest.approx(12.05, abs=0.051)
    assert paused[245:400].all() and not paused[:240].any()


@pytest.mark.tiny
def test_a_job_that_never_writes_checkpoints_ignores_the_command(wave):
    assert np.array_equal(wave(20.0, 0.05, [(10.0, NAME, "checkpoint")]), wave(20.0, 0.05))


@pytest.mark.tiny
def test_a_job_that_is_idle_starts_within_its_edge(wave):
    power = wave(20.0, 0.01, [(5.0, NAME, "start")], idle=[NAME], start_s=2.0)
    assert power[:501] == pytest.approx(2.9)  # 0.29 of 10 MW
    assert power[600] == pytest.approx(2.9 + 0.5 * (9.5 - 2.9))
    assert power[700:755] == pytest.approx(9.5)


@pytest.mark.tiny
def test_a_stop_in_order_falls_to_idle_and_stays(wave):
    power = wave(600.0, 0.1, [(10.0, NAME, "stop")], stop_s=2.0, failures_per_gpu_h=0.01, restart_s=60)
    assert power[130:] == pytest.approx(2.9)
    assert 2.9 < power[110] < 9.5


@pytest.mark.tiny
def test_a_crash_falls_at_once_and_returns_after_the_restart(wave):
    power = wave(80.0, 0.05, [(10.0, NAME, "crash")], crash_s=0.1, restart_s=60.0)
    assert power[199] > 4.4 and power[203:1401] == pytest.approx(2.9)
    assert power[1441:1490].max() == pytest.approx(9.5)


@pytest.mark.tiny
def test_a_stop_while_it_waits_for_its_restart_keeps_it_idle(wave):
    power = wave(80.0, 0.05, [(10.0, NAME, "crash"), (20.0, NAME, "stop")], restart_s=30.0)
    assert power[250:] == pytest.approx(2.9)


@pytest.mark.tiny
def test_a_start_while_it_stops_begins_from_where_it_stands(wave):
    power = wave(20.0, 0.01, [(4.0, NAME, "stop"), (5.0, NAME, "start")], stop_s=2.0, start_s=2.0)
    assert np.abs(np.diff(power[395:600])).max() < 2.6  # the iteration's own edges alone
    assert power[620:750].max() == pytest.approx(9.5)


@pytest.mark.tiny
def test_commands_that_change_nothing_change_nothing(wave):
    again = [(4.0, NAME, "start"), (8.0, NAME, "start")]
    assert np.array_equal(wave(10.0, 0.05, again), wave(10.0, 0.05))
    idle = [(4.0, NAME, "crash"), (5.0, NAME, "checkpoint"), (6.0, NAME, "stop")]
    assert wave(10.0, 0.05, idle, idle=[NAME]) == pytest.approx(2.9)


def test_failures_come_at_their_rate(servers):
    campus = servers(hall=hall(failures_per_gpu_h=0.0045, restart_s=10.0, crash_s=0.0, start_s=0.0))
    load = make_load(campus, seed=2, groups=1)  # 36 an hour on average while it works
    power = power_wave(load, 40_000.0, 1.0)["power_mw"]
    down = np.isclose(power, 2.9)
    failures = np.count_nonzero(np.diff(down.astype(int)) == 1)
    assert failures == pytest.approx(40_000 / (100 + 10), abs=3 * np.sqrt(364))
    assert np.isclose(power_wave(make_load(campus, failures=False), 4000.0, 1.0)["power_mw"], 2.9).sum() == 0


def test_mean_over_days_is_that_of_the_formula(servers):
    job = {**PLAIN, "jitter_frac": 0.01, "failures_per_gpu_h": 0.00045, "restart_s": 120.0, "period_s": 1.0,
           "checkpoint": {"every_s": 20, "lasts_s": 4},
           "evaluation": {"every_s": 10, "lasts_s": 1, "drop_frac": 0.2}}  # fmt: skip
    load = make_load(servers(hall={"it_mw": 20, "network_frac": 0, "jobs": {"train": job}}), seed=1, groups=1)
    power = power_wave(load, 400_000.0, 0.37)["power_mw"]
    want = mean_power_frac(
        Job(**{**job, "checkpoint": Pause(**job["checkpoint"]), "evaluation": Pause(**job["evaluation"])})
    )
    assert power.mean() / 10 == pytest.approx(want, rel=0.005)


@pytest.mark.tiny
def test_mean_without_failures_is_the_iterations_less_the_pauses():
    assert mean_power_frac(Job(**PLAIN)) == Job(**PLAIN).mean_frac
    paused = Job(**{**PLAIN, "checkpoint": Pause(every_s=100, lasts_s=10, drop_frac=0.5)})
    assert mean_power_frac(paused, failures=False) == pytest.approx(0.95 * paused.mean_frac)


@pytest.mark.tiny
def test_the_peak_after_an_edge_decays_within_milliseconds(wave):
    power = wave(1.0, 0.001, overshoot_frac=1.2)
    assert power.max() == pytest.approx(1.2 * 9.5)
    assert np.argmax(power) == 20
    assert power[30] == pytest.approx(9.5 + 0.2 * 9.5 * np.exp(-10 / 3))
    assert power[60:] == pytest.approx(9.5)


@pytest.mark.tiny
def test_commands_to_strangers_are_told_all_at_once(servers):
    load = make_load(servers(hall=hall()), groups=1)
    with pytest.raises(InputError) as error:
        power_wave(
            load, 1.0, 0.1, commands=[(0.0, "load.hall.jobs.trian", "stop"), (0.0, NAME, "halt")], idle=["x"]
        )
    told = str(error.value)
    assert f"Nearest: '{NAME}'" in told and "'halt'" in told and "There are" in told
    with pytest.raises(InputError, match="duration_s"):
        power_wave(load, 0.1, 1.0)
