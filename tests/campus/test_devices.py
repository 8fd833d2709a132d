"""Devices and the live system as declared: what cannot be is told before anything is written to a register."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus.devices import Device
from wattstack.campus.operate import Face, Operate, Standby

GRID = {"connection": {"firm_mw": 50}, "tariff": {"energy": {"price_per_mwh": 10000}}}
STORAGE = "library:sunspec-storage"


def text_of(make, **given) -> str:
    with pytest.raises(ValidationError) as caught:
        make(**given)
    return str(caught.value)


def test_a_device_of_an_asset_that_is_not_there_is_told_with_the_nearest(campus_of):
    battery = {"main": {"power_mw": 5, "energy_mwh": 10, "charge_eff": 0.95, "discharge_eff": 0.95}}
    devices = {"battery.mian": {"template": STORAGE, "host": "192.0.2.5"}}
    text = text_of(campus_of, grid=GRID, battery=battery, devices=devices)
    assert "devices.battery.mian" in text and "Nearest: battery.main" in text


def test_two_devices_on_one_address_are_told_and_two_units_of_one_gateway_are_not(campus_of):
    battery = {"main": {"power_mw": 5, "energy_mwh": 10, "charge_eff": 0.95, "discharge_eff": 0.95}}
    one = {"template": STORAGE, "host": "192.0.2.5", "share_frac": 0.5}
    text = text_of(
        campus_of, grid=GRID, battery=battery, devices={"battery.main": one, "battery.main#2": one}
    )
    assert "is reached by 192.0.2.5:502 unit 1, as devices.battery.main is" in text
    campus = campus_of(
        grid=GRID, battery=battery, devices={"battery.main": one, "battery.main#2": one | {"unit": 2}}
    )
    assert list(campus.devices) == ["battery.main", "battery.main#2"]


LOOPBACK = "".join(("local", "host"))


def told_of_two(campus_of, one: dict, other: dict) -> str:
    """What is told of two devices with these addresses; nothing where they are two."""
    battery = {"main": {"power_mw": 5, "energy_mwh": 10, "charge_eff": 0.95, "discharge_eff": 0.95}}
    devices = {
        "battery.main": {"template": STORAGE, "share_frac": 0.5, **one},
        "battery.main#2": {"template": STORAGE, "share_frac": 0.5, **other},
    }
    try:
        campus_of(grid=GRID, battery=battery, devices=devices)
    except ValidationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"host": "PLC-1"}, {"host": "plc-1"}),
        ({"host": "::1"}, {"host": "0:0:0:0:0:0:0:1"}),
        ({"host": "::1"}, {"host": "[::1]"}),
        ({"host": "192.0.2.5"}, {"host": "192.0.2.5."}),
        ({"host": "192.0.2.5"}, {"host": " 192.0.2.5 "}),
        ({"host": "192.0.2.5"}, {"host": "::ffff:192.0.2.5"}),
        ({"host": LOOPBACK}, {"host": "127.0.0.1"}),
        ({"host": "plc", "port": 502}, {"host": "plc"}),
        ({"transport": "rtu", "serial": "/dev/ttyUSB0"}, {"transport": "rtu", "serial": "/dev//ttyUSB0"}),
        ({"transport": "rtu", "serial": "/dev/ttyUSB0"}, {"transport": "rtu", "serial": "//dev/./ttyUSB0 "}),
        (
            {"transport": "mqtt", "host": "plc", "topic": "x"},
            {"transport": "mqtt", "host": "PLC", "topic": "x/"},
        ),
    ],
)
def test_one_address_in_two_spellings_is_one(campus_of, one, other):
    said = told_of_two(campus_of, one, other)
    assert "as devices.battery.main is" in said
    assert ("is the same). Change one of them." in said) == ("port" not in one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"host": "plc-1"}, {"host": "plc-2"}),
        ({"host": "192.0.2.5"}, {"host": "192.0.2.5", "port": 503}),
        ({"transport": "rtu", "serial": "/dev/ttyUSB0"}, {"transport": "rtu", "serial": "/dev/ttyUSB1"}),
        (
            {"transport": "mqtt", "host": "plc", "topic": "x"},
            {"transport": "mqtt", "host": "plc", "topic": "X"},
        ),
    ],
)
def test_two_addresses_are_two(campus_of, one, other):
    assert told_of_two(campus_of, one, other) == ""


@pytest.mark.parametrize(("key", "value", "usual"), [("baud", 9600, "19200"), ("parity", "even", "none")])
def test_a_serial_line_has_one_speed_and_one_parity(campus_of, key, value, usual):
    one = {"transport": "rtu", "serial": "/dev/ttyUSB0"}
    other = one | {"serial": "/dev//ttyUSB0", "unit": 2}
    said = told_of_two(campus_of, one, other | {key: value})
    assert f"battery.main#2.{key}  is {value}, but devices.battery.main has {usual} on the same line" in said
    assert told_of_two(campus_of, one, other) == ""
    assert told_of_two(campus_of, one, other | {key: value, "serial": "/dev/ttyUSB1"}) == ""


def test_shares_of_one_asset_are_no_more_than_the_whole(campus_of):
    battery = {"main": {"power_mw": 5, "energy_mwh": 10, "charge_eff": 0.95, "discharge_eff": 0.95}}
    one = {"template": STORAGE, "host": "192.0.2.5"}
    devices = {"battery.main": one, "battery.main#2": one | {"unit": 2}}
    assert "are 2 of the asset, must be 1 together" in text_of(
        campus_of, grid=GRID, battery=battery, devices=devices
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"transport": "tcp"}, "host"),
        ({"transport": "rtu"}, "serial"),
        ({"transport": "rtu", "serial": "/dev/ttyUSB0", "host": "192.0.2.5"}, "which has none"),
        ({"transport": "mqtt", "host": "192.0.2.5"}, "topic"),
        ({"transport": "mqtt", "topic": "site/meter"}, "must be given with transport: mqtt"),
        ({"host": "192.0.2.5", "key": "site.key"}, "stands without its certificate"),
        (
            {"host": "192.0.2.5", "write_interval_s": 3.0, "revert_s": 5.0},
            "must be at most half of revert_s 5",
        ),
        ({"host": "192.0.2.5", "timeout_s": 0.05, "period_s": 1.0}, "at least a tenth of period_s 1"),
    ],
)
def test_an_address_fits_its_transport(given, told):
    assert told in text_of(Device, template=STORAGE, **given)


def test_a_page_that_others_reach_has_a_certificate():
    assert "must be given together" in text_of(Face, key="site.key")
    assert "(host page.example)" in text_of(Face, host="page.example")  # where a name leads is not known
    assert "must be given where others reach the page (host 0.0.0.0)" in text_of(Face, host="0.0.0.0")
    assert (
        Operate(face={"host": "0.0.0.0", "certificate": "site.pem", "key": "site.key"}).face.loopback is False
    )


def test_no_file_lets_a_value_older_than_three_periods_be_acted_on():
    assert Operate(most_age_periods=3).most_age_periods == 3
    assert "less than or equal to 3" in text_of(Operate, most_age_periods=3.1)


def test_two_controllers_that_know_each_other_have_a_fence_and_a_secret_that_nobody_reads_on_the_way():
    pages = {"pages": ["https://192.0.2.5:8443", "https://192.0.2.6:8443"]}
    said = text_of(Standby, pages=["http://192.0.2.5:8443"])
    assert "fence  is missing" in said and "secret  and pages must be given together" in said
    assert "pages[0]  is http://192.0.2.5:8443, must begin with https://" in said
    assert "must be given together" in text_of(Standby, fence="battery.main", secret="standby.secret")
    assert Operate(standby={"fence": "battery.main", "secret": "standby.secret", **pages}).speaks_north
    assert not Operate(standby={"fence": "battery.main"}).speaks_north


def test_a_device_carries_its_share_of_its_asset_and_a_meter_all_that_stands(campus_of):
    battery = {"main": {"power_mw": 5, "energy_mwh": 10, "charge_eff": 0.95, "discharge_eff": 0.95}}
    one = {"template": STORAGE, "host": "192.0.2.5"}
    devices = {"battery.main": one | {"share_frac": 0.4}, "grid.connection": one | {"unit": 2}}
    campus = campus_of(grid=GRID, battery=battery, devices=devices)
    assert campus.device_mw("battery.main") == pytest.approx(2.0)
    assert campus.device_mw("grid.connection") == campus.supply_mw == pytest.approx(55.0)
