"""Modbus RTU: a serial line that several units share, one request at a time.

Needs    pymodbus (serial port in the loop, checksum), pyserial; operate.devices.link.
Gives    SerialLine, SerialCarrier, open_serial.
Used by  operate.devices.transport.

A frame of RTU has no number. So an answer that comes after its deadline cannot be told from the next one by looking at
it; after a deadline the line is left alone until the late answer is surely over, and what comes meanwhile is thrown
away. Length is known from the request; unit, function, count and checksum are proved as on TCP. Modbus over Serial Line
1.02.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from wattstack.errors import InputError
from wattstack.operate.devices.link import READ_HOLDING, READ_INPUT, Request, wrong_answer

if TYPE_CHECKING:
    from wattstack.campus import Device

Done = Callable[[bytes, str | None], None]
_EXCEPTION_BYTES = 5  # unit, function, code, checksum
SILENCE_CHARS = 3.5  # between two frames
BITS = 11  # of a character with start, stop and parity


class SerialLine(asyncio.Protocol):
    """One line.

    Args:
        baud: Bits a second.
        on_closed: Called when it ended.
    """

    def __init__(self, baud: int, on_closed: Callable[[str], None]) -> None:
        self._loop, self._on_closed = asyncio.get_running_loop(), on_closed
        self._rest_s = max(SILENCE_CHARS * BITS / baud, 0.00175)  # 1.75 ms above 19,200, as the standard says
        self._transport: asyncio.Transport | None = None
        self._queue: deque[tuple[Request, Done, float, float]] = deque()
        self._first: deque[tuple[Request, Done, float, float]] = deque()
        self._flying: tuple[Request, Done, float, float] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._resting = False
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: whoever waits is told."""
        self._transport = None
        reason = f"serial line lost: {exc}" if exc else "serial line closed"
        self._settle(b"", reason)
        for waiting in (self._first, self._queue):
            while waiting:
                waiting.popleft()[1](b"", reason)
        self._on_closed(reason)

    def ask(self, request: Request, done: Done, times: tuple[float, float], first: bool = False) -> None:
        """Send it when the line is free; times: seconds to wait for the answer, and to rest after it."""
        (self._first if first else self._queue).append((request, done, *times))
        self._next()

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: a frame comes in parts."""
        if self._flying is None:
            return  # late: its deadline is over
        self._buffer += data
        request = self._flying[0]
        is_exception = len(self._buffer) > 1 and self._buffer[1] & 0x80
        wanted = _EXCEPTION_BYTES if is_exception else request.answer_bytes + 3
        if len(self._buffer) < wanted:
            return
        frame, rest = self._buffer[:wanted], self._buffer[wanted:]
        error = "more bytes than the answer has" if rest else _checked(frame)
        error = error or wrong_answer(request, frame[0], frame[1:-2])
        skip = 2 if request.pdu[0] in (READ_HOLDING, READ_INPUT) else 1
        self._settle(b"" if error else frame[1 + skip : -2], error)

    def _settle(self, payload: bytes, error: str | None, rest_s: float = 0.0) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._flying is None:
            return
        _, done, _, gap_s = self._flying
        self._flying, self._buffer, self._resting = None, b"", True
        self._loop.call_later(max(self._rest_s, gap_s, rest_s), self._rested)
        done(payload, error)

    def _rested(self) -> None:
        self._resting = False
        self._next()

    def _next(self) -> None:
        waiting = self._first or self._queue
        if self._flying is not None or self._resting or not waiting or self._transport is None:
            return
        self._flying = waiting.popleft()
        request, _, timeout_s, _ = self._flying
        self._buffer = b""
        self._timer = self._loop.call_later(timeout_s, self._late)
        frame = bytes((request.unit,)) + request.pdu
        self._transport.write(frame + checksum(frame))

    def _late(self) -> None:
        self._timer = None
        timeout_s = self._flying[2]
        self._settle(b"", f"no answer within {timeout_s:g} s", rest_s=timeout_s)


class SerialCarrier:
    """What one device sees of a line."""

    def __init__(self, line: SerialLine, device: Device, on_close: Callable[[], None]) -> None:
        self._line, self._times, self._on_close = line, (device.timeout_s, device.gap_s), on_close

    def ask(self, request: Request, done: Done, first: bool = False) -> None:
        """Send it when its turn comes."""
        self._line.ask(request, done, self._times, first)

    def close(self) -> None:
        """Leave the line; the last one closes it."""
        self._on_close()


_lines: dict[str, tuple[SerialLine, set[Callable[[str], None]]]] = {}


async def open_serial(device: Device, on_lost: Callable[[str], None]) -> SerialCarrier:
    """Open the line of a device, or join those that speak on it.

    Raises:
        OSError: There is no such line, or it is taken.
        InputError: What is needed for serial lines is not installed.
    """
    try:
        from pymodbus.transport.serialtransport import SerialTransport
    except ImportError:
        raise InputError(
            "devices", ["transport: rtu needs pymodbus. Run: pip install wattstack[operate]."]
        ) from None
    if device.line not in _lines:
        members: set[Callable[[str], None]] = set()

        def closed(why: str) -> None:
            _lines.pop(device.line, None)
            for member in tuple(members):
                member(why)

        line = SerialLine(device.baud, closed)
        loop = asyncio.get_running_loop()
        transport = SerialTransport(loop, line, device.serial, device.baud, 8, device.parity[0].upper(), 1, 0)
        transport.setup()
        line.connection_made(transport)
        _lines[device.line] = line, members
    line, members = _lines[device.line]
    members.add(on_lost)

    def leave() -> None:
        members.discard(on_lost)
        if not members:
            _lines.pop(device.line, None)
            line.close()

    return SerialCarrier(line, device, leave)


def checksum(frame: bytes) -> bytes:
    """The two bytes at the end of a frame.

    Example:
        >>> checksum(bytes.fromhex("010300000001")).hex()
        '840a'
    """
    from pymodbus.framer.rtu import FramerRTU

    return FramerRTU.compute_CRC(frame).to_bytes(2, "big")


def _checked(frame: bytes) -> str | None:
    return None if checksum(frame[:-2]) == frame[-2:] else "checksum of the answer is wrong"
