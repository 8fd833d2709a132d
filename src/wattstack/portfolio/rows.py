"""Rows and sections turned into declarations: names by the alias table, text into numbers, money into one currency.

Needs    campus.Declared and its sentences for what pydantic finds; portfolio.alias, tables.
Gives    Reading, Found, Gathered, TABLES, is_money.
Used by  portfolio.file, portfolio.check, portfolio.progress.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from wattstack.campus import Campus, Declared, faults_of
from wattstack.errors import Fault
from wattstack.portfolio.alias import Renamed, nearest_name, renamed
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.market import Factory, Progress, Scenario, Segment, Supplier, Supply, Target
from wattstack.portfolio.parts import Gate, GenerationOffer, Item, Server, Site, Stage, StorageOffer
from wattstack.portfolio.tables import Row, Table
from wattstack.portfolio.whole import Compute, Money, Week

Part = TypeVar("Part", bound=Declared)
# Table -> what a row is, and the fields that make it one of a kind.
TABLES: dict[str, tuple[type[Declared], tuple[str, ...]]] = {
    "sites": (Site, ("name",)),
    "items": (Item, ("item", "site")),
    "stages": (Stage, ("site", "stage")),
    "gates": (Gate, ("site", "gate")),
    "servers": (Server, ("generation",)),
    "storage": (StorageOffer, ("chemistry", "site")),
    "generation": (GenerationOffer, ("site", "tech")),
    "supply": (Supply, ("resource",)),
    "suppliers": (Supplier, ("resource", "supplier")),
    "segments": (Segment, ("segment", "tranche")),
    "targets": (Target, ("site", "quarter")),
    "scenarios": (Scenario, ("scenario",)),
    "progress": (Progress, ("site", "kind", "name")),
}
_ASIDE = ("note", "source")  # allowed in every table, kept where the declaration has them
_YES_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True)
class Found:
    """A declaration and where it was read.

    Attributes:
        part: The declaration, None where the row is wrong.
        row: Its row.
        names: What the file says in our names.
    """

    part: Any
    row: Row
    names: Renamed

    def at(self, name: str) -> str:
        """Where a field of it stands."""
        return self.row.at(self.names.place(name) or name)

    def fault(self, name: str, what: str) -> Fault:
        """A fault of a field of it."""
        line = self.row.line_of(self.names.place(name) or name)
        return Fault(self.at(name), f"{what} (line {line})" if line else what)


@dataclass
class Reading:
    """What is collected while a portfolio is read.

    Attributes:
        currency: Of the portfolio.
        exchange: Units of it per unit of another.
        faults, warnings: Found so far.
        incomplete: Tables of which not every row and name is known: what they lack is told already.
    """

    currency: str = "USD"
    exchange: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)
    _no_rate: set[str] = field(default_factory=set)

    def table(self, table: Table) -> list[Found]:
        """Every row of a table as a declaration; a wrong row is told and keeps its names."""
        model, _ = TABLES[table.name]
        names = [*model.model_fields, *(("currency",) if _has_money(model) else ())]
        told = self._columns(table, model, names)
        if told & set(TABLES[table.name][1]):
            self.incomplete.add(table.name)
        return [self._row(table, row, model, names, told) for row in table.rows]

    def _columns(self, table: Table, model: type[Declared], names: list[str]) -> set[str]:
        """Tell unknown, doubled and missing columns, each once; returns the fields told missing."""
        header = renamed(dict.fromkeys(table.columns, True), table.name, [*names, *_ASIDE])
        for name, column in header.origin.items():
            if name.split(".")[0] not in (*names, *_ASIDE):
                near = nearest_name(column, table.name, names)
                hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(names)}."
                what = f"is not a {'column' if table.is_text else 'key'} here. {hint}"
                self.faults.append(Fault(f"{table.file}, {column}", what))
        for column in header.doubled:
            what = "is given by another column already. Take one of them out."
            self.faults.append(Fault(f"{table.file}, {column}", what))
        if not table.is_text:
            return set()
        given = {name.split(".")[0] for name in header.origin}
        missing = {n for n, f in model.model_fields.items() if f.is_required() and n not in given}
        for name in sorted(missing):
            what = f"is missing, must be a column. It is: {_meaning(model, name)}."
            self.faults.append(Fault(f"{table.file}, {name}", what))
        return missing

    def _row(self, table: Table, row: Row, model: type[Declared], names: list[str], told: set[str]) -> Found:
        found = renamed(row.values, table.name, [*names, *_ASIDE])
        values = {name: value for name, value in found.values.items() if name in names}
        place = Found(None, row, found)
        before = len(self.faults)
        values = self.converted(model, values, found, place.fault, table.is_text)
        try:
            part = model.model_validate(values)
        except ValidationError as error:
            for fault in faults_of(error, schema_of(model)):
                if fault.where not in told:
                    self.faults.append(_in_row(place, fault, table.is_text))
            return place
        return Found(part if len(self.faults) == before else None, row, found)

    def section(self, model: type[Part], names: Renamed, tell: Callable[[str, str], Fault]) -> Part | None:
        """A section of a YAML file as a declaration; `tell` makes a fault of a field and a sentence."""
        before = len(self.faults)
        values = self.converted(model, dict(names.values), names, tell, is_text=False)
        try:
            part = model.model_validate(values)
        except ValidationError as error:
            self.faults += [tell(fault.where, fault.what) for fault in faults_of(error, schema_of(model))]
            return None
        return part if len(self.faults) == before else None

    def converted(
        self, model: type[Declared], values: dict[str, Any], names: Renamed,
        tell: Callable[[str, str], Fault], is_text: bool,
    ) -> dict[str, Any]:  # fmt: skip
        """Values as the fields want them, money turned into the portfolio's currency."""
        row_currency = values.pop("currency", None) if "currency" not in model.model_fields else None
        result = {}
        for name, value in values.items():
            known = model.model_fields.get(name)
            result[name] = value if known is None else _as(value, known.annotation, is_text)
            if known is not None and is_money(model, name):
                currency = names.currency.get(name) or row_currency or self.currency
                rate = self._rate(currency, name, tell)
                result[name] = _times(result[name], rate)
        return result

    def _rate(self, currency: Any, name: str, tell: Callable[[str, str], Fault]) -> float:
        if currency == self.currency:
            return 1.0
        rate = self.exchange.get(currency) if isinstance(currency, str) else None
        if rate is None and currency not in self._no_rate:
            self._no_rate.add(str(currency))
            mend = f"Name one: exchange.{currency}: {self.currency} per {currency}."
            what = f"is in {currency}, this portfolio counts in {self.currency} and names no rate. {mend}"
            self.faults.append(tell(name, what))
        return 1.0 if rate is None else rate


