"""How a process of a live site runs: until it is told to stop, then tidily.

Gives    run_until_stopped.
Used by  the processes of operate, operate.supervise.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


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
