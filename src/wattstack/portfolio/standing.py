"""Can each site ever be energised, and are its weeks there?

Needs    portfolio.rows.Gathered, portfolio.calendar.
Gives    check_standing.
Used by  portfolio.check.
"""

from __future__ import annotations

import numpy as np

from wattstack.errors import Fault
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.parts import RESOURCES, Item, Site
from wattstack.portfolio.rows import Found, Gathered

HALL = ("shell", "electrical", "cooling")


def check_standing(all_parts: Gathered, calendar: Calendar) -> None:
    """Tell, site by site, what is missing to energise anything within the horizon, and weeks that are not there."""
    placed = set(all_parts.names("items", "site"))
    for found in all_parts.good("sites"):
        site = found.part
        if site.campus is not None and site.name not in placed:
            continue  # grows by the sizes of its campus file
        missing = _missing(all_parts, site, calendar)
        if missing:
            what = f"can never be energised: {'; '.join(missing)}. Add what is missing, or take the site out."
            all_parts.fault(Fault(found.row.where, f"{site.name} {what}"))
        if site.campus is None:
            _check_prices_and_weeks(all_parts, found, calendar)


def _missing(all_parts: Gathered, site: Site, calendar: Calendar) -> list[str]:
    missing = []
    stages = [f.part for f in all_parts.good("stages") if f.part.site == site.name]
    at_will = [
        f.part for f in all_parts.good("generation") if f.part.site == site.name and f.part.profile is None
    ]
    asked = RESOURCES if stages or not at_will else HALL  # an island has no transformer
    gates = {f.part.gate: f.part for f in all_parts.good("gates") if f.part.site == site.name}
    shut = [n for n, g in gates.items() if _index(calendar, g.earliest_start) + g.lead_q >= calendar.count]
    for resource in asked if all_parts.whole("items") else ():
        rows = [
            f.part
            for f in all_parts.good("items")
            if f.part.site == site.name and f.part.resource == resource
        ]
        waits = [n for n in shut if n != "fibre"] if resource == "shell" else []
        if resource not in _named(all_parts, site):
            missing.append(f"no {resource}")
        elif rows and not any(_comes(all_parts, item, calendar, not waits) for item in rows):
            missing.append(f"no {resource}, as {_why(all_parts, rows, calendar, waits)}")
    powered = all_parts.whole("stages", "generation")
    if not stages and not at_will and powered and not _failed(all_parts, "stages", site):
        missing.append("no stage of a grid connection")
    elif (
        powered
        and stages
        and not at_will
        and all(
            max(_index(calendar, s.earliest_energised), s.commit_lead_q) >= calendar.count
            or s.power_mw == 0.0
            for s in stages
        )
    ):
        missing.append("no stage of a grid connection within the horizon")
    if "fibre" in shut:
        missing.append("no fibre, as its gate opens after the horizon")
    if not all_parts.parts.get("servers") and all_parts.whole("servers") and site.servers_start_mw == 0.0:
        missing.append("no servers")
    if site.crew_mw == 0.0 and site.it_start_mw == 0.0:
        missing.append("no crew")
    compute = all_parts.compute
    held = site.reserve_mwh_per_mw > 0.0 or (compute is not None and compute.reserve_power_frac > 0.0)
    if held and all_parts.whole("storage") and site.name not in all_parts.names("storage", "site"):
        missing.append("no storage for its reserve")
    return missing


def _why(all_parts: Gathered, items: list[Item], calendar: Calendar, waits: list[str]) -> str:
    """Why none of these items can come: a gate, no order allowed, no time, or no supply while there is time."""
    if waits:
        return f"its {' and '.join(waits)} opens after the horizon"
    if not any(item.may_order for item in items):
        return "none stands and none may be ordered"
    if all(item.lead_q >= calendar.count for item in items if item.may_order):
        return "it comes after the horizon"
    return "its supply is 0 in every period whose orders would arrive within the horizon"


def _named(all_parts: Gathered, site: Site) -> set[str]:
    """Resources that a site has items of, wrong rows included."""
    pairs = all_parts.names("items", "item", "site")
    return {str(item).split("_", 1)[0] for item, where in pairs if where == site.name}


def _failed(all_parts: Gathered, table: str, site: Site) -> bool:
    """Whether a site has rows in a table that could not be read: they are told already."""
    return site.name in all_parts.names(table, "site")


def _index(calendar: Calendar, label: str) -> int:
    """Period of a date; a date that does not parse is told elsewhere, and stands at the first period."""
    number = calendar.number(label)
    return 0 if number is None else number - calendar.number(calendar.first)


def _comes(all_parts: Gathered, item: Item, calendar: Calendar, may_order: bool) -> bool:
    """Whether any of an item stands, is on its way, or can be ordered in time."""
    if item.start_units > 0.0 or item.pipeline_units > 0.0:
        return True
    limits = [f.part for f in all_parts.good("supply") if f.part.resource == item.item]
    orders = calendar.count - item.lead_q
    if not may_order or not item.may_order or orders <= 0:
        return False
    parsed = all(calendar.number(label) is not None for limit in limits for label in limit.amounts)
    return not parsed or all(not limit.amounts or limit.at(calendar)[:orders].any() for limit in limits)


def _check_prices_and_weeks(all_parts: Gathered, found: Found, calendar: Calendar) -> None:
    site = found.part
    if not all_parts.whole("profiles", "sites"):
        return
    for name in ("country", "price_per_mwh"):
        if name not in found.names.origin and not (name == "country" and _has_weeks(all_parts, site.name)):
            what = "is missing, must be given for a site without a campus file. Give it, or name a campus."
            all_parts.fault(found.fault(name, what))
            if name == "country":
                return
    if not all_parts.profiles:
        what = (
            f"has no hours to run in: no profiles are given for {site.country or site.name}. Add that table."
        )
        all_parts.fault(Fault(found.row.where, f"{site.name} {what}"))
        return
    places = [name for name in (site.name, site.country) if name]
    seasons = np.unique(calendar.season).tolist()
    missing = [s for s in seasons if not any((place, s) in all_parts.weeks for place in places)]
    if missing:
        at = f"season {', '.join(f'Q{s}' for s in missing)}" if missing != [0] else "week"
        what = f"has no {at} of {site.country or site.name}, which site {site.name} needs. Add the hours."
        all_parts.fault(Fault(all_parts.profiles, what))


def _has_weeks(all_parts: Gathered, place: str) -> bool:
    return any(key[0] == place for key in all_parts.weeks)
