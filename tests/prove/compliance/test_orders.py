"""T14 to T16: shedding, curtailment, schedule."""

from __future__ import annotations

import numpy as np
import pytest

from tests.prove.compliance.conftest import made, times
from wattstack.prove.compliance import SitePoint

SHED: dict = {"test": "T14", "order_event": "shed order", "by_frequency": True, "limit": {"s": 0.15}}
T = times(10, 0.01)


def off_at(moment, level=0.0):
    return np.where(moment - 1e-9 > T, 100.0, level)


@pytest.mark.parametrize(("off_s", "outcome"), [(5.15, "pass"), (5.17, "fail")])
def test_the_load_is_off_150_ms_after_the_order(judge, off_s, outcome):
    v = judge(made(off_at(off_s), 0.01, [(5.0, "shed order")]), **SHED)
    assert v.outcome == outcome and v.value == pytest.approx(off_s - 5.0, abs=1e-6)


def test_an_assigned_stage_of_frequency_is_an_order(judge):
    site = SitePoint(150, 60, shed_hz=59.3, shed_frac=0.5)
    hertz = 60 - 0.5 * np.clip(T - 2, 0, 4)
    v = judge(made(off_at(3.5, 50.0), 0.01, frequency_hz=hertz), site, **SHED)
    assert v.outcome == "pass" and v.value == pytest.approx(0.1, abs=0.011) and "59.3 Hz at 3.4" in v.note
    assert judge(made(off_at(3.5, 51.0), 0.01, frequency_hz=hertz), site, **SHED).outcome == "fail"
    calm = judge(made(off_at(3.5), 0.01, frequency_hz=60 + 0 * T), site, **SHED)
    assert calm.outcome == "not measurable" and "does not fall" in calm.note
    assert judge(made(off_at(3.5), 0.01), site, **SHED).outcome == "not measurable"


def test_without_order_and_stage_shedding_does_not_apply(judge):
    v = judge(made(off_at(5.0), 0.01), **SHED)
    assert v.outcome == "not applicable" and "no stage of frequency is assigned" in v.note


def test_an_intertrip_is_an_order_and_no_frequency(judge):
    site = SitePoint(150, 60, shed_hz=59.3)
    v = judge(made(off_at(5.0), 0.01, frequency_hz=59 + 0 * T), site, **SHED | {"by_frequency": False})
    assert v.outcome == "not measurable" and "no event 'shed order'" in v.note


def test_an_order_at_the_end_or_a_slow_log_cannot_be_judged(judge):
    assert "ends 0.09 s after" in judge(made(off_at(99), 0.01, [(9.9, "shed order")]), **SHED).note
    assert "66.67 samples a second" in judge(made(np.ones(99), 0.1, [(5.0, "shed order")]), **SHED).note
    assert judge(made(off_at(99), 0.01, [(5.0, "shed order")]), **SHED).outcome == "fail"


CUT = {
    "test": "T15", "order_event": "curtail", "end_event": "order ends", "within_s": 900, "hold_s": 3600,
    "limit": {"frac": 0.75},
}  # fmt: skip
LONG = times(6000, 1.0)


def curtailed(level, events=((1000.0, "curtail"),), late_s=1900.0):
    return made(np.where((late_s <= LONG) & (LONG < 5500), level, 100.0), 1.0, events)


def test_a_quarter_less_from_the_deadline_to_the_end(judge):
    assert judge(curtailed(75.0), **CUT).outcome == "pass"
    v = judge(curtailed(76.0), **CUT)
    assert v.outcome == "fail" and v.value == pytest.approx(0.76) and v.unit == "pu"
    late = judge(curtailed(75.0, late_s=1990.0), **CUT)
    assert late.outcome == "fail" and late.value == pytest.approx(1.0) and "60 s" in late.reading


def test_an_order_that_ends_early_binds_until_then(judge):
    events = ((1000.0, "curtail"), (2500.0, "order ends"))
    power = np.where((LONG >= 1900) & (LONG < 2500), 70.0, 100.0)
    assert judge(made(power, 1.0, events), **CUT).outcome == "pass"
    assert judge(made(power, 1.0, events[:1]), **CUT).outcome == "fail"


def test_a_record_that_ends_before_the_order_does_not_pass(judge):
    short = made(np.where(LONG[:3000] >= 1900, 75.0, 100.0), 1.0, [(1000.0, "curtail")])
    v = judge(short, **CUT)
    assert v.outcome == "not measurable" and "kept until then" in v.note
    broken = made(np.where(LONG[:3000] >= 2200, 75.0, 100.0), 1.0, [(1000.0, "curtail")])
    assert judge(broken, **CUT).outcome == "fail"


def test_curtailment_needs_an_order_and_time(judge):
    assert "no event 'curtail'" in judge(made(LONG, 1.0), **CUT).note
    assert "too little after" in judge(made(np.ones(1910), 1.0, [(1000.0, "curtail")]), **CUT).note
    assert "hours of a year" in judge(curtailed(75.0), **CUT | {"limit": {"h": 100}}).note


PLAN: dict = {"test": "T16", "window_s": [300, 900], "limit": {"rated_frac": 0.05}}


def test_a_schedule_is_kept_in_the_mean_of_windows(judge):
    t = times(1800, 1.0)
    swing = 40 * np.sign(np.sin(2 * np.pi * t / 60 + 0.01))
    assert judge(made(100 + swing, 1.0, plan_mw=100 + 0 * t), **PLAN).outcome == "pass"
    v = judge(made(100 + 20.0 * (t > 900) + swing, 1.0, plan_mw=100 + 0 * t), **PLAN)
    assert v.outcome == "fail" and v.limit == 7.5 and v.value == pytest.approx(20.0, abs=0.5)
    off = made(100 + 9.0 * ((t >= 450) & (t < 750)), 1.0, plan_mw=100 + 0 * t)
    assert "any 300 s" in judge(off, **PLAN).reading


def test_no_schedule_or_a_short_record(judge):
    assert judge(made(np.ones(1800), 1.0), **PLAN).outcome == "not applicable"
    assert judge(made(np.ones(100), 1.0, plan_mw=np.ones(100)), **PLAN).outcome == "not measurable"
    hole = np.ones(400)
    hole[150:200] = np.nan
    assert judge(made(hole, 1.0, plan_mw=np.ones(400)), **PLAN).outcome == "not measurable"
