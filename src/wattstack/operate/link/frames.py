"""Frames on the wire: one byte what it is, four bytes how long, the body; and measured values in the smallest room.

Needs    numpy, errors.
Gives    Frame, Cutter, pack, JSON, VALUES.
Used by  operate.link.server, client.

JSON frames carry messages. Frames of values carry float64 UTC, float32 values and uint8 qualities, in the order of the
last message `names`: 20,000 values are 100 kB.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import isfinite

import numpy as np

from wattstack.errors import StateError

JSON, VALUES = b"J", b"F"
MOST_BYTES = 4_000_000
_HEAD = struct.Struct(">cI")


@dataclass(frozen=True, slots=True)
class Frame:
    """Measured values of one moment.

    Attributes:
        utc_s: Seconds since 1970 UTC.
        values: float32 (channels,); NaN where there is none.
        quality: uint8 (channels,), of devices.Quality.
    """

    utc_s: float
    values: np.ndarray
    quality: np.ndarray

    def packed(self) -> bytes:
        """The body of the frame."""
        values = np.ascontiguousarray(self.values, dtype="<f4").tobytes()
        return struct.pack("<d", self.utc_s) + values + self.quality.astype(np.uint8).tobytes()

    @staticmethod
    def unpacked(body: bytes) -> Frame:
        """A frame from its body.

        Raises:
            StateError: Its length or its time cannot be.
        """
        count, rest = divmod(len(body) - 8, 5)
        if len(body) < 8 or rest:
            raise StateError(f"a frame of {len(body)} bytes cannot be: it must be 8 + 5 a channel.")
        utc_s = struct.unpack_from("<d", body)[0]
        if not isfinite(utc_s):
            raise StateError("a frame must have a time.")
        values = np.frombuffer(body, "<f4", count, 8).astype(np.float32)
        return Frame(utc_s, values, np.frombuffer(body, np.uint8, count, 8 + 4 * count))


def pack(kind: bytes, body: bytes) -> bytes:
    """A frame with its head."""
    return _HEAD.pack(kind, len(body)) + body


class Cutter:
    """Cuts a stream of bytes into frames."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._buffer, self._most = bytearray(), most_bytes

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """The frames that are whole now, as (kind, body).

        Raises:
            StateError: A frame of a kind that is not known, or longer than allowed: nothing of it is kept.
        """
        self._buffer += data
        frames = []
        while len(self._buffer) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._buffer)
            if kind not in (JSON, VALUES) or length > self._most:
                self._buffer.clear()
                raise StateError(f"a frame of kind {kind!r} and {length} bytes is refused.")
            if len(self._buffer) < _HEAD.size + length:
                break
            frames.append((kind, bytes(self._buffer[_HEAD.size : _HEAD.size + length])))
            del self._buffer[: _HEAD.size + length]
        return frames
