"""Benchmark `year`: a campus year at one minute with its controller in the loop, beside vessim.

Needs    benchmarks.battery, race; parity.environments; vessim in .venv-peers (make bench-setup).
Gives    measure.
Used by  benchmarks.__main__.

Processor seconds, the middle run of several taken in turn.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.battery import PeerWorker, in_turn, middle, speedup, timed_row
from benchmarks.measure import Run, version_of
from benchmarks.race import Worker
from parity.environments import python_of

ROUNDS = {"rules": 5, "mpc": 3, "simple": 5, "vessim": 3}


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    ours = version_of("wattstack")
    with ExitStack() as stack:
        say("year: by rules, by plan, simple; vessim: some minutes")
        tools = {
            name: stack.enter_context(Worker("year", name, "wattstack", one_core=True))
            for name in ROUNDS
            if name != "vessim"
        }
        if python_of("vessim"):
            tools["vessim"] = stack.enter_context(PeerWorker("benchmarks.year_peers", "vessim"))
        runs = in_turn(tools, ROUNDS)
    rows = [timed_row(f"year {name}", "wattstack", runs[name], ours) for name in ("rules", "mpc", "simple")]
    theirs = runs.get("vessim", [Run(fault="its environment is not there: make bench-setup")])
    rows.append(timed_row("year simple", "vessim", theirs, getattr(tools.get("vessim"), "version", "")))
    bars = {
        "year.rule_seconds": middle(runs["rules"]),
        "year.mpc_seconds": middle(runs["mpc"]),
        "year.vessim_speedup": speedup(theirs, runs["simple"]),
    }
    return {"bars": bars, "rows": rows}
