"""Benchmark `dispatch`: one storage, fixed sizes, value and gradient, against HiGHS on the same programme.

Needs    benchmarks.race, cases.
Gives    measure.
Used by  benchmarks.__main__.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.cases import real_cases
from benchmarks.measure import Run
from benchmarks.race import Worker, best, fastest, race, ratio, row

OURS = ("wattstack", "wattstack+prepare")
HIGHS = ("highs simplex", "highs ipx", "highs hipo")
UNIQUE_WITHIN = 1e-3  # EUR/MWh between simplex and an interior point: the price has one value there


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    bars: dict[str, float | None] = {}
    rows, errors, price_errors = [], [], []
    for case, bar in (("h", "hourly"), ("q", "quarter"), *((name, "") for name in real_cases())):
        say(f"dispatch {case}: wattstack, HiGHS simplex, ipx, hipo, PIQP")
        tools = (*OURS, *HIGHS, "piqp")
        runs, arrays = _run(case, tools)
        share = unique_share(arrays)
        rows += [row(case, tool, runs[tool]) for tool in tools]
        rows[-6]["note"] = f"price has one value in {share:.1%} of steps"
        if bar:
            bars[f"dispatch.{bar}_speedup"] = ratio(fastest(runs, "highs"), runs["wattstack"])
        errors.append(_objective_error(runs))
        price_errors.append(price_error(arrays))
    say("dispatch minute: wattstack, 525,600 steps")
    runs, _ = _run("minute", OURS)
    rows += [row("minute", tool, runs[tool]) for tool in OURS]
    bars["dispatch.objective_error"] = max(errors)
    bars["dispatch.price_error"] = max(price_errors)
    bars["dispatch.minute_year_seconds"] = best(runs["wattstack"])
    return {"bars": bars, "rows": rows}


def _run(case: str, tools: tuple[str, ...]) -> tuple[dict[str, list[Run]], dict[str, np.ndarray]]:
    """Runs of every tool, interleaved, and the prices that each ended with."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workers = {tool: stack.enter_context(Worker("dispatch", case, tool)) for tool in tools}
        runs = race(workers)
        prices = {}
        for tool, worker in workers.items():
            if best(runs[tool]) is not None:
                path = folder / "answer.npz"
                worker.save(path)
                prices[tool] = np.load(path)["price_per_mwh"]
    return runs, prices


def _objective_error(runs: dict[str, list[Run]]) -> float:
    ours, theirs = runs["wattstack"][-1].objective, runs["highs simplex"][-1].objective
    return abs(ours / theirs - 1.0)


def unique_steps(prices: dict[str, np.ndarray]) -> np.ndarray:
    """Where HiGHS' simplex, at a corner, and PIQP, inside, say the same price: nowhere else is it unique."""
    return np.abs(prices["highs simplex"] - prices["piqp"]) <= UNIQUE_WITHIN


def unique_share(prices: dict[str, np.ndarray]) -> float:
    """Share of steps whose price has one value."""
    return float(unique_steps(prices).mean())


def price_error(prices: dict[str, np.ndarray]) -> float:
    """Largest error of our price against simplex where it is unique, relative (to 1 EUR/MWh near zero)."""
    at = unique_steps(prices)
    theirs = prices["highs simplex"][at]
    return float(np.max(np.abs(prices["wattstack"][at] - theirs) / np.maximum(np.abs(theirs), 1.0)))
