"""Benchmark `portfolio`: plans over years, against the same programme written out, and PyPSA.

Needs    benchmarks.race, portfolio_tools, growth, growth_files, startup.
Gives    measure.
Used by  benchmarks.__main__.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.cases import DATA
from benchmarks.growth import make_growth
from benchmarks.growth_files import write_portfolio, write_pypsa_growth
from benchmarks.measure import Run, free_mb, run_command, version_of
from benchmarks.portfolio_tools import GROWTH_GAP, data_set
from benchmarks.race import ROOT, Worker, best, fastest, race, ratio, row
from benchmarks.startup import wattstack_command

HIGHS = ("highs simplex", "highs ipx", "highs hipo")
METHODS = ("simplex", "ipx", "hipo")
HUNDRED_MB = 6_000
SAME_OPTIMUM = 1e-6
Say = Callable[[str], None]


def measure(say: Say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    bars: dict[str, float | None] = {}
    rows: list[dict] = []
    for part in (
        _written_out,
        _whole_sweep_thirty,
        _three_sites,
        _three_sites_commands,
        _hundred_sites,
        _same_bits,
    ):
        more = part(say)
        bars |= more["bars"]
        rows += more["rows"]
    return {"bars": bars, "rows": rows}


def _race(case: str, tools: tuple[str, ...], say: Say) -> dict[str, list[Run]]:
    """Runs of every tool on a case, interleaved."""
    say(f"portfolio {case}: {', '.join(tools)}")
    with ExitStack() as stack:
        return race({tool: stack.enter_context(Worker("portfolio", case, tool)) for tool in tools})


def _rows(case: str, runs: dict[str, list[Run]], note: str = "") -> list[dict]:
    return [row(case, tool, made, note if tool == "wattstack" else "") for tool, made in runs.items()]


def _objective(runs: list[Run]) -> float | None:
    return next((run.objective for run in reversed(runs) if run.objective is not None), None)


def off(runs: dict[str, list[Run]], ours: str, theirs: str) -> float | None:
    """Relative distance of our objective from that of the tool whose name begins so, up to the sign."""
    known = [_objective(made) for tool, made in runs.items() if tool.startswith(theirs)]
    reference = next((value for value in known if value is not None), None)
    own = _objective(runs[ours])
    return None if own is None or reference is None else abs(abs(own / reference) - 1.0)


def _if_same(value: float | None, error: float | None) -> float | None:
    """A speedup counts only where both found the same optimum."""
    return value if error is not None and error <= SAME_OPTIMUM else None


def _written_out(say: Say) -> dict:
    """The data set relaxed, and the whole of it as one linear programme."""
    runs = _race("example", ("wattstack", "piqp", *HIGHS), say)
    error = off(runs, "wattstack", "highs")
    bars = {
        "portfolio.example_seconds": best(runs["wattstack"]),
        "portfolio.certificate_error": off(runs, "wattstack", "piqp") if error is None else error,
        "portfolio.monolith_speedup": ratio(fastest(runs, "highs"), runs["wattstack"]),
        "portfolio.monolith_piqp_speedup": ratio(runs["piqp"], runs["wattstack"]),
    }
    note = "" if data_set().is_relative_to(DATA) else "no data set beside the checkout: the shipped example"
    return {"bars": bars, "rows": _rows("example", runs, note)}


def _whole_sweep_thirty(say: Say) -> dict:
    """Whole stages, gates and lines; twenty points of a sweep; ten copies of every site."""
    one = _race("example", ("wattstack+whole", "wattstack+sweep"), say)
    ten = _race("thirty_sites", ("wattstack",), say)
    bars = {
        "portfolio.whole_stages_seconds": best(one["wattstack+whole"]),
        "portfolio.resweep_seconds": best(one["wattstack+sweep"]),
        "portfolio.thirty_sites_seconds": best(ten["wattstack"]),
    }
    return {"bars": bars, "rows": _rows("example", one) + _rows("thirty_sites", ten)}


def _three_sites(say: Say) -> dict:
    """3 sites x 5 years x 4 weeks, in process."""
    runs = _race("three_sites", ("wattstack", "piqp", "piqp lean", "highs simplex lean"), say)
    speedup = _if_same(ratio(runs["piqp"], runs["wattstack"]), off(runs, "wattstack", "highs"))
    return {"bars": {"portfolio.three_sites_piqp_speedup": speedup}, "rows": _rows("three_sites", runs)}


def _three_sites_commands(say: Say) -> dict:
    """The same as whole processes, beside PyPSA's script."""
    case = "three_sites, whole process"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_portfolio(folder, make_growth("three_sites"))
        tools = {"wattstack plan": _plan_command(path)}
        tools["wattstack plan"]()  # what it keeps between runs is kept from here on
        if version_of("pypsa"):
            write_pypsa_growth(folder, make_growth("three_sites"))
            for method in METHODS:
                tools[f"pypsa {method}"] = _pypsa_command(folder, method)
        say(f"portfolio {case}: {', '.join(tools)}")
        runs = race(tools)
    if not version_of("pypsa"):
        runs["pypsa"] = [Run(fault="PyPSA is not installed: make bench-setup")]
    own = {tool: made for tool, made in runs.items() if tool != "pypsa hipo"}  # HiPO is a package PyPSA lacks
    speedup = _if_same(
        ratio(fastest(own, "pypsa"), runs["wattstack plan"]), off(runs, "wattstack plan", "pypsa")
    )
    return {"bars": {"portfolio.three_sites_pypsa_speedup": speedup}, "rows": _rows(case, runs)}


