"""The reserve under lies and losses: each of these was found by campaigns (docs/campaign-reserve.md)."""

from __future__ import annotations

import json
from math import nan

import pytest

from benchmarks.reserve_sites import two_batteries
from tests.operate.guard.conftest import campus_of
from tests.operate.guard.images import UTC_S, image_of, site
from tests.operate.guard.test_mind import BACKUP, decided, take
from wattstack.operate.guard import Mind
from wattstack.operate.guard.count import Count
from wattstack.operate.guard.memory import recall, remembered


def asking(**sections) -> Mind:
    """A mind that a planner asks for everything."""
    mind = Mind(
        campus_of(duties=BACKUP, control={"kind": "mpc", "rules": ["limit", "plan", "reserve"]}, **sections)
    )
    assert take(mind, what="battery_mw", value=10.0, until_s=UTC_S + 119.0) == ""
    return mind


def test_a_load_that_is_only_remembered_does_not_spend_the_reserve():
    dead = {"grid__connection__power_mw": nan, "grid__connection__clock_s": nan}
    for stored, given in ((8.0, 0.0), (16.0, 4.0)):
        mind = Mind(campus_of(duties=BACKUP))
        decided(mind, grid__connection__power_mw=20.0, battery__main__stored_mwh=stored)
        made = decided(mind, begin_s=3.0, battery__main__stored_mwh=stored, **dead)
        assert made.asset_mw["battery.main"] == pytest.approx(given)
    measured = decided(mind, begin_s=6.0, grid__connection__power_mw=20.0, battery__main__stored_mwh=8.0)
    assert measured.asset_mw["battery.main"] == pytest.approx(4.0)  # the connection stands above the reserve


def test_a_gauge_that_jumped_is_not_believed_however_long_it_says_so():
    mind = asking()
    decided(mind, battery__main__stored_mwh=8.0)
    made = None
    for k in range(120):
        made = mind.decide(image_of(site(60.0 * k + 4.0, battery__main__stored_mwh=16.0), 60.0 * k + 4.0))
    assert made.values["control.sure_mwh"] < 8.0 + 1e-9
    assert made.asset_mw["battery.main"] <= 0.0
    assert "shows 16 MWh where 8 MWh can be: not believed" in made.alarms["battery.main"]


def test_what_was_counted_survives_a_restart():
    mind = asking()
    decided(mind, battery__main__stored_mwh=8.0)
    saved = json.loads(json.dumps(remembered(mind, "x", UTC_S, 3.0)))
    other = Mind(mind.campus)
    assert recall(other, saved, "x", 3.0) == []
    made = decided(other, begin_s=3.0, battery__main__stored_mwh=16.0)
    assert made.values["control.sure_mwh"] < 8.0 + 1e-9


def test_a_reading_that_fell_and_came_back_costs_nothing_and_one_that_stays_low_is_followed():
    count = Count(20.0, 0.95, 0.95)
    assert count.believed(10.0, 0.0, False, 0.0) == 10.0
    assert count.believed(0.0, 0.0, False, 1e-3) == 0.0
    assert count.believed(10.0, 0.0, False, 2e-3) == pytest.approx(10.0, abs=0.1)
    for k in range(120):
        count.believed(4.0, 0.0, False, 0.1 + k / 60.0)
    assert count.most_mwh == pytest.approx(4.0, abs=0.01)
    assert count.believed(nan, nan, False, 3.0) != count.believed(nan, nan, False, 3.0)
    # it takes no more: it is full
    assert count.believed(20.0, 0.0, True, 3.0) == 20.0 and count.off_mwh == 0.0


def test_what_is_charged_is_counted_and_what_is_not_seen_is_not():
    count = Count(20.0, 0.9, 0.9)
    count.believed(10.0, -5.0, False, 0.0)
    assert count.believed(14.5, -5.0, False, 1.0) == pytest.approx(14.5)
    assert count.believed(13.0, 4.5, False, 1.2) == pytest.approx(13.0)
    count.believed(13.0, nan, False, 2.0)
    assert count.believed(18.0, -5.0, False, 3.0) == pytest.approx(13.5, abs=0.5)


def test_an_island_that_nobody_sees_any_more_does_not_empty_the_battery():
    mind = asking()
    shown = {"battery__main__stored_mwh": 4.0}
    away = decided(
        mind,
        grid__connection__voltage_pu=0.0,
        grid__connection__power_mw=0.0,
        battery__main__power_mw=9.0,
        **shown,
    )
    assert away.asset_mw["battery.main"] == 9.0
    dead = {f"grid__connection__{name}": nan for name in ("power_mw", "voltage_pu", "breaker", "clock_s")}
    assert decided(mind, begin_s=3.0, **dead, **shown).asset_mw["battery.main"] <= 0.0


def two(time_s: float, fast: dict, long: dict, **more) -> dict:
    """What two batteries show: 20 MW of load at 10 MW of import."""
    shown = {"grid.connection.power_mw": 20.0, "grid.connection.voltage_pu": 1.0, "grid.connection.breaker": 1.0,
             "load.halls.draw_mw": 18.0, "load.offices.draw_mw": 2.0, "generator.gas.output_mw": 0.0}  # fmt: skip
    for name, one in (("fast", fast), ("long", long)):
        usual = {
            "power_mw": 0.0,
            "can_charge_mw": 10.0,
            "can_discharge_mw": 10.0,
            "contactor": 1.0,
            "local": 0.0,
        }
        shown |= {f"battery.{name}.{key}": value for key, value in (usual | one).items()}
    return shown | more


