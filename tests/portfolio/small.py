"""A small portfolio with everything in it: two sites, six quarters, a battery factory, three futures.

`RAW` is what a portfolio.yaml would hold, tables inside; `small_portfolio()` is it read. Its representative weeks are
days of eight steps of three hours. Numbers are round ones, of the size that real ones have.
"""

from __future__ import annotations

import copy
import csv
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from wattstack.portfolio import Portfolio, read_portfolio

FIRST, COUNT = "2027Q1", 6
STEP_H = 3

RAW: dict[str, Any] = {
    "wattstack": 1,
    "portfolio": "small",
    "currency": "USD",
    "exchange": {"JPY_per_USD": 150.0, "EUR": 1.2},
    "synthetic": ["profiles"],
    "calendar": {"first": FIRST, "count": COUNT, "fiscal_start_month": 4},
    "money": {"discount_rate_frac": 0.09, "deposit_frac": 0.3, "residual_factor": 0.9, "stage_life_q": 160},
    "compute": {
        "load_factor": 0.85, "fixed_m_per_mw_year": 0.45, "shed_free_frac": 0.2, "shed_penalty_factor": 3.0,
        "reserve_power_frac": 0.25, "hv_power_factor": 0.95,
    },
    "weeks": {"normal": 78, "stress": 13},
    "stochastic": {"cvar_alpha_frac": 0.2, "cvar_weight": 0.0, "first_stage_q": 2},
    "sites": {
        "east": {
            "country": "JP", "latitude_deg": 34.6, "longitude_deg": 135.5, "land_ha": 10, "pue": 1.25,
            "price_per_mwh": 80, "grid_fee_per_mwh": 30, "crew_mw": 30, "servers_start_mw": 10,
            "storage_start_mwh": 20, "reserve_mwh_per_mw": 0.5, "outdoor_limit_mwh": 60,
        },
        "north": {
            "country": "FR", "latitude_deg": 49.7, "longitude_deg": 2.2, "land_ha": 20, "pue": 1.1,
            "price_per_mwh": 60, "grid_fee_per_mwh": 20, "crew_mw": 60, "reserve_mwh_per_mw": 0.5,
            "outdoor_limit_mwh": 300,
        },
    },
    "items": [
        {"item": "shell", "site": "east", "capital_m_per_unit": 2.5, "lead_q": 2, "start_units": 20,
         "pipeline_units": 10, "pipeline_quarter": "2027Q3"},
        {"item": "electrical", "site": "east", "capital_m_per_unit": 6.0, "lead_q": 3, "start_units": 20},
        {"item": "cooling", "site": "east", "capital_m_per_unit": 3.5, "lead_q": 2, "start_units": 20},
        {"item": "hv", "site": "east", "capital_m_per_unit": 0.12, "lead_q": 4, "start_units": 40},
        {"item": "hv_fast", "site": "east", "capital_m_per_unit": 0.17, "lead_q": 2},
        {"item": "shell", "site": "north", "capital_m_per_unit": 3.2, "lead_q": 2},
        {"item": "shell_prefab", "site": "north", "capital_m_per_unit": 3.7, "lead_q": 1},
        {"item": "electrical", "site": "north", "capital_m_per_unit": 5.2, "lead_q": 2},
        {"item": "cooling", "site": "north", "capital_m_per_unit": 2.8, "lead_q": 2},
        {"item": "hv", "site": "north", "capital_m_per_unit": 0.12, "lead_q": 3},
        {"item": "hv_fast", "site": "north", "capital_m_per_unit": 0.17, "lead_q": 2},
    ],
    "stages": [
        {"site": "east", "stage": "existing", "kind": "firm", "power_mw": 30, "earliest_energised": "2027Q1"},
        {"site": "east", "stage": "early", "kind": "nonfirm", "power_mw": 20, "earliest_energised": "2027Q2",
         "commit_lead_q": 1, "capital_m": 2, "needs_stage": "existing", "replaced_by": "second"},
        {"site": "east", "stage": "second", "kind": "firm", "power_mw": 40, "earliest_energised": "2028Q1",
         "commit_lead_q": 3, "capital_m": 20, "needs_stage": "existing"},
        {"site": "north", "stage": "early", "kind": "nonfirm", "power_mw": 30, "earliest_energised": "2027Q3",
         "commit_lead_q": 2, "capital_m": 5, "replaced_by": "first"},
        {"site": "north", "stage": "first", "kind": "firm", "power_mw": 80, "earliest_energised": "2027Q4",
         "commit_lead_q": 3, "capital_m": 25},
    ],
    "gates": [
        {"site": "east", "gate": "land", "earliest_start": "2027Q1"},
        {"site": "east", "gate": "fibre", "capital_m": 6, "lead_q": 1, "earliest_start": "2027Q1"},
        {"site": "north", "gate": "permit", "capital_m": 12, "lead_q": 1, "earliest_start": "2027Q1"},
        {"site": "north", "gate": "fibre", "capital_m": 18, "lead_q": 2, "earliest_start": "2027Q1"},
    ],
    "servers": {
        "first_gen": {"first_order": "2027Q1", "last_order": "2027Q4", "lead_q": 1, "capital_m_per_mw": 20,
                      "launch": "2027Q1", "revenue_m_per_mw_year": 12.0, "revenue_fall_frac": 0.05},
        "next_gen": {"first_order": "2027Q3", "last_order": "2028Q2", "lead_q": 2, "capital_m_per_mw": 27,
                     "launch": "2027Q4", "revenue_m_per_mw_year": 16.0, "revenue_fall_frac": 0.05},
    },
    "storage": [
        {"chemistry": "lfp", "origin": "market", "site": "east", "cost_per_kwh": 190, "cost_fall_frac": 0.06,
         "lead_q": 1, "duration_h": 2, "roundtrip_eff": 0.87, "om_frac_per_year": 0.02, "life_q": 72},
        {"chemistry": "znx", "origin": "own", "site": "east", "integration_per_kwh": 70, "lead_q": 1,
         "duration_h": 4, "roundtrip_eff": 0.8, "om_frac_per_year": 0.012, "life_q": 80, "indoor_ok": True,
         "density_factor": 0.6},
        {"chemistry": "hd", "origin": "market", "site": "east", "cost_per_kwh": 230, "cost_fall_frac": 0.05,
         "lead_q": 1, "duration_h": 1, "roundtrip_eff": 0.9, "om_frac_per_year": 0.02, "life_q": 56,
         "density_factor": 1.4},
        {"chemistry": "lfp", "origin": "market", "site": "north", "cost_per_kwh": 145, "cost_fall_frac": 0.06,
         "lead_q": 1, "duration_h": 2, "roundtrip_eff": 0.87, "om_frac_per_year": 0.02, "life_q": 72},
        {"chemistry": "znx", "origin": "own", "site": "north", "integration_per_kwh": 95, "lead_q": 2,
         "duration_h": 4, "roundtrip_eff": 0.8, "om_frac_per_year": 0.012, "life_q": 80, "indoor_ok": True,
         "density_factor": 0.6},
    ],
    "generation": [
        {"site": "east", "tech": "engine", "capital_m_per_mw": 1.9, "lead_q": 2, "running_per_mwh": 125,
         "limit_mw": 20, "earliest_energised": "2027Q3"},
        {"site": "east", "tech": "pv", "capital_m_per_mw": 1.1, "lead_q": 1, "limit_mw": 10,
         "earliest_energised": "2027Q2", "profile": "pv", "life_q": 100},
        {"site": "north", "tech": "fuel_cell", "capital_m_per_mw": 3.6, "lead_q": 1, "running_per_mwh": 119,
         "limit_mw": 20, "earliest_energised": "2027Q2", "life_q": 60},
    ],
    "supply": {
        "servers": {"amounts": {"2027Q1": 15, "2028Q1": 30}},
        "hv": {"amounts": {"2027Q1": 30}},
        "hv_fast": {"amounts": {"2027Q1": 20}},
        "electrical": {"amounts": {"2027Q1": 20, "2028Q1": 40}},
        "lfp_import": {"amounts": {"2027Q1": 100, "2028Q1": 200}},
        "shell_prefab": {"amounts": {"2027Q1": 0, "2027Q3": 20}},
    },
    "suppliers": [
        {"resource": "servers", "supplier": "one", "origin": "TW", "share_max_frac": 0.7, "from_quarter": "2027Q1",
         "shortfall_probability_frac": 0.1, "shortfall_factor": 0.6},
        {"resource": "servers", "supplier": "two", "origin": "US", "share_max_frac": 0.5, "from_quarter": "2027Q1",
         "price_factor": 1.02, "shortfall_probability_frac": 0.1, "shortfall_factor": 0.6},
        {"resource": "lfp", "supplier": "near", "origin": "JP", "share_max_frac": 0.6, "from_quarter": "2027Q1",
         "price_factor": 1.1},
        {"resource": "lfp", "supplier": "far", "origin": "CN", "share_max_frac": 0.7, "from_quarter": "2027Q1",
         "lead_delta_q": 1, "shortfall_probability_frac": 0.2, "shortfall_factor": 0.3},
    ],
    "factory": {
        "name": "cells", "line_gwh_per_year": 0.5, "committed_lines": 1, "committed_start": "2027Q2",
        "line_capital_m": 48, "subsidy_frac": 0.3, "subsidy_min_gwh": 0.3, "line_lead_q": 2, "lines_max": 3,
        "ramps": {"base": [0.1, 0.3, 0.6, 0.8, 0.9], "slow": [0.05, 0.15, 0.3, 0.4, 0.5]},
        "material_per_kwh": 100, "conversion_start_per_kwh": 160, "learning_frac": 0.18,
        "cumulative_start_gwh": 0.1, "fixed_m_per_line_year": 6, "warranty_frac": 0.03, "stock_limit_gwh": 0.1,
    },
    "segments": [
        {"segment": "grid", "tranche": 1, "price_per_kwh": 320, "price_change_frac": -0.06,
         "integration_per_kwh": 60, "access_gwh": {2026: 0.05, 2027: 0.08, 2028: 0.12}},
        {"segment": "residential", "tranche": 1, "price_per_kwh": 700, "price_change_frac": -0.05,
         "integration_per_kwh": 230, "access_gwh": {2026: 0.01, 2027: 0.02, 2028: 0.04}},
        {"segment": "export", "tranche": 1, "price_per_kwh": 165, "integration_per_kwh": 55,
         "access_gwh": {2028: 0.4}},
    ],
    "targets": [
        {"site": "east", "quarter": "2027Q4", "facility_mw": 50},
        {"site": "north", "quarter": "2028Q1", "facility_mw": 60},
    ],
    "scenarios": {
        "base": {"probability_frac": 0.5, "grid_delay_q": {"east": 0, "north": 0}, "factory_ramp": "base"},
        "late": {"probability_frac": 0.3, "grid_delay_q": {"east": 1, "north": 2}, "factory_ramp": "slow",
                 "factory_delay_q": 1},
        "slump": {"probability_frac": 0.2, "server_supply_factor": 1.1, "revenue_factor": 0.75},
    },
    "tables": {"profiles": "profiles.csv"},
}  # fmt: skip


