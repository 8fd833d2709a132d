"""Zinc on the site: devices strip in turn as in the twin, into the load, and the reserve holds meanwhile."""

from __future__ import annotations

import pytest

from tests.operate.guard.conftest import RAW, campus_of
from tests.operate.guard.images import CLOCK_S, image_of
from wattstack.operate.guard import Mind
from wattstack.operate.guard.memory import recall, remembered

BATTERY = "battery.main"
PATHS = [BATTERY, f"{BATTERY}#2", f"{BATTERY}#3"]
STRIP = {"every_days": 2, "rest_h": 2, "at_hour": 2, "groups": 3}
ZINC = RAW["battery"]["main"] | {"power_mw": 12, "energy_mwh": 24, "strip": STRIP}
DEVICES = {p: {"template": "library:bess-generic", "share_frac": 1 / 3} for p in PATHS} | {
    "grid.connection": {"template": "library:meter-generic"}
}
RULES = {"kind": "rules", "rules": ["limit", "reserve", "refill"]}
STEP_S = 60.0


class Zinc:
    """Three devices of 4 MW and 8 MWh behind 16 MW of grid, minute by minute."""

    def __init__(self, load_mw: float = 12.0, stored_mwh: float = 6.0, backup: dict | None = None) -> None:
        duties = {"duties": {"backup": backup}} if backup else {}
        campus = campus_of(
            DEVICES, battery={"main": ZINC}, control=RULES, operate={"period_s": STEP_S}, **duties
        )
        self.campus, self.mind, self.time_s, self.load_mw = campus, Mind(campus), 0.0, load_mw
        self.stored, self.power = dict.fromkeys(PATHS, stored_mwh), dict.fromkeys(PATHS, 0.0)
        self.grid = 1.0

    def minute(self):
        self.time_s += STEP_S
        shown = {
            "grid.connection.power_mw": self.load_mw - sum(self.power.values()),
            "grid.connection.voltage_pu": self.grid,
            "grid.connection.clock_s": CLOCK_S + self.time_s,
        }
        for path in PATHS:
            stored = self.stored[path]
            shown |= {
                f"{path}.power_mw": self.power[path], f"{path}.stored_mwh": stored, f"{path}.soc": stored / 8.0,
                f"{path}.can_charge_mw": 4.0 if stored < 7.99 else 0.0,
                f"{path}.can_discharge_mw": 4.0 if stored > 0.05 else 0.0,
            }  # fmt: skip
        made = self.mind.decide(image_of(shown, self.time_s))
        for path in PATHS:
            self.power[path] = made.device_mw[path]
            eff = 0.95 if self.power[path] < 0.0 else 1.0 / 0.95
            moved = self.stored[path] - self.power[path] * eff * STEP_S / 3600.0
            self.stored[path] = min(max(moved, 0.0), 8.0)
        return made

    def hours(self, hours: float, seen=lambda made: None):
        for _ in range(int(hours * 60)):
            made = self.minute()
            seen(made)
        return made

    def phase(self, path: str) -> float:
        return self.mind.strips.table[6, PATHS.index(path)]


def test_every_device_strips_in_turn_and_one_at_a_time_into_the_load():
    one, most_out, least_import = Zinc(), [], []

    def seen(made):
        most_out.append(sum(one.phase(path) != 0.0 for path in PATHS))
        least_import.append(one.load_mw - sum(one.power.values()))

    one.hours(3 * 24, seen)
    assert max(most_out) == 1
    assert min(least_import) >= -1e-6
    assert one.mind.strips.table[12].min() >= 1.0
    assert max(one.stored.values()) > 6.0  # what was stripped is charged again


def test_what_strips_is_named_and_counts_for_nothing():
    one = Zinc()
    words = []
    one.hours(40, lambda made: words.append((made.reasons[BATTERY], made.values["control.sure_mwh"])))
    emptied = [sure for why, sure in words if "is emptied to be stripped" in why]
    assert emptied and max(emptied) < 17.0  # two of three devices
    assert any("rests at 0 for" in why for why, _ in words)


def test_the_reserve_stays_while_devices_strip():
    one = Zinc(load_mw=14.0, stored_mwh=7.9, backup={"duration_h": 1.5, "load_frac": 0.4})
    sure = []
    one.hours(
        3 * 24, lambda made: sure.append(made.values["control.sure_mwh"] - made.values["control.reserve_mwh"])
    )
    assert min(sure) > -0.3
    assert sum(one.mind.strips.table[12]) >= 2.0


def test_a_turn_that_the_reserve_does_not_allow_waits_and_is_told():
    one = Zinc(load_mw=16.0, stored_mwh=4.0, backup={"duration_h": 1.5, "load_frac": 0.4})
    made = one.hours(5 * 24)
    assert sum(one.mind.strips.table[12]) == 0.0
    assert "is overdue" in " ".join(made.alarms.values())


def test_a_grid_that_goes_brings_back_what_is_emptied():
    one = Zinc()
    while not any(one.phase(path) == 1.0 for path in PATHS):
        one.minute()
    one.minute()
    path = next(path for path in PATHS if one.phase(path) == 1.0)
    one.grid = 0.0
    made = one.minute()
    assert one.phase(path) == 0.0
    assert made.asset_mw[BATTERY] == pytest.approx(12.0, abs=0.1)


def test_a_restart_goes_on_with_the_strip_where_it_was():
    one = Zinc()
    while not any(one.phase(path) == 2.0 for path in PATHS):
        one.minute()
    one.hours(0.5)
    state = remembered(one.mind, "x", 0.0, one.time_s)
    other = Mind(one.campus)
    assert recall(other, state, "x", one.time_s) == []
    assert other.strips.saved() == one.mind.strips.saved()
    state["strips"] = {BATTERY: [1.0, 2.0]}
    assert "not whole" in recall(Mind(one.campus), state, "x", one.time_s)[0]
