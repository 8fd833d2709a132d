"""Benchmark `historian`: seconds lost when the writer is killed, a signal's day found again, bytes of a point.

Needs    wattstack.operate.historian. `python -m benchmarks.historian FILE FIRST_S` writes until it is killed.
Gives    measure, signals, KINDS.
Used by  benchmarks.__main__.

lost: 20,000 signals a second, seconds as fast as the disk takes them, packed beside; kill -9 twenty times, of both.
day: 2,000 signals (HISTORIAN_SIGNALS) x 86,400 s, all packed; then the whole day of signals drawn by chance.
Values are SYNTHETIC, as registers and meters give them (`signals`).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import version_of
from wattstack.operate.historian import Store
from wattstack.operate.historian.packer import Packer
from wattstack.operate.historian.recorder import Recorder
from wattstack.operate.historian.spans import SPAN_S

SIGNALS, KILLS = 20_000, 20
DAY_S, ASKED = 86_400, 300
BEGIN_S = 1_900_022_400.0
# share, what, noise: all change each second as a real reading does
KINDS = (
    (0.30, "power", "register of 0.1 kW; wanders by 1 % of its rating, noise of 3 steps rms"),
    (0.25, "meter", "float32 of a meter: voltage, frequency, factor; noise in every bit of it"),
    (0.10, "counter", "energy, register of 1 kWh, grows by 0 to 40 a second"),
    (0.20, "slow", "temperature and charge, register of 0.1; noise of half a step"),
    (0.15, "state", "setpoint or state, register of 0.01; changes once in five minutes"),
)


def signals(count: int, chance: np.random.Generator) -> tuple[list[str], np.ndarray]:
    """Names of so many signals, and the kind of each."""
    kinds = np.repeat(np.arange(len(KINDS)), [round(share * count) for share, _, _ in KINDS])
    kinds = np.resize(kinds, count)
    chance.shuffle(kinds)
    return [f"device{k // 100}.{KINDS[kind][1]}{k % 100}" for k, kind in enumerate(kinds)], kinds


def span_values(kinds: np.ndarray, before: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A quarter of an hour of all signals, float32 (SPAN_S, signals); `before` goes on to the next one."""
    out = np.empty((SPAN_S, kinds.size), dtype=np.float32)
    for kind in range(len(KINDS)):
        at = np.flatnonzero(kinds == kind)
        shape = (SPAN_S, at.size)
        if kind == 0:
            walk = before[at] + np.cumsum(chance.normal(0.0, 5.0, shape), axis=0)
            steps = np.rint(5000 + walk + chance.normal(0.0, 3.0, shape))
            before[at], out[:, at] = walk[-1], steps * 0.1
        elif kind == 1:
            out[:, at] = 230.0 + chance.normal(0.0, 0.8, shape)
        elif kind == 2:
            counted = before[at] + np.cumsum(chance.integers(0, 41, shape), axis=0)
            before[at], out[:, at] = counted[-1], counted
        elif kind == 3:
            walk = before[at] + np.cumsum(chance.normal(0.0, 0.02, shape), axis=0)
            before[at], out[:, at] = walk[-1], np.rint(300 + walk + chance.normal(0.0, 0.5, shape)) * 0.1
        else:
            jumps = np.where(chance.random(shape) < 1 / 300, chance.integers(-500, 501, shape), 0)
            held = before[at] + np.cumsum(jumps, axis=0)
            before[at], out[:, at] = held[-1], held * 0.01
    return out


