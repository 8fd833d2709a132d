"""Fifteen minutes of one signal as a few bytes: steps of a register where it came from one, else its bytes sorted.

Needs    numpy, zstandard.
Gives    pack, unpack.
Used by  operate.historian.store.

Values of a site come from registers: they are whole numbers times 1, 0.1, 0.01 ... Such a chunk is kept as the changes
of those whole numbers, in the fewest bytes. What is no such number (means, estimates) is kept as single precision with
equal bytes of neighbouring values beside each other. Both come back bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattstack.errors import StateError

# first byte of a chunk: how it is kept; for _STEPS the second is the number of decimals
_BYTES, _STEPS = 0, 1
_MOST_DECIMALS = 6
_LARGEST = 2**24  # whole numbers that single precision holds
_LEVEL = 3


def pack(values: np.ndarray) -> Iterator[bytes]:
    """Chunks of many signals.

    Args:
        values: float32, NaN where nothing is known, shape (samples, signals).

    Yields:
        The bytes of each signal.
    """
    import zstandard

    press = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True, write_checksum=True).compress
    columns = np.ascontiguousarray(values.T, dtype=np.float32)
    decimals = _decimals(columns)
    for column, places in zip(columns, decimals, strict=True):
        if places < 0:
            yield bytes([_BYTES]) + press(column.view(np.uint8).reshape(-1, 4).T.tobytes())
            continue
        known = ~np.isnan(column)
        steps = np.rint(column[known].astype(float) * 10.0**places).astype(np.int64)
        changes = np.diff(steps, prepend=0)
        most = int(np.abs(changes[1:]).max(initial=0))
        kind = 1 if most < 2**7 else 2 if most < 2**15 else 4
        first = int(changes[0]).to_bytes(4, "little", signed=True) if changes.size else b""
        rest = changes[1:].astype(f"<i{kind}").view(np.uint8).reshape(-1, kind).T.tobytes()
        mask = b"" if known.all() else np.packbits(known).tobytes()
        yield bytes([_STEPS, places, kind, bool(mask)]) + press(first + mask + rest)


def unpack(chunk: bytes, count: int) -> np.ndarray:
    """The values of one chunk, float32, shape (count,).

    Raises:
        StateError: The bytes are no chunk of that many values.
    """
    import zstandard

    open_ = zstandard.ZstdDecompressor().decompress
    try:
        if chunk[0] == _BYTES:
            raw = np.frombuffer(open_(chunk[1:]), np.uint8).reshape(4, count)
            return np.ascontiguousarray(raw.T).view(np.float32).ravel()
        places, kind, masked = chunk[1], chunk[2], chunk[3]
        raw = open_(chunk[4:])
        if count > 8 * len(raw):  # before room is made for them
            raise ValueError("it is too short")
        known = np.ones(count, dtype=bool)
        at = 4
        if masked:
            width = -(-count // 8)
            at = 4 if len(raw) > width else 0
            known = np.unpackbits(np.frombuffer(raw, np.uint8, width, at), count=count).astype(bool)
            at += width
        values = np.full(count, np.nan, dtype=np.float32)
        if known.any():
            first = int.from_bytes(raw[:4], "little", signed=True)
            bytes_ = np.frombuffer(raw, np.uint8, offset=at).reshape(kind, -1)
            changes = np.ascontiguousarray(bytes_.T).view(f"<i{kind}").ravel().astype(np.int64)
            values[known] = np.concatenate([[first], first + np.cumsum(changes)]) / 10.0**places
        return values
    except (ValueError, TypeError, IndexError, zstandard.ZstdError) as error:
        raise StateError(f"a chunk does not hold {count} values: {error}.") from None


def _decimals(columns: np.ndarray) -> np.ndarray:
    """Fewest decimals that give every value of a signal back bit for bit; -1 where there are none, shape (signals,)."""
    found = np.full(len(columns), -1)
    open_ = np.arange(len(columns))
    for places in range(_MOST_DECIMALS + 1):
        part = columns[open_].astype(float)
        missing = np.isnan(part)
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.rint(part * 10.0**places) + 0.0
            # minus zero and the infinities have no step that gives them back
            back = (steps / 10.0**places).astype(np.float32)
            same = (back.view(np.uint32) == columns[open_].view(np.uint32)) & (np.abs(steps) < _LARGEST)
        plain = np.isnan(columns[open_]) & (
            columns[open_].view(np.uint32) == np.float32(np.nan).view(np.uint32)
        )
        fits = (same | (missing & plain)).all(axis=1)
        found[open_[fits]] = places
        open_ = open_[~fits]
        if not open_.size:
            break
    return found
