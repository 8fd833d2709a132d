"""What must survive a restart, on disk: written whole or not at all, with its checksum, the one before kept.

Needs    errors.
Gives    save_state, load_state.
Used by  operate.guard.loop.
"""

from __future__ import annotations

import hashlib
import json
import os
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


def load_state(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What was saved last and is whole, and what is wrong with what is not.

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
            return json.loads(text), told
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            told.append(f"{one.name} is left aside: {error}")
    return {}, told
