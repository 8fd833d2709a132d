"""Benchmark `failover`: kill -9 of the guard, of the one of two that writes, and a device that dies and comes back.

Needs    benchmarks.guard_tools; wattstack.operate.
Gives    measure.
Used by  benchmarks.__main__.

Guards are processes, devices are simulated in this one. A tap on the wire notes each setpoint: when, which process sent
it, and the number by which that one may write. Ten kills, or FAILOVER_KILLS (the campaign: 100): half of them of two
guards on one machine, who hold a lease, half as on two machines, each with a folder of its own, who agree by a register
of the battery. The longest of each counts. A double write is one of who has no number, or an older one than somebody
who had written before. Which process sent what is known on Linux alone; elsewhere double_writes is not measured.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from benchmarks.guard_tools import GuardProcess, Tap, double_writes, free_port, site_campus, wait_for
from benchmarks.measure import version_of
from wattstack.errors import StateError

ROUNDS, KILLS, START_S, SILENT_S = 3, 10, 180.0, 10.0
TOLD = 10  # kills from one line about it to the next


@asynccontextmanager
async def _tapped(fenced: bool = False):
    """A simulated site, a tap before each device, and the campus that guards see."""
    from wattstack.operate.simulated import simulate_devices

    behind = {path: free_port() for path in ("grid.connection", "battery.main")}
    taps = {path: Tap(free_port(), port, fenced=fenced) for path, port in behind.items()}
    async with simulate_devices(site_campus(behind, fenced)) as site:
        for tap in taps.values():
            await tap.open()
        try:
            yield site, taps, site_campus({path: tap.port for path, tap in taps.items()}, fenced)
        finally:
            for tap in taps.values():
                await tap.shut()


async def _there(seen: Callable[[], bool]) -> None:
    """Wait for what has to be there before anything can be timed."""
    if await wait_for(seen, START_S) == float("inf"):
        raise StateError(f"guards were not at work within {START_S:g} s. Look at what they said above.")


def _power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


async def _safe_states(folder: Path) -> list[float]:
    """From the kill to the fallback in the device, and no power."""
    took = []
    async with _tapped() as (site, _, campus):
        for _ in range(ROUNDS):
            guard = GuardProcess(campus, folder)
            await _there(lambda: abs(_power(site) - 4.0) < 0.3)
            guard.kill()
            device = site.devices["battery.main"]
            took.append(await wait_for(lambda d=device: d.fell_back and _power(site) == 0.0, 30.0))
    return took


async def _takeovers(folders: list[Path], kills: int, say) -> tuple[list[float], int | None]:
    """From each kill of who writes to the first setpoint of the other, and double writes; one folder: one machine."""
    took, chance, fenced = [], np.random.default_rng(0), folders[0] != folders[1]
    async with _tapped(fenced) as (site, taps, campus):
        tap = taps["battery.main"]
        guards = tap.guards
        guards += [GuardProcess(campus, folder) for folder in folders]
        try:
            await _there(lambda: abs(_power(site) - 4.0) < 0.3 and _both_there(tap))
            for k in range(kills):
                await asyncio.sleep(0.5 + float(chance.uniform(0.0, 1.0)))
                writer = tap.writes[-1].writer
                victim = next((guard for guard in guards if guard.pid == writer), guards[k % 2])
                at_s, before = victim.kill(), len(tap.writes)
                others = lambda v=victim, n=before: [w for w in tap.writes[n:] if w.writer != v.pid]  # noqa: E731
                await wait_for(lambda o=others: bool(o()), 20.0)
                took.append(others()[0].at_s - at_s if others() else float("inf"))
                guards[guards.index(victim)] = GuardProcess(campus, victim.folder)
                await _there(lambda: _both_there(tap))
                if (k + 1) % TOLD == 0:
                    double = double_writes(tap.writes)
                    say(
                        f"failover: {k + 1} of {kills} killed, longest {max(took):.2f} s, {double} double writes"
                    )
        finally:
            for guard in guards:
                guard.kill()
    return took, double_writes(tap.writes) if all(write.writer for write in tap.writes) else None


def _both_there(tap: Tap) -> bool:
    """Whether each guard is connected to the device; where nobody says who is, whether there are two connections."""
    return {guard.pid for guard in tap.guards} <= set(tap.speakers) or tap.speakers[-2:] == [0, 0]


async def _repairs(folder: Path) -> list[float]:
    """From the repair of a device to the first write to it."""
    took = []
    async with _tapped() as (site, taps, campus):
        tap, guard = taps["battery.main"], GuardProcess(campus, folder)
        try:
            await _there(lambda: abs(_power(site) - 4.0) < 0.3)
            for k in range(ROUNDS):
                site.put("battery.main", "silent")
                await asyncio.sleep(SILENT_S + 0.7 * k)
                site.lift("battery.main", "silent")
                at_s, before = time.monotonic(), len(tap.writes)
                await wait_for(lambda n=before: len(tap.writes) > n, 30.0)
                took.append(tap.writes[before].at_s - at_s if len(tap.writes) > before else float("inf"))
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"failover: kill -9 of the guard, {ROUNDS} times, until devices are in their safe state")
        safe = asyncio.run(_safe_states(folder / "safe"))
        say(f"failover: kill -9 of the holder of two, {kills - kills // 2} times, until the other writes")
        leased, double = asyncio.run(_takeovers([folder / "one"] * 2, kills - kills // 2, say))
        say(f"failover: the same as on two machines, {kills // 2} times")
        fenced, doubled = asyncio.run(_takeovers([folder / "two", folder / "three"], kills // 2, say))
        say(f"failover: a device that was silent for {SILENT_S:g} s, {ROUNDS} times, until it is written to")
        repairs = asyncio.run(_repairs(folder / "repair"))
    bars = {
        "failover.safe_state_seconds": max(safe),
        "failover.takeover_seconds": max(leased + fenced),
        "failover.double_writes": None if None in (double, doubled) else float(double + doubled),
        "failover.repaired_device_seconds": max(repairs),
    }
    rows = [
        _row("guard killed, devices safe", safe),
        _row("holder of a lease killed, standby writes", leased, f"; {double} double writes"),
        _row("holder of a fence killed, standby writes", fenced, f"; {doubled} double writes"),
        _row("device back, written to", repairs),
    ]
    return {"bars": bars, "rows": rows}
