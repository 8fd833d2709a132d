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
from benchmarks.files import weather_of, write_table
from benchmarks.growth import DISCOUNT_FRAC, FIRST_DAY, FIRST_YEAR, LOAD_GROWTH_FRAC, GrowthCase, site_case
from benchmarks.series import LATITUDE_DEG

FIRST = np.datetime64(f"{FIRST_YEAR}-01-01T00:00") + np.timedelta64(FIRST_DAY, "D")
CAMPUS = """\
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
battery:
  main: {{power_mw: {{max: {most_mw}}}, energy_mwh: {{max: {most_mwh}}}, charge_eff: {charge_eff},
    discharge_eff: {discharge_eff}, self_discharge_frac_per_h: {lost}, wear_per_mwh: {wear},
    capital_per_mwh: 121000, fixed_per_mw_year: {power_year}, life_years: 15}}
solar:
  roof: {{power_mw: {{max: {most_solar}}}, tilt_deg: 30, azimuth_deg: 180, capital_per_mw: 442800,
    fixed_per_mw_year: 10000, life_years: 25}}
generator:
  gas: {{fuel: lng, power_mw: {gas}, fuel_mwh_per_mwh: 2, fuel_price_per_mwh: 65, om_per_mwh: 10}}
finance: {{discount_rate_frac: {discount}, horizon_years: 25}}
"""
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
    terms = TERMS
    rows = []
    for site in range(case.sites):
        name, one = f"site_{site}", site_case(case, site, 0)
        text = CAMPUS.format(
            name=name, latitude=LATITUDE_DEG, first=FIRST, end=FIRST + np.timedelta64(one.count, "h"),
            grid=one.grid_mw, most_mw=terms.battery_most_mw, most_mwh=terms.battery_most_mwh,
            charge_eff=terms.charge_eff, discharge_eff=terms.discharge_eff, lost=1.0 - terms.kept_frac_per_h,
            wear=terms.wear_discharge_per_mwh, power_year=terms.battery_price_per_mw_year,
            most_solar=terms.solar_most_mw, gas=terms.gas_mw, discount=DISCOUNT_FRAC,
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
    from wattstack.cost import size_costs

    columns: dict[str, np.ndarray] = {}
    for site in range(case.sites):
        campus = read_campus(folder / f"site_{site}.yaml")
        bound = build_case(campus)
        years = np.arange(case.years)
        grown, dear = (1.0 + LOAD_GROWTH_FRAC) ** years, (1.0 + case.price_growth_frac[site]) ** years
        columns[f"load_{site}"] = np.outer(grown, bound.load_mw).ravel()
        columns[f"price_{site}"] = np.outer(dear, bound.buy_price_per_mwh).ravel()
        columns[f"solar_{site}"] = np.tile(bound.solar_frac["roof"], case.years)
    np.savetxt(
        folder / "growth.csv",
        np.column_stack(list(columns.values())),
        fmt="%.17g",
        delimiter=",",
        header=",".join(columns),
        comments="",
    )
    terms, costs, battery = TERMS, size_costs(campus), campus.battery["main"]
    numbers = {
        "years": list(range(FIRST_YEAR, FIRST_YEAR + case.years)),
        "discount": case.discount.tolist(),
        "hours_a_year": case.hours / bound.years,  # as wattstack counts: parts of months
        "grid_mw": case.grid_mw.tolist(),
        "budget_mwh": case.budget_mwh.tolist(),
        "gas_mw": campus.generator["gas"].power_mw,
        "gas_price_per_mwh": float(np.mean(bound.generator_cost_per_mwh["gas"])),
        "power_price": costs["battery.main.power_mw"],
        "energy_price": costs["battery.main.energy_mwh"],
        "solar_price": costs["solar.roof.power_mw"],
        "charge_eff": battery.charge_eff,
        "discharge_eff": battery.discharge_eff,
        "lost_frac_per_h": battery.self_discharge_frac_per_h,
        "wear_per_mwh": battery.wear_per_mwh,
        "most": [terms.battery_most_mw, terms.battery_most_mwh, terms.solar_most_mw],
    }
    (folder / "growth.json").write_text(json.dumps(numbers), encoding="utf-8")
