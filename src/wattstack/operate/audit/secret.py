"""Secrets stay in files that only their owner reads.

Gives    read_secret, standby_secret.
Used by  operate.alarms, operate.historian, operate.face, operate.north.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.errors import InputError

if TYPE_CHECKING:
    from wattstack.campus import Campus

_LARGEST = 65536
_SHORTEST = 32  # letters of a secret that two machines share


def read_secret(path: str | Path) -> str:
    """The text of a file of mode 600 (or 400), without the end of its last line.

    The check is made on the file that is read, not on its name, so that it cannot be changed in between.

    Raises:
        InputError: It is not there, others may read or write it, it belongs to somebody else, it is empty, too large
            or no text. What stands in it is never part of the error.
    """
    path = Path(path)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(
            path.name, [f"cannot be read ({error.strerror}), must be a file of mode 600."]
        ) from None
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise InputError(path.name, ["is no plain file, must be one of mode 600."])
        mode = stat.S_IMODE(facts.st_mode)
        if mode & 0o177:
            raise InputError(
                path.name,
                [f"has mode {mode:o}, must have 600: others can reach a secret. Run chmod 600 {path.name}, then "
                 "change the secret: it may be known."],
            )  # fmt: skip
        if facts.st_uid not in (os.geteuid(), 0):
            raise InputError(
                path.name, ["belongs to another user, must belong to the one that runs this. Run chown."]
            )
        if facts.st_size > _LARGEST:
            raise InputError(path.name, [f"has {facts.st_size} bytes, must have at most {_LARGEST}."])
        raw = os.read(file, _LARGEST)
    finally:
        os.close(file)
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(path.name, ["is no text in UTF-8."]) from None
    if not text:
        raise InputError(path.name, ["is empty, must hold the secret."])
    return text


def standby_secret(campus: Campus) -> str | None:
    """The secret that two controllers share; None where none is declared.

    Raises:
        InputError: As read_secret, or it is short enough to be guessed.
    """
    standby = campus.operate.standby
    if standby is None or standby.secret is None:
        return None
    secret = read_secret(campus.base_dir / standby.secret)
    if len(secret) < _SHORTEST:
        raise InputError(
            Path(standby.secret).name,
            [f"has {len(secret)} letters, must have {_SHORTEST} or more. Make one: openssl rand -hex 32."],
        )
    return secret
