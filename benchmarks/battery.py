"""Benchmark `battery`: a battery year at one minute beside the peers, a thousand batteries, every rack of a plant.

Needs    benchmarks.race, bars; parity.environments; the peers in .venv-peers (make bench-setup).
Gives    measure, PeerWorker, middle, timed_row.
Used by  benchmarks.__main__, benchmarks.year.

One battery and the peers: processor seconds, the middle run of several taken in turn. Many batteries: seconds of the
clock on all cores, and once more on one core, which no bar counts.
"""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.battery_tools import BATCH_STEPS, BATTERIES
from benchmarks.measure import Run, version_of
from benchmarks.race import ROOT, Worker
from parity.environments import python_of

ROUNDS = {"wattstack": 7, "simses": 3, "pysam": 3}
PEERS = ("simses", "pysam")


class PeerWorker(Worker):
    """A peer's year in the peer's own environment; `version` is what is installed there, once it has run."""

    def __init__(self, module: str, name: str):
        self.name, self.version = name, ""
        self.process = subprocess.Popen(
            [str(python_of(name)), "-m", module, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
        )

    def __call__(self) -> Run:
        """Run once."""
        said = self._ask("run")
        if "error" in said:
            return Run(fault=said["error"])
        self.version = said["version"]
        return Run(said["seconds"], said["objective"], said["peak_mb"])


def middle(runs: list[Run]) -> float | None:
    """Seconds of the middle run, None if there is none."""
    seconds = [run.seconds for run in runs if run.seconds is not None]
    return statistics.median(seconds) if seconds else None


def timed_row(case: str, tool: str, runs: list[Run], version: str, note: str = "") -> dict:
    """One row of the table: the middle run of a tool on a case."""
    fault = next((run.fault for run in runs if run.fault), "")
    said = "; ".join(part for part in (note, fault) if part)
    return {
        "case": case,
        "tool": tool,
        "seconds": middle(runs),
        "objective": next((run.objective for run in runs if run.objective is not None), None),
        "peak_mb": max((run.peak_mb for run in runs if run.peak_mb is not None), default=None),
        "version": version,
    } | ({"note": said} if said else {})


def in_turn(tools: dict[str, Callable[[], Run]], rounds: dict[str, int]) -> dict[str, list[Run]]:
    """Every tool its rounds, one after the other; one that fails runs no more."""
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    for i in range(max(rounds[name] for name in tools)):
        for name, tool in tools.items():
            if i < rounds[name] and not any(run.fault for run in runs[name]):
                runs[name].append(tool())
    return runs


def speedup(theirs: list[Run], ours: list[Run]) -> float | None:
    """How many times longer theirs takes, by the middle runs."""
    slow, fast = middle(theirs), middle(ours)
    return slow / fast if slow and fast else None


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    ours = version_of("wattstack")
    with ExitStack() as stack:
        tools = {"wattstack": stack.enter_context(Worker("battery", "year", "wattstack", one_core=True))}
        for name in PEERS:
            if python_of(name):
                tools[name] = stack.enter_context(PeerWorker("benchmarks.battery_peers", name))
        say(f"battery: a year at one minute, {', '.join(tools)}: some minutes")
        runs = in_turn(tools, ROUNDS)
    missing = [Run(fault="its environment is not there: make bench-setup")]
    runs = {name: runs.get(name, missing) for name in ROUNDS}
    versions = {name: getattr(tool, "version", ours) for name, tool in tools.items()}
    rows = [timed_row("battery year", name, made, versions.get(name, "")) for name, made in runs.items()]
    for case, what in (("batch", "a thousand batteries"), ("plant", "every rack of 1 GWh, a year")):
        for one_core in (False, True):
            on, key = ("one core", f"{case} one core") if one_core else ("all cores", case)
            say(f"battery: {what}, {on}")
            with Worker("battery", case, "wattstack", one_core=one_core) as tool:
                runs[key] = in_turn({key: tool}, {key: 5 if case == "batch" else 1 if one_core else 3})[key]
            rows.append(timed_row(f"battery {key}", "wattstack", runs[key], ours, f"wall, {on}"))
    batch = middle(runs["batch"])
    bars = {
        "battery.year_seconds": middle(runs["wattstack"]),
        "battery.simses_speedup": speedup(runs["simses"], runs["wattstack"]),
        "battery.pysam_speedup": speedup(runs["pysam"], runs["wattstack"]),
        "battery.batch_ns_per_step": batch and 1e9 * batch / (BATTERIES * BATCH_STEPS),
        "battery.plant_year_seconds": middle(runs["plant"]),
    }
    return {"bars": bars, "rows": rows}
