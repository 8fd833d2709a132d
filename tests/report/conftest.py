"""Plans to report on: the Sakai example whole, and a small campus that needs no file."""

import copy
from pathlib import Path

import pytest

from wattstack.campus import Campus, read_campus
from wattstack.plan import plan_files, plan_site

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sakai" / "campus.yaml"
SMALL = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": -27.5, "longitude_deg": 153.0, "time_zone": "Australia/Brisbane"},
    "currency": "AUD",
    "time": {"start": "2022-04-01T00:00+10:00", "end": "2022-06-01T00:00+10:00", "step": "1h"},
    "load": {"halls": {"it_mw": 10.0, "profile": "ai", "utilisation_frac": 0.8}},
    "grid": {
        "connection": {"firm_mw": 14.0},
        "tariff": {
            "energy": {
                "price_per_mwh": {
                    "periods": {
                        "peak": {"days": "weekday", "hours": ["13-20"], "price_per_mwh": 340.0},
                        "rest": {"price_per_mwh": 60.0},
                    }
                },
            },
            "demand": {"monthly": {"price_per_mw_month": 9000.0}},
        },
    },
    "battery": {
        "main": {
            "power_mw": {"max": 10.0},
            "energy_mwh": {"max": 60.0},
            "usable_frac": 0.9,
            "charge_eff": 0.95,
            "discharge_eff": 0.95,
            "capital_per_mw": 100_000.0,
            "capital_per_mwh": 200_000.0,
            "life_years": 15.0,
        }
    },
    "finance": {"discount_rate_frac": 0.05, "horizon_years": 20},
}
TWO = {
    "scenarios": {
        "wet": {"weight_frac": 0.25},
        "dry": {
            "weight_frac": 0.75,
            "time": {"start": "2021-04-01T00:00+10:00", "end": "2021-05-01T00:00+10:00", "step": "1h"},
        },
    },
    "grid": {
        "connection": {
            "firm_mw": 9.0,
            "nonfirm_mw": {"max": 2.0},
            "fixed_per_mw_year": 1e4,
            "capital_per_mw": 2e5,
        },
        "tariff": {
            "contract": {"main": {"power_mw": {"max": 12.0}, "price_per_mw_month": 100.0}},
            "export": {"price_per_mwh": 50.0, "limit_mw": 2.0},
        },
    },
    "finance": {"lost_load_per_mwh": 2000.0},
}


def merged(base, more):
    """`more` laid over `base`; None takes a key out."""
    out = copy.deepcopy(base)
    for key, value in more.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out


@pytest.fixture(scope="session")
def small_campus():
    """Declare the small campus with changes laid over it."""
    return lambda **changes: Campus.model_validate(merged(SMALL, changes))


@pytest.fixture(scope="session")
def small(small_campus):
    """Plan the small campus with changes laid over it; each change is planned once."""
    made = {}

    def make(**changes):
        key = repr(changes)
        if key not in made:
            made[key] = plan_site(small_campus(**changes))
        return made[key]

    return make


@pytest.fixture(scope="session")
def two(small):
    """Two scenarios of different length, export, a planned connection and contract, a price of lost load."""
    return small(**TWO)


@pytest.fixture(scope="session")
def short(small):
    """A campus that no new assets cannot serve: 9 MW of connection under a peak of 9.5 MW, lost load not allowed."""
    return small(grid={"connection": {"firm_mw": 9.2}})


@pytest.fixture(scope="session")
def sakai():
    """The plan of the Sakai example."""
    return plan_site(read_campus(EXAMPLE))


@pytest.fixture(scope="session")
def sakai_files(sakai):
    """What its folder holds."""
    return plan_files(sakai)
