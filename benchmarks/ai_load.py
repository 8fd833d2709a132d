"""Benchmark `ai_load`: the model of a training job against measured runs, and the numbers worked out by hand.

Needs    benchmarks.worked; wattstack; the measured logs beside the checkout (../shared/data/ai-load).
Gives    measure.
Used by  benchmarks.__main__.

The job is fitted to the first of three runs of GPT-3 on 512 H100 (MLPerf training v4.0) and laid against the other two,
with a chance of its own, behind the sensor that the fit found; marks are taken of both by one estimator, while the job
trains: Welch's spectrum with Hann windows. Of the 64 node logs of a run 34 are distinct; repeats are left out.
"""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.measure import version_of
from benchmarks.worked import CELLS, worked_error
from wattstack.physics.fit_load import FittedLoad, Observed, fit_job, observe, synthesise
from wattstack.series import Waveform, read_waveform

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "ai-load"
RUNS = DATA / "mlperf_gpt3_512xH100_node_power_2s.parquet"
FITTED, OTHERS = 0, (1, 2)
SEED = 7  # of the model that is laid against the others; the fit has one of its own


def read_run(run: int) -> Waveform:
    """One run, node by node."""
    return read_waveform(RUNS, column="n*_w", where={"run": run})


def nodes_of(wave: Waveform):
    """Power of the distinct nodes [MW], shape (1 + nodes, samples): the sum first."""
    import numpy as np

    return np.stack(list(wave.arrays.values()))


def errors_against(model: Observed, measured: Observed) -> dict[str, float]:
    """How far the model is from a run: relative, the deficit in points, the coherence as it is."""
    a, b = measured.marks, model.marks
    return {
        "line_hz_error": abs(b.line_hz / a.line_hz - 1.0),
        "line_rms_error": abs(b.line_rms_mw / a.line_rms_mw - 1.0),
        "energy_deficit_error": 100.0 * abs(b.deficit_frac - a.deficit_frac),
        "coherence_error": abs(model.coherence_frac - measured.coherence_frac),
    }


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    say(f"ai_load: {len(CELLS)} numbers worked out by hand")
    error, worst = worked_error()
    bars = {"ai_load.worked_numbers_error": error}
    rows = [_row("worked numbers", None, f"worst: {worst}")]
    if not RUNS.is_file():
        said = f"the measured runs are not beside the checkout ({RUNS.name}): their four bars are left out"
        say(f"ai_load: {said}")
        return {"bars": bars, "rows": [*rows, _row("gpt-3, 512 H100", None, said)]}
    say("ai_load: one run fitted, two compared")
    began = time.perf_counter()
    fitted = fit_job(read_run(FITTED))
    seconds = time.perf_counter() - began
    found = [
        errors_against(_modelled(fitted, wave), _measured(fitted, wave)) for wave in map(read_run, OTHERS)
    ]
    bars |= {f"ai_load.{name}": max(one[name] for one in found) for name in found[0]}
    job = fitted.job
    note = (
        f"period {job.period_s:.4g} s, duty {job.duty_frac:.2f}, depth {1 - job.low_frac / job.high_frac:.3f}, sensor "
        f"{fitted.sensor_s:.2f} s, {fitted.nodes} distinct nodes"
    )
    return {"bars": bars, "rows": [*rows, _row("gpt-3, 512 H100, run 0 fitted", seconds, note)]}


def _measured(fitted: FittedLoad, wave: Waveform) -> Observed:
    made = nodes_of(wave)
    return observe(made[0], made[1:], wave.step_s, fitted.job.period_s)


def _modelled(fitted: FittedLoad, wave: Waveform) -> Observed:
    made = synthesise(
        fitted.job, (fitted.sensor_s, fitted.stagger_s), wave.duration_s, wave.step_s, fitted.nodes, SEED
    )
    return observe(made[0], made[1:], wave.step_s, fitted.job.period_s)


def _row(case: str, seconds: float | None, note: str) -> dict:
    return {
        "case": case,
        "tool": "wattstack",
        "seconds": seconds,
        "objective": None,
        "peak_mb": None,
        "version": version_of("wattstack"),
        "note": note,
    }
