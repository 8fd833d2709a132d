"""The small campus of the twin's tests."""

from __future__ import annotations

from tests.twin.conftest import small

__all__ = ["small"]
