"""T8 to T11: sags worked by hand, a load that counts them, frequencies, recovery and return."""

from __future__ import annotations

import numpy as np
import pytest

from tests.prove.compliance.conftest import code, made, times
from wattstack.errors import InputError
from wattstack.prove.compliance import SitePoint, check_compliance, required_profiles

CURVE = [[0.9, 1.1, None], [0.5, 0.9, 0.5], [0.0, 0.5, 0.15], [1.1, 1.2, 1.0]]
RIDE = {"test": "T8", "curve": CURVE}
BACK = {"test": "T10", "kept_frac": 0.9, "within_s": 2.0, "returns_above_pu": 0.9}
STEP = 0.01


def sagged(sags, power, total_s=60.0):
    """Voltage with (start, length, level), and power of the time."""
    t = times(total_s, STEP)
    volts = np.ones(len(t))
    for start, length, level in sags:
        volts[round(start / STEP) : round((start + length) / STEP)] = level
    return made(power(t), STEP, voltage_pu=volts)


def lost_between(start, end, level=0.0):
    return lambda t: np.where((t >= start - 1e-9) & (t < end - 1e-9), level, 100.0)


def test_a_load_that_is_back_after_a_sag_has_ridden_through(judge):
    v = judge(sagged([(20, 0.1, 0.3)], lost_between(20, 21)), **RIDE)
    assert v.outcome == "pass" and v.value == pytest.approx(1.0) and "1 excursions, 1 inside" in v.note


def test_a_load_that_stays_away_has_not(judge):
    v = judge(sagged([(20, 0.1, 0.3)], lost_between(20, 60, 30.0)), **RIDE)
    assert v.outcome == "fail" and v.value == pytest.approx(0.3) and v.worst_s == pytest.approx(20.0)
    assert v.margin == pytest.approx(-0.6)


def test_a_sag_longer_than_the_curve_obliges_to_nothing(judge):
    v = judge(sagged([(20, 0.3, 0.3)], lost_between(20, 60)), **RIDE)
    assert v.outcome == "not measurable" and "nowhere obliged" in v.note
    assert judge(sagged([(20, 0.14, 0.3)], lost_between(20, 60)), **RIDE).outcome == "fail"


def test_a_voltage_outside_every_band_obliges_to_nothing(judge):
    assert judge(sagged([(20, 0.1, 1.3)], lost_between(20, 60)), **RIDE).outcome == "not measurable"
    assert judge(sagged([(20, 0.9, 1.15)], lost_between(20, 60)), **RIDE).outcome == "fail"


def test_a_load_that_counts_three_sags_and_leaves_fails_at_the_third(judge):
    sags = [(10 + 8 * k, 0.05, 0.3) for k in range(6)]
    v = judge(sagged(sags, lost_between(26, 90), 90.0), **RIDE)
    assert v.outcome == "fail" and v.value == pytest.approx(0.0)
    assert v.worst_s == pytest.approx(26.0)
    assert "6 excursions, 6 inside" in v.note


def test_a_load_that_leaves_in_steps_is_seen_against_the_first_sag(judge):
    sags = [(20 + 15 * k, 0.05, 0.3) for k in range(4)]
    steps = lambda t: 100.0 * 0.95 ** np.searchsorted([20, 35, 50, 65], t, side="right")  # noqa: E731
    v = judge(sagged(sags, steps, 90.0), **RIDE)
    assert v.outcome == "fail" and v.value == pytest.approx(0.95**4, abs=1e-3)
    assert "before the first" in v.reading


def test_a_load_that_leaves_within_a_long_excursion_has_not_stayed(judge):
    curve = {"test": "T8", "curve": [[0.9, 1.1, None], [1.1, 1.2, 60.0]]}
    v = judge(sagged([(20, 40, 1.15)], lost_between(30, 59), 90.0), **curve)
    assert v.outcome == "fail" and "at the end of an excursion" in v.reading
    assert judge(sagged([(20, 40, 1.15)], lost_between(30, 45), 90.0), **curve).outcome == "pass"


