"""A month of a small campus that needs no file: prices by the clock, a flat load, everything else by key."""

import copy

import pytest

from wattstack.campus import Campus

MONTH = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-06-01T00:00+09:00", "step": "1h"},
    "load": {"halls": {"it_mw": 10.0, "profile": "ai", "utilisation_frac": 0.8}},
    "grid": {
        "connection": {"firm_mw": 14.0},
        "tariff": {
            "energy": {
                "price_per_mwh": {
                    "periods": {
                        "peak": {"days": "weekday", "hours": ["13-20"], "price_per_mwh": 34000.0},
                        "rest": {"price_per_mwh": 12000.0},
                    }
                },
                "adders_per_mwh": {"levy": 3500.0},
            },
            "demand": {"monthly": {"price_per_mw_month": 1_700_000.0}},
        },
    },
    "battery": {
        "main": {
            "power_mw": {"max": 10.0},
            "energy_mwh": {"max": 60.0},
            "usable_frac": 0.9,
            "charge_eff": 0.95,
            "discharge_eff": 0.95,
            "capital_per_mw": 10_000_000.0,
            "capital_per_mwh": 40_000_000.0,
            "wear_per_mwh": 200.0,
            "life_years": 15.0,
        }
    },
    "finance": {"discount_rate_frac": 0.05, "horizon_years": 20},
}


def deep_merge(base, more):
    """`more` laid over `base`; None takes a key out."""
    out = copy.deepcopy(base)
    for key, value in more.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = deep_merge(out[key], value)
        else:
            out[key] = value
    return out


@pytest.fixture
def campus():
    """Make the small campus with changes laid over it."""

    def make(**changes):
        return Campus.model_validate(deep_merge(MONTH, changes))

    return make
