"""Clock, gauges, lockout, shares, state, watchdog: each by itself."""

from __future__ import annotations

import json
import os
import socket
from math import isnan, nan

import pytest

from tests.operate.guard.conftest import DEVICES, campus_of
from tests.operate.guard.images import image_of, site
from wattstack.operate.guard import load_state, save_state
from wattstack.operate.guard.deadman import Watchdog
from wattstack.operate.guard.limits import FAR_MW, month_target
from wattstack.operate.guard.lockout import Lockouts
from wattstack.operate.guard.measure import Reader
from wattstack.operate.guard.memory import recall, remembered
from wattstack.operate.guard.mind import Mind

NONE = frozenset()


# -- gauges


def read(reader: Reader, time_s: float = 0.0, out=NONE, **shown: float):
    return reader.read(image_of(site(time_s, **shown), time_s), out)


def test_power_that_cannot_be_is_not_believed():
    seen = read(Reader(campus_of()), grid__connection__power_mw=16_000.0)
    assert "load_mw" not in seen.values
    assert "shows 16000 MW where 26 MW stand" in seen.doubts["grid.connection"]


def test_a_reading_of_before_beside_a_battery_of_now_does_not_move_the_load():
    reader = Reader(campus_of())
    first = image_of(site(0.0), 0.0)
    assert reader.read(first, NONE).values["load_mw"] == 16.0
    later = image_of(site(0.1, battery__main__power_mw=4.0), 0.1)
    later.asked_s[later.place["grid.connection.power_mw"]] = 0.0  # the meter has no new one
    assert reader.read(later, NONE).values["load_mw"] == 16.0


def test_charge_that_came_from_nowhere_is_not_believed_and_charge_that_was_lost_is():
    reader = Reader(campus_of())
    assert read(reader).stores["battery.main"].stored_mwh == 16.0
    assert read(reader, 0.1, battery__main__stored_mwh=19.0).stores["battery.main"].stored_mwh != 19.0
    assert read(reader, 0.2, battery__main__stored_mwh=5.0).stores["battery.main"].stored_mwh == 5.0
    later = read(reader, 3600.2, battery__main__stored_mwh=15.0)
    assert later.stores["battery.main"].stored_mwh == 15.0  # in an hour 10 MW bring it


@pytest.mark.parametrize("sign", ["contactor", "local", "out", "power"])
def test_a_battery_that_cannot_be_used_can_nothing(sign):
    reader = Reader(campus_of())
    shown = {
        "contactor": {"battery__main__contactor": 0.0},
        "local": {"battery__main__local": 1.0},
        "power": {"battery__main__power_mw": nan},
    }.get(sign, {})
    seen = read(reader, out=frozenset({"battery.main"}) if sign == "out" else NONE, **shown)
    assert (seen.values["battery.main.can_charge_mw"], seen.values["battery.main.can_discharge_mw"]) == (
        0.0,
        0.0,
    )


def test_a_device_that_says_nothing_of_its_limits_has_its_rating_while_there_is_energy():
    silent = {"battery__main__can_charge_mw": nan, "battery__main__can_discharge_mw": nan}
    assert read(Reader(campus_of()), **silent).values["battery.main.can_discharge_mw"] == 10.0
    empty = read(Reader(campus_of()), battery__main__stored_mwh=0.0, **silent)
    assert empty.values["battery.main.can_discharge_mw"] == 0.0
    unknown = read(Reader(campus_of()), battery__main__stored_mwh=nan, **silent)
    assert unknown.values["battery.main.can_charge_mw"] == 0.0


def test_without_the_meter_the_load_meters_tell_what_is_imported():
    devices = DEVICES | {"load.offices": {"template": "library:load-meter"}}
    seen = read(
        Reader(campus_of(devices)),
        grid__connection__power_mw=nan,
        battery__main__power_mw=4.0,
        load__offices__draw_mw=20.0,
    )
    assert (seen.values["load_mw"], seen.values["grid.import_mw"]) == (20.0, 16.0)


def test_a_transformer_that_was_turned_round_is_found_by_the_balance():
    devices = DEVICES | {"load.offices": {"template": "library:load-meter"}}
    reader = Reader(campus_of(devices))
    for k in range(70):
        seen = read(reader, k / 10, grid__connection__power_mw=-20.0, load__offices__draw_mw=20.0)
    assert "-40 MW are missing" in seen.doubts["balance"]
    assert seen.values["load_mw"] == 20.0
    assert (
        "balance"
        not in read(reader, 7.1, grid__connection__power_mw=20.0, load__offices__draw_mw=20.0).doubts
    )


