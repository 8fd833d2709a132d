"""A campus that is halls of servers and a connection, for the load within seconds."""

from __future__ import annotations

from typing import Any

import pytest

from wattstack.campus import Campus


@pytest.fixture
def servers():
    """Make a campus of halls: servers(halls={"it_mw": 10, "jobs": {...}})."""

    def make(**halls: Any) -> Campus:
        return Campus.model_validate(
            {
                "wattstack": 1, "name": "servers", "currency": "EUR",
                "place": {"latitude_deg": 45, "longitude_deg": 0, "time_zone": "Etc/UTC"},
                "time": {"start": "2025-01-01T00:00+00:00", "end": "2025-01-02T00:00+00:00", "step": "1h"},
                "load": halls,
                "grid": {"connection": {"firm_mw": 2000}, "tariff": {"energy": {"price_per_mwh": 50}}},
            }
        )  # fmt: skip

    return make
