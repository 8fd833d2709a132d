"""Two loops that drive each other up: the swing is found, calmed, told, and the limit is held all the while."""

from __future__ import annotations

import pytest

from tests.operate.guard.conftest import RAW, campus_of
from tests.operate.guard.images import image_of, site
from wattstack.operate.guard import Mind
from wattstack.operate.guard.swings import CALM_S, LEAST_GAIN, Swings


class Pair:
    """The guard and another loop that moves a load against the import, each a period late."""

    def __init__(self, rules: list[str], other: float, **sections) -> None:
        self.mind = Mind(campus_of(control={"kind": "rules", "rules": rules}, **sections))
        self.time_s, self.load, self.moved, self.power, self.other = 0.0, 18.0, 0.0, 0.0, other
        self.target = 0.0
        self.seen: list[float] = []

    def go(self, seconds: float):
        for _ in range(round(seconds * 10)):
            self.time_s += 0.1
            imported = self.load + self.moved - self.power
            shown = site(self.time_s, grid__connection__power_mw=imported, battery__main__power_mw=self.power)
            made = self.mind.decide(image_of(shown, self.time_s))
            self.moved = min(max(-self.other * (imported - self.target), -3.0), 3.0)
            self.power = made.asset_mw["battery.main"]
            self.seen.append(imported)
        return made


FIRM = {"grid": {"connection": {"firm_mw": 12}, "tariff": RAW["grid"]["tariff"]}}


def swing(seen: list[float]) -> float:
    return max(seen) - min(seen)


def test_a_swing_that_grows_is_calmed_and_told_and_given_free_again():
    pair = Pair(["limit", "self_consumption"], 0.7, grid={**RAW["grid"], "connection": {"firm_mw": 40}})
    pair.load = 5.0
    pair.go(3.0)
    pair.load = 5.4
    pair.go(4.0)
    assert swing(pair.seen[25:]) > 0.4
    made = pair.go(20.0)
    assert "swings against another loop" in made.alarms["battery swings"]
    assert swing(pair.seen[-50:]) < 0.2
    pair.other = 0.0  # the other loop was mended
    made = pair.go(4.0 * CALM_S + 10.0)
    assert pair.mind.swings.gain == 1.0 and "battery swings" not in made.alarms


def test_limits_are_held_by_the_worst_of_late_while_it_swings():
    pair = Pair(["limit"], 0.7, **FIRM)
    pair.target, pair.load = 12.0, 16.0
    pair.go(3.0)
    pair.load = 16.5
    pair.go(60.0)
    assert pair.mind.swings.gain < 1.0
    assert max(pair.seen[-100:]) <= 12.0 + 0.3
    assert swing(pair.seen[-100:]) < 1.0


def test_a_load_that_swings_by_itself_is_followed_as_ever():
    pair = Pair(["limit", "self_consumption"], 0.0)
    for k in range(120):
        pair.load = 8.0 if k % 20 < 10 else 3.0  # half a hertz
        pair.go(0.1)
    assert pair.mind.swings.gain == 1.0


def test_a_gain_has_a_floor_and_steps_that_go_one_way_are_no_swing():
    swings = Swings(10.0, 0.1)
    assert not any(swings.look(0.5 * k, 0.1 * k) for k in range(100))
    size, k = 0.5, 100
    for _ in range(300):
        k += 1
        size = min(1.1 * size, 9.0)
        swings.look(size * (-1.0) ** k, 0.1 * k)
    assert swings.gain == LEAST_GAIN
    assert swings.eased(5.0, 1.0) == pytest.approx(1.5)
    assert swings.eased(1.05, 1.0) == 1.0  # dead band
