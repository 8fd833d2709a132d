"""The lean server against a client of others, and requests that are none."""

from __future__ import annotations

import asyncio
import contextlib
import struct

from hypothesis import given
from hypothesis import strategies as st

from wattstack.operate.simulated import Port
from wattstack.operate.simulated.server import answer_of


class Table:
    """A hundred registers from 0 on."""

    def __init__(self) -> None:
        self.registers = list(range(100))

    def read(self, function, address, count):
        if address + count > 100:
            return 2
        return struct.pack(f">{count}H", *self.registers[address : address + count])

    def write(self, address, registers):
        if address + len(registers) > 100:
            return 2
        self.registers[address : address + len(registers)] = registers
        return 0

    def spoil(self, unit, pdu):
        return 0.0, unit, pdu


def test_a_client_of_others_reads_and_writes_two_units_of_a_port():
    async def work():
        from pymodbus.client import AsyncModbusTcpClient

        one, two = Table(), Table()
        port = Port("127.0.0.1", 0, {1: one, 2: two})
        await port.open()
        client = AsyncModbusTcpClient("127.0.0.1", port=port.port, timeout=1, retries=0)
        await client.connect()
        assert (await client.read_holding_registers(5, count=3, device_id=1)).registers == [5, 6, 7]
        assert not (await client.write_registers(5, [70, 71], device_id=2)).isError()
        assert not (await client.write_register(7, 72, device_id=2)).isError()
        assert (await client.read_input_registers(4, count=4, device_id=2)).registers == [4, 70, 71, 72]
        assert one.registers == list(range(100))
        assert (await client.read_holding_registers(99, count=3, device_id=1)).exception_code == 2
        assert (await client.write_registers(99, [1, 2], device_id=1)).exception_code == 2
        assert (await client.read_coils(0, count=3, device_id=1)).exception_code == 1
        assert (await client.read_holding_registers(0, count=3, device_id=9)).exception_code == 10
        client.close()
        await port.shut()

    asyncio.run(asyncio.wait_for(work(), 15))


@given(
    st.one_of(
        st.binary(min_size=1, max_size=260),
        st.builds(lambda f, b: bytes((f,)) + b, st.sampled_from([3, 4, 6, 16]), st.binary(max_size=20)),
    )
)
def test_any_request_gets_an_answer_or_an_exception(pdu):
    answer = answer_of(Table(), pdu)
    assert answer[0] in (pdu[0], pdu[0] | 0x80) and len(answer) <= 253


def test_requests_in_parts_are_put_together_and_what_is_no_frame_ends_the_connection():
    async def work():
        port = Port("127.0.0.1", 0, {1: Table()})
        await port.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        whole = struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 5, 1) * 2
        for part in (whole[:3], whole[3:10], whole[10:]):
            writer.write(part)
            await asyncio.sleep(0.02)
        assert await reader.readexactly(22) == struct.pack(">HHHBBBH", 7, 0, 5, 1, 3, 2, 5) * 2
        writer.write(b"\xff" * 20)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        await port.shut()
        await port.shut()

    asyncio.run(asyncio.wait_for(work(), 15))
