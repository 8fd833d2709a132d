"""The portfolio on one page, as `wattstack check` prints it.

Needs    portfolio (Portfolio, reach).
Gives    portfolio_page.
Used by  cli.check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wattstack.cli.words import number, table

if TYPE_CHECKING:
    import numpy as np

    from wattstack.portfolio import Portfolio


def portfolio_page(portfolio: Portfolio) -> str:
    """What was read: sites, horizon, announced power, supply, and what could be energised at most.

    Args:
        portfolio: As read.

    Returns:
        Lines to print.
    """
    label = f" SYNTHETIC: {', '.join(portfolio.synthetic)}." if portfolio.synthetic else ""
    parts = [
        f"{portfolio.name}: no fault found.{label}",
        table(_head_rows(portfolio)),
        "sites\n" + table(_site_rows(portfolio)),
        "most that could be energised [MW of IT power], each limit by itself, and which one it is\n"
        + table(_reach_rows(portfolio)),
    ]
    if portfolio.supply:
        parts.append("supply that all sites share, a period\n" + table(_supply_rows(portfolio)))
    if portfolio.factory is not None:
        parts.append("factory and markets\n" + table(_factory_rows(portfolio)))
    if portfolio.scenarios:
        rows = [[s.scenario, f"{100 * s.probability_frac:g} %", s.note] for s in portfolio.scenarios]
        parts.append("futures\n" + table(rows))
    if portfolio.warnings:
        parts.append("warnings\n" + "\n".join(f"  {warning}" for warning in portfolio.warnings))
    return "\n\n".join(parts)


def _head_rows(portfolio: Portfolio) -> list[list[str]]:
    """Horizon, money, what there is of each kind, sources."""
    calendar, money = portfolio.calendar, portfolio.money
    period = "years" if calendar.is_yearly else "quarters"
    years = calendar.fiscal_year
    rates = ", ".join(f"1 {code} = {rate:g}" for code, rate in portfolio.exchange.items())
    rows = [
        [
            "time",
            f"{calendar.first} to {calendar.label(calendar.count - 1)}, {calendar.count} {period}, "
            f"fiscal years {years[0]} to {years[-1]} from month {calendar.fiscal_start_month}",
        ],
        [
            "money",
            f"{portfolio.currency}, {100 * money.discount_rate_frac:g} % a year, "
            f"{100 * money.deposit_frac:g} % at order" + (f"; {rates}" if rates else ""),
        ],
    ]
    counts = [
        (len(portfolio.items), "items"), (len(portfolio.stages), "grid stages"), (len(portfolio.gates), "gates"),
        (len(portfolio.servers), "server generations"), (len(portfolio.storage), "storage offers"),
        (len(portfolio.generation), "generators"), (len(portfolio.suppliers), "suppliers"),
    ]  # fmt: skip
    rows.append(["parts", ", ".join(f"{count} {what}" for count, what in counts if count)])
    weeks = {week.name: week for found in portfolio.weeks.values() for week in found}
    if weeks:
        shown = (f"{w.weight:g} x {name} ({len(w.price_factor)} steps)" for name, w in weeks.items())
        rows.append(["weeks", "a period is " + " and ".join(shown)])
    if portfolio.sources:
        rows.append(["sources", f"{len(portfolio.sources)} named"])
    return rows


def _site_rows(portfolio: Portfolio) -> list[list[str]]:
    """Of each site: what is announced, the grid it could have, what stands."""
    rows = [["site", "announced", "grid, all stages", "land", "PUE", "IT at the start"]]
    for site in portfolio.sites:
        targets = [t for t in portfolio.targets if t.site == site.name]
        last = max(targets, key=lambda t: portfolio.calendar.index(t.quarter), default=None)
        firm = sum(s.power_mw for s in portfolio.stages if s.site == site.name and s.kind == "firm")
        loose = sum(s.power_mw for s in portfolio.stages if s.site == site.name and s.kind == "nonfirm")
        rows.append(
            [
                site.name,
                f"{number(last.facility_mw)} MW by {last.quarter}" if last else "-",
                f"{number(firm)} MW firm" + (f", {number(loose)} non-firm" if loose else ""),
                f"{number(site.land_ha)} ha" if site.land_ha else "-",
                f"{site.pue:g}" if not site.campus else f"of {site.campus}",
                f"{number(site.it_start_mw)} MW",
            ]
        )
    return rows


def _reach_rows(portfolio: Portfolio) -> list[list[str]]:
    """Most IT power at the end of each fiscal year, by site and for all."""
    from wattstack.portfolio import reach

    ends = portfolio.calendar.year_ends
    found = reach(portfolio)
    rows = [["", *(portfolio.calendar.label(q) for q in ends)]]
    rows += [[site, *(_least(limits, q) for q in ends)] for site, limits in found.sites.items()]
    if len(portfolio.sites) > 1:
        cells = (f"{number(found.together_mw[q])} {found.together_by[q]}" for q in ends)
        rows.append(["together", *cells])
    return rows


def _least(limits: Mapping[str, np.ndarray], period: int) -> str:
    """The least of the limits in a period, and its name."""
    name = min(limits, key=lambda key: limits[key][period])
    return f"{number(limits[name][period])} {name}"


def _supply_rows(portfolio: Portfolio) -> list[list[str]]:
    """Each shared limit in the first, the middle and the last period."""
    calendar = portfolio.calendar
    shown = sorted({0, calendar.count // 2, calendar.count - 1})
    rows = [["", *(calendar.label(q) for q in shown), ""]]
    for supply in portfolio.supply:
        amounts = supply.at(calendar)
        rows.append([supply.resource, *(number(amounts[q]) for q in shown), supply.unit])
    return rows


def _factory_rows(portfolio: Portfolio) -> list[list[str]]:
    """Lines, and what the markets could take and would pay in the year of the target."""
    factory, money, currency = portfolio.factory, portfolio.money, portfolio.currency
    stand = factory.committed_lines * factory.line_gwh_per_year
    rows = [
        [
            factory.name,
            f"{number(stand)} GWh a year committed"
            + (f" from {factory.committed_start}" if factory.committed_start else "")
            + f", at most {number(factory.lines_max * factory.line_gwh_per_year)}",
        ]
    ]
    year = money.battery_target_year
    home = [s for s in portfolio.segments if s.domestic]
    if home:
        most = sum(s.access_gwh.get(year, 0.0) for s in home)
        worth = sum(s.access_gwh.get(year, 0.0) * float(s.price_at(year)) for s in home)
        text = f"could take {number(most)} GWh for {number(worth)} M {currency} in fiscal {year}"
        if money.battery_target_m is not None:
            text += f"; aimed at are {number(money.battery_target_m)} M"
        rows.append(["domestic markets", text])
    return rows
