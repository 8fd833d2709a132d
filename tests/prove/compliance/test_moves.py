"""T1, T2, T3 without a band, T4: ramps whose answer is known, windows and holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prove.compliance.conftest import code, made, times
from wattstack.prove.compliance import SitePoint, check_compliance

MINUTE = {"test": "T1", "window_s": 60, "limit": {"mw_per_min": 20}}
QUARTER = {"test": "T2", "window_s": 15, "limit": {"mw": 5}}
SITE = SitePoint(150, 60)


def ramp(rate_mw_per_s, begin_s, length_s, total_s=300.0, step_s=0.1):
    t = times(total_s, step_s)
    return made(100 + rate_mw_per_s * np.clip(t - begin_s, 0.0, length_s), step_s)


def test_a_ramp_of_exactly_the_limit_passes_and_a_little_more_fails(judge):
    assert judge(ramp(20 / 60, 37, 200), **MINUTE).outcome == "pass"
    steeper = judge(ramp(20.01 / 60, 37, 200), **MINUTE)
    assert steeper.outcome == "fail" and steeper.margin == pytest.approx(-0.01, abs=1e-6)


def test_a_jump_across_the_edge_of_a_clock_window_is_seen_by_sliding_windows(judge):
    t = times(300, 0.1)
    wave = made(100 + 8.0 * (t >= 120.0) + 8.0 * (t >= 115.0) + 8.0 * (t >= 125.0), 0.1)
    v = judge(wave, **MINUTE)
    values = {name.split(" ")[0]: value[0] for name, value in v.readings.items()}
    assert v.value == pytest.approx(24.0) and v.outcome == "fail"
    assert v.reading == "greatest less least in any 60 s"
    clock = next(value[0] for name, value in v.readings.items() if "clock" in name)
    assert clock < 24.0 and min(values.values()) <= clock


def test_clock_windows_follow_the_clock_of_the_wave(judge):
    t = times(240, 1.0)
    power = 100 + 30.0 * (t >= 90.0)  # 10:00:30 + 90 s = 10:02:00, the edge of a clock minute
    told = judge(made(power, 1.0, start="2026-03-01T10:00:30+00:00"), **MINUTE, readings=["clock-means"])
    untold = judge(made(power, 1.0), **MINUTE, readings=["clock-means"])
    assert told.value == pytest.approx(30.0) and untold.value == pytest.approx(15.0)


def test_a_record_shorter_than_two_clock_windows_has_the_other_readings(judge):
    v = judge(made(100 + np.zeros(700), 0.1), **MINUTE)
    assert v.outcome == "pass" and not any("mean" in name for name in v.readings)


def test_directions_are_told_apart(judge):
    wave = ramp(0.5, 50, 60)
    assert judge(wave, **MINUTE, direction="up").outcome == "fail"
    assert judge(wave, **MINUTE, direction="down").outcome == "pass"


def test_a_window_takes_the_least_of_several_limits(site):
    rule = {"test": "T1", "window_s": 60, "limit": {"mw_per_min": 20, "peak_frac_per_min": 0.05}}
    found = check_compliance(ramp(0.01, 10, 5), [code({"r": rule})], site).verdicts[0]
    assert found.limit == pytest.approx(0.05 * 100.05)


def test_the_wider_of_two_windows_rules(judge):
    v = judge(ramp(2.0, 50, 6), test="T3", window_s=[4, 6], readings=["range"], limit={"mw": 10})
    assert v.outcome == "fail" and v.value == pytest.approx(12.0) and "6 s" in v.reading
    assert v.window == "4 s or 6 s"


def test_a_slow_log_is_refused_and_the_rate_is_said(judge):
    v = judge(made(100 + np.zeros(100), 60.0), **QUARTER)
    assert v.outcome == "not measurable" and "0.6667 samples a second" in v.note and v.value is None


def test_a_record_shorter_than_the_window_is_refused(judge):
    v = judge(made(100 + np.zeros(500), 0.1), **MINUTE)
    assert v.outcome == "not measurable" and "60 s without a hole" in v.note


def test_one_missing_sample_is_bridged_and_said(judge):
    wave = ramp(0.1, 20, 100)
    power = np.array(wave["power_mw"])
    power[777] = np.nan
    v, whole = judge(made(power, 0.1), **QUARTER), judge(wave, **QUARTER)
    assert v.value == pytest.approx(whole.value) and v.outcome == "pass"
    assert "1 of 3000 samples are missing" in v.note and "bridged" in v.note


def test_no_window_lies_across_a_longer_hole(judge):
    t = times(300, 0.1)
    power = 100 + 50.0 * (t > 150.0)
    power[(t > 149.0) & (t < 151.0)] = np.nan
    v = judge(made(power, 0.1), **QUARTER)
    assert v.outcome == "pass" and v.value == 0.0 and "that no window lies across" in v.note


def test_a_record_full_of_holes_never_passes_but_may_fail(judge):
    t = times(300, 0.1)
    power = np.full(len(t), 100.0)
    power[1000:1200] = np.nan
    assert judge(made(power, 0.1), **QUARTER).outcome == "not measurable"
    power[2000:] = 120.0
    assert judge(made(power, 0.1), **QUARTER).outcome == "fail"


def test_recovery_after_a_fault_is_free_where_the_rule_says_so(judge):
    t = times(120, 0.01)
    power = np.where((t >= 60.0) & (t < 60.5), 20.0, 100.0)
    volts = np.where((t >= 60.0) & (t < 60.1), 0.5, 1.0)
    wave = made(power, 0.01, voltage_pu=volts)
    assert judge(wave, **QUARTER).outcome == "fail"
    assert judge(wave, **QUARTER, exempt_after_fault_s=1).outcome == "pass"
    assert judge(made(power, 0.01), **QUARTER, exempt_after_fault_s=1).outcome == "fail"


def test_the_picture_shows_the_worst_window_with_its_limit(judge):
    v = judge(ramp(0.5, 50, 20), **QUARTER)
    low, high = v.picture.window
    assert high - low == pytest.approx(15.0, abs=0.2) and v.worst_s == pytest.approx(high)
    assert v.picture.time_s[0] < low and v.picture.time_s[-1] > high
    assert len(v.picture.time_s) == len(v.picture.values) <= 2000


def test_a_move_inside_the_dynamic_range_is_free(judge):
    rule = {"test": "T4", "window_s": 1, "direction": "up", "limit": {"mw_per_s": 1, "dynamic_range_mw": 10}}
    t = times(60, 0.01)
    assert judge(made(100 + 9.0 * (t > 30), 0.01), **rule).outcome == "pass"
    jump = judge(made(100 + 11.0 * (t > 30), 0.01), **rule)
    assert jump.outcome == "fail" and jump.value == pytest.approx(11.0) and jump.unit == "MW/s"
    assert judge(made(100 + 0.9 * np.clip(t - 10, 0, 40), 0.01), **rule).outcome == "pass"
    assert judge(made(100 + 1.1 * np.clip(t - 10, 0, 40), 0.01), **rule).outcome == "fail"
    assert judge(made(100 - 11.0 * (t > 30), 0.01), **rule).outcome == "pass"
    assert judge(made(100 - 11.0 * (t > 30), 0.01), **rule | {"direction": "down"}).outcome == "fail"


def test_the_two_readings_of_a_dynamic_range_differ(judge):
    rule = {"test": "T4", "window_s": 1, "direction": "up", "limit": {"mw_per_s": 1, "dynamic_range_mw": 10}}
    t = times(60, 0.01)
    v = judge(made(100 + 1.2 * np.clip(t - 10, 0, 15), 0.01), **rule)  # 18 MW at 1.2 MW/s
    by_unit = {unit: value for value, _, unit in v.readings.values()}
    assert by_unit["MW/s"] == pytest.approx(1.2) and by_unit["MW"] == pytest.approx(3.0, abs=0.02)
    assert v.outcome == "fail" and v.unit == "MW/s"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(50, 150), min_size=40, max_size=80), st.floats(-40, 500), st.floats(0.2, 3.0))
def test_variation_does_not_know_the_mean_scales_and_a_stricter_limit_mends_nothing(values, shift, scale):
    def value(power, limit=5.0):
        rule = {"test": "T2", "window_s": 15, "limit": {"mw": limit}}
        return check_compliance(made(power, 1.0), [code({"r": rule})], SITE).verdicts[0]

    power = np.array(values)
    base = value(power)
    assert value(power + shift).value == pytest.approx(base.value, abs=1e-6)
    assert value(scale * power).value == pytest.approx(scale * base.value, abs=1e-6)
    if base.outcome == "fail":
        assert value(power, 4.0).outcome == "fail"
    else:
        assert value(power, 6.0).outcome == "pass"
