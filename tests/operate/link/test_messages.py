"""Nothing wrong gets through: each number in its range, no NaN, no key that is not known, whatever comes."""

from __future__ import annotations

import asyncio
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError, StateError, WattstackError
from wattstack.operate.link import (
    Answer,
    Event,
    Frame,
    Names,
    Request,
    Server,
    State,
    open_client,
    read_message,
    write_message,
)
from wattstack.operate.link.frames import Cutter, pack
from wattstack.operate.link.messages import Subscribe

REQUEST = {
    "kind": "request",
    "id": "1",
    "source": "planner",
    "what": "battery_mw",
    "value": 2.0,
    "until_s": 1e9,
}
words = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
jsons = st.recursive(
    words, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), jsons.map(lambda one: json.dumps(one).encode())))
def test_no_bytes_make_anything_but_a_message_or_a_refusal(body):
    try:
        read_message(body)
    except InputError:
        return
    raise AssertionError("noise was taken for a message")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(REQUEST)), words)
def test_a_request_with_one_thing_changed_is_refused_or_bounded(key, value):
    try:
        made = read_message(json.dumps({**REQUEST, key: value}).encode())
    except InputError:
        return
    assert isinstance(made, Request)
    assert all(math.isfinite(end) and abs(end) <= 1e5 for end in made.bounds)
    assert 0.0 <= made.until_s <= 4e9


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"value": math.nan}, "finite"),
        ({"value": math.inf}, "finite"),
        ({"value": 1e6}, "less than or equal to 100000"),
        ({"value": "2"}, "valid number"),
        ({"other": 1}, "not permitted"),
        ({"value": None}, "value, or low and high, must be given"),
        ({"low": 1.0}, "value, or low and high, must be given"),
        ({"value": None, "low": 2.0, "high": 1.0}, "low is 2, must be at most high 1"),
        ({"what": "mode"}, "mode must be given, and no number"),
        ({"what": "clear_lockout"}, "must not be given with what: clear_lockout"),
        ({"id": "a b"}, "should match pattern"),
        ({"until_s": None}, "valid number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_said(more, said):
    body = {k: v for k, v in {**REQUEST, **more}.items() if v is not None or k == "until_s"}
    with pytest.raises(InputError, match=said):
        read_message(json.dumps(body).encode())


def test_a_message_too_long_is_refused_before_it_is_read():
    with pytest.raises(InputError, match="must have at most 1000000"):
        read_message(b" " * 1_000_001)


def test_messages_come_back_as_they_went():
    for message in (
        read_message(json.dumps(REQUEST).encode()), Answer(id="1", taken=True, why=""), Names(names=("a", "b")),
        State(utc_s=1.0, mode="run", writes=True, values={"x": 1.5}, requests=({"id": "1", "low": 2.0},)),
        Event(utc_s=1.0, level="command", channel="battery.main", text="peak", data={"mw": 1.5, "n": 2, "b": True}),
    ):  # fmt: skip
        assert read_message(write_message(message)) == message


@given(st.lists(st.floats(width=32), max_size=20), st.floats(0, 1e10))
def test_frames_come_back_as_they_went(values, utc_s):
    sent = Frame(utc_s, np.array(values, np.float32), np.arange(len(values), dtype=np.uint8))
    got = Frame.unpacked(sent.packed())
    assert got.utc_s == utc_s
    np.testing.assert_array_equal(got.values, sent.values)
    np.testing.assert_array_equal(got.quality, sent.quality)


@pytest.mark.parametrize(
    "body", [b"", b"1234567", b"123456789", Frame(math.nan, np.zeros(0), np.zeros(0)).packed()]
)
def test_a_frame_that_cannot_be_is_refused(body):
    with pytest.raises(StateError):
        Frame.unpacked(body)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 7))
def test_a_stream_is_cut_at_the_same_places_however_it_comes(bodies, size):
    stream = b"".join(pack(b"J", body) for body in bodies)
    cutter, got = Cutter(), []
    for k in range(0, len(stream), size):
        got += cutter.feed(stream[k : k + size])
    assert got == [(b"J", body) for body in bodies]


@pytest.mark.parametrize("head", [b"X\0\0\0\1", b"J\xff\xff\xff\xff"])
def test_a_frame_of_no_kind_or_of_four_gigabytes_is_refused(head):
    with pytest.raises(StateError, match="is refused"):
        Cutter().feed(head)


def served(tmp_path, work) -> None:
    async def whole():
        asked = []

        def on_request(request, role):
            asked.append((role, request.id))
            return Answer(id=request.id, taken=True, why="")

        server = Server(tmp_path / "guard.sock", on_request)
        await server.open()
        try:
            await asyncio.wait_for(work(server, asked), 10)
        finally:
            await server.shut()

    asyncio.run(whole())


def test_a_client_asks_and_is_answered_and_what_came_meanwhile_is_kept(tmp_path):
    async def work(server, asked):
        client = await open_client(server.path, "planner")
        await client.subscribe(1.0)
        while not any(caller.every_s for caller in server.callers):
            await asyncio.sleep(0.01)
        server.send(Event(utc_s=1.0, level="info", channel="x", text="first"))
        assert (await client.ask(read_message(json.dumps(REQUEST).encode()))).taken
        assert asked == [("planner", "1")]
        kinds = [type(await client.next()).__name__ for _ in range(2)]
        assert kinds == ["Names", "Event"]
        await client.tell(Event(utc_s=1.0, level="info", channel="planner", text="mine"))
        assert (await client.next()).text == "mine"
        await client.close()

    served(tmp_path, work)


@pytest.mark.parametrize(
    "first",
    [
        pack(b"J", b"{"), pack(b"F", b""), b"X\0\0\0\0", pack(b"J", json.dumps(REQUEST).encode()),
        pack(b"J", write_message(Subscribe())),
    ],
)  # fmt: skip
def test_who_cannot_be_understood_is_told_and_let_go(tmp_path, first):
    async def work(server, asked):
        reader, writer = await asyncio.open_unix_connection(str(server.path))
        writer.write(first)
        said = Cutter().feed(await reader.read())
        assert [read_message(body).taken for _, body in said] == [False]
        assert asked == []
        writer.close()

    served(tmp_path, work)


def test_only_the_guard_says_how_it_is(tmp_path):
    async def work(server, asked):
        client = await open_client(server.path, "face")
        await client.send(State(utc_s=1.0, mode="run", writes=True))
        assert "only the guard says" in (await client.next()).why
        with pytest.raises(WattstackError, match="closed the connection"):
            await client.next()

    served(tmp_path, work)


def test_a_socket_that_a_dead_process_left_is_taken_over_and_a_crowd_is_kept_out(tmp_path):
    (tmp_path / "guard.sock").touch()

    async def work(server, asked):
        crowd = [await open_client(server.path, "face") for _ in range(17)]
        await asyncio.sleep(0.1)
        assert len(server.callers) == 16
        for one in crowd:
            await one.close()

    served(tmp_path, work)
