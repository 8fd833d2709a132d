"""How a process of a live site runs: until it is told to stop, then tidily.

Gives    run_until_stopped, run_part.
Used by  the processes of operate, operate.supervise.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from wattstack.errors import WattstackError


def run_until_stopped(work: Coroutine[Any, Any, Any]) -> int:
    """Run something until it ends, or until SIGINT or SIGTERM cancels it.

    uvloop is used where it is installed.

    Returns:
        0 when it ended by itself or by SIGTERM, 130 when by SIGINT; what it raises is raised.
    """
    try:
        from uvloop import new_event_loop
    except ImportError:  # without the extra, or where there is none
        from asyncio import new_event_loop
    told: list[int] = []

    async def run() -> None:
        task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()

        def stop(number: int) -> None:
            told.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        try:
            await task
        except asyncio.CancelledError:
            if not told:
                raise

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(run())
    return 130 if told and told[0] == signal.SIGINT else 0


def run_part(start: Callable[[str, Path | None], Coroutine[Any, Any, Any]], words: Sequence[str]) -> int:
    """A process of a live site, by the words it was started with: CAMPUS [FOLDER].

    Args:
        start: Runs it on a campus file and in a folder; None: the folder that the file declares.
        words: Of the command line.

    Returns:
        The exit code: that of run_until_stopped, or 2 for faults of the campus file, which are shown.
    """
    try:
        return run_until_stopped(start(words[0], Path(words[1]) if len(words) > 1 else None))
    except WattstackError as error:
        print(error, file=sys.stderr)
        return error.exit_code
