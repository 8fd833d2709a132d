"""Write a file so that who reads it finds it whole, or as it was before.

Gives    write_whole.
Used by  operate: sources, keeper, audit, planner, north.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, body: bytes) -> None:
    """Write a file for its owner alone: beside, brought to disk, then in its place.

    Raises:
        OSError: It cannot be written, or something lies beside it that leads elsewhere; the one before stays.
    """
    beside = path.with_name(path.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(beside, flags, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
