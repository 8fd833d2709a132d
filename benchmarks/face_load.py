"""Benchmark `face_load`: the guard's cycle while its page is looked at, asked and attacked by all means at once.

Needs    benchmarks.live_site, face_crowd; wattstack.operate.
Gives    measure.
Used by  benchmarks.__main__.

A cycle is timed by the guard from the beat on which it was due to the last setpoint handed over: how late it began,
reading of all devices, decision, writing. That is more than the image that control_loop times. No cycle is counted
apart. The site is the example's, all its processes as `wattstack operate --simulated` starts them, at the speed of the
wall. Nothing is pinned to a core: site and generators share what there is. What would stand elsewhere must not be held
up by the page, nor hold it up: simulated devices are of real time, as the guard is, where the system lets us; the
generators take only what the site leaves. They do all of face_crowd.KINDS at once, one minute or FACE_LOAD_S seconds,
after ten quiet ones.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.face_crowd import CHANNELS, KINDS, Line
from benchmarks.live_site import CAMPUS, Listener, LiveSite, usage
from benchmarks.measure import version_of

QUIET_S, BACK_S, KEYS = 10.0, 30.0, 6
SIGN_INS = 10  # so often a busy page is asked
CYCLE = ("control.late_ms", "control.cycle_ms", "control.overruns")


def fill_history(folder: Path, hours: float = 24.0) -> None:
    """Hours of history from before the site begins, so that questions have something to read (SYNTHETIC: noise)."""
    from wattstack.campus import read_campus
    from wattstack.operate.historian import Store

    folder.mkdir(parents=True, exist_ok=True)
    start_s = read_campus(CAMPUS).time.start.timestamp() - hours * 3600.0
    chance, store = np.random.default_rng(3), Store(folder / "history.sqlite", careful=False)
    values = chance.normal(50.0, 5.0, (int(hours * 3600), len(CHANNELS))).astype(np.float32)
    for k, row in enumerate(values):
        store.append(start_s + k, CHANNELS, row)
    while store.pack(start_s + len(values)):
        pass
    store.close()


async def _sign_in(line: Line, body: dict) -> tuple[str, str]:
    """Token against forgery and cookie; a machine that is busy may need to be asked again."""
    sent = json.dumps(body).encode()
    lengths = ("content-type: application/json", f"content-length: {len(sent)}")
    for _ in range(SIGN_INS):
        line.writer.write(line.head("POST", "/api/sign-in", *lengths) + sent)
        head = (await line.reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"(?i)content-length: (\d+)", head)[1])
        said = json.loads(await line.reader.readexactly(length))
        if "who" in said:
            return said["who"]["csrf"], re.search(r"(?i)set-cookie: ([^;\r]+)", head)[1]
        await asyncio.sleep(2.0)
    raise RuntimeError(f"nobody could sign in: {said}")


async def make_keys(port: int, log: str) -> list[str]:
    """The first person, by the token that was printed; by them, programs that may look and ask."""
    token = re.search(r"shown this once: (\S+)", log)[1]
    line = Line(port, 9999)
    body = {"token": token, "name": "operator-1", "password": "a long word, and 7 more"}
    for _ in range(SIGN_INS):
        status, _ = await line.ask("POST", "/api/first", body)
        if status < 400:
            break
        await asyncio.sleep(2.0)
    body = {"name": body["name"], "password": body["password"]}
    csrf, cookie = await _sign_in(line, body)
    keys = []
    for k in range(KEYS):
        made = {"name": f"program-{k}", "role": "operator"}
        _, said = await line.ask("POST", "/api/machines", made, f"cookie: {cookie}", f"x-csrf-token: {csrf}")
        keys.append(json.loads(said)["key"])
    line.close()
    return keys


async def seconds_to_answer(port: int, key: str) -> float:
    """Until the page answers somebody with a key again; inf where it does not."""
    began, line = time.monotonic(), Line(port, 9998, key)
    while time.monotonic() - began < BACK_S:
        try:
            if (await line.ask("GET", "/api/state"))[0] == 200:
                return time.monotonic() - began
        except (OSError, TimeoutError, EOFError):
            line.close()
        await asyncio.sleep(0.1)
    return float("inf")


def attack(port: int, keys: list[str], for_s: float) -> tuple[float, float, dict]:
    """All kinds at once; from when to when (monotonic), and what they met."""
    crowds = []
    try:
        for kind in KINDS:
            words = [sys.executable, "-m", "benchmarks.face_crowd", kind, str(port), str(for_s)]
            crowd = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            crowds.append(crowd)
            crowd.stdin.write(" ".join(keys))
            crowd.stdin.close()
        for crowd in crowds:
            crowd.stdout.readline()
        began, met = time.monotonic(), {}
        for crowd in crowds:
            met |= json.loads(crowd.stdout.readline())
        return began, min(time.monotonic(), began + for_s), met
    finally:
        for crowd in crowds:
            crowd.kill()
            crowd.wait()


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    for_s = float(os.environ.get("FACE_LOAD_S", "60"))
    with tempfile.TemporaryDirectory(prefix="face") as name:
        folder = Path(name) / "live"
        say("face_load: the site starts, with a day of history")
        fill_history(folder)
        with LiveSite(folder) as site, Listener(folder, CYCLE) as guard:
            port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", site.log("face"))[1])
            keys = asyncio.run(make_keys(port, site.log("face")))
            with suppress(AttributeError, OSError):
                os.sched_setscheduler(site.pids()["devices"], os.SCHED_RR, os.sched_param(1))
            calm = len(guard.states)
            time.sleep(QUIET_S)
            quiet, pids = [told for _, _, told in guard.states[calm:]], site.pids()
            many = {what: n for kind in KINDS.values() for what, n, _ in kind}
            said = ", ".join(f"{n} {what}" for what, n in many.items())
            say(f"face_load: {for_s:g} s of {said}")
            before = usage(pids)
            began, ended, met = attack(port, keys, for_s)
            after = usage(pids)
            loaded = [told for at, _, told in guard.states if began <= at <= ended]
            back_s = asyncio.run(seconds_to_answer(port, keys[0]))
            spent = {part: after[part][1] - before[part][1] for part in after if part in before}
            return judged(quiet, loaded, (met, spent, back_s, for_s))


def judged(quiet: list[tuple], loaded: list[tuple], seen: tuple) -> dict:
    """The bar and its row.

    Args:
        quiet, loaded: What the guard said of each cycle, as CYCLE, before and while it was attacked.
        seen: What was met; time of the processor by part [s]; seconds until the page answered again; length [s].
    """
    met, spent, back_s, for_s = seen
    still, cycle = (np.array([late + took for late, took, _ in part]) for part in (quiet, loaded))
    p99 = float(np.quantile(cycle, 0.99)) if cycle.size else None
    beyond = int(loaded[-1][2] - loaded[0][2]) if loaded else 0
    cores = ", ".join(f"{part} {seconds / for_s:.2f}" for part, seconds in sorted(spent.items()))
    answers = ", ".join(f"{what}: {count}" for what, count in sorted(met.items()))
    shown = (
        f"p50 {np.median(cycle):.1f}, p99 {p99:.1f}, longest {cycle.max():.1f} ms" if cycle.size else "none"
    )
    note = (
        f"{cycle.size} cycles from beat to write: {shown}; before it p99 {np.quantile(still, 0.99):.1f} ms; {beyond} "
        f"cycles overran their period; cores used: {cores}; the page answers {back_s:.1f} s after it; met: {answers}"
    )
    row = {
        "case": f"page attacked for {for_s:g} s, guard at 10 Hz", "tool": "wattstack", "seconds": for_s,
        "objective": None, "peak_mb": None, "version": version_of("wattstack"), "note": note,
    }  # fmt: skip
    return {"bars": {"face_load.guard_p99_ms": p99}, "rows": [row]}
