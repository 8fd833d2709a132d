"""The log of changes: one line a change, on disk before the change is made, chained by SHA-256.

Needs    operate.whole.
Gives    Audit, Change, Head, FIRST, body_of, hash_of, head_path, read_head.
Used by  operate.audit.verify, operate.face, operate.commission.

A line is JSON. Its last key is `hash`: SHA-256 of every byte before it; `before` is the hash of the line before. So a
line cannot be changed, taken out or moved without the rest of the chain breaking. A tail that was cut off breaks
nothing: against that the newest number and hash stand in a second file (`.head`) and go off the machine with `off_box`.

Processes and threads may share a log: each holds its lock while it writes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattstack.errors import InputError
from wattstack.operate.whole import write_whole

FIRST = "0" * 64  # `before` of the first line
LONGEST = 32768  # bytes of a line
_MARK = b',"hash":"'
_TORN = "audit.torn_line"
_BROKEN = "audit.head_differs"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that somebody did.

    Attributes:
        who: Name of the user, or of the process that acts for itself.
        what: What was changed ("reserve_mwh", "battery.main.mode", "user.add").
        old: Value before, as JSON; None where there was none.
        new: Value after.
        reason: Why, in the words of the one who did it.
        until_s: When it ends by itself [s since 1970 UTC]; None: it stands.
        second: The second person, where two were needed.
    """

    who: str
    what: str
    old: Any
    new: Any
    reason: str
    until_s: float | None = None
    second: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line: its number (from 1; 0 = none) and its hash.

    Example:
        >>> str(Head(2, "ab" * 32))[:8]
        '2:ababab'
    """

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def of(cls, text: str) -> Head:
        """From NUMBER:HASH.

        Raises:
            InputError: The text is none.
        """
        number, _, digest = text.strip().partition(":")
        if not number.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise InputError("head", [f"is {text.strip()[:90]!r}, must be NUMBER:HASH, 64 digits 0-9a-f."])
        return cls(int(number), digest)


class Audit:
    """A log of changes; it is made where it is not there, mode 600.

    Args:
        path: The file.
        off_box: Called with each line that was written, to take it off the machine (`Syslog.line`). It must not wait,
            and what it raises is not passed on: the log here stands already.
    """

    def __init__(self, path: str | Path, off_box: Callable[[str], None] | None = None) -> None:
        self.path = Path(path)
        self._off_box = off_box
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _Locked(self.path) as file:
            self._sound_tail(file, time.time())

    def record(self, change: Change, utc_s: float | None = None) -> Head:
        """Write a change; it is on the disk when this returns. Do it after that, never before.

        Args:
            change: Who, what, old, new, why, until when.
            utc_s: Moment, seconds since 1970 UTC; absent = now.

        Raises:
            InputError: A text is missing, a value is no JSON (NaN) or the line would be too long.
            OSError: The disk does not take it. Then the change must not be made.
        """
        moment_s = time.time() if utc_s is None else utc_s
        with _Locked(self.path) as file:
            before = self._sound_tail(file, moment_s)
            return self._write(file, before, change, moment_s)

    @property
    def head(self) -> Head:
        """The newest line."""
        with _Locked(self.path) as file:
            return _tail(file)[0]

    def _sound_tail(self, file: int, utc_s: float) -> Head:
        """The newest line; what is wrong with the end of the file is made a line of the log, never passed over."""
        head, torn = _tail(file)
        if torn:  # power went while a line was written: it was never acknowledged, and is kept as a value
            os.ftruncate(file, os.fstat(file).st_size - len(torn))
            text = torn.decode("utf-8", "replace")[:4000]
            change = Change("audit", _TORN, text, None, "the last line was not whole: power or disk failed")
            head = self._write(file, head, change, utc_s)
        known = read_head(head_path(self.path))
        if known is not None and not _follows(file, head, known):
            change = Change(
                "audit", _BROKEN, str(known), str(head), "the log does not hold the newest known line"
            )
            head = self._write(file, head, change, utc_s)
        return head

    def _write(self, file: int, before: Head, change: Change, utc_s: float) -> Head:
        line, head = _line(before, change, utc_s)
        start = os.fstat(file).st_size
        try:
            written = os.write(file, line)
            if written < len(line):
                raise OSError(28, f"only {written} of {len(line)} bytes were written", str(self.path))
            os.fsync(file)
        except OSError:
            os.ftruncate(file, start)
            raise
        _put_head(head_path(self.path), head)
        if self._off_box is not None:
            try:
                self._off_box(line.decode("utf-8").rstrip("\n"))
            except Exception:  # the line stands here; who listens elsewhere must not stop a command
                return head
        return head


class _Locked:
    """The file, opened for its end, held by one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        fresh = not self._path.exists()
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        if fresh:
            _sync_folder(self._path.parent)
        return self._file

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def body_of(line: bytes) -> tuple[bytes, str] | None:
    """What the hash of a line is made of, and the hash it says; None where it says none."""
    at = line.rfind(_MARK)
    end = line[at + len(_MARK) :]
    if at < 0 or len(end) != 66 or not end.endswith(b'"}'):
        return None
    return line[:at], end[:64].decode("ascii", "replace")


