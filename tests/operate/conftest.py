from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

CAMPUS = """
wattstack: 1
name: small
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2022-05-01T00:00+09:00, step: 1h}
load: {hall: {draw_mw: 10}}
grid:
  connection: {firm_mw: 14}
  tariff: {energy: {price_per_mwh: 10000}}
battery:
  main: {chemistry: library:lfp-grid-2026, power_mw: 4, energy_mwh: 16, capital_per_mwh: 3.0e7, capital_per_mw: 1.0e7,
         fixed_per_mw_year: 0, wear_per_mwh: 300}
finance: {discount_rate_frac: 0.07, horizon_years: 20}
"""


@pytest.fixture
def campus_file():
    """A small campus without devices, in a folder of a short name: a socket's path has at most some hundred letters."""
    with TemporaryDirectory(prefix="site") as folder:
        path = Path(folder) / "campus.yaml"
        path.write_text(CAMPUS, encoding="utf-8")
        yield path
