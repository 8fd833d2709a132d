"""A portfolio folder or file as a Portfolio: every fault of every table at once.

Needs    campus.read_document; portfolio.alias, tables, rows, weeks, check.
Gives    read_portfolio.
Used by  the verbs: check, plan, replan.

The file is `portfolio.yaml` (wattstack: 1, portfolio: NAME, sections, tables in it or by name), or the folder
form: `meta.yaml` beside tables of fixed names, in the words that portfolio.alias knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wattstack.campus import Campus, read_campus, read_document
from wattstack.errors import Fault, InputError, nearest
from wattstack.portfolio.alias import DEFAULT_TABLES, renamed, resource_of
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.check import check_parts
from wattstack.portfolio.kind import FILES
from wattstack.portfolio.rows import TABLES, Found, Gathered
from wattstack.portfolio.sections import (
    PortfolioFile,
    StochasticSection,
    read_calendar,
    read_factory,
    read_money,
)
from wattstack.portfolio.tables import Table, listed_table, read_table
from wattstack.portfolio.weeks import read_weeks
from wattstack.portfolio.whole import Compute, Money, Portfolio, Week

LISTED = (*(name for name in TABLES if name != "progress"), "profiles", "sources")
KEYED = ("calendar", "money", "compute", "stochastic", "weeks", "tables", "exchange")
HEAD = ("wattstack", "portfolio", "description", "synthetic", "currency", "factory", *KEYED)


def read_portfolio(path: str | Path) -> Portfolio:
    """Read a portfolio.

    Args:
        path: A folder with portfolio.yaml or meta.yaml, or the YAML file.

    Returns:
        The portfolio, every amount in its currency; what is doubtful but not wrong stands in `warnings`.

    Raises:
        InputError: Something cannot be read or is wrong: every fault of every file at once.
    """
    file = _open(Path(path))
    reading, values = file.reading, file.names.values
    _check_head(file)
    read_money(file)
    calendar = read_calendar(file)
    money = reading.section(Money, file.part("money"), file.tell("money"))
    compute = reading.section(Compute, file.part("compute"), file.tell("compute"))
    stochastic = reading.section(StochasticSection, file.part("stochastic"), file.tell("stochastic"))
    factory, tell_factory = read_factory(file)
    tables = _tables(file)
    parts = _resources({name: reading.table(table) for name, table in tables.items() if name in TABLES})
    weeks = _weeks(file, tables.get("profiles"), calendar)
    profiles = tables["profiles"].file if "profiles" in tables else ""
    campuses = _campuses(file, parts)
    gathered = Gathered(
        reading, calendar, parts, factory, tell_factory, file.tell, file.has_factory, money, compute, weeks, profiles,
        campuses,
    )  # fmt: skip
    check_parts(gathered)
    _check_first_stage(file, calendar, stochastic)
    sources = {str(row.values.get("id")): dict(row.values) for row in _rows(tables.get("sources"))}
    if reading.faults or None in (calendar, money, compute, stochastic):
        raise InputError(str(values.get("portfolio", file.name)), reading.faults)
    return Portfolio(
        name=str(values["portfolio"]), currency=reading.currency, calendar=calendar, money=money,
        compute=compute, factory=factory, weeks=weeks, exchange=reading.exchange,
        cvar_alpha_frac=stochastic.cvar_alpha_frac, cvar_weight=stochastic.cvar_weight,
        first_stage_q=stochastic.first_stage_q, synthetic=_synthetic(values, tables), sources=sources,
        base_dir=file.folder, campuses=campuses, warnings=tuple(reading.warnings),
        **{name: tuple(found.part for found in rows) for name, rows in parts.items()},
    )  # fmt: skip


def _check_first_stage(
    file: PortfolioFile, calendar: Calendar | None, stochastic: StochasticSection | None
) -> None:
    """A first stage that the file names ends within the horizon."""
    given = "first_stage_q" in file.part("stochastic").values
    if (
        given
        and calendar is not None
        and stochastic is not None
        and stochastic.first_stage_q > calendar.count
    ):
        what = f"is {stochastic.first_stage_q}, must be at most the {calendar.count} periods of the calendar. Lower it."
        file.reading.faults.append(file.tell("stochastic")("first_stage_q", what))


def _resources(parts: dict[str, list[Found]]) -> dict[str, list[Found]]:
    """The parts with resources by our names: "lfp_import" is lfp, where that is a chemistry."""
    chemistries = {found.part.chemistry for found in parts.get("storage", ()) if found.part is not None}
    for name in ("supply", "suppliers"):
        for place, found in enumerate(parts.get(name, ())):
            if found.part is not None:
                ours = resource_of(found.part.resource, chemistries)
                part = found.part.model_copy(update={"resource": ours})
                parts[name][place] = Found(part, found.row, found.names)
    return parts


def _campuses(file: PortfolioFile, parts: Mapping[str, list[Found]]) -> dict[str, Campus]:
    """The campus files that sites name, read and checked like any other."""
    found: dict[str, Campus] = {}
    for site in parts.get("sites", ()):
        name = site.names.values.get("campus")
        if site.part is None or not name:
            continue
        try:
            campus = read_campus(file.folder / name)
        except InputError as error:
            file.reading.faults += [
                Fault(f"{name} {fault.where}".strip(), fault.what) for fault in error.faults
            ]
            continue
        reading = file.reading
        if campus.currency != reading.currency and campus.currency not in reading.exchange:
            what = (
                f"counts in {campus.currency}, this portfolio in {reading.currency}, and it names no rate. Name one: "
                f"exchange.{campus.currency}: {reading.currency} per {campus.currency}."
            )
            reading.faults.append(site.fault("campus", what))
        found[site.part.name] = campus
    return found


def _open(path: Path) -> PortfolioFile:
    if path.is_dir():
        found = [name for name in FILES if (path / name).is_file()]
        if not found:
            what = "holds neither portfolio.yaml nor meta.yaml, must hold one of them. Name another folder."
            raise InputError(str(path), [what])
        path = path / found[0]
    document = read_document(path, "portfolio")
    names = renamed(document.values, "meta", ())
    file = PortfolioFile(
        path.name, path.parent, names, lambda keys: document.lines.get(keys, 0), path.name == "meta.yaml"
    )
    file.reading.faults += [Fault(f"{path.name} {fault.where}", fault.what) for fault in document.faults]
    for name in names.doubled:
        file.reading.faults.append(file.fault(name, "is given by another key already. Take one of them out."))
    if file.is_folder_form:
        names.values.setdefault("wattstack", 1)
        names.values.setdefault("portfolio", path.resolve().parent.name)
    return file


def _check_head(file: PortfolioFile) -> None:
    values, tell = file.names.values, file.tell("")
    faults = file.reading.faults
    if values.get("wattstack") != 1:
        what = "must be 1: this program reads version 1 of the portfolio file. Begin with wattstack: 1."
        faults.append(tell("wattstack", what))
    if not isinstance(values.get("portfolio"), str):
        faults.append(tell("portfolio", "must be the name of the portfolio. Write portfolio: NAME."))
    known = (*HEAD, *LISTED)
    for key, value in values.items():
        if key not in known:
            near = nearest(key, known)
            hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(known)}."
            faults.append(tell(key, f"is not a key here. {hint}"))
        elif key in KEYED and not (value is None or isinstance(value, Mapping)):
            faults.append(tell(key, "must hold keys. Write them below it, indented."))


def _tables(file: PortfolioFile) -> dict[str, Table]:
    """Every table that the file holds, names, or (folder form) that lies beside it."""
    values, faults = file.names.values, file.reading.faults
    named = file.part("tables").values
    if file.is_folder_form:
        beside = {table: name for name, table in DEFAULT_TABLES.items() if (file.folder / name).is_file()}
        named = {**{k: v for k, v in beside.items() if k not in values}, **named}
    found: dict[str, Table | None] = {}
    for name, value in named.items():
        if name not in LISTED:
            near = nearest(name, LISTED)
            hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(LISTED)}."
            faults.append(file.tell("tables")(name, f"is not a table. {hint}"))
        elif not isinstance(value, str):
            faults.append(file.tell("tables")(name, "must be the name of a CSV file. Write NAME.csv."))
        elif name in values:
            faults.append(file.tell("tables")(name, "stands in the file too, must stand once. Take one out."))
        else:
            before = len(faults)
            found[name] = read_table(file.folder / value, name, faults)
            if len(faults) > before:
                file.reading.incomplete.add(name)
    for name in LISTED:
        if values.get(name) is not None and name not in found:
            keys = TABLES[name][1] if name in TABLES else ("id",)
            key = keys[0] if len(keys) == 1 else ""
            before = len(faults)
            found[name] = listed_table(values[name], name, key, (file.name, file.line_of), faults)
            if len(faults) > before:
                file.reading.incomplete.add(name)
    if "sites" not in found:
        faults.append(
            file.tell("")("sites", "is missing: a portfolio has a site. List sites, or name a table.")
        )
    return {name: table for name, table in found.items() if table is not None}


def _weeks(
    file: PortfolioFile, table: Table | None, calendar: Calendar | None
) -> dict[tuple[str, int], tuple[Week, ...]]:
    if table is None:
        return {}
    weights, tell = file.part("weeks").values, file.tell("weeks")
    for name, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 < weight < float("inf"):
            file.reading.faults.append(
                tell(name, f"is {weight!r}, must be a number > 0. Say how many weeks.")
            )
            file.reading.incomplete.add("profiles")
            return {}
    before = len(file.reading.faults)
    found = read_weeks(table, weights, calendar, file.reading.faults)
    if len(file.reading.faults) > before:
        file.reading.incomplete.add("profiles")
    return found


def _synthetic(values: Mapping[str, Any], tables: Mapping[str, Table]) -> tuple[str, ...]:
    """What the file calls synthetic, and profiles that name no source."""
    said = values.get("synthetic")
    named = [str(part) for part in said] if isinstance(said, list) else []
    profiles = tables.get("profiles")
    if profiles is not None and "source" not in profiles.columns and "profiles" not in named:
        named.append("profiles")
    return tuple(named)


def _rows(table: Table | None) -> tuple[Any, ...]:
    return table.rows if table is not None else ()
