"""Two hundred devices of a hundred registers each, behind one process; and a campus that names them.

Needs    wattstack.operate; benchmarks.stall. `python -m benchmarks.many_devices COUNT REGISTERS` serves.
Gives    many_devices, served, stalls_of.
Used by  benchmarks.control_loop.
"""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.stall import Sentinel, own_core
from wattstack.campus import Campus
from wattstack.library import Entry
from wattstack.operate.devices import Layout, lay_out
from wattstack.operate.devices.template import made_template
from wattstack.operate.simulated import Port

UNITS = 200  # units behind one port at most


class Block:
    """Registers that stand still but for the first one, which counts the reads."""

    def __init__(self, registers: int) -> None:
        self.raw = bytearray(struct.pack(f">{registers}H", *range(registers)))

    def read(self, function: int, address: int, count: int) -> bytes | int:
        """A slice."""
        return bytes(self.raw[2 * address : 2 * (address + count)])

    def write(self, address: int, registers: tuple[int, ...]) -> int:
        """Taken as it comes."""
        self.raw[2 * address : 2 * (address + len(registers))] = struct.pack(
            f">{len(registers)}H", *registers
        )
        return 0

    def spoil(self, unit: int, pdu: bytes) -> tuple[float, int, bytes]:
        """Never spoilt."""
        return 0.0, unit, pdu


def many_devices(port: int, count: int, registers: int, period_s: float) -> tuple[Campus, dict[str, Layout]]:
    """A campus with so many devices at a port, and what stands in them."""
    entry = Entry(
        "devices", "many", "registers", "benchmark", "2026-11", "assumption", "low", None,
        {"for": ["load"], "points": {f"r{k}": {"address": k, "type": "uint16"} for k in range(registers)}}, (), "",
    )  # fmt: skip
    paths = ["load.plain", *(f"load.plain#{k}" for k in range(2, count + 1))]
    device = {"template": "library:load-meter", "host": "127.0.0.1", "port": port, "period_s": period_s}
    campus = Campus.model_validate(
        {
            "wattstack": 1, "name": "many", "currency": "EUR",
            "place": {"latitude_deg": 48.0, "longitude_deg": 2.0, "time_zone": "Europe/Paris"},
            "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "1h"},
            "load": {"plain": {"draw_mw": 1}},
            "devices": {p: device | {"unit": k + 1, "share_frac": 1.0 / count} for k, p in enumerate(paths)},
            "operate": {"period_s": period_s},
        }
    )  # fmt: skip
    layout = lay_out(made_template(entry))
    return campus, dict.fromkeys(paths, layout)


@contextmanager
def served(count: int, registers: int) -> Iterator[tuple[int, subprocess.Popen]]:
    """The devices in a process of their own on the other core, as long as the block lasts; gives their port."""
    words = [sys.executable, "-m", "benchmarks.many_devices", str(count), str(registers)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait()


def stalls_of(process: subprocess.Popen) -> list[list[float]]:
    """End the devices; the stalls that their core saw: (begin, end), monotonic."""
    said, _ = process.communicate()  # it ends with its standard input
    return json.loads(said)


async def _serve(count: int, registers: int) -> None:
    port = Port("127.0.0.1", 0, {k + 1: Block(registers) for k in range(count)})
    await port.open()
    print(port.port, flush=True)
    with Sentinel() as sentinel:
        await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(sentinel.stalls), flush=True)
    await port.shut()


if __name__ == "__main__":
    import uvloop

    own_core(1)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
