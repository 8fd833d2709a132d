"""Representative weeks: hourly shapes by country or site, season and week, each with the weeks it stands for.

Needs    portfolio.tables, portfolio.alias, portfolio.whole.Week.
Gives    read_weeks.
Used by  portfolio.file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wattstack.errors import Fault, nearest
from wattstack.portfolio.alias import nearest_name, renamed
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.tables import Row, Table
from wattstack.portfolio.whole import Week

NAMES = ("place", "season", "week", "hour", "price_factor", "solar_frac", "available_frac")
SHAPES = {"price_factor": (-np.inf, np.inf), "solar_frac": (0.0, 1.5), "available_frac": (0.0, 1.0)}
HOURS = {False: 8766.0 / 4.0, True: 8766.0}  # of a quarter and of a year
# weeks may miss the length of the period by this share: 13 weeks are 0.3 % short of a quarter
FIT_FRAC = 0.02
Key = tuple[str, int, str]


def read_weeks(
    table: Table, weights: Mapping[str, float], calendar: Calendar | None, faults: list[Fault]
) -> dict[tuple[str, int], tuple[Week, ...]]:
    """Weeks by (country or site, season); where a period is a year all seasons stand under 0.

    Args:
        table: One row an hour.
        weights: Week name -> how many such weeks a period has, or a season where a year has seasons.
        calendar: Of the portfolio, None where it could not be read.
        faults: What is wrong is added here: unknown, missing columns, no number, gaps, weights that do not fit.
    """
    columns = _columns(table, faults)
    if columns is None:
        return {}
    yearly = calendar is not None and calendar.is_yearly
    groups: dict[Key, list[tuple[float, Row, list[float]]]] = {}
    unknown: set[str] = set()
    for row in table.rows:
        read = _row(row, columns, weights, yearly, faults, unknown)
        if read is not None:
            groups.setdefault(read[0], []).append(read[1:])
    weeks: dict[tuple[str, int], list[Week | None]] = {}
    for (place, season, name), hours in sorted(groups.items(), key=lambda group: group[0][:2]):
        week = _week(table.file, (place, season, name), hours, float(weights[name]), faults)
        if week is not None and yearly and season:
            week = replace(week, name=f"Q{season} {name}")
        weeks.setdefault((place, 0 if yearly else season), []).append(week)
    for place, season in dict.fromkeys(key[:2] for key in groups):
        for name in (name for name in weights if (place, season, name) not in groups):
            what = f"has no week '{name}', which has a weight. Add its hours, or take the weight out."
            faults.append(Fault(f"{table.file}, {_where(place, season)}", what))
            weeks[place, 0 if yearly else season].append(None)
    for key, found in weeks.items():
        if None not in found and calendar is not None:
            _check_fit(table.file, key, found, yearly, faults)
    return {key: tuple(week for week in found if week is not None) for key, found in weeks.items()}


def _columns(table: Table, faults: list[Fault]) -> dict[str, str] | None:
    header = renamed(dict.fromkeys(table.columns, True), "profiles", NAMES)
    for name, column in header.origin.items():
        if name not in (*NAMES, "note", "source"):
            near = nearest_name(column, "profiles", NAMES)
            hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(NAMES)}."
            faults.append(Fault(f"{table.file}, {column}", f"is not a column here. {hint}"))
    missing = [name for name in ("place", "week", "hour", "price_factor") if name not in header.origin]
    for name in missing:
        shown = "country" if name == "place" else name
        faults.append(Fault(f"{table.file}, {shown}", "is missing, must be a column. Add it."))
    return None if missing else {n: c for n, c in header.origin.items() if n in NAMES}


def _row(
    row: Row,
    columns: dict[str, str],
    weights: Mapping[str, float],
    yearly: bool,
    faults: list[Fault],
    unknown: set[str],
) -> tuple[Key, float, Row, list[float]] | None:
    def tell(name: str, what: str) -> None:
        faults.append(Fault(row.at(columns.get(name, name)), what))

    def said(name: str) -> str:
        return "is empty" if values.get(name) is None else f"is {values[name]!r}"

    values = {name: row.values.get(column) for name, column in columns.items()}
    before = len(faults)
    season = _season(values.get("season"), yearly)
    if season is None:
        tell("season", f"{said('season')}, must be a quarter of the year. Write Q1, Q2, Q3 or Q4.")
    if values["place"] is None:
        tell("place", "is empty, must be a country or a site. Write one.")
    week = str(values["week"] or "")
    if week in unknown:
        return None  # told at its first row
    if week not in weights:
        unknown.add(week)
        near = nearest(week, weights)
        hint = f"Nearest: '{near}'." if near else "Name how many such weeks a period has."
        tell("week", f"is {week!r}, which has no weight. {hint}")
    numbers = {}
    for name in ("hour", *SHAPES):
        default = None if name in ("hour", "price_factor") else {"solar_frac": 0.0}.get(name, 1.0)
        number = _number(values.get(name), default)
        if number is None:
            tell(name, f"{said(name)}, must be a number. Write it without a unit.")
            continue
        low, high = SHAPES.get(name, (0.0, np.inf))
        if not low <= number <= high:
            tell(name, f"is {number:g}, must lie in {low:g} .. {high:g}. Mend the number.")
        numbers[name] = number
    if len(faults) > before:
        return None
    key = (str(values["place"]), int(season), week)
    return key, numbers["hour"], row, [numbers[name] for name in SHAPES]


def _season(text: Any, yearly: bool) -> int | None:
    if text is None:
        return 0 if yearly else None
    found = re.fullmatch(r"[Qq]?([1-4])", str(text))
    return int(found[1]) if found else None


def _number(text: Any, default: float | None) -> float | None:
    if text is None:
        return default
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _where(place: str, season: int) -> str:
    return f"{place} Q{season}" if season else place


def _week(
    file: str, key: Key, hours: list[tuple[float, Row, list[float]]], weight: float, faults: list[Fault]
) -> Week | None:
    place, season, name = key
    hours.sort(key=lambda entry: entry[0])
    at = np.array([entry[0] for entry in hours])
    step_h = at[1] - at[0] if len(at) > 1 else 1.0
    where = f"{file}, {_where(place, season)} {name}"
    twice = np.flatnonzero(np.diff(at) == 0.0)
    if twice.size:
        row = hours[twice[0] + 1][1]
        faults.append(
            Fault(row.where, f"gives hour {at[twice[0]]:g} of {where.partition(', ')[2]} again. Remove one.")
        )
        return None
    expected = np.arange(len(at)) * step_h
    off = np.flatnonzero(np.abs(at - expected) > 1e-6)
    if off.size:
        first = expected[off[0]]
        faults.append(Fault(where, f"has a gap: hour {first:g} is missing. Give every hour from 0 on."))
        return None
    shapes = np.array([entry[2] for entry in hours])
    return Week(name, weight, float(step_h), *(np.ascontiguousarray(shapes[:, i]) for i in range(3)))


def _check_fit(file: str, key: tuple[str, int], weeks: list[Week], yearly: bool, faults: list[Fault]) -> None:
    hours = sum(week.weight * week.step_h * len(week.price_factor) for week in weeks)
    if abs(hours / HOURS[yearly] - 1.0) > FIT_FRAC:
        period = "year" if yearly else "quarter"
        what = (
            f"stands for {hours:g} h, must come to the {HOURS[yearly]:g} h of a {period} within 2 %. "
            "Mend the weights of the weeks, or the hours given."
        )
        faults.append(Fault(f"{file}, {_where(*key)}", what))
