"""The alarms of a running site: asked over the socket, kept over a restart, told outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError, StateError
from wattstack.operate.alarms import Alarms, ask_alarms
from wattstack.operate.alarms.service import STATE
from wattstack.operate.alarms.ways import Webhook
from wattstack.operate.link import Event, State

NOW_S = 1_900_000_000.0


def state(*alarms: str, utc_s: float = NOW_S) -> State:
    return State(utc_s=utc_s, mode="run", writes=True, alarms=alarms)


def run(folder, talk, ways=(), **more):
    """A service in a folder, `talk` with it, and what it kept."""
    kept: list = []

    async def whole():
        alarms = Alarms(folder, kept.extend, ways, first_wait_s=0.02, **more)
        await alarms.start()
        try:
            return await talk(alarms)
        finally:
            await alarms.stop()

    return asyncio.run(whole()), kept


def test_what_stands_in_the_guards_state_is_in_the_list_until_it_is_gone_and_seen(tmp_path):
    async def talk(alarms):
        begin = Event(
            utc_s=NOW_S, level="alarm", channel="meter", text="silent for 3 s", data={"group": "meters"}
        )
        alarms.heard(begin)
        alarms.heard(Event(utc_s=NOW_S, level="command", channel="x", text="peak cap binding"))
        alarms.heard(state("meter: silent for 4 s", "breaker: open"))
        seen = [(await ask_alarms(tmp_path, "list"))["alarms"]]
        alarms.heard(state("breaker: open", utc_s=NOW_S + 9))
        alarms.heard(state("breaker: open", utc_s=NOW_S + 10))
        seen.append((await ask_alarms(tmp_path, "list"))["alarms"])
        done = await ask_alarms(tmp_path, "acknowledge", key="meter: silent for # s", user="operator-1")
        seen.append(done["alarms"])
        return seen

    seen, kept = run(tmp_path, talk)
    assert [{a["channel"]: (a["state"], a["place"]) for a in one} for one in seen] == [
        {"meter": ("unacknowledged", 1), "breaker": ("unacknowledged", 1)},
        {"meter": ("returned", 1), "breaker": ("unacknowledged", 1)},
        {"breaker": ("unacknowledged", 1)},
    ]
    assert [event.data["did"] for event in kept] == ["raised", "raised", "returned", "acknowledged"]
    assert (tmp_path / "alarms.json").stat().st_mode & 0o777 == 0o600


def test_acknowledgement_and_shelving_survive_a_restart_and_so_does_what_was_not_told_yet(tmp_path, hook):
    hook.answers = [500]

    async def first(alarms):
        alarms.heard(state("meter: silent", "breaker: open", "gas: no start"))
        await ask_alarms(tmp_path, "acknowledge", key="breaker: open", user="operator-1")
        words = {"key": "gas: no start", "user": "engineer-2", "for_s": 3600, "why": "in the works"}
        return await ask_alarms(tmp_path, "shelve", **words)

    async def second(alarms):
        end = time.monotonic() + 10
        while len(hook.got) < 3 and time.monotonic() < end:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.7)  # the service has looked at its clock
        return await ask_alarms(tmp_path, "list")

    before, _ = run(tmp_path, first, [Webhook("sakai", hook.url)])
    hook.answers = [204]
    after, _ = run(tmp_path, second, [Webhook("sakai", hook.url)])
    assert after["alarms"] == before["alarms"]
    (until_s,) = (a["shelved_until_s"] for a in after["alarms"] if a["shelved_until_s"])
    assert until_s == pytest.approx(NOW_S + 3600, abs=5)  # by the site's clock, not by that of the machine
    assert {a["channel"]: a["state"] for a in after["alarms"]} == {
        "meter": "unacknowledged", "breaker": "acknowledged", "gas": "shelved",
    }  # fmt: skip
    assert sorted(got["channel"] for got in hook.got) == ["breaker", "gas", "meter"]


def test_a_half_written_list_is_not_taken_but_the_one_before(tmp_path):
    async def first(alarms):
        alarms.heard(state("meter: silent"))
        await ask_alarms(tmp_path, "list")
        alarms.heard(state("meter: silent", "breaker: open"))

    async def look(_alarms):
        return {a["channel"] for a in (await ask_alarms(tmp_path, "list"))["alarms"]}

    run(tmp_path, first)
    path = tmp_path / STATE
    path.write_text(path.read_text()[:-20])
    assert run(tmp_path, look)[0] == {"meter"}
    path.write_text("nonsense")
    path.with_name(STATE + ".last").write_text("nonsense")
    assert run(tmp_path, look)[0] == {"alarms"}  # one alarm, which says that the list was damaged


def test_a_disk_that_does_not_take_the_list_is_an_alarm_and_nothing_stops(tmp_path):
    folder = tmp_path / "site"

    async def talk(alarms):
        (folder / (STATE + ".new")).mkdir()  # in the way of every write
        alarms.heard(state("meter: silent"))
        first = await ask_alarms(folder, "list")
        first = await ask_alarms(folder, "list")
        (folder / (STATE + ".new")).rmdir()
        await ask_alarms(folder, "list")
        return first, await ask_alarms(folder, "list")

    (broken, mended), _ = run(folder, talk)
    assert {a["channel"]: a["state"] for a in broken["alarms"]} == {
        "meter": "unacknowledged", "alarms": "unacknowledged",
    }  # fmt: skip
    assert {a["channel"]: a["state"] for a in mended["alarms"]} == {
        "meter": "unacknowledged",
        "alarms": "returned",
    }


def test_a_way_out_that_does_not_work_is_an_alarm_itself_and_is_over_when_it_works(tmp_path, hook):
    hook.answers = [500, 500, 204]

    async def talk(alarms):
        alarms.raise_("disk", "full")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            shown = {a["channel"]: a["state"] for a in (await ask_alarms(tmp_path, "list"))["alarms"]}
            if shown.get("alarms.webhook") == "returned":
                break
            await asyncio.sleep(0.05)
        return shown

    shown, kept = run(tmp_path, talk, [Webhook("sakai", hook.url)])
    assert shown == {"disk": "unacknowledged", "alarms.webhook": "returned"}
    assert any(event.text == "comes through again" for event in kept)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"do": "delete"}, "must be list, acknowledge"),
        ({"do": "acknowledge", "key": "meter: silent"}, "user is missing"),
        ({"do": "acknowledge", "key": "meter: silent", "user": "x" * 501}, "at most 500"),
        ({"do": "acknowledge", "key": "other", "user": "operator-1"}, "is not in the list"),
        ({"do": "shelve", "key": "meter: silent", "user": "operator-1", "why": "x"}, "for_s is missing"),
        (
            {"do": "shelve", "key": "meter: silent", "user": "operator-1", "why": "x", "for_s": True},
            "for_s is missing",
        ),
        (
            {"do": "shelve", "key": "meter: silent", "user": "operator-1", "why": "x", "for_s": -1.0},
            "later than now",
        ),
        ({"do": "unshelve", "key": "meter: silent", "user": "operator-1"}, "is not shelved"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_reason(tmp_path, words, told):
    async def talk(alarms):
        alarms.heard(state("meter: silent"))
        await ask_alarms(tmp_path, **words)

    with pytest.raises(InputError, match=told):
        run(tmp_path, talk)


async def said_raw(folder, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(folder / "alarms.sock"))
    writer.write(raw)
    writer.write_eof()
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_at_the_socket_hurt_the_list(tmp_path, lines):
    async def talk(alarms):
        alarms.heard(state("meter: silent"))
        await said_raw(tmp_path, b"\n".join([*lines, b'{"do": NaN}', b"[" * 5000, b"1", b"x" * 20000]))
        return (await ask_alarms(tmp_path, "list"))["alarms"]

    assert [a["key"] for a in run(tmp_path, talk)[0]] == ["meter: silent"]


def test_who_asks_where_nobody_answers_is_told_so(tmp_path):
    with pytest.raises(StateError, match="does not answer"):
        asyncio.run(ask_alarms(tmp_path, "list"))


def test_json_of_the_list_is_plain(tmp_path):
    async def talk(alarms):
        alarms.heard(state("no colon here"))
        return await said_raw(tmp_path, b'{"do": "list"}\n{"do": []}\n')

    first, second = map(json.loads, run(tmp_path, talk)[0].splitlines())
    assert first["alarms"][0]["channel"] == "site" and first["storming"] is False and first["waiting"] == {}
    assert "must be list" in second["fault"]
