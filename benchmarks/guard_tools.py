"""A guard as a process of its own, on simulated devices, with a tap on the wire: who wrote, and when.

Needs    wattstack.campus, wattstack.operate.
Gives    site_campus, GuardProcess, Tap, wait_for.
Used by  benchmarks.command, failover.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from wattstack.campus import Campus, write_campus

BATTERY = {"power_mw": 10, "energy_mwh": 40, "charge_eff": 0.95, "discharge_eff": 0.95, "start": {"soc": 0.9}}
RAW = {
    "wattstack": 1,
    "name": "benchmark",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "30min"},
    "load": {"offices": {"draw_mw": 20}},
    "grid": {"connection": {"firm_mw": 16}, "tariff": {"energy": {"price_per_mwh": 10000}}},
    "battery": {"main": BATTERY},
    "control": {"kind": "rules", "rules": ["limit", "reserve", "peak"]},
}
REVERT_S = 4  # whole seconds, so that the safe state is reached within five
TEMPLATES = {"grid.connection": "library:meter-generic", "battery.main": "library:sunspec-storage"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def site_campus(ports: dict[str, int]) -> Campus:
    """20 MW of load behind 16 MW of grid: the battery always gives, so that its setpoint always matters."""
    devices = {
        p: {"template": TEMPLATES[p], "host": "127.0.0.1", "port": port, "revert_s": REVERT_S}
        for p, port in ports.items()
    }
    return Campus.model_validate({**RAW, "devices": devices})


class GuardProcess:
    """`python -m wattstack.operate.guard` on a campus."""

    def __init__(self, campus: Campus, folder: Path) -> None:
        file = folder / "campus.yaml"
        if not file.exists():
            write_campus(campus, file)
        source = str(Path(__file__).resolve().parents[1] / "src")
        words = [sys.executable, "-m", "wattstack.operate.guard", str(file), str(folder)]
        self.process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": source})

    def kill(self) -> float:
        """End it as kill -9 does; returns when, monotonic."""
        at_s = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        return at_s


def holder(folder: Path) -> int:
    """Process that holds the lease."""
    return int(json.loads((folder / "lease").read_text())["holder"].split("-")[0])


async def wait_for(seen: Callable[[], bool], within_s: float) -> float:
    """Wait until seen() holds; seconds that took; inf where it did not within its time."""
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > within_s:
            return float("inf")
        await asyncio.sleep(0.002)
    return time.monotonic() - began


@dataclass
class Tap:
    """A wire between guards and a device that notes every write.

    Attributes:
        port: Where guards reach the device.
        to: Port of the device.
        writes: (monotonic, number of the connection) of each write, in their order.
    """

    port: int
    to: int
    writes: list[tuple[float, int]] = field(default_factory=list)
    connections: int = 0
    server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Listen."""
        self.server = await asyncio.start_server(self._joined, "127.0.0.1", self.port)

    async def shut(self) -> None:
        """Listen no more."""
        self.server.close()

    async def _joined(self, reader, writer) -> None:
        self.connections += 1
        number = self.connections
        try:
            back, on = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._carry(reader, on, number), self._carry(back, writer, None))
        except asyncio.CancelledError:
            writer.close()  # the benchmark is over

    async def _carry(self, reader, writer, number: int | None) -> None:
        try:
            while True:
                head = await reader.readexactly(7)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
                if number is not None and body[0] == 16:
                    self.writes.append((time.monotonic(), number))
                writer.write(head + body)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def returns(self) -> int:
        """Writes of a connection after another one had begun to write: two writers."""
        gone, last, count = set(), None, 0
        for _, number in self.writes:
            if number in gone:
                count += 1
            elif number != last:
                gone |= {last} if last is not None else set()
                last = number
        return count
