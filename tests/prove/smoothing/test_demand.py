"""Sizes in closed form, by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus.compute import Job
from wattstack.prove.compliance import SitePoint
from wattstack.prove.smoothing import Layer, stop_needs
from wattstack.prove.smoothing.demand import (
    average_s,
    levelled_mw,
    loop_for,
    needed_db,
    plenty,
    read_demand,
    slower,
)

SITE = SitePoint(rated_mw=135, frequency_hz=60)
JOB = Job(gpus=1000, power_per_gpu_kw=1.0)  # 0.5 MW of swing, 0.85 of 3 s


def test_slope_is_what_the_strictest_ramp_leaves_to_it():
    assert read_demand(["ieso-3.0"], SITE).slope_mw_per_s == pytest.approx(0.75 * 20 / 60)
    assert read_demand(["ercot-lcl-10mw"], SITE).slope_mw_per_s == pytest.approx(0.5 * 10 / 5)
    assert read_demand(["ercot-lcl-10mw", "ieso-3.0"], SITE).slope_mw_per_s == pytest.approx(0.25)


def test_finest_swing_is_twice_the_periodic_amplitude():
    assert read_demand(["ieso-3.0"], SITE).finest_mw == pytest.approx(2 * 0.0025 * 135)


def test_a_code_for_another_frequency_asks_for_nothing():
    assert read_demand(["ieso-3.0"], replace(SITE, frequency_hz=50)).slope_mw_per_s == inf


def test_mw_a_second_are_a_slope_as_they_stand():
    assert read_demand(["msft-openai-nvidia"], SITE).slope_mw_per_s < inf


def test_rack_that_averages_long_leaves_a_small_triangle():
    layer = Layer(rack_j=1000.0, average_s=60.0)
    assert levelled_mw(JOB, layer) == pytest.approx(0.5 * 3.0 * 0.85 * 0.15 / 60.0, rel=0.03)


def test_rack_that_averages_short_leaves_the_swing():
    assert levelled_mw(JOB, Layer(rack_j=1.0, average_s=0.01)) == pytest.approx(0.5, rel=1e-6)


def test_pulse_behind_a_low_pass_by_hand():
    left = 0.5 * (1 - exp(-2.55)) * (1 - exp(-0.45)) / (1 - exp(-3.0))
    assert levelled_mw(JOB, Layer(rack_j=500.0, average_s=1.0)) == pytest.approx(left)


def test_floor_takes_its_share_of_the_swing():
    assert levelled_mw(JOB, Layer(floor_frac=0.7)) == pytest.approx(0.25)
    assert levelled_mw(JOB, Layer(floor_frac=0.99)) == 0.0


def test_rack_of_65_joule_bears_the_edge_for_some_hundredths_of_a_second(campus):
    assert average_s(campus(), 65.0) == pytest.approx(0.8 * 32.5 / (1500 * 0.66))


def test_stop_takes_the_square_of_its_step_over_twice_the_ramp(campus, code):
    first = stop_needs(campus(), [code(20, 4)], SITE)[0]
    step = 12.0 * (0.875 - 0.29) * 1.03
    assert first.step_mw == pytest.approx(step)
    assert first.energy_mwh == pytest.approx(step**2 / 40 / 60)
    assert first.ramp_min == pytest.approx(step / 20)


def test_stop_of_54_mw_against_20_mw_a_minute_needs_1_2_mwh(campus, code):
    """Reference: 60 % of the IT of 150 MW falls to idle."""
    step_frac = (0.875 - 0.29) * 1.03
    job = {"gpus": round(54.0 / step_frac / 1.5 * 1000), "power_per_gpu_kw": 1.5}
    big = campus(load={"halls": {"it_mw": 140, "jobs": {"big": job}}}, grid={"connection": {"firm_mw": 200}})
    need = stop_needs(big, [code(20, 4)], SITE)[0]
    assert need.energy_mwh == pytest.approx(1.2, rel=0.02)


def test_corner_keeps_the_swing_off_the_ramp(campus, code):
    site = SitePoint(rated_mw=50, frequency_hz=60)
    demand = read_demand([code(40, 4)], site)
    loop = loop_for(campus(), Layer(), demand)
    assert loop.ramp_mw_per_min == pytest.approx(60 * demand.slope_mw_per_s)
    assert loop.corner_s >= 30.0
    assert loop.recentre_s >= 4 * loop.corner_s


def test_without_a_rule_of_ramps_the_corner_alone_holds(campus):
    demand = replace(read_demand(["ieso-3.0"], SITE), slope_mw_per_s=inf)
    loop = loop_for(campus(), Layer(), demand)
    power, energy = plenty(campus(), loop)
    assert loop.ramp_mw_per_min is None
    assert power > 12 * 0.66
    assert energy == pytest.approx(2 * 12 * 0.66 * 1.03 * loop.corner_s / 3600)


def test_all_jobs_together_ask_for_more_than_the_largest(campus, code):
    two = campus(load={"halls": {"it_mw": 40, "jobs": {"other": {"gpus": 4000, "power_per_gpu_kw": 1.5}}}})
    loop = loop_for(two, Layer(), read_demand([code(40, 4)], SITE))
    assert plenty(two, loop, together=True)[0] == pytest.approx(1.5 * plenty(two, loop)[0])


def test_attenuation_is_that_of_the_reference(campus):
    demand = replace(read_demand(["ercot-lcl-10mw"], SITE), finest_mw=0.6)
    assert needed_db(campus(), demand) == pytest.approx(20.0)
    assert needed_db(campus(), replace(demand, finest_mw=inf)) == 0.0


def test_ramp_slows_by_what_is_faster_than_the_battery(campus, code, designed):
    demand = read_demand([code(40, 4)], SITE)
    loop = loop_for(campus(), Layer(), demand)
    worst = next(v for v in designed.before.verdicts if v.rule == "short")
    missed = replace(worst, code="ramps-40-4", margin_frac=-0.1)  # the ramp takes 2.5 MW of 4, spikes 1.9
    new = slower(loop, demand, missed, 0.05)
    assert new.ramp_mw_per_min * 5 / 60 == pytest.approx(0.95 * 0.95 * 4 - (4.4 - 2.5))
    assert slower(loop, demand, replace(missed, margin_frac=-5.0), 0.05) is None
    assert slower(loop, demand, replace(missed, rule="nothing"), 0.05) is None


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 20.0), st.floats(0.0, 0.95))
def test_no_layer_makes_a_swing_larger(tau, floor):
    assert 0.0 <= levelled_mw(JOB, Layer(floor, rack_j=1.0, average_s=tau)) <= 0.5 + 1e-12
