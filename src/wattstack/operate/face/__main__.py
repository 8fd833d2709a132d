"""`python -m wattstack.operate.face CAMPUS`: the process of the control room.

Needs    campus.read_campus, operate.face.app.
Gives    main.
Used by  the supervisor of `wattstack operate`, systemd.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from wattstack.campus import read_campus
from wattstack.errors import WattstackError


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is told to stop; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m wattstack.operate.face", description=__doc__.splitlines()[0]
    )
    parser.add_argument("campus", metavar="CAMPUS", help="campus file")
    parser.add_argument(
        "folder", nargs="?", help="folder of the live site; absent = operate.folder of the campus"
    )
    parser.add_argument("--port", type=int, help="instead of operate.face.port")
    parser.add_argument(
        "--simulated", action="store_true", default=None, help="say that the devices are simulated"
    )
    given = parser.parse_args(arguments)
    try:
        from wattstack.operate.face.app import make_app, serve
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed. pip install wattstack[operate]", file=sys.stderr)
        return 2
    try:
        campus = read_campus(given.campus, {"operate.face.port": given.port} if given.port else None)
        folder = Path(given.folder) if given.folder else campus.base_dir / campus.operate.folder
        app = make_app(campus, folder, Path(given.campus), given.simulated)
        asyncio.run(serve(app, campus, lambda line: print(line, flush=True)).serve())
    except WattstackError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
