"""A run to report on: five weeks of a small campus, planned and then simulated two years over, by quarters."""

from functools import cache

from wattstack.campus import Campus
from wattstack.plan import plan_files, plan_site
from wattstack.twin import Setting, Twin, plan_against_twin, run_files

CAMPUS = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-07-01T00:00+09:00", "end": "2022-08-05T00:00+09:00", "step": "30min"},
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
    "battery": {
        "main": {
            "chemistry": "library:lfp-grid-2026", "power_mw": {"max": 10}, "energy_mwh": {"max": 30},
            "capital_per_mw": 1e6, "capital_per_mwh": 2e6, "fixed_per_mw_year": 0, "wear_per_mwh": 100,
            "augmentation": {"first": {"year": 1, "energy_mwh": 6, "capital_per_mwh": 2e6}},
        }
    },
    "duties": {"backup": {"duration_h": 0.5, "load_frac": 0.1}},
    "control": {"forecast": {"price": "given", "load": "seasonal", "solar": "seasonal"}},
}  # fmt: skip


@cache
def plan():
    """The plan of the campus."""
    return plan_files(plan_site(Campus.model_validate(CAMPUS)))


@cache
def twin(years: int = 2) -> Twin:
    """The campus of that plan, prepared to be run."""
    return Twin(Campus.model_validate(CAMPUS).sized(plan().summary["sizes"]), step="15min", years=years)


@cache
def run():
    """The run with the way from the plan to it."""
    return plan_against_twin(twin())


@cache
def files():
    """What its folder holds, the plan beside it."""
    return run_files(run(), plan().summary)


@cache
def alone():
    """A run of one year without the way and without a plan."""
    return run_files(twin(1).run(Setting()))
