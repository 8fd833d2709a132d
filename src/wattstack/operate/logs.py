"""What the processes of a site write: a file each, that only its owner reads and that does not grow without end.

Gives    Logs.
Used by  operate.supervise.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

LARGEST = 10_000_000  # bytes; then it is set aside as .old, so that one process has at most twice as much
FIRST = "First-run token"  # a line of the page's log that whoever started all of it has to see


class Logs:
    """The logs of a folder.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        page = self.path("face")
        self._told = page.stat().st_size if page.exists() else 0  # so far the page's log was looked at

    def path(self, name: str) -> Path:
        """The file of a process."""
        return self.folder / f"{name}.log"

    def open(self, name: str) -> IO[bytes]:
        """The file of a process, to write at its end; mode 600, for a token may stand in it."""
        self.trim(name)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(self.path(name), flags, 0o600)
        os.fchmod(file, 0o600)
        return os.fdopen(file, "ab")

    def trim(self, name: str) -> None:
        """Set a log that is too long aside; its process may have it open and writes on at the end of an empty one."""
        path = self.path(name)
        with suppress(OSError):  # a full disk: nothing is set aside, the next look tries again
            if path.stat().st_size > LARGEST:
                old = path.with_suffix(".log.old")
                shutil.copyfile(path, old)
                old.chmod(0o600)
                os.truncate(path, 0)

    def first_tokens(self) -> list[str]:
        """Lines of the page's log with a token for the first user, each told once."""
        path = self.path("face")
        if not path.exists():
            return []
        with path.open("rb") as log:
            size = os.fstat(log.fileno()).st_size
            log.seek(self._told if size >= self._told else 0)
            text = log.read(LARGEST)
        whole = text[: text.rfind(b"\n") + 1]
        self._told = (self._told if size >= self._told else 0) + len(whole)
        return [line for line in whole.decode("utf-8", "replace").splitlines() if FIRST in line]
