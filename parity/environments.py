"""An environment of its own for each peer: they refuse one another's numpy, and wattstack needs none of them.

Gives    Peer, PEERS, python_of, make_environment.
Used by  parity.__main__, benchmarks.battery, benchmarks.year.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-peers"
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")


class Peer(NamedTuple):
    """A peer: its environment, what is installed there, the Python it takes, whether it has cases to record."""

    name: str
    packages: tuple[str, ...]
    oldest: tuple[int, int] = (3, 11)
    newest: tuple[int, int] = (3, 14)
    recorded: bool = True


PEERS = (
    Peer("simses", ("simses>=2.1,<3",), oldest=(3, 12)),
    Peer("pysam", ("NREL-PySAM>=7.1,<8", "numpy")),
    Peer("blast", ("blast-lite>=1.1,<2", "numpy<2"), newest=(3, 12)),
    Peer("pybamm", ("pybamm>=26.3",)),
    Peer("vessim", ("vessim>=0.11",), recorded=False),
)


def python_of(name: str) -> Path | None:
    """The Python of a peer's environment, None where it has not been made."""
    path = FOLDER / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return path if (FOLDER / name / ".made").exists() else None


def make_environment(peer: Peer, given: Iterable[str] = ()) -> str:
    """Make the environment of a peer unless it stands.

    Args:
        peer: Which.
        given: Pythons to try before those on the path.

    Returns:
        "" where it stands now, else why not.
    """
    if python_of(peer.name):
        return ""
    python = next((p for p in (*given, sys.executable, *NAMES, *_of_pyenv()) if _fits(p, peer)), None)
    if python is None:
        lowest, highest = (".".join(map(str, v)) for v in (peer.oldest, peer.newest))
        return f"needs a Python from {lowest} to {highest}: none found. Name one with --python PATH."
    folder = FOLDER / peer.name
    steps = ([python, "-m", "venv", str(folder)], [*_pip(folder), *peer.packages])
    for words in steps:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return (done.stderr.strip().splitlines() or ["nothing said"])[-1]
    (folder / ".made").touch()
    return ""


def _pip(folder: Path) -> list[str]:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]


def _of_pyenv() -> list[str]:
    """Pythons that pyenv has installed and that need not be on the path, the newest first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return sorted(map(str, root.glob("versions/3.*/bin/python")), reverse=True)


def _fits(python: str, peer: Peer) -> bool:
    """Whether there is such a Python and the peer takes it."""
    code = f"import sys; sys.exit(not {peer.oldest} <= sys.version_info[:2] <= {peer.newest})"
    if shutil.which(python) is None:
        return False
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
