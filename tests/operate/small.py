"""The small campuses of these tests, each in one place: a file as a person writes it, and a dictionary."""

from __future__ import annotations

from benchmarks.guard_tools import RAW as GUARDED
from benchmarks.guard_tools import TEMPLATES, free_port
from wattstack.campus import Campus

TEMPLATED = {path: {"template": template} for path, template in TEMPLATES.items()}


def small_file(tariff: str = "{energy: {price_per_mwh: 10000}}", more: str = "") -> str:
    """Text of a campus file: 10 MW of load behind 14 MW of grid, a battery of 4 MW and 16 MWh.

    Args:
        tariff: In one line of YAML.
        more: Further sections.
    """
    return f"""
wattstack: 1
name: small
place: {{latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}}
currency: JPY
time: {{start: 2022-04-01T00:00+09:00, end: 2022-05-01T00:00+09:00, step: 1h}}
load: {{hall: {{draw_mw: 10}}}}
grid:
  connection: {{firm_mw: 14}}
  tariff: {tariff}
battery:
  main: {{chemistry: library:lfp-grid-2026, power_mw: 4, energy_mwh: 16, capital_per_mwh: 3.0e7, capital_per_mw: 1.0e7,
         fixed_per_mw_year: 0, wear_per_mwh: 300}}
finance: {{discount_rate_frac: 0.07, horizon_years: 20}}
{more}"""


def with_battery(energy_mwh: float, **more) -> dict:
    """The campus of the guard's benchmarks as a dictionary, 10 MW of battery in it with this energy."""
    unit = {"power_mw": 10, "energy_mwh": energy_mwh, "charge_eff": 0.95, "discharge_eff": 0.95, **more}
    return {**GUARDED, "name": "test", "battery": {"main": unit}}


def campus_at(raw: dict, devices: dict, **sections) -> Campus:
    """A campus whose devices stand at 127.0.0.1, each on a port of its own where none is given."""
    whole = {
        path: one if one.get("transport") == "rtu" else {"host": "127.0.0.1", "port": free_port(), **one}
        for path, one in devices.items()
    }
    return Campus.model_validate({**raw, **sections, "devices": whole})
