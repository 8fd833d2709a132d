"""Days as they are drawn and played: devices with their faults, people who ask, restarts of the guard."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from benchmarks.reserve_sites import reserve_sites, small_site
from tests.operate.campaign.conftest import HOUR_S, faults, stand
from wattstack.operate.campaign import draw_script
from wattstack.operate.campaign.asking import Asking
from wattstack.operate.campaign.field import EXTRA
from wattstack.operate.campaign.script import KINDS_OF, Asker, Event
from wattstack.operate.guard import Mind
from wattstack.operate.simulated import KINDS


def test_a_script_is_named_by_seed_and_number_and_every_kind_of_fault_is_drawn():
    sites = reserve_sites()
    drawn = set()
    for campus in sites:
        for number in range(150):
            script = draw_script(campus, 1, number, 14 * 86_400.0)
            drawn |= {
                (event.path.split(".")[0], event.kind) for event in script.events if event.what == "put"
            }
            assert list(script.events) == sorted(script.events)
            assert 0.0 <= script.begin_s <= 13 * 86_400.0
    assert {(kind, one) for kind, all_of in KINDS_OF.items() for one in all_of} | {
        ("grid", "outage")
    } <= drawn
    assert all(kind in KINDS or kind in EXTRA for _, kind in drawn)
    assert (
        draw_script(sites[0], 1, 7, 9e6)
        == draw_script(sites[0], 1, 7, 9e6)
        != draw_script(sites[0], 2, 7, 9e6)
    )


@pytest.fixture
def battery():
    """The battery of a small site, and what it would show."""
    campaign = stand("one").campaign(0)
    device = campaign.field.devices["battery.main"]
    return device, {"power_mw": 5.0, "soc": 0.5, "stored_mwh": 15.0, "contactor": 1.0, "can_charge_mw": 12.0}


def shown(device, values: dict, now_s: float = 0.0) -> dict:
    answered = device.answer(now_s, values)
    return {} if answered is None else dict(zip([p.name for p in device.points], answered[1], strict=True))


@pytest.mark.parametrize(
    ("kind", "value", "channel", "seen"),
    [
        ("sign", None, "power_mw", -5.0),
        ("scale", 10.0, "power_mw", 50.0),
        ("soc_jump", 0.2, "stored_mwh", 21.0),
        ("soc_jump", 0.9, "soc", 1.0),
        ("contactor", None, "contactor", 0.0),
        ("local", None, "local", 1.0),
    ],
)
def test_a_gauge_shows_what_its_fault_makes_of_it_and_the_truth_again_after_it(
    battery, kind, value, channel, seen
):
    device, values = battery
    true = shown(device, values)[channel]
    device.put(kind, value, 0.0)
    assert shown(device, values)[channel] == pytest.approx(seen) and device.faulty
    device.lift(kind)
    assert shown(device, values)[channel] == true and not device.faulty


def test_a_gauge_drifts_stands_still_or_is_lost_in_both_of_its_words(battery):
    device, values = battery
    device.put("soc_drift", 0.05, 0.0)
    assert shown(device, values, HOUR_S)["stored_mwh"] == pytest.approx(16.5)
    device.lift("soc_drift")
    device.put("soc_stuck", None, 0.0)
    shown(device, values)
    assert shown(device, values | {"soc": 0.1, "stored_mwh": 3.0})["soc"] == 0.5
    for kind in ("soc_lost", "nan"):
        device.put(kind, None, 0.0)
        made = shown(device, values)
        assert isnan(made["soc"]) and isnan(made["stored_mwh"])
        assert isnan(made["power_mw"]) == (kind == "nan")
        device.lift(kind)


def test_answers_fail_to_come_repeat_themselves_or_are_of_a_period_before(battery):
    device, values = battery
    for kind in ("silent", "late", "exception", "reboot"):
        device.put(kind, None, 0.0)
        assert device.answer(0.0, values) is None
        device.lift(kind)
    shown(device, values, 10.0)
    device.put("cache", 30.0, 10.0)
    assert shown(device, values | {"power_mw": 7.0}, 20.0)["power_mw"] == 5.0
    assert shown(device, values | {"power_mw": 7.0}, 41.0)["power_mw"] == 7.0
    device.lift("cache")
    device.put("slow", None, 41.0)
    asked_s, late = device.answer(42.0, values | {"power_mw": 9.0})
    assert asked_s == pytest.approx(41.1) and 7.0 in late
    device.lift("slow")
    device.put("frozen", None, 42.0)
    before = device.shown_s
    device.answer(50.0, values)
    assert device.shown_s == before


def test_setpoints_are_taken_cut_refused_forgotten_and_fall_back(battery):
    device, _ = battery
    revert_s = device.declared.revert_s
    device.write(6.0, 0.0)
    assert device.wanted(revert_s - 0.1) == 6.0 and device.reverts_s(1.0) == revert_s
    assert device.wanted(revert_s) == 0.0 and device.reverts_s(revert_s) == np.inf
    device.put("clamp", 0.25, 0.0)
    device.write(9.0, 0.0)
    assert device.wanted(1.0) == 3.0
    device.lift("clamp")
    for kind in ("reject", "ignore_write", "local", "silent"):
        device.put(kind, None, 0.0)
        device.write(8.0, 1.0)
        assert not device.reached and device.wanted(1.0) == 3.0
        device.lift(kind)
    device.put("reboot", None, 1.0)
    assert device.wanted(1.0) is None
    device.lift("reboot")
    device.put("foreign", -4.0, 1.0)
    assert device.wanted(9.0) == -4.0
    device.lift("foreign")


def test_a_second_master_is_left_alone_where_that_is_the_policy_until_a_person_takes_over():
    device = stand("two").campaign(0).field.devices["battery.fast"]
    device.put("foreign", 2.0, 0.0)
    assert device.yielded and not device.reached and device.faulty
    device.lift("foreign")
    assert device.reached
    back = stand("two").campaign(0).field.devices["battery.long"]
    back.put("foreign", 2.0, 0.0)
    back.write(1.0, 0.0)
    assert back.wanted(0.5) == 1.0  # taken back


@pytest.mark.parametrize(
    "how", ["steady", "drain", "fill", "random", "wild", "limit", "free", "reserve", "manual"]
)
def test_whoever_asks_is_heard_by_the_real_book(how):
    campus = small_site()
    source = {"manual": "user", "reserve": "user", "limit": "utility", "free": "utility"}.get(how, "planner")
    asking = Asking(campus, (Asker(source, how, 0.0, 1e4),), np.random.default_rng(0))
    mind = Mind(campus)
    asking.ask(mind, 0.0, 0.0, 1e9)
    assert mind.book.in_force(1.0)
    asking.ask(mind, 1.0, 1.0, 1e9 + 1.0)  # not again at once
    assert asking.freed_mw(1.0) == {"free": 23.0}.get(how, asking.freed_mw(1.0) if how == "limit" else 0.0)
    assert asking.freed_mw(1e6) == 0.0


def test_a_guard_that_is_started_again_goes_on_and_devices_fall_back_meanwhile(a_day):
    day = a_day(Event(900.0, "kill"), Event(960.0, "start"), hours=0.5)
    seen = []
    step = day._step

    def noted(step_s: float) -> None:
        step(step_s)
        seen.append((day.now_s, day.mind is None, day.site.stores["battery.main"].injection_mw))

    day._step = noted
    assert day.run().violations == 0
    dead = [power for now, gone, power in seen if gone and now > 910.0]
    assert dead and set(dead) == {0.0}
    assert seen[-1][1] is False


def test_an_outage_an_open_breaker_engines_that_do_not_start_and_a_person_who_clears(a_day):
    events = (
        *faults("grid.connection", "outage", 600.0, 600.0), *faults("grid.connection", "contactor", 900.0, 600.0),
        *faults("generator.gas", "no_start", 300.0, 3000.0), *faults("battery.fast", "contactor", 2000.0, 60.0),
        Event(2400.0, "clear"), Event(5.0, "start"),
    )  # fmt: skip
    day = a_day(*events, name="two", hours=1.0, how="wild")
    verdict = day.run()
    assert verdict.violations == 0 and verdict.outages == 1
    assert day.site.grid_on and not day.mind.lockouts.why


def test_a_drawn_day_has_a_verdict():
    own = replace(stand("one").campaign(3).run())
    assert own.number == 3 and own.decisions > 100
