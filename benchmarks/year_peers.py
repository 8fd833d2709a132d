"""A campus year in a peer's own environment: `python -m benchmarks.year_peers vessim`.

Needs    benchmarks.cases; vessim.
Gives    the answers, one line of JSON for every line "run": {seconds, objective, peak_mb, version}.
Used by  benchmarks.year, with the Python of .venv-peers.

One load, solar, a battery without losses and the grid, a year of minutes by its usual policy. The objective is what the
battery holds at the end [MWh]. Reading the series is outside the timing, and no course of the year is kept.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np

from benchmarks.cases import make_case
from benchmarks.measure import own_peak_mb

YEAR_S = 365 * 86400


def vessim_year():
    """The year as something to call once for every run."""
    import pandas as pd
    import vessim

    case = make_case("q_peak")
    _, mwh, solar_mw = case.fixed
    minutes = np.arange(0, YEAR_S, 60)
    load_w = 1e6 * np.repeat(case.year.load_mw, 15)
    solar_w = 1e6 * solar_mw * np.repeat(case.year.solar_frac, 15)
    load, sun = (
        vessim.Trace(pd.Series(watt, index=minutes, name="w"), column="w") for watt in (load_w, solar_w)
    )

    def run() -> tuple[float, float]:
        battery = vessim.SimpleBattery("battery", capacity=1e6 * mwh, initial_soc=0.5)
        world = vessim.Environment(sim_start="2023-01-01", step_size=60)
        world.add_microgrid(
            actors=[vessim.Consumer("load", load), vessim.Producer("solar", sun)],
            dispatchables=[battery, vessim.GridConnection()],
        )
        began = time.process_time()
        world.run(until=YEAR_S)
        return time.process_time() - began, battery.soc() * mwh

    return run


def main() -> None:
    """Answer lines until there are no more."""
    run = {"vessim": vessim_year}[sys.argv[1]]()
    for _ in sys.stdin:
        seconds, left_mwh = run()
        said = {
            "seconds": seconds,
            "objective": left_mwh,
            "peak_mb": own_peak_mb(),
            "version": version(sys.argv[1]),
        }
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
