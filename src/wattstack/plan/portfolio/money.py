"""The money of a plan: cash by period and line, by fiscal year, and the figures drawn from it.

Needs    plan.portfolio.result, table; cost (flow_worth).
Gives    finance_table, fiscal_years_table, finance_summary.
Used by  plan.portfolio.tables, store, report.

Payments fall at the beginning of a period; the last row, "end", is the end of the horizon: what is left of the
life of what stands, times the haircut. Before tax and debt.
"""

from __future__ import annotations

import numpy as np

from wattstack.cost import flow_worth
from wattstack.plan.portfolio.result import CAPITAL_LINES, PortfolioPlan
from wattstack.plan.portfolio.table import Table

END = "end"
EARNED = ("server revenue", "battery revenue")
RUN = ("running", "fixed", "upkeep", "cells", "integration", "warranty", "annuity")
GIVEN_BACK = ("sold", "residual")
LINES = (*EARNED, *RUN, *CAPITAL_LINES, *GIVEN_BACK)
YEAR_COLUMNS = (
    "fiscal_year", "years", "server_revenue_m", "battery_revenue_m", "revenue_m", "running_m", "capital_m",
    "given_back_m", "net_m", "cumulative_m",
)  # fmt: skip


def cash_lines(plan: PortfolioPlan) -> dict[str, np.ndarray]:
    """Cash by line over all things and sites [M], in the order of LINES; shape (periods + 1,) each."""
    sums: dict[str, np.ndarray] = {}
    for (line, _, _), values in plan.cash.items():
        sums[line] = sums[line] + values if line in sums else values
    named = [line for line in LINES if line in sums]
    return {line: sums[line] for line in (*named, *sorted(set(sums) - set(named)))}


def net_cash(plan: PortfolioPlan) -> np.ndarray:
    """All lines together [M]; shape (periods + 1,)."""
    return sum(cash_lines(plan).values(), np.zeros(plan.portfolio.calendar.count + 1))


def finance_table(plan: PortfolioPlan) -> Table:
    """A row a period and a row "end".

    Columns:
        period, fiscal_year. A column a cash line, costs negative [M]. capital_m: deposits, deliveries and
        capital of sizes together, negative. net_m, cumulative_m: all lines; their running sum.
        discount_factor; discounted_m = net_m x discount_factor, which adds up to the NPV.
    """
    calendar = plan.portfolio.calendar
    lines, net = cash_lines(plan), net_cash(plan)
    discount = calendar.discount(plan.portfolio.money.discount_rate_frac)
    arrays = {f"{line.replace(' ', '_')}_m": values for line, values in lines.items() if line != "capital"}
    arrays |= {
        "capital_m": sum((lines[line] for line in CAPITAL_LINES if line in lines), np.zeros(len(net))),
        "net_m": net,
        "cumulative_m": np.cumsum(net),
        "discount_factor": discount,
        "discounted_m": net * discount,
    }
    years = calendar.fiscal_year
    records = []
    for q in range(calendar.count + 1):
        last = q == calendar.count
        record = {
            "period": END if last else calendar.label(q),
            "fiscal_year": None if last else int(years[q]),
        }
        records.append(record | {name: float(values[q]) for name, values in arrays.items()})
    return Table.of(records, ("period", "fiscal_year", *arrays))


def fiscal_years_table(plan: PortfolioPlan) -> Table:
    """A row a fiscal year and a row "end".

    Columns:
        years: Part of the year inside the horizon. revenue_m = server_revenue_m + battery_revenue_m (outside
        sales, own use is not in it). running_m: running, fixed, upkeep, cells, annuities, ... capital_m.
        given_back_m: sold and residual. net_m, cumulative_m.
    """
    calendar, lines = plan.portfolio.calendar, cash_lines(plan)
    zero = np.zeros(calendar.count + 1)
    years = np.append(calendar.fiscal_year, calendar.fiscal_year[-1] + 1)
    years[-1] = np.iinfo(years.dtype).max  # the end stands for itself

    def group(names: tuple[str, ...]) -> np.ndarray:
        return sum((lines[name] for name in names if name in lines), zero)

    other = tuple(set(lines) - set(LINES))
    arrays = {
        "server_revenue_m": group(EARNED[:1]), "battery_revenue_m": group(EARNED[1:]), "revenue_m": group(EARNED),
        "running_m": group((*RUN, *sorted(other))), "capital_m": group(CAPITAL_LINES),
        "given_back_m": group(GIVEN_BACK), "net_m": net_cash(plan),
    }  # fmt: skip
    records, total = [], 0.0
    for year in np.unique(years):
        at = years == year
        last = bool(at[-1])
        record = {"fiscal_year": END if last else int(year)}
        record["years"] = 0.0 if last else float(at.sum()) * calendar.period_years
        record |= {name: float(values[at].sum()) for name, values in arrays.items()}
        total += record["net_m"]
        records.append(record | {"cumulative_m": total})
    return Table.of(records, YEAR_COLUMNS)


def finance_summary(plan: PortfolioPlan) -> dict[str, float | str | None]:
    """The figures of the cash flow.

    Returns:
        npv_m: Sum of cash x discount factor, which is the plan's npv_m. irr: A year, "several", or None.
        cash_trough_m: Lowest cumulative cash, cash_trough_period: when. payback_period: First period from which
        on cumulative cash stays at 0 or above ("end": by residual values alone; None: never, or never below).
        credit_drawn_m: Deepest debt, 0 where cash never falls below 0; credit_limit_m: as declared.
        capital_m: All capital paid. discount_rate_frac.
    """
    calendar, money = plan.portfolio.calendar, plan.portfolio.money
    found = flow_worth(net_cash(plan).tolist(), money.discount_rate_frac, calendar.period_years)
    lines = cash_lines(plan)
    capital = sum(float(lines[line].sum()) for line in CAPITAL_LINES if line in lines)

    def period(index: int | None) -> str | None:
        return None if index is None else END if index == calendar.count else calendar.label(index)

    return {
        "npv_m": found.npv,
        "irr": found.irr,
        "cash_trough_m": found.trough_total,
        "cash_trough_period": period(found.trough_index),
        "payback_period": period(found.payback_index),
        "credit_drawn_m": max(-found.trough_total, 0.0),
        "credit_limit_m": money.credit_limit_m,
        "capital_m": -capital,
        "discount_rate_frac": money.discount_rate_frac,
    }
