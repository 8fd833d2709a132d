"""Who gives what, and the words for it: engines that were named, the plan's own reason, one telling and not many."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.operate.guard.conftest import DEVICES, campus_of
from tests.operate.guard.test_mind import decided, take
from wattstack.operate.guard import Mind
from wattstack.operate.guard.arbitration import Feasible
from wattstack.operate.guard.telling import Telling

GAS = {"fuel": "lng", "power_mw": 4, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000}
TWO = DEVICES | {
    "generator.gas": {"template": "library:genset-controller"},
    "generator.oil": {"template": "library:genset-controller"},
}
REST = {
    f"generator__{name}__{channel}": value
    for name in ("gas", "oil")
    for channel, value in (("output_mw", 0.0), ("running", 0.0), ("available", 1.0))
}


def test_engine_that_was_named_gives_what_was_asked_of_it_and_the_other_rests():
    mind = Mind(campus_of(TWO, generator={"gas": GAS, "oil": GAS | {"power_mw": 12}}))
    assert take(mind, what="generator_mw", path="generator.gas", value=3.0, reason="the plan") == ""
    made = decided(mind, 0.3, **REST)
    assert (made.asset_mw["generator.gas"], made.asset_mw["generator.oil"]) == (3.0, 0.0)
    assert made.reasons["generator.oil"] == "nothing asks for it"


def test_need_beyond_what_was_named_is_shared_by_what_is_left():
    mind = Mind(campus_of(TWO, generator={"gas": GAS, "oil": GAS | {"power_mw": 12}}))
    assert take(mind, what="generator_mw", path="generator.gas", value=4.0, reason="the plan") == ""
    away = {
        "grid__connection__voltage_pu": 0.0,
        "grid__connection__power_mw": 0.0,
        "battery__main__power_mw": 10.0,
    }
    made = decided(mind, 0.3, **REST, **away)
    assert made.asset_mw["generator.gas"] == 4.0 and made.asset_mw["generator.oil"] == pytest.approx(6.0)
    assert made.alarms["grid"] == "is away"


def test_reason_is_the_plans_own_word_where_it_gives_one():
    mind = Mind(campus_of(DEVICES))
    assert take(mind, what="battery_mw", value=0.0, reason="waits at 30 JPY/MWh") == ""
    assert decided(mind).reasons["battery.main"].startswith("planner: waits at 30 JPY/MWh")


def test_who_leaves_no_more_is_named_and_not_who_is_missed():
    left = Feasible()
    left.narrow("device", -10.0, 10.0, "what it can")
    left.narrow("peak", -3.0, 1e9, "interval mean at most 9 MW")
    left.narrow("cost", -8.0, -8.0, "planner: charges 8 MW")
    assert left.pick(-2.5) == (-3.0, "peak: interval mean at most 9 MW")


def test_reason_is_told_once_and_again_after_a_quarter_of_an_hour_or_a_great_move():
    campus = campus_of(DEVICES)
    told = []
    server, image = SimpleNamespace(send=told.append), SimpleNamespace(time_s=0.0)
    guard = SimpleNamespace(campus=campus, speed=144.0, image=image, utc_s=0.0, server=server)
    telling = Telling(guard)

    def tell(time_s: float, power: float, why: str) -> int:
        guard.image.time_s = time_s
        made = SimpleNamespace(asset_mw={"battery.main": power}, reasons={"battery.main": why}, mode="run")
        telling._commands(made)
        return len(told)

    assert tell(0.0, 5.0, "planner: charges 5 MW at 30") == 1
    assert tell(2.0, 5.5, "planner: charges 5.5 MW at 30") == 1  # only its numbers changed
    assert tell(4.0, 5.5, "keeps the peak") == 2
    assert tell(5.5, 5.5, "planner: charges 5.5 MW at 31") == 2  # it was told 13 min ago
    assert tell(7.0, 6.6, "planner: charges 6.6 MW at 31") == 3  # a tenth of what stands
    assert tell(7.5, 9.9, "planner: charges 9.9 MW at 31") == 3  # not twice in a second
    assert tell(14.0, 6.75, "planner: charges 6.75 MW at 31") == 4  # a quarter of an hour later
