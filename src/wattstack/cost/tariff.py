"""The bill: what the supplier and the grid operator ask for, line by line and month by month.

Needs    campus.Tariff, cost.calendar, cost.demand, cost.carbon.
Gives    make_bill, Bill, GridFlows, GridPrices.
Used by  plan (a plan's bill and that of "no new assets"), report.

    energy, adders      sum over steps of import x price
    demand.NAME         price x metered peak, by the month or by the year (definitions in cost.demand)
    ratchet.NAME        price x what a ratchet bills above the metered peak
    contract.NAME       price x contracted power, used or not
    export              minus exports x sell price
    fixed               standing charge
    carbon              import x intensity x price of carbon, where carbon has a price

The bill covers the axis: a month that the axis holds in part pays monthly and yearly prices in part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.cost.calendar import Calendar
from wattstack.cost.carbon import carbon_cost_per_mwh
from wattstack.cost.demand import (
    CONTRACT_PATH,
    Charge,
    History,
    look_back,
    meter_steps,
    metered_peaks,
    read_charges,
)
from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Tariff

PEAK_COLUMNS = ("charge", "month", "peak_mw", "start_utc", "start_local", "billed_mw", "set_by")


@dataclass(frozen=True, slots=True)
class GridFlows:
    """What went through the meter: mean power of each step [MW], >= 0, shape (steps,)."""

    import_mw: np.ndarray
    export_mw: np.ndarray


@dataclass(frozen=True, slots=True)
class GridPrices:
    """Prices of each step, numbers or arrays of shape (steps,).

    Attributes:
        energy_lines_per_mwh: Price of import by bill line ("energy", "wheeling"), carbon not included.
        sell_price_per_mwh: What an exported MWh earns.
        carbon_kg_per_mwh: Grid intensity.
        carbon_price_per_t: Price of carbon; 0 = no line.
    """

    energy_lines_per_mwh: Mapping[str, float | np.ndarray]
    sell_price_per_mwh: float | np.ndarray = 0.0
    carbon_kg_per_mwh: float | np.ndarray = 0.0
    carbon_price_per_t: float = 0.0


@dataclass(frozen=True)
class Bill:
    """A bill over one axis, in the currency of the campus.

    Attributes:
        lines: DataFrame, rows = lines, columns = months ("2022-04"). Unrounded; credits are negative.
        peaks: DataFrame, one row for each demand charge and month in which its window opens: charge,
            month, peak_mw (highest metered interval of the month), start_utc and start_local (start of that
            interval), billed_mw, set_by (month of the interval that sets billed_mw).
        notes: Sentences that a report must show.
    """

    lines: pd.DataFrame
    peaks: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    @property
    def total(self) -> float:
        """Sum of all lines and months."""
        return float(self.lines.to_numpy().sum())

    @property
    def by_line(self) -> pd.Series:
        """Sum of each line over the months."""
        return self.lines.sum(axis=1)

    @property
    def by_month(self) -> pd.Series:
        """Sum of each month over the lines."""
        return self.lines.sum(axis=0)

    def table(self) -> pd.DataFrame:
        """The lines with a column and a row "total"."""
        out = self.lines.copy()
        out["total"] = self.by_line
        out.loc["total"] = out.sum(axis=0)
        return out

    def with_lines(self, by_month: Mapping[str, np.ndarray]) -> Bill:
        """The same bill with further running costs under it (fuel, wear), each an array of shape (months,).

        Raises:
            InputError: a line of this name stands already.
        """
        double = [name for name in by_month if name in self.lines.index]
        if double:
            raise InputError("bill", [Fault(n, "stands already, must be a new name.") for n in double])
        lines = self.lines.copy()
        for name, values in by_month.items():
            lines.loc[name] = np.asarray(values, dtype=float)
        return replace(self, lines=lines)


def make_bill(
    tariff: Tariff,
    calendar: Calendar,
    flows: GridFlows,
    prices: GridPrices,
    sizes: Mapping[str, float] | None = None,
    history: History | None = None,
) -> Bill:
    """Bill what went through the meter, by every clause of the tariff.

    Args:
        tariff: campus.Tariff.
        calendar: Local calendar of the axis.
        flows: Import and export of each step.
        prices: Prices of each step, rates already read on the calendar.
        sizes: Sizes by path, for contracted powers that were planned
            ("grid.tariff.contract.main.power_mw"); a declared number needs none.
        history: Metered peaks before the axis, for ratchets: {"monthly": {"2022-03": 98.0}}.

    Returns:
        Lines by month, and the interval that set each peak.

    Raises:
        InputError: an array does not fit the axis, a planned contracted power has no size, or the meter's
            interval does not fit the axis.

    Source:
        Definitions of docs/bill.md; ratchet and demand windows as in REopt.jl (Bhattarai et al.) and SAM's
        utility rate calculator, fixed there for what they leave open (part months, wrap, history).
    """
    import pandas as pd

    sizes, history = sizes or {}, history or {}
    _check(calendar, flows)
    _check_names(tariff, prices, sizes, history)
    steps, notes = meter_steps(tariff, calendar)
    lines = _energy_lines(tariff, calendar, flows, prices)
    peaks: list[dict] = []
    for name, charge in read_charges(tariff.demand, calendar, steps).items():
        rows = _demand_rows(charge, calendar, flows.import_mw, history.get(name, {}))
        metered, surplus = _book(charge, calendar, rows)
        lines[f"demand.{name}"] = metered
        if charge.clause.ratchet is not None:
            lines[f"ratchet.{name}"] = surplus
        peaks += rows
    for name, charge in read_charges(tariff.contract, calendar, steps).items():
        power_mw = contracted_mw(tariff, name, sizes)
        lines[f"contract.{name}"] = power_mw * charge.price_by_month(calendar)
    if tariff.fixed_per_month:
        lines["fixed"] = tariff.fixed_per_month * calendar.month_frac
    if prices.carbon_price_per_t:
        per_mwh = carbon_cost_per_mwh(prices.carbon_kg_per_mwh, prices.carbon_price_per_t)
        lines["carbon"] = _by_month(calendar, flows.import_mw * per_mwh)
    table = pd.DataFrame.from_dict(lines, orient="index", columns=list(calendar.month_names), dtype=float)
    table.index.name = "line"
    return Bill(table, pd.DataFrame(peaks, columns=list(PEAK_COLUMNS)), notes)


def contracted_mw(tariff: Tariff, name: str, sizes: Mapping[str, float]) -> float:
    """Contracted power of a clause: its planned size, or the number that is declared."""
    declared = tariff.contract[name].power_mw
    planned = sizes.get(CONTRACT_PATH.format(name))
    return float(declared if planned is None else planned)  # type: ignore[arg-type]


def _check(calendar: Calendar, flows: GridFlows) -> None:
    for name in ("import_mw", "export_mw"):
        shape = np.shape(getattr(flows, name))
        if shape != (calendar.axis.count,):
            what = f"has shape {shape}, must have one value a step, ({calendar.axis.count},)."
            raise InputError("bill", [Fault(name, what)])


def _check_names(tariff: Tariff, prices: GridPrices, sizes: Mapping[str, float], history: History) -> None:
    faults = []
    for name in prices.energy_lines_per_mwh:
        if name in ("export", "fixed", "carbon"):
            where = f"grid.tariff.energy.adders_per_mwh.{name}"
            faults.append(Fault(where, "has the name of another line of the bill. Rename it."))
    for name, clause in tariff.contract.items():
        path = CONTRACT_PATH.format(name)
        if path not in sizes and not isinstance(clause.power_mw, int | float):
            faults.append(Fault(path, "is planned, must have a size to be billed. Give it in sizes."))
    for name in history:
        if name not in tariff.demand:
            known = ", ".join(tariff.demand) or "there is none"
            faults.append(Fault(f"history.{name}", f"must name a demand charge of the tariff ({known})."))
    if faults:
        raise InputError("bill", faults)


def _by_month(calendar: Calendar, money_per_h: np.ndarray) -> np.ndarray:
    return calendar.sum_by_month(money_per_h) * calendar.axis.step_h


def _energy_lines(tariff: Tariff, calendar: Calendar, flows: GridFlows, prices: GridPrices) -> dict:
    lines = {
        name: _by_month(calendar, flows.import_mw * price)
        for name, price in prices.energy_lines_per_mwh.items()
    }
    if tariff.export is not None:
        lines["export"] = _by_month(calendar, -flows.export_mw * prices.sell_price_per_mwh)
    return lines


def _demand_rows(
    charge: Charge, calendar: Calendar, import_mw: np.ndarray, history: Mapping[str, float]
) -> list[dict]:
    """One row a month in which the window opens: its peak, what is billed, and which month set that."""
    peaks = metered_peaks(charge, calendar, import_mw)
    names = calendar.month_names
    rows = []
    for period in charge.periods:
        inside = [m for m in period.months if m in peaks]
        billed = {m: (peaks[m][0], names[m]) for m in inside}
        if charge.clause.price_per_mw_year is not None and inside:
            best = max(inside, key=lambda m: peaks[m][0])
            billed = dict.fromkeys(inside, (peaks[best][0], names[best]))
        for m in inside:
            if charge.clause.ratchet is not None:
                share = charge.clause.ratchet.share_frac
                months, past = look_back(charge, calendar, m, history)
                earlier = [(share * peak_mw, label) for label, peak_mw in past.items()]
                earlier += [(share * peaks[k][0], names[k]) for k in months]
                billed[m] = max([billed[m], *earlier], key=lambda candidate: candidate[0])
            rows.append(_peak_row(charge.name, calendar, m, peaks[m], billed[m]))
    return rows


def _peak_row(name: str, calendar: Calendar, month: int, peak: tuple[float, int], billed) -> dict:
    peak_mw, step = peak
    return {
        "charge": name,
        "month": calendar.month_names[month],
        "peak_mw": peak_mw,
        "start_utc": calendar.axis.start + np.timedelta64(step * calendar.axis.step_s, "s"),
        "start_local": calendar.local_text(step),
        "billed_mw": billed[0],
        "set_by": billed[1],
    }


def _book(charge: Charge, calendar: Calendar, rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Money of a charge by month: for metered peaks, and for what a ratchet bills above them."""
    metered, surplus = np.zeros(calendar.months), np.zeros(calendar.months)
    row_of = {row["month"]: row for row in rows}
    for period in charge.periods:
        names = [calendar.month_names[m] for m in period.months]
        row = next((row_of[name] for name in names if name in row_of), None)
        if row is None:
            continue  # a year in which the window never opens
        own_mw = row["billed_mw"] if charge.clause.ratchet is None else row["peak_mw"]
        metered += own_mw * period.price_by_month
        surplus += (row["billed_mw"] - own_mw) * period.price_by_month
    return metered, surplus
