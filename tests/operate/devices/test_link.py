"""One Modbus TCP connection, against a server of pymodbus and against one that answers wrongly on purpose."""

from __future__ import annotations

import asyncio
import itertools
import struct

import pytest

from wattstack.operate.devices import Link, read_request, write_request
from wattstack.operate.devices.link import READ_HOLDING, Request


async def ask(link: Link, request: Request) -> tuple[bytes, str | None]:
    answer = asyncio.get_running_loop().create_future()
    link.ask(request, lambda payload, error: answer.set_result((payload, error)))
    return await answer


async def wrong_server(answer):
    """A server that answers each request with answer(number, unit, pdu) -> list of (wait_s, bytes)."""

    async def serve(reader, writer):
        try:
            while True:
                number, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                pdu = await reader.readexactly(length - 1)
                for wait_s, data in answer(number, unit, pdu):
                    await asyncio.sleep(wait_s)
                    writer.write(data)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def linked(port: int, **more) -> Link:
    _, link = await asyncio.get_running_loop().create_connection(lambda: Link(**more), "127.0.0.1", port)
    return link


def frame(number: int, unit: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu


def registers(pdu: bytes, shift: int = 0) -> bytes:
    """A right answer: every register holds its own address + shift."""
    address, count = struct.unpack(">HH", pdu[1:5])
    return struct.pack(f">BB{count}H", pdu[0], 2 * count, *(address + k + shift for k in range(count)))


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


def test_what_is_written_to_a_server_of_others_is_read_back():
    async def work():
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        device = SimDevice(1, simdata=[SimData(0, count=200, values=7, datatype=DataType.REGISTERS)])
        server = ModbusTcpServer(device, address=("127.0.0.1", 15_502))
        await server.serve_forever(background=True)
        link = await linked(15_502)
        assert await ask(link, write_request(1, 10, (1, 2, 3))) == (struct.pack(">HH", 10, 3), None)
        payload, error = await ask(link, read_request(1, READ_HOLDING, 9, 5))
        assert (struct.unpack(">5H", payload), error) == ((7, 1, 2, 3, 7), None)
        _, error = await ask(link, read_request(1, READ_HOLDING, 30_000, 5))
        assert error == "exception 2: illegal address"
        link.close()
        await server.shutdown()

    run(work())


def test_an_answer_after_its_deadline_is_never_taken_for_the_next_one():
    async def work():
        calls = []

        def answer(number, unit, pdu):
            calls.append(number)
            return [(0.15 if len(calls) == 1 else 0.0, frame(number, unit, registers(pdu)))]

        server, port = await wrong_server(answer)
        link = await linked(port, timeout_s=0.1)
        assert (await ask(link, read_request(1, READ_HOLDING, 100, 2)))[1] == "no answer within 0.1 s"
        payload, error = await ask(link, read_request(1, READ_HOLDING, 500, 2))
        assert (struct.unpack(">2H", payload), error, link.late) == ((500, 501), None, 1)
        link.close()
        server.close()

    run(work())


WRONG = {
    "a short answer": (lambda n, u, p: frame(n, u, registers(p)[:-2]), "must be 6"),
    "a byte count that lies": (
        lambda n, u, p: frame(n, u, bytes([3, 9]) + registers(p)[2:]),
        "counts 9 bytes",
    ),
    "another unit": (lambda n, u, p: frame(n, u + 1, registers(p)), "answer of unit 2"),
    "another function": (lambda n, u, p: frame(n, u, bytes([4]) + registers(p)[1:]), "asked function 3"),
    "an exception": (lambda n, u, p: frame(n, u, bytes([0x83, 6])), "exception 6: busy"),
    "another number": (lambda n, u, p: frame(n + 7, u, registers(p)), "no answer within"),
    "no frame at all": (lambda n, u, p: b"\xff" * 40, "connection"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_brings_no_value(kind):
    async def work():
        make, told = WRONG[kind]
        server, port = await wrong_server(lambda n, u, p: [(0.0, make(n, u, p))])
        link = await linked(port, timeout_s=0.2)
        payload, error = await ask(link, read_request(1, READ_HOLDING, 5, 2))
        assert payload == b"" and told in error
        link.close()
        server.close()

    run(work())


def test_frames_in_parts_and_several_at_once_are_put_together():
    async def work():
        def answer(number, unit, pdu):
            whole = frame(number - 1, unit, registers(pdu, 9)) + frame(number, unit, registers(pdu))
            return [(0.0, whole[:5]), (0.02, whole[5:20]), (0.02, whole[20:])]

        server, port = await wrong_server(answer)
        link = await linked(port, timeout_s=0.5)
        payload, error = await ask(link, read_request(1, READ_HOLDING, 5, 2))
        assert (struct.unpack(">2H", payload), error) == ((5, 6), None)
        link.close()
        server.close()

    run(work())


def test_a_lost_connection_is_told_to_all_who_wait():
    async def work():
        told = []
        server, port = await wrong_server(lambda n, u, p: [])
        link = await linked(port, timeout_s=5.0, on_lost=told.append)
        link.ask(read_request(1, READ_HOLDING, 5, 2), lambda payload, error: told.append(error))
        link.ask(read_request(1, READ_HOLDING, 9, 2), lambda payload, error: told.append(error))
        await asyncio.sleep(0.02)
        link.close()
        await asyncio.sleep(0.02)
        assert told == ["connection closed"] * 3 and not link.connected
        server.close()

    run(work())


def test_a_command_goes_before_reads_and_the_gap_is_kept():
    async def work():
        seen = []
        loop = asyncio.get_running_loop()

        def answer(number, unit, pdu):
            seen.append((pdu[0], loop.time()))
            return [(0.0, frame(number, unit, registers(pdu) if pdu[0] == 3 else pdu[:5]))]

        server, port = await wrong_server(answer)
        link = await linked(port, gap_s=0.05)
        done = loop.create_future()
        link.ask(read_request(1, READ_HOLDING, 5, 2), lambda payload, error: None)
        link.ask(read_request(1, READ_HOLDING, 7, 2), lambda payload, error: done.set_result(error))
        link.ask(write_request(1, 3, (1,)), lambda payload, error: None, first=True)
        assert await done is None
        assert [function for function, _ in seen] == [3, 16, 3]
        assert all(later - before >= 0.045 for (_, before), (_, later) in itertools.pairwise(seen))
        link.close()
        server.close()

    run(work())
