"""What the parts that the twin reads cannot know of each other: horizon, backup while a group strips, peaks, rules.

Needs    campus.duties, campus.fields.
Gives    running_faults, strip_faults, least_peak_mw.
Used by  campus.whole; twin, for strips that a chemistry asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from wattstack.campus.duties import reserve_mw, reserve_mwh
from wattstack.campus.fields import ROUNDING, largest
from wattstack.campus.load import Hall
from wattstack.errors import Fault, nearest

if TYPE_CHECKING:
    from wattstack.campus.campus import Campus, Time
    from wattstack.campus.upkeep import Strip


def running_faults(campus: Campus) -> Iterator[Fault]:
    """Faults of what is read beyond the plan, places from the top of the campus."""
    yield from _late_faults(campus)
    yield from _peak_faults(campus)
    if campus.duties.backup is not None:
        declared = {name: unit.strip for name, unit in campus.battery.items() if unit.strip is not None}
        yield from strip_faults(campus, declared)
    rules = campus.control.rules
    asked = [key for key in ("backup", "smoothing") if getattr(campus.duties, key) is not None]
    if asked and rules and "reserve" not in rules:
        yield Fault(
            "control.rules",
            f"lack 'reserve', so that nothing holds back what duties.{asked[0]} asks. Add it, or take the duty out.",
        )


def _late_faults(campus: Campus) -> Iterator[Fault]:
    """Energy added after all that is looked at."""
    years = campus.finance.horizon_years
    for name, battery in campus.battery.items():
        for key, added in battery.augmentation.items():
            if added.year >= years:
                yield Fault(
                    f"battery.{name}.augmentation.{key}.year",
                    f"is {added.year}, must be below finance.horizon_years {years}: the first year is 0, the last "
                    f"{years - 1}. Move it, or raise finance.horizon_years.",
                )


def _peak_faults(campus: Campus) -> Iterator[Fault]:
    """Targets for months that are in no span of time."""
    target = campus.control.peak_target_mw
    if not isinstance(target, dict):
        return
    zone = ZoneInfo(campus.place.time_zone)
    spans = [campus.time, *(s.time for s in campus.scenarios.values() if s.time is not None)]
    months = {month for span in spans for month in _months(span, zone)}
    for month in target:
        if month not in months:
            near = nearest(month, sorted(months))
            yield Fault(
                f"control.peak_target_mw.{month}",
                f"is a month outside of time, must be one of {min(months)} .. {max(months)}. Nearest: '{near}'."
                if near
                else f"is a month outside of time, must be one of {min(months)} .. {max(months)}. Take it out.",
            )


def _months(span: Time, zone: ZoneInfo) -> Iterator[str]:
    """Months of the local clock that a span touches, "2022-04"."""
    first = span.start.astimezone(zone)
    last = (span.end - timedelta(seconds=span.step_s)).astimezone(zone)
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield f"{year}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def strip_faults(campus: Campus, strips: Mapping[str, Strip]) -> Iterator[Fault]:
    """Backup that the largest batteries hold with every group there, and not while one of each strips.

    Args:
        campus: As declared.
        strips: When each battery strips, by name: as declared, or as its chemistry asks.
    """
    if not strips or campus.duties.backup is None:
        return
    backup = campus.duties.backup
    load_mw = reserve_mw(least_peak_mw(campus), backup.load_frac)
    best_eff = max(unit.discharge_eff for unit in campus.battery.values())
    need_mwh = reserve_mwh(load_mw, backup.duration_h, best_eff, backup.soc_error_frac)
    power_mw = energy_mwh = left_mw = left_mwh = 0.0
    for name, unit in campus.battery.items():
        there = 1.0 - 1.0 / strips[name].groups if name in strips else 1.0
        power_mw += largest(unit.power_mw)
        energy_mwh += largest(unit.energy_mwh)
        left_mw += there * largest(unit.power_mw)
        left_mwh += there * largest(unit.energy_mwh)
    near = 1 + ROUNDING
    if load_mw > power_mw * near or need_mwh > energy_mwh * near:
        return  # told with the duty: the reserve is larger than the batteries
    if load_mw > left_mw * near or need_mwh > left_mwh * near:
        name = min(strips, key=lambda key: strips[key].groups)
        groups = strips[name].groups
        yield Fault(
            f"battery.{name}.strip.groups",
            f"is {groups}, which leaves {left_mw:.4g} MW and {left_mwh:.4g} MWh while one group strips, must leave "
            f"the backup of {load_mw:.4g} MW and {need_mwh:.4g} MWh. Strip in more groups, or build larger.",
        )


def least_peak_mw(campus: Campus) -> float:
    """A bound from below on the highest load: mean draw of halls and plain loads that are numbers [MW]."""
    total = 0.0
    for load in campus.load.values():
        if isinstance(load, Hall) and load.profile == "jobs":
            total += load.steady_mw
        elif isinstance(load, Hall):
            total += load.it_mw * load.utilisation_frac if isinstance(load.profile, str) else 0.0
        elif isinstance(load.draw_mw, float | int):
            total += load.draw_mw
    return total
