"""A portfolio folder or file as a Portfolio: every fault of every table at once.

Needs    campus.read_document; portfolio.alias, tables, rows, weeks, check.
Gives    read_portfolio, is_portfolio.
Used by  the verbs: check, plan, replan.

The file is `portfolio.yaml` (wattstack: 1, portfolio: NAME, sections, tables in it or by name), or the folder
form: `meta.yaml` beside tables of fixed names, in the words that portfolio.alias knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wattstack.campus import Declared, quantity, read_document
from wattstack.errors import Fault, InputError, nearest
from wattstack.portfolio.alias import DEFAULT_TABLES, Renamed, renamed, resource_of
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.market import Factory
from wattstack.portfolio.rows import TABLES, Found, Reading
from wattstack.portfolio.tables import Table, listed_table, read_table
from wattstack.portfolio.weeks import read_weeks
from wattstack.portfolio.whole import Compute, Money, Portfolio, Week

FILES = ("portfolio.yaml", "meta.yaml")
LISTED = (*(name for name in TABLES if name != "progress"), "profiles", "sources")
SECTIONS = (
    "calendar",
    "currency",
    "exchange",
    "money",
    "compute",
    "factory",
    "stochastic",
    "weeks",
    "tables",
)
KEYED = ("calendar", "money", "compute", "stochastic", "weeks", "tables", "exchange")
HEAD = ("wattstack", "portfolio", "description", "synthetic")


class CalendarSection(Declared):
    """The calendar as the file says it."""

    first: str
    count: int = quantity("", "Number of periods", ge=1)
    period: Literal["quarter", "year"] = "quarter"
    fiscal_start_month: Literal[1, 4, 7, 10] = 1
    fiscal_label: Literal["start"] = "start"


class StochasticSection(Declared):
    """How uncertain futures are weighed."""

    cvar_alpha_frac: float = quantity(
        "", "Share of the worst futures that CVaR is the mean of", 0.1, gt=0, le=1
    )
    cvar_weight: float = quantity("", "Weight of CVaR, 0 = expected value only", 0.0, ge=0, le=1)
    first_stage_q: int = quantity(
        "periods", "Orders before this period are one decision for all futures", 6, ge=0
    )


def is_portfolio(path: str | Path) -> bool:
    """Whether a path is a portfolio: a folder with portfolio.yaml or meta.yaml, or a YAML file that says so.

    Never raises: what cannot be read is no portfolio, and its fault is told by who reads it.
    """
    path = Path(path)
    if path.is_dir():
        return any((path / name).is_file() for name in FILES)
    if path.name in FILES and path.is_file():
        return True
    try:
        values = read_document(path).values
    except InputError:
        return False
    return "portfolio" in values or {"sites", "calendar"} <= values.keys()


@dataclass
class _File:
    """The YAML file in our words, and where everything of it stands."""

    name: str
    folder: Path
    names: Renamed
    line_of: Callable[[tuple[str, ...]], int]
    is_folder_form: bool
    reading: Reading = field(default_factory=Reading)

    def part(self, section: str) -> Renamed:
        """One section, places in it relative to the file."""
        values = self.names.values.get(section)
        head = section + "."
        cut = {k.removeprefix(head): v for k, v in self.names.origin.items() if k.startswith(head)}
        money = {k.removeprefix(head): v for k, v in self.names.currency.items() if k.startswith(head)}
        return Renamed(dict(values) if isinstance(values, Mapping) else {}, cut, money)

    def tell(self, section: str) -> Callable[[str, str], Fault]:
        """Makes a fault of a field of a section."""
        cut = self.part(section).origin

        def fault(name: str, what: str) -> Fault:
            path = cut.get(name) or ".".join(part for part in (section, name) if part)
            line = self.line_of(tuple(path.split(".")))
            return Fault(f"{self.name} {path}", f"{what} (line {line})" if line else what)

        return fault


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
    _money_of(file)
    calendar = _calendar(file)
    money = reading.section(Money, file.part("money"), file.tell("money"))
    compute = reading.section(Compute, file.part("compute"), file.tell("compute"))
    stochastic = reading.section(StochasticSection, file.part("stochastic"), file.tell("stochastic"))
    factory = _factory(file)
    tables = _tables(file)
    parts = _resources({name: reading.table(table) for name, table in tables.items() if name in TABLES})
    weeks = _weeks(file, tables.get("profiles"), calendar)
    sources = {str(row.values.get("id")): dict(row.values) for row in _rows(tables.get("sources"))}
    if reading.faults or None in (calendar, money, compute, stochastic):
        raise InputError(str(values.get("portfolio", file.name)), reading.faults)
    return Portfolio(
        name=str(values["portfolio"]), currency=reading.currency, calendar=calendar, money=money,
        compute=compute, factory=factory, weeks=weeks, exchange=reading.exchange,
        cvar_alpha_frac=stochastic.cvar_alpha_frac, cvar_weight=stochastic.cvar_weight,
        first_stage_q=stochastic.first_stage_q, synthetic=_synthetic(values, tables), sources=sources,
        base_dir=file.folder, warnings=tuple(reading.warnings),
        **{name: tuple(found.part for found in rows) for name, rows in parts.items()},
    )  # fmt: skip


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


def _open(path: Path) -> _File:
    if path.is_dir():
        found = [name for name in FILES if (path / name).is_file()]
        if not found:
            what = "holds neither portfolio.yaml nor meta.yaml, must hold one of them. Name another folder."
            raise InputError(str(path), [what])
        path = path / found[0]
    document = read_document(path, "portfolio")
    names = renamed(document.values, "meta", ())
    file = _File(
        path.name, path.parent, names, lambda keys: document.lines.get(keys, 0), path.name == "meta.yaml"
    )
    file.reading.faults += [Fault(f"{path.name} {fault.where}", fault.what) for fault in document.faults]
    if file.is_folder_form:
        names.values.setdefault("wattstack", 1)
        names.values.setdefault("portfolio", path.resolve().parent.name)
    return file


def _check_head(file: _File) -> None:
    values, tell = file.names.values, file.tell("")
    faults = file.reading.faults
    if values.get("wattstack") != 1:
        what = "must be 1: this program reads version 1 of the portfolio file. Begin with wattstack: 1."
        faults.append(tell("wattstack", what))
    if not isinstance(values.get("portfolio"), str):
        faults.append(tell("portfolio", "must be the name of the portfolio. Write portfolio: NAME."))
    known = (*HEAD, *SECTIONS, *LISTED)
    for key, value in values.items():
        if key not in known:
            near = nearest(key, known)
            hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(known)}."
            faults.append(tell(key, f"is not a key here. {hint}"))
        elif key in KEYED and not (value is None or isinstance(value, Mapping)):
            faults.append(tell(key, "must hold keys. Write them below it, indented."))


def _money_of(file: _File) -> None:
    """Currency and rates: `EUR: 1.16` is units of the portfolio's currency, `JPY_per_USD: 157` says both."""
    reading, tell = file.reading, file.tell("exchange")
    given = str(file.names.values.get("currency", "USD")).removesuffix("_m")
    if not (len(given) == 3 and given.isalpha() and given.isupper()):
        what = f"is {given!r}, must be the ISO 4217 code of a currency, three capital letters. Write USD."
        reading.faults.append(file.tell("")("currency", what))
        return
    reading.currency = given
    rates: list[tuple[str, str, float]] = []
    for name, rate in file.part("exchange").values.items():
        one, _, per = name.partition("_per_")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 < rate < float("inf"):
            reading.faults.append(tell(name, f"is {rate!r}, must be a number > 0. Give the rate."))
        elif per:
            rates.append((one, per, float(rate)))
        else:
            rates.append((given, name, float(rate)))
    worth = {given: 1.0}
    while step := next(((a, b, r) for a, b, r in rates if (a in worth) != (b in worth)), None):
        one, per, rate = step  # a unit of `per` is worth `rate` units of `one`
        if one in worth:
            worth[per] = worth[one] * rate
        else:
            worth[one] = worth[per] / rate
    for one, per, _ in rates:
        if one not in worth:
            what = f"does not lead to {given}, the currency of the portfolio. Name a rate that does."
            reading.faults.append(tell(f"{one}_per_{per}", what))
    reading.exchange = {code: rate for code, rate in worth.items() if code != given}


