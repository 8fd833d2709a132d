"""`python -m wattstack.operate.keeper CAMPUS FOLDER`: which campus file runs, where the system starts each process.

Needs    operate.keeper, operate.process, operate.alone, operate.guard.deadman (READY=1).
Gives    main.
Used by  packaging's unit wattstack-campus.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


async def keep_campus(source: str, folder: Path) -> None:
    """Lay the campus file into the folder, say that it is there, and look at both from then on.

    Raises:
        InputError: It cannot be run, or the folder is in use.
    """
    from wattstack.operate.alone import alone
    from wattstack.operate.guard.deadman import Watchdog
    from wattstack.operate.keeper import take_over

    keeper = take_over(Path(source), folder.resolve(), lambda line: print(line, flush=True))
    with alone(keeper.prepared.folder):
        keeper.look()
        Watchdog().say("READY=1")
        await keeper.watch()


def main(words: list[str] | None = None) -> int:
    """Run until stopped. Returns the exit code, 130 when stopped, 2 for faults of the campus file."""
    from wattstack.operate.process import run_part

    parser = argparse.ArgumentParser(prog="python -m wattstack.operate.keeper")
    parser.add_argument("campus", metavar="CAMPUS", help="the user's campus file, or the folder it stands in")
    parser.add_argument("folder", metavar="FOLDER", help="of the site's data")
    given = parser.parse_args(words)
    return run_part(keep_campus, (given.campus, given.folder))


if __name__ == "__main__":
    sys.exit(main())
