"""What a request would do, in words, where not everything is known or several assets are meant."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from wattstack.campus import Campus
from wattstack.operate.face.effect import effects
from wattstack.operate.face.limits import origin_of
from wattstack.operate.face.live import Seen
from wattstack.operate.link import Request, State

NOW_S = 1_900_000_000.0
UNIT = {"energy_mwh": 20, "charge_eff": 0.9, "discharge_eff": 0.9}
GAS = {"fuel": "lng", "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000, "minimum_frac": 0.5}
CAMPUS = Campus.model_validate({
    "wattstack": 1, "name": "test", "currency": "JPY",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "30min"},
    "load": {"halls": {"draw_mw": 20}},
    "battery": {"a": {"power_mw": 6, **UNIT}, "b": {"power_mw": 2, **UNIT}},
    "generator": {"gas": {"power_mw": 12, **GAS}, "oil": {"power_mw": 4, **GAS}},
})  # fmt: skip


@dataclass
class Measured:
    """What the page hears of the guard."""

    values: dict[str, float] = field(default_factory=dict)
    mode: str = "manual"
    writes: bool = True

    @property
    def seen(self) -> Seen:
        return Seen(State(utc_s=NOW_S, mode=self.mode, writes=self.writes), None, (), 0.1)

    def value(self, channel: str) -> float | None:
        return self.values.get(channel)


def told(live: Measured, **asked) -> list[tuple[str, bool]]:
    request = Request(id="1", source="user", until_s=NOW_S + 3600.0, user="operator-1", **asked)
    return [(line.text, line.warns) for line in effects(request, CAMPUS, live, NOW_S)]


def test_power_for_all_batteries_is_shared_by_their_power_and_one_that_is_not_known_is_said():
    lines = told(Measured({"battery.a.stored_mwh": 10.0}), what="battery_mw", value=8.0)
    assert ("battery.a: not known now, would be 6.0 MW.", False) in lines
    assert ("battery.b: not known now, would be 2.0 MW.", False) in lines
    assert ("battery.b: how much is stored is not known now.", True) in lines


def test_power_for_one_battery_says_nothing_of_the_others():
    live = Measured({"battery.b.stored_mwh": 1.0, "battery.b.power_mw": 0.0})
    lines = told(live, what="battery_mw", path="battery.b", value=2.0)
    assert not [text for text, _ in lines if text.startswith("battery.a")]
    assert ("battery.b: empty after 27 min; it stops then.", True) in lines


def test_in_safe_mode_power_of_batteries_would_do_nothing():
    assert told(Measured(mode="safe"), what="battery_mw", value=2.0)[0][1] is True


def test_an_engine_below_its_least_power_is_warned_of_and_only_the_one_that_is_meant():
    lines = told(Measured(), what="generator_mw", path="generator.gas", value=3.0)
    assert ("generator.gas: below its least power of 6.0 MW.", True) in lines
    assert not [text for text, _ in lines if text.startswith("generator.oil")]


def test_seconds_are_said_as_seconds_and_what_is_not_written_is_said():
    request = Request(id="1", source="user", what="mode", mode="safe", until_s=NOW_S + 40.0)
    assert "would be safe for 40 s" in effects(request, CAMPUS, Measured(), NOW_S)[0].text
    assert told(Measured(writes=False), what="peak_mw", high=9.0)[-1][0].startswith("Nothing is written")


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2::3%eth0", "2001:db8:0:1::"),
        ("no:address", "no:address"),
    ],
)
def test_an_address_counts_for_the_network_that_one_machine_may_have(address, origin):
    assert origin_of(address) == origin
