"""One system in one folder: a lock that goes with the process that holds it.

Gives    alone.
Used by  operate: prepare, supervise, keeper, commission.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from wattstack.errors import InputError


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Refuse a second one in the same folder, as long as the block lasts: two guards must not run.

    Raises:
        InputError: The folder is in use.
    """
    with (folder / "operate.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            said = "is in use: this site is running already. Stop it, or choose another -o."
            raise InputError(str(folder), [said]) from None
        yield