def test_batteries_that_answer_frequency_are_no_load_that_leaves(judge):
    t = times(90.0, STEP)
    hertz = np.where((t > 20) & (t < 60), 57.5, 60.0)
    curve = {"test": "T9", "curve": [[58.8, 61.2, None], [57.0, 58.8, 299]]}
    power = np.where((t > 20) & (t < 60), 40.0, 100.0)
    assert judge(made(power, STEP, frequency_hz=hertz), **curve).outcome == "pass"
    there = made(power, STEP, frequency_hz=hertz, load_mw=np.full(len(t), 100.0))
    assert judge(there, **curve).outcome == "pass"
    gone = made(np.full(len(t), 100.0), STEP, frequency_hz=hertz, load_mw=power)
    assert judge(gone, **curve).value == pytest.approx(0.4)


def test_a_battery_does_not_hide_a_load_that_counted_its_sags(judge):
    sags = [(10 + 8 * k, 0.05, 0.3) for k in range(4)]
    wave = sagged(sags, lost_between(0, 0), 60.0)
    hidden = made(
        wave["power_mw"], STEP, voltage_pu=wave["voltage_pu"], load_mw=lost_between(26, 60)(wave.time_s)
    )
    assert judge(hidden, **RIDE).outcome == "pass"
    v = judge(hidden, **RIDE, sequence=[[0, 0.05, 0.3]])
    assert v.outcome == "fail" and v.reading == "load itself afterwards / before the first"


def test_a_jump_of_the_phase_is_judged_where_the_event_says_so(judge):
    wave = made(lost_between(20, 60)(times(60.0, STEP)), STEP, events=((20.0, "phase jump"),))
    v = judge(wave, **RIDE, angle_jump_deg=20)
    assert v.outcome == "fail" and v.note == "1 jumps of the phase"


def test_a_wave_without_a_sag_or_without_voltage_is_not_measurable(judge):
    assert "required_profiles" in judge(sagged([], lost_between(0, 0)), **RIDE).note
    assert "voltage_pu is not in the wave" in judge(made(np.ones(100)), **RIDE).note


def test_a_sag_at_the_very_start_or_end_cannot_be_judged(judge):
    assert judge(sagged([(0, 0.1, 0.3)], lost_between(0, 60)), **RIDE).outcome == "not measurable"
    assert judge(sagged([(59.95, 0.05, 0.3)], lost_between(0, 0)), **RIDE).outcome == "not measurable"


def frequency(hertz, power, total_s=60.0):
    t = times(total_s, STEP)
    return made(power(t), STEP, frequency_hz=hertz(t))


BANDS = {"test": "T9", "curve": [[58.8, 61.2, None], [57.0, 58.8, 10], [61.2, 61.8, 10]]}


def test_a_load_rides_a_low_frequency_and_is_free_when_it_lasts_too_long(judge):
    low = lambda s: lambda t: np.where((t > 20) & (t <= 20 + s), 58.0, 60.0)  # noqa: E731
    assert judge(frequency(low(9), lost_between(0, 0)), **BANDS).outcome == "pass"
    assert judge(frequency(low(9), lost_between(25, 60)), **BANDS).outcome == "fail"
    assert judge(frequency(low(12), lost_between(25, 60)), **BANDS).outcome == "not measurable"


def test_a_change_of_frequency_up_to_the_rate_is_ridden(judge):
    rule = {"test": "T9", "rocof_hz_per_s": 1.0, "rocof_window_s": 0.5}
    ramp = lambda r: lambda t: 60.0 - r * np.clip(t - 20, 0, 0.8)  # noqa: E731
    assert judge(frequency(ramp(1.0), lost_between(0, 0)), **rule).outcome == "pass"
    assert judge(frequency(ramp(1.0), lost_between(20.3, 60)), **rule).outcome == "fail"
    assert judge(frequency(ramp(0.2), lost_between(0, 0)), **rule).outcome == "not measurable"
    assert "not at fault" in judge(frequency(ramp(2.0), lost_between(20.3, 60)), **rule).note


def test_a_code_without_a_curve_for_this_region_is_a_fault_that_says_how_to_mend(site):
    with pytest.raises(InputError, match=r"no curve is published for this region.*bands"):
        check_compliance(made(np.ones(100)), ["japan-user-curve"], site)
    own = SitePoint(150, 60, frequency_curve=((58.5, 61.5, None), (57.0, 58.5, 30.0)))
    found = check_compliance(made(np.ones(100)), ["japan-user-curve"], own, only=["T9"])
    assert found.verdicts[0].outcome == "not measurable"


