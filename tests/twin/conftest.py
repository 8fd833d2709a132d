"""A small campus for the twin: two summer weeks of half-hours, dear evenings, a battery, a generator; no files."""

from __future__ import annotations

import pytest

from wattstack.campus import Campus

SMALL = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-07-01T00:00+09:00", "end": "2022-07-15T00:00+09:00", "step": "30min"},
    "load": {"halls": {"it_mw": 40, "profile": "ai", "utilisation_frac": 0.8}},
    "grid": {
        "connection": {"firm_mw": 50},
        "tariff": {
            "energy": {
                "price_per_mwh": {
                    "periods": {
                        "evening": {"price_per_mwh": 30000, "hours": ["17-21"]},
                        "rest": {"price_per_mwh": 10000},
                    }
                }
            },
            "demand": {"monthly": {"price_per_mw_month": 1500000, "interval": "30min"}},
        },
    },
    "battery": {"main": {"chemistry": "library:lfp-grid-2026", "power_mw": 10, "energy_mwh": 30}},
    "generator": {
        "gas": {
            "fuel": "lng", "power_mw": 5, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 12000, "capital_per_mw": 0,
            "emission_kg_per_mwh": 444,
        }
    },
    "duties": {"backup": {"duration_h": 0.5, "load_frac": 0.15}},
    "finance": {"exchange": {"USD": 150}},
}  # fmt: skip


def merged(base: dict, changes: dict) -> dict:
    out = dict(base)
    for key, value in changes.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out


@pytest.fixture(scope="session")
def small():
    """Make the small campus with changes: small(control={"kind": "rules"})."""

    def make(**changes) -> Campus:
        return Campus.model_validate(merged(SMALL, changes))

    return make
