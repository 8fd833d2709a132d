"""A copy of history made, looked through from end to end, and put in the place of the one that runs.

Needs    sqlite3; operate.historian: chunks, damage, process (FILE, hold), spans.
Gives    backup, check_history, restore.
Used by  cli.history.

What is written is written beside its place, goes to the disk, is looked through there, and only then takes the name: a
fault, a full disk or an end in between leaves what had that name before.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wattstack.errors import Fault, InputError, StateError
from wattstack.operate.historian.chunks import unpack
from wattstack.operate.historian.damage import UNREADABLE, in_words
from wattstack.operate.historian.process import FILE, hold
from wattstack.operate.historian.spans import SIGNAL_BITS, moments_of

_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a history holds.

    Attributes:
        frames: Seconds not packed yet. spans: Quarters of an hour. chunks: Pieces of a signal. events: What happened.
    """

    frames: int
    spans: int
    chunks: int
    events: int


def check_history(path: str | Path) -> Checked:
    """Read all of a file of history: its pages, every chunk, every frame.

    Raises:
        InputError: It is not there, is no history, or something in it cannot be read; what and where.
    """
    return _checked(Path(path), "Take another copy.")


def _checked(path: Path, mend: str) -> Checked:
    with in_words(path, mend):
        if not path.is_file():
            raise InputError(str(path), ["is not there, must be a file of history."])
        db = sqlite3.connect(_uri(path), uri=True)
        try:
            (sound,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if sound != "ok":
                raise InputError(str(path), [f"is damaged: {sound}. {mend}"])
            return _looked_through(db, str(path))
        finally:
            db.close()


def _looked_through(db: sqlite3.Connection, source: str) -> Checked:
    widths = {number: len(json.loads(text)) for number, text in db.execute("SELECT id, names FROM names")}
    spans, faults, chunks = db.execute("SELECT id, names, count, moments FROM span").fetchall(), [], 0
    for span, layout, count, moments in spans:
        if layout not in widths:
            faults.append(Fault(f"span {span}", "has no list of names."))
            continue
        chunks += widths[layout]
        faults += _faults_of(db, span, (widths[layout], count, moments))
    frames = 0
    for utc_ms, layout, size in db.execute("SELECT utc_ms, names, length(body) FROM frame"):
        frames += 1
        if size != 4 * widths.get(layout, -1):
            must = f"must have {4 * widths[layout]}" if layout in widths else "and no list of names"
            faults.append(Fault(f"frame {utc_ms}", f"has {size} bytes, {must}."))
    (events,) = db.execute("SELECT count(*) FROM event").fetchone()
    if faults:
        raise InputError(source, faults[:_MOST_FAULTS])
    return Checked(frames, len(spans), chunks, events)


def _faults_of(db: sqlite3.Connection, span: int, wanted: tuple[int, int, bytes]) -> list[Fault]:
    width, count, packed = wanted
    faults, found, base = [], 0, span << SIGNAL_BITS
    try:
        moments_of(packed, count)
    except StateError:
        faults.append(Fault(f"span {span}", "does not hold its moments."))
    for number, body in db.execute(
        "SELECT id, body FROM chunk WHERE id >= ? AND id < ?", (base, base + (1 << SIGNAL_BITS))
    ):
        found += 1
        try:
            unpack(body, count)
        except UNREADABLE as error:
            faults.append(Fault(f"span {span}, signal {number - base}", str(error)))
    if found != width:
        faults.append(Fault(f"span {span}", f"has {found} signals, must have {width}."))
    return faults


def backup(history: str | Path, copy: str | Path) -> Checked:
    """Write a whole copy of a history while it goes on.

    It is looked through before it takes its name; until then the copy that had the name stands.

    Args:
        history: The file.
        copy: Where to.

    Returns:
        What the copy holds.

    Raises:
        InputError: The history cannot be read or is not whole, the copy cannot be written there, or `copy` is no file
            or the history itself.
    """
    history, copy = Path(history), Path(copy)
    if copy.is_dir():
        raise InputError(str(copy), ["is a folder, must be a file. Give the copy a name in it."])
    if copy.exists() and history.exists() and copy.samefile(history):
        raise InputError(
            str(copy), ["is the history itself, must be another file. Give the copy another place."]
        )
    copy.parent.mkdir(parents=True, exist_ok=True)
    beside = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        _write_copy(history, beside)
        checked = _as_the_history(beside, history)
        beside.replace(copy)
    except InputError as error:
        stands = f" {copy} stands as it was." if copy.exists() else ""
        raise InputError(error.source, [*error.faults, Fault("copy", f"was not made.{stands}")]) from None
    finally:
        _forget(beside)
    with suppress(OSError):  # not every disk knows this of a folder
        _settle(copy.parent)
    return checked


def _as_the_history(beside: Path, history: Path) -> Checked:
    """What a copy holds; its faults are those of the history."""
    try:
        return _checked(beside, f"Put an older copy back: wattstack history {history.parent} restore COPY.")
    except InputError as error:
        raise InputError(str(history), error.faults) from None


def restore(copy: str | Path, folder: str | Path) -> tuple[Checked, Path | None]:
    """Put a copy in the place of a history. No historian may be at work in the folder.

    The copy is looked through first, again in its new place, and only then takes the name; the history of before is
    kept beside it.

    Args:
        copy: What `backup` wrote.
        folder: Of the live site.

    Returns:
        What the copy holds, and where the history of before lies now (None: there was none).

    Raises:
        InputError: The copy is not whole, or a historian is at work.
    """
    copy, folder = Path(copy), Path(folder)
    check_history(copy)
    folder.mkdir(parents=True, exist_ok=True)
    lock = hold(folder)
    try:
        place = folder / FILE
        fresh = place.with_name(FILE + ".restored")
        try:
            _write_copy(copy, fresh)
            checked = check_history(fresh)
            before = _set_aside(place) if place.exists() else None
            fresh.replace(place)
        finally:
            _forget(fresh)
        with suppress(OSError):
            _settle(folder)
        return checked, before
    finally:
        os.close(lock)


def _set_aside(place: Path) -> Path:
    """Give a history another name, with its log: the log of the old one must never meet the new one."""
    stem = time.strftime("history-before-%Y%m%d-%H%M%S", time.gmtime())
    names = (f"{stem}{more}.sqlite" for more in ("", *(f"-{k}" for k in range(2, 1000))))
    before = next(path for path in map(place.with_name, names) if not path.exists())
    for end in ("-wal", "-shm", ""):
        old = place.with_name(place.name + end)
        if old.exists():
            old.replace(before.with_name(before.name + end))
    return before


def _write_copy(history: Path, beside: Path) -> None:
    """One picture of a history as a file of its own, on the disk when this returns.

    Raises:
        DamagedError: The history cannot be read, or the copy cannot be written.
    """
    _forget(beside)
    source = target = None
    try:
        with in_words(history):
            source = sqlite3.connect(_uri(history), uri=True, timeout=5.0, isolation_level=None)
            source.execute("BEGIN")  # who writes meanwhile would make it begin again, and again
            source.execute("SELECT count(*) FROM names").fetchone()
        with in_words(beside):
            target = sqlite3.connect(beside, isolation_level=None)
        with in_words(history):
            try:
                source.backup(target, pages=256, sleep=0.005)
            except sqlite3.OperationalError:  # not what is read, but where it goes: a full disk
                with in_words(beside):
                    raise
        with in_words(beside):
            # one file: no log beside it, readable where nobody may write
            target.execute("PRAGMA journal_mode=DELETE")
    finally:
        for db in (source, target):
            if db is not None:
                db.close()
    _settle(beside)


def _forget(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Wait until the disk has a file, or the names of a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _uri(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"
