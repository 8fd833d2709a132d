"""The one table of other names: columns and keys that a portfolio may use in place of ours.

Gives    Renamed, renamed, nearest_name, DEFAULT_TABLES, resource_of.
Used by  portfolio.rows, portfolio.file, portfolio.weeks.

A name is a template: {cur} stands for a currency (usd, jpy, eur: the amount is turned at the file's rate),
{year} for a year, {date}, {site}, {pair}, {week} for the key of a mapping. "field; other=x" sets a second
field. An empty name on the right is read and left out: it says nothing that the plan asks for.
Names are compared without regard to case, so storage_start_MWh is storage_start_mwh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from wattstack.errors import nearest

NAMES: dict[str, dict[str, str]] = {
    # meta.yaml, by dotted path
    "meta": {
        "name": "portfolio",
        "fx.{pair}": "exchange.{pair}",
        "calendar.first_quarter": "calendar.first",
        "calendar.quarters": "calendar.count",
        "calendar.fiscal_year.start_month": "calendar.fiscal_start_month",
        "calendar.fiscal_year.label": "calendar.fiscal_label",
        "finance.wacc": "money.discount_rate_frac",
        "finance.wacc_low_high": "",  # a range to think of, not an input
        "finance.pay_at_order": "money.deposit_frac",
        "finance.salvage_haircut": "money.residual_factor",
        "finance.stage_life_q": "money.stage_life_q",
        "finance.capex_budget_per_fy": "money.capital_budget_m",
        "compute.gpus_per_MW": "compute.gpus_per_mw",
        "compute.utilisation": "",  # inside the revenue of the servers already
        "compute.opex_per_MW_year": "compute.fixed_m_per_mw_year",
        "compute.shed_free_fraction": "compute.shed_free_frac",
        "compute.shed_penalty_multiple": "compute.shed_penalty_factor",
        "compute.curtailed_value_floor_{cur}_MWh": "compute.lost_hour_per_mwh",
        "announced_targets": "tables.targets",
        "representative_periods.{week}_week_weight": "weeks.{week}",
        "stochastic.cvar.alpha": "stochastic.cvar_alpha_frac",
        "stochastic.cvar.weight": "stochastic.cvar_weight",
        "stochastic.first_stage_quarters": "stochastic.first_stage_q",
        "stochastic.scenarios": "tables.scenarios",
    },
    # factory.yaml, by dotted path
    "factory": {
        "line_GWh_per_year": "line_gwh_per_year",
        "committed.lines": "committed_lines",
        "committed.sop": "committed_start",
        "line_capex_{cur}_m": "line_capital_m",
        "subsidy_fraction": "subsidy_frac",
        "max_lines": "lines_max",
        "ramp.{key}": "ramps.{key}",
        "cost.material_floor_{cur}_kWh": "material_per_kwh",
        "cost.conversion_start_{cur}_kWh": "conversion_start_per_kwh",
        "cost.learning_rate": "learning_frac",
        "cost.cumulative_start_GWh": "cumulative_start_gwh",
        "cost.segment_edges_GWh": "segment_edges_gwh",
        "cost.fixed_{cur}_m_per_line_year": "fixed_m_per_line_year",
        "cost.warranty_frac_of_price": "warranty_frac",
        "bill_of_materials_share": "materials_frac",
        "inventory_cap_GWh": "stock_limit_gwh",
        "solar_panel_line.MW_per_year": "panel_line_mw_per_year",
        "solar_panel_line.note": "",
        "server_line.MW_IT_per_quarter": "server_line_mw_per_quarter",
        "server_line.note": "",
        "high_density_line.GWh_per_year": "high_density_line_gwh_per_year",
        "high_density_line.note": "",
    },
    "sites": {
        "site": "name",
        "lat": "latitude_deg",
        "lon": "longitude_deg",
        "MWh_storage_per_ha": "storage_mwh_per_ha",
        "tariff_{cur}_MWh": "price_per_mwh",
        "grid_fee_{cur}_MWh": "grid_fee_per_mwh",
        "crew_MW_per_quarter": "crew_mw",
        "IT_MW_start": "it_start_mw",
        "UPS_MWh_per_MW": "reserve_mwh_per_mw",
        "LFP_cap_MWh": "outdoor_limit_mwh",
    },
    "items": {"capex_{cur}_m_per_unit": "capital_m_per_unit"},
    "stages": {"MW": "power_mw", "capex_{cur}_m": "capital_m"},
    "gates": {"milestone": "gate", "capex_{cur}_m": "capital_m"},
    "servers": {
        "capex_{cur}_m_per_MW": "capital_m_per_mw",
        "revenue_{cur}_m_per_MW_year_at_launch": "revenue_m_per_mw_year",
        "revenue_decay_per_year": "revenue_fall_frac",
    },
    "storage": {
        "site_scope": "site",
        "installed_{cur}_kWh_{year}": "cost_per_kwh; cost_year={year}",
        "price_decline_per_year": "cost_fall_frac",
        "integration_{cur}_kWh": "integration_per_kwh",
        "efficiency_roundtrip": "roundtrip_eff",
        "density_rel": "density_factor",
    },
    "generation": {
        "capex_{cur}_m_per_MW": "capital_m_per_mw",
        "fuel_vom_{cur}_MWh": "running_per_mwh",
        "max_MW": "limit_mw",
        "cf_profile": "profile",
    },
    "supply": {"{date}": "amounts.{date}"},
    "suppliers": {
        "share_max": "share_max_frac",
        "shortfall_probability": "shortfall_probability_frac",
    },
    "segments": {
        "price_{cur}_kWh_FY{year}": "price_per_kwh; price_year={year}",
        "price_change_per_year": "price_change_frac",
        "integration_{cur}_kWh": "integration_per_kwh",
        "access_GWh_FY{year}": "access_gwh.{year}",
        "basis": "note",
    },
    "targets": {"facility_MW": "facility_mw", "basis": "note"},
    "scenarios": {"probability": "probability_frac", "grid_delay_q_{site}": "grid_delay_q.{site}"},
    "profiles": {
        "country": "place",
        "site": "place",
        "price_mult": "price_factor",
        "pv_cf": "solar_frac",
        "nonfirm_avail": "available_frac",
    },
    "sources": {},
    "progress": {},
}
# Tables of a folder whose meta.yaml names none: file -> table.
DEFAULT_TABLES = {
    "sites.csv": "sites",
    "items.csv": "items",
    "connections.csv": "stages",
    "milestones.csv": "gates",
    "servers.csv": "servers",
    "storage.csv": "storage",
    "generation.csv": "generation",
    "supply.csv": "supply",
    "suppliers.csv": "suppliers",
    "segments.csv": "segments",
    "targets.csv": "targets",
    "scenarios.csv": "scenarios",
    "profiles.csv": "profiles",
    "sources.csv": "sources",
}
_PARTS = {
    "cur": "[a-z]{3}",
    "year": r"\d{4}",
    "date": r"\d.*",
    "site": ".+",
    "pair": "[A-Za-z_]+",
    "week": ".+",
    "key": "[^.]+",
}


@dataclass(frozen=True)
class Renamed:
    """What a row or a file says, in our names.

    Attributes:
        values: Our name -> value; mappings are nested.
        origin: Our dotted name -> the name it has in the file.
        currency: Our dotted name -> currency that its name in the file says.
        doubled: Names of the file that give a field a second time.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    currency: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)

    def place(self, name: str) -> str | None:
        """The name that one of ours has in the file, None where the file does not give it.

        What stands inside a field (capital_budget_m.2030) is placed below the name of the field.
        """
        head, rest = name, ""
        while head:
            if head in self.origin:
                return self.origin[head] + rest
            head, _, last = head.rpartition(".")
            rest = f".{last}{rest}"
        return None


