"""A device read again and again: every block timed, every value kept with its registers.

Needs    operate.devices.
Gives    Probe, identity_of.
Used by  operate.commission.walk, run.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from wattstack.operate.devices import Decoder, Layout, Link, read_request
from wattstack.operate.devices.device import LiveDevice
from wattstack.operate.devices.link import READ_HOLDING
from wattstack.operate.devices.sunspec import model_places

COMMON = 1  # SunSpec model with maker, model, version, serial number
IDENTITY = {"Mn": "manufacturer", "Md": "model", "Opt": "options", "Vr": "version", "SN": "serial_number"}
KEPT = 20  # rounds whose registers are kept
SELDOM_S = 5.0  # blocks that are read so seldom are read at the first and the last round only


@dataclass
class Probe:
    """What a device answered.

    Attributes:
        live: Its connection.
        times: Of each round, monotonic [s].
        values, quality: Of each round, all points of its layout.
        latency_s: Of each answer. round_s: Of each round in which nothing failed.
        errors: What came instead of an answer, and how often.
        asked: Requests in all.
        raws: Registers of the last rounds, uint16.
    """

    live: LiveDevice
    times: list[float] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    quality: list[np.ndarray] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)
    round_s: list[float] = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)
    dead: dict[int, str] = field(default_factory=dict)
    asked: int = 0
    raws: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._decoder = Decoder(self.layout.points, self.layout.length)

    @property
    def layout(self) -> Layout:
        """Its template laid out."""
        return self.live.layout

    async def run(self, rounds: int, period_s: float) -> None:
        """Read all blocks so many times, a period apart; what does not come is written down."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for k in range(rounds):
            began, lost = time.perf_counter(), self.errors.total()
            for reader in self.live.readers:
                seldom = reader.block.every_s > SELDOM_S
                if reader.request is not None and not (seldom and 0 < k < rounds - 1):
                    await self._one(reader, loop)
            if self.errors.total() == lost and 0 < k < rounds - 1:
                self.round_s.append(time.perf_counter() - began)
            self._keep(loop.time())
            due += period_s
            await asyncio.sleep(max(due - loop.time(), 0.0))
            due = max(due, loop.time() - period_s)

    async def _one(self, reader, loop) -> None:
        began, clock = loop.time(), time.perf_counter()  # the loop's own clock may count whole milliseconds
        payload, error = await self.live.request(reader.request)
        self.asked += 1
        if error is not None:
            self.errors[error] += 1
            self.dead.setdefault(reader.index, error)
            if error.startswith("down"):
                await asyncio.sleep(self.live.declared.timeout_s)
            return
        self.latency_s.append(time.perf_counter() - clock)
        self.dead.pop(reader.index, None)
        reader.view[:] = payload
        reader.answered = True
        self.live.times[reader.index] = began

    def _keep(self, now_s: float) -> None:
        raw = np.frombuffer(self.live.registers, dtype=">u2").astype(np.uint16)
        values, quality = self._decoder.values(raw)
        self.raws = [*self.raws[1 - KEPT :], raw]
        never = np.array([not np.isfinite(self.live.times[own]) for own in self.layout.block_of])
        values[never], quality[never] = np.nan, 3
        self.times.append(now_s)
        self.values.append(values)
        self.quality.append(quality)

    def series(self, name: str) -> np.ndarray:
        """A quantity round by round; NaN where it is no number."""
        k = self.layout.place[name]
        return np.array([row[k] for row in self.values])

    def why_not(self, name: str) -> str:
        """Why a quantity was never read: what its block answered."""
        own = self.layout.block_of[self.layout.place[name]]
        if self.live.readers[own].request is None:
            return f"the device lacks SunSpec model {self.layout.blocks[own].model}"
        return self.dead.get(own, "nothing came")

    def registers_of(self, name: str) -> str:
        """The registers of a quantity as they stand, in hexadecimal."""
        point = self.layout.points[self.layout.place[name]]
        return " ".join(f"{word:04X}" for word in self.raws[-1][point.offset : point.offset + point.words])

    def update_s(self, name: str) -> float:
        """Mean time from one change of a quantity to the next [s]; inf where it changed less than twice."""
        series = self.series(name)
        changed = np.flatnonzero(np.diff(series) != 0.0) + 1
        changed = changed[np.isfinite(series[changed]) & np.isfinite(series[changed - 1])]
        if len(changed) < 2:
            return float("inf")
        return (self.times[changed[-1]] - self.times[changed[0]]) / (len(changed) - 1)


async def identity_of(live: LiveDevice) -> dict[str, str]:
    """Maker, model, options, version and serial number of a SunSpec device; empty where it tells none."""
    if COMMON not in live.models:
        return {}
    address, length = live.models[COMMON]
    payload, error = await live.request(
        read_request(live.declared.unit, READ_HOLDING, address, min(length, 100))
    )
    if error is not None:
        return {}
    words = struct.unpack(f">{len(payload) // 2}H", payload)
    raw = struct.pack(f">{len(words)}H", *words)
    places = model_places(COMMON)
    told = {}
    for point, name in IDENTITY.items():
        place = places[point]
        text = raw[2 * place.offset : 2 * (place.offset + place.words)].split(b"\0")[0]
        told[name] = "".join(c for c in text.decode("utf-8", "replace").strip() if c.isprintable())
    return {name: text for name, text in told.items() if text}


def is_timed(probe: Probe) -> bool:
    """Whether answers of the device can be timed: behind a broker nothing is asked."""
    return isinstance(probe.live.carrier, Link) or bool(probe.latency_s)
