"""Limits on money: capital paid in a fiscal year, and the deepest cumulative cash.

Needs    plan.portfolio.draft, result; portfolio.
Gives    add_money_limits, learnt_cash.
Used by  plan.portfolio.block, solve.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.result import CAPITAL_LINES
from wattstack.portfolio import Portfolio


def add_money_limits(draft: Draft, portfolio: Portfolio) -> None:
    """budget[FY]: capital paid in FY <= envelope. credit[q]: cumulative cash >= - credit line."""
    columns, periods, amounts, which = draft.payments.flat()
    years = portfolio.calendar.fiscal_year
    if portfolio.money.capital_budget_m:
        capital = np.array([line[0] in CAPITAL_LINES for line in draft.payments.lines])[which] & (
            periods < draft.count
        )
        rows = np.full(draft.count, -1)
        for year, envelope in portfolio.money.capital_budget_m.items():
            at = np.flatnonzero(years == year)
            if len(at):
                part = capital & (years[np.minimum(periods, draft.count - 1)] == year)
                rows[at[0]] = _summed(
                    draft, ("budget", str(year)), columns[part], -amounts[part], upper=envelope
                )
        draft.rows.setdefault("budget", {})[("capital",)] = rows
        draft.limits.setdefault("budget", {})[("capital",)] = np.array(
            [portfolio.money.capital_budget_m.get(int(y), np.inf) for y in years]
        )
    if portfolio.money.credit_limit_m is not None:
        _credit_rows(draft, portfolio.money.credit_limit_m, (columns, periods, amounts))


def _credit_rows(draft: Draft, credit_m: float, payments: tuple[np.ndarray, ...]) -> None:
    """A running sum of cash, cash[q] = cash[q - 1] + payments of q, which stays above minus the credit line."""
    columns, periods, amounts = payments
    cash = draft.column("cash_m", ("group",), lower=-np.inf)
    draft.row("credit", ("group",), [(cash, -1.0)], upper=credit_m)
    rows = np.full(draft.count, -1)
    for q in range(draft.count):
        part = periods == q
        before = [cash[q - 1]] if q else []
        every = np.concatenate([columns[part], [cash[q]], before]).astype(int)
        values = np.concatenate([amounts[part], [-1.0], np.ones(len(before))])
        rows[q] = _summed(draft, ("cash", str(q)), every, values, lower=0.0, upper=0.0)
    draft.rows.setdefault("cash", {})[("group",)] = rows


def learnt_cash(draft: Draft) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries of the rows of cash that hang on the learning path, as the payments are now.

    Returns:
        Rows, columns, values [M]; empty without a credit line.
    """
    rows = draft.rows.get("cash", {}).get(("group",))
    if rows is None or not draft.learnt:
        return np.array([], int), np.array([], int), np.array([])
    columns, periods, amounts, _ = draft.payments.flat()
    width = int(columns.max()) + 1
    moved = [
        draft.payments.parts[part][1] * width + draft.payments.parts[part][0] for part, _ in draft.learnt
    ]
    places = np.unique(np.concatenate(moved))
    places = places[places < draft.count * width]
    every = periods * width + columns
    mine = np.isin(every, places)
    values = np.bincount(np.searchsorted(places, every[mine]), amounts[mine], minlength=len(places))
    return rows[places // width], places % width, values


def _summed(
    draft: Draft, key: tuple[str, ...], columns: np.ndarray, values: np.ndarray, **bounds: float
) -> int:
    return draft.one_row("money", key, columns, values, **bounds)