def _plan_command(path: Path) -> Callable[[], Run]:
    folder = path.parent
    words = ["plan", str(path), "-o", str(folder / "out"), "--gap", str(GROWTH_GAP)]
    command = wattstack_command([*words, "--relaxed", "--no-hold-back", "--no-report"], folder)

    def run() -> Run:
        done = command()
        if done.fault:
            return done
        plan = json.loads((folder / "out" / "plan.json").read_text(encoding="utf-8"))
        return replace(done, objective=-plan["objective"])

    return run


def _pypsa_command(folder: Path, method: str) -> Callable[[], Run]:
    script = Path(__file__).with_name("pypsa_growth.py")

    def run() -> Run:
        done = run_command([sys.executable, str(script), str(folder), method])
        if done.fault:
            return done
        return replace(done, objective=1e-6 * json.loads(done.text.strip().splitlines()[-1])["objective"])

    return run


def _module(name: str) -> tuple[Run, dict]:
    """A benchmark that is a process of its own: how it ran, and its last line."""
    done = run_command([sys.executable, "-m", f"benchmarks.{name}"], folder=ROOT)
    return done, {} if done.fault else json.loads(done.text.strip().splitlines()[-1])


def _hundred_sites(say: Say) -> dict:
    """100 sites x 10 years of quarter-hours."""
    say("portfolio hundred_sites: wattstack, two processes")
    if free_mb() < HUNDRED_MB:
        done, said = (
            Run(fault=f"left out: {free_mb() / 1000:.1f} GB are free, {HUNDRED_MB / 1000:.0f} wanted"),
            {},
        )
    else:
        done, said = _module("hundred_sites")
    run = Run(said.get("seconds"), said.get("objective"), said.get("peak_mb"), done.fault)
    bars = {
        "portfolio.hundred_sites_minutes": said["seconds"] / 60.0 if said else None,
        "portfolio.hundred_sites_gap": said.get("gap_frac"),
    }
    note = f"{said['visits']} years of 35,040 steps run" if said else ""
    return {"bars": bars, "rows": _rows("hundred_sites", {"wattstack": [run]}, note)}


def _same_bits(say: Say) -> dict:
    """Plan files of one worker, two threads, two processes, a cluster, and a cluster that loses a worker."""
    say("portfolio same_bits: one worker, two threads, two processes, a cluster of two, one of them killed")
    if not version_of("distributed"):
        done, said = Run(fault="Dask is not installed: make bench-setup"), {}
    else:
        done, said = _module("same_bits")
    differs = {case: who for case, who in said.get("differs", {}).items() if who}
    note = "; ".join(f"{case} differs with {', '.join(who)}" for case, who in differs.items())
    bars = {"portfolio.same_bits": float(not differs) if said else None}
    return {
        "bars": bars,
        "rows": [row("same_bits", "wattstack", [Run(done.seconds, None, None, done.fault)], note)],
    }
