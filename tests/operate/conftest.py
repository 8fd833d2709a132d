from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.operate.small import small_file

CAMPUS = small_file()


@pytest.fixture
def campus_file():
    """A small campus without devices, in a folder of a short name: a socket's path has at most some hundred letters."""
    with TemporaryDirectory(prefix="site") as folder:
        path = Path(folder) / "campus.yaml"
        path.write_text(CAMPUS, encoding="utf-8")
        yield path
