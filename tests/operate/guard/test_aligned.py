"""Gauges that answer late, that differ, that are silent: what the load is, and for which load the reserve is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.operate.guard.conftest import DEVICES, campus_of
from tests.operate.guard.images import image_of, site
from wattstack.operate.devices import Image
from wattstack.operate.guard import Mind
from wattstack.operate.guard.aligned import Aligned
from wattstack.operate.guard.measure import Reader

NONE = frozenset()
PERIOD_S = 0.1
LOAD_MW = 20.0
BACKUP = {"backup": {"duration_h": 1, "load_frac": 0.5}}
METERED = DEVICES | {"load.offices": {"template": "library:load-meter"}}
GENSET = {"generator.gas": {"template": "library:genset-controller"}}
GAS = {"fuel": "lng", "power_mw": 6, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 5000, "minimum_frac": 0.5}


def late(image: Image, device: str, by_s: float) -> Image:
    """An image in which what a device shows was asked for earlier."""
    asked = np.array([image.asked_s[k] - by_s * name.startswith(device) for name, k in image.place.items()])
    return replace(image, asked_s=asked)


@pytest.mark.parametrize("device", ["grid.connection", "battery.main"])
def test_a_gauge_that_answers_a_period_late_shows_no_load_that_is_not_there(device):
    reader = Reader(campus_of())
    powers = [0.0, 0.0, 10.0, -10.0, 10.0, -10.0, 5.0, 0.0]  # of the battery: the meter shows the rest
    for k in range(1, len(powers)):
        shown = {"grid.connection": LOAD_MW - powers[k], "battery.main": powers[k]}
        shown[device] = (LOAD_MW - powers[k - 1]) if device == "grid.connection" else powers[k - 1]
        values = site(k * PERIOD_S) | {f"{path}.power_mw": power for path, power in shown.items()}
        seen = reader.read(late(image_of(values, k * PERIOD_S), device, 0.9 * PERIOD_S), NONE)
        if k > 1:  # of the first moment one of the two has no reading
            assert seen.values["load_mw"] == pytest.approx(LOAD_MW)


def test_a_slow_meter_does_not_drive_the_battery_up():
    mind, power, before = Mind(campus_of()), 0.0, 0.0
    for k in range(60):
        values = site(k * PERIOD_S) | {
            "grid.connection.power_mw": LOAD_MW - before,
            "battery.main.power_mw": power,
        }
        made = mind.decide(late(image_of(values, k * PERIOD_S), "grid.connection", 0.9 * PERIOD_S))
        before, power = power, made.asset_mw["battery.main"]
        assert power == pytest.approx(4.0 if k else power)  # 20 MW behind 16 MW
    assert "battery swings" not in made.alarms


def test_a_gauge_that_is_read_more_seldom_is_not_waited_for():
    kept = Aligned(PERIOD_S)
    kept.note("battery.main", 0.0, 5.0)
    for k in range(5):
        kept.note("grid.connection", k * PERIOD_S, float(k))
    assert kept.moment_s("grid.connection", ["battery.main"]) == pytest.approx(0.4)
    assert kept.at("battery.main", 0.4) == 5.0 and kept.at("grid.connection", 0.1) == 1.0
    kept.note("battery.main", 0.3, 7.0)
    assert kept.moment_s("grid.connection", ["battery.main"]) == pytest.approx(0.3)
    kept.forget("battery.main")
    assert kept.moment_s("grid.connection", ["battery.main"]) == pytest.approx(0.4)
    assert np.isnan(kept.at("battery.main", 0.4))


def reserve_for(load_mw: float) -> float:
    return load_mw * 0.5 * 1.0 / 0.95


@pytest.mark.parametrize(("imported", "metered"), [(2.0, 20.0), (20.0, 2.0)])
def test_where_two_gauges_of_the_load_differ_the_reserve_is_for_the_larger_at_once(imported, metered):
    mind = Mind(campus_of(METERED, duties=BACKUP))
    made = mind.decide(image_of(site(grid__connection__power_mw=imported, load__offices__draw_mw=metered)))
    assert made.values["control.reserve_mwh"] == pytest.approx(reserve_for(20.0))


def test_a_source_that_is_not_read_may_hide_load_where_no_meter_shows_it():
    for shown, load_mw in ((0.0, 16.0), (float("nan"), 22.0)):
        mind = Mind(campus_of(DEVICES | GENSET, duties=BACKUP, generator={"gas": GAS}))
        made = mind.decide(image_of(site() | {"generator.gas.output_mw": shown}))
        assert made.values["control.reserve_mwh"] == pytest.approx(reserve_for(load_mw))


def test_what_was_carried_without_the_grid_is_no_load_to_hold_the_reserve_for():
    mind = Mind(campus_of(duties=BACKUP))
    kept = []
    for k in range(3030):  # five minutes of outage
        away = 10 <= k < 3020
        meter = {"power_mw": 0.0 if 10 <= k < 3023 else 16.0, "voltage_pu": 0.0 if away else 1.0}
        shown = {f"grid.connection.{name}": value for name, value in meter.items()}
        shown |= {"battery.main.power_mw": 8.0 * away}
        made = mind.decide(image_of(site(k * PERIOD_S) | shown, k * PERIOD_S))
        kept.append(made.values.get("control.reserve_mwh", 0.0))
    assert min(kept[3020:]) >= 0.98 * reserve_for(16.0)


def test_a_source_that_is_not_read_is_no_need_that_the_reserve_is_spent_on():
    for shown, need_mw in ((0.0, 4.0), (float("nan"), 0.0)):
        mind = Mind(campus_of(METERED | GENSET, duties=BACKUP, generator={"gas": GAS}))
        dead = {"grid.connection.power_mw": float("nan"), "load.offices.draw_mw": 20.0}  # 20 MW behind 16 MW
        low = {"battery.main.stored_mwh": 6.0, "generator.gas.output_mw": shown}  # less than the reserve
        made = mind.decide(image_of(site() | dead | low))
        assert made.asset_mw["battery.main"] == pytest.approx(need_mw)


def test_a_meter_whose_power_stands_while_its_clock_moves_is_told_by_the_load_meters():
    mind = Mind(campus_of(METERED, duties=BACKUP))
    for k in range(100):
        power = 4.0 if k > 20 else 0.0  # the battery gives more, and the meter shows no less
        shown = {"load.offices.draw_mw": 16.0, "battery.main.power_mw": power}
        made = mind.decide(image_of(site(k * PERIOD_S) | shown, k * PERIOD_S))
    assert "meters do not add up: +4 MW" in made.alarms["balance"]
    assert made.values["control.reserve_mwh"] == pytest.approx(reserve_for(20.0))  # the larger of both
