"""A campus whose one job steps by 8 MW, and grid codes of ramps; steps are coarse enough to be quick."""

from __future__ import annotations

import pytest

from tests.twin.conftest import SMALL, merged
from wattstack.campus import Campus
from wattstack.prove.smoothing import design_smoothing

CHANGES = {
    "load": {
        "halls": {
            "it_mw": 20, "profile": "flat",
            "jobs": {"big": {"gpus": 8000, "power_per_gpu_kw": 1.5, "checkpoint": None, "phase_frac": 0.0}},
        }
    },
    "grid": {"connection": {"frequency_hz": 60, "short_circuit_mva": 2000}},
    "battery": {"main": {"power_mw": {"max": 40}, "energy_mwh": {"max": 120}}},
    "generator": None,
    "duties": None,
    "finance": {"exchange": {"USD": 150}},
}  # fmt: skip
CODE = """\
title: a code of ramps
passport: {{source: made up for a test, date: 2026-11, status: assumption, confidence: low}}
values:
  name: ramps
  operator: nobody
  region: nowhere
  frequencies_hz: [60]
  rules:
    minute: {{test: T1, quantity: ramp a minute, text: a ramp, window_s: 60, limit: {{mw_per_min: {ramp}}}}}
    short: {{test: T2, quantity: change in 5 s, text: so many MW in 5 s, window_s: 5, limit: {{mw: {short}}}}}
"""
COARSE = {"step_s": 0.02}
PRICES = {"energy_per_mwh": 15000.0, "value_per_gpu_h": 300.0}


@pytest.fixture(scope="session")
def campus():
    """Make the campus with changes."""

    def make(**changes) -> Campus:
        return Campus.model_validate(merged(merged(SMALL, CHANGES), changes))

    return make


@pytest.fixture(scope="session")
def code(tmp_path_factory):
    """Write a code of ramps: code(ramp=40, short=4)."""

    def make(ramp: float, short: float) -> str:
        path = tmp_path_factory.mktemp("codes") / f"ramps-{ramp:g}-{short:g}.yaml"
        path.write_text(CODE.format(ramp=ramp, short=short), encoding="utf-8")
        return str(path)

    return make


@pytest.fixture(scope="session")
def designed(campus, code):
    """The design against a ramp of 40 MW/min and 4 MW in 5 s."""
    return design_smoothing(campus(), [code(40, 4)], prices=PRICES, ground=COARSE)
