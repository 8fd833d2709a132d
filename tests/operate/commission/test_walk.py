"""Devices are walked over real sockets: what is wrong with them is found, named, and told how to mend."""

from __future__ import annotations

import pytest


def test_a_sound_site_passes_and_every_part_of_it_was_looked_at(sites):
    one = sites["sound"]
    assert not one.failed, one.lines()
    assert one.of("site", "balance")[0] == "passed"
    assert one.of("site", "battery.main")[0] == "passed"  # the step, seen by battery and connection
    assert one.of("battery.main", "identity")[0] == "passed"
    for what in ("reach", "answers", "quantities"):
        assert one.of("load.halls", what)[0] == "passed", one.lines()
    for what in ("latency", "update"):  # many share the machine here
        assert one.of("load.halls", what)[0] in ("passed", "doubtful"), one.lines()
    for what in ("group", "confirmation", "measured", "revert_s", "again"):
        assert one.of("battery.main", what)[0] in ("passed", "doubtful"), one.lines()
    battery = one.found["devices"]["battery.main"]
    assert battery["identity"]["manufacturer"] == "wattstack" and battery["written"]
    assert 0.9 < battery["reversion_measured_s"] < 3.0
    assert {p["name"] for p in battery["points"]} >= {"power_mw", "setpoint_mw", "soc"}
    assert all(c["utc"].endswith("Z") for c in one.found["checks"])


def test_a_transformer_that_was_turned_round_is_named_with_twice_its_power(sites):
    verdict, text = sites["turned"].of("grid.connection", "power_mw", "balance")
    assert verdict == "failed"
    assert text.startswith("grid.connection power_mw has the wrong sign: balance is off by 4")
    assert "= 2 x 2" in text
    assert not any(device == "battery.main" for device, _ in sites["turned"].failed)


def test_without_a_step_all_that_could_be_wrong_are_named(sites):
    one = sites["turned, read only"]
    verdict, text = one.of("site", "balance")
    assert verdict == "failed" and "grid.connection power_mw has the wrong sign" in text
    assert not any(c["kind"] in ("write", "reversion", "step") for c in one.found["checks"])
    assert not one.found["devices"]["battery.main"]["written"]


def test_a_battery_meter_that_was_turned_round_is_told_by_its_step(sites):
    one = sites["battery turned"]
    verdict, text = one.of("battery.main", "power_mw", "balance")
    assert verdict == "failed" and "battery.main power_mw has the wrong sign, by the steps" in text
    assert ("grid.connection", "power_mw") not in one.failed


@pytest.mark.parametrize(
    ("site", "device", "what"),
    [("grid x1000", "grid.connection", "power_mw"), ("load x1000", "load.halls", "draw_mw")],
)
def test_a_scale_of_a_thousand_is_named_by_nameplate_and_balance(sites, site, device, what):
    one = sites[site]
    assert "scale is x1000 too high" in one.of(device, what, "nameplate")[1]
    verdict, text = one.of(device, what, "balance")
    assert verdict == "failed" and f"{device} {what} has a scale x1000 too high" in text
    assert {name for name, _ in one.failed} <= {device, "site"}


def test_words_the_wrong_way_round_are_told(sites):
    one = sites["words"]
    verdict, text = one.of("grid.connection", "power_mw", "nameplate")
    assert verdict == "failed" and "word order is the other way round, it would be" in text
    assert one.of("grid.connection", "energy_mwh", "nameplate")[0] == "failed"  # counts faster than can be


