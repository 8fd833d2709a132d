"""A comparison written by hand: a lithium battery and three zinc-halogen scenarios, two years, three makes."""

from __future__ import annotations

import pandas as pd

from wattstack.case import InputRecord
from wattstack.twin import Comparison

NAMES = ("lfp-grid-2026", "zinc-halogen-claim", "zinc-halogen-eos", "zinc-halogen-classic")
LEFT = dict(zip(NAMES, (0.90, 0.95, 0.80, 0.70), strict=True))  # after the last year
TRIP = dict(zip(NAMES, (0.90, 0.88, 0.80, 0.70), strict=True))
COST = dict(zip(NAMES, (1000.0, 1200.0, 1300.0, 1500.0), strict=True))


def years(names=NAMES, draws: int = 3) -> pd.DataFrame:
    rows = []
    for name in names:
        for draw in range(draws):
            for year in (1, 2):
                left = 1.0 - (1.0 - LEFT[name]) * year / 2 + 0.01 * (draw - 1)
                rows.append(
                    {
                        "chemistry": name, "draw": draw, "year": year, "usable_mwh": 100.0 * left, "usable_frac": left,
                        "round_trip_eff": TRIP[name] + 0.02, "round_trip_net_eff": TRIP[name], "taken_mwh": 1000.0,
                        "discharged_mwh": 1000.0 * (TRIP[name] + 0.02),
                        "auxiliary_mwh": 1000.0 * 0.02 / TRIP[name], "running_cost": 1e6 * (COST[name] + year),
                        "renewed_frac": 0.0, "strips": 8.0, "strip_h": 0.0 if "lfp" in name else 300.0,
                        "strip_late_h": 0.0, "unserved_mwh": 0.0,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def worth(names=NAMES, draws: int = 3) -> pd.DataFrame:
    rows = []
    for name in names:
        for draw in range(draws):
            cost = 1e6 * (COST[name] + draw)
            rows.append(
                {
                    "chemistry": name, "draw": draw, "capital": 0.4 * cost, "running": 0.6 * cost, "upkeep": 0.0,
                    "renewal": 0.0, "residual": 0.0, "present_value": cost, "energy_mwh": 100.0,
                    "break_even_per_mwh": 38.4e6 + (1e6 * (COST[NAMES[0]] + draw) - cost) / 100.0,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def comparison(names=NAMES, draws: int = 3, **changes) -> Comparison:
    """The comparison, with changes."""
    limits = pd.DataFrame(
        [
            {
                "chemistry": names[-1], "draw": 0, "path": "duties.backup", "limit": "reserve not full", "count": 3,
                "first_utc": "2022-07-01T00:00:00Z", "duration_h": 6.0, "largest": 0.5, "unit": "MWh",
            }
        ]
    )  # fmt: skip
    passports = [
        {
            "name": name, "title": name, "status": "assumption", "confidence": "low" if "zinc" in name else "medium",
            "date": "2026-11", "source": "made by hand", "parameters": 30, "high": 1, "medium": 9, "low": 20,
            "low_confidence": ["rc_frac", "rc_tau_s"], "law": "zinc", "law_source": "by hand",
        }
        for name in names
    ]  # fmt: skip
    values = {
        "name": "made", "description": "", "currency": "JPY", "battery": "main", "chemistries": tuple(names),
        "pass_years": 1.0, "replanned": False,
        "sizes": pd.DataFrame(
            {name: {"battery.main.power_mw": 50.0, "battery.main.energy_mwh": 100.0} for name in names}
        ).rename_axis("path"),
        "years": years(names, draws), "worth": worth(names, draws), "limits": limits, "passports": tuple(passports),
        "finance": {
            "discount_rate_frac": 0.07, "capital_per_mwh": dict.fromkeys(names, 38400000.0),
            "exchange": {"USD": 150.0},
        },
        "trial": {"years": 2, "draws": draws, "step": "15min", "seed": 0, "controller": "rules alone"},
        "inputs": (InputRecord("price_per_mwh", "p.csv", "ab", 17520, 1800, synthetic=True),),
        "library": (), "notes": ("One note.",),
    }  # fmt: skip
    return Comparison(**(values | changes))
