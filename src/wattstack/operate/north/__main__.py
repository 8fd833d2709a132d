"""`python -m wattstack.operate.north CAMPUS`: the north side as a process of its own.

Needs    operate.north.process.
Gives    main.
Used by  operate.supervise, packaging's units.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Run until stopped: CAMPUS [FOLDER]. Returns the exit code, 130 when stopped, 2 for faults of the campus file."""
    from wattstack.errors import WattstackError
    from wattstack.operate.north.process import run_north
    from wattstack.operate.process import run_until_stopped

    try:
        return run_until_stopped(run_north(words[0], Path(words[1]) if len(words) > 1 else None))
    except WattstackError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
