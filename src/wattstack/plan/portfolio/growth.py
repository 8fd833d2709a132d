"""A campus site: its planned sizes, built period by period.

Needs    plan.portfolio.draft, operation; campus, cost (assets_of).
Gives    add_growth.
Used by  plan.portfolio.block.

With `capital_as: annuity` a size costs its yearly annuity and upkeep while it stands, as in the plan of one
site; with payments it is paid when built, and what is left of its life is paid back at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.operation import LOAD_LEVEL, load_level
from wattstack.portfolio import Portfolio, Site


def add_growth(draft: Draft, portfolio: Portfolio, site: Site, operations: Sequence) -> None:
    """Columns `build` and `size` by path, the rules between sizes, what they cost, and the load's level where it grows.

    Args:
        draft: Where they go.
        portfolio: Calendar and money.
        site: A site with a campus file and no items.
        operations: Its running by period, with `columns` (SizeColumn) and `rows` (SizeRow) of its campus: a
            duty that grows with the load lifts the lower bounds from period to period.
    """
    sizes, operation = {}, operations[0]
    least = np.array([[column.lower for column in each.columns] for each in operations])
    if LOAD_LEVEL in operation.names:
        level = load_level(portfolio, site)
        draft.column(LOAD_LEVEL, (site.name,), lower=level, upper=level)
    for j, column in enumerate(operation.columns):
        key = (column.name, site.name)
        if column.lower == column.upper:
            sizes[column.name] = draft.column("size", key, lower=column.lower, upper=column.upper)
        else:
            built = draft.column("build", key, upper=column.upper)
            given = np.zeros(draft.count)
            sizes[column.name] = draft.running_sum("size", key, given, [(built, 1.0)])
            draft.row("site_limit", key, [(sizes[column.name], 1.0)], lower=least[:, j], upper=column.upper)
        _pay(draft, portfolio, key, operation)
    for rule in operation.rows:
        terms = [(sizes[name], coef) for name, coef in rule.coefs.items()]
        draft.row("rule", (rule.name, site.name), terms, lower=rule.lower, upper=rule.upper)


def _pay(draft: Draft, portfolio: Portfolio, key: tuple[str, str], operation) -> None:
    """Yearly cost of what stands; capital when it is built where that is not an annuity."""
    path, _ = key
    money, years = portfolio.money, portfolio.calendar.period_years
    cost = {column.name: column.cost for column in operation.columns}[path]
    size, built = draft.columns["size"][key], draft.columns.get("build", {}).get(key)
    asset = operation.assets.get(path)
    if money.capital_as == "annuity" or asset is None or built is None:
        draft.pay(("annuity", *key), size, -cost * years * 1e-6)
        return
    draft.pay(("fixed", *key), size, -asset.fixed_per_unit_year * years * 1e-6)
    capital = asset.capital_per_unit * 1e-6
    draft.pay(("capital", *key), built, -capital)
    stood = (draft.count - np.arange(draft.count)) * years
    left = np.maximum(1.0 - stood / asset.life_years, 0.0)
    end = np.full(draft.count, draft.count)
    draft.payments.book(("residual", *key), built, end, money.residual_factor * capital * left)