def test_a_gateway_that_repeats_itself_is_found(sites):
    verdict, text = sites["frozen"].of("grid.connection", "update")
    assert verdict == "failed" and "did not move" in text


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ("reject", "is refused (exception 4"),
        ("foreign", "is overwritten by someone else"),
        ("ignore_write", "is confirmed and something else stands there"),
        ("clamp", "0.2 MW is confirmed and something else stands there (0.1 MW stands where"),
    ],
)
def test_a_setpoint_that_is_not_taken_is_a_finding_and_reversion_is_not_tried(sites, site, told):
    one = sites[site]
    verdict, text = one.of("battery.main", "setpoint_mw", "write")
    assert verdict == "failed" and told in text, one.lines()
    assert one.found["devices"]["battery.main"]["reversion_measured_s"] is None
    assert not any(c["kind"] == "reversion" for c in one.found["checks"])


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ("local", "its switch stands on local"),
        ("contactor", "its contactor is open"),
        ("nan", "its readings are not sane"),
    ],
)
def test_nothing_is_written_where_it_must_not_be(sites, site, told):
    one = sites[site]
    verdict, text = one.of("battery.main", "setpoint_mw", "write")
    assert verdict == "not done" and told in text, one.lines()
    assert not one.found["devices"]["battery.main"]["written"]


def test_a_dead_device_is_a_finding_and_the_others_are_walked_all_the_same(sites):
    one = sites["silent"]
    verdict, text = one.of("load.halls", "reach")
    assert verdict == "failed" and "no answer within 0.3 s" in text
    assert one.of("site", "balance") == ("not done", "cannot be struck: load.halls cannot be read")
    assert one.of("battery.main", "revert_s")[0] == "passed"
    # the connection answers the step, without load meters too
    assert one.of("site", "battery.main")[0] == "passed"


def test_late_answers_are_none(sites):
    verdict, text = sites["late"].of("battery.main", "reach")
    assert verdict == "failed" and "0.3 s" in text


def test_a_slow_line_is_told_with_its_times(sites):
    verdict, text = sites["slow"].of("load.halls", "latency")
    assert verdict == "doubtful" and "ms (p99)" in text
    mine = [c for c in sites["slow"].found["checks"] if (c["device"], c["what"]) == ("load.halls", "latency")]
    assert mine[0]["value"] > 80.0 and "period_s" in mine[0]["mend"]


def test_exceptions_and_answers_of_others_are_told_with_what_to_look_at(sites):
    for site, device, told, mend in (
        ("exception", "load.halls", "exception 2: illegal address", "take the template of the device"),
        ("wrong_unit", "load.halls", "answer of unit 2, asked unit 1", "mend `unit`"),
    ):
        checks = [
            c for c in sites[site].found["checks"] if c["device"] == device and c["verdict"] == "failed"
        ]
        assert any(told in c["text"] and mend in c["mend"] for c in checks), sites[site].lines()


def test_a_device_that_lacks_its_values_is_told(sites):
    verdict, text = sites["nan"].of("battery.main", "power_mw", "read")
    assert verdict == "failed" and "not implemented" in text


def test_a_device_that_does_not_fall_back_is_told_and_released(sites):
    one = sites["no_revert"]
    verdict, text = one.of("battery.main", "revert_s")
    assert verdict == "failed" and "does not fall back" in text
    assert one.of("battery.main", "again")[0] == "passed"
    assert one.found["devices"]["battery.main"]["reversion_measured_s"] is None
    assert one.site.devices["battery.main"].shown("setpoint_mw") == 0.0


def test_a_setpoint_that_does_far_more_than_was_asked_is_taken_back_at_once(sites):
    one = sites["setpoint x10"]
    verdict, text = one.of("battery.main", "setpoint_mw", "write")
    assert verdict == "failed" and "more than 5 times the step is measured at two meters" in text, one.lines()
    assert not any(c["kind"] == "reversion" for c in one.found["checks"])


def test_a_setpoint_out_of_scale_is_told_from_meters_out_of_scale(sites):
    one = sites["setpoint x2"]
    verdict, text = one.of("battery.main", "setpoint_mw", "balance")
    assert verdict == "failed" and "battery.main setpoint_mw has a scale x2 too high" in text, one.lines()
    assert ("grid.connection", "power_mw") not in one.failed


def test_no_device_is_left_with_a_setpoint(sites):
    for name, one in sites.items():
        if name != "foreign":
            assert abs(one.site.devices["battery.main"].shown("setpoint_mw")) < 1e-9, name
