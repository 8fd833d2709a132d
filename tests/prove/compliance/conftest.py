"""Signals with known answers, and rules made for one test."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.library import Entry
from wattstack.prove.compliance import SitePoint, check_compliance
from wattstack.series import Waveform

STEP_S = 0.005


def times(duration_s: float, step_s: float = STEP_S) -> np.ndarray:
    return np.arange(round(duration_s / step_s)) * step_s


def made(power_mw, step_s: float = STEP_S, events=(), start=None, **channels) -> Waveform:
    return Waveform(step_s, {"power_mw": power_mw, **channels}, "made", True, tuple(events), start)


def code(rules: dict, **values) -> Entry:
    """A grid code of one's own; a rule lacks nothing but what its test reads."""
    full = {name: {"quantity": "q", "text": "as asked", **rule} for name, rule in rules.items()}
    values = {"name": "c", "operator": "o", "region": "r", "frequencies_hz": [50, 60], "rules": full} | values
    return Entry(
        "grid_codes", "own", "A code", "ours, for a test", "2026-11", "draft", "low", None, values, (), ""
    )


@pytest.fixture
def site():
    return SitePoint(rated_mw=150, frequency_hz=60)


@pytest.fixture
def judge(site):
    """The one verdict of one rule on a wave: judge(wave, test="T2", window_s=15, limit={"mw": 5})."""

    def verdict(wave, at=None, **rule):
        return check_compliance(wave, [code({"rule": rule})], at or site).verdicts[0]

    return verdict