def profile_rows() -> list[dict[str, Any]]:
    """A normal and a stress day by country and season: dear evenings, sun at noon, non-firm power lost in stress."""
    hours = np.arange(0, 24, STEP_H)
    rows = []
    for country, level in (("JP", 1.0), ("FR", 0.8)):
        for season in (1, 2, 3, 4):
            sun = level * (0.6 if season in (2, 3) else 0.3)
            for week, spread in (("normal", 0.4), ("stress", 0.8)):
                price = 1.0 + spread * np.sin((hours - 12.0) / 24.0 * 2.0 * np.pi)
                shine = np.maximum(0.0, np.sin((hours - 6.0) / 12.0 * np.pi)) * sun
                for hour, factor, solar in zip(hours, price, shine, strict=True):
                    lost = week == "stress" and hour >= 18
                    rows.append({
                        "country": country, "season": f"Q{season}", "week": week, "hour": int(hour),
                        "price_factor": round(float(factor), 4), "solar_frac": round(float(solar), 4),
                        "available_frac": 0.0 if lost else 1.0,
                    })  # fmt: skip
    return rows


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as CSV, columns as the first row has them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def write_small(folder: Path, raw: dict[str, Any] | None = None) -> Path:
    """Write portfolio.yaml and profiles.csv into a folder; returns the file.

    Args:
        folder: Exists.
        raw: Other values than RAW, usually a changed copy of it.
    """
    write_table(folder / "profiles.csv", profile_rows())
    path = folder / "portfolio.yaml"
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(RAW if raw is None else raw, stream)
    return path


