"""Campuses on which the reserve is put to the proof: one battery, two with engines and sun, the example in small.

Needs    wattstack.campus; examples/sakai.
Gives    reserve_sites, small_site, SMALL.
Used by  benchmarks.reserve, tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wattstack.campus import Campus, read_campus

SAKAI = Path(__file__).resolve().parents[1] / "examples" / "sakai" / "campus.yaml"
SMALL = ("grid.connection", "battery.main")
OPERATE = {"period_s": 1.0, "request_s": 300.0}
TEMPLATES = {
    "grid": "library:meter-generic",
    "battery": "library:sunspec-storage",
    "solar": "library:sunspec-inverter",
    "generator": "library:genset-controller",
    "load": "library:load-meter",
}
BASE = {
    "wattstack": 1,
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-15T00:00+09:00", "step": "30min"},
    "operate": OPERATE,
}


def _devices(paths: tuple[str, ...], ports: dict[str, int] | None, **more: dict) -> dict[str, dict]:
    """One device a port; none is listened on where nobody asks for sockets."""
    made = {}
    for k, path in enumerate(paths):
        port = 5020 + k if ports is None else ports[path]
        made[path] = {
            "template": TEMPLATES[path.split(".")[0]],
            "host": "127.0.0.1",
            "port": port,
            "period_s": 1.0,
        }
        made[path] |= more.get(path, {})
    return made


def _tariff(target: float | None = None) -> dict[str, Any]:
    demand = {"monthly": {"price_per_mw_month": 1_770_000, "interval": "30min"}} if target else {}
    return {"energy": {"price_per_mwh": 10_000}, "demand": demand}


def small_site(ports: dict[str, int] | None = None, period_s: float = 1.0) -> Campus:
    """A connection that is too small, one battery, one meter; half of the load is critical for an hour.

    Args:
        ports: Of its devices, where they are spoken to.
        period_s: From one reading and decision to the next.
    """
    each = {"period_s": period_s}
    raw = BASE | {
        "name": "one-battery",
        "load": {"halls": {"it_mw": 20, "profile": "ai"}},
        "grid": {"connection": {"firm_mw": 19, "nonfirm_mw": 4}, "tariff": _tariff(17.5)},
        "battery": {
            "main": {"power_mw": 12, "energy_mwh": 30, "charge_eff": 0.95, "discharge_eff": 0.95},
        },
        "duties": {"backup": {"duration_h": 1.0, "load_frac": 0.5}},
        "control": {
            "kind": "mpc", "rules": ["limit", "reserve", "peak", "plan"], "peak_target_mw": 17.5,
            "forecast": {"price": "given"},
        },
        "devices": _devices(SMALL, ports, **dict.fromkeys(SMALL, each)),
        "operate": OPERATE | each,
    }  # fmt: skip
    return Campus.model_validate(raw)


def two_batteries() -> Campus:
    """Two batteries, smoothing beside the backup, engines, load meters; a second master is left alone at one."""
    raw = BASE | {
        "name": "two-batteries",
        "load": {"halls": {"it_mw": 20, "profile": "ai"}, "offices": {"draw_mw": 2}},
        "grid": {"connection": {"firm_mw": 21}, "tariff": _tariff()},
        "battery": {
            "fast": {"power_mw": 16, "energy_mwh": 12, "charge_eff": 0.96, "discharge_eff": 0.96},
            "long": {"power_mw": 10, "energy_mwh": 40, "charge_eff": 0.9, "discharge_eff": 0.9},
        },
        "generator": {
            "gas": {
                "power_mw": 8, "units": 2, "fuel": "lng", "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 12000,
                "start_s": 60,
            },
        },
        "duties": {
            "backup": {"duration_h": 0.5, "load_frac": 1.0},
            "smoothing": {"power_mw": 3, "energy_mwh": 0.5, "battery": "fast"},
        },
        "control": {
            "kind": "mpc", "rules": ["limit", "reserve", "peak", "plan"], "smoothing": {"ramp_mw_per_min": 5},
            "forecast": {"price": "given"},
        },
        "devices": _devices(
            ("grid.connection", "battery.fast", "battery.long", "generator.gas", "load.halls", "load.offices"), None,
            **{
                "battery.fast": {"template": "library:bess-generic", "on_foreign_write": "yield"},
                "battery.long": {"on_foreign_write": "take-back"},
            },
        ),
    }  # fmt: skip
    return Campus.model_validate(raw)


def sakai() -> Campus:
    """The example of 150 MW with sizes that stand, two devices of its battery, sun and engines."""
    campus = read_campus(SAKAI).sized(
        {"battery.main.power_mw": 60.0, "battery.main.energy_mwh": 150.0, "solar.roof.power_mw": 40.0,
         "generator.gas.power_mw": 30.0}
    )  # fmt: skip
    paths = (
        "grid.connection", "battery.main", "battery.main#2", "solar.roof", "generator.gas", "generator.standby",
        "load.halls", "load.offices",
    )  # fmt: skip
    halves = {"battery.main": {"share_frac": 0.6}, "battery.main#2": {"share_frac": 0.4}}
    raw = campus.model_dump(exclude_unset=True, by_alias=True)
    duties = {"backup": {"duration_h": 0.5, "load_frac": 0.4}}
    more = {"devices": _devices(paths, None, **halves), "operate": OPERATE, "duties": duties}
    read = type(campus).model_validate(raw | more)
    return campus.model_copy(update={key: getattr(read, key) for key in more})


def reserve_sites() -> list[Campus]:
    """All of them."""
    return [small_site(), two_batteries(), sakai()]
