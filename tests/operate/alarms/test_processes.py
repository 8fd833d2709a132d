"""Alarms of other processes than the guard: they stand until their process says otherwise, whatever the guard names."""

from __future__ import annotations

import asyncio

import pytest

from tests.operate.historian.test_process import BEGIN_S, CAMPUS, Guard, kept, until
from wattstack.campus import Campus
from wattstack.operate.historian import Store
from wattstack.operate.historian.process import Historian
from wattstack.operate.link import Event, Standing, open_client
from wattstack.operate.north import Site


def heard(folder, talk) -> tuple[list[dict], Guard]:
    """The historian at work beside a guard's socket; `talk` with both; the list after it."""
    campus = Campus.model_validate(CAMPUS)

    async def whole() -> list[dict]:
        historian, guard = Historian(campus, folder), Guard(folder)
        await guard.server.open()
        work = asyncio.create_task(historian.run())
        try:
            assert await until(lambda: any(c.every_s for c in guard.server.callers))
            await talk(historian, guard)
            return historian.alarms.do({"do": "list"})["alarms"]
        finally:
            work.cancel()
            await asyncio.wait([work])
            await guard.server.shut()

    return asyncio.run(whole())


def states(historian) -> dict[str, str]:
    return {a["channel"]: a["state"] for a in historian.alarms.do({"do": "list"})["alarms"]}


def said(level: str, channel: str, text: str, **data) -> Event:
    return Event(utc_s=BEGIN_S, level=level, channel=channel, text=text, data=data)


@pytest.mark.parametrize(
    ("role", "channel"),
    [("planner", "planner.asks"), ("north", "north.dsx.broker"), ("face", "campus"), ("face", "memory.face")],
)
def test_an_alarm_of_a_process_stands_over_the_guards_states_until_the_process_says_otherwise(
    tmp_path, role, channel
):
    async def talk(historian, guard):
        client = await open_client(guard.server.path, role)
        await client.tell(said("alarm", channel, "is lost"))
        assert await until(lambda: channel in states(historian))
        await guard.say("battery.main: does not answer")
        await guard.say()  # the guard names nothing: what it named is over, the other is not
        assert await until(lambda: states(historian).get("battery.main") == "returned")
        assert states(historian)[channel] == "unacknowledged"
        await client.tell(said("info", channel, "is there again"))
        assert await until(lambda: states(historian)[channel] == "returned")
        await client.close()

    heard(tmp_path / "site", talk)


def test_other_words_on_other_channels_of_the_process_end_nothing(tmp_path):
    async def talk(historian, guard):
        client = await open_client(guard.server.path, "north")
        await client.tell(said("alarm", "north.dsx.broker", "is lost"))
        await client.tell(said("alarm", "north.dsx.hall.breach", "breach"))
        await client.tell(said("info", "north.dsx", "a target is set"))
        await client.tell(said("info", "north.dsx.hall.breach", "resolved"))
        assert await until(lambda: states(historian).get("north.dsx.hall.breach") == "returned")
        assert states(historian)["north.dsx.broker"] == "unacknowledged"
        await client.close()

    heard(tmp_path / "site", talk)


def test_what_happened_once_latches_until_somebody_has_seen_it(tmp_path):
    async def talk(historian, guard):
        client = await open_client(guard.server.path, "north")
        await client.tell(said("alarm", "north.dsx.refused", "refused, forged: 3 of them", once=True))
        assert await until(lambda: states(historian) == {"north.dsx.refused": "returned"})
        await client.tell(said("alarm", "north.dsx.refused", "refused, forged: 4 of them", once=True))
        assert await until(lambda: historian.alarms.do({"do": "list"})["alarms"][0]["count"] == 2)
        await client.close()

    heard(tmp_path / "site", talk)


def test_a_process_that_is_killed_and_begins_again_leaves_nothing_standing_that_is_over(tmp_path):
    campus, folder = Campus.model_validate(CAMPUS), tmp_path / "site"

    async def talk(historian, guard):
        first = Site(campus, folder)
        task = asyncio.create_task(first.listen())
        await first.say("alarm", "north.dsx.broker", "is lost")
        await first.say("alarm", "north.openadr.vtn", "is not heard")
        assert await until(lambda: len(states(historian)) == 2)
        task.cancel()  # killed: it says nothing of how it goes on
        await asyncio.wait([task])
        second = Site(campus, folder)
        await second.say("alarm", "north.openadr.vtn", "is not heard")
        task = asyncio.create_task(second.listen())

        async def live() -> None:
            while True:
                await guard.say()

        states_of_guard = asyncio.create_task(live())
        over = {"north.dsx.broker": "returned", "north.openadr.vtn": "unacknowledged"}
        assert await until(lambda: states(historian) == over)
        for one in (states_of_guard, task):
            one.cancel()
        await asyncio.wait([states_of_guard, task])

    heard(folder, talk)
    assert kept(folder)
    store = Store(folder / "history.sqlite", read_only=True)
    assert not [event for event in store.events(0, 4e9) if event.text == "what stands"]  # no news, not kept
    store.close()


def test_what_stands_is_named_at_once_and_then_every_half_minute(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("wattstack.operate.link.standing.time.monotonic", lambda: clock[0])
    standing = Standing("memory")
    standing.note(said("alarm", "memory.face", "holds 420 MB"))
    standing.note(said("alarm", "memory.guard", "holds 420 MB"))
    standing.note(said("alarm", "memory.north", "fell over", once=True))
    assert standing.due(BEGIN_S).data == {"still": "memory.face memory.guard"}
    clock[0] += 29.0
    assert standing.due(BEGIN_S) is None
    standing.note(said("info", "memory.guard", "holds 200 MB again"))
    clock[0] += 1.0
    assert standing.due(BEGIN_S).data == {"still": "memory.face"}
    for k in range(
        50
    ):  # more than a message may hold: then it is not said, for what is left out would be over
        standing.note(said("alarm", f"memory.process-number-{k}", "holds 420 MB"))
    clock[0] += 60.0
    assert standing.due(BEGIN_S) is None
