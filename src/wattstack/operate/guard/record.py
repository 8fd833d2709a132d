"""What the mind saw, heard and decided, cycle by cycle, on disk: so that a day can be decided again, bit for bit.

Needs    numpy, zstandard; operate.devices.Image; operate.guard.mind.
Gives    Recorder, digest_of; MAGIC, pack, KINDS for who reads it.
Used by  operate.guard.loop, replay.

A file holds an hour at most. It begins with the mind as it was, then come pieces of some seconds: images (values,
quality, age: every bit of them), what was asked between them, and of each decision its setpoints and a digest of all of
it. It is written beside the loop, each piece by a thread; the oldest files go where all would be larger than may be.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import pickle
import struct
import time
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.operate.devices import Image

if TYPE_CHECKING:
    from wattstack.operate.guard.mind import Decision, Mind

MAGIC = b"wattstack images 1\n"
HEAD, PIECE = b"H", b"P"
FILE_S = 3600.0
PIECE_S, PIECE_BYTES = 30.0, 4_000_000  # a piece is closed by what comes first; unpacked
LEVEL = 3


def digest_of(made: Decision) -> bytes:
    """16 bytes of all that a decision says, of every bit of its numbers."""
    text = json.dumps(
        {one.name: getattr(made, one.name) for one in fields(made)}, sort_keys=True, default=float
    )
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def pack(kind: bytes, told: dict[str, Any], *parts: bytes) -> bytes:
    """A piece: kind, length, and packed: JSON, then bytes."""
    import zstandard

    text = json.dumps(told).encode()
    body = zstandard.ZstdCompressor(LEVEL, write_checksum=True).compress(
        struct.pack(">I", len(text)) + text + b"".join(parts)
    )
    return kind + struct.pack(">I", len(body)) + body


class Recorder:
    """Records a mind at work.

    Args:
        folder: Of the files; made where it is missing.
        most_gb: All of them together.

    Attributes:
        wrong: Why nothing is recorded now; "" where it is.
        cycles: That were recorded.
    """

    def __init__(self, folder: Path, most_gb: float) -> None:
        self.folder, self.most_bytes = folder, most_gb * 1e9
        self.wrong, self.cycles = "", 0
        self._path: Path | None = None
        self._began_s = self._piece_s = float("-inf")
        self._rows: list[tuple[Image, float, dict[str, float], bytes]] = []
        self._heard: list[tuple[int, str, list[Any]]] = []
        self._bytes, self._names = 0, ()
        self._writing: asyncio.Future | None = None

    def heard(self, what: str, *words: Any) -> None:
        """Something reached the mind between two images; what stands in `words` is JSON."""
        if self._path is not None:
            self._heard.append((len(self._rows), what, list(words)))

    def begin(self, mind: Mind, image: Image) -> None:
        """To be called before the mind decides on an image: a file begins where there is none, or one that is full."""
        late = image.time_s - self._began_s >= FILE_S
        if not late and self._names == image.names and self._path is not None:
            return
        self._close_piece()
        moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(image.utc_s))
        self._path = self.folder / f"{moment}-{int(1e3 * image.time_s) % 10**9:09d}.images"
        self._began_s = self._piece_s = image.time_s
        self._names = image.names
        told = {"names": list(image.names), "version": version("wattstack"), "utc_s": image.utc_s}
        self._write(MAGIC + pack(HEAD, told, pickle.dumps(mind, protocol=5)))

    def decided(self, image: Image, date_s: float, made: Decision) -> None:
        """A decision on an image; the image is not changed after.

        Args:
            image: It was made on.
            date_s: UTC, as records are dated.
            made: The decision.
        """
        if self._path is None:
            return
        self._rows.append((image, date_s, dict(made.device_mw), digest_of(made)))
        self._bytes += 17 * len(image.values)
        self.cycles += 1
        if image.time_s - self._piece_s >= PIECE_S or self._bytes >= PIECE_BYTES:
            self._piece_s = image.time_s
            self._close_piece()

    def _close_piece(self) -> None:
        rows, heard = self._rows, self._heard
        self._rows, self._heard, self._bytes = [], [], 0
        if (rows or heard) and self._path is not None:
            self._write(lambda: _piece(rows, heard))

    def _write(self, made: Any) -> None:
        """Append to the file, one piece after the other, beside the loop."""
        path, before = self._path, self._writing

        async def one() -> None:
            if before is not None:
                await before
            try:
                await asyncio.to_thread(self._append, path, made)
                self.wrong = ""
            except OSError as error:
                self.wrong = f"images are not recorded: {error.strerror}"

        self._writing = asyncio.ensure_future(one())

    def _append(self, path: Path, made: Any) -> None:
        data = made() if callable(made) else made
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room(path, len(data))
        if not path.exists() and not data.startswith(MAGIC):
            return  # its beginning could not be written, or went to make room
        with open(path, "ab", opener=_private) as file:
            file.write(data)

    def _make_room(self, path: Path, more: int) -> None:
        """The oldest files go, where all would be larger than they may be."""
        files = sorted(self.folder.glob("*.images"))
        sizes = {one: one.stat().st_size for one in files}
        for one in files:
            if sum(sizes.values()) + more <= self.most_bytes or one == path:
                return
            one.unlink()
            del sizes[one]

    def pause(self) -> None:
        """The file ends: the mind decides on without being recorded, or not at all."""
        self._close_piece()
        self._path = None

    async def close(self) -> None:
        """Write what is left."""
        self.pause()
        if self._writing is not None:
            await self._writing


def _private(name: str, flags: int) -> int:
    import os

    return os.open(name, flags, 0o600)


def _piece(rows: list[tuple], heard: list[tuple]) -> bytes:
    """Images as columns: what does not change, or is alike in two channels, stands there once."""
    told: dict[str, Any] = {"count": len(rows), "heard": heard}
    if not rows:
        return pack(PIECE, told)
    parts: list[bytes] = []
    told["devices"] = list(dict.fromkeys(path for _, _, device_mw, _ in rows for path in device_mw))
    moments = np.array([[i.time_s, i.utc_s, date_s] for i, date_s, _, _ in rows])
    parts.append(moments.tobytes())
    for name, kind in (("values", "<f8"), ("quality", "<i8"), ("asked_s", "<f8")):
        whole = np.stack([getattr(image, name) for image, _, _, _ in rows]).astype(kind)
        columns = np.ascontiguousarray(whole.T)
        places: dict[bytes, int] = {}
        told[name] = [places.setdefault(column.tobytes(), len(places)) for column in columns]
        parts += list(places)
    told["setpoints"] = [[device_mw.get(path) for path in told["devices"]] for _, _, device_mw, _ in rows]
    parts.append(b"".join(digest for _, _, _, digest in rows))
    return pack(PIECE, told, *parts)
