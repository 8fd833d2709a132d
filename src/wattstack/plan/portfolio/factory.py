"""The battery factory: lines that ramp, cells made, stock, own use, and what every market takes at which price.

Needs    plan.portfolio.draft, orders, stores; portfolio.
Gives    add_factory, committed_gwh, conversion_path, line_price_m.
Used by  plan.portfolio.block, solve, terms.

Learning makes the last cell cheaper than the first, which is concave. The cost path is therefore given: that of
the last plan's cumulative output, repeated until it stops moving. The certificate holds for the given path.
"""

from __future__ import annotations

import numpy as np

from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio.draft import ABSENT, Draft, shifted
from wattstack.plan.portfolio.orders import Term, pay_for
from wattstack.plan.portfolio.stores import cell_cost_per_kwh
from wattstack.portfolio import Factory, Portfolio


def line_price_m(factory: Factory) -> float:
    """Price of a line after the subsidy [M]."""
    subsidised = factory.line_gwh_per_year >= factory.subsidy_min_gwh
    return factory.line_capital_m * (1.0 - (factory.subsidy_frac if subsidised else 0.0))


def committed_gwh(portfolio: Portfolio) -> np.ndarray:
    """What the committed lines can make in each period; shape (periods,)."""
    factory, calendar = portfolio.factory, portfolio.calendar
    if factory.committed_start is None:
        return np.zeros(calendar.count)
    period_gwh = factory.committed_lines * factory.line_gwh_per_year * calendar.period_years
    return period_gwh * factory.ramp_at(portfolio.committed_since())


def conversion_path(factory: Factory, made_gwh: np.ndarray) -> np.ndarray:
    """Cost of conversion in the middle of each period's output [currency/kWh]."""
    before = factory.cumulative_start_gwh + np.cumsum(made_gwh) - 0.5 * made_gwh
    return factory.conversion_per_kwh(before)


def add_factory(
    draft: Draft, portfolio: Portfolio, conversion_per_kwh: np.ndarray, forced_target: bool
) -> None:
    """Lines, made, stock, own use and sales."""
    factory = portfolio.factory
    made = draft.column("made_gwh", (factory.name,))
    draft.columns.setdefault("line_order", {})
    _add_lines(draft, portfolio, made)
    part = draft.pay(("cells", factory.name, ""), made, -cell_cost_per_kwh(factory, conversion_per_kwh))
    draft.learns(part, made, np.full(draft.count, -1.0))
    stock = draft.column("stock_gwh", (factory.name,), upper=factory.stock_limit_gwh)
    own = draft.column("own_gwh", (factory.name,))
    used = [
        (columns, -1e-3)
        for (_, _, maker), columns in draft.columns.get("storage_order", {}).items()
        if maker == factory.name
    ]
    draft.row("own", (factory.name,), [(own, 1.0), *used], lower=0.0, upper=0.0)
    sold = _add_markets(draft, portfolio)
    terms = [
        (stock, 1.0),
        (shifted(stock, 1), -1.0),
        (made, -1.0),
        (own, 1.0),
        *((c, 1.0) for c in sold.values()),
    ]
    draft.row("cells", (factory.name,), terms, lower=0.0, upper=0.0)
    if forced_target and portfolio.money.battery_target_m is not None:
        _force_target(draft, portfolio, sold)


def _add_lines(draft: Draft, portfolio: Portfolio, made: np.ndarray) -> None:
    factory, calendar, count = portfolio.factory, portfolio.calendar, draft.count
    q = np.arange(count)
    lead = factory.line_lead_q
    room = max(factory.lines_max - factory.committed_lines, 0)
    ordered = draft.column("line_order", (factory.name,), q + lead < count, upper=float(room))
    draft.whole(ordered)
    draft.one_row("lines", (factory.name,), ordered, 1.0, upper=float(room))
    pay_for(
        draft,
        portfolio.money,
        ("line", factory.name),
        ordered,
        np.full(count, line_price_m(factory)),
        Term(lead, factory.line_life_q),
    )
    period_gwh = factory.line_gwh_per_year * calendar.period_years
    most = committed_gwh(portfolio)
    rows = np.full(count, -1)
    for p in q:
        columns = np.append(ordered[: p + 1], made[p])
        values = np.append(-period_gwh * factory.ramp_at(p - q[: p + 1] - lead), 1.0)
        rows[p] = draft.one_row("factory", (factory.name, str(p)), columns, values, upper=float(most[p]))
    draft.rows.setdefault("factory", {})[(factory.name,)] = rows
    fixed = factory.fixed_m_per_line_year * calendar.period_years
    for p in np.flatnonzero(ordered >= 0):
        runs = np.arange(p + lead, count)
        draft.payments.book(("fixed", "lines", factory.name), np.full(len(runs), ordered[p]), runs, -fixed)
    if factory.committed_start is not None and factory.committed_lines:
        stands = q >= calendar.index(factory.committed_start)
        one = draft.column("given", ("committed lines",), upper=1.0, lower=1.0)
        draft.pay(("fixed", "lines", factory.name), one, -fixed * factory.committed_lines * stands)


def _add_markets(draft: Draft, portfolio: Portfolio) -> dict[tuple[str, str], np.ndarray]:
    """Price ladders: GWh a fiscal year at each step's price."""
    factory, years = portfolio.factory, portfolio.calendar.fiscal_year
    sold = {}
    for segment in portfolio.segments:
        key = (segment.segment, segment.tranche)
        access = np.array([segment.access_gwh.get(int(y), 0.0) for y in years])
        columns = draft.column("sold_gwh", key, access > 0.0)
        sold[key] = columns
        price = segment.price_at(years)
        draft.pay(("battery revenue", segment.segment, segment.tranche), columns, price)
        draft.pay(("integration", segment.segment, segment.tranche), columns, -segment.integration_per_kwh)
        draft.pay(("warranty", segment.segment, segment.tranche), columns, -factory.warranty_frac * price)
        rows = np.full(draft.count, -1)
        for year in np.unique(years[access > 0.0]):
            at = np.flatnonzero(years == year)
            share = min(len(at) * portfolio.calendar.period_years, 1.0)
            limit = float(segment.access_gwh[int(year)]) * share
            rows[at[0]] = draft.one_row("market", (*key, str(year)), columns[at], 1.0, upper=limit)
        draft.rows.setdefault("market", {})[key] = rows
    return sold


def _force_target(draft: Draft, portfolio: Portfolio, sold: dict[tuple[str, str], np.ndarray]) -> None:
    """Domestic sales of the target year reach the target.

    Raises:
        InfeasibleError: Nothing can be sold at home in that year.
    """
    money, years = portfolio.money, portfolio.calendar.fiscal_year
    at = np.flatnonzero(years == money.battery_target_year)
    columns, values = [], []
    for segment in portfolio.segments:
        if segment.domestic:
            columns.append(sold[(segment.segment, segment.tranche)][at])
            values.append(segment.price_at(years)[at])
    every, worth = np.concatenate([[], *columns]).astype(int), np.concatenate([[], *values])
    row = draft.one_row("target", ("battery",), every, worth, lower=money.battery_target_m)
    if row == ABSENT and money.battery_target_m > 0.0:
        year = money.battery_target_year
        raise InfeasibleError(
            f"the battery target asks for {money.battery_target_m:.6g} M of domestic sales in FY{year}, and "
            "nothing can be sold at home in that year. Move the target's year, or give its markets access.",
            {"target_m": money.battery_target_m, "year": year, "most_m": 0.0},
        )
    draft.rows.setdefault("target", {})[("battery",)] = np.array([row])
