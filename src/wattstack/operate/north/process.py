"""The process that speaks to the world above the site: one connection to the guard, each way run and run again.

Needs    campus.read_campus, operate.north.way.
Gives    run_north.
Used by  operate.north.__main__, tests.

A way that fails is told once and run again within five seconds; the others go on. What it had asked for expires.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from wattstack.campus import read_campus
from wattstack.operate.north.way import Site, Way, ways_of

RETRY_S = (0.5, 5.0)  # first and longest wait before a way is run again
WELL_S = 30.0  # one that ran so long begins with the first wait again


async def run_north(campus_file: str | Path, folder: Path | None = None) -> None:
    """Run all ways that a campus declares until cancelled; a guard that is not there is waited for.

    Where it declares none this ends at once.

    Args:
        campus_file: The campus.
        folder: Of the site at work; None: as declared, beside the campus file.

    Raises:
        InputError: The campus file, keys or certificates have faults.
    """
    campus = read_campus(campus_file)
    site = Site(campus, folder or campus.base_dir / campus.operate.folder)
    ways = ways_of(campus)
    if not ways:
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(site.listen())
        for key, way in ways.items():
            group.create_task(keep(key, way, site))


async def keep(key: str, way: Way, site: Site) -> None:
    """Run a way, and again when it ends; the same words are told once, and when it runs well again."""
    loop, wait_s, told = asyncio.get_running_loop(), RETRY_S[0], ""

    async def well() -> None:
        await asyncio.sleep(WELL_S)
        await site.say("info", f"north.{key}", "runs again")

    while True:
        began, waits = loop.time(), asyncio.create_task(well()) if told else None
        try:
            await way.run(site)
            why = "ended by itself"
        except Exception as error:  # a fault of one way must not take the others with it
            why = f"{type(error).__name__}: {error}"
        finally:
            if waits is not None:
                waits.cancel()
        if loop.time() - began >= WELL_S:
            wait_s, told = RETRY_S[0], ""
        if why != told:
            told = why
            await site.say("alarm", f"north.{key}", f"is run again: {why}")
        await asyncio.sleep(wait_s)
        wait_s = min(2.0 * wait_s, RETRY_S[1])
