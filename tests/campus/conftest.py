"""A small campus that is right, and the means to make it wrong."""

from __future__ import annotations

from copy import deepcopy

import pytest

from wattstack.campus import Campus, read_campus
from wattstack.errors import InputError

SMALL = """\
# a campus for tests
wattstack: 1
name: test
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2023-04-01T00:00+09:00, step: 30min}
series:
  price_per_mwh: {source: csv, file: prices.csv, column: price, unit: JPY/kWh}
load:
  halls: {it_mw: 100}                        # the halls
grid:
  connection: {firm_mw: 110}
  tariff:
    energy: {price_per_mwh: series:price_per_mwh}
battery:
  # bought or not
  main:
    power_mw: {max: 200}                     # planned
    energy_mwh: {max: 1000, block: 5}
    charge_eff: 0.95
    discharge_eff: 0.95
    capital_per_mw: 10000000
"""
RAW = {
    "wattstack": 1,
    "name": "test",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2023-04-01T00:00+09:00", "step": "30min"},
    "load": {"halls": {"it_mw": 100}},
}


@pytest.fixture
def small_text():
    """The text of a small campus file."""
    return SMALL


@pytest.fixture
def campus_of():
    """Build a campus from the least that it needs, with these sections."""

    def build(**sections):
        return Campus.model_validate({**deepcopy(RAW), **sections})

    return build


@pytest.fixture
def file_of(tmp_path):
    """Write a campus file and give its path."""

    def write(text, name="campus.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def told(file_of):
    """What is told of a campus file, as {place: sentence}; `change` pairs replace text of the small file."""

    def tell(*change, text=SMALL, **sections):
        for old, new in change:
            assert old in text, old
            text = text.replace(old, new)
        for section, value in sections.items():
            text += f"{section}: {value}\n"
        with pytest.raises(InputError) as caught:
            read_campus(file_of(text))
        return {fault.where: fault.what for fault in caught.value.faults}

    return tell
