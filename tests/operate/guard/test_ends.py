"""A battery at its end while it smooths, and plans that are wrong by half: what must hold, holds."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.operate.guard.images import UTC_S
from tests.operate.guard.plants import Plant
from wattstack.operate.link import Request

FAST = {
    "kind": "rules",
    "rules": ["limit", "reserve"],
    "smoothing": {"ramp_mw_per_min": 2, "corner_s": 60, "recentre_s": 900},
}
GRID = {"connection": {"firm_mw": 20}, "tariff": {"energy": {"price_per_mwh": 10000}}}
BACKUP = {"backup": {"duration_h": 1.0, "load_frac": 0.4}}
BEGIN_S = 1_648_738_800.0


def smoothing(load_mw, stored_mwh: float, **sections) -> Plant:
    return Plant(BEGIN_S, 1.0, load_mw, stored_mwh, control=FAST, grid=GRID, **sections)


@pytest.mark.parametrize("stored_mwh", [19.9, 0.1])
def test_a_battery_that_smooths_comes_back_to_its_middle_at_the_ramp(stored_mwh):
    plant = smoothing(lambda now_s: 10.0, stored_mwh)
    plant.until(BEGIN_S + 60.0)
    imports = []
    plant.until(BEGIN_S + 5400.0, lambda made: imports.append(plant.import_mw))
    steps = [abs(b - a) for a, b in pairwise(imports)]
    assert max(steps) <= 2.0 / 60.0 + 1e-3  # 2 MW a minute
    assert plant.stored == pytest.approx(10.0, abs=1.5)
    assert abs(plant.power) < 1.5 and max(imports) <= 20.0 + 1e-6


def test_a_battery_at_its_end_lets_go_what_it_cannot_hold_says_so_and_holds_again():
    step = lambda now_s: 5.0 if now_s < BEGIN_S + 30.0 or now_s > BEGIN_S + 900.0 else 15.0  # noqa: E731
    plant = smoothing(step, 0.05)
    reasons = {}

    def seen(made):
        reasons.setdefault(made.reasons["battery.main"].split(":")[0], plant.now_s - BEGIN_S)

    plant.until(BEGIN_S + 3600.0, seen)
    assert 30.0 <= reasons["is at the end of what it can do"] < 900.0
    assert plant.stored > 3.0  # on its way to its middle
    assert plant.mind.swings.gain == 1.0


def test_the_middle_lies_above_the_reserve_and_the_reserve_is_not_given_for_smoothing():
    plant = smoothing(lambda now_s: 10.0 + 4.0 * (now_s % 120.0 < 60.0), 9.0, duties=BACKUP)
    least = []
    plant.until(
        BEGIN_S + 5400.0, lambda made: least.append(plant.stored - made.values["control.reserve_mwh"])
    )
    assert min(least) > -0.1
    assert plant.stored > 10.0  # half of what the reserve leaves above it


def test_a_plan_of_half_the_load_or_of_twice_the_load_takes_neither_reserve_nor_connection():
    """The planner believes what is wrong, each quarter of an hour anew: it asks for all, or to charge with all."""
    grid = {"connection": {"firm_mw": 16}, "tariff": GRID["tariff"]}
    control = {"kind": "mpc", "rules": ["limit", "reserve", "plan"]}
    load = lambda now_s: 12.0 + 6.0 * (now_s % 7200.0 < 3600.0)  # noqa: E731
    plant = Plant(BEGIN_S, 5.0, load, 14.0, control=control, grid=grid, duties=BACKUP)
    most, least, wrong = [], [], (9.0, -9.0)

    def seen(made):
        most.append(plant.import_mw)
        least.append(plant.stored - made.values["control.reserve_mwh"])

    for quarter in range(16):
        ask = {"value": wrong[quarter % 2], "until_s": UTC_S + 3000.0 + plant.time_s}
        book, now_s = plant.mind.book, UTC_S + plant.time_s
        request = Request(
            id=f"{quarter}", source="planner", what="battery_mw", **{**ask, "until_s": now_s + 119.0}
        )
        assert book.take(request, "planner", now_s, plant.time_s).taken
        plant.until(BEGIN_S + (quarter + 1) * 900.0, seen)
    settled = most[1:]
    assert sum(one > 16.0 + 1e-6 for one in settled) <= 4  # the period in which the load stepped
    # the reserve grows with the load: only the connection may take from it
    assert min(least) > -1.5
