"""A recorded day decided again: the same images and requests into a mind as it was, and each decision held against the
recorded one, bit for bit.

Needs    operate.devices.Image; operate.link.Request; operate.guard: record, memory, mind.
Gives    decide_again, Replayed, Difference.
Used by  cli.history.

A file begins with the mind as it was. Only what a mind is made of is taken from it: no other code is run.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.errors import InputError
from wattstack.operate.devices import Image
from wattstack.operate.guard.memory import follow, recall
from wattstack.operate.guard.record import HEAD, MAGIC, PIECE, digest_of
from wattstack.operate.link import Request

PLAIN = {
    ("collections", "OrderedDict"), ("collections", "deque"), ("datetime", "datetime"), ("datetime", "timedelta"),
    ("datetime", "timezone"), ("datetime", "date"), ("numpy", "dtype"), ("numpy", "ndarray"), ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"), ("zoneinfo", "ZoneInfo"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"), ("numpy._core.numeric", "_frombuffer"), ("builtins", "frozenset"),
    ("builtins", "set"), ("builtins", "bytearray"),
}  # fmt: skip
GAP = (
    "The guard stood still, or was killed: what it did in its last seconds (30 at most) was not written yet."
)


@dataclass(frozen=True)
class Difference:
    """The first decision that is another one.

    Attributes:
        file: It is recorded in. cycle: Its number there, 0 first.
        utc_s: Its date.
        recorded_mw, decided_mw: Setpoints by device.
    """

    file: str
    cycle: int
    utc_s: float
    recorded_mw: dict[str, float]
    decided_mw: dict[str, float]


@dataclass(frozen=True)
class Replayed:
    """What came of it.

    Attributes:
        cycles: Decisions that were compared.
        files: That were read.
        start_s, end_s: Dates of the first and the last of them; NaN where there is none.
        first: That differs; None where all are equal.
        notes: What else is to be known: other versions, files that end early, times between files without a record.
    """

    cycles: int
    files: int
    start_s: float
    end_s: float
    first: Difference | None
    notes: tuple[str, ...] = ()


def decide_again(folder: Path, start_s: float = float("-inf"), end_s: float = float("inf")) -> Replayed:
    """Decide recorded cycles again.

    Args:
        folder: With the files of a recorder.
        start_s, end_s: Dates, UTC: those between are compared; those before them, in the same file, are decided too.

    Raises:
        InputError: There are no such files, or one is none of them.
    """
    files = sorted(folder.glob("*.images"))
    if not files:
        raise InputError(
            str(folder),
            ["has no recorded images, must be FOLDER/images of a live site. See operate.record_gb."],
        )
    cycles, read, dates, notes = 0, 0, [], []
    began_s = last_s = period_s = float("nan")  # of the file before: nothing is a gap after nan
    for place, file in enumerate(files):
        begins_s = _begins(file)
        next_s = _begins(files[place + 1]) if place + 1 < len(files) else float("inf")
        if begins_s >= end_s or next_s <= start_s:
            continue
        read += 1
        for found in _again(file, notes):
            number, date_s, recorded, made, same = found
            if number == 0:
                if date_s - last_s > 2.0 * period_s:
                    notes.append(
                        f"{file.name}: nothing is recorded of the {date_s - last_s:.1f} s before it. {GAP}"
                    )
                began_s = date_s
            else:
                period_s = (date_s - began_s) / number
            last_s = date_s
            if not start_s <= date_s < end_s:
                continue
            cycles += 1
            dates.append(date_s)
            if not same:
                first = Difference(file.name, number, date_s, recorded, dict(made.device_mw))
                return Replayed(cycles, read, dates[0], date_s, first, tuple(notes))
    ends = (dates[0], dates[-1]) if dates else (float("nan"), float("nan"))
    return Replayed(cycles, read, *ends, None, tuple(notes))


def _again(file: Path, notes: list[str]) -> Iterator[tuple]:
    """Number, date, recorded setpoints, decision, and whether it is the recorded one, of each cycle of a file."""
    pieces = _pieces(file, notes)
    kind, told, data = next(pieces, (b"", {}, b""))
    if kind != HEAD:
        raise InputError(str(file), ["does not begin with a mind, must be a file of recorded images."])
    if told["version"] != version("wattstack"):
        notes.append(f"{file.name} was recorded by version {told['version']}, this is {version('wattstack')}")
    mind, names, number = _mind(data, file), tuple(told["names"]), 0
    place = {name: k for k, name in enumerate(names)}
    for _, told, data in pieces:
        heard, images = list(told["heard"]), _images(told, data, names, place)
        for k, (image, date_s, digest) in enumerate(images):
            while heard and heard[0][0] <= k:
                _hear(mind, *heard.pop(0)[1:])
            made = mind.decide(image)
            setpoints = zip(told["devices"], told["setpoints"][k], strict=True)
            recorded = {path: power for path, power in setpoints if power is not None}
            yield number, date_s, recorded, made, digest_of(made) == digest
            mind.clock.told.clear()
            number += 1
        for late in heard:
            _hear(mind, *late[1:])


def _mind(data: bytes, file: Path) -> Any:
    try:
        return _Careful(io.BytesIO(data)).load()
    except InputError:
        raise
    except Exception as error:  # bytes that are no mind any more may raise anything
        why = (
            f"is not whole: no mind can be put together of it ({type(error).__name__}). Take a copy that is."
        )
        raise InputError(str(file), [why]) from None


def _hear(mind: Any, what: str, words: list[Any]) -> None:
    """Let the mind hear what it heard then."""
    if what == "request":
        raw, role, utc_s, time_s = words
        mind.book.take(Request.model_validate(raw), role, utc_s, time_s)
    elif what == "clear":
        mind.lockouts.clear(words[0])
    elif what == "begin":
        mind.begin(words[0])
    elif what == "live":
        mind.lead(words[0])
    elif what == "recall":
        recall(mind, *words)
    elif what == "follow":
        follow(mind, *words)


def _images(told: dict, data: bytes, names: tuple[str, ...], place: dict[str, int]) -> Iterator[tuple]:
    """Image, date and digest of each cycle of a piece."""
    count, at, wide = told["count"], 0, 8
    if not count:
        return
    moments = np.frombuffer(data, "<f8", 3 * count).reshape(count, 3)
    at += 3 * wide * count
    whole = {}
    for name, kind in (("values", "<f8"), ("quality", "<i8"), ("asked_s", "<f8")):
        columns = np.frombuffer(data, kind, (max(told[name], default=-1) + 1) * count, at).reshape(-1, count)
        at += columns.nbytes
        whole[name] = np.ascontiguousarray(columns[told[name]].T) if told[name] else np.zeros((count, 0))
    for k in range(count):
        time_s, utc_s, date_s = (float(one) for one in moments[k])
        image = Image(
            time_s, utc_s, names, whole["values"][k], whole["quality"][k], whole["asked_s"][k], place
        )
        yield image, date_s, data[at + 16 * k : at + 16 * (k + 1)]


def _begins(file: Path) -> float:
    """Date of the first decision of a file; of its beginning where it has none."""
    for kind, told, data in _pieces(file, []):
        if kind == PIECE and told["count"]:
            return float(np.frombuffer(data, "<f8", 3)[2])
    return float("inf")


def _pieces(file: Path, notes: list[str]) -> Iterator[tuple[bytes, dict, bytes]]:
    """Kind, JSON and bytes of each piece; one that was not written whole ends the file."""
    import zstandard

    with open(file, "rb") as raw:
        if raw.read(len(MAGIC)) != MAGIC:
            raise InputError(str(file), ["is no file of recorded images. Take it out of the folder."])
        while head := raw.read(5):
            size = struct.unpack(">I", head[1:])[0] if len(head) == 5 else 0
            body = raw.read(size)
            if len(head) < 5 or len(body) < size:
                notes.append(f"{file.name} ends in the middle of a piece: it is left out")
                return
            try:
                plain = zstandard.ZstdDecompressor().decompress(body)
                length = struct.unpack(">I", plain[:4])[0]
                yield head[:1], json.loads(plain[4 : 4 + length]), plain[4 + length :]
            except (zstandard.ZstdError, ValueError, struct.error) as error:
                raise InputError(str(file), [f"is not whole: {error}. Take a copy that is."]) from None


class _Careful(pickle.Unpickler):
    """Takes the classes that a mind is made of, and no function: a file brings no code of its own."""

    def find_class(self, module: str, name: str) -> Any:
        """The class, where it is one of them."""
        if (module, name) == ("builtins", "getattr"):
            return _zone
        found = super().find_class(module, name) if (module, name) in PLAIN else None
        if found is None and module.startswith("wattstack."):
            found = super().find_class(module, name)
            found = found if isinstance(found, type) else None
        if found is None:
            raise InputError(
                "recorded mind", [f"asks for {module}.{name}, which no mind is made of. Do not use it."]
            )
        return found


def _zone(owner: Any, name: str) -> Any:
    """The one attribute that a time zone is put together by."""
    from zoneinfo import ZoneInfo

    if (owner, name) != (ZoneInfo, "_unpickle"):
        raise InputError("recorded mind", [f"asks for {name}, which no mind is made of. Do not use it."])
    return ZoneInfo._unpickle