def test_all_faults_of_all_codes_come_at_once(site):
    twice = code(
        {
            "a": {"test": "T8", "curve": [[0.9, 1.1, None], [0.8, 1.2, None]]},
            "b": {"test": "T9", "curve": None},
        }
    )
    with pytest.raises(InputError) as caught:
        check_compliance(made(np.ones(100)), [twice, "japan-user-curve"], site)
    text = str(caught.value)
    assert "has 2 bands for ever" in text and "rules.b.curve" in text and "japan-user-curve" in text


@pytest.mark.parametrize(("away_s", "outcome"), [(1.99, "pass"), (2.0, "pass"), (2.02, "fail")])
def test_recovery_is_counted_from_the_return_of_voltage(judge, away_s, outcome):
    v = judge(sagged([(20, 0.2, 0.4)], lost_between(20, 20.2 + away_s)), **BACK)
    assert v.outcome == outcome
    assert v.readings["first sample there"][0] == pytest.approx(away_s, abs=0.011)
    assert v.unit == "s" and v.worst_s == pytest.approx(20.2)


def test_a_sample_that_touches_the_share_is_not_yet_a_recovery(judge):
    def power(t):
        away = (t >= 20) & (t < 25)
        return np.where(away & ~((t > 20.5) & (t < 20.515)), 0.0, 100.0)

    v = judge(sagged([(20, 0.2, 0.4)], power), **BACK)
    assert v.outcome == "fail" and v.readings["first sample there"][0] < 1.0
    assert "mean of 1 s" in v.reading and v.value == pytest.approx(4.7, abs=0.12)


def test_a_load_that_does_not_come_back_fails_with_the_time_there_was(judge):
    v = judge(sagged([(20, 0.2, 0.4)], lost_between(20, 60)), **BACK)
    assert v.outcome == "fail" and v.value == pytest.approx(39.8, abs=0.05)


def test_a_sag_right_before_the_next_or_the_end_is_not_judged(judge):
    v = judge(sagged([(20, 0.1, 0.4), (21, 0.1, 0.4)], lost_between(20, 21.5)), **BACK)
    assert v.outcome == "pass" and "2 sags, 1 judged" in v.note
    late = judge(sagged([(59, 0.5, 0.4)], lost_between(59, 60)), **BACK)
    assert late.outcome == "not measurable" and "after none of them" in late.note


def test_an_overshoot_beyond_the_most_allowed_fails(judge):
    def power(t):
        return np.where((t >= 20.3) & (t < 22), 115.0, 100.0)

    wave = sagged([(20, 0.2, 0.4)], power)
    assert judge(wave, **BACK).outcome == "pass"
    v = judge(wave, **BACK, at_most_frac=1.1)
    assert v.outcome == "fail" and v.value == pytest.approx(1.15) and v.unit == "pu"


def test_recovery_needs_voltage_a_sag_and_a_rate(judge):
    assert judge(made(np.ones(100)), **BACK).outcome == "not measurable"
    assert "to recover from" in judge(sagged([], lost_between(0, 0)), **BACK).note
    slow = made(np.ones(100), 1.0, voltage_pu=np.r_[np.ones(50), 0.4, np.ones(49)])
    assert "10 samples a second to see 2 s" in judge(slow, **BACK).note


RETURN = {"test": "T11", "window_s": 60, "limit": {"mw_per_min": 20}, "permission_event": "return permitted"}


def returned(slope_mw_per_s, events=(), total_s=600.0):
    t = times(total_s, 0.1)
    power = np.where(t < 60, 100.0, np.clip((t - 200) * slope_mw_per_s, 0, 100))
    return made(power, 0.1, events)


def test_a_lost_site_returns_slowly_and_with_permission(judge):
    allowed = [(150.0, "return permitted by the operator")]
    assert judge(returned(20 / 60, allowed), **RETURN).outcome == "pass"
    fast = judge(returned(1.0, allowed), **RETURN)
    assert fast.outcome == "fail" and fast.value == pytest.approx(60.0, rel=0.01) and fast.unit == "MW/min"
    alone = judge(returned(20 / 60), **RETURN)
    assert alone.outcome == "fail" and "returns without" in alone.reading
    assert alone.margin_frac is None and alone.margin_db is None


