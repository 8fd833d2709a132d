"""Benchmark `transient`: a campus of 150 MW and one of 1 GW within seconds, in steps of milliseconds.

Needs    benchmarks.race, transient_tools.
Gives    measure.
Used by  benchmarks.__main__.

Processor seconds, the middle run of several. Peers: none runs from GPUs to the point of connection.
"""

from __future__ import annotations

from benchmarks.battery import middle, timed_row
from benchmarks.measure import version_of
from benchmarks.race import Worker
from benchmarks.transient_tools import SECONDS, margin_change

ROUNDS = {"bay": 7, "gigawatt": 3}


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    ours, runs = version_of("wattstack"), {}
    for name, count in ROUNDS.items():
        say(f"transient: {name}, {SECONDS[name]:g} s, {count} runs")
        with Worker("transient", name, "wattstack", one_core=True) as worker:
            runs[name] = [worker() for _ in range(count)]
    say("transient: half the step against a grid code")
    seconds = {name: middle(made) for name, made in runs.items()}
    rows = [timed_row(f"transient {name}", "wattstack", made, ours) for name, made in runs.items()]
    bars = {
        "transient.realtime_ratio": None if seconds["bay"] is None else SECONDS["bay"] / seconds["bay"],
        "transient.gigawatt_seconds": seconds["gigawatt"],
        "transient.gigawatt_mb": max(
            (r.peak_mb for r in runs["gigawatt"] if r.peak_mb is not None), default=None
        ),
        "transient.step_halved_margin_change": margin_change(),
    }
    return {"bars": bars, "rows": rows}
