"""A folder written all at once or not at all, and JSON that people can read.

Gives    write_whole, json_text, read_json, package_versions.
Used by  plan.store, plan.portfolio.store, twin.store, prove.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from wattstack.errors import InputError

LAST = "plan.json"
PACKAGES = ("wattstack", "numpy", "numba", "scipy", "highspy", "piqp", "pandas", "pvlib")
T = TypeVar("T")


def write_whole(
    folder: str | Path, write: Callable[[Path], T], stale: Iterable[str] = (), last: str = LAST
) -> T:
    """Write files beside a folder first, and move them in when all are there.

    An older plan.json (or what `last` names) goes first and the new one comes last, so that a folder with a
    plan.json is always of one plan. Other files in the folder stay.

    Args:
        folder: Made where it is missing.
        write: Writes every file into the folder it is given.
        stale: Names or patterns ("traces*.parquet") that an older plan may have left, taken out before the new
            files come.
        last: The file that says what the folder holds.

    Raises:
        InputError: The folder cannot be written.
    """
    folder = Path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            result = write(Path(beside))
            folder.mkdir(exist_ok=True)
            for old in [path for pattern in (last, *stale) for path in folder.glob(pattern)]:
                old.unlink()
            for name in sorted((p.name for p in Path(beside).iterdir()), key=lambda n: (n == last, n)):
                os.replace(Path(beside) / name, folder / name)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(str(folder), [f"cannot be written: {why}. Name another folder with -o."]) from error
    return result


def json_text(value: Any, depth: int = 3) -> str:
    """JSON with a line a key down to a depth, and a line a record in lists of records.

    Example:
        >>> print(json_text({"a": {"b": [1, 2]}, "c": [{"d": 1}]}), end="")
        {
         "a": {
          "b": [1, 2]
         },
         "c": [
          {"d": 1}
         ]
        }
    """
    return _laid_out(value, depth, " ") + "\n"


def _laid_out(value: Any, depth: int, indent: str) -> str:
    if depth and isinstance(value, dict) and value:
        parts = [f"{json.dumps(key)}: {_laid_out(v, depth - 1, indent + ' ')}" for key, v in value.items()]
        return _block("{", parts, "}", indent)
    if isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        return _block("[", [json.dumps(v, ensure_ascii=False, allow_nan=False) for v in value], "]", indent)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _block(start: str, parts: list[str], end: str, indent: str) -> str:
    lines = ",\n".join(indent + part for part in parts)
    return f"{start}\n{lines}\n{indent[:-1]}{end}"


def read_json(folder: Path, name: str, command: str) -> Any:
    """A JSON file of a folder.

    Args:
        folder, name: Where it is.
        command: What writes such a folder, for the message where there is none.

    Raises:
        InputError: There is none, or it is no JSON.
    """
    path = folder / name
    if not path.is_file():
        raise InputError(str(folder), [f"has no {name}, so no plan. Run {command} -o {folder}."])
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(str(path), ["is not JSON. Plan again into this folder."]) from None


def package_versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of what a plan is made with, by package; what is not there is left out.

    Example:
        >>> package_versions(["no-such-package"])
        {}
    """
    from importlib.metadata import PackageNotFoundError, version

    out = {}
    for name in packages:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out
