"""`python -m wattstack.operate.guard CAMPUS [FOLDER] [--shadow] [--speed X --start TIME]`: the guard as a process.

Needs    campus, operate.guard.loop.
Gives    main.
Used by  operate.supervise, units of the system.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path


def main(words: list[str] | None = None) -> int:
    """Run until a signal ends it. Returns the exit code: 0 stopped, 2 for faults of the campus file."""
    from wattstack.errors import WattstackError

    parser = argparse.ArgumentParser(prog="python -m wattstack.operate.guard")
    parser.add_argument("campus", type=Path, help="campus file, or the folder it stands in")
    parser.add_argument("folder", type=Path, nargs="?", help="of socket and state; absent: operate.folder")
    parser.add_argument("--shadow", action="store_true", help="decide and tell, never write")
    parser.add_argument("--speed", type=float, help="a simulated site: its seconds in one of the wall")
    parser.add_argument(
        "--start", type=datetime.fromisoformat, help="when a simulated site begins, with its zone"
    )
    asked = parser.parse_args(words)
    try:
        return run_guard(asked.campus, asked.folder, asked.shadow, asked.speed, asked.start)
    except WattstackError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def run_guard(
    path: Path, folder: Path | None, shadow: bool, speed: float | None, start: datetime | None = None
) -> int:
    """Read the campus and run its guard."""
    from wattstack.campus import read_campus
    from wattstack.operate.guard.loop import Guard

    campus = read_campus(path / "campus.yaml" if path.is_dir() else path)
    guard = Guard(campus, folder or campus.base_dir / campus.operate.folder, shadow, speed)
    if start is not None:
        guard.mind.clock.begin_s = start.timestamp()

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, guard.stop)
        await guard.run()

    go_first()
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(whole())
    return 0


def go_first() -> bool:
    """Be woken before anything else of this machine that is not of real time, where the system lets us.

    The kernel leaves a twentieth of each core to all others, also from a loop that never ends. Threads inherit it: one
    that waited for the processor with Python's lock in its hand would hold up the loop.

    Returns:
        Whether it does; it takes Linux and the right (CAP_SYS_NICE or RLIMIT_RTPRIO, as in packaging/).
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))
    except (AttributeError, OSError):
        return False
    return True


def _fast_loop():
    """The faster event loop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
