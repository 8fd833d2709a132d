"""Do the parts of a portfolio fit together? Names, doubles, dates, stages, shares, the factory, the futures.

Needs    portfolio.rows.Gathered, dates, standing, doubts.
Gives    check_parts.
Used by  portfolio.file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from wattstack.errors import Fault, nearest
from wattstack.portfolio.dates import check_dates
from wattstack.portfolio.doubts import find_doubts
from wattstack.portfolio.parts import RESOURCES
from wattstack.portfolio.rows import TABLES, Found, Gathered
from wattstack.portfolio.standing import check_standing

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
AT_SITES = ("items", "stages", "gates", "storage", "generation", "targets")
CAMPUS_SIZES = (
    "battery.power_mw", "battery.energy_mwh", "solar.power_mw", "generator.power_mw", "grid.firm_mw", "grid.nonfirm_mw",
)  # fmt: skip
PROFILES = ("pv", "solar")  # of a Week: the shape of the sun
ROUNDING = 1e-6


def check_parts(all_parts: Gathered) -> None:
    """Every fault between the parts of a portfolio; what is doubtful becomes a warning."""
    _names(all_parts)
    _doubles(all_parts)
    _sites(all_parts)
    _resources(all_parts)
    _stages(all_parts)
    _storage(all_parts)
    _suns(all_parts)
    _suppliers(all_parts)
    _factory(all_parts)
    _scenarios(all_parts)
    if all_parts.calendar is not None:
        check_dates(all_parts, all_parts.calendar)
        check_standing(all_parts, all_parts.calendar)
    find_doubts(all_parts)


def _unknown(
    all_parts: Gathered, found: Found, name: str, value: Any, known: Iterable[str], what: str
) -> bool:
    """Tell a name that is not among the known, with the nearest; whether it was."""
    known = [str(word) for word in known if word is not None]
    if value in known:
        return False
    near = nearest(str(value), known)
    hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(dict.fromkeys(known)) or 'none'}."
    all_parts.fault(found.fault(name, f"is '{value}', must be {what}. {hint}"))
    return True


def _names(all_parts: Gathered) -> None:
    """Names that become parts of file names and of keys of the result."""
    for table, name in (
        ("sites", "name"),
        ("stages", "stage"),
        ("servers", "generation"),
        ("storage", "chemistry"),
    ):
        for found in all_parts.good(table):
            value = getattr(found.part, name)
            if not NAME.fullmatch(value):
                what = "must be a name of a-z, A-Z, 0-9, _ and -, at most 40 signs long. Rename it."
                all_parts.fault(found.fault(name, f"is '{value}', {what}"))


def _doubles(all_parts: Gathered) -> None:
    for table, rows in all_parts.parts.items():
        keys = TABLES[table][1]
        seen: dict[tuple[Any, ...], Found] = {}
        for found in rows:
            key = tuple(found.names.values.get(k) for k in keys)
            if None in key:
                continue
            if key in seen:
                what = f"says {' '.join(map(str, key))} again, as {seen[key].row.where} does. Remove or rename one."
                all_parts.fault(Fault(found.row.where, what))
            seen.setdefault(key, found)


def _sites(all_parts: Gathered) -> None:
    if not all_parts.whole("sites"):
        return
    sites = all_parts.names("sites", "name")
    for table in AT_SITES:
        for found in all_parts.good(table):
            _unknown(all_parts, found, "site", found.part.site, sites, "a site of this portfolio")


def _resources(all_parts: Gathered) -> None:
    """Items give a known resource; shared limits and suppliers are of something that can be ordered."""
    for found in all_parts.good("items"):
        _unknown(
            all_parts, found, "item", found.part.resource, RESOURCES,
            "shell, electrical, cooling or hv, or one of these with _ and a word (hv_fast)",
        )  # fmt: skip
    known = [
        "servers", *all_parts.names("items", "item"), *all_parts.names("storage", "chemistry"),
        *all_parts.names("generation", "tech"), *CAMPUS_SIZES,
    ]  # fmt: skip
    for table in ("supply", "suppliers") if all_parts.whole("items", "storage", "generation") else ():
        for found in all_parts.good(table):
            what = "servers, an item, a chemistry or a source of power"
            _unknown(all_parts, found, "resource", found.part.resource, known, what)
    for found in all_parts.good("generation"):
        if found.part.profile is not None:
            what = (
                "pv: sources that the weather lets run follow the sun of the weeks. Leave it empty for others"
            )
            _unknown(all_parts, found, "profile", found.part.profile, PROFILES, what)


def _stages(all_parts: Gathered) -> None:
    known = all_parts.names("stages", "site", "stage")
    rows = all_parts.good("stages")
    needs = {(f.part.site, f.part.stage): f.part.needs_stage for f in rows}
    kinds = {(f.part.site, f.part.stage): f.part.kind for f in rows}
    told: set[tuple[str, str]] = set()
    for found in rows:
        stage, what = found.part, f"a stage of {found.part.site}"
        here = [name for site, name in known if site == stage.site]
        if stage.needs_stage is not None and all_parts.whole("stages"):
            _unknown(all_parts, found, "needs_stage", stage.needs_stage, here, what)
        circle = _circle(needs, (stage.site, stage.stage))
        if circle and (stage.site, stage.stage) not in told:
            told |= {(stage.site, name) for name in circle}
            path = " needs ".join([*circle, circle[0]])
            trouble = "needs itself" if len(circle) == 1 else f"runs in a circle: {path}"
            all_parts.fault(
                found.fault("needs_stage", f"{trouble}, so it can never be energised. Take one out.")
            )
        if stage.replaced_by is not None and all_parts.whole("stages"):
            _unknown(all_parts, found, "replaced_by", stage.replaced_by, here, what)
            _check_replacement(all_parts, found, kinds.get((stage.site, stage.replaced_by)))


def _check_replacement(all_parts: Gathered, found: Found, kind: str | None) -> None:
    """Only a nonfirm stage is replaced, and only by a firm one."""
    stage = found.part
    if stage.kind == "firm":
        what = (
            f"is '{stage.replaced_by}' at a firm stage, must be empty there: only a nonfirm one is replaced."
        )
        all_parts.fault(found.fault("replaced_by", f"{what} Take it out."))
    elif kind == "nonfirm":
        what = f"is '{stage.replaced_by}', which is nonfirm, must be a firm stage. Name the one that ends it."
        all_parts.fault(found.fault("replaced_by", what))


def _circle(needs: dict[tuple[str, str], str | None], start: tuple[str, str]) -> list[str]:
    """Stages from one back to itself, [] where the way ends."""
    site, name = start
    path: list[str] = []
    while name is not None and name not in path:
        path.append(name)
        name = needs.get((site, name))
    return path if name == start[1] else []


def _storage(all_parts: Gathered) -> None:
    for found in all_parts.good("storage"):
        offer = found.part
        if offer.origin == "market" and offer.cost_per_kwh is None:
            what = "is missing, must be given where cells are bought. Give the installed price."
            all_parts.fault(found.fault("cost_per_kwh", what))
        if offer.origin == "own" and not all_parts.has_factory:
            what = "is 'own', but this portfolio has no factory. Add one, or write market."
            all_parts.fault(found.fault("origin", what))
    bought = {site for origin, site in all_parts.names("storage", "origin", "site") if origin == "market"}
    for found in all_parts.good("sites"):
        is_bought = found.part.name in bought or not all_parts.whole("storage")
        if found.part.storage_start_mwh > 0.0 and not is_bought:
            what = (
                "stands there, but no chemistry is bought at this site, so it is of none. Add a market row."
            )
            all_parts.fault(found.fault("storage_start_mwh", what))


def _suns(all_parts: Gathered) -> None:
    """What follows the sun at a site with a campus file follows that file's plant, if it is one."""
    for found in all_parts.good("generation"):
        campus = all_parts.campuses.get(found.part.site)
        if found.part.profile is not None and campus is not None and len(campus.solar) > 1:
            what = (
                f"is '{found.part.profile}', but the campus file of {found.part.site} has {len(campus.solar)} solar "
                f"plants ({', '.join(campus.solar)}): whose sun it follows is not known. Leave one in that file."
            )
            all_parts.fault(found.fault("profile", what))


