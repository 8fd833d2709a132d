"""The twin's small campus with rules for a controller, its failures by key; studies are made once and shared."""

from __future__ import annotations

import pytest

from tests.twin.conftest import SMALL, merged
from wattstack.campus import Campus
from wattstack.prove import OutageStudy

CHANGES = {
    "control": {"kind": "rules", "rules": ["limit", "reserve", "peak", "self_consumption"]},
    "grid": {
        "connection": {
            "reliability": {
                "outages_per_year": 2, "outage_h": {"median": 0.5, "p95": 6}, "common_cause_frac": 0.05,
            }
        },
        "tariff": {"demand": None},  # or the generator would run to keep a peak
    },
}  # fmt: skip
SURE = {"start_failure_frac": 0, "mtbf_h": 1e9, "common_cause_frac": 0}


@pytest.fixture(scope="session")
def campus():
    """Make the campus with changes: campus(generator=None)."""

    def make(**changes) -> Campus:
        return Campus.model_validate(merged(merged(SMALL, CHANGES), changes))

    return make


@pytest.fixture(scope="session")
def study(campus):
    """Two hundred campaigns of half a day on the campus as it is."""
    return OutageStudy(campus(), 200, 12.0, seed=7)


@pytest.fixture(scope="session")
def outages(study):
    return study.run()
