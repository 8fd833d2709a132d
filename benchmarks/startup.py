"""Benchmark `startup`: what a user waits for at the command line, whole processes.

Needs    benchmarks.race, files, cases.
Gives    measure, wattstack_command.
Used by  benchmarks.__main__, site_plan.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.cases import make_case
from benchmarks.files import write_campus
from benchmarks.measure import Run, run_command
from benchmarks.race import best, race, row

COMPILING = "compil"


def wattstack_command(words: list[str], folder: Path, **env: str) -> Callable[[], Run]:
    """A `wattstack` command line as a tool; what it keeps between runs goes into the folder."""
    script = Path(sys.executable).parent / "wattstack"
    start = [str(script)] if script.exists() else [sys.executable, "-m", "wattstack"]
    kept = os.environ | {"WATTSTACK_CACHE": str(folder / "cache")} | env
    return lambda: run_command([*start, *words], kept)


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        campus = str(write_campus(folder, make_case("h_peak")))
        plan = ["plan", campus, "-o", str(folder / "out")]
        say("startup: --help, check, plan with report, twice and more")
        tools = {
            "help": wattstack_command(["--help"], folder),
            "check": wattstack_command(["check", campus], folder),
            "plan": wattstack_command(plan, folder),
        }
        warm_up = {name: tool() for name, tool in tools.items()}
        runs = race(tools)
        say("startup: first plan, nothing compiled yet")
        runs["first_plan"] = [_first_plan(plan, folder)]
    notes = {name: run.fault for name, run in warm_up.items()}
    rows = [row("h_peak", f"wattstack {name}", made, notes.get(name, "")) for name, made in runs.items()]
    return {"bars": {f"startup.{name}_seconds": best(made) for name, made in runs.items()}, "rows": rows}


def _first_plan(words: list[str], folder: Path) -> Run:
    """A plan with empty caches; one that does not say that it is compiling has no time."""
    empty = {"NUMBA_CACHE_DIR": str(folder / "numba"), "WATTSTACK_CACHE": str(folder / "empty")}
    run = wattstack_command(words, folder, **empty)()
    if not run.fault and COMPILING not in run.text:
        return replace(
            run, seconds=None, fault=f"took {run.seconds:.1f} s and did not say that it is compiling"
        )
    return run
