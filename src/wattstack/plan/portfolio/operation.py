"""The running of every site in every period, one object for all periods whose operating data are equal.

Needs    plan.portfolio.weeks; portfolio.
Gives    make_operations, Operation, Visit.
Used by  plan.portfolio.block, solve.
"""

from __future__ import annotations

from wattstack.plan.portfolio.visit import Operation, Visit
from wattstack.plan.portfolio.weeks import WeekOperation, coordinates, lost_hour_per_mwh, week_problem
from wattstack.portfolio import Portfolio, Site

__all__ = ["Operation", "Visit", "make_operations"]


def make_operations(
    portfolio: Portfolio, known: dict[str, Operation] | None = None
) -> dict[tuple[str, int], Operation]:
    """Running by (site, period).

    Args:
        portfolio: Checked; every site has weeks of its own or of its country.
        known: Functions of earlier plans by key, taken where equal; new ones are added.
    """
    known = {} if known is None else known
    made: dict[tuple[str, int], Operation] = {}
    for site in portfolio.sites:
        for period, operation in enumerate(_by_weeks(portfolio, site)):
            made[site.name, period] = known.setdefault(operation.key, operation)
    return made


def _by_weeks(portfolio: Portfolio, site: Site) -> list[Operation]:
    """Running over representative weeks, period by period."""
    names, lost = coordinates(portfolio, site), lost_hour_per_mwh(portfolio, site)
    load = site.pue * portfolio.compute.load_factor
    of_season: dict[int, Operation] = {}
    for season in sorted(set(portfolio.calendar.season.tolist())):
        weeks = portfolio.weeks_of(site, season)
        problems = [(week_problem(portfolio, site, week, 1.0, lost), week.weight) for week in weeks]
        of_season[season] = WeekOperation(names, problems, load)
    return [of_season[season] for season in portfolio.calendar.season.tolist()]
