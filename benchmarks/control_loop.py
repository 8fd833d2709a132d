"""Benchmark `control_loop`: the image of 200 devices x 100 registers every 100 ms, its share of a core, and commands.

Needs    benchmarks.command, many_devices, stall; wattstack.operate; uvloop.
Gives    measure, run_image, Cycles.
Used by  benchmarks.__main__.

The devices are a process of their own on the other core. Two minutes, or CONTROL_LOOP_S
seconds (the campaign: 600).
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.command import measure_command
from benchmarks.many_devices import many_devices, served, stalls_of
from benchmarks.measure import version_of
from benchmarks.stall import MOST_HELD, Sentinel, own_core, stalled
from wattstack.operate.devices import Devices

COUNT, REGISTERS, PERIOD_S, DEADLINE_FRAC = 200, 100, 0.1, 0.6
TOLD_CYCLES = 600  # from one line about it to the next
WARM_CYCLES = 20  # until all are connected and nothing is done for the first time
IDLE_FRAC = 0.7  # of a cycle that the loop computed through, the machine is not to blame


@dataclass
class Cycles:
    """What was seen of each cycle.

    Attributes:
        began_s, image_s, cpu_s: Start (monotonic), time until the image stood, time of the processor in it.
        missing: Values that an image lacked, of all images.
        wall_s, busy_s: Of the whole run: time, and time of the processor.
    """

    began_s: list[float] = field(default_factory=list)
    image_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    missing: int = 0
    wall_s: float = 0.0
    busy_s: float = 0.0


async def run_image(port: int, for_s: float, say=lambda line: None) -> Cycles:
    """Read all devices each period for so long; `say` hears how it goes once a minute."""
    campus, layouts = many_devices(port, COUNT, REGISTERS, PERIOD_S)
    devices, seen = Devices(campus, layouts=layouts), Cycles()
    loop = asyncio.get_running_loop()
    await devices.start()
    while not all(live.up for live in devices.live.values()):
        await asyncio.sleep(0.05)
    due = loop.time()
    for k in range(WARM_CYCLES + round(for_s / PERIOD_S)):
        due = max(due + PERIOD_S, loop.time())
        await asyncio.sleep(due - loop.time())
        if k == WARM_CYCLES:
            wall, busy = time.monotonic(), time.thread_time()
        began, before = time.monotonic(), time.thread_time()
        image = await devices.read(DEADLINE_FRAC * PERIOD_S)
        if k >= WARM_CYCLES:
            seen.began_s.append(began)
            seen.image_s.append(time.monotonic() - began)
            seen.cpu_s.append(time.thread_time() - before)
            seen.missing += int(np.isnan(image.values).sum())
            if len(seen.image_s) % TOLD_CYCLES == 0:
                p99 = 1e3 * np.quantile(seen.image_s, 0.99)
                say(
                    f"control_loop: {len(seen.image_s)} of {round(for_s / PERIOD_S)} cycles, image p99 {p99:.1f} ms"
                )
    seen.wall_s, seen.busy_s = time.monotonic() - wall, time.thread_time() - busy
    await devices.stop()
    return seen


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    import uvloop

    for_s = float(os.environ.get("CONTROL_LOOP_S", "120"))
    say(f"control_loop: {COUNT} devices x {REGISTERS} registers each {PERIOD_S:g} s for {for_s:g} s")
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with served(COUNT, REGISTERS) as (port, process):
        own_core(0)
        try:
            with Sentinel() as sentinel, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                seen = runner.run(run_image(port, for_s, say))
        finally:
            if cores is not None:
                os.sched_setaffinity(0, cores)
        theirs = stalls_of(process)
    made, command = judged(seen, sentinel.stalls, theirs), measure_command(say)
    return {"bars": made["bars"] | command["bars"], "rows": made["rows"] + command["rows"]}


def judged(seen: Cycles, stalls: list, stalls_of_devices: list) -> dict:
    """Bars and rows; cycles that the machine held up are counted apart."""
    image = np.array(seen.image_s)
    began, cpu = np.array(seen.began_s), np.array(seen.cpu_s)
    held = np.array(
        [
            stalled(b, b + i, stalls_of_devices) or (stalled(b, b + i, stalls) and c < IDLE_FRAC * i)
            for b, i, c in zip(began, image, cpu, strict=True)
        ],
        dtype=bool,
    )
    own = image[~held] * 1000.0
    late, enough = image > PERIOD_S, held.mean() <= MOST_HELD
    bars = {
        "control_loop.image_p99_ms": float(np.quantile(own, 0.99)) if enough else None,
        "control_loop.core_frac": seen.busy_s / seen.wall_s,
        "control_loop.overruns": float((late & ~held).sum()) if enough else None,
    }
    whole = image * 1000.0
    note = (
        f"image p50 {np.median(whole):.1f}, p99 {np.quantile(whole, 0.99):.1f}, longest {whole.max():.1f} ms of all "
        f"{image.size} cycles; {int(held.sum())} were held up by the machine "
        f"({int((held & late).sum())} beyond a period); {seen.missing} values missing"
    )
    row = {
        "case": f"{COUNT} devices x {REGISTERS} registers, 10 Hz", "tool": "wattstack", "seconds": seen.wall_s,
        "objective": None, "peak_mb": None, "version": version_of("wattstack"), "note": note,
    }  # fmt: skip
    return {"bars": bars, "rows": [row]}
