"""The clock that decisions go by, and what a month was billed for."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from tests.operate.guard.conftest import campus_of
from tests.operate.guard.images import CLOCK_S, image_of
from wattstack.operate.guard.billed import Billed
from wattstack.operate.guard.clock import SiteClock
from wattstack.operate.guard.limits import FAR_MW, Limits


def clock_at(clock: SiteClock, time_s: float, shown: float = nan, utc_s: float | None = None) -> float:
    return clock.at(image_of({"grid.connection.clock_s": shown}, time_s, utc_s))


def test_time_is_that_of_the_meter_between_its_whole_seconds_too():
    clock = SiteClock()
    seen = [clock_at(clock, k / 10, float(int(CLOCK_S + k / 10))) - CLOCK_S for k in range(35)]
    assert seen == pytest.approx([k / 10 for k in range(35)], abs=0.11)
    assert sorted(seen) == seen


def test_a_clock_of_this_machine_that_is_set_moves_no_decision_and_is_told():
    clock = SiteClock()
    began = clock_at(clock, 0.0, utc_s=1000.0)
    assert clock_at(clock, 1.0, utc_s=4601.0) == pytest.approx(began + 1.0)
    assert clock_at(clock, 2.0, utc_s=1002.0) == pytest.approx(began + 2.0)
    assert ["set by" in line for line in clock.told] == [True, True]


def shows(clock: SiteClock, begin_s: float, seconds: float, by_s: float, goes: float = 1.0) -> list[float]:
    """How far the clock that decisions go by is from one that runs on, while the meter's is off by so much."""
    moments = [begin_s + k / 10 for k in range(int(10 * seconds))]
    at = [clock_at(clock, m, float(int(CLOCK_S + by_s + begin_s + goes * (m - begin_s)))) for m in moments]
    return [time_s - CLOCK_S - m for time_s, m in zip(at, moments, strict=True)]


def test_a_meter_clock_that_jumps_is_followed_once_it_went_on_from_there_and_told():
    clock = SiteClock()
    shows(clock, 0.0, 2.0, 0.0)
    off = shows(clock, 2.0, 6.0, -3600.0)
    assert max(map(abs, off[:29])) <= 1.0
    assert off[-1] == pytest.approx(-3600.0, abs=1.1)
    assert ["the meter's clock jumped by -3600 s" in line for line in clock.told] == [True]


@pytest.mark.parametrize(
    "odd", [4294967295.0, 0.0, -5.0, 1.79e12, 1.9e9, CLOCK_S - 86_400.0 * 40, float("inf")]
)
def test_one_odd_reading_of_the_meters_clock_moves_no_decision(odd):
    clock = SiteClock()
    shows(clock, 0.0, 2.0, 0.0)
    assert clock_at(clock, 2.0, odd) == pytest.approx(CLOCK_S + 2.0, abs=1.0)
    assert max(map(abs, shows(clock, 2.1, 5.0, 0.0))) <= 1.0


def test_a_clock_of_another_century_is_never_followed_and_told_once():
    clock = SiteClock()
    shows(clock, 0.0, 2.0, 0.0)
    assert max(map(abs, shows(clock, 2.0, 10.0, 1e10))) <= 1.1
    assert len(clock.told) == 1 and "not believed" in clock.told[0]
    assert SiteClock().at(image_of({"grid.connection.clock_s": 1e18}, 0.0, 1e9)) == 1e9


def test_a_clock_that_jumped_and_stands_there_is_not_followed():
    clock = SiteClock()
    shows(clock, 0.0, 2.0, 0.0)
    assert max(map(abs, shows(clock, 2.0, 20.0, 7200.0, goes=0.0))) <= 1.1


def test_what_a_month_was_billed_for_is_found_again_when_a_wrong_clock_comes_right():
    billed, targets = Billed(campus_of()), np.full(12, FAR_MW)
    billed.look(CLOCK_S, targets, Limits())
    billed.reach(billed.month, 14.5)
    for time_s, reached_mw in ((CLOCK_S, 14.5), (CLOCK_S + 4e7, 0.0), (CLOCK_S + 60.0, 14.5)):
        billed.look(time_s, targets, Limits(peak_mw=12.0))
        assert billed.now_mw == reached_mw and targets[billed.place] == max(12.0, reached_mw)
    for k in range(40):
        billed.reach(f"20{k + 30}-01", 1.0)
    assert len(billed.reached_mw) == 24


def test_a_meter_that_falls_silent_leaves_time_going_on():
    clock = SiteClock(speed=60.0)
    clock_at(clock, 0.0, CLOCK_S)
    assert clock_at(clock, 2.0) == pytest.approx(CLOCK_S + 120.0)
