"""The hourly or quarter-hourly case as files: a campus for `wattstack plan`, a folder for the PyPSA script.

Needs    benchmarks.cases; wattstack (to bind the campus once: the sun and the yearly costs both sides use).
Gives    write_campus, write_pypsa; what both share: UNITS, units_of, weather_of, write_table, numbers_of, write_columns
Used by  benchmarks.startup, site_plan, growth_files.

The campus makes its solar output from weather, so the sun is not that of cases.py to the last digit: PyPSA
gets the output that wattstack worked out, and the same yearly costs. The rest is as in the case.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.cases import TERMS, SiteCase, Terms
from benchmarks.series import LATITUDE_DEG, sun_height

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.case import Case

FIRST = np.datetime64("2023-01-01T00:00")
UNITS = """\
battery:
  main: {{power_mw: {{max: {most_mw}}}, energy_mwh: {{max: {most_mwh}}}, charge_eff: {charge_eff},
    discharge_eff: {discharge_eff}, self_discharge_frac_per_h: {lost}, wear_per_mwh: {wear},
    capital_per_mwh: 121000, fixed_per_mw_year: {power_year}, life_years: 15}}
solar:
  roof: {{power_mw: {{max: {most_solar}}}, tilt_deg: 30, azimuth_deg: 180, capital_per_mw: 442800,
    fixed_per_mw_year: 10000, life_years: 25}}
generator:
  gas: {{fuel: lng, power_mw: {gas}, fuel_mwh_per_mwh: 2, fuel_price_per_mwh: 65, om_per_mwh: 10}}
"""
CAMPUS = (
    """\
wattstack: 1
name: benchmark
description: 150 MW for one year, SYNTHETIC series
place: {{latitude_deg: {latitude}, longitude_deg: 0, time_zone: UTC}}
currency: EUR
time: {{start: "2023-01-01T00:00+00:00", end: "{end}", step: {step}}}
series:
  price_per_mwh: {{source: csv, file: series.csv, column: price_eur_per_mwh, unit: EUR/MWh, synthetic: true}}
  load_mw: {{source: csv, file: series.csv, column: load_mw, unit: MW, synthetic: true}}
  weather: {{source: csv, file: series.csv, synthetic: true, columns: {{ghi_w_m2: ghi_w_m2,
    dni_w_m2: dni_w_m2, dhi_w_m2: dhi_w_m2, temp_air_degc: temp_air_degc, wind_speed_m_s: wind_speed_m_s}}}}
load:
  campus: {{draw_mw: "series:load_mw"}}
grid:
  connection: {{firm_mw: {grid}}}
  tariff:
    energy: {{price_per_mwh: "series:price_per_mwh"}}
    demand: {{monthly: {{price_per_mw_month: {peak}, interval: {step}}}}}
"""
    + UNITS
    + """\
finance: {{discount_rate_frac: 0.07, horizon_years: 25}}
"""
)


def write_campus(folder: Path, case: SiteCase) -> Path:
    """Write campus.yaml and series.csv; returns the path of the campus file."""
    year = case.year
    minutes = round(60.0 * year.step_h)
    step = "1h" if minutes == 60 else f"{minutes}min"
    end = FIRST + case.count * np.timedelta64(minutes, "m")
    path = folder / "campus.yaml"
    text = CAMPUS.format(
        latitude=LATITUDE_DEG, end=f"{end}+00:00", step=step, grid=case.grid_mw,
        peak=TERMS.peak_price_per_mw_month, **units_of(TERMS),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    columns = {"price_eur_per_mwh": year.price_per_mwh, "load_mw": year.load_mw} | weather_of(case)
    write_table(folder / "series.csv", FIRST, year.step_h, columns)
    return path


def units_of(terms: Terms) -> dict[str, float]:
    """What stands in UNITS."""
    return {
        "most_mw": terms.battery_most_mw, "most_mwh": terms.battery_most_mwh, "most_solar": terms.solar_most_mw,
        "charge_eff": terms.charge_eff, "discharge_eff": terms.discharge_eff, "lost": 1.0 - terms.kept_frac_per_h,
        "wear": terms.wear_discharge_per_mwh, "power_year": terms.battery_price_per_mw_year, "gas": terms.gas_mw,
    }  # fmt: skip


def weather_of(case: SiteCase, first_day: float = 0.0) -> dict[str, np.ndarray]:
    """Weather under which solar runs about as the case says: assumption, 35 % of the light diffuse."""
    count, step_h = case.count, case.year.step_h
    day = first_day + (np.arange(count) + 0.5) * step_h / 24.0
    height = sun_height(day)
    ghi = 1000.0 * case.year.solar_frac * (height > 0.0)
    dhi = np.where(height > 0.08, 0.35, 1.0) * ghi
    return {
        "ghi_w_m2": ghi,
        "dni_w_m2": np.minimum((ghi - dhi) / np.maximum(height, 0.08), 1000.0),
        "dhi_w_m2": dhi,
        "temp_air_degc": 11.0 - 8.0 * np.cos(2.0 * np.pi * (day - 20.0) / 365.0),
        "wind_speed_m_s": np.full(count, 3.0),
    }


def write_table(path: Path, first: np.datetime64, step_h: float, columns: dict[str, np.ndarray]) -> None:
    """Write series with a stamp a step, in UTC from `first` on."""
    count = len(next(iter(columns.values())))
    stamps = first + np.arange(count) * np.timedelta64(round(60.0 * step_h), "m")
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["time", *columns])
        for stamp, *values in zip(stamps, *columns.values(), strict=True):
            table.writerow([f"{stamp}+00:00", *(f"{value:.6f}".rstrip("0").rstrip(".") for value in values)])


def write_pypsa(folder: Path, campus_file: Path) -> None:
    """Write what pypsa_site.py reads: load, prices and wattstack's solar output, and its costs of a unit."""
    from wattstack import read_campus
    from wattstack.case import build_case

    campus = read_campus(campus_file)
    case = build_case(campus)
    columns = {
        "price_per_mwh": case.buy_price_per_mwh,
        "load_mw": case.load_mw,
        "solar_frac": case.solar_frac["roof"],
    }
    write_columns(folder / "pypsa.csv", columns)
    numbers = {
        "step_h": case.axis.step_h,
        "years": case.years,
        "grid_mw": campus.grid.connection.firm_mw,
        "peak_prices": (TERMS.peak_price_per_mw_month * case.calendar.month_frac / case.years).tolist(),
    } | numbers_of(campus, case)
    (folder / "pypsa.json").write_text(json.dumps(numbers), encoding="utf-8")


def numbers_of(campus: Campus, case: Case) -> dict[str, Any]:
    """Units of a campus and what they cost a year, as the PyPSA scripts read them."""
    from wattstack.cost import size_costs

    battery, costs = campus.battery["main"], size_costs(campus)
    return {
        "gas_mw": campus.generator["gas"].power_mw,
        "gas_price_per_mwh": float(np.mean(case.generator_cost_per_mwh["gas"])),
        "power_price": costs["battery.main.power_mw"],
        "energy_price": costs["battery.main.energy_mwh"],
        "solar_price": costs["solar.roof.power_mw"],
        "charge_eff": battery.charge_eff,
        "discharge_eff": battery.discharge_eff,
        "lost_frac_per_h": battery.self_discharge_frac_per_h,
        "wear_per_mwh": battery.wear_per_mwh,
        "most": [TERMS.battery_most_mw, TERMS.battery_most_mwh, TERMS.solar_most_mw],
    }


def write_columns(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Write columns of numbers, every digit."""
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, fmt="%.17g", delimiter=",", header=",".join(columns), comments="")
