"""T12 and T13: steps, flicker against the tables of the standard, reactive power."""

from __future__ import annotations

import numpy as np
import pytest

from tests.prove.compliance.conftest import made, times
from wattstack.prove.compliance import SitePoint
from wattstack.prove.compliance.flicker import dv10, long_term, short_term

STRONG = SitePoint(150, 50, short_circuit_mva=5000, x_over_r=10, voltage_kv=400)
STEP = {"test": "T12", "quantity": "voltage step", "window_s": 1, "limit": {"pct": 3}}
PST = {"test": "T12", "quantity": "Pst", "limit": {"value": 0.8}}
RATE = 100.0


def changes(per_minute, percent, minutes=10.0):
    """Rectangular changes of voltage, so many a minute."""
    t = np.arange(round(minutes * 60 * RATE)) / RATE
    return 0.5 * percent * np.sign(np.sin(2 * np.pi * per_minute / 120.0 * t + 1e-6))


# IEC 61000-4-15, table of rectangular changes with Pst = 1: lamp of 230 V at 50 Hz, of 120 V at 60 Hz.
@pytest.mark.parametrize(
    ("lamp", "per_minute", "percent"),
    [("230 V", 2, 2.191), ("230 V", 7, 1.450), ("230 V", 39, 0.894), ("230 V", 110, 0.722), ("230 V", 1620, 0.407),
     ("120 V", 7, 1.694), ("120 V", 39, 1.044), ("120 V", 110, 0.841), ("120 V", 1620, 0.547)],
)  # fmt: skip
def test_the_flicker_meter_reads_one_for_the_changes_of_the_standard(lamp, per_minute, percent):
    short, firsts = short_term(changes(per_minute, percent), RATE, lamp)
    assert short == pytest.approx(1.0, abs=0.05) and firsts.tolist() == [0]


def test_flicker_is_in_proportion_to_the_change_and_not_to_its_mean():
    base = short_term(changes(39, 0.9), RATE, "230 V")[0]
    assert short_term(3.0 * changes(39, 0.9) + 7.0, RATE, "230 V")[0] == pytest.approx(3.0 * base, rel=1e-6)


def test_long_term_flicker_is_the_cubic_mean_of_twelve():
    short = np.array([1.0] + [0.0] * 11)
    assert long_term(short) == pytest.approx((1 / 12) ** (1 / 3))
    assert long_term(np.r_[np.zeros(20), np.ones(12)]) == pytest.approx(1.0)
    assert long_term(np.array([0.5])) == pytest.approx(0.5)


@pytest.mark.parametrize(("frequency", "eye"), [(10.0, 1.0), (1.0, 0.26), (5.0, 0.78)])
def test_dv10_of_a_sine_is_its_peak_to_peak_by_the_eye(frequency, eye):
    t = np.arange(12000) / RATE
    level, at = dv10(np.where(t < 60, 0.0, 0.5 * np.sin(2 * np.pi * frequency * t)), RATE)
    assert level == pytest.approx(eye, rel=0.01) and at == 6000


def test_a_step_of_power_moves_the_voltage_by_resistance_and_reactance(judge):
    t = times(20, 0.01)
    power = 100 + 50.0 * (t > 10)
    ratio = np.cos(np.arctan(10.0)) / 5000 * 100
    v = judge(made(power, 0.01), STRONG, **STEP)
    resistive = next(value for name, (value, _, _) in v.readings.items() if name.startswith("R dP"))
    assert resistive == pytest.approx(50 * ratio) and v.value == pytest.approx(1.0)
    assert "|dP|" in v.reading and "dQ counts as 0" in v.note and v.outcome == "pass"
    reactive = judge(made(power, 0.01, reactive_mvar=200.0 * (t > 10)), STRONG, **STEP)
    assert reactive.outcome == "fail" and "dQ counts" not in reactive.note
    assert reactive.value == pytest.approx(50 * ratio + 200 * 10 * ratio, rel=1e-6)


