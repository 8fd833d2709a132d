"""Benchmark `compliance`: all sixteen tests of all grid codes of the library on one hour at 5 ms, on one core.

Needs    benchmarks.battery, measure; wattstack.prove.compliance, library, series.
Gives    measure, an_hour, judge.
Used by  benchmarks.__main__.

The wave is SYNTHETIC: four jobs that breathe, each with a period of its own, noise, sags of the voltage, dips of the
frequency, the loss of the site and its return, an order to curtail and one to shed, so that each of the sixteen tests
has something to judge. It is judged as a site of 150 MW at 60 Hz and again at 50 Hz, since no code applies at both but
those that are anybody's. Making the wave is outside the timing; reading the codes is inside. Seconds are those of the
processor; the first run, which compiles, does not count.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.battery import timed_row
from benchmarks.measure import Run, own_peak_mb, version_of

STEP_S, SECONDS, ROUNDS = 0.005, 3600.0, 3
SAGS_S = (300.0, 315.0, 329.0, 345.0, 363.0, 382.0)
CURVE = ((0.97, 1.03, None), (0.95, 0.97, 60.0))  # of the nominal frequency: made up


def an_hour(nominal_hz: float):
    """The wave: 720,000 samples of power, reactive power, voltage, frequency and schedule."""
    from wattstack.series import Waveform

    t = np.arange(round(SECONDS / STEP_S)) * STEP_S
    chance = np.random.default_rng(6)
    power = 90.0 + 0.05 * chance.standard_normal(t.size)
    for mw, period_s, duty in ((20.0, 3.1, 0.85), (8.0, 1.7, 0.9), (5.0, 7.3, 0.8), (4.0, 0.9, 0.85)):
        power += mw * np.clip(8.0 * (duty - (t / period_s) % 1.0), -1.0, 1.0) / 2.0
    volts, hertz = 1.0 - 1e-4 * (power - 90.0), np.full(t.size, float(nominal_hz))
    for at_s in SAGS_S:
        volts[(t >= at_s) & (t < at_s + 0.05)] = 0.3
        power[(t >= at_s) & (t < at_s + 0.4)] *= 0.2
    for at_s, rate in ((900.0, 0.96), (1200.0, 4.8)):
        hertz -= np.clip(rate * (t - at_s), 0.0, 0.5 * rate) * (t < at_s + 20.0)
    power[(t >= 1500.0) & (t < 1560.0)] = 2.0
    back = (t >= 1560.0) & (t < 1900.0)
    power[back] = np.minimum(power[back], 2.0 + 0.3 * (t[back] - 1560.0))
    power[t >= 2400.0] *= 0.65
    power[t >= 3590.0] = 0.0
    events = (
        (1550.0, "return permitted"),
        (2390.0, "curtail"),
        (3500.0, "order ends"),
        (3589.9, "shed order"),
    )
    arrays = {
        "power_mw": power, "reactive_mvar": 0.3 * power, "voltage_pu": volts, "frequency_hz": hertz,
        "plan_mw": np.full(t.size, 85.0),
    }  # fmt: skip
    return Waveform(STEP_S, arrays, "an hour", True, events)


def judge(waves: dict) -> list:
    """Verdicts of all codes on the waves by nominal frequency."""
    from wattstack.library import names
    from wattstack.prove.compliance import SitePoint, check_compliance

    class Mode:
        frequency_hz, damping_frac, limit_mw = 0.6, 0.05, 20.0

    verdicts = []
    for hertz, wave in waves.items():
        curve = tuple((low * hertz, high * hertz, ride_s) for low, high, ride_s in CURVE)
        site = SitePoint(
            150,
            hertz,
            5000,
            voltage_kv=400,
            modes={"local": Mode},
            frequency_curve=curve,
            shed_hz=hertz - 0.4,
        )
        verdicts += check_compliance(wave, names("grid_codes"), site).verdicts
    return verdicts


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    waves = {hertz: an_hour(hertz) for hertz in (60, 50)}
    runs, verdicts = [], []
    for i in range(ROUNDS + 1):
        say("compliance: an hour at 5 ms, all codes" + (", and compiling" if i == 0 else ""))
        began = time.process_time()
        verdicts = judge(waves)
        seconds = time.process_time() - began
        judged = [v for v in verdicts if v.outcome in ("pass", "fail")]
        runs.append(Run(seconds, float(len(judged)), own_peak_mb()))
    tests = {v.test for v in judged}
    note = f"{len(judged)} of {len(verdicts)} rules judged, {len(tests)} of 16 tests; the rest does not apply"
    row = timed_row("compliance hour", "wattstack", runs[1:], version_of("wattstack"), note)
    return {"bars": {"compliance.suite_seconds": row["seconds"]}, "rows": [row]}
