"""What must survive a restart, on disk: written whole or not at all, with its checksum, the one before kept.

Needs    errors.
Gives    save_state, load_state.
Used by  operate.guard.loop.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write it beside, bring it to disk, take its place; the last good one becomes PATH.old.

    Raises:
        OSError: The disk is full or cannot be written: what was there still stands.
    """
    text = json.dumps(state, allow_nan=False, sort_keys=True)
    whole = json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "state": text})
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(whole)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        os.replace(path, path.with_suffix(".old"))
    os.replace(beside, path)


def load_state(
    path: Path, wrong: Callable[[dict[str, Any]], str] = lambda state: ""
) -> tuple[dict[str, Any], list[str]]:
    """What was saved last, is whole and can be read, and what is wrong with what is not.

    Args:
        path: Of the state; the one before is beside it.
        wrong: Why a whole one cannot be read by us; "" where it can. Such a one is kept as PATH.aside.

    Returns:
        state: Empty where nothing was saved, or nothing of it is whole.
        told: A line for each file that was left aside.
    """
    told = []
    for one in (path, path.with_suffix(".old")):
        try:
            raw = json.loads(one.read_text(encoding="utf-8"))
            text = raw["state"]
            if hashlib.sha256(text.encode()).hexdigest() != raw["sha256"]:
                raise ValueError("its checksum is not that of its content")
            state = json.loads(text)
            why = wrong(state)
            if not why:
                return state, told
            shutil.copyfile(one, path.with_suffix(".aside"))
            told.append(f"{one.name} is left aside, as {path.stem}.aside: {why}")
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            told.append(f"{one.name} is left aside: {error}")
    return {}, told
