"""What a portfolio shares between its sites: supply, suppliers, the battery factory, markets, futures.

Needs    campus.Declared, quantity; portfolio.calendar.
Gives    Supply, Supplier, Factory, Segment, Target, Scenario, Progress.
Used by  portfolio.whole, portfolio.file, plan.portfolio.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from wattstack.campus import Declared, quantity
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.parts import YEARS


class Supply(Declared):
    """A limit shared by all sites: units a period at some dates, linear between them, flat after the last.

    `resource` names an item (hv, hv_fast, electrical, ...), "servers", a chemistry, or a size of campus
    sites by its kind ("battery.energy_mwh", "solar.power_mw").
    """

    resource: str
    unit: str = ""
    amounts: dict[str, float]
    note: str = ""
    source: str = ""

    def at(self, calendar: Calendar) -> np.ndarray:
        """The limit in each period; shape (count,)."""
        known = sorted((calendar.index(label), amount) for label, amount in self.amounts.items())
        return np.interp(np.arange(calendar.count), [k[0] for k in known], [k[1] for k in known])


class Supplier(Declared):
    """Who delivers a shared resource: "servers", an item or a chemistry."""

    resource: str
    supplier: str
    origin: str = ""
    share_max_frac: float = quantity("", "Greatest share of the orders of a period", 1.0, gt=0, le=1)
    from_quarter: str
    price_factor: float = quantity("", "Price over the list price", 1.0, gt=0)
    lead_delta_q: int = 0
    shortfall_probability_frac: float = quantity("", "Chance of a shortfall", 0.0, ge=0, le=1)
    shortfall_factor: float = quantity("", "Share delivered in a shortfall", 1.0, ge=0, le=1)
    delivered_frac: float = quantity(
        "", "Share of its orders that it delivers, below 1 in a shortfall", 1.0, ge=0, le=1
    )
    note: str = ""
    source: str = ""


class Factory(Declared):
    """A battery factory: lines that ramp, a cost that learns, a stock."""

    name: str
    line_gwh_per_year: float = quantity("GWh/year", "Nameplate of a line", gt=0)
    committed_lines: int = quantity("", "Lines decided on before the start", 0, ge=0)
    committed_start: str | None = None
    line_capital_m: float = quantity("M", "Price of a line, before subsidy", ge=0)
    subsidy_frac: float = quantity("", "Share of it paid by a subsidy", 0.0, ge=0, le=1)
    subsidy_min_gwh: float = quantity(
        "GWh/year", "Least nameplate bought at once that the subsidy asks for", 0.0, ge=0
    )
    line_life_q: int = quantity("periods", "Life of a line", 48, gt=0)
    line_lead_q: int = quantity("periods", "From order to start of production", 6, ge=0)
    lines_max: int = quantity("", "Most lines in all, the committed ones included", 8, ge=0)
    ramps: dict[str, tuple[float, ...]]
    ramp: str = "base"
    material_per_kwh: float = quantity("currency/kWh", "Materials, which do not learn", ge=0)
    conversion_start_per_kwh: float = quantity("currency/kWh", "Conversion at the cumulative start", ge=0)
    learning_frac: float = quantity(
        "", "Fall of conversion cost per doubling of cumulative output", 0.0, ge=0, lt=1
    )
    cumulative_start_gwh: float = quantity("GWh", "Made before the start", 0.1, gt=0)
    segment_edges_gwh: tuple[float, ...] = (0.0, 0.25, 0.75, 2.0, 5.0, 20.0)
    fixed_m_per_line_year: float = quantity("M/line/year", "Staff and overhead", 0.0, ge=0)
    warranty_frac: float = quantity("", "Warranty over the price sold at", 0.0, ge=0, lt=1)
    stock_limit_gwh: float = quantity("GWh", "Most cells on stock", 0.0, ge=0)
    panel_line_mw_per_year: float | None = quantity("MW/year", "Solar panels of the own line", None, ge=0)
    server_line_mw_per_quarter: float | None = quantity(
        "MW IT a quarter", "Servers of the own line", None, ge=0
    )
    materials_frac: dict[str, float] = Field(default_factory=dict)
    note: str = ""
    source: str = ""

    def ramp_at(self, since: np.ndarray) -> np.ndarray:
        """Saleable output over nameplate `since` periods after the start of production, 0 before."""
        ramp = np.array(self.ramps[self.ramp])
        return np.where(since < 0, 0.0, ramp[np.clip(since, 0, len(ramp) - 1)])

    def conversion_per_kwh(self, cumulative_gwh: np.ndarray | float) -> np.ndarray:
        """Cost of conversion after a cumulative output (Wright's law, doi:10.2514/8.155) [currency/kWh]."""
        doublings = np.log2(np.maximum(cumulative_gwh, self.cumulative_start_gwh) / self.cumulative_start_gwh)
        return self.conversion_start_per_kwh * (1.0 - self.learning_frac) ** doublings


class Segment(Declared):
    """A price step of a market: GWh a fiscal year that can be sold at a price ex works."""

    segment: str
    tranche: str
    price_per_kwh: float = quantity("currency/kWh", "Price ex works in the base year", ge=0)
    price_year: int = Field(2027, ge=YEARS[0], le=YEARS[1])
    price_change_frac: float = quantity("1/year", "Yearly change of that price", 0.0, gt=-1, le=1)
    integration_per_kwh: float = quantity(
        "currency/kWh", "Own cost of turning cells into the product", 0.0, ge=0
    )
    access_gwh: dict[int, float]
    domestic: bool = True  # a segment called "export" is not, unless it says so
    note: str = ""
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _export_is_abroad(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("segment") == "export":
            return {"domestic": False, **values}
        return values

    def price_at(self, fiscal_year: np.ndarray) -> np.ndarray:
        """Price ex works by fiscal year [currency/kWh]."""
        return self.price_per_kwh * (1.0 + self.price_change_frac) ** (fiscal_year - self.price_year)


class Target(Declared):
    """A size announced for a date."""

    site: str
    quarter: str
    facility_mw: float = quantity("MW", "Facility power announced", ge=0)
    note: str = ""
    source: str = ""


class Scenario(Declared):
    """One future: what comes late, what is short, what it earns."""

    scenario: str
    probability_frac: float = quantity("", "Probability", ge=0, le=1)
    grid_delay_q: dict[str, int] = Field(default_factory=dict)
    factory_ramp: str | None = None
    factory_delay_q: int = 0
    server_supply_factor: float = quantity("", "Supply of servers over the base", 1.0, ge=0)
    revenue_factor: float = quantity("", "Revenue of servers over the base", 1.0, ge=0, le=100)
    note: str = ""


class Progress(Declared):
    """One thing that was due, came or is forecast, as of a date."""

    as_of: str
    site: str
    kind: Literal["gate", "item", "stage", "line", "order"]
    name: str
    baseline_quarter: str
    baseline_quantity: float = quantity("unit", "Amount planned", ge=0)
    unit: str = ""
    actual_quarter: str | None = None
    actual_quantity: float | None = quantity("unit", "Amount that came", None, ge=0)
    forecast_quarter: str | None = None
    status: str = ""
    note: str = ""
