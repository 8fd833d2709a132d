"""`python -m wattstack.operate.historian CAMPUS [FOLDER]`: the historian as a process of its own.

Needs    operate.historian.process.
Gives    main.
Used by  operate.supervise, packaging's units.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Run until stopped. Returns the exit code, 130 when stopped, 2 for faults of the campus file."""
    from wattstack.errors import WattstackError
    from wattstack.operate.historian.process import run_historian
    from wattstack.operate.process import run_until_stopped

    try:
        return run_until_stopped(run_historian(words[0], Path(words[1]) if len(words) > 1 else None))
    except WattstackError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
