"""Histories that are none any more: whole ones to begin with, every way to damage them, a user without rights."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from wattstack.operate.historian import Event, Store
from wattstack.operate.historian.spans import SPAN_S

NAMES = ("grid.connection.power_mw", "battery.main.soc")
BEGIN_S = 1_900_000_800.0
NOBODY = 65534


def make_history(folder: Path) -> Path:
    """Two packed spans, some loose frames, events: each kind of row, and a file of many pages."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder / "history.sqlite", careful=False)
    for k in range(2 * SPAN_S + 30):
        values = np.array([k / 10, np.sin(k) if k % 7 else np.nan], dtype=np.float32)
        told = [Event(BEGIN_S + k, "command", NAMES[0], f"cap {k}", {"k": k})] if k % 60 == 0 else []
        store.append(BEGIN_S + k, NAMES, values, told)
    while store.pack(BEGIN_S + 2 * SPAN_S + 10):
        pass
    store.close()
    return folder / "history.sqlite"


def _cut(part: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * part))


def _put(text: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(text) and None


def _foreign(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE cow (milk REAL)")
    db.commit()
    db.close()


def _page(path: Path) -> None:
    """The first page stands, what is behind it is nothing."""
    raw = path.read_bytes()
    path.write_bytes(raw[:4096] + bytes(len(raw) - 4096))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": _put(b""),
    "text": _put(b"utc,power_mw\n2026-11-21T14:00Z,3.5\n" * 50),
    "one byte": _put(b"S"),
    "head alone": _put(b"SQLite format 3\x00"),
    "another database": _foreign,
    "zeros": _page,
    **{f"cut to {part}": _cut(part) for part in (0.01, 0.1, 0.5)},
}


@contextmanager
def without_rights(path: Path, mode: int) -> Iterator[None]:
    """A path of that mode, for a user who is not above modes."""
    old, mighty = path.stat().st_mode & 0o7777, os.geteuid() == 0
    path.chmod(mode)
    if mighty:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if mighty:
            os.seteuid(0)
        path.chmod(old)
