"""A small campus with devices on free ports, and a site of simulated ones that answers over real sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.operate.small import campus_at, with_battery
from wattstack.campus import Campus
from wattstack.operate.devices import Devices
from wattstack.operate.simulated import simulate_devices

RAW = {**with_battery(20), "load": {"halls": {"it_mw": 20}}}
RAW["grid"] = {**RAW["grid"], "connection": {"firm_mw": 50}}
BATTERY = RAW["battery"]["main"]
del RAW["control"]


def campus_with(devices: dict, **sections) -> Campus:
    """The campus with these devices."""
    return campus_at(RAW, devices, **sections)


class Bench:
    """A simulated site, the devices that read it, and what they told."""

    def __init__(self, site, devices: Devices, told: list) -> None:
        self.site, self.devices, self.told = site, devices, told
        self.image = None

    async def cycle(self, asked: dict | None = None, times: int = 1):
        """So many cycles; `asked` are setpoints by path."""
        for _ in range(times):
            self.image = await self.devices.read(0.06)
            for path, power in (asked or {}).items():
                self.devices.command(path, power)
            await asyncio.sleep(0.03)
        return self.image

    async def until(self, seen, asked: dict | None = None, within_s: float = 5.0) -> float:
        """Cycles until seen(image) holds; seconds that took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not seen(await self.cycle(asked)):
            assert loop.time() - began < within_s, f"not within {within_s} s; told: {self.told}"
        return loop.time() - began

    def texts(self, path: str = "battery.main") -> str:
        return " | ".join(f"{level} {text}" for where, level, text in self.told if where == path)


@asynccontextmanager
async def running(campus: Campus, **more):
    told: list[tuple[str, str, str]] = []
    async with simulate_devices(campus, **more) as site:
        devices = Devices(campus, tell=lambda *one: told.append(one))
        await devices.start()
        try:
            yield Bench(site, devices, told)
        finally:
            await devices.stop()


@pytest.fixture
def at_site():
    """Run work(bench) on a simulated site with these devices."""

    def run(devices: dict, work, sections: dict | None = None, **more) -> None:
        async def whole() -> None:
            async with running(campus_with(devices, **(sections or {})), **more) as bench:
                await asyncio.wait_for(work(bench), 25)

        asyncio.run(whole())

    return run
