"""The tables of a benchmark, for the terminal and for README.md.

Needs    benchmarks.bars.
Gives    shown, write_readme, markdown.
Used by  benchmarks.__main__.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from pathlib import Path

from benchmarks.bars import BARS, reached

README = Path(__file__).with_name("README.md")
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


def markdown(made: dict, date: str) -> str:
    """Bars and rows as tables of Markdown, with the machine they ran on."""

    def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
        return "\n".join("| " + " | ".join(line) + " |" for line in (head, ("---",) * len(head), *lines))

    where = f"{date}, {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    bars = table(("bar", "value", "must be", ""), _bar_lines(made["bars"]))
    return f"{where}.\n\n{bars}\n\n{table(ROW_HEAD, _row_lines(made['rows']))}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def write_readme(files: list[Path]) -> None:
    """Put the numbers of these files between the marks in README.md, dated by the newest of them."""
    made: dict = {"bars": {}, "rows": []}
    for file in files:
        part = json.loads(file.read_text(encoding="utf-8"))
        made["bars"] |= part["bars"]
        made["rows"] += part["rows"]
    newest = max(file.stat().st_mtime for file in files)
    date = datetime.datetime.fromtimestamp(newest, datetime.UTC).date().isoformat()
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{markdown(made, date)}\n{END}{after}", encoding="utf-8")
