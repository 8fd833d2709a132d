"""Runs of several tools on one case, interleaved, each often enough for its length.

Needs    benchmarks.measure.
Gives    race, Worker, row, best, fastest, ratio.
Used by  benchmarks.dispatch, site_plan, startup.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.measure import Run, version_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = {"wattstack": "wattstack", "highs": "highspy", "piqp": "piqp", "pypsa": "pypsa"}


def repeats(seconds: float) -> int:
    """Runs that a tool of this length gets: seven below a second, three below a minute, one beyond."""
    return 7 if seconds < 1.0 else 3 if seconds < 60.0 else 1


def race(tools: Mapping[str, Callable[[], Run]]) -> dict[str, list[Run]]:
    """Run the tools in turn, round after round, until each has had its runs.

    A tool that fails drops out; its only Run says why.
    """
    done: dict[str, list[Run]] = {name: [] for name in tools}
    wanted = dict.fromkeys(tools, 1)
    while any(len(done[name]) < wanted[name] for name in tools):
        for name, tool in tools.items():
            if len(done[name]) < wanted[name]:
                run = tool()
                done[name].append(run)
                wanted[name] = 1 if run.fault else repeats(min(r.seconds for r in done[name]))
    return done


class Worker:
    """A process that holds one tool on one case and runs it when called; it ends with the `with` block.

    Args:
        bench, case_name, tool: See tools.make_tool.
        one_core: Keep the process on one core.
    """

    def __init__(self, bench: str, case_name: str, tool: str, one_core: bool = False):
        words = [sys.executable, "-m", "benchmarks.worker", bench, case_name, tool, *["one-core"] * one_core]
        self.name = f"{bench} {case_name} {tool}"
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _ask(self, line: str) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if not said:
            return {"error": f"{self.name}: its process ended with code {self.process.wait()}"}
        return json.loads(said)

    def __call__(self) -> Run:
        """Run once."""
        said = self._ask("run")
        if "error" in said:
            return Run(fault=said["error"])
        return Run(said["seconds"], said["objective"], said["peak_mb"])

    def save(self, path: Path) -> None:
        """Save sizes and prices of the last run as .npz."""
        self._ask(str(path))


def best(runs: list[Run]) -> float | None:
    """Seconds of the fastest run, None if there is none."""
    return min((run.seconds for run in runs if run.seconds is not None), default=None)


def row(case: str, tool: str, runs: list[Run], note: str = "") -> dict:
    """One row of the table: the fastest run of a tool on a case."""
    fault = next((run.fault for run in runs if run.fault), "")
    peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
    made = {
        "case": case,
        "tool": tool,
        "seconds": best(runs),
        "objective": next((run.objective for run in reversed(runs) if run.objective is not None), None),
        "peak_mb": max(peaks, default=None),
        "version": version_of(PACKAGE[re.match("[a-z]+", tool)[0]]),
    }
    said = "; ".join(part for part in (note, fault) if part)
    return made | ({"note": said} if said else {})


def fastest(runs: Mapping[str, list[Run]], start: str) -> list[Run]:
    """Runs of the fastest tool whose name begins so; empty if none has a time."""
    timed = [made for tool, made in runs.items() if tool.startswith(start) and best(made)]
    return min(timed, key=best, default=[])


def ratio(theirs: list[Run], ours: list[Run]) -> float | None:
    """How many times longer theirs take, None if either has no time."""
    slow, fast = best(theirs), best(ours)
    return slow / fast if slow and fast else None
