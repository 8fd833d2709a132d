"""`python -m wattstack.operate.planner CAMPUS`: the planner as a process of its own.

Needs    operate.planner.process, operate.process.
Gives    main.
Used by  operate.supervise, packaging's units.
"""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Run until stopped: CAMPUS [FOLDER]. Returns the exit code, 130 when stopped, 2 for faults of the campus file."""
    from wattstack.operate.planner.process import run_planner
    from wattstack.operate.process import run_part

    return run_part(run_planner, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
