"""A campus on a bay for runs of seconds: two kinds of jobs, a battery with the fast loop; and how runs are read."""

from __future__ import annotations

from wattstack.campus import Campus
from wattstack.twin.transient import simulate_transient

BAY = {
    "wattstack": 1,
    "name": "bay",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "USD",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-02T00:00+09:00", "step": "30min"},
    "load": {
        "halls": {
            "it_mw": 140,
            "jobs": {
                "big": {"gpus": 40000, "power_per_gpu_kw": 1.83, "checkpoint": None, "failures_per_gpu_h": 0},
                "small": {"gpus": 3000, "count": 3, "power_per_gpu_kw": 1.5, "checkpoint": None,
                          "failures_per_gpu_h": 0},
            },
        },
        "offices": {"draw_mw": 2},
    },
    "grid": {
        "connection": {"firm_mw": 200, "frequency_hz": 60, "short_circuit_mva": 5000},
        "tariff": {"energy": {"price_per_mwh": 50}},
    },
    "battery": {"main": {"chemistry": "library:lfp-grid-2026", "power_mw": 120, "energy_mwh": 240}},
    "control": {"smoothing": {"ramp_mw_per_min": 20}},
}  # fmt: skip
FORMING = {"battery": {"main": {"power_mw": 200, "inverter": {"mode": "grid-forming"}}}}


def merged(base: dict, changes: dict) -> dict:
    out = dict(base)
    for key, value in changes.items():
        out[key] = (
            merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
        )
    return {
        key: value for key, value in out.items() if value is not None or key in ("checkpoint", "sag_count")
    }


def bay(**changes) -> Campus:
    return Campus.model_validate(merged(BAY, changes))


def run(campus=None, events=(), seconds=6.0, step_s=0.005, **more):
    return simulate_transient(campus or bay(), events, seconds, step_s, **{"groups": 12, **more})


def words(run) -> str:
    return "\n".join(text for _, text in run.happened)


def moment(run, text) -> float:
    return next(time_s for time_s, line in run.happened if text in line)


def settled(run, channel, from_s):
    return run.wave[channel][int(from_s / run.wave.step_s) :]
