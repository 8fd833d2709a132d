"""three_sites as files: a portfolio of three campus files for `wattstack plan`, a folder for the PyPSA script.

Needs    benchmarks.growth, files; wattstack (to bind each campus once: the sun and the yearly costs both sides use).
Gives    write_portfolio, write_pypsa_growth.
Used by  benchmarks.portfolio, tests/benchmarks.

As in files.py the sun is what wattstack makes of the weather, so it is not that of growth.py to the last digit.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.cases import TERMS
from benchmarks.files import UNITS, numbers_of, units_of, weather_of, write_columns, write_table
from benchmarks.growth import DISCOUNT_FRAC, FIRST_DAY, FIRST_YEAR, LOAD_GROWTH_FRAC, GrowthCase, site_case
from benchmarks.series import LATITUDE_DEG

FIRST = np.datetime64(f"{FIRST_YEAR}-01-01T00:00") + np.timedelta64(FIRST_DAY, "D")
CAMPUS = (
    """\
wattstack: 1
name: {name}
description: four weeks of a growing campus, SYNTHETIC series
place: {{latitude_deg: {latitude}, longitude_deg: 0, time_zone: UTC}}
currency: EUR
time: {{start: "{first}+00:00", end: "{end}+00:00", step: 1h}}
series:
  price_per_mwh: {{source: csv, file: {name}.csv, column: price_eur_per_mwh, unit: EUR/MWh, synthetic: true}}
  load_mw: {{source: csv, file: {name}.csv, column: load_mw, unit: MW, synthetic: true}}
  weather: {{source: csv, file: {name}.csv, synthetic: true, columns: {{ghi_w_m2: ghi_w_m2,
    dni_w_m2: dni_w_m2, dhi_w_m2: dhi_w_m2, temp_air_degc: temp_air_degc, wind_speed_m_s: wind_speed_m_s}}}}
load:
  campus: {{draw_mw: "series:load_mw"}}
grid:
  connection: {{firm_mw: {grid}}}
  tariff: {{energy: {{price_per_mwh: "series:price_per_mwh"}}}}
"""
    + UNITS
    + """\
finance: {{discount_rate_frac: {discount}, horizon_years: 25}}
"""
)
PORTFOLIO = """\
wattstack: 1
portfolio: growth
description: campuses that grow under a shared battery budget, SYNTHETIC series
currency: EUR
calendar: {{first: {first}, count: {years}, period: year}}
money: {{discount_rate_frac: {discount}, capital_as: annuity}}
sites:
{sites}
supply:
  - {{resource: battery.energy_mwh, unit: MWh, {budget}}}
"""


def write_portfolio(folder: Path, case: GrowthCase) -> Path:
    """Write portfolio.yaml, a campus file and a table for each site; returns the path of the portfolio."""
    rows = []
    for site in range(case.sites):
        name, one = f"site_{site}", site_case(case, site, 0)
        text = CAMPUS.format(
            name=name, latitude=LATITUDE_DEG, first=FIRST, end=FIRST + np.timedelta64(one.count, "h"),
            grid=one.grid_mw, discount=DISCOUNT_FRAC, **units_of(TERMS),
        )  # fmt: skip
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        columns = {"price_eur_per_mwh": one.year.price_per_mwh, "load_mw": one.year.load_mw}
        columns |= weather_of(one, FIRST_DAY)
        write_table(folder / f"{name}.csv", FIRST, one.year.step_h, columns)
        growth = f"load_growth_frac: {LOAD_GROWTH_FRAC}, price_growth_frac: {case.price_growth_frac[site]}"
        rows.append(f"  - {{name: {name}, campus: {name}.yaml, {growth}}}")
    budget = ", ".join(f'"{FIRST_YEAR + year}": {most:g}' for year, most in enumerate(case.budget_mwh))
    path = folder / "portfolio.yaml"
    text = PORTFOLIO.format(
        first=FIRST_YEAR, years=case.years, discount=DISCOUNT_FRAC, sites="\n".join(rows), budget=budget
    )
    path.write_text(text, encoding="utf-8")
    return path


def write_pypsa_growth(folder: Path, case: GrowthCase) -> None:
    """Write growth.csv, a row for every hour of every year, and growth.json, beside the files of write_portfolio."""
    from wattstack import read_campus
    from wattstack.case import build_case

    columns: dict[str, np.ndarray] = {}
    for site in range(case.sites):
        campus = read_campus(folder / f"site_{site}.yaml")
        bound = build_case(campus)
        years = np.arange(case.years)
        grown, dear = (1.0 + LOAD_GROWTH_FRAC) ** years, (1.0 + case.price_growth_frac[site]) ** years
        columns[f"load_{site}"] = np.outer(grown, bound.load_mw).ravel()
        columns[f"price_{site}"] = np.outer(dear, bound.buy_price_per_mwh).ravel()
        columns[f"solar_{site}"] = np.tile(bound.solar_frac["roof"], case.years)
    write_columns(folder / "growth.csv", columns)
    numbers = {
        "years": list(range(FIRST_YEAR, FIRST_YEAR + case.years)),
        "discount": case.discount.tolist(),
        "hours_a_year": case.hours / bound.years,  # as wattstack counts: parts of months
        "grid_mw": case.grid_mw.tolist(),
        "budget_mwh": case.budget_mwh.tolist(),
    } | numbers_of(campus, bound)
    (folder / "growth.json").write_text(json.dumps(numbers), encoding="utf-8")
