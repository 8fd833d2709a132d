"""Benchmark `site_plan`: battery, solar and twelve monthly peaks sized, against HiGHS, PIQP and PyPSA.

Needs    benchmarks.race, cases, files, startup.
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

import numpy as np

from benchmarks.cases import make_case, real_cases
from benchmarks.files import write_campus, write_pypsa
from benchmarks.measure import Run, free_mb, run_command, version_of
from benchmarks.race import Worker, best, fastest, race, ratio, row
from benchmarks.startup import wattstack_command

HIGHS = ("highs simplex", "highs ipx", "highs hipo")
HIPO_QUARTERS_MB = 10_000
PRICE_OFF = 0.01  # EUR/MWh
UNIQUE_WITHIN = 0.5 * PRICE_OFF
METHODS = ("simplex", "ipx", "hipo")

# Which tools run on which case. HiGHS takes minutes on quarter-hours: there on the bar's case only.
PLAN = {
    "h_peak": ("wattstack", "wattstack+polish", "piqp", *HIGHS),
    "q_peak": ("wattstack", "piqp", *HIGHS),
    "h": ("wattstack", "piqp", *HIGHS),
    "q": ("wattstack", "piqp"),
}
REAL = ("wattstack", "piqp")


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    bars: dict[str, float | None] = {}
    rows: list[dict] = []
    errors: list[float] = []
    for case, tools in (PLAN | dict.fromkeys(real_cases(), REAL)).items():
        runs = _race(case, tools, bars, say)
        rows += [row(case, tool, made) for tool, made in runs.items()]
        errors += _errors(runs)
        bar = {"h_peak": "hourly", "q_peak": "quarter"}.get(case)
        if bar:
            bars[f"site_plan.{bar}_speedup"] = ratio(fastest(runs, "highs"), runs["wattstack"])
            bars[f"site_plan.{bar}_piqp_speedup"] = ratio(runs["piqp"], runs["wattstack"])
    bars["site_plan.objective_error"] = max(errors, default=None)
    for part in (_scenarios, _commands):
        more = part(say)
        bars |= more["bars"]
        rows += more["rows"]
    return {"bars": bars, "rows": rows}


def _race(case: str, tools: tuple[str, ...], bars: dict, say: Callable[[str], None]) -> dict[str, list[Run]]:
    """Runs of every tool on a case, interleaved; the prices of h_peak are compared on the way."""
    say(f"site_plan {case}: {', '.join(tools)}")
    left_out = {}
    if case.startswith("q") and "highs hipo" in tools and free_mb() < HIPO_QUARTERS_MB:
        why = f"left out: needs 9 GB, {free_mb() / 1000:.1f} GB are free"
        left_out["highs hipo"] = [Run(fault=why)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workers = {
            tool: stack.enter_context(Worker("site_plan", case, tool))
            for tool in tools
            if tool not in left_out
        }
        runs = race(workers)
        if "wattstack+polish" in tools:
            prices = {}
            for tool in ("wattstack+polish", "highs simplex", "piqp"):
                if best(runs[tool]) is not None:
                    workers[tool].save(folder / "answer.npz")
                    prices[tool] = np.load(folder / "answer.npz")["price_per_mwh"]
            bars["site_plan.price_hours_off"] = hours_off(prices) if len(prices) == 3 else None
    return runs | left_out


def hours_off(prices: dict[str, np.ndarray]) -> float:
    """Share of the hours whose polished price is off, among those where simplex and PIQP say the same."""
    theirs = prices["highs simplex"]
    unique = np.abs(theirs - prices["piqp"]) <= UNIQUE_WITHIN
    return float(np.mean(np.abs(prices["wattstack+polish"] - theirs)[unique] > PRICE_OFF))


def _errors(runs: dict[str, list[Run]]) -> list[float]:
    """Error of our objective against HiGHS, where both have one."""
    theirs = next((runs[t][-1].objective for t in HIGHS if t in runs and runs[t][-1].objective), None)
    ours = runs["wattstack"][-1].objective
    return [abs(ours / theirs - 1.0)] if theirs and ours else []


def _scenarios(say: Callable[[str], None]) -> dict:
    """Ten years of hours planned together over one of them, each in a process kept on one core."""
    say("site_plan: ten years together, one core")
    with ExitStack() as stack:
        tools = ("wattstack", "wattstack*10")
        runs = race({t: stack.enter_context(Worker("site_plan", "h_peak", t, one_core=True)) for t in tools})
    rows = [row("h_peak, one core", tool, made) for tool, made in runs.items()]
    bar = ratio(runs["wattstack*10"], runs["wattstack"])
    return {"bars": {"site_plan.ten_scenarios_ratio": bar}, "rows": rows}


def _commands(say: Callable[[str], None]) -> dict:
    """Whole processes: `wattstack plan --no-report` on hours and quarter-hours, PyPSA's script on hours."""
    rows: list[dict] = []
    with tempfile.TemporaryDirectory() as name:
        hours, quarters = Path(name) / "h", Path(name) / "q"
        hours.mkdir()
        quarters.mkdir()
        campus = write_campus(hours, make_case("h_peak"))
        tools = {"wattstack plan": _plan_command(campus)}
        tools["wattstack plan"]()  # what it keeps between runs is kept from here on
        if version_of("pypsa"):
            write_pypsa(hours, campus)
            for method in METHODS:
                tools[f"pypsa {method}"] = _pypsa_command(hours, method)
        say(f"site_plan, whole processes: {', '.join(tools)}")
        runs = race(tools)
        if not version_of("pypsa"):
            runs["pypsa"] = [Run(fault="PyPSA is not installed: make bench-setup")]
        rows += [row("h_peak, whole process", tool, made) for tool, made in runs.items()]
        say("site_plan, whole process: quarter-hours, memory")
        memory = race({"wattstack plan": _plan_command(write_campus(quarters, make_case("q_peak")))})
        rows += [row("q_peak, whole process", tool, made) for tool, made in memory.items()]
    own = {tool: made for tool, made in runs.items() if tool != "pypsa hipo"}  # HiPO is a package PyPSA lacks
    bars = {
        "site_plan.pypsa_speedup": ratio(fastest(own, "pypsa"), runs["wattstack plan"]),
        "site_plan.peak_mb": rows[-1]["peak_mb"],
    }
    return {"bars": bars, "rows": rows}


def _plan_command(campus: Path) -> Callable[[], Run]:
    folder = campus.parent
    command = wattstack_command(["plan", str(campus), "-o", str(folder / "out"), "--no-report"], folder)

    def run() -> Run:
        done = command()
        if done.fault:
            return done
        plan = json.loads((folder / "out" / "plan.json").read_text(encoding="utf-8"))
        return replace(done, objective=plan["objective"])

    return run


def _pypsa_command(folder: Path, method: str) -> Callable[[], Run]:
    script = Path(__file__).with_name("pypsa_site.py")

    def run() -> Run:
        done = run_command([sys.executable, str(script), str(folder), method])
        if done.fault:
            return done
        return replace(done, objective=json.loads(done.text.strip().splitlines()[-1])["objective"])

    return run
