"""Which campus file runs, where each process is started by the system and not by one of ours.

Needs    operate: prepare, sources, keeper.copies; campus.
Gives    take_over.
Used by  operate.keeper as a process.

A start of all takes the user's file. A keeper that died alone and is started again finds a guard at work: then nothing
is taken over, whatever became of the user's file meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wattstack.campus import read_campus
from wattstack.errors import InputError
from wattstack.operate.keeper.copies import CHECKSUMS, SOURCE, Keeper
from wattstack.operate.prepare import Prepared, prepare_campus
from wattstack.operate.sources import checksum_of, kept_templates


def take_over(source: Path, folder: Path, say: Callable[[str], None]) -> Keeper:
    """Decide what runs from now on, and see that it lies in the folder.

    Args:
        source: The user's campus file, or its folder.
        folder: Of the site's data.
        say: Hears what is done, and later what changes.

    Raises:
        InputError: The file cannot be run, and nothing that ran before is there to run on.
    """
    source = source / "campus.yaml" if source.is_dir() else source
    told = _told(folder)
    before = _before(source, folder, told)
    at_work = _guard_listens(folder)
    if at_work and before is not None:
        say(f"a guard is at work in {folder}: what it runs goes on (SHA-256 {before.checksum[:12]})")
        return Keeper(before, say)
    if at_work and told and checksum_of(source) != told["running"]:
        said = (
            f"is not as it was prepared, and {source} was changed since: what the guard runs stands nowhere. Put one "
            "of them back, or stop all and start again."
        )
        raise InputError(str(folder / "campus.yaml"), [said])
    try:
        made = prepare_campus(source, folder=folder, say=say)
    except (InputError, OSError) as error:  # a file that is wrong, a disk that is full
        if before is None:
            raise
        keeper = Keeper(before, say)
        keeper.note("alarm", f"{SOURCE}.refused", f"what ran last runs on, for {error}")
        return keeper
    keeper = Keeper(made, say)
    if told and told["running"] != made.checksum:
        text = (
            f"{source} runs (SHA-256 {made.checksum[:12]}), another one than before ({told['running'][:12]})"
        )
        keeper.note("alarm", SOURCE, text, once=True)
    return keeper


def _told(folder: Path) -> dict[str, Any]:
    """What campus.json says; empty where there is none that can be read."""
    try:
        told = json.loads((folder / CHECKSUMS).read_bytes())
    except (OSError, ValueError):
        return {}
    sound = isinstance(told, dict) and all(isinstance(told.get(key), str) for key in ("running", "copy"))
    return told if sound else {}


def _before(source: Path, folder: Path, told: dict[str, Any]) -> Prepared | None:
    """What ran last, where its copy is whole and can be run."""
    file = folder / "campus.yaml"
    try:
        written = file.read_bytes()
        if not told or hashlib.sha256(written).hexdigest() != told["copy"]:
            return None
        campus = read_campus(file)
        return Prepared(
            source, file, folder, told["running"], campus, written, kept_templates(campus, folder)
        )
    except (OSError, InputError):
        return None


def _guard_listens(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(1.0)
        try:
            trial.connect(str(folder / "guard.sock"))
        except OSError:
            return False
    return True
