"""What commissioning left open of the way back of devices is told at the start."""

from __future__ import annotations

from tests.operate.guard.conftest import DEVICES, campus_of, until
from wattstack.operate.guard.deadman import unproved


def campus_with(measured_s):
    battery = DEVICES["battery.main"] | ({} if measured_s is None else {"reversion_measured_s": measured_s})
    return campus_of(DEVICES | {"battery.main": battery})


def test_a_fallback_that_was_never_measured_is_told_and_a_slow_one_is_an_alarm():
    ((path, level, said),) = unproved(campus_with(None), ["battery.main"])
    assert (path, level) == ("battery.main", "info") and "never seen to fall back" in said
    ((_, level, said),) = unproved(campus_with(6.2), ["battery.main"])
    assert level == "alarm" and "took 6.2 s" in said
    assert not list(unproved(campus_with(3.9), ["battery.main"]))


def test_the_guard_tells_it_when_it_starts(at_site):
    async def work(site, guard):
        told = []
        tell, guard.telling.say = guard.telling.say, lambda *one: (told.append(one), tell(*one))
        await until(lambda: guard.started)
        assert any(one[1] == "battery.main" and "never seen to fall back" in one[2] for one in told)

    at_site(work)
