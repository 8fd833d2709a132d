"""A campus with a meter and a battery on free ports, its simulated site, a guard on it: in this process or its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.operate.small import TEMPLATED, campus_at, with_battery
from wattstack.campus import Campus, write_campus
from wattstack.operate.guard import Guard
from wattstack.operate.simulated import simulate_devices

RAW = with_battery(20, start={"soc": 0.8})
BATTERY = RAW["battery"]["main"]
DEVICES = TEMPLATED


def campus_of(devices: dict | None = None, **sections) -> Campus:
    """The campus: 20 MW of load behind 16 MW of grid, so that the battery has to give 4 MW."""
    return campus_at(RAW, devices or DEVICES, **sections)


@asynccontextmanager
async def guarded_site(campus: Campus, folder: Path, **more):
    """A simulated site and a guard on it, in this process."""
    async with simulate_devices(campus, **more) as site:
        guard = Guard(campus, folder)
        work = asyncio.create_task(guard.run())
        try:
            yield site, guard
        finally:
            guard.stop()
            await work


async def until(seen, within_s: float = 6.0) -> float:
    """Wait until seen() holds; seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not seen():
        assert loop.time() - began < within_s, f"not within {within_s} s"
        await asyncio.sleep(0.02)
    return loop.time() - began


class Process:
    """A guard as a process of its own."""

    def __init__(self, campus: Campus, folder: Path, *words: str) -> None:
        file = folder / "campus.yaml"
        if not file.exists():
            write_campus(campus, file)
        env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
        self.log = folder / f"guard-{os.urandom(3).hex()}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "wattstack.operate.guard", str(file), str(folder), *words],
                env=env, stderr=log, stdout=log,
            )  # fmt: skip

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def processes():
    """Guards that are killed at the end."""
    made: list[Process] = []

    def start(*words) -> Process:
        made.append(Process(*words))
        return made[-1]

    yield start
    for one in made:
        one.kill()


@pytest.fixture
def at_site(tmp_path):
    """Run work(site, guard) on a simulated site."""

    def run(work, devices: dict | None = None, sections: dict | None = None, **more) -> None:
        async def whole() -> None:
            async with guarded_site(campus_of(devices, **(sections or {})), tmp_path, **more) as (
                site,
                guard,
            ):
                await asyncio.wait_for(work(site, guard), 40)

        asyncio.run(whole())

    return run
