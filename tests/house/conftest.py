"""What the house tests read: the package as syntax trees, and the files git tracks."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "wattstack"


class House:
    """The package and the checkout it stands in."""

    root = ROOT

    def __init__(self):
        self.text = {
            path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(PACKAGE.rglob("*.py"))
        }
        self.trees = {name: ast.parse(text) for name, text in self.text.items()}

    @staticmethod
    def room_of(name: str) -> str:
        """Room of a file: "campus" for campus/battery.py, "errors" for errors.py."""
        return name.split("/", 1)[0].removesuffix(".py")

    @staticmethod
    def imports(tree: ast.AST) -> list[tuple[int, str, tuple[str, ...]]]:
        """Every import, also those inside functions: (line, module, names)."""
        found = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name, ()) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                found.append((node.lineno, module, tuple(alias.name for alias in node.names)))
        return found

    @staticmethod
    def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method of a tree."""
        return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]

    @staticmethod
    def tracked() -> list[Path]:
        """Every file git tracks or would; in an unpacked archive every file outside hidden folders."""
        run = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            files = [p.relative_to(ROOT) for p in ROOT.rglob("*")]
            files = [p for p in files if not any(part.startswith(".") for part in p.parts)]
        else:
            files = [Path(line) for line in run.stdout.splitlines()]
        return [path for path in files if (ROOT / path).is_file()]


@pytest.fixture(scope="session")
def house() -> House:
    """The package and its checkout."""
    return House()