def _suppliers(all_parts: Gathered) -> None:
    groups: dict[str, list[Found]] = {}
    for found in all_parts.good("suppliers") if all_parts.whole("suppliers") else ():
        groups.setdefault(found.part.resource, []).append(found)
    for resource, rows in groups.items():
        total = sum(found.part.share_max_frac for found in rows)
        if total < 1.0 - ROUNDING and len(rows) == all_parts.names("suppliers", "resource").count(resource):
            what = f"of all suppliers of {resource} come to {total:g}, must reach 1. Raise one, or add a supplier."
            all_parts.fault(rows[-1].fault("share_max_frac", what))


def _factory(all_parts: Gathered) -> None:
    factory, tell = all_parts.factory, all_parts.tell_factory
    if factory is None:
        for found in all_parts.good("segments")[:1] if not all_parts.has_factory else ():
            what = (
                "is a market, but this portfolio has no factory to sell from. Add one, or take segments out."
            )
            all_parts.fault(found.fault("segment", what))
        return
    if factory.ramp not in factory.ramps:
        near = nearest(factory.ramp, factory.ramps)
        hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(factory.ramps) or 'none'}."
        all_parts.fault(tell("ramp", f"is '{factory.ramp}', must be one of the ramps. {hint}"))
    for name, ramp in factory.ramps.items():
        if not ramp:
            all_parts.fault(
                tell(f"ramps.{name}", "is empty, must hold a share for each period. Write [0.5, 0.9].")
            )
        above = next((share for share in ramp if not 0.0 <= share <= 1.0), None)
        if above is not None:
            what = f"holds {above:g}, must stay in 0 .. 1: saleable output over nameplate. Lower it."
            all_parts.fault(tell(f"ramps.{name}", what))
        fall = next((i for i in range(1, len(ramp)) if ramp[i] < ramp[i - 1]), None)
        if fall is not None:
            what = f"falls from {ramp[fall - 1]:g} to {ramp[fall]:g}, must never fall. Order the shares."
            all_parts.fault(tell(f"ramps.{name}", what))
    if factory.committed_lines and factory.committed_start is None:
        what = "is missing, must be given where lines are committed. Write the quarter they start in."
        all_parts.fault(tell("committed_start", what))
    if factory.committed_lines > factory.lines_max:
        what = f"is {factory.lines_max}, must be at least the {factory.committed_lines} committed. Raise it."
        all_parts.fault(tell("lines_max", what))
    edges = factory.segment_edges_gwh
    if len(edges) < 2 or edges[0] != 0.0 or any(b <= a for a, b in pairwise(edges)):
        all_parts.fault(tell("segment_edges_gwh", "must begin with 0 and rise. Write [0, 0.25, 1, 5]."))
    total = sum(factory.materials_frac.values())
    if factory.materials_frac and (abs(total - 1.0) > 1e-3 or min(factory.materials_frac.values()) < 0.0):
        what = f"come to {total:g}, must be shares >= 0 that come to 1. Mend them."
        all_parts.fault(tell("materials_frac", what))


def _scenarios(all_parts: Gathered) -> None:
    rows = all_parts.good("scenarios")
    sites = all_parts.names("sites", "name")
    ramps = all_parts.factory.ramps if all_parts.factory is not None else {}
    for found in rows:
        for site in found.part.grid_delay_q if all_parts.whole("sites") else ():
            name = f"grid_delay_q.{site}"
            if site not in sites and (found is rows[0] or name not in rows[0].names.origin):
                _unknown(all_parts, found, name, site, sites, "a site of this portfolio")
        if found.part.factory_ramp is not None and ramps:
            what = "one of the ramps of the factory"
            _unknown(all_parts, found, "factory_ramp", found.part.factory_ramp, ramps, what)
    total = sum(found.part.probability_frac for found in rows)
    every = all_parts.whole("scenarios") and len(rows) == len(all_parts.parts.get("scenarios", ()))
    if rows and every and abs(total - 1.0) > ROUNDING:
        what = f"of all scenarios come to {total:g}, must come to 1. Mend one of them."
        all_parts.fault(rows[-1].fault("probability_frac", what))