@dataclass
class Gathered:
    """All that was read, before it is known to fit together.

    Attributes:
        reading: Faults, warnings, currency.
        calendar: None where it could not be read.
        parts: Table -> rows.
        factory: None where there is none. tell_factory: Makes a fault of a field of it and a sentence.
        has_factory: Whether the file names a factory, right or wrong.
        tell: Makes a fault of a section and a key of the YAML file, "money", "capital_as", and a sentence.
        weeks: By (country or site, season). profiles: Name of their table, "" without one.
        campuses: By site.
    """

    reading: Reading
    calendar: Calendar | None
    parts: dict[str, list[Found]]
    factory: Factory | None
    tell_factory: Callable[[str, str], Fault]
    tell: Callable[[str], Callable[[str, str], Fault]]
    has_factory: bool = False
    money: Money | None = None
    compute: Compute | None = None
    weeks: dict[tuple[str, int], tuple[Week, ...]] = field(default_factory=dict)
    profiles: str = ""
    campuses: dict[str, Campus] = field(default_factory=dict)

    def whole(self, *tables: str) -> bool:
        """Whether all rows and names of these tables are known; what one lacks that is not, is no fault of its own."""
        return not self.reading.incomplete.intersection(tables)

    def good(self, table: str) -> list[Found]:
        """Rows that could be read."""
        return [found for found in self.parts.get(table, ()) if found.part is not None]

    def names(self, table: str, *fields: str) -> list[Any]:
        """Names in a table, those of wrong rows too: a wrong site is still a site that others may name."""
        rows = [tuple(found.names.values.get(f) for f in fields) for found in self.parts.get(table, ())]
        return [row[0] for row in rows] if len(fields) == 1 else rows

    def fault(self, fault: Fault) -> None:
        """Add a fault."""
        self.reading.faults.append(fault)

    def warn(self, found: Found, name: str, what: str) -> None:
        """Add a warning of a field of a row."""
        self.reading.warnings.append(str(found.fault(name, what)))


@cache
def schema_of(model: type[Declared]) -> dict[str, Any]:
    """JSON schema of a declaration."""
    return model.model_json_schema(mode="validation")


def _in_row(place: Found, fault: Fault, is_text: bool) -> Fault:
    what = fault.what.replace("Write it without quotes and", "Write it") if is_text else fault.what
    return place.fault(fault.where, what)


def _meaning(model: type[Declared], name: str) -> str:
    return model.model_fields[name].description or f"{name} of the {model.__name__.lower()}"


@cache
def is_money(model: type[Declared], name: str) -> bool:
    """Whether a field is an amount or a price: its unit begins with M (millions) or the currency."""
    extra = model.model_fields[name].json_schema_extra
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return str(unit).split("/")[0] in ("M", "currency")


def _has_money(model: type[Declared]) -> bool:
    return any(is_money(model, name) for name in model.model_fields)


def _times(value: Any, rate: float) -> Any:
    if isinstance(value, dict):
        return {key: _times(part, rate) for key, part in value.items()}
    is_amount = isinstance(value, int | float) and not isinstance(value, bool)
    return value * rate if is_amount and rate != 1.0 else value


def _as(value: Any, wanted: Any, is_text: bool) -> Any:
    """A value as its field wants it; what does not fit is left for the declaration to refuse."""
    origin, parts = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (types.UnionType, typing.Union):
        return _as(value, next(part for part in parts if part is not types.NoneType), is_text)
    if origin is dict:
        if not isinstance(value, Mapping):
            return value
        return {_key(k, parts[0]): _as(v, parts[1], is_text) for k, v in value.items() if v is not None}
    if origin is tuple:
        return tuple(_as(v, parts[0], is_text) for v in value) if isinstance(value, list) else value
    if wanted is bool:
        return _YES_NO.get(str(value).lower(), value)
    if wanted in (int, float):
        return _number(value, wanted, is_text)
    is_name = wanted is str or (origin is typing.Literal and isinstance(parts[0], str))
    if is_name and not is_text and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)  # a name that looks like a number: tranche 1, year 2027
    return value


def _key(key: str, wanted: Any) -> Any:
    year = str(key).removeprefix("FY")
    return int(year) if wanted is int and year.isdecimal() else key


def _number(value: Any, wanted: type, is_text: bool) -> Any:
    if is_text and isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    if wanted is int and isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value
