"""Benchmark `failover`: kill -9 of the guard, of the holder of two, and a device that dies and comes back.

Needs    benchmarks.guard_tools; wattstack.operate.
Gives    measure.
Used by  benchmarks.__main__.

Guards are processes, devices are simulated in this one, a tap on the wire notes every write and whose it was. Ten kills
of the holder, or FAILOVER_KILLS (the campaign: 100). The longest of each counts. A double write is one of a connection
after another one had begun to write.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from benchmarks.guard_tools import GuardProcess, Tap, free_port, holder, site_campus, wait_for
from benchmarks.measure import version_of

ROUNDS, KILLS, START_S, SILENT_S = 3, 10, 60.0, 10.0


@asynccontextmanager
async def _tapped():
    """A simulated site, a tap before each device, and the campus that guards see."""
    from wattstack.operate.simulated import simulate_devices

    behind = {path: free_port() for path in ("grid.connection", "battery.main")}
    taps = {path: Tap(free_port(), port) for path, port in behind.items()}
    async with simulate_devices(site_campus(behind)) as site:
        for tap in taps.values():
            await tap.open()
        try:
            yield site, taps, site_campus({path: tap.port for path, tap in taps.items()})
        finally:
            for tap in taps.values():
                await tap.shut()


def _power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


async def _safe_states(folder: Path) -> list[float]:
    """From the kill to the fallback in the device, and no power."""
    took = []
    async with _tapped() as (site, _, campus):
        for _ in range(ROUNDS):
            guard = GuardProcess(campus, folder)
            await wait_for(lambda: abs(_power(site) - 4.0) < 0.3, START_S)
            guard.kill()
            device = site.devices["battery.main"]
            took.append(await wait_for(lambda d=device: d.fell_back and _power(site) == 0.0, 30.0))
    return took


async def _takeovers(folder: Path, kills: int) -> tuple[list[float], int]:
    """From each kill of the holder to the first write of the other, and writes of two."""
    took, chance = [], np.random.default_rng(0)
    async with _tapped() as (site, taps, campus):
        tap = taps["battery.main"]
        guards = [GuardProcess(campus, folder), GuardProcess(campus, folder)]
        try:
            await wait_for(lambda: abs(_power(site) - 4.0) < 0.3 and tap.connections >= 2, START_S)
            for _ in range(kills):
                await asyncio.sleep(2.0 + float(chance.uniform(0.0, 1.0)))
                victim = next(g for g in guards if g.process.pid == holder(folder))
                at_s = victim.kill()
                before = len(tap.writes)
                await wait_for(lambda n=before: len(tap.writes) > n, 20.0)
                took.append(tap.writes[before][0] - at_s if len(tap.writes) > before else float("inf"))
                there = tap.connections
                guards[guards.index(victim)] = GuardProcess(campus, folder)
                await wait_for(lambda n=there: tap.connections > n, START_S)
        finally:
            for guard in guards:
                guard.kill()
    return took, tap.returns()


async def _repairs(folder: Path) -> list[float]:
    """From the repair of a device to the first write to it."""
    took = []
    async with _tapped() as (site, taps, campus):
        tap, guard = taps["battery.main"], GuardProcess(campus, folder)
        try:
            await wait_for(lambda: abs(_power(site) - 4.0) < 0.3, START_S)
            for k in range(ROUNDS):
                site.put("battery.main", "silent")
                await asyncio.sleep(SILENT_S + 0.7 * k)
                site.lift("battery.main", "silent")
                at_s, before = time.monotonic(), len(tap.writes)
                await wait_for(lambda n=before: len(tap.writes) > n, 30.0)
                took.append(tap.writes[before][0] - at_s if len(tap.writes) > before else float("inf"))
                await wait_for(lambda: abs(_power(site) - 4.0) < 0.3, 10.0)
        finally:
            guard.kill()
    return took


def _row(case: str, took: list[float], more: str = "") -> dict:
    said = ", ".join(f"{one:.2f}" for one in took[:10])
    return {
        "case": case, "tool": "wattstack", "seconds": float(np.median(took)), "objective": None, "peak_mb": None,
        "version": version_of("wattstack"), "note": f"{len(took)} times, longest {max(took):.2f} s; {said}{more}",
    }  # fmt: skip


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    kills = int(os.environ.get("FAILOVER_KILLS", KILLS))
    folders = []
    with tempfile.TemporaryDirectory() as name:
        for part in ("safe", "standby", "repair"):
            folders.append(Path(name) / part)
            folders[-1].mkdir()
        say(f"failover: kill -9 of the guard, {ROUNDS} times, until devices are in their safe state")
        safe = asyncio.run(_safe_states(folders[0]))
        say(f"failover: kill -9 of the holder of two, {kills} times, until the other writes")
        takeovers, double = asyncio.run(_takeovers(folders[1], kills))
        say(
            f"failover: a device that was silent for {SILENT_S:g} s and more, {ROUNDS} times, until it is written to"
        )
        repairs = asyncio.run(_repairs(folders[2]))
    bars = {
        "failover.safe_state_seconds": max(safe),
        "failover.takeover_seconds": max(takeovers),
        "failover.double_writes": float(double),
        "failover.repaired_device_seconds": max(repairs),
    }
    rows = [
        _row("guard killed, devices safe", safe),
        _row("holder killed, standby writes", takeovers, f"; {double} double writes"),
        _row("device back, written to", repairs),
    ]
    return {"bars": bars, "rows": rows}
