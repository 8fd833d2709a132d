"""Progress on the terminal after two seconds. Nothing is shown when standard error is not a terminal.

Needs    rich.
Gives    progress, Progress.
Used by  work.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_S = 2.0
_OPEN: list[Progress] = []  # work inside work is told by the outermost: a terminal has room for one bar


class Progress:
    """How far a piece of work is. Made by `progress`.

    Attributes:
        done: Units finished so far.
    """

    def __init__(self, what: str, total: float | None):
        self.done = 0.0
        self._what = what
        self._total = total
        self._began_s = time.monotonic()
        self._bar = None
        self._task = None

    def advance(self, amount: float = 1.0, note: str = "") -> None:
        """Say that `amount` more units are done; `note` is shown after the name of the work."""
        self.done += amount
        if self._bar is None and self._is_due():
            self._start()
        if self._bar is not None:
            text = f"{self._what} {note}".rstrip()
            self._bar.update(self._task, completed=self.done, description=text)

    def _is_due(self) -> bool:
        return (
            sys.stderr.isatty() and _OPEN[:1] in ([], [self]) and time.monotonic() - self._began_s >= QUIET_S
        )

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._what, total=self._total)

    def close(self) -> None:
        """Take the bar down."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def progress(what: str, total: float | None = None) -> Iterator[Progress]:
    """Show how far a loop is, from its second second on.

    Args:
        what: The work in a few words, "Reading prices.csv".
        total: Units in all, None when not known.

    Example:
        >>> with progress("Counting", total=3) as bar:
        ...     for _ in range(3):
        ...         bar.advance()
        >>> bar.done
        3.0
    """
    bar = Progress(what, total)
    _OPEN.append(bar)
    try:
        yield bar
    finally:
        _OPEN.remove(bar)
        bar.close()
