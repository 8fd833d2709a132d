"""The wheel alone, in an empty environment and an empty folder, does what the README says."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.clean


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built as a release would be."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory) -> Path:
    """The command `wattstack` of a fresh environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    call(sys.executable, "-m", "venv", str(folder))
    call(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", str(wheel))
    return folder / "bin" / "wattstack"


def test_the_wheel_holds_what_is_not_python_too(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "wattstack"
    wanted = {
        "wattstack/" + p.relative_to(package).as_posix()
        for p in package.rglob("*")
        if p.is_file() and not any(part[0] in "._" for part in p.relative_to(package).parts[:-1])
    }
    assert wanted <= held, wanted - held
    assert not [name for name in held if name.startswith(("tests", "examples", "docs", "benchmarks"))]


def test_a_first_plan_from_an_empty_folder(command, tmp_path):
    assert "init" in call(str(command), "--help", cwd=tmp_path)
    call(str(command), "init", "sakai", cwd=tmp_path)
    assert "no fault found" in call(str(command), "check", "sakai/campus.yaml", cwd=tmp_path)
    said = call(str(command), "plan", "sakai/campus.yaml", "-o", "out", cwd=tmp_path)
    assert "report: out/report.html" in said
    assert (tmp_path / "out" / "plan.json").stat().st_size > 0
    assert "</html>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")[-200:]


def call(*words: str, cwd: Path | None = None) -> str:
    """Run a command that must succeed and return what it printed."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
