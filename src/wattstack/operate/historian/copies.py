"""A copy of history looked through from end to end, and put in the place of the one that runs.

Needs    operate.historian.store, spans, chunks.
Gives    check_history, restore.
Used by  cli.history.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from wattstack.errors import Fault, InputError, StateError
from wattstack.operate.historian.chunks import unpack
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
    path = Path(path)
    if not path.is_file():
        raise InputError(path.name, ["is not there, must be a file of history."])
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        (sound,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if sound != "ok":
            raise InputError(path.name, [f"is damaged: {sound}. Take another copy."])
        widths = {number: len(json.loads(text)) for number, text in db.execute("SELECT id, names FROM names")}
        spans, faults, chunks = db.execute("SELECT id, names, count, moments FROM span").fetchall(), [], 0
        for span, layout, count, moments in spans:
            chunks += widths[layout]
            faults += _faults_of(db, span, (widths[layout], count, moments))
        frames = 0
        for utc_ms, layout, size in db.execute("SELECT utc_ms, names, length(body) FROM frame"):
            frames += 1
            if size != 4 * widths[layout]:
                faults.append(Fault(f"frame {utc_ms}", f"has {size} bytes, must have {4 * widths[layout]}."))
        (events,) = db.execute("SELECT count(*) FROM event").fetchone()
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise InputError(path.name, [f"is no whole history: {error}. Take another copy."]) from None
    finally:
        db.close()
    if faults:
        raise InputError(path.name, faults[:_MOST_FAULTS])
    return Checked(frames, len(spans), chunks, events)


def _faults_of(db: sqlite3.Connection, span: int, wanted: tuple[int, int, bytes]) -> list[Fault]:
    import zstandard

    width, count, packed = wanted
    faults, found, base = [], 0, span << SIGNAL_BITS
    try:
        if len(moments_of(packed, count)) != count:
            faults.append(Fault(f"span {span}", "does not hold its moments."))
    except (ValueError, zstandard.ZstdError):
        faults.append(Fault(f"span {span}", "does not hold its moments."))
    for number, body in db.execute(
        "SELECT id, body FROM chunk WHERE id >= ? AND id < ?", (base, base + (1 << SIGNAL_BITS))
    ):
        found += 1
        try:
            unpack(body, count)
        except StateError as error:
            faults.append(Fault(f"span {span}, signal {number - base}", str(error)))
    if found != width:
        faults.append(Fault(f"span {span}", f"has {found} signals, must have {width}."))
    return faults


def restore(copy: str | Path, folder: str | Path) -> tuple[Checked, Path | None]:
    """Put a copy in the place of a history. No historian may be at work in the folder.

    The copy is looked through first, again in its new place, and only then takes the name; the history of before is
    kept beside it.

    Args:
        copy: What `Store.backup` wrote.
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
        fresh.unlink(missing_ok=True)
        source, target = (
            sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True),
            sqlite3.connect(fresh),
        )
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        checked = check_history(fresh)
        before = None
        if place.exists():
            before = place.with_name(time.strftime("history-before-%Y%m%d-%H%M%S.sqlite", time.gmtime()))
            for end in ("-wal", "-shm", ""):  # the log of the old one must never meet the new one
                old = place.with_name(FILE + end)
                if old.exists():
                    old.replace(before.with_name(before.name + end))
        fresh.replace(place)
        return checked, before
    finally:
        os.close(lock)