def test_a_weak_grid_raises_the_limit_by_its_reference(judge):
    weak = SitePoint(150, 50, short_circuit_mva=3500, voltage_kv=400)
    t = times(20, 0.01)
    v = judge(made(100 + 50.0 * (t > 10), 0.01), weak, **STEP, reference_mva=7000)
    assert v.limit == pytest.approx(6.0) and "limit times 2" in v.note
    assert judge(made(100 + 0 * t, 0.01), STRONG, **STEP, reference_mva=1500).limit == 3.0


def test_flicker_without_short_circuit_power_is_refused(judge):
    v = judge(made(100 + 0 * times(120)), SitePoint(150, 50), **PST)
    assert v.outcome == "not measurable" and "grid.connection.short_circuit_mva" in v.note
    assert judge(made(100 + 0 * times(120)), SitePoint(150, 50), **STEP).outcome == "not measurable"


def test_flicker_of_a_short_or_slow_record(judge):
    power = 100 + 20 * np.sign(np.sin(2 * np.pi * 2 * times(120)))
    v = judge(made(power), STRONG, **PST)
    assert v.outcome in ("pass", "fail") and "Pst of 120 s, not of 600 s" in v.note and "230 V" in v.note
    assert "120 V" in judge(made(power), SitePoint(150, 60, 5000), **PST).note
    assert "60 s without a hole" in judge(made(power[:6000]), STRONG, **PST).note
    assert "90.91 samples a second" in judge(made(power[::10], 0.05), STRONG, **PST).note


def test_long_term_flicker_says_how_many_windows_it_has(judge):
    v = judge(
        made(100 + 20 * np.sign(np.sin(4 * np.pi * times(1250, 0.01))), 0.01),
        STRONG,
        **PST | {"quantity": "Plt"},
    )
    assert "Plt of 2 windows" in v.note and v.value > 0


def test_the_japanese_index_is_judged_in_volts(judge):
    rule = {"test": "T12", "quantity": "dV10", "lamp": "100 V", "limit": {"v": 0.45}}
    power = 100 + 50 * np.sin(2 * np.pi * 10 * times(120))
    v = judge(made(power), STRONG, **rule)
    assert v.unit == "V" and v.value == pytest.approx(100 * 100 * np.cos(np.arctan(10.0)) / 5000, rel=0.01)


REACTIVE = {"test": "T13", "window_s": 600, "above_contract_frac": 0.04, "limit": {"frac": 0.4}}


def test_reactive_power_over_ten_minutes(judge):
    t = times(1800, 1.0)
    high = made(100 + 0 * t, 1.0, reactive_mvar=np.where((t >= 300) & (t < 900), 50.0, 10.0))
    v = judge(high, STRONG, **REACTIVE)
    assert v.outcome == "fail" and v.value == pytest.approx(0.5) and "any window" in v.reading
    assert v.worst_s == pytest.approx(300.0)
    low = judge(made(100 + 0 * t, 1.0, reactive_mvar=39.0 + 0 * t), STRONG, **REACTIVE)
    assert low.outcome == "pass" and low.value == pytest.approx(0.39)


def test_little_reactive_power_is_free_and_swings_may_net_out(judge):
    t = times(1200, 1.0)
    little = judge(made(10 + 0 * t, 1.0, reactive_mvar=5.0 + 0 * t), STRONG, **REACTIVE)
    assert little.outcome == "pass" and "asks for nothing" in little.note
    swings = made(100 + 0 * t, 1.0, reactive_mvar=10 + 60 * np.sign(np.sin(2 * np.pi * t / 60 + 0.01)))
    v = judge(swings, STRONG, **REACTIVE)
    assert "added up" in v.reading and v.outcome == "fail"


def test_reactive_power_needs_its_channel_and_ten_minutes(judge):
    assert "reactive_mvar is not in the wave" in judge(made(np.ones(10), 1.0), **REACTIVE).note
    short = made(np.ones(10), 1.0, reactive_mvar=np.ones(10))
    assert "asks for 600 s, the wave has 10 s" in judge(short, **REACTIVE).note