def _calendar(file: _File) -> Calendar | None:
    tell = file.tell("calendar")
    section = file.reading.section(CalendarSection, file.part("calendar"), tell)
    if section is None:
        return None
    calendar = Calendar(section.first, section.count, section.fiscal_start_month)
    is_year = section.period == "year"
    if calendar.number(section.first) is None or calendar.is_yearly != is_year:
        what, example = ("a year", "2027") if is_year else ("a quarter", "2026Q4")
        fault = tell("first", f"is {section.first!r}, must be {what} as period says. Write {example}.")
        file.reading.faults.append(fault)
        return None
    return calendar


def _factory(file: _File) -> Factory | None:
    value = file.names.values.get("factory")
    if value is None and file.is_folder_form and (file.folder / "factory.yaml").is_file():
        value = "factory.yaml"
    if value is None:
        return None
    name, line_of, above = file.name, file.line_of, ("factory",)
    if isinstance(value, str):
        try:
            document = read_document(file.folder / value, "factory")
        except InputError as error:
            file.reading.faults += [Fault(error.source, fault.what) for fault in error.faults]
            return None
        name, value, above = document.name, document.values, ()

        def line_of(keys: tuple[str, ...]) -> int:
            return document.lines.get(keys, 0)
    elif not isinstance(value, Mapping):
        file.reading.faults.append(file.tell("")("factory", "must hold keys or name a YAML file."))
        return None
    names = renamed(value, "factory", Factory.model_fields)

    def tell(field_name: str, what: str) -> Fault:
        path = (*above, *names.origin.get(field_name, field_name).split("."))
        line = line_of(path)
        return Fault(f"{name} {'.'.join(path)}", f"{what} (line {line})" if line else what)

    if names.values.pop("high_density_line_gwh_per_year", None) is not None:
        what = "is not modelled: cells of high density are bought. Leave it empty, or add them to storage."
        file.reading.faults.append(tell("high_density_line_gwh_per_year", what))
    return file.reading.section(Factory, names, tell)


def _tables(file: _File) -> dict[str, Table]:
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
            found[name] = read_table(file.folder / value, name, faults)
    for name in LISTED:
        if values.get(name) is not None and name not in found:
            keys = TABLES[name][1] if name in TABLES else ("id",)
            key = keys[0] if len(keys) == 1 else ""
            found[name] = listed_table(values[name], name, key, (file.name, file.line_of), faults)
    if "sites" not in found:
        faults.append(
            file.tell("")("sites", "is missing: a portfolio has a site. List sites, or name a table.")
        )
    return {name: table for name, table in found.items() if table is not None}


def _weeks(
    file: _File, table: Table | None, calendar: Calendar | None
) -> dict[tuple[str, int], tuple[Week, ...]]:
    if table is None:
        return {}
    weights, tell = file.part("weeks").values, file.tell("weeks")
    for name, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 < weight < float("inf"):
            file.reading.faults.append(
                tell(name, f"is {weight!r}, must be a number > 0. Say how many weeks.")
            )
            return {}
    return read_weeks(table, weights, calendar, file.reading.faults)


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
