"""One scenario accounted for: flows, bill, energy balance, emissions, from a case and its running.

Needs    case.Case, cost (make_bill, emissions_t), dispatch.Dispatch.
Gives    account_running, tariff_of, smoothing_wear_per_h, import_mw, Account.
Used by  plan.site, plan.baseline, plan.columns, plan.duties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Tariff
from wattstack.cost import (
    Bill,
    Calendar,
    GridFlows,
    GridPrices,
    carbon_cost_per_mwh,
    emissions_t,
    make_bill,
)

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus
    from wattstack.case import Case
    from wattstack.dispatch import Dispatch

IMPORTS = ("grid.connection.firm", "grid.connection.nonfirm")


@dataclass(frozen=True)
class Account:
    """What a year of running came to.

    Attributes:
        bill: Every line of running by month: grid, fuel, wear, lost compute.
        balance: MWh by month and "year": sources > 0, uses < 0; each row sums to zero.
        emission_t: CO2 by month and source.
        unserved_mwh: Load not served.
        charging_cost: What the energy charged cost at the bus price of its step.
        discharged_mwh: Energy given by all batteries.
    """

    bill: Bill
    balance: pd.DataFrame
    emission_t: pd.DataFrame
    unserved_mwh: float
    charging_cost: float
    discharged_mwh: float


def tariff_of(campus: Campus) -> Tariff:
    """The tariff of a campus; that of an island charges nothing."""
    if campus.grid is None:
        return Tariff.model_validate({"energy": {"price_per_mwh": 0.0}})
    return campus.grid.tariff


def smoothing_wear_per_h(campus: Campus) -> dict[str, float]:
    """What the swings wear of each battery that takes them, by its name [currency/h]; empty where nothing is worn."""
    duty, name = campus.duties.smoothing, campus.smoothing_battery
    if duty is None or name is None:
        return {}
    wear = duty.throughput_mwh_per_h * campus.battery[name].wear_per_mwh
    return {name: wear} if wear > 0.0 else {}


def import_mw(dispatch: Dispatch) -> np.ndarray:
    """Mean power drawn from the grid in each step [MW]."""
    nothing = np.zeros_like(dispatch.price_per_mwh)
    return sum((dispatch.take_mw[name] for name in IMPORTS if name in dispatch.take_mw), nothing)


def account_running(
    case: Case, dispatch: Dispatch, sizes: Mapping[str, float], lost_load_per_mwh: float | None
) -> Account:
    """Account for a running at these sizes. Load that may not go unserved (price None) costs nothing here."""
    calendar = case.calendar
    campus = case.campus
    drawn = import_mw(dispatch)
    prices = GridPrices(
        case.energy_lines_per_mwh, case.sell_price_per_mwh, case.carbon_kg_per_mwh, campus.carbon.price_per_t
    )
    bill = make_bill(tariff_of(campus), calendar, GridFlows(drawn, dispatch.export_mw), prices, sizes)
    bill = bill.with_lines(_own_lines(case, calendar, dispatch, lost_load_per_mwh))
    outputs = {
        f"generator.{name}": (dispatch.take_mw[f"generator.{name}"], unit.emission_kg_per_mwh)
        for name, unit in campus.generator.items()
    }
    step_h = case.axis.step_h
    charged = sum(dispatch.charge_mw.values(), np.zeros(case.axis.count))
    return Account(
        bill=bill,
        balance=_balance(case, calendar, dispatch),
        emission_t=emissions_t(calendar, drawn, case.carbon_kg_per_mwh, outputs),
        unserved_mwh=float(dispatch.take_mw["unserved"].sum() * step_h),
        charging_cost=float((charged * dispatch.price_per_mwh).sum() * step_h),
        discharged_mwh=float(sum(d.sum() for d in dispatch.discharge_mw.values()) * step_h),
    )


def _own_lines(
    case: Case, calendar: Calendar, dispatch: Dispatch, lost_load: float | None
) -> dict[str, np.ndarray]:
    """Lines of the bill that no supplier writes: fuel, its carbon, wear, shed and lost load."""
    campus = case.campus
    per_h: dict[str, np.ndarray] = {}
    for name, unit in campus.generator.items():
        output = dispatch.take_mw[f"generator.{name}"]
        per_h[f"fuel.{name}"] = output * case.generator_cost_per_mwh[name]
        if campus.carbon.price_per_t > 0.0:
            per_h[f"carbon.{name}"] = output * carbon_cost_per_mwh(
                unit.emission_kg_per_mwh, campus.carbon.price_per_t
            )
    for name, unit in campus.battery.items():
        if unit.wear_per_mwh > 0.0 and f"battery.{name}" in dispatch.discharge_mw:
            per_h[f"wear.{name}"] = dispatch.discharge_mw[f"battery.{name}"] * unit.wear_per_mwh
    for name, wear in smoothing_wear_per_h(campus).items():
        per_h[f"wear.{name}.smoothing"] = np.full(case.axis.count, wear)
    for name in case.shed_mw:
        per_h[f"shed.{name}"] = dispatch.take_mw[f"load.{name}.shed"] * campus.load[name].shed_value_per_mwh
    if lost_load is not None:
        per_h["unserved"] = dispatch.take_mw["unserved"] * lost_load
    return {name: calendar.sum_by_month(values) * case.axis.step_h for name, values in per_h.items()}


def _balance(case: Case, calendar: Calendar, dispatch: Dispatch) -> pd.DataFrame:
    import pandas as pd

    flows = {"grid.import": import_mw(dispatch)}
    for name, take in dispatch.take_mw.items():
        if name.startswith(("solar.", "generator.", "load.")) or name == "unserved":
            flows[name] = take
    for name in dispatch.discharge_mw:
        flows[f"{name}.discharge"] = dispatch.discharge_mw[name]
        flows[f"{name}.charge"] = -dispatch.charge_mw[name]
    if dispatch.export_mw.any():
        flows["grid.export"] = -dispatch.export_mw
    flows["load"] = -case.load_mw
    table = pd.DataFrame(
        {name: calendar.sum_by_month(values) * case.axis.step_h for name, values in flows.items()},
        index=pd.Index(case.month_names, name="month"),
    )
    table.loc["year"] = table.sum(axis=0)
    return table
