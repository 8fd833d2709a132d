"""What the pages promise is there: each proof of a failure mode is a test; decisions have numbers of their own."""

from __future__ import annotations

import re
from pathlib import Path

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


def test_decisions_are_numbered_one_after_the_other():
    numbers = sorted(int(page.name[:4]) for page in (DOCS / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
