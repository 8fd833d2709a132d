"""What the pages show works: their Python runs, their links lead somewhere, their commands exist."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from wattstack.cli.app import wattstack

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


def blocks(page: Path, language: str) -> list[str]:
    """Code blocks of one language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.stem)
def test_the_python_on_a_page_runs(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    for code in blocks(page, "python"):
        program = compile(code, page.name, "exec")
        if not code.startswith("#!"):  # one that a site calls is read only: what it speaks to is not here
            exec(program, {})


def test_every_page_is_in_the_index_once():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or index.count(f"]({page.name})") == 1, page.name
    for folder in ("codes", "components", "laws"):
        parts = (ROOT / "docs" / folder / "README.md").read_text(encoding="utf-8")
        for page in (ROOT / "docs" / folder).glob("*.md"):
            assert page.name == "README.md" or f"({page.name})" in parts, page.name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_on_a_page_exist_with_their_options(page):
    for line in (line for code in blocks(page, "sh") for line in code.splitlines()):
        words = line.split("#")[0].split()
        if words[:1] != ["wattstack"] or words[1].startswith("-"):
            continue
        verb = wattstack.commands[words[1]]
        verbs = [verb, *(verb.commands[word] for word in words[2:] if word in getattr(verb, "commands", {}))]
        known = {
            o for one in verbs for parameter in one.params for o in parameter.opts + parameter.secondary_opts
        }
        assert {word for word in words[2:] if word.startswith("-")} <= known | {">"}, line
