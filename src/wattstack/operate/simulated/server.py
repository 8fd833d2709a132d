"""A lean Modbus TCP server: registers as bytes, several units on a port, answers that may be spoilt on purpose.

Needs    asyncio.
Gives    Served, Port, answer_of.
Used by  operate.simulated.device, run; benchmarks.

A read is a slice of bytes behind a header. What a unit does with a write, and how its answers are spoilt, is its own.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import Protocol

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, FAILURE, NO_PATH = 1, 2, 3, 4, 10
_HEADER = struct.Struct(">HHHB")


class Served(Protocol):
    """One unit behind a port."""

    def read(self, function: int, address: int, count: int) -> bytes | int:
        """The registers, or the number of an exception."""

    def write(self, address: int, registers: tuple[int, ...]) -> int:
        """Take registers; 0, or the number of an exception."""

    def spoil(self, unit: int, pdu: bytes) -> tuple[float, int, bytes] | None:
        """What becomes of an answer: (seconds until it goes out, its unit, its bytes); None: nothing goes out."""


class _Speaker(asyncio.Protocol):
    """One connection."""

    def __init__(self, units: Mapping[int, Served], open_ones: set[asyncio.Transport]) -> None:
        self._units, self._open = units, open_ones
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._open.add(transport)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        while len(buffer) >= 8:
            number, protocol, length, unit = _HEADER.unpack_from(buffer)
            if protocol != 0 or not 2 <= length <= 254:
                self._transport.abort()
                return
            if len(buffer) < 6 + length:
                break
            self._answer(number, unit, buffer[7 : 6 + length])
            buffer = buffer[6 + length :]
        self._buffer = buffer

    def _answer(self, number: int, unit: int, pdu: bytes) -> None:
        served = self._units.get(unit)
        if served is None:
            self._send(number, unit, bytes((pdu[0] | 0x80, NO_PATH)))
            return
        made = served.spoil(unit, answer_of(served, pdu))
        if made is None:
            return
        wait_s, unit, out = made
        if wait_s > 0.0:
            asyncio.get_running_loop().call_later(wait_s, self._send, number, unit, out)
        else:
            self._send(number, unit, out)

    def _send(self, number: int, unit: int, pdu: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(_HEADER.pack(number, 0, len(pdu) + 1, unit) + pdu)


def answer_of(served: Served, pdu: bytes) -> bytes:
    """The right answer to a request."""
    function = pdu[0]
    if function in (READ_HOLDING, READ_INPUT) and len(pdu) == 5:
        address, count = struct.unpack(">HH", pdu[1:])
        if not 1 <= count <= 125:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        got = served.read(function, address, count)
        return bytes((function | 0x80, got)) if isinstance(got, int) else bytes((function, 2 * count)) + got
    if function == WRITE_ONE and len(pdu) == 5:
        address, value = struct.unpack(">HH", pdu[1:])
        error = served.write(address, (value,))
        return bytes((function | 0x80, error)) if error else pdu
    if function == WRITE_MANY and len(pdu) >= 8:
        address, count, size = struct.unpack(">HHB", pdu[1:6])
        if not 1 <= count <= 123 or size != 2 * count or len(pdu) != 6 + size:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        error = served.write(address, struct.unpack(f">{count}H", pdu[6:]))
        return bytes((function | 0x80, error)) if error else pdu[:5]
    return bytes((function | 0x80, ILLEGAL_FUNCTION))


class Port:
    """A port with the units behind it; it can be shut and opened again, as a device that restarts.

    Args:
        host, port: Where it listens; port 0: any that is free, `port` says which.
        units: By unit identifier.
    """

    def __init__(self, host: str, port: int, units: Mapping[int, Served]) -> None:
        self.host, self.port, self.units = host, port, units
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Transport] = set()

    async def open(self) -> None:
        """Listen.

        Raises:
            OSError: The port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Speaker(self.units, self._open), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Hear nobody any more, and end what is open."""
        if self._server is not None:
            self._server.close()
            for transport in tuple(self._open):
                transport.abort()
            await self._server.wait_closed()
            self._server = None
