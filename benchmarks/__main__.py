"""`python -m benchmarks [NAME] [--json FILE]`: run one benchmark, or all, print the table, write the numbers.

Needs    the benchmarks of NAMES, table.
Gives    main.
Used by  make bench, a reader.

NAME is one of NAMES below. `python -m benchmarks table FILE...` writes the numbers of such files into README.md,
`python -m benchmarks campaign FILE...` those of the long runs into docs/campaign.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.table import PAGES, circumstances, shown, write_tables

NAMES = (
    "dispatch",
    "site_plan",
    "portfolio",
    "battery",
    "year",
    "outage",
    "transient",
    "ai_load",
    "compliance",
    "control_loop",
    "historian",
    "failover",
    "replan",
    "reserve",
    "face_load",
    "soak",
    "startup",
)


def main(words: list[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n", 1)[0])
    parser.add_argument("name", nargs="?", choices=(*NAMES, *PAGES), help="which one; all without it")
    parser.add_argument("files", nargs="*", type=Path, help="table, campaign: files that --json wrote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write bars and rows into FILE")
    asked = parser.parse_args(words)
    if asked.name in PAGES:
        write_tables(PAGES[asked.name], asked.files)
        return 0
    if asked.files:
        parser.error(f"{asked.files[0]} is one word too many: files go with {' or '.join(PAGES)} only")
    names = (asked.name,) if asked.name else NAMES
    made: dict = circumstances(names) | {"bars": {}, "rows": []}
    for name in names:
        part = import_module(f"benchmarks.{name}").measure(lambda line: print(f"... {line}", file=sys.stderr))
        made["bars"] |= part["bars"]
        made["rows"] += part["rows"]
        print(shown(part))
    if asked.json:
        asked.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