def renamed(values: Mapping[str, Any], table: str, fields: Iterable[str]) -> Renamed:
    """Give the columns of a row, or the keys of a file, our names; names nobody knows stay as they are.

    Args:
        values: A row, or a file with mappings in mappings.
        table: Part of NAMES.
        fields: Our names there; they stand before every other name.
    """
    found = Renamed()
    ours = {name.lower(): name for name in fields}
    _walk(found, values, "", table, ours)
    return found


def _walk(found: Renamed, values: Mapping[str, Any], above: str, table: str, ours: dict[str, str]) -> None:
    for key, value in values.items():
        if value is None:
            continue  # left empty: as if it did not stand there
        path = f"{above}{key}"
        if isinstance(value, Mapping) and _leads_on(path, table):
            _walk(found, value, path + ".", table, ours)
            continue
        target, currency = _target(path, table, ours)
        if target != "":
            _put(found, target or path, path, value, currency)


def _target(path: str, table: str, ours: dict[str, str]) -> tuple[str | None, str]:
    if path.lower() in ours:
        return ours[path.lower()], ""
    for pattern, target in _patterns(table):
        if match := pattern.fullmatch(path):
            said = match.groupdict()
            return target.format(**said), said.get("cur", "").upper()
    return None, ""


def _leads_on(path: str, table: str) -> bool:
    return any(name.lower().startswith(path.lower() + ".") for name in NAMES[table])


def _put(found: Renamed, target: str, path: str, value: Any, currency: str) -> None:
    first, *more = target.split("; ")
    if first in found.origin:
        found.doubled.append(path)
        return
    found.origin[first] = path
    if currency:
        found.currency[first] = currency
    node = found.values
    *above, last = first.split(".") if "." in first else [first]
    for key in above:
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            found.doubled.append(path)
            return
    if last in node:
        found.doubled.append(path)
        return
    node[last] = dict(value) if isinstance(value, Mapping) else value
    for extra in more:
        name, _, text = extra.partition("=")
        found.values.setdefault(name, int(text))
        found.origin.setdefault(name, path)


@cache
def _patterns(table: str) -> list[tuple[re.Pattern[str], str]]:
    found = []
    for template, target in NAMES[table].items():
        parts = re.split(r"\{(\w+)\}", template)
        text = "".join(
            f"(?P<{part}>{_PARTS[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts)
        )
        found.append((re.compile(text, re.IGNORECASE), target))
    return found


def nearest_name(name: str, table: str, fields: Iterable[str]) -> str | None:
    """The name that may stand in a table, ours or another, that a mistyped one most likely means.

    Example:
        >>> nearest_name("PUE ", "sites", ["pue"]), nearest_name("tarif_usd_MWh", "sites", ["pue"])
        ('pue', 'tariff_usd_MWh')
    """
    known = {word.lower(): word for word in (n.replace("{cur}", "usd") for n in NAMES[table])}
    known |= {word.lower(): word for word in fields}
    return known.get(nearest(name.strip().lower(), known) or "")


def resource_of(name: str, chemistries: Iterable[str]) -> str:
    """Our name of a shared resource: "lfp_import", the market for lfp, is the chemistry.

    Example:
        >>> resource_of("lfp_import", ["lfp"]), resource_of("hv_fast", ["lfp"])
        ('lfp', 'hv_fast')
    """
    stem = name.removesuffix("_import")
    return stem if stem in chemistries else name
