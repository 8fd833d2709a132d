"""From a change of the measured load to the new setpoint on the wire, through a guard that is a process of its own.

Needs    benchmarks.guard_tools, stall; wattstack.operate.
Gives    measure_command.
Used by  benchmarks.control_loop.

The meter's registers change at a moment by chance within the guard's period; the write of another setpoint that comes
to the battery's registers ends the time. What fell into a stall of the machine is counted apart.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.guard_tools import GuardProcess, free_port, site_campus, wait_for
from benchmarks.measure import version_of
from benchmarks.stall import MOST_HELD, Sentinel, stalled

CHANGES, REST_S, BIN_MS = 300, 0.25, 10
LOADS_MW = (19.0, 23.0)


def _timed(layout, path: str, rating: float):
    """A simulated device that notes when another setpoint came."""
    from wattstack.operate.simulated.device import SimulatedDevice

    class Timed(SimulatedDevice):
        wrote_s, asked = 0.0, None

        def write(self, address: int, registers: tuple[int, ...]) -> int:
            code = super().write(address, registers)
            asked = self.shown("setpoint_mw")
            if asked != self.asked:
                self.asked, self.wrote_s = asked, time.monotonic()
            return code

    return Timed(path, layout, 0, rating, 40.0, time.monotonic)


async def _run(folder: Path, changes: int) -> list[tuple[float, float]]:
    """(when, seconds) of each change."""
    from wattstack.operate.devices import layouts_of
    from wattstack.operate.simulated import Port

    ports = {path: free_port() for path in ("grid.connection", "battery.main")}
    campus = site_campus(ports)
    made = {path: _timed(layout, path, 20.0) for path, layout in layouts_of(campus).items()}
    for path, port in ports.items():
        await Port("127.0.0.1", port, {1: made[path]}).open()
    meter, battery = made["grid.connection"], made["battery.main"]

    def show(load: float) -> None:
        power = battery.asked or 0.0
        meter.refresh(
            {"power_mw": load - power, "voltage_pu": 1.0, "breaker": 1.0, "clock_s": int(time.time())}
        )
        battery.refresh(
            {"power_mw": power, "stored_mwh": 36.0, "soc": 0.9, "can_charge_mw": 10.0, "can_discharge_mw": 10.0,
             "contactor": 1.0, "alarms": 0.0}
        )  # fmt: skip

    show(LOADS_MW[0])
    guard, took, chance = GuardProcess(campus, folder), [], np.random.default_rng(0)
    try:
        await wait_for(lambda: battery.asked is not None, 60.0)
        until = time.monotonic() + 4.0
        while time.monotonic() < until:  # the start is gentle: that is not what is timed
            show(LOADS_MW[0])
            await asyncio.sleep(0.02)
        for k in range(changes):
            load = LOADS_MW[(k + 1) % 2]
            began = time.monotonic()
            show(load)
            await wait_for(lambda began=began: battery.wrote_s > began, 2.0)
            took.append((began, battery.wrote_s - began))
            rest = time.monotonic() + REST_S + float(chance.uniform(0.0, 0.1))
            while time.monotonic() < rest:
                show(load)
                await asyncio.sleep(0.01)
    finally:
        guard.kill()
    return took


def measure_command(say) -> dict:
    """Bars and rows of the way from change to command."""
    changes = int(os.environ.get("COMMAND_CHANGES", CHANGES))
    say(f"control_loop: {changes} changes of the load, each to the setpoint on the wire")
    with tempfile.TemporaryDirectory() as name, Sentinel() as sentinel:
        took = asyncio.run(_run(Path(name), changes))
    held = np.array([stalled(b, b + s, sentinel.stalls) for b, s in took])
    whole = np.array([s for _, s in took]) * 1000.0
    own = whole[~held]
    counts, edges = np.histogram(whole, bins=np.arange(0.0, max(whole.max(), 160.0) + 2 * BIN_MS, BIN_MS))
    bars = ", ".join(f"{edge:.0f}: {count}" for count, edge in zip(counts, edges, strict=False) if count)
    note = (
        f"p50 {np.median(whole):.0f}, p99 {np.quantile(whole, 0.99):.0f}, longest {whole.max():.0f} ms of all "
        f"{whole.size}; {int(held.sum())} were held up by the machine; from ms on, how many: {bars}"
    )
    row = {
        "case": "measured change to command, 10 Hz", "tool": "wattstack", "seconds": None, "objective": None,
        "peak_mb": None, "version": version_of("wattstack"), "note": note,
    }  # fmt: skip
    p99 = float(np.quantile(own, 0.99)) if held.mean() <= MOST_HELD else None
    return {"bars": {"control_loop.command_p99_ms": p99}, "rows": [row]}
