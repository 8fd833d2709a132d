"""Is it a portfolio? Told by its name or the keys at its margin, without parsing it.

Gives    is_portfolio, FILES.
Used by  portfolio.file, cli (which must not pay for a portfolio where a campus is meant).
"""

from __future__ import annotations

import re
from pathlib import Path

FILES = ("portfolio.yaml", "meta.yaml")
SAYS_SO = re.compile(r"^(portfolio|tables|calendar)\s*:", re.MULTILINE)


def is_portfolio(path: str | Path) -> bool:
    """Whether a path is a portfolio: a folder with portfolio.yaml or meta.yaml, or a YAML file that says so.

    What is not there is no portfolio; its fault is told by who reads it.
    """
    path = Path(path)
    if path.is_dir():
        return any((path / name).is_file() for name in FILES)
    return path.is_file() and (path.name in FILES or _says_so(path))


def _says_so(path: Path) -> bool:
    return SAYS_SO.search(path.read_text(encoding="utf-8", errors="replace")) is not None
