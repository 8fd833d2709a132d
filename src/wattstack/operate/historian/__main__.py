"""`python -m wattstack.operate.historian CAMPUS [FOLDER]`: the historian as a process of its own.

Needs    operate.historian.process, operate.process.
Gives    main.
Used by  operate.supervise, packaging's units.
"""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Run until stopped: CAMPUS [FOLDER]. Returns the exit code, 130 when stopped, 2 for faults of the campus file."""
    from wattstack.operate.historian.process import run_historian
    from wattstack.operate.process import run_part

    return run_part(run_historian, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
