"""T3 and T5 in a band, T6 and T7: sines whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prove.compliance.conftest import code, made, times
from wattstack.prove.compliance import SitePoint, check_compliance

ERCOT = {"test": "T3", "band_hz": [0.1, 55], "order": 4, "window_s": 5, "limit": {"mw": 10}}
FAST = {"test": "T5", "band_hz": [5, 55], "window_s": 10, "limit": {"mw": 3.5}}
SWING = {
    "test": "T5",
    "quantity": "periodic amplitude",
    "band_hz": [0.1, 55],
    "limit": {"mw": 2.5, "rated_frac": 0.0025},
}
T = times(120)


def sine(frequency_hz, peak_to_peak_mw, t=T, phase=0.0):
    return 100 + 0.5 * peak_to_peak_mw * np.sin(2 * np.pi * frequency_hz * t + phase)


@pytest.mark.parametrize("phase", [0.0, 0.8, 1.6, 3.0])
def test_a_sine_just_below_and_just_above_ten_megawatts(judge, phase):
    below, above = (judge(made(sine(0.3, p, phase=phase)), **ERCOT) for p in (9.99, 10.01))
    assert below.outcome == "pass" and above.outcome == "fail"
    assert above.value == pytest.approx(10.01, rel=1e-3) and above.margin_db == pytest.approx(
        -0.009, abs=0.01
    )
    assert below.filter == "Butterworth, order 4 at each edge, 0.1 to 55 Hz, zero-phase"


def test_a_swing_just_inside_the_upper_edge_is_seen_by_the_reading_that_keeps_its_edge(judge):
    v = judge(made(sine(54.0, 12.0)), **ERCOT)
    by_name = {name: value for name, (value, _, _) in v.readings.items()}
    assert v.outcome == "fail" and v.value == pytest.approx(12.0, rel=0.01)
    assert min(by_name.values()) < 10.0  # the filter as named takes 6 dB at its edge


def test_peaks_between_the_samples_are_seen(judge):
    power = sine(50.0, 12.0, phase=np.pi / 4)  # four samples a period, none at a peak
    assert np.ptp(power) < 8.6
    v = judge(made(power), **ERCOT)
    assert v.outcome == "fail" and v.value == pytest.approx(12.0, rel=0.02)


def test_a_swing_above_the_band_that_the_log_can_see_does_not_count(judge):
    t = times(60, 0.001)
    assert judge(made(sine(180.0, 12.0, t), 0.001), **ERCOT).outcome == "pass"


def test_sampling_that_aliases_fifty_five_hertz_is_refused_with_the_rate(judge):
    slow = judge(made(sine(54.0, 12.0, times(120, 0.01)), 0.01), **ERCOT)
    assert slow.outcome == "not measurable"
    assert "needs 200 samples a second for a band that reaches 55 Hz, the wave has 100" in slow.note


def test_a_ramp_slower_than_the_band_passes_and_a_step_fails(judge):
    assert judge(made(100 + 1.5 * T), **ERCOT).outcome == "pass"
    assert judge(made(100 + 11.0 * (T > 60)), **ERCOT).outcome == "fail"


def test_a_step_at_the_very_end_is_seen_without_the_filter(judge):
    assert judge(made(100 + 11.0 * (T > 119.5)), **ERCOT).outcome == "fail"


def test_a_short_record_fails_where_it_already_shows_too_much_and_else_is_refused(judge):
    t = times(20)
    assert judge(made(sine(0.3, 12.0, t)), **ERCOT).outcome == "fail"
    calm = judge(made(sine(0.3, 6.0, t)), **ERCOT)
    assert calm.outcome == "not measurable" and "asks for 55 s" in calm.note
    assert judge(made(sine(0.3, 6.0, times(4))), **ERCOT).outcome == "not measurable"


def test_a_missing_sample_changes_nothing(judge):
    power = sine(0.3, 9.9)
    power[12000] = np.nan
    v = judge(made(power), **ERCOT)
    assert v.outcome == "pass" and v.value == pytest.approx(9.9, rel=2e-3) and "bridged" in v.note


def test_a_hole_leaves_two_pieces_of_which_each_is_judged(judge):
    power = sine(0.3, 4.0, times(240))
    power[24000:24200] = np.nan
    power[36000:] += 11.0
    v = judge(made(power), **ERCOT)
    assert v.outcome == "fail" and v.worst_s == pytest.approx(180.0, abs=5.0)


def test_a_band_with_a_high_lower_edge_does_not_count_slow_swings(judge):
    assert judge(made(sine(0.3, 30.0)), **FAST).outcome == "pass"
    assert judge(made(sine(12.0, 3.6)), **FAST).outcome == "fail"
    assert judge(made(sine(12.0, 3.4)), **FAST).outcome == "pass"


def test_a_periodic_swing_is_judged_by_its_amplitude(judge):
    v = judge(made(sine(0.4, 0.8)), **SWING)
    assert v.limit == pytest.approx(0.375) and v.value == pytest.approx(0.4, rel=0.01) and v.outcome == "fail"
    assert judge(made(sine(0.4, 0.7)), **SWING).outcome == "pass"
    assert any("0.4 Hz" in name for name in v.readings)


def test_a_single_step_is_no_periodic_swing(judge):
    v = judge(made(100 + 5.0 * (T > 60.0)), **SWING | {"limit": {"mw": 2.5}})
    assert v.outcome == "pass"


def test_a_line_between_two_bins_keeps_its_amplitude(judge):
    for frequency in (0.4, 0.403, 0.405):
        v = judge(made(sine(frequency, 8.0, times(400))), **SWING)
        line = next(value for name, (value, _, _) in v.readings.items() if "line" in name)
        assert line == pytest.approx(4.0, rel=0.01)


@settings(max_examples=6, deadline=None)
@given(st.floats(-50, 500), st.floats(0.1, 4.0), st.floats(0.15, 20.0))
def test_a_constant_changes_nothing_and_a_factor_scales(shift, scale, frequency):
    def value(power):
        return check_compliance(made(power), [code({"r": ERCOT})], SitePoint(150, 60)).verdicts[0].value

    power = sine(frequency, 8.0)
    assert value(power + shift) == pytest.approx(value(power), rel=1e-6)
    assert value(scale * power) == pytest.approx(scale * value(power), rel=1e-6)


SHARE = {"test": "T6", "band_hz": [0.1, 20], "limit": {"frac": 0.2}}


def test_the_share_of_energy_in_a_band_is_that_of_two_sines(judge):
    both = sine(1.0, 2.0) + sine(30.0, 4.0)  # energies 1 : 4
    assert judge(made(both), **SHARE | {"limit": {"frac": 0.21}}).outcome == "pass"
    v = judge(made(both), **SHARE)
    assert v.value == pytest.approx(0.2, abs=2e-3) and v.filter.startswith("none; Welch")
    slow = judge(made(sine(1.0, 2.0) + sine(0.02, 40.0, times(120))), **SHARE)
    assert slow.outcome in ("fail", "pass") and len(slow.readings) == 2


def test_no_energy_and_too_short_a_record_have_no_share(judge):
    assert "does not move" in judge(made(100 + 0 * T), **SHARE).note
    assert "100 s without a hole" in judge(made(sine(1.0, 2.0, times(60))), **SHARE).note
    assert judge(made(sine(1.0, 2.0, times(120, 0.1)), 0.1), **SHARE).outcome == "not measurable"


class Mode:
    def __init__(self, frequency_hz, damping_frac, limit_mw=None):
        self.frequency_hz, self.damping_frac, self.limit_mw = frequency_hz, damping_frac, limit_mw


MODES = {"test": "T7", "limit": {"of_mode": True}}


def with_modes(**modes):
    return SitePoint(150, 60, modes=modes)


def test_a_line_on_a_mode_is_amplified_by_its_damping(judge):
    v = judge(made(sine(0.5, 1.0, times(400))), with_modes(local=Mode(0.5, 0.05, 9.0)), **MODES)
    assert v.outcome == "fail" and v.value == pytest.approx(10.0, rel=0.03)  # 1 / (2 x 0.05)
    time, line = v.readings.values()
    assert time[0] == pytest.approx(line[0], rel=0.05)


def test_a_line_beside_a_mode_is_not(judge):
    v = judge(made(sine(1.5, 1.0, times(400))), with_modes(local=Mode(0.5, 0.05, 9.0)), **MODES)
    assert v.outcome == "pass" and v.value < 0.5


def test_danger_periods_and_a_better_period_are_said(judge):
    v = judge(made(sine(0.5, 1.0, times(400))), with_modes(local=Mode(0.5, 0.02, 100.0)), **MODES)
    assert "dangerous periods 2, 4, 6, 8 s" in v.note and "times less at T = " in v.note


def test_modes_without_a_limit_are_told_not_judged(judge):
    v = judge(made(sine(0.5, 1.0, times(400))), with_modes(local=Mode(0.5, 0.05)), **MODES)
    assert v.outcome == "not applicable" and "MW peak to peak at T = 2 s" in v.note
    assert judge(made(sine(0.5, 1.0)), **MODES).outcome == "not applicable"
    steady = judge(made(100 + 0 * times(400)), with_modes(local=Mode(0.5, 0.05)), **MODES)
    assert "dangerous periods" in steady.note and "at T" not in steady.note


def test_periods_are_told_for_a_slow_log_and_for_no_power_at_all(judge):
    slow = judge(made(sine(0.1, 1.0, times(400, 1.0)), 1.0), with_modes(local=Mode(0.5, 0.05)), **MODES)
    assert "at T = 10 s" in slow.note
    none = judge(made(np.zeros(400), 1.0), with_modes(local=Mode(0.5, 0.05)), **MODES)
    assert "dangerous periods" in none.note and "at T" not in none.note


def test_the_worst_of_two_pieces_rules_a_mode(judge):
    power = np.concatenate([sine(0.5, 0.5, times(200)), [np.nan] * 10, sine(0.5, 1.0, times(200))])
    v = judge(made(power), with_modes(local=Mode(0.5, 0.05, 9.0)), **MODES)
    assert v.worst_s > 200.0 and v.outcome == "fail"
    other = judge(made(power[::-1]), with_modes(local=Mode(0.5, 0.05, 9.0)), **MODES)
    assert other.outcome == "fail" and other.value == pytest.approx(v.value, rel=0.02)


def test_a_limit_of_the_rule_and_of_the_mode_give_the_lesser(judge):
    wave = made(sine(0.5, 1.0, times(400)))
    assert judge(wave, with_modes(a=Mode(0.5, 0.05, 30.0)), test="T7", limit={"mw": 9.0}).limit == 9.0
    assert judge(wave, with_modes(a=Mode(0.5, 0.05)), test="T7", limit={"mw": 9.0}).limit == 9.0
