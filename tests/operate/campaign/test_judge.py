"""What is a violation and what is none, and that guards which are broken on purpose are found."""

from __future__ import annotations

import pytest

from benchmarks.reserve_sites import small_site
from tests.operate.campaign.conftest import faults, stand
from wattstack.operate.campaign import Judge, Step, run_campaigns

CLOSED = {"battery.main": True}


@pytest.fixture
def truth():
    """A site at its reserve, and its judge."""
    site = stand("one").campaign(0).site
    judge = Judge(small_site(), site, 1.0)
    site.stores["battery.main"].stored_mwh = judge.reserve_mwh(site.load_mw) - 0.001
    judge.look(step(site, 0.0))
    return site, judge


def step(site, asked_mw: float, seconds: float = 10.0, **more) -> Step:
    site.step(seconds, {"battery.main": asked_mw})
    return Step(seconds, {"battery.main": asked_mw}, 19.0, CLOSED, **more)


def test_energy_that_is_given_away_below_the_reserve_is_a_violation_once(truth):
    site, judge = truth
    for _ in range(20):
        judge.look(step(site, 10.0))
    assert (judge.verdict.reserve, judge.verdict.violations) == (1, 1)
    assert "given away" in judge.verdict.told[0]


def test_what_the_connection_needs_and_what_nobody_asked_for_is_none(truth):
    site, judge = truth
    for _ in range(20):
        needed = step(site, 10.0)
        needed.limit_mw = judge.net_mw - 10.0
        judge.look(needed)
    for _ in range(20):
        foreign = step(site, 10.0)
        foreign.asked_mw = {}
        judge.look(foreign)
    assert judge.verdict.violations == 0 and judge.verdict.below_h > 0.1


def test_what_a_lying_gauge_alone_asked_for_is_told_apart(truth):
    site, judge = truth
    for _ in range(20):
        judge.look(step(site, 10.0, shown_mw=40.0))
    assert judge.verdict.violations == 0
    assert judge.verdict.misled_mwh > 0.1


def test_a_limit_that_a_sound_battery_could_hold_is_counted_after_three_periods(truth):
    site, judge = truth
    for _ in range(5):
        over = step(site, 0.0, seconds=1.0)
        over.limit_mw = 10.0
        judge.look(over)
    assert judge.verdict.connection == 1
    for _ in range(5):
        broken = step(site, 0.0, seconds=1.0, sound=False)
        broken.limit_mw = 10.0
        judge.look(broken)
    assert judge.verdict.connection == 1


def test_a_device_that_is_asked_on_old_values_is_counted_once(truth):
    site, judge = truth
    for _ in range(3):
        judge.look(step(site, 0.0, old=("battery.main",)))
    assert judge.verdict.stale == 1


def test_an_outage_that_the_reserve_was_there_for_and_that_is_not_served_is_counted(truth):
    site, judge = truth
    store = site.stores["battery.main"]
    store.stored_mwh = judge.reserve_mwh(site.load_mw) + 1.0
    judge.look(step(site, 0.0))
    site.grid_on = False
    judge.look(step(site, 0.0))
    store.stored_mwh = 0.0
    for _ in range(30):
        judge.look(step(site, 0.0, seconds=60.0))
    assert judge.verdict.service == 1 and judge.verdict.outages == 1


def test_an_outage_without_a_reserve_at_its_beginning_is_not_judged(truth):
    site, judge = truth
    site.stores["battery.main"].stored_mwh = 1.0
    judge.look(step(site, 0.0))
    site.grid_on = False
    for _ in range(30):
        judge.look(step(site, 0.0, seconds=60.0))
    assert judge.verdict.service == 0 and judge.verdict.outages == 1


def test_a_guard_without_its_reserve_step_is_found(a_day):
    assert a_day(broken="no reserve").run().reserve > 0
    assert a_day().run().violations == 0


def test_a_guard_that_fails_open_when_the_charge_is_lost_is_found(a_day):
    lost = faults("battery.main", "soc_lost", 1800.0, 7000.0)
    assert a_day(*lost, broken="fail open").run().reserve > 0
    assert a_day(*lost).run().violations == 0


def test_a_guard_that_believes_a_gauge_that_jumped_is_found(a_day):
    jump = faults("battery.main", "soc_jump", 1800.0, 7000.0, 0.4)
    assert a_day(*jump, broken="trusting").run().reserve > 0
    assert a_day(*jump).run().violations == 0


def test_equal_seeds_give_equal_verdicts_on_any_number_of_workers():
    campus = small_site()
    alone, two = run_campaigns([campus], 2, workers=1), run_campaigns([campus], 2, workers=2)
    assert alone == two and [v.number for v in alone] == [0, 1]