def test_a_dip_of_seconds_in_a_fault_is_no_lost_site(judge):
    t = times(600, 0.1)
    dip = made(np.where((t >= 60) & (t < 65), 0.0, 100.0), 0.1)
    assert "never lost" in judge(dip, **RETURN).note
    assert "never lost" in judge(made(np.where(t < 60, 0.0, 100.0), 0.1), **RETURN).note  # off from the start
    faded = np.clip(100 - 0.5 * (t - 60), 0, 100)
    assert "never lost" in judge(made(faded, 0.1), **RETURN).note


def test_a_rule_without_permission_asks_for_the_ramp_alone(judge):
    rule = {key: value for key, value in RETURN.items() if key != "permission_event"}
    assert judge(returned(20 / 60), **rule).outcome == "pass"


def test_a_site_that_is_never_lost_or_never_returns_is_not_measurable(judge):
    assert "never lost" in judge(made(np.full(2000, 100.0), 0.1), **RETURN).note
    assert "does not come back" in judge(returned(0.0), **RETURN).note


def test_profiles_cover_every_band_and_replay_six_sags_in_82_seconds(site):
    profiles = {p.name: p for p in required_profiles("ercot-nogrr-282", site)}
    deep = profiles["ercot-nogrr-282:voltage:0-0.2pu"]
    t = np.arange(0.0, deep.duration_s, 0.001)
    assert deep.voltage_pu(t).min() == 0.0
    assert (deep.voltage_pu(t) < 0.5).sum() * 0.001 == pytest.approx(0.147, abs=0.003)
    assert (deep.frequency_hz(t) == 60.0).all()
    replay = profiles["ercot-nogrr-282:sag-sequence:sequence"]
    t = np.arange(0.0, replay.duration_s, 0.001)
    falls = np.flatnonzero(np.diff((replay.voltage_pu(t) < 0.9).astype(int)) == 1)
    assert len(falls) == 6 and (falls[-1] - falls[0]) * 0.001 == pytest.approx(82.0, abs=0.01)
    low = profiles["ercot-nogrr-282:frequency:57-58.8Hz"]
    assert low.frequency_hz(np.array([low.duration_s / 2]))[0] == 57.0


def test_a_profile_moves_the_grid_of_the_twin(site):
    profile = next(p for p in required_profiles("aeso", site) if p.angle_jump_deg)
    event = profile.event(at_s=3.0)
    assert (event.kind, event.at_s, event.target) == ("grid", 3.0, profile.name)
    assert event.profile.angle_jump_deg == profile.angle_jump_deg and event.profile.jump_s == profile.jump_s
    assert event.profile.frequency_hz.tolist() == [60.0, 60.0]


def test_profiles_of_changes_of_frequency_and_jumps_of_phase(site):
    ireland = required_profiles("eirgrid-mpid345", SitePoint(150, 50))
    rates = [p for p in ireland if "Hz/s" in p.name]
    t = np.arange(0.0, rates[0].duration_s, 0.01)
    assert np.abs(np.diff(rates[0].frequency_hz(t))).max() == pytest.approx(0.01, rel=1e-6)
    jumps = [p for p in required_profiles("aeso", site) if p.angle_jump_deg]
    assert {p.angle_jump_deg for p in jumps} == {20.0, -20.0} and all(p.jump_s > 0 for p in jumps)


@pytest.mark.parametrize("name", ["ercot-nogrr-282", "caiso-straw-2026", "aeso", "spp", "ieso-3.0"])
def test_a_load_that_follows_every_profile_passes_them(name, site):
    for profile in required_profiles(name, site):
        t = times(profile.duration_s, STEP)
        wave = made(
            np.full(len(t), 100.0),
            STEP,
            voltage_pu=profile.voltage_pu(t),
            frequency_hz=profile.frequency_hz(t),
        )
        found = check_compliance(wave, [name], site, only=["T8", "T9", "T10"])
        assert found.passed
        if not profile.angle_jump_deg:
            assert any(v.outcome == "pass" for v in found.verdicts), profile.name
