"""Points on the bus of the building: when they are told, and what they are when nothing is known."""

from __future__ import annotations

import json

from tests.operate.north.conftest import RAW
from wattstack.campus import Campus
from wattstack.operate.north.dsx.bms import Bms

DEVICE = {"host": "127.0.0.1"}
DEVICES = {
    "grid.connection": {**DEVICE, "template": "library:meter-generic", "port": 5020},
    "battery.main": {**DEVICE, "template": "library:sunspec-storage", "port": 5021, "share_frac": 0.5},
    "battery.main#2": {**DEVICE, "template": "library:sunspec-storage", "port": 5022, "share_frac": 0.5},
    "generator.gas": {**DEVICE, "template": "library:genset-controller", "port": 5023},
    "load.offices": {**DEVICE, "template": "library:load-meter", "port": 5024},
}
GAS = {"power_mw": 3, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 100, "emission_kg_per_mwh": 400}
CAMPUS = Campus.model_validate({**RAW, "devices": DEVICES, "generator": {"gas": GAS}})


class Shown:
    """Values by channel, as a site shows them."""

    def __init__(self, **values) -> None:
        self.values = values

    def reading(self, channel: str):
        return self.values.get(channel.replace(".", "_").replace("#", "_"), (None, -1))


def told(bms, site, now_s) -> dict[str, dict]:
    return {
        topic.removeprefix("BMS/v1/PUB/"): json.loads(payload) for topic, payload, _ in bms.due(site, now_s)
    }


def test_metadata_comes_first_is_retained_and_has_a_tag_of_its_own_for_each_point():
    bms = Bms(CAMPUS, "here")
    out = bms.due(Shown(), 1000.0)
    meta = [topic for topic, _, retain in out if retain]
    assert meta == [topic for topic, _, _ in out[: len(meta)]] and all(
        "/Metadata/" in topic for topic in meta
    )
    tags = [topic.split("/here/")[1] for topic in meta]
    assert len(tags) == len(set(tags)) == 15 and not any("#" in topic or "+" in topic for topic in meta)
    first = json.loads(out[0][1])
    assert first == {
        "objectType": "PowerMeter", "pointType": "ActivePower", "objectName": "grid.connection",
        "objectId": "here.grid.connection", "servesId": ["here.load.offices"], "engUnit": "kW",
    }  # fmt: skip


def test_a_value_is_told_when_it_changes_and_after_a_hundred_seconds():
    bms, power = Bms(CAMPUS, "here"), "Value/PowerMeter/ActivePower/here/grid.connection.power_mw"
    assert told(bms, Shown(grid_connection_power_mw=(4.0, 0)), 1000.0)[power]["value"] == 4000.0
    assert power not in told(bms, Shown(grid_connection_power_mw=(4.001, 0)), 1001.0)
    assert told(bms, Shown(grid_connection_power_mw=(4.1, 0)), 1002.0)[power]["value"] == 4100.0
    assert power in told(bms, Shown(grid_connection_power_mw=(4.1, 0)), 1102.0)
    bms.again()
    assert len(bms.due(Shown(grid_connection_power_mw=(4.1, 0)), 1103.0)) == 30


def test_what_is_not_good_is_null_with_quality_0():
    bms, power = Bms(CAMPUS, "here"), "Value/BESS/GenericPoint/here/battery.main-2.power_mw"
    told(bms, Shown(battery_main_2_power_mw=(1.0, 0)), 1000.0)
    for second, reading in enumerate([(1.0, 1), (None, -1)]):
        found = told(bms, Shown(battery_main_2_power_mw=reading), 1001.0 + second).get(power)
        if second == 0:
            assert found == {"value": None, "timestamp": 1_001_000, "quality": 0}


def test_states_are_numbers_with_words_in_their_metadata():
    def states(**values) -> dict:
        return told(Bms(CAMPUS, "here"), Shown(**{name: (value, 0) for name, value in values.items()}), 0.0)

    battery, engine = (
        "Value/BESS/Status/here/battery.main.power_mw.status",
        "Value/Generator/Status/here/generator.gas.output_mw.status",
    )
    assert [states(battery_main_power_mw=mw)[battery]["value"] for mw in (0.0, -1.0, 2.0)] == [0.0, 1.0, 2.0]
    assert [states(generator_gas_output_mw=mw)[engine]["value"] for mw in (0.0, 2.0)] == [0.0, 1.0]
    there = "Value/BESS/Available/here/battery.main.can_discharge_mw.available"
    assert [states(battery_main_can_discharge_mw=mw)[there]["value"] for mw in (0.0, 2.0)] == [0.0, 1.0]


def test_the_heart_beats_each_ten_seconds_in_milliseconds():
    bms, heart = Bms(CAMPUS, "here"), "Value/System/HeartbeatTimestampBms/here/heartbeat"
    beats = [heart in told(bms, Shown(), float(second)) for second in range(0, 25, 5)]
    assert beats == [True, False, True, False, True]
