"""Our campuses within seconds, ready to run again and again.

Needs    wattstack.twin, wattstack.prove.compliance.
Gives    make_transient_tool, margin_change, SECONDS.
Used by  benchmarks.tools, transient.

`bay` is 150 MW: 12 jobs, 200 rack groups, uninterruptible supply, battery with the fast loop, 1 ms. `gigawatt` is 1 GW:
440,000 GPUs in 12 jobs and a serving fleet, 5 ms. Reading the campus is outside the timing; making its arrays, the
loop, its record and what happened are inside. Seconds are those of the processor, one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.peers import Answer

SECONDS = {"bay": 60.0, "gigawatt": 600.0}
STEP_S = {"bay": 0.001, "gigawatt": 0.005}
JOB = {"failures_per_gpu_h": 0.0}
RULE = "ercot-lcl-10mw"


def make_transient_tool(case_name: str) -> Callable[[], Answer]:
    """A run of "bay" or "gigawatt"; its objective is the mean power drawn from the grid."""
    from wattstack.twin.transient import simulate_transient

    campus = make_campus(case_name)
    simulate_transient(campus, ["stop:all@1", "deep-sag@2"], 3.0, STEP_S[case_name])  # compiled and warm

    def run() -> Answer:
        began = time.process_time()
        made = simulate_transient(campus, (), SECONDS[case_name], STEP_S[case_name])
        seconds = time.process_time() - began
        return Answer(seconds, float(made.wave["power_mw"].mean()), np.empty(0), np.empty(0))

    return run


def make_campus(case_name: str):
    """The campus of a case. Sizes and jobs: assumptions."""
    from wattstack.campus import Campus

    big = case_name == "gigawatt"
    jobs = {
        "big": {**JOB, "gpus": 240_000 if big else 40_000, "power_per_gpu_kw": 1.83},
        "small": {**JOB, "gpus": 14_000 if big else 3_000, "count": 11, "power_per_gpu_kw": 1.83 if big else 1.5,
                  "period_s": 2.0},
    }  # fmt: skip
    halls = {"it_mw": 900 if big else 140, "jobs": jobs}
    if big:
        halls["inference"] = {"chat": {"gpus": 46_000, "power_per_gpu_kw": 1.3}}
    return Campus.model_validate(
        {
            "wattstack": 1,
            "name": case_name,
            "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
            "currency": "USD",
            "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-02T00:00+09:00", "step": "30min"},
            "load": {"halls": halls},
            "ups": {"main": {}},
            "grid": {
                "connection": {"firm_mw": 1200 if big else 200, "frequency_hz": 60,
                               "short_circuit_mva": 20_000 if big else 5_000},
                "tariff": {"energy": {"price_per_mwh": 50}},
            },
            "battery": {
                "main": {"chemistry": "library:lfp-grid-2026", "power_mw": 600 if big else 80,
                         "energy_mwh": 1200 if big else 160},
            },
            "control": {"smoothing": {"ramp_mw_per_min": 20}},
        }
    )  # fmt: skip


def margin_change() -> float:
    """How much the worst margin against ERCOT's 10 MW in 5 s moves when the step is halved, over the margin."""
    from wattstack.prove.compliance import SitePoint, check_compliance
    from wattstack.twin.transient import simulate_transient

    margins = []
    for step_s in (0.005, 0.0025):
        made = simulate_transient(make_campus("bay"), ["stop:halls.big@30"], 60.0, step_s)
        found = check_compliance(made.wave, [RULE], SitePoint(rated_mw=150, frequency_hz=60))
        margins.append(min(v.margin for v in found.verdicts if v.margin is not None))
    return abs(margins[0] - margins[1]) / abs(margins[1])
