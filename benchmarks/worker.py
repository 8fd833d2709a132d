"""A process of its own for one tool on one case: `python -m benchmarks.worker BENCH CASE TOOL [one-core]`.

Needs    benchmarks.tools.
Gives    the answers, one line of JSON for every line it reads.
Used by  benchmarks.race.

"run" solves once and answers {seconds, objective, peak_mb} or {error}; any other line is a path that the
sizes and prices of the last run are saved to.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from benchmarks.measure import own_peak_mb
from benchmarks.peers import NoAnswerError
from benchmarks.tools import make_tool, one_core


def main() -> None:
    """Answer lines until there are no more."""
    bench, case_name, tool, *rest = sys.argv[1:]
    if rest:
        one_core()
    run = make_tool(bench, case_name, tool)
    answer = None
    for line in sys.stdin:
        if line.strip() != "run":
            np.savez(line.strip(), sizes=answer.sizes, price_per_mwh=answer.price_per_mwh)
            said = {}
        else:
            try:
                answer = run()
                said = {"seconds": answer.seconds, "objective": answer.objective, "peak_mb": own_peak_mb()}
            except NoAnswerError as fault:
                said = {"error": str(fault)}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
