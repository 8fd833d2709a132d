"""A small campus with devices on free ports, and a site of simulated ones that answers over real sockets."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from wattstack.campus import Campus
from wattstack.operate.devices import Devices
from wattstack.operate.simulated import simulate_devices

BATTERY = {"power_mw": 10, "energy_mwh": 20, "charge_eff": 0.95, "discharge_eff": 0.95}
RAW = {
    "wattstack": 1,
    "name": "test",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "30min"},
    "load": {"halls": {"it_mw": 20}},
    "grid": {"connection": {"firm_mw": 50}, "tariff": {"energy": {"price_per_mwh": 10000}}},
    "battery": {"main": BATTERY},
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def campus_with(devices: dict, **sections) -> Campus:
    """The campus; each device stands at 127.0.0.1, on a port of its own where none is given."""
    whole = {
        path: {"host": "127.0.0.1", "port": free_port(), **one} if one.get("transport") != "rtu" else one
        for path, one in devices.items()
    }
    return Campus.model_validate({**RAW, **sections, "devices": whole})


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
