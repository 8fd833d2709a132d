"""Solar output kept on disk between runs: equal input gives equal output, so it is computed once.

Needs    the operating system's folder for caches.
Gives    kept, cache_dir.
Used by  case.bind.

pvlib takes about a second to import, most of a short plan. What is kept is found by the SHA-256 of everything
that goes in: numbers, parameters, versions. WATTSTACK_CACHE names another folder, or is "off". A file that
cannot be read or written is computed again; the answer never depends on the cache.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

MOST_FILES = 200  # some 30 MB of half-hourly years; the oldest go first


def kept(parameters: str, arrays: Mapping[str, np.ndarray], compute: Callable[[], np.ndarray]) -> np.ndarray:
    """The result of `compute`, from disk where the same was computed before.

    Args:
        parameters: Everything but the arrays that the result depends on, versions of the code included.
        arrays: Numbers it depends on, by name.
        compute: Makes the result, an array of floats of any shape.
    """
    folder = cache_dir()
    if folder is None:
        return compute()
    digest = hashlib.sha256(parameters.encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"|{name}|{values.dtype.str}|{values.shape}|".encode())
        digest.update(values.tobytes())
    path = folder / f"solar-{digest.hexdigest()}.npy"
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        result = compute()
        _keep(path, result)
        return result


def cache_dir() -> Path | None:
    """Folder of the cache; None where WATTSTACK_CACHE is "off"."""
    chosen = os.environ.get("WATTSTACK_CACHE", "")
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "wattstack"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "wattstack"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wattstack"


def _keep(path: Path, result: np.ndarray) -> None:
    """Write whole or not at all, and let the oldest go."""
    draft = path.with_name(f".{path.stem}-{os.getpid()}.npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(draft, result)
        os.replace(draft, path)
        files = sorted(path.parent.glob("solar-*.npy"), key=lambda file: file.stat().st_mtime)
        for old in files[:-MOST_FILES]:
            old.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
