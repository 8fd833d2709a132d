"""Answers of any kind: no wrong value is ever accepted, and nothing breaks."""

from __future__ import annotations

import asyncio
import json
import struct
from math import isfinite, isnan

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operate.devices.conftest import campus_with
from wattstack.operate.devices import Devices, Link, read_request, write_request
from wattstack.operate.devices.link import READ_HOLDING, wrong_answer
from wattstack.operate.devices.sunspec import find_models

UNIT, ADDRESS, COUNT = 3, 100, 4
REQUEST = read_request(UNIT, READ_HOLDING, ADDRESS, COUNT)


WRITE = write_request(UNIT, ADDRESS, (1, 2))


def echo(what: tuple[int, int]) -> bytes:
    """The answer of a device that took a write: where, and how many."""
    return struct.pack(">BHH", 16, *what)


def right(number: int, registers: tuple[int, ...]) -> bytes:
    pdu = struct.pack(f">BB{COUNT}H", 3, 2 * COUNT, *registers)
    return struct.pack(">HHHB", number, 0, len(pdu) + 1, UNIT) + pdu


REGISTERS = st.tuples(*[st.integers(0, 65_535)] * COUNT)


@st.composite
def spoilt(draw) -> bytes:
    """A right answer with bytes turned, cut, put in, or none of it."""
    data = bytearray(right(draw(st.integers(0, 3)), draw(REGISTERS)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        what = draw(st.sampled_from(["turn", "cut", "put", "end"]))
        if what == "turn":
            data[place] = draw(st.integers(0, 255))
        elif what == "put":
            data.insert(place, draw(st.integers(0, 255)))
        elif what == "cut" and len(data) > 1:
            del data[place]
        else:
            del data[place + 1 :]
    return bytes(data)


STREAM = st.lists(st.one_of(spoilt(), st.binary(max_size=40)), max_size=4)


@settings(max_examples=300, deadline=None)  # a busy machine takes its time
@given(st.lists(st.tuples(STREAM, st.lists(st.integers(1, 30), max_size=6)), min_size=1, max_size=3))
def test_only_a_whole_right_answer_to_the_request_in_flight_brings_a_value(rounds):
    async def work() -> None:
        link = Link(timeout_s=5.0)
        theirs = await wired(link)
        number = 0
        for stream, cuts in rounds:
            if not link.connected:
                return
            got: list = []
            if link.idle:
                number += 1
                link.ask(REQUEST, lambda payload, error, got=got: got.append((payload, error)))
            sent = b"".join(stream)
            for part in parts(sent, cuts):
                link.data_received(part)
            for payload, error in got:
                assert bool(payload) != bool(error)
                if error is None:
                    assert (
                        struct.pack(">HHHBBB", number, 0, 3 + 2 * COUNT, UNIT, 3, 2 * COUNT) + payload in sent
                    )
        link.close()
        theirs.close()

    asyncio.run(work())


async def wired(link: Link):
    """Join a link to a socket that nobody answers on."""
    import socket

    one, other = socket.socketpair()
    await asyncio.get_running_loop().create_connection(lambda: link, sock=one)
    return other


def parts(data: bytes, cuts: list[int]):
    for size in cuts:
        if data:
            yield data[:size]
            data = data[size:]
    if data:
        yield data


@given(st.integers(0, 255), st.binary(min_size=1, max_size=60))
def test_an_answer_is_right_only_with_unit_function_length_and_count(unit, pdu):
    if wrong_answer(REQUEST, unit, pdu) is None:
        assert unit == UNIT and pdu[:2] == bytes((3, 2 * COUNT)) and len(pdu) == 2 + 2 * COUNT


@given(
    st.integers(0, 255),
    st.one_of(
        st.binary(min_size=1, max_size=12), st.tuples(st.integers(0, 2000), st.integers(0, 5)).map(echo)
    ),
)
def test_a_write_is_confirmed_by_its_own_echo_alone(unit, pdu):
    if wrong_answer(WRITE, unit, pdu) is None:
        assert (unit, pdu) == (UNIT, echo((ADDRESS, 2)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=12))
def test_a_device_that_answers_anything_at_all_brings_no_value_and_breaks_nothing(answers):
    """Random bytes on the wire instead of a device: the image keeps coming, without a value of it."""

    async def work() -> None:
        left = list(answers)

        async def serve(reader, writer):
            try:
                while await reader.read(300):
                    writer.write(left.pop() if left else b"\x00")
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        one = {"template": "library:meter-generic", "port": port, "timeout_s": 0.02, "period_s": 0.02}
        devices = Devices(campus_with({"grid.connection": one}))
        await devices.start()
        for _ in range(6):
            image = await devices.read(0.01)
            assert not isfinite(image.value("grid.connection.power_mw"))
            await asyncio.sleep(0.005)
        await devices.stop()
        server.close()

    asyncio.run(work())


@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 65_535), st.integers(0, 65_535))), max_size=80))
def test_a_walk_through_any_registers_ends(pairs):
    left = [(0x5375, 0x6E53), *pairs]

    async def read(address, count):
        assert 0 <= address <= 65_534
        return left.pop(0) if left else None

    for _, (address, length) in asyncio.run(find_models(read)).items():
        assert address >= 2 and length >= 2


@given(st.binary(max_size=200), st.sampled_from(["", "/power_mw", "/soc", "/set", "/power_mw/x", "nowhere"]))
def test_any_message_of_a_broker_is_a_finite_number_or_nothing(payload, topic):
    asyncio.run(taken(payload, topic))


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.integers()),
        lambda inner: st.dictionaries(
            st.sampled_from(["value", "utc_s", "power_mw", "soc"]), inner, max_size=3
        ),
        max_leaves=6,
    ),
    st.sampled_from(["", "/power_mw", "/soc"]),
)
def test_any_json_of_a_broker_is_a_finite_number_or_nothing(told, topic):
    asyncio.run(taken(json.dumps(told).encode(), topic))


async def taken(payload: bytes, topic: str) -> None:
    one = {"template": "library:bess-generic", "transport": "mqtt", "topic": "site/bess"}
    devices = Devices(campus_with({"battery.main": one}))
    devices.live["battery.main"].take("site/bess" + topic, payload)
    image = devices.freeze()
    for channel in ("power_mw", "soc"):
        value = image.value(f"battery.main.{channel}")
        assert isnan(value) or (isfinite(value) and (channel != "soc" or 0.0 <= value <= 1.0))