def test_a_clock_that_stands_still_beside_powers_that_move_is_no_frozen_device():
    reader = Reader(campus_of())
    for k in range(60):
        moving = reader.read(image_of(site(0.0, grid__connection__power_mw=16.0 + k / 100), k / 10), NONE)
    assert moving.doubts == {}
    for k in range(60, 120):
        still = reader.read(image_of(site(0.0), k / 10), NONE)
    assert "stands still" in still.doubts["grid.connection"]


# -- lockout, shares, limits


def test_a_trip_locks_out_and_only_a_person_clears_it_and_not_while_it_is_open():
    lockouts = Lockouts(["battery.main"])
    look = lambda value: lockouts.look(image_of({"battery.main.contactor": value}))  # noqa: E731
    assert [look(value) for value in (0.0, 1.0, nan, 0.0)] == [[], [], [], ["battery.main"]]
    assert "did not come back" in lockouts.clear("battery.main")
    look(1.0)
    assert lockouts.why == {"battery.main": "its contactor opened"}
    assert lockouts.clear("battery.main") == ""
    assert "not locked out" in lockouts.clear("battery.main")


def test_the_target_of_a_month_is_the_declared_one():
    control = {"kind": "rules", "rules": ["limit", "peak"], "peak_target_mw": {"2022-04": 12}}
    campus = campus_of(control=control)
    assert (month_target(campus, "2022-04"), month_target(campus, "2022-05")) == (12.0, FAR_MW)


# -- state


def test_state_comes_back_and_the_last_good_one_where_the_file_is_broken(tmp_path):
    path = tmp_path / "state.json"
    assert load_state(path) == ({}, [])
    save_state(path, {"n": 1})
    save_state(path, {"n": 2})
    assert load_state(path) == ({"n": 2}, [])
    path.write_text(path.read_text()[:40])  # half written
    state, told = load_state(path)
    assert state == {"n": 1}
    assert "state.json is left aside" in told[0]
    assert oct(path.with_suffix(".old").stat().st_mode & 0o777) == "0o600"


def test_what_is_remembered_is_recalled_and_what_is_not_whole_is_told():
    campus = campus_of()
    mind = Mind(campus)
    for k in range(5):
        mind.decide(image_of(site(k / 10), k / 10))
    state = json.loads(json.dumps(remembered(mind, "sum", 1.7e9, 0.5)))
    again = Mind(campus)
    assert recall(again, state, "sum", 0.0) == []
    assert again.controller.interval_mwh == mind.controller.interval_mwh
    assert again.controller.beliefs == mind.controller.beliefs
    assert "another than before" in recall(Mind(campus), state, "other", 0.0)[0]
    assert "not whole" in recall(Mind(campus), {**state, "stores": None}, "sum", 0.0)[0]


# -- watchdog


def test_the_watchdog_hears_what_is_said_and_a_missing_one_does_not_matter(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system:
        system.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        dog = Watchdog()
        dog.say("WATCHDOG=1")
        assert system.recv(100) == b"WATCHDOG=1"
    os.unlink(address)
    dog.say("WATCHDOG=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    Watchdog().say("READY=1")


def test_a_gateway_that_comes_back_with_what_it_showed_before_is_still_frozen():
    reader, heart = Reader(campus_of()), "battery.main.device_heartbeat"
    lost = {name: nan for name in site() if name.startswith("battery.main")} | {heart: nan}
    for k in range(120):
        shown = site(k / 10) | {heart: 7.0} | (lost if 50 <= k < 90 else {})
        seen = reader.read(image_of(shown, k / 10), NONE)
        if k == 60:  # it is lost, which is told elsewhere
            assert "battery.main" not in seen.doubts
        if k >= 90:
            assert "stands still" in seen.doubts["battery.main"]
    moved = reader.read(image_of(site(12.0) | {heart: 8.0}, 12.0), NONE)
    assert "battery.main" not in moved.doubts


def test_a_device_that_was_away_is_believed_once_it_moves():
    reader, heart = Reader(campus_of()), "battery.main.device_heartbeat"
    lost = {name: nan for name in site() if name.startswith("battery.main")} | {heart: nan}
    shown = [{heart: 1.0}, {heart: 2.0}, *[lost] * 40, *[{heart: 9.0}] * 5, {heart: 10.0}, {heart: 11.0}]
    seen = [reader.read(image_of(site(k / 10) | one, k / 10), NONE) for k, one in enumerate(shown)]
    read = [not isnan(one.stores["battery.main"].power_mw) for one in seen]
    assert read == [True] * 2 + [False] * 45 + [True] * 2
    # it comes back in a moment: nobody is alarmed
    assert not any("battery.main" in one.doubts for one in seen)
