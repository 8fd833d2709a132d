"""A campus of two days that needs no file but its own."""

from __future__ import annotations

from pathlib import Path

import pytest

CAMPUS = """\
wattstack: 1
name: tiny
description: two days, two prices
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: EUR
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-03T00:00+09:00, step: 1h}
load:
  campus: {draw_mw: 10}
grid:
  connection: {firm_mw: 20}
  tariff:
    energy:
      price_per_mwh:
        periods:
          day: {price_per_mwh: 200, hours: ["8-20"]}
          night: {price_per_mwh: 20}
battery:
  main:
    power_mw: {max: 10}
    energy_mwh: {max: 40}
    charge_eff: 0.95
    discharge_eff: 0.95
    capital_per_mw: 50000
    capital_per_mwh: 100000
"""


@pytest.fixture
def campus_file(tmp_path) -> Path:
    """The campus of two days in a folder of its own."""
    path = tmp_path / "campus.yaml"
    path.write_text(CAMPUS, encoding="utf-8")
    return path
