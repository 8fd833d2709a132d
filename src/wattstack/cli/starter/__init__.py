"""The starters: a commented file each, of a campus or of a portfolio, and the synthetic series made beside it.

Gives    starter_files.
Used by  cli.init; the files below examples/ are what it gives.
"""

from __future__ import annotations

from wattstack.cli.starter.files import starter_files

__all__ = ["starter_files"]
