"""The starter campuses: a commented campus file each, and synthetic series made beside it.

Gives    starter_files.
Used by  cli.init; the files below examples/ are what it gives.
"""

from __future__ import annotations

from wattstack.cli.starter.files import starter_files

__all__ = ["starter_files"]
