"""A hundred sites over ten years of quarter-hours: `python -m benchmarks.hundred_sites [SITES] [WORKERS]`.

Needs    benchmarks.growth, growth_problem, measure; wattstack.plan.portfolio, work.
Gives    one line of JSON: seconds, objective [M], gap_frac, visits, peak_mb; the rounds on standard error.
Used by  benchmarks.portfolio, a reader.

What is timed begins with the series as arrays and ends with the plan and its certificate: 1,000 site-years of 35,040
steps and twelve metered peaks each, factory and capital budgets. Starting the processes that share the work is
timed; memory is that of this process and of its workers, each counted as the largest.
"""

from __future__ import annotations

import json
import sys
import time

from benchmarks.growth import make_growth
from benchmarks.growth_problem import make_operations, make_portfolio, solve_growth
from benchmarks.measure import own_peak_mb, worst_child_mb
from wattstack.plan.portfolio import Pool
from wattstack.work import Team

SITES, WORKERS, GAP = 100, 2, 1e-4


def main() -> None:
    """Generate, plan, print."""
    sites, workers = (int(word) for word in (*sys.argv[1:], *(str(SITES), str(WORKERS))[len(sys.argv) - 1 :]))
    case = make_growth(f"sites.{sites}")
    portfolio, operations = make_portfolio(case), make_operations(case)
    asked = 0
    with Team(workers=workers) as team:

        def visit(pairs: list) -> list:
            nonlocal asked
            asked += len(pairs)
            return team.visit(pairs)

        began = time.perf_counter()
        plan = solve_growth(portfolio, operations, Pool(visit=visit), GAP, _say)
        seconds = time.perf_counter() - began
    said = {"seconds": seconds, "objective": -plan.npv_m, "gap_frac": plan.gap_frac}
    peak_mb = own_peak_mb() + workers * worst_child_mb()
    print(json.dumps(said | {"visits": asked, "peak_mb": peak_mb}))


def _say(made) -> None:
    gap = (made.bound_m - made.npv_m) / abs(made.bound_m)
    print(f"round {made.number}: {made.seconds:.1f} s, gap {gap:.1e}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
