"""The tables of a benchmark, for the terminal, for README.md and for the campaign's page.

Needs    benchmarks.bars.
Gives    shown, write_tables, markdown, circumstances, PAGES.
Used by  benchmarks.__main__.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from benchmarks.bars import BARS, reached

PAGES = {  # by the word of `python -m benchmarks`, what its files are written into
    "table": Path(__file__).with_name("README.md"),
    "campaign": Path(__file__).resolve().parents[1] / "docs" / "campaign.md",
}
LENGTHS = {  # by benchmark, what its length is asked by
    "control_loop": ("CONTROL_LOOP_S", "COMMAND_CHANGES"),
    "failover": ("FAILOVER_KILLS",),
    "historian": ("HISTORIAN_SIGNALS",),
    "face_load": ("FACE_LOAD_S",),
    "reserve": ("RESERVE_CAMPAIGNS", "RESERVE_SOCKETS"),
    "soak": ("SOAK_H", "SOAK_SPEED"),
}
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ROW_HEAD = ("case", "tool", "seconds", "objective", "peak MB", "version", "note")


def number(value: float | None, digits: int = 3) -> str:
    """A number for a reader, "-" for none."""
    return "-" if value is None else f"{value:.{digits}g}"


def _bar_lines(bars: dict) -> list[tuple[str, ...]]:
    lines = []
    for name, value in bars.items():
        sense, limit = BARS[name]
        word = "reached" if reached(name, value) else "not measured" if value is None else "missed"
        lines.append((name, number(value, 4), f"{sense} {limit:g}", word))
    return lines


def _row_lines(rows: list[dict]) -> list[tuple[str, ...]]:
    return [
        (
            row["case"],
            row["tool"],
            number(row["seconds"]),
            "-" if row["objective"] is None else f"{row['objective']:.4f}",
            "-" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}",
            row["version"],
            row.get("note", ""),
        )
        for row in rows
    ]


def _aligned(lines: list[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def shown(made: dict) -> str:
    """Bars and rows as text."""
    rows = _aligned([ROW_HEAD, *_row_lines(made["rows"])])
    bars = _aligned([("bar", "value", "must be", ""), *_bar_lines(made["bars"])])
    return f"\n{rows}\n\n{bars}\n"


def circumstances(names: Iterable[str]) -> dict[str, str]:
    """When and where these benchmarks run, and how long they were asked to be."""
    asked = [
        f"{word}={os.environ[word]}" for name in names for word in LENGTHS.get(name, ()) if word in os.environ
    ]
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "length": " ".join(asked) or "usual",
    }


def markdown(parts: list[dict]) -> str:
    """Bars and rows of several runs as tables of Markdown: with each bar its day and length; the machines above."""

    def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
        return "\n".join("| " + " | ".join(line) + " |" for line in (head, ("---",) * len(head), *lines))

    bars = {
        line[0]: (*line, part["date"], part["length"]) for part in parts for line in _bar_lines(part["bars"])
    }
    head = ("bar", "value", "must be", "", "date", "length")
    rows = [line for part in parts for line in _row_lines(part["rows"])]
    machines = "; ".join(dict.fromkeys(part["machine"] for part in parts))
    return f"{machines}.\n\n{table(head, list(bars.values()))}\n\n{table(ROW_HEAD, rows)}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def write_tables(page: Path, files: list[Path]) -> None:
    """Put the numbers of these files between the marks of a page; of a bar that is in several, the last counts."""
    parts = []
    for file in files:
        date = datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC).date().isoformat()
        usual = circumstances(()) | {"date": date}  # of a file that does not tell
        parts.append(usual | json.loads(file.read_text(encoding="utf-8")))
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{markdown(parts)}\n{END}{after}", encoding="utf-8")
