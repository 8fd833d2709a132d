"""One Modbus TCP connection: a cycle of prepared requests, one in flight, every answer proved to be the one asked for.

Needs    asyncio, errors.
Gives    Link, Request, read_request, write_request, wrong_answer.
Used by  operate.devices: device, transport, rtu.

What other clients got wrong and this one cannot: an answer that comes after its deadline is known by its number and
thrown away, never taken for the next one; length, unit and function are checked; a dead device costs its own deadline
and no more; nothing is pipelined unless asked for. Modbus Application Protocol 1.1b3, Modbus Messaging on TCP/IP 1.0b.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wattstack.errors import StateError

READ_HOLDING, READ_INPUT, WRITE_MULTIPLE = 3, 4, 16
MOST_READ, MOST_WRITE = 125, 123
_HEADER = struct.Struct(">HHHB")
_LONGEST = 260  # bytes of a whole frame


@dataclass(frozen=True, slots=True)
class Request:
    """A request, ready but for its number.

    Attributes:
        unit: Unit identifier.
        pdu: Function code and data.
        answer_bytes: Length of the data of a right answer, function code included.
        echo: What a right answer begins with after the function code (writes).
    """

    unit: int
    pdu: bytes
    answer_bytes: int
    echo: bytes = b""


def read_request(unit: int, function: int, address: int, count: int) -> Request:
    """Read `count` registers from `address` on, 1 <= count <= 125."""
    if (
        function not in (READ_HOLDING, READ_INPUT)
        or not 1 <= count <= MOST_READ
        or not 0 <= address <= 65_536 - count
    ):
        raise StateError(
            f"function {function}, address {address}, count {count} is no read of 1 .. {MOST_READ} registers."
        )
    return Request(unit, struct.pack(">BHH", function, address, count), 2 + 2 * count)


def write_request(unit: int, address: int, registers: tuple[int, ...]) -> Request:
    """Write registers in one request (function 16), 1 .. 123 of them: the device takes all or none."""
    count = len(registers)
    if not 1 <= count <= MOST_WRITE or not 0 <= address <= 65_536 - count:
        raise StateError(f"address {address}, count {count} is no write of 1 .. {MOST_WRITE} registers.")
    head = struct.pack(">BHHB", WRITE_MULTIPLE, address, count, 2 * count)
    return Request(unit, head + struct.pack(f">{count}H", *registers), 5, head[1:5])


class Link(asyncio.Protocol):
    """The connection. Requests wait in a queue; the next one goes out when the last is answered or its time is over.

    Args:
        timeout_s: Time for one answer.
        gap_s: Rest between an answer and the next request: slow devices need it.
        on_lost: Called once when the connection ends.

    A request is answered by calling `done(payload, error)`: payload = bytes after function code (and byte count for
    reads), error None; or b"" and the reason.
    """

    def __init__(
        self, timeout_s: float = 0.3, gap_s: float = 0.0, on_lost: Callable[[str], None] | None = None
    ) -> None:
        self.timeout_s, self.gap_s, self._on_lost = timeout_s, gap_s, on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._queue: deque[tuple[Request, Callable[[bytes, str | None], None]]] = deque()
        self._first: deque[tuple[Request, Callable[[bytes, str | None], None]]] = deque()
        self._flying: tuple[int, Request, Callable[[bytes, str | None], None]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._resting = False
        self._number = 0
        self._buffer = b""
        self.late = self.foreign = self.timeouts = 0

    @property
    def connected(self) -> bool:
        """Whether it can send."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def idle(self) -> bool:
        """Nothing in flight, nothing waiting."""
        return self._flying is None and not self._queue and not self._first

    def ask(self, request: Request, done: Callable[[bytes, str | None], None], first: bool = False) -> None:
        """Send it when its turn comes; `first`: before all reads that wait, commands in their own order."""
        (self._first if first else self._queue).append((request, done))
        self._next()

    def close(self) -> None:
        """End the connection at once: a dead device would never take what waits to be sent."""
        if self._transport is not None:
            _forget(self._transport)
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport  # type: ignore[assignment]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: whoever waits is told."""
        self._transport = None
        reason = f"connection lost: {exc}" if exc else "connection closed"
        self._settle(b"", reason)
        for waiting in (self._first, self._queue):
            while waiting:
                waiting.popleft()[1](b"", reason)
        if self._on_lost is not None:
            self._on_lost(reason)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: frames come in parts, or several at once."""
        buffer = self._buffer + data if self._buffer else data
        while len(buffer) >= 8:
            number, protocol, length, unit = _HEADER.unpack_from(buffer)
            if protocol != 0 or not 2 <= length <= _LONGEST - 6:
                self._buffer = b""
                self.foreign += 1
                self._transport.abort()  # the frame borders are lost for good
                return
            if len(buffer) < 6 + length:
                break
            self._frame(number, unit, buffer[7 : 6 + length])
            buffer = buffer[6 + length :]
        self._buffer = buffer

    def _frame(self, number: int, unit: int, pdu: bytes) -> None:
        if self._flying is None or number != self._flying[0]:
            self.late += 1  # its deadline is over: whose answer it is no longer matters
            return
        request = self._flying[1]
        error = wrong_answer(request, unit, pdu)
        skip = 2 if request.pdu[0] in (READ_HOLDING, READ_INPUT) else 1
        self._settle(b"" if error else pdu[skip:], error)

    def _settle(self, payload: bytes, error: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._flying is None:
            return
        done = self._flying[2]
        self._flying = None
        if self.gap_s > 0.0 and self._transport is not None:
            self._resting = True
            self._loop.call_later(self.gap_s, self._rested)
        done(payload, error)
        self._next()

    def _rested(self) -> None:
        self._resting = False
        self._next()

    def _next(self) -> None:
        waiting = self._first or self._queue
        if self._flying is not None or self._resting or not waiting or not self.connected:
            return
        request, done = waiting.popleft()
        self._number = (self._number + 1) & 0xFFFF
        self._flying = self._number, request, done
        self._timer = self._loop.call_later(self.timeout_s, self._late)
        self._transport.write(_HEADER.pack(self._number, 0, len(request.pdu) + 1, request.unit) + request.pdu)

    def _late(self) -> None:
        self.timeouts += 1
        self._timer = None
        self._settle(b"", f"no answer within {self.timeout_s:g} s")


def _forget(transport: asyncio.Transport) -> None:
    """Let the system throw away what it has not sent yet: a setpoint that comes late may be another one's by then."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


_CODES = {
    1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 5: "acknowledged, still busy",
    6: "busy", 8: "memory parity error", 10: "gateway has no path", 11: "device behind the gateway does not answer",
}  # fmt: skip


def wrong_answer(request: Request, unit: int, pdu: bytes) -> str | None:
    """What is wrong with an answer; None where it is the right one."""
    asked = request.pdu[0]
    if unit != request.unit:
        return f"answer of unit {unit}, asked unit {request.unit}"
    if pdu[0] == asked | 0x80:
        code = pdu[1] if len(pdu) > 1 else 0
        return f"exception {code}: {_CODES.get(code, 'unknown')}"
    if pdu[0] != asked:
        return f"answer to function {pdu[0]}, asked function {asked}"
    if len(pdu) != request.answer_bytes:
        return f"answer of {len(pdu)} bytes, must be {request.answer_bytes}"
    if asked in (READ_HOLDING, READ_INPUT) and pdu[1] != request.answer_bytes - 2:
        return f"answer counts {pdu[1]} bytes, must be {request.answer_bytes - 2}"
    if not pdu[1:].startswith(request.echo):
        return "answer to another write"
    return None
