"""What a plan is worth against "no new assets": the cash flow by year and the figures drawn from it.

Needs    campus.Finance, cost.capital, cost.worth.
Gives    YearTotals, cash_flow_table, finance_summary.
Used by  plan, report (whose spreadsheet rebuilds every figure by formula).

Real terms: one year of series stands for every year of the horizon, prices rise with inflation and no faster,
the discount rate is real. Year 0 holds the investment and is not discounted; all else falls at the end of its
year. "No new assets" pays the bill of the campus as it stands. No tax, no debt, no incentives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.cost.capital import replacement_schedule
from wattstack.cost.worth import (
    discounted_payback_years,
    internal_rate,
    levelised_cost,
    present_value,
    present_worth_factor,
    simple_payback_years,
)

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Finance


@dataclass(frozen=True, slots=True)
class YearTotals:
    """One year of running, with the plan and without it.

    Attributes:
        running_cost: Bill, fuel, wear and other costs of running with the plan's sizes [currency/year];
            no annuities, no fixed O&M.
        baseline_running_cost: The same with "no new assets"; None where the load cannot be served so.
        load_mwh: Electric demand served.
        discharged_mwh: Discharged by all batteries, at the bus.
        charging_cost: What the energy charged into them cost, at the bus price of the hour.
        baseline_capital: Table of cost.capital_table of what "no new assets" must buy as well (a connection
            that is planned), what stands left out; None for nothing.
    """

    running_cost: float
    baseline_running_cost: float | None
    load_mwh: float
    discharged_mwh: float = 0.0
    charging_cost: float = 0.0
    baseline_capital: pd.DataFrame | None = None


def cash_flow_table(finance: Finance, capital: pd.DataFrame, year: YearTotals) -> pd.DataFrame:
    """Cash flow by year against "no new assets".

    Args:
        finance: Discount rate and horizon.
        capital: Table of cost.capital_table.
        year: One year of running.

    Returns:
        DataFrame, index = year 0 .. horizon. Each column is an amount >= 0 unless its nature is a credit:
        capital, replacement, residual, fixed_om (of all assets), running_cost, baseline_cost (running and
        fixed O&M of what stands), net = baseline_cost - running_cost - fixed_om - capital - replacement +
        residual, discount_factor, discounted, cumulative, cumulative_discounted. baseline_cost has what "no
        new assets" must buy too, in the year it is bought. baseline_cost and what
        follows from it are NaN where "no new assets" cannot serve the load.
    """
    import pandas as pd

    horizon = finance.horizon_years
    table = pd.DataFrame(_asset_flows(capital, horizon), index=pd.RangeIndex(horizon + 1, name="year"))
    runs = np.arange(horizon + 1) > 0
    table["fixed_om"] = np.where(runs, float(capital["fixed_per_year"].sum()), 0.0)
    table["running_cost"] = np.where(runs, year.running_cost, 0.0)
    table["baseline_cost"] = np.where(runs, _baseline(capital, year, float("nan")), 0.0)
    if year.baseline_capital is not None:
        own = _asset_flows(year.baseline_capital, horizon)
        table["baseline_cost"] += own["capital"] + own["replacement"] - own["residual"]
    table["net"] = table["baseline_cost"] - _costs(table)
    table["discount_factor"] = (1.0 + finance.discount_rate_frac) ** -np.arange(horizon + 1.0)
    table["discounted"] = table["net"] * table["discount_factor"]
    table["cumulative"] = table["net"].cumsum()
    table["cumulative_discounted"] = table["discounted"].cumsum()
    return table


def finance_summary(
    finance: Finance, capital: pd.DataFrame, year: YearTotals
) -> dict[str, float | str | None]:
    """The figures a planner asks for. None = not defined; irr may be "several".

    Args:
        finance: Discount rate and horizon.
        capital: Table of cost.capital_table.
        year: One year of running.

    Returns:
        capital, running_cost_per_year, fixed_om_per_year, baseline_cost_per_year, saving_per_year (running
        saving less fixed O&M), npv (against "no new assets"), npc (present value of all costs of the plan),
        irr, simple_payback_years, discounted_payback_years, present_worth_factor, lcoe_per_mwh (all costs
        of supply per MWh of load), lcos_per_mwh (with charging energy), lcos_without_charging_per_mwh.

    Source:
        Definitions of docs/bill.md.
    """
    rate, horizon = finance.discount_rate_frac, finance.horizon_years
    table = cash_flow_table(finance, capital, year)
    invested = float(capital["capital"].sum())
    fixed = float(capital["fixed_per_year"].sum())
    costs = _costs(table).tolist()
    out: dict[str, float | str | None] = {
        "capital": invested,
        "running_cost_per_year": year.running_cost,
        "fixed_om_per_year": fixed,
        "baseline_cost_per_year": _baseline(capital, year, None),
        "saving_per_year": None,
        "npv": None,
        "npc": present_value(costs, rate),
        "irr": None,
        "simple_payback_years": None,
        "discounted_payback_years": None,
        "present_worth_factor": present_worth_factor(rate, horizon),
        "lcoe_per_mwh": levelised_cost(costs, _every_year(year.load_mwh, horizon), rate),
        "lcos_per_mwh": _lcos(finance, capital, year, year.charging_cost),
        "lcos_without_charging_per_mwh": _lcos(finance, capital, year, 0.0),
    }
    baseline = _baseline(capital, year, None)
    if baseline is not None:
        saving = baseline - year.running_cost - fixed
        net = table["net"].tolist()
        more = invested - (
            0.0 if year.baseline_capital is None else float(year.baseline_capital["capital"].sum())
        )
        out["saving_per_year"] = saving
        out["npv"] = present_value(net, rate)
        out["irr"] = internal_rate(net)
        out["simple_payback_years"] = simple_payback_years(more, saving)
        out["discounted_payback_years"] = discounted_payback_years(more, saving, rate)
    return out


def _asset_flows(capital: pd.DataFrame, horizon: int) -> dict[str, np.ndarray]:
    """Investment, replacement and residual value of all assets by year."""
    flows = {name: np.zeros(horizon + 1) for name in ("capital", "replacement", "residual")}
    for money, life_years in zip(capital["capital"], capital["life_years"], strict=True):
        schedule = replacement_schedule(life_years, horizon)
        flows["capital"][0] += money
        for when in schedule.replacement_years:
            flows["replacement"][when] += money
        flows["residual"][horizon] += money * schedule.residual_frac
    return flows


def _costs(table: pd.DataFrame) -> pd.Series:
    spent = table["capital"] + table["replacement"] + table["fixed_om"] + table["running_cost"]
    return spent - table["residual"]


def _baseline(capital: pd.DataFrame, year: YearTotals, absent: float | None) -> float | None:
    if year.baseline_running_cost is None:
        return absent
    own = year.baseline_capital
    bought = 0.0 if own is None else float(own["fixed_per_year"].sum())
    return year.baseline_running_cost + float(capital.loc[capital["stands"], "fixed_per_year"].sum()) + bought


def _every_year(value: float, horizon: int) -> Sequence[float]:
    return [0.0] + [value] * horizon


def _lcos(finance: Finance, capital: pd.DataFrame, year: YearTotals, charging_cost: float) -> float | None:
    """Levelised cost of a discharged MWh of all batteries together; None where one of them is not bought."""
    rows = capital[[path.startswith("battery.") for path in capital.index]]
    if rows["stands"].any():
        return None
    horizon = finance.horizon_years
    flows = _asset_flows(rows, horizon)
    yearly = np.array(_every_year(float(rows["fixed_per_year"].sum()) + charging_cost, horizon))
    costs = flows["capital"] + flows["replacement"] - flows["residual"] + yearly
    energy = _every_year(year.discharged_mwh, horizon)
    return levelised_cost(costs.tolist(), energy, finance.discount_rate_frac)
