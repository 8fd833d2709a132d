"""A guard as a process of its own, on simulated devices, with a tap on the wire: who wrote, when, by which right.

Needs    wattstack.campus, wattstack.operate.
Gives    free_port, site_campus, GuardProcess, Tap, Write, double_writes, wait_for.
Used by  benchmarks.command, failover; tests of operate.guard.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
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
FENCED = TEMPLATES | {
    "battery.main": "library:bess-generic"
}  # it has a register for the number of who may write
FENCE_AT = 2030  # of that register: library/devices/bess-generic.yaml
_GIVEN: set[int] = set()  # by free_port
HOME = "0100007F"  # 127.0.0.1, as /proc/net/tcp writes it


def free_port() -> int:
    """A port that nobody listens on, never the same twice, and none that the system gives to who calls out."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe:
            if port not in _GIVEN and probe.connect_ex(("127.0.0.1", port)) != 0:
                _GIVEN.add(port)
                return port


def site_campus(ports: dict[str, int], fenced: bool = False) -> Campus:
    """20 MW of load behind 16 MW of grid: the battery always gives, so that its setpoint always matters.

    Args:
        ports: Of each device.
        fenced: Who may write stands in a register of the battery.
    """
    templates = FENCED if fenced else TEMPLATES
    devices = {
        p: {"template": templates[p], "host": "127.0.0.1", "port": port, "revert_s": REVERT_S}
        for p, port in ports.items()
    }
    operate = {"operate": {"standby": {"lease_s": 1.0, "fence": "battery.main"}}} if fenced else {}
    return Campus.model_validate({**RAW, **operate, "devices": devices})


class GuardProcess:
    """`python -m wattstack.operate.guard` on a campus.

    Attributes:
        folder: Of its lease and state.
    """

    def __init__(self, campus: Campus, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        file = folder / "campus.yaml"
        if not file.exists():
            write_campus(campus, file)
        source = str(Path(__file__).resolve().parents[1] / "src")
        words = [sys.executable, "-m", "wattstack.operate.guard", str(file), str(folder)]
        self.process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": source})

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    def kill(self) -> float:
        """End it as kill -9 does; returns when, monotonic."""
        at_s = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        return at_s

    def lease(self) -> int:
        """Number of the lease that it holds; 0 where another one does, or none."""
        try:
            raw = json.loads((self.folder / "lease").read_text())
            return int(raw["number"]) if int(raw["holder"].split("-")[0]) == self.pid else 0
        except (OSError, ValueError, KeyError):
            return 0


async def wait_for(seen: Callable[[], bool], within_s: float) -> float:
    """Wait until seen() holds; seconds that took; inf where it did not within its time."""
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > within_s:
            return float("inf")
        await asyncio.sleep(0.002)
    return time.monotonic() - began


@dataclass(frozen=True)
class Write:
    """A setpoint on the wire: when (monotonic), the process that sent it, the number by which it may."""

    at_s: float
    writer: int
    number: int


@dataclass
class Tap:
    """A wire between guards and a device that notes every setpoint.

    Attributes:
        port: Where guards reach the device.
        to: Port of the device.
        guards: That may be at the other end.
        fenced: The number of a writer is the one it last wrote into the fence; else that of its lease.
        writes: In their order.
        speakers: Process behind each connection that was ever made; 0 where the system does not say.
    """

    port: int
    to: int
    guards: list[GuardProcess] = field(default_factory=list)
    fenced: bool = False
    writes: list[Write] = field(default_factory=list)
    speakers: list[int] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Listen."""
        self.server = await asyncio.start_server(self._joined, "127.0.0.1", self.port)

    async def shut(self) -> None:
        """Listen no more."""
        self.server.close()

    async def _joined(self, reader, writer) -> None:
        speaker = owner(writer.get_extra_info("peername")[1], [guard.pid for guard in self.guards])
        self.speakers.append(speaker)
        try:
            back, on = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._carry(reader, on, speaker), self._carry(back, writer, None))
        except asyncio.CancelledError:
            writer.close()  # the benchmark is over

    async def _carry(self, reader, writer, speaker: int | None) -> None:
        try:
            while True:
                head = await reader.readexactly(7)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
                if speaker is not None and body[0] == 16:
                    self._note(speaker, body)
                writer.write(head + body)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def _note(self, speaker: int, body: bytes) -> None:
        """A write of registers: into the fence, or a setpoint."""
        if self.fenced and int.from_bytes(body[1:3], "big") == FENCE_AT:
            low, high = body[6:8], body[8:10]  # the words of a number of this template: low one first
            self.numbers[speaker] = int.from_bytes(high + low, "big")
            return
        if not self.fenced:
            mine = next((guard for guard in self.guards if guard.pid == speaker), None)
            self.numbers[speaker] = (mine.lease() if mine else 0) or self.numbers.get(speaker, 0)
        self.writes.append(Write(time.monotonic(), speaker, self.numbers.get(speaker, 0)))


def double_writes(writes: list[Write]) -> int:
    """Setpoints of who had no number, or an older one than somebody who had written before.

    Example:
        >>> double_writes([Write(0.0, 7, 1), Write(0.1, 8, 2), Write(0.2, 7, 1), Write(0.3, 8, 2), Write(0.4, 9, 0)])
        2
    """
    count = highest = 0
    for write in writes:
        count += write.number < max(highest, 1)
        highest = max(highest, write.number)
    return count


def owner(port: int, pids: list[int]) -> int:
    """Which of these processes holds a port of 127.0.0.1 (Linux); 0 where none does, or the system does not say."""
    try:
        lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        socket_ = next(f"socket:[{line[9]}]" for line in lines if line[1] == f"{HOME}:{port:04X}")
    except (OSError, StopIteration):
        return 0
    for pid in pids:
        try:
            if any(os.readlink(one) == socket_ for one in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
        except OSError:
            continue  # it has ended, or shut a file meanwhile
    return 0
