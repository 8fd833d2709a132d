from __future__ import annotations

import numpy as np
import pytest

from tests.operate.small import small_file
from wattstack.campus import read_campus

PERIODS = '{night: {price_per_mwh: 5000, hours: ["0-6"]}, day: {price_per_mwh: 20000}}'
MONTHLY = "{monthly: {price_per_mw_month: 1000000, interval: 1h}}"
CAMPUS = small_file(
    f"{{energy: {{price_per_mwh: {{periods: {PERIODS}}}}}, demand: {MONTHLY}}}",
    """
generator:
  gas: {fuel: lng, power_mw: 5, fuel_mwh_per_mwh: 2.2, fuel_price_per_mwh: 12000, om_per_mwh: 1500,
        capital_per_mw: 1, fixed_per_mw_year: 0, life_years: 20}
duties: {backup: {duration_h: 0.5, load_frac: 0.3}}
devices:
  grid.connection: {template: library:meter-generic, host: 127.0.0.1, port: 5020}
  battery.main: {template: library:sunspec-storage, host: 127.0.0.1, port: 5021}
  generator.gas: {template: library:genset-controller, host: 127.0.0.1, port: 5022}
""",
)


@pytest.fixture(scope="session")
def campus_text():
    return CAMPUS


@pytest.fixture(scope="session")
def campus(tmp_path_factory):
    path = tmp_path_factory.mktemp("campus") / "campus.yaml"
    path.write_text(CAMPUS, encoding="utf-8")
    return read_campus(path)


@pytest.fixture(scope="session")
def start_s():
    return float(np.datetime64("2022-03-31T15:00:00").astype("datetime64[s]").astype(np.int64))
