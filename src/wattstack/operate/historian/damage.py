"""A history that cannot be read, in words: where, what is wrong with it, and how to mend that.

Needs    sqlite3.
Gives    DamagedError, UNREADABLE, in_words.
Used by  operate.historian (store, copies), operate.face.history, cli.history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wattstack.errors import InputError, StateError

# what bytes that are no history any more become while they are read: no page, no list of names, no number, no chunk
UNREADABLE = (
    sqlite3.Error, StateError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError,
)  # fmt: skip
_RIGHTS = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH,
}  # fmt: skip
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


class DamagedError(InputError):
    """A file of history cannot be read now, or not any more."""


@contextmanager
def in_words(path: Path, mend: str | None = None) -> Iterator[None]:
    """What goes wrong with the file while it is read is raised again in words; faults told on purpose stay as they are.

    Args:
        path: Of the file.
        mend: What helps where it is damaged; absent: what helps the history of a site.

    Raises:
        DamagedError: It cannot be read: rights, disk, somebody else's lock, or it is damaged, foreign or empty.
    """
    try:
        yield
    except PermissionError as error:
        raise DamagedError(str(path), [_shut(str(error.strerror))]) from None
    except UNREADABLE as error:
        raise DamagedError(str(path), [_said(path, error, mend)]) from None


def _said(path: Path, error: Exception, mend: str | None) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF  # the rest of it says it more closely
    if kind in _RIGHTS:
        return _shut(str(error))
    if kind == sqlite3.SQLITE_FULL:
        return f"finds its disk full ({error}), must have room. Make some, then again."
    if kind == sqlite3.SQLITE_IOERR:
        return f"cannot be read from its disk, or written ({error}). Look at the disk, then again."
    if kind in _TAKEN:
        return f"is held by somebody else ({error}), must be free for a moment. Try it again."
    if mend is None:
        mend = (
            f"Stop the site and put a copy back: wattstack history {path.parent} restore COPY. Without a copy move it "
            "aside: the site begins a new one."
        )
    why = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
    if path.is_file() and path.stat().st_size == 0:
        why = "it is empty, 0 bytes"
    return f"is no whole history: {why}. {mend}"


def _shut(why: str) -> str:
    return (
        f"may not be opened ({why}): who looks must be able to read it and to write in its folder. Ask as the user "
        "that the site runs as, or copy it into a folder of your own."
    )
