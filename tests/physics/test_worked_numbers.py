"""Energy, attenuation and ramps of two campuses as worked out by hand, and the formulas against waves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.worked import CELLS, worked_error
from wattstack.campus.compute import GpuSmoothing, Job
from wattstack.physics.compute import (
    attenuation_db,
    buffer_energy_mwh,
    gpus_per_mw,
    longest_period_s,
    make_load,
    power_wave,
    ramp_minutes,
    smoothing_cost,
    step_energy_mwh,
    stops_per_h,
)


@pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
def test_a_number_worked_out_by_hand_is_what_our_functions_give(cell):
    assert cell.ours() == pytest.approx(cell.written, rel=0.05, abs=0.5 * cell.last)


def test_the_worst_of_all_cells_is_within_the_bar():
    assert worked_error()[0] <= 0.05


@given(step_mw=st.floats(1, 900), ramp=st.floats(1, 60))
@settings(max_examples=30, deadline=None)
def test_energy_of_a_step_is_the_triangle_between_the_step_and_the_ramp(step_mw, ramp):
    minutes = np.linspace(0.0, step_mw / ramp, 4001)
    taken = np.trapezoid(step_mw - ramp * minutes, minutes) / 60.0
    assert step_energy_mwh(step_mw, ramp) == pytest.approx(taken, rel=1e-9)
    assert step_energy_mwh(-step_mw, ramp) == step_energy_mwh(step_mw, ramp)
    assert ramp_minutes(step_mw, ramp) == pytest.approx(minutes[-1])


def test_a_buffer_of_that_energy_levels_the_wave_of_a_job(servers):
    job = {"gpus": 8000, "power_per_gpu_kw": 1.25, "jitter_frac": 0, "node_noise_frac": 0, "checkpoint": None,
           "rise_s": 0, "fall_s": 0, "failures_per_gpu_h": 0}  # fmt: skip
    campus = servers(hall={"it_mw": 20, "network_frac": 0, "jobs": {"a": job}})
    power = power_wave(make_load(campus, groups=1), 60.0, 0.001)["power_mw"]
    stored = np.cumsum(power - 8.75) * 0.001 / 3600.0
    assert np.ptp(stored) == pytest.approx(buffer_energy_mwh(5.0, 3.0, 0.85), rel=0.005)


def test_longest_period_and_energy_are_inverse():
    assert longest_period_s(buffer_energy_mwh(38, 3, 0.85), 38, 0.85) == pytest.approx(3.0)
    assert longest_period_s(1.0, 0.0, 0.85) == math.inf
    assert longest_period_s(1.0, 10.0, 1.0) == math.inf


def test_attenuation_is_twenty_decibels_a_factor_of_ten():
    assert attenuation_db(100.0, 10.0) == pytest.approx(20.0)
    assert attenuation_db(5.0, 10.0) == pytest.approx(-6.02, abs=0.01)
    assert attenuation_db(0.0, 10.0) == -math.inf


def test_whole_campuses_of_gpus():
    nvl72 = gpus_per_mw(1.83, 0.06, 0.16)
    assert 150 * nvl72 == pytest.approx(66_000, rel=0.05)
    assert 1000 * nvl72 == pytest.approx(440_000, rel=0.05)
    # 24k H100: about 30 MW of IT
    assert gpus_per_mw(7.25 / 8, 0.10, 0.0) == pytest.approx(24_000 / 30, rel=0.3)
    assert stops_per_h(100_000) == pytest.approx(2.0)


def test_the_energy_of_a_floor_lies_beside_the_formula_for_real_edges_too():
    job = Job(gpus=40_000, power_per_gpu_kw=1.83)
    for floor in (0.5, 0.65, 0.9):
        formula = (1 - job.duty_frac) * (floor - job.low_frac) / job.mean_frac
        assert smoothing_cost(job, GpuSmoothing(floor_frac=floor)).extra_energy_frac == pytest.approx(
            formula, rel=0.05
        )
