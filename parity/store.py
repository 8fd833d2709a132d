"""The recorded answers of the peers: written in a peer's environment, read by tests.

Gives    write_record, read_record, numbers.
Used by  parity.record_*, tests/parity.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).with_name("recorded")


def numbers(values: Any, digits: int = 9) -> list:
    """An array as nested lists of numbers with this many digits."""
    array = np.asarray(values, dtype=float)
    if array.ndim > 1:
        return [numbers(row, digits) for row in array]
    return [float(f"{value:.{digits}g}") for value in array]


def write_record(name: str, package: str, cases: dict[str, Any]) -> Path:
    """Write recorded/NAME.json: the peer and its version, then its cases.

    Args:
        name: Name of the file.
        package: What the peer is installed as; its version is read from what is installed.
        cases: Inputs and answers by case.
    """
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    record = {"peer": package, "version": version(package), "cases": cases}
    lines = json.dumps(record, indent=1)
    path.write_text(_rows_on_one_line(lines) + "\n", encoding="utf-8")
    return path


def _rows_on_one_line(text: str) -> str:
    """JSON with every list of plain numbers on one line, however `indent` broke it."""
    lines: list[str] = []
    row: list[str] | None = None
    for line in text.splitlines():
        bare = line.strip()
        if row is not None:
            row.append(bare)
            if bare in ("]", "],"):
                lines.append(row[0] + " ".join(row[1:-1]) + row[-1])
                row = None
        elif bare.endswith("[") and row is None:
            row = [line]
        else:
            lines.append(line)
        if row is not None and len(row) > 1 and bare.endswith(("[", "{")):
            lines.extend(row[:-1])
            row = [line] if bare.endswith("[") else None
            if row is None:
                lines.append(line)
    return "\n".join(lines)


def read_record(name: str) -> dict[str, Any]:
    """The recorded answers of a peer."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
