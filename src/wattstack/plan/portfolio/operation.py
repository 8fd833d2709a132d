"""The running of every site in every period, one object for all periods whose operating data are equal.

Needs    plan.portfolio.weeks, year; portfolio.
Gives    make_operations, is_growing, load_level, Operation, Visit, LOAD_LEVEL.
Used by  plan.portfolio.block, solve.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.campus_weeks import with_campus_weeks
from wattstack.plan.portfolio.visit import Operation, Visit
from wattstack.plan.portfolio.weeks import (
    WeekOperation,
    coordinates,
    lost_hour_per_mwh,
    mean_load,
    week_problem,
)
from wattstack.plan.portfolio.year import LOAD_LEVEL, year_operations
from wattstack.portfolio import Portfolio, Site

__all__ = ["LOAD_LEVEL", "Operation", "Visit", "is_growing", "load_level", "make_operations"]


def make_operations(
    portfolio: Portfolio, known: dict[str, Operation] | None = None
) -> dict[tuple[str, int], Operation]:
    """Running by (site, period).

    Args:
        portfolio: Checked; every site has a campus file and no items, or weeks of its own or of its country.
        known: Functions of earlier plans by key, taken where equal; new ones are added.
    """
    known = {} if known is None else known
    portfolio = with_campus_weeks(portfolio)
    made: dict[tuple[str, int], Operation] = {}
    for site in portfolio.sites:
        by_period = year_operations if is_growing(portfolio, site) else _by_weeks
        for period, operation in enumerate(by_period(portfolio, site)):
            made[site.name, period] = known.setdefault(operation.key, operation)
    return made


def is_growing(portfolio: Portfolio, site: Site) -> bool:
    """Whether a site grows by its campus file's sizes instead of by items."""
    return site.campus is not None and not any(item.site == site.name for item in portfolio.items)


def _by_weeks(portfolio: Portfolio, site: Site) -> list[Operation]:
    """Running over representative weeks, period by period."""
    names, lost = coordinates(portfolio, site), lost_hour_per_mwh(portfolio, site)
    load = mean_load(portfolio, site)
    calendar = portfolio.calendar
    price = (1.0 + site.price_growth_frac) ** (np.arange(calendar.count) * calendar.period_years)
    asked = list(zip(calendar.season.tolist(), price.tolist(), strict=True))
    known: dict[tuple[int, float], Operation] = {}
    for season, dear in asked:
        if (season, dear) not in known:
            weeks = portfolio.weeks_of(site, season)
            problems = [(week_problem(portfolio, site, week, dear, lost), week.weight) for week in weeks]
            known[season, dear] = WeekOperation(names, problems, load)
    return [known[each] for each in asked]


def load_level(portfolio: Portfolio, site: Site) -> np.ndarray:
    """Load of a growing site over that of its first period, the coordinate LOAD_LEVEL; shape (periods,)."""
    calendar = portfolio.calendar
    return (1.0 + site.load_growth_frac) ** (np.arange(calendar.count) * calendar.period_years)