def lost_seconds(folder: Path, say) -> tuple[int, int]:
    """Kill the writer again and again; seconds that it had acknowledged and that are gone, and how many it had."""
    path, chance = folder / "killed.sqlite", random.Random(7)
    names = [f"s{k}" for k in range(SIGNALS)]
    lost = acknowledged = 0
    first_s = BEGIN_S
    for kill in range(KILLS):
        words = [sys.executable, "-m", "benchmarks.historian", str(path), str(first_s)]
        writer = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        writer.stdout.readline()
        time.sleep(chance.uniform(0.2, 2.5))
        writer.send_signal(signal.SIGKILL)
        said = writer.stdout.read().split()
        writer.wait()
        last = int(said[-1]) if said else 0
        store = Store(path, read_only=True)
        gone = 0
        for place in (0, SIGNALS // 3, SIGNALS - 1):
            moments, values = store.query(names[place], first_s, first_s + last + 1)
            whole = {round(m - first_s): v for m, v in zip(moments, values, strict=True)}
            gone = max(gone, sum(whole.get(k) != np.float32(k + place) for k in range(last + 1)))
        store.close()
        acknowledged, lost = acknowledged + last + 1, lost + gone
        first_s += last + 10
        say(f"historian: killed {kill + 1} times, {acknowledged} seconds acknowledged, {lost} lost")
    return lost, acknowledged


def day(folder: Path, count: int, say) -> tuple[list[float], float, float]:
    """A day of all signals; milliseconds of each question, bytes of a point, seconds it took to write and pack."""
    chance = np.random.default_rng(11)
    names, kinds = signals(count, chance)
    before, store = np.zeros(count), Store(folder / "day.sqlite", careful=False)
    began = time.perf_counter()
    for at in range(0, DAY_S, SPAN_S):
        values = span_values(kinds, before, chance)
        for k in range(SPAN_S):
            store.append(BEGIN_S + at + k, names, values[k])
        store.pack(BEGIN_S + at + SPAN_S)
        if at % (24 * SPAN_S) == 0:
            say(f"historian: {at // 3600} h of a day of {count} signals")
    took_s = time.perf_counter() - began
    taken_ms = []
    for place in chance.integers(0, count, ASKED):
        one = time.perf_counter()
        moments, _ = store.query(names[place], BEGIN_S, BEGIN_S + DAY_S)
        taken_ms.append(1000.0 * (time.perf_counter() - one))
        if moments.size != DAY_S:
            raise RuntimeError(f"a day has {moments.size} seconds")
    size = store.size_bytes / (count * DAY_S)
    store.close()
    return taken_ms, size, took_s


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    count = int(os.environ.get("HISTORIAN_SIGNALS", "2000"))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        lost, acknowledged = lost_seconds(Path(folder), say)
        killed_s = time.perf_counter() - began
        taken_ms, bytes_per_point, took_s = day(Path(folder), count, say)
    bars = {
        "historian.lost_seconds": float(lost),
        "historian.day_query_ms": float(np.median(taken_ms)),
        "historian.bytes_per_point": bytes_per_point,
    }
    mix = ", ".join(f"{share:.0%} {what}" for share, what, _ in KINDS)
    own = {"tool": "wattstack", "objective": None, "peak_mb": None, "version": version_of("wattstack")}
    rows = [
        {
            "case": f"{SIGNALS} signals, kill -9 x {KILLS}", "seconds": killed_s, **own,
            "note": f"{acknowledged} seconds acknowledged, each on disk (fsync), packed beside; {lost} lost",
        },
        {
            "case": f"a day of {count} signals", "seconds": took_s, **own,
            "note": f"written and packed; {mix}; the day of one signal of {ASKED}: p50 {np.median(taken_ms):.1f}, "
            f"p99 {np.quantile(taken_ms, 0.99):.1f} ms; {bytes_per_point:.2f} bytes a point, index and all",
        },
    ]  # fmt: skip
    return {"bars": bars, "rows": rows}


def _write(path: Path, first_s: float) -> None:
    """Write seconds as fast as the disk takes them, and say which are on it, until killed."""
    names, base = tuple(f"s{k}" for k in range(SIGNALS)), np.arange(SIGNALS, dtype=np.float32)
    recorder, packer = Recorder(path), Packer(path, 90.0, 400.0)
    recorder.start()
    packer.start()
    print("ready", flush=True)
    said = -1
    for k in range(10**9):
        recorder.frame(first_s + k, names, base + np.float32(k))
        while k - recorder.written > 20:
            time.sleep(0.001)
        if recorder.written - 1 > said:
            said = recorder.written - 1
            print(said, flush=True)


if __name__ == "__main__":
    _write(Path(sys.argv[1]), float(sys.argv[2]))