def hash_of(body: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def head_path(path: Path) -> Path:
    """Where the newest number and hash of a log stand."""
    return path.with_name(path.name + ".head")


def read_head(path: Path) -> Head | None:
    """What a head file says; None where there is no file.

    Raises:
        InputError: It holds no NUMBER:HASH.
    """
    try:
        return Head.of(path.read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError:
        return None


def _line(before: Head, change: Change, utc_s: float) -> tuple[bytes, Head]:
    for name in ("who", "what", "reason"):
        if not isinstance(getattr(change, name), str) or not getattr(change, name).strip():
            raise InputError("audit", [f"{name} is missing, must be said."])
    number = before.number + 1
    try:
        body = json.dumps(
            {
                "n": number, "utc": _iso(utc_s), "who": change.who, "second": change.second, "what": change.what,
                "old": change.old, "new": change.new, "reason": change.reason,
                "until": None if change.until_s is None else _iso(change.until_s), "before": before.hash,
            },
            separators=(",", ":"), allow_nan=False,
        ).encode("ascii")[:-1]  # fmt: skip
    except (TypeError, ValueError) as error:
        raise InputError("audit", [f"{change.what}: a value is no JSON: {error}."]) from None
    digest = hash_of(body)
    line = body + _MARK + digest.encode("ascii") + b'"}\n'
    if len(line) > LONGEST:
        raise InputError(
            "audit", [f"{change.what}: the line has {len(line)} bytes, must have at most {LONGEST}."]
        )
    return line, Head(number, digest)


def _iso(utc_s: float) -> str:
    return datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tail(file: int) -> tuple[Head, bytes]:
    """The newest whole line, and what stands behind it."""
    size = os.fstat(file).st_size
    block = os.pread(file, 3 * LONGEST, max(size - 3 * LONGEST, 0))
    end = block.rfind(b"\n") + 1
    line = block[block.rfind(b"\n", 0, max(end - 1, 0)) + 1 : max(end - 1, 0)]
    return (_head_of(line) if line else Head(0, FIRST)), block[end:]


def _head_of(line: bytes) -> Head:
    """Number and hash that a line says; a line that says none stands for itself, so that the chain breaks at it."""
    parts = body_of(line)
    try:
        return Head(int(json.loads(line)["n"]), parts[1])
    except (ValueError, TypeError, KeyError):
        return Head(0, hash_of(line))


def _follows(file: int, head: Head, known: Head) -> bool:
    """Whether the newest line is the known one, or the one after it: power may go between line and head file."""
    if head == known:
        return True
    size = os.fstat(file).st_size
    block = os.pread(file, 3 * LONGEST, max(size - 3 * LONGEST, 0))
    try:
        before = json.loads(block.rstrip(b"\n").rsplit(b"\n", 1)[-1])["before"]
    except (ValueError, TypeError, KeyError):
        return False
    return head.number == known.number + 1 and before == known.hash


def _put_head(path: Path, head: Head) -> None:
    write_whole(path, f"{head}\n".encode("ascii"))
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
