"""Benchmark `replan`: the plan of the next 48 hours at 15 minutes, made anew from a thousand states of a live site.

Needs    examples/sakai; wattstack.operate.planner.
Gives    measure.
Used by  benchmarks.__main__.

A time is what a live site waits: forecasts made and the plan solved, from the measured values to what is asked of
the guard. States are by chance, seed 0: hours of the year, charge from below nothing to above full, demand up to
half again what the connection carries, the grid away, limits cut to nothing, engines that cannot run. No state
may be left without a plan; what cannot be held is told as slack.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.measure import own_peak_mb, version_of

STATES, WARM = 1000, 20
SIZES = {
    "battery.main.power_mw": 100.0, "battery.main.energy_mwh": 300.0, "solar.roof.power_mw": 40.0,
    "generator.gas.power_mw": 40.0,
}  # fmt: skip
CAMPUS = Path(__file__).resolve().parents[1] / "examples" / "sakai" / "campus.yaml"
YEAR_S = 365 * 86_400


def _states(start_s: float, campus):
    """Random states: moment and measured values."""
    from wattstack.control import Measured

    chance = np.random.default_rng(0)
    energy, firm = SIZES["battery.main.energy_mwh"], float(campus.grid.connection.firm_mw)
    for _ in range(WARM + STATES):
        now_s = start_s + float(chance.uniform(0.0, YEAR_S))
        values = {
            "load_mw": float(chance.uniform(0.2, 1.5) * firm),
            "solar_mw": float(chance.uniform(0.0, 1.0) * SIZES["solar.roof.power_mw"]),
            "battery.main.stored_mwh": float(chance.uniform(-0.05, 1.1) * energy),
            "grid.billed_peak_mw": float(chance.uniform(0.0, 1.2) * firm),
            "grid.on": float(chance.random() > 0.1),
            "grid.import_limit_mw": float(firm * chance.choice([0.0, 0.5, 1.0, 2.0])),
            "generator.gas.available": float(chance.random() > 0.2),
        }
        yield now_s, Measured(now_s, values)


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    from wattstack.campus import read_campus
    from wattstack.case import build_case
    from wattstack.operate.planner import SitePlanner

    say(f"replan: {STATES} plans of 48 h at 15 min, from random states")
    whole = read_campus(CAMPUS)
    forecast = whole.control.forecast.model_copy(update={"load": "persistence"})  # so that the state is felt
    control = whole.control.model_copy(update={"forecast": forecast})
    campus = whole.sized(SIZES).model_copy(update={"control": control})
    case = build_case(campus)
    start_s = float(case.axis.start.astype("datetime64[s]").astype(np.int64))
    planner = SitePlanner(campus, start_s, case)
    took_ms, missing, slack = [], 0, 0
    for k, (now_s, image) in enumerate(_states(start_s, campus)):
        planner.known.measured(now_s, np.nan, np.nan)  # a jump of months lays the minutes anew: not timed
        made = planner.answer(now_s, image)
        if k < WARM:
            continue
        took_ms.append(made.took_ms)
        missing += made.source != "plan" or not all(np.isfinite(ask.value) for ask in made.asks)
        slack += bool(made.slack)
    p50, p99 = np.quantile(took_ms, [0.5, 0.99])
    row = {
        "case": "48 h at 15 min, 1,000 random states", "tool": "wattstack", "seconds": float(np.mean(took_ms)) / 1e3,
        "objective": None, "peak_mb": own_peak_mb(), "version": version_of("wattstack"),
        "note": f"p50 {p50:.2f}, p99 {p99:.2f}, longest {max(took_ms):.2f} ms; {slack} states could not hold "
        "everything and said what was missing",
    }  # fmt: skip
    return {"bars": {"replan.p99_ms": float(p99), "replan.no_answer": float(missing)}, "rows": [row]}
