"""Jobs through a scheduler: who runs, who waits, and what an order costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.physics.compute import throughput_frac
from wattstack.series import JobLog
from wattstack.twin.queue import SLOWDOWN_FRAC, Order, flexibility_cost, play_queue

KW, IDLE = 1.0, 0.3


def log_of(*rows):
    """(submit_s, gpus, lasts_s, tier) by job."""
    submit_s, gpus, lasts_s, tier = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return JobLog(submit_s, gpus, lasts_s, tier.astype(np.int64))


def play(log, gpus=100, orders=(), **more):
    return play_queue(log, gpus, KW, orders, IDLE, **more)


@pytest.mark.tiny
def test_a_job_draws_its_gpus_and_idle_ones_draw_their_share():
    run = play(log_of((0, 40, 600, 0)))
    assert run.power_mw[:10] == pytest.approx(np.full(10, 0.1 * IDLE + 0.04 * (1 - IDLE)))
    assert run.power_mw[10] == pytest.approx(0.03)
    assert run.end_s.tolist() == [600.0] and run.met
    assert run.utilisation_frac[:11] == pytest.approx([0.4] * 10 + [0.0])
    assert run.energy_mwh == pytest.approx(0.03 * run.power_mw.size / 60 + 0.04 * 0.7 / 6)


@pytest.mark.tiny
def test_first_come_first_served_and_a_small_job_steps_past_a_large_one():
    run = play(log_of((0, 80, 600, 0), (0, 60, 600, 0), (60, 20, 300, 0)))
    assert run.start_s.tolist() == [0.0, 600.0, 60.0]
    assert run.waiting_gpus[0] == 60.0


@pytest.mark.tiny
def test_a_cap_slows_the_most_patient_first_and_no_further_than_it_bears():
    log = log_of((0, 50, 3600, 1), (0, 50, 3600, 3))
    run = play(log, orders=[Order(60, 86_400, 0.09)])
    cap = 1.0 - 10 / 50
    assert run.power_mw[5] == pytest.approx(0.09)
    assert run.end_s[0] == 3600.0
    assert run.end_s[1] == pytest.approx(60.0 + 3540.0 / throughput_frac(cap), abs=60)
    deep = play(log, orders=[Order(60, 86_400, 0.07)])
    assert deep.met and deep.end_s[1] <= 3600.0 / (1 - SLOWDOWN_FRAC[3]) + 60


@pytest.mark.tiny
def test_what_caps_do_not_reach_is_put_aside_and_comes_back():
    log = log_of((0, 40, 1800, 0), (0, 30, 1800, 1), (0, 30, 1800, 1))
    run = play(log, orders=[Order(600, 600, 0.08)])
    assert run.met
    assert run.aside_gpus[12] == 30.0 and run.aside_gpus[25] == 0.0
    assert run.aside_gpu_h[1] == pytest.approx(30 * 600 / 3600)
    assert run.end_s[2] == pytest.approx(2400.0) and run.end_s[1] < 2400.0


@pytest.mark.tiny
def test_tier_0_is_not_touched_and_the_limit_is_told_as_not_met():
    run = play(log_of((0, 100, 1200, 0)), orders=[Order(300, 300, 0.05)])
    assert not run.met
    assert run.above_mw[6] == pytest.approx(0.05) and run.end_s[0] == 1200.0


@pytest.mark.tiny
def test_under_an_order_no_job_begins_that_does_not_fit():
    run = play(log_of((0, 50, 1200, 0), (300, 50, 1200, 0)), orders=[Order(240, 600, 0.07)])
    assert run.met and run.start_s[1] == 840.0


@pytest.mark.tiny
def test_an_order_may_come_down_in_a_ramp():
    run = play(log_of((0, 100, 3600, 3)), orders=[Order(600, 1800, 0.07, ramp_s=600)])
    assert run.met
    assert run.power_mw[10:21:5] == pytest.approx([0.1 - 0.03 * 0.05, 0.1 - 0.03 * 0.55, 0.07])


def test_emeralds_quarter_for_three_hours_costs_the_work_its_caps_take():
    rng = np.random.default_rng(4)
    log = log_of(
        *((60 * k, 8 * rng.integers(1, 5), 3600 * rng.uniform(2, 6), rng.integers(0, 4)) for k in range(200))
    )
    cost = flexibility_cost(log, 512, KW, [Order(14_400, 10_800, 0.75 * 0.512, ramp_s=900)], idle_frac=IDLE)
    assert cost.met and cost.saved_mwh > 0.0
    assert 0.0 < cost.lost_gpu_h < 0.35 * 512 * 3
    assert cost.gpu_h_per_mwh == pytest.approx(cost.lost_gpu_h / cost.saved_mwh)
    assert cost.delay_h > 0.0


def test_an_order_that_binds_nothing_costs_nothing():
    cost = flexibility_cost(log_of((0, 10, 600, 0)), 100, KW, [Order(0, 3600, 0.1)], idle_frac=IDLE)
    assert (cost.lost_gpu_h, cost.saved_mwh, cost.gpu_h_per_mwh, cost.delay_h) == (0.0, 0.0, 0.0, 0.0)


jobs = st.lists(
    st.tuples(st.floats(0, 5000), st.integers(1, 60), st.floats(30, 8000), st.integers(0, 3)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(jobs, st.floats(0.03, 0.1), st.floats(0, 6000))
def test_work_is_kept_no_gpu_is_given_twice_and_a_limit_is_kept_or_told(rows, power_mw, start_s):
    log = log_of(*sorted(rows))
    run = play(log, 60, [Order(start_s, 4000, power_mw)])
    assert run.busy_gpus.max() <= 60
    assert np.isfinite(run.end_s).all()
    assert run.work_gpu_h.sum() == pytest.approx(log.gpu_h)
    over = run.power_mw - np.minimum(run.allowed_mw, 1e9) - run.above_mw
    assert over.max() < 1e-9
    assert np.all(run.end_s - run.start_s >= log.lasts_s - 1e-6)


def test_what_no_scheduler_could_keep_is_refused():
    with pytest.raises(InputError, match=r"asks for 200(.|\n)*idle GPUs alone draw"):
        play(log_of((0, 200, 60, 0)), orders=[Order(0, 60, 0.01)])
    with pytest.raises(InputError, match="must be one or more"):
        flexibility_cost(log_of((0, 2, 60, 0)), 100, KW, [])
