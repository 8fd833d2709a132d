"""What the pages promise is there: each proof of a failure mode is a test, each page is in the list of pages, once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROVED = ROOT / "tests" / "operate"
LISTS = {
    "codes": "README.md",
    "components": "README.md",
    "laws": "README.md",
}  # folders with a list of their own
# These take tables of pages or decisions, whose number is the first word of their name.
LINK = re.compile(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)")


def proofs() -> list[tuple[str, str, str]]:
    """(mode, where, test) of the last column of docs/failure-modes.md."""
    found = []
    for line in (DOCS / "failure-modes.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 4 or not cells[0].isdigit():
            continue
        for part in re.split(r"<br>|;", re.sub(r"`[^`]*`", "", cells[3])):
            where, _, names = part.partition(":")
            found += [(cells[0], where.strip(), name) for name in re.findall(r"\btest_\w+", names)]
    return found


def test_every_failure_mode_has_a_proof_and_every_proof_is_a_test():
    text = (DOCS / "failure-modes.md").read_text(encoding="utf-8")
    modes = [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)]
    assert modes == list(range(1, len(modes) + 1))
    told = proofs()
    unproved = {str(mode) for mode in modes} - {mode for mode, _, _ in told}
    said = {
        row.split("|")[1].strip()
        for row in text.splitlines()
        if re.match(r"\| \d+ \|", row) and "ot yet" in row
    }
    assert unproved == said  # "not yet" stands where no test does, and nowhere else
    missing = []
    for mode, where, name in told:
        place = PROVED / where
        files = [*place.rglob("test_*.py")] if place.is_dir() else [place.with_suffix(".py")]
        there = any(
            re.search(rf"^(async )?def {name}\(", f.read_text(), re.MULTILINE) for f in files if f.exists()
        )
        if not there:
            missing.append(f"{mode}: {where}: {name}")
    assert not missing, "docs/failure-modes.md names tests that do not exist:\n" + "\n".join(missing)


def test_the_list_of_pages_has_each_page_once():
    listed = Counter(LINK.findall((DOCS / "index.md").read_text(encoding="utf-8")))
    pages = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    pages |= {f"{folder}/{name}" for folder, name in LISTS.items()}
    inside = {name: count for name, count in listed.items() if not name.startswith("..")}
    assert set(inside) == pages and set(inside.values()) == {1}


@pytest.mark.parametrize("folder", sorted(LISTS))
def test_the_list_of_a_folder_has_each_of_its_pages(folder):
    listed = set(LINK.findall((DOCS / folder / LISTS[folder]).read_text(encoding="utf-8")))
    assert {page.name for page in (DOCS / folder).glob("*.md")} - {LISTS[folder]} <= listed


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("*/README.md")]:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken, "links to pages that do not exist:\n" + "\n".join(broken)


def test_decisions_are_numbered_one_after_the_other():
    numbers = sorted(int(page.name[:4]) for page in (DOCS / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