KEYS = {"sites": "name", "servers": "generation", "supply": "resource", "scenarios": "scenario"}
SPREAD = {"amounts": "{}", "access_gwh": "access_GWh_FY{}", "grid_delay_q": "grid_delay_q_{}"}


def table_rows(raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A table of the raw values as rows of a CSV file: every row with every column, mappings spread over columns."""
    parts = raw[name]
    if isinstance(parts, dict):
        parts = [{KEYS[name]: key, **part} for key, part in parts.items()]
    rows = []
    for part in parts:
        row: dict[str, Any] = {}
        for key, value in part.items():
            row |= (
                {SPREAD[key].format(k): v for k, v in value.items()}
                if isinstance(value, dict)
                else {key: value}
            )
        rows.append(row)
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column, "") for column in columns} for row in rows]


TABLES = ("sites", "items", "stages", "gates", "servers", "storage", "generation", "supply", "suppliers",
          "segments", "targets", "scenarios")  # fmt: skip


def write_small_tables(folder: Path, raw: dict[str, Any] | None = None) -> Path:
    """Write the portfolio as a file that names a CSV file for every table; returns the file."""
    raw = raw_small() if raw is None else copy.deepcopy(raw)
    for name in TABLES:
        write_table(folder / f"{name}.csv", table_rows(raw, name))
        raw["tables"][name] = f"{name}.csv"
        del raw[name]
    return write_small(folder, raw)


def raw_small() -> dict[str, Any]:
    """A copy of RAW to change."""
    return copy.deepcopy(RAW)


@cache
def small_portfolio() -> Portfolio:
    """The small portfolio; change it by dataclasses.replace, it is shared."""
    with tempfile.TemporaryDirectory() as folder:
        return read_portfolio(write_small(Path(folder)))


def yearly() -> dict[str, Any]:
    """Raw values of two sites over three years, a year a period, with budgets."""
    raw = {
        "wattstack": 1, "portfolio": "years", "currency": "JPY",
        "calendar": {"first": 2027, "count": 3, "period": "year"},
        "weeks": {"normal": 78, "stress": 13},
        "money": {"capital_budget_m": {2027: 500, 2028: 800}, "capital_as": "annuity"},
        "sites": [
            {"name": "a", "country": "JP", "price_per_mwh": 12000},
            {"name": "b", "country": "FR", "price_per_mwh": 9000},
        ],
        "tables": {"profiles": "profiles.csv"},
    }  # fmt: skip
    raw["items"] = [
        {"item": item, "site": site, "capital_m_per_unit": 300, "start_units": 10}
        for item in ("shell", "electrical", "cooling", "hv")
        for site in ("a", "b")
    ]
    raw["stages"] = [
        {"site": site, "stage": "s", "kind": "firm", "power_mw": 20, "earliest_energised": 2027}
        for site in ("a", "b")
    ]
    raw["servers"] = {
        "gen": {
            "first_order": 2027, "last_order": 2029, "lead_q": 0, "capital_m_per_mw": 3000, "launch": 2027,
            "revenue_m_per_mw_year": 900,
        }
    }  # fmt: skip
    raw["storage"] = [
        {"chemistry": "lfp", "origin": "market", "site": site, "cost_per_kwh": 30000,
         "duration_h": 2, "roundtrip_eff": 0.9}
        for site in ("a", "b")
    ]  # fmt: skip
    return raw
