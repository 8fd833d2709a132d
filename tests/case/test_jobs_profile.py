"""A hall whose profile is its jobs and its serving."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.case import build_case
from wattstack.errors import InputError

JOBS = {
    "it_mw": 100, "profile": "jobs", "network_frac": 0.05,
    "jobs": {"train": {"gpus": 30000, "power_per_gpu_kw": 1.83}},
    "inference": {"chat": {"gpus": 10000, "power_per_gpu_kw": 1.83}},
}  # fmt: skip


def halls(hall, **time):
    def change(raw):
        raw["load"] = {"halls": dict(hall)}
        raw["time"] |= time

    return change


def test_a_hall_may_follow_its_jobs_and_serving(campus_of):
    case = build_case(campus_of(halls(JOBS)))
    job, fleet, network = 30 * 1.83 * 0.875, 10 * 1.83 * (0.12 + 0.68 * 0.5), 0.05 * 40 * 1.83
    assert case.it_mw.max() < 100
    assert case.it_mw.mean() == pytest.approx(job + fleet + network, rel=0.15)
    assert any("one draw of chance" in note for note in case.notes)
    assert np.array_equal(case.it_mw, build_case(campus_of(halls(JOBS))).it_mw)


def test_the_same_year_at_a_finer_step(campus_of):
    coarse = build_case(campus_of(halls(JOBS)))
    step_s = coarse.axis.step_s
    fine = build_case(campus_of(halls(JOBS, step="1min")))
    assert fine.it_mw.reshape(-1, step_s // 60).mean(axis=1) == pytest.approx(coarse.it_mw, abs=1e-9)


def test_the_profile_jobs_needs_jobs_or_serving(campus_of):
    with pytest.raises(InputError, match="must have jobs, inference or replay to follow"):
        campus_of(halls({"it_mw": 100, "profile": "jobs"}))


def test_what_a_hall_draws_while_all_train_bounds_its_peak_from_below(campus_of):
    campus = campus_of(halls(JOBS))
    steady_mw = campus.load["halls"].steady_mw
    assert steady_mw == pytest.approx(30 * 1.83 * 0.875 + 10 * 1.83 * 0.46 + 0.05 * 40 * 1.83)
    assert steady_mw <= build_case(campus).it_mw.max() * 1.02
