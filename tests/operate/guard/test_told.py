"""What the guard tells: to who was not there yet, once where it is once, and of single batteries that were asked."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from tests.operate.guard.conftest import BATTERY, DEVICES, campus_of, until
from tests.operate.guard.images import UTC_S, image_of, site
from tests.operate.guard.test_mind import decided, take, user
from wattstack.operate.guard import Guard, Mind
from wattstack.operate.guard import telling as told_by
from wattstack.operate.guard.did import did_of
from wattstack.operate.guard.memory import recall, remembered
from wattstack.operate.link import Event, open_client
from wattstack.operate.simulated import simulate_devices

TWO = DEVICES | {"battery.b": {"template": "library:sunspec-storage"}}
B = {
    name.replace("main", "b").replace(".", "__"): v
    for name, v in site().items()
    if name.startswith("battery")
}


def two() -> Mind:
    return Mind(campus_of(TWO, battery={"main": BATTERY, "b": BATTERY}))


@pytest.mark.parametrize(
    "who", [user(), {"role": "north", "source": "utility"}], ids=["a person", "the utility"]
)
def test_what_a_single_battery_was_asked_and_cannot_keep_is_told_with_how_far(who):
    mind = two()
    assert take(mind, **who, what="battery_mw", path="battery.b", low=-10.0, high=2.0) == ""
    made = decided(mind, 3.0, grid__connection__power_mw=30.0, **B)  # 14 MW above what the grid gives
    assert made.asset_mw == pytest.approx({"battery.main": 10.0, "battery.b": 4.0})
    assert made.slack_mw == pytest.approx({"instruction": 2.0})
    (asked,) = mind.book.in_force(3.0)
    assert did_of(asked, made) == "is missed by 2 MW: battery.b is asked for 4 MW by what stands above it"


def test_a_plan_of_a_single_battery_does_nothing_where_a_person_has_the_site():
    mind = two()
    assert take(mind, what="battery_mw", path="battery.b", value=-6.0) == ""
    assert take(mind, **user(what="mode", mode="manual")) == ""
    made = decided(mind, 3.0, grid__connection__power_mw=10.0, **B)
    assert made.asset_mw == {"battery.main": 0.0, "battery.b": 0.0} and made.slack_mw == {}


def test_what_a_person_asks_of_a_battery_stands_above_its_plan():
    mind = two()
    assert take(mind, what="battery_mw", path="battery.b", value=-6.0) == ""
    assert take(mind, **user(what="battery_mw", path="battery.b", low=0.0)) == ""
    assert decided(mind, 3.0, grid__connection__power_mw=5.0, **B).asset_mw["battery.b"] == pytest.approx(0.0)


def test_what_tripped_while_nobody_looked_is_locked_out_when_somebody_does():
    before, after = Mind(campus_of()), Mind(campus_of())
    before.decide(image_of(site() | {"battery.main.contactor": 1.0}, 0.0))
    state = json.loads(json.dumps(remembered(before, "x", UTC_S, 0.0)))
    assert recall(after, state, "x", 5.0, UTC_S + 5.0) == []
    made = after.decide(image_of(site(5.0) | {"battery.main.contactor": 0.0}, 5.0))
    assert made.tripped == ["battery.main"]
    after.decide(image_of(site(6.0) | {"battery.main.contactor": 1.0}, 6.0))
    assert after.lockouts.why == {"battery.main": "its contactor opened"}


async def heard(client, seconds: float = 1.0) -> list[str]:
    """Events of the next moments."""
    found, end = [], time.monotonic() + seconds
    while (left_s := end - time.monotonic()) > 0.0:
        try:
            said = await asyncio.wait_for(client.next(), left_s)
        except TimeoutError:
            break
        if isinstance(said, Event):
            found.append(f"{said.level}: {said.text}")
    return found


def test_what_was_told_before_the_history_came_and_while_it_was_away_is_kept_for_it(tmp_path):
    async def work():
        campus = campus_of()
        (tmp_path / "state.json").write_text("no state")
        async with simulate_devices(campus):
            guard = Guard(campus, tmp_path)
            running = asyncio.create_task(guard.run())
            await until(lambda: guard.started and guard.decision.whole, 30.0)
            looks = await open_client(guard.server.path, "face")
            await looks.subscribe(1.0)
            assert not any("left aside" in line for line in await heard(looks))
            keeper = await open_client(guard.server.path, "historian")
            await keeper.subscribe(1.0)
            lines = await heard(keeper)
            assert sum("state.json is left aside" in line for line in lines) == 1
            assert sum(line.startswith("command: ") for line in lines) >= 1
            await keeper.close()
            await asyncio.sleep(0.2)
            guard.telling.say("alarm", "test", "happened meanwhile")
            keeper = await open_client(guard.server.path, "historian")
            await keeper.subscribe(1.0)
            lines = await heard(keeper)
            assert sum("happened meanwhile" in line for line in lines) == 1
            assert not any("left aside" in line for line in lines)
            await keeper.close()
            await looks.close()
            guard.stop()
            await running

    asyncio.run(work())


def test_a_device_that_is_lost_is_one_alarm_and_one_end(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and guard.decision.whole, 20.0)
        site.put("battery.main", "silent")
        await until(lambda: "battery.main" in guard.lost(), 10.0)
        await asyncio.sleep(2.5)
        mine = [e.text for e in guard.telling.recent if e.channel == "battery.main" and e.level != "command"]
        assert sum("is lost" in text for text in mine) == 1 and "is over" not in mine
        site.lift("battery.main", "silent")
        await until(lambda: not guard.lost(), 20.0)
        await asyncio.sleep(1.5)
        mine = [e.text for e in guard.telling.recent if e.channel == "battery.main" and e.level != "command"]
        assert sum("is lost" in text for text in mine) == 1 and mine.count("is over") == 1

    at_site(work)


def test_a_step_that_is_missed_now_and_then_is_one_alarm(at_site, monkeypatch):
    monkeypatch.setattr(told_by, "LINGERS_S", 1.5)

    async def work(site, guard):
        await until(lambda: guard.started and guard.decision.whole, 20.0)
        lines = lambda: [e.text for e in guard.telling.recent if e.channel == "slack connection"]  # noqa: E731
        for _ in range(4):
            site.put("battery.main", "nan")  # the connection cannot be kept without it
            await until(lambda: "connection" in guard.decision.slack_mw, 5.0)
            site.lift("battery.main", "nan")
            await until(lambda: not guard.decision.slack_mw, 5.0)
        assert len(lines()) == 1
        await until(lambda: lines()[-1] == "is over", 5.0)

    at_site(work)


def test_a_decision_that_took_so_long_that_its_values_are_old_is_not_written(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and guard.may_write and guard.decision.whole, 20.0)
        ages, command, decide = [], guard.devices.command, guard.mind.decide

        def noted(path, power_mw):
            now = asyncio.get_running_loop().time()
            ages.append(now - float(guard.image.asked_s[guard.image.place["grid.connection.power_mw"]]))
            return command(path, power_mw)

        def slow(image):
            time.sleep(0.4)
            return decide(image)

        guard.devices.command = noted
        await until(lambda: len(ages) > 5, 5.0)
        guard.mind.decide = slow
        await asyncio.sleep(2.0)
        guard.mind.decide = decide
        assert max(ages) <= 0.3 + 0.02

    at_site(work)