def decided_two(fast: dict, long: dict, seconds: int = 3, mind: Mind | None = None, **more):
    mind, made = mind or Mind(two_batteries()), None
    for k in range(seconds):
        made = mind.decide(image_of(two(float(k), fast, long, **more), float(k)))
    return mind, made


def test_energy_that_cannot_serve_is_not_counted_and_energy_that_comes_too_late_neither():
    mind, _ = decided_two({"stored_mwh": 12.0}, {"stored_mwh": 40.0})
    free = mind._held.free_mw
    assert free["battery.fast"] > 0.0 and free["battery.long"] > 0.0
    mind, made = decided_two({"stored_mwh": 12.0, "contactor": 0.0}, {"stored_mwh": 40.0})
    assert made.values["control.sure_mwh"] > mind._held.sure_mwh
    # 40 MWh at 10 MW bring 5.6 MWh in half an hour: what is above that is free, what is in time is kept
    kept = 40.0 - 0.02 * 40.0 - 10.0 * 0.5 / 0.9
    assert mind._held.free_mw["battery.long"] == pytest.approx(min(kept * 0.9 * 3600.0, 10.0))
    mind, _ = decided_two({"stored_mwh": 6.0}, {"stored_mwh": 5.0})
    assert mind._held.free_mw == {"battery.fast": 0.0, "battery.long": 0.0}


def test_power_is_not_turned_round_between_batteries_at_the_cost_of_the_reserve():
    for imported in (20.0, 22.0):  # with and without a need of the connection
        mind = Mind(two_batteries())
        for path, value in (("battery.fast", -10.0), ("battery.long", 10.0)):
            assert take(mind, what="battery_mw", path=path, value=value) == ""
        more = {"grid.connection.power_mw": imported, "load.halls.draw_mw": imported - 2.0}
        _, made = decided_two({"stored_mwh": 6.0}, {"stored_mwh": 5.0}, mind=mind, **more)
        assert max(made.asset_mw["battery.fast"], 0.0) + max(made.asset_mw["battery.long"], 0.0) <= 1.1


def test_a_source_that_is_not_seen_does_not_count_into_the_load():
    more = {"grid.connection.power_mw": 29.0}  # one battery charges with 9 MW and is not seen
    mind, _ = decided_two({"stored_mwh": 8.0}, {"stored_mwh": 40.0})
    _, made = decided_two({"stored_mwh": 8.0}, {"stored_mwh": 40.0, "power_mw": nan}, mind=mind, **more)
    assert made.values["load_mw"] == 20.0


def test_a_request_ends_when_it_would_have_though_the_guard_was_away_meanwhile():
    mind = asking()
    saved = json.loads(json.dumps(remembered(mind, "x", UTC_S, 0.0)))
    for away_s, kept in ((60.0, 1), (200.0, 0), (-3600.0, 1)):  # a clock that was set back counts for nothing
        other = Mind(mind.campus)
        assert recall(other, saved, "x", 5.0, UTC_S + away_s) == []
        assert len(other.book.in_force(6.0)) == kept
    other = Mind(mind.campus)
    recall(other, saved, "x", 5.0, UTC_S + 60.0)
    assert not other.book.in_force(5.0 + 60.0)


def test_what_stood_still_before_a_restart_stands_still_after_it():
    mind = asking()
    shown = {"battery.main.device_heartbeat": 7.0}
    for k in range(6):
        mind.decide(image_of(site(float(k)) | shown, float(k)))
    saved = json.loads(json.dumps(remembered(mind, "x", UTC_S, 5.0)))
    other = Mind(mind.campus)
    assert recall(other, saved, "x", 105.0, UTC_S) == []
    made = other.decide(image_of(site(105.0) | shown, 105.0))
    assert made.asset_mw["battery.main"] == 0.0 and "stands still" in made.alarms["battery.main"]
    for k in (6.0, 7.0):  # it moves, and stands still a moment before we go: the time away counts
        mind.decide(image_of(site(k) | {"battery.main.device_heartbeat": k + 2.0}, k))
    saved = json.loads(json.dumps(remembered(mind, "x", UTC_S, 7.0)))
    for away_s, still in ((100.0, True), (1.0, False)):
        other = Mind(mind.campus)
        recall(other, saved, "x", 50.0, UTC_S + away_s)
        made = other.decide(image_of(site(50.0) | {"battery.main.device_heartbeat": 9.0}, 50.0))
        assert ("battery.main" in made.alarms) == still
    assert Mind(mind.campus).decide(image_of(site(105.0) | shown, 105.0)).alarms == {}


def test_the_reserve_is_spent_on_what_the_meter_of_the_connection_shows_and_on_no_other():
    low = {"stored_mwh": 6.0}, {"stored_mwh": 5.0}
    lying = {"grid.connection.power_mw": 20.0, "load.halls.draw_mw": 28.0}  # load meters show 30 MW
    _, made = decided_two(*low, seconds=8, **lying)
    assert "balance" in made.alarms and sum(made.asset_mw.values()) <= 0.0
    _, made = decided_two(
        *low, mind=Mind(two_batteries()), **{"grid.connection.power_mw": 25.0, "load.halls.draw_mw": 23.0}
    )
    assert made.asset_mw["battery.fast"] + made.asset_mw["battery.long"] == pytest.approx(4.0)
