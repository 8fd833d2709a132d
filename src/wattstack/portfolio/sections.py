"""The sections of a portfolio file: currency and rates, the calendar, the factory, how futures are weighed.

Needs    campus.read_document; portfolio.alias, rows.
Gives    PortfolioFile, CalendarSection, StochasticSection, read_money, read_calendar, read_factory.
Used by  portfolio.file, portfolio.schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from wattstack.campus import Declared, quantity, read_document
from wattstack.errors import Fault, InputError
from wattstack.library import currency_fault
from wattstack.portfolio.alias import Renamed, renamed
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.market import Factory
from wattstack.portfolio.rows import Reading

BESIDE = "factory.yaml"
MOST_PERIODS = 200  # 50 years of quarters; the plan of two sites then takes a minute
SAME_FRAC = 0.01  # rates given twice may differ by rounding


class CalendarSection(Declared):
    """The calendar as the file says it."""

    first: str
    count: int = quantity("", "Number of periods", ge=1, le=MOST_PERIODS)
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


@dataclass
class PortfolioFile:
    """The YAML file in our words, and where everything of it stands."""

    name: str
    folder: Path
    names: Renamed
    line_of: Callable[[tuple[str, ...]], int]
    is_folder_form: bool
    reading: Reading = field(default_factory=Reading)

    @property
    def has_factory(self) -> bool:
        """Whether a factory stands in the file, is named in it, or (folder form) lies beside it."""
        beside = self.is_folder_form and (self.folder / BESIDE).is_file()
        return "factory" in self.names.values or beside

    def part(self, section: str) -> Renamed:
        """One section, places in it relative to the file."""
        values = self.names.values.get(section)
        head = section + "."
        cut = {k.removeprefix(head): v for k, v in self.names.origin.items() if k.startswith(head)}
        money = {k.removeprefix(head): v for k, v in self.names.currency.items() if k.startswith(head)}
        return Renamed(dict(values) if isinstance(values, Mapping) else {}, cut, money)

    def fault(self, path: str, what: str) -> Fault:
        """A fault of a key path of the file, with its line."""
        keys = tuple(path.split("."))
        line = next((found for n in range(len(keys), 0, -1) if (found := self.line_of(keys[:n]))), 0)
        return Fault(f"{self.name} {path}", f"{what} (line {line})" if line else what)

    def tell(self, section: str) -> Callable[[str, str], Fault]:
        """Makes a fault of a field of a section."""

        def fault(name: str, what: str) -> Fault:
            ours = ".".join(part for part in (section, name) if part)
            return self.fault(self.names.place(ours) or ours, what)

        return fault


def read_money(file: PortfolioFile) -> None:
    """Currency and rates: `EUR: 1.16` is units of the portfolio's currency, `JPY_per_USD: 157` says both."""
    reading, tell = file.reading, file.tell("exchange")
    given = str(file.names.values.get("currency", "USD")).removesuffix("_m")
    wrong = currency_fault(given)
    if wrong is not None:
        reading.faults.append(file.tell("")("currency", wrong))
        return
    reading.currency = given
    rates: list[tuple[str, str, float]] = []
    for name, rate in file.part("exchange").values.items():
        one, _, per = name.partition("_per_")
        wrong = next((f for code in (one, per) if code and (f := currency_fault(code))), None)
        if wrong is not None:
            reading.faults.append(tell(name, wrong))
        elif isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 < rate < float("inf"):
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
    for one, per, rate in rates:
        name = f"{one}_per_{per}"
        if one not in worth:
            what = f"does not lead to {given}, the currency of the portfolio. Name a rate that does."
            reading.faults.append(tell(name, what))
        elif abs(worth[per] / (worth[one] * rate) - 1.0) > SAME_FRAC:
            what = f"is {rate:g}, but the other rates make it {worth[per] / worth[one]:g}. Take one out."
            reading.faults.append(tell(name, what))
    reading.exchange = {code: rate for code, rate in worth.items() if code != given}


def read_calendar(file: PortfolioFile) -> Calendar | None:
    """The calendar, None where it is told to be wrong."""
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


def read_factory(file: PortfolioFile) -> tuple[Factory | None, Callable[[str, str], Fault]]:
    """The factory, in the file or in one of its own, and what makes a fault of a field of it and a sentence."""
    if not file.has_factory:
        return None, file.tell("factory")
    value = file.names.values.get("factory", BESIDE)
    place, above = file, "factory."
    if isinstance(value, str):
        try:
            document = read_document(file.folder / value, "factory")
        except InputError as error:
            file.reading.faults += [Fault(error.source, fault.what) for fault in error.faults]
            return None, file.tell("factory")
        file.reading.faults += [
            Fault(f"{document.name} {fault.where}", fault.what) for fault in document.faults
        ]
        value, above = document.values, ""
        place = replace(file, name=document.name, line_of=lambda keys: document.lines.get(keys, 0))
    elif not isinstance(value, Mapping):
        file.reading.faults.append(file.tell("")("factory", "must hold keys, or name a YAML file."))
        return None, file.tell("factory")
    names = renamed(value, "factory", Factory.model_fields)

    def tell(name: str, what: str) -> Fault:
        return place.fault(above + (names.place(name) or name), what)

    for name in names.doubled:
        file.reading.faults.append(tell(name, "is given by another key already. Take one of them out."))
    if names.values.pop("high_density_line_gwh_per_year", None) is not None:
        what = "is not modelled: cells of high density are bought. Leave it empty, or add them to storage."
        file.reading.faults.append(tell("high_density_line_gwh_per_year", what))
    return file.reading.section(Factory, names, tell), tell
