"""How the report writes numbers, money and names: thousands separators, units, plain words.

Gives    Money, money_of, quantity, percent, exact, name_of, unit_of, month_name, step_words.
Used by  report.sections, report.figures, report.compare.

A number is shown with four or five figures that count; its full value stands beside it in the page (`<data value>`)
and in the tables, so that nothing is rounded to look exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUS = "−"  # the typographic minus: as wide as a digit, never broken off its number
HAIR = "\u00a0"  # joins a number to its unit: they never part at a line's end
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNIT_SUFFIXES = {"_mwh": "MWh", "_mw": "MW"}
PARTS = {
    "grid.connection.firm": "Grid, firm",
    "grid.connection.nonfirm": "Grid, non-firm",
    "grid.connection": "Grid connection",
    "grid.import": "Grid import",
    "grid.export": "Export to the grid",
    "unserved": "Unserved load",
    "load": "Load",
    "it": "IT load",
    "cooling": "Cooling",
    "other": "Losses and other load",
}


def _grouped(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and float(text.replace(",", "")) != 0.0
    return (MINUS if negative else "") + text


def quantity(value: float | None, unit: str = "", figures: int = 4) -> str:
    """A number with thousands separators and about `figures` figures that count, and its unit.

    Example:
        >>> quantity(84928.5, "MWh"), quantity(18.3198, "MW"), quantity(-0.00071)
        ('84,928\\xa0MWh', '18.32\\xa0MW', '−0.00071')
        >>> quantity(None)
        'not defined'
    """
    if value is None or math.isnan(value):
        return "not defined"
    if math.isinf(value):
        return (MINUS if value < 0 else "") + "no limit"
    size = abs(value)
    whole = math.floor(math.log10(size)) + 1 if size > 0 else 1
    text = _grouped(value, min(max(figures - whole, 0), 6))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + (HAIR + unit if unit else "")


def percent(frac: float | None, decimals: int = 1) -> str:
    """A share 0 .. 1 as percent.

    Example:
        >>> percent(0.1234)
        '12.3\\xa0%'
    """
    return "not defined" if frac is None else _grouped(frac * 100.0, decimals) + HAIR + "%"


def exact(value: float | None) -> str:
    """A number with every figure it has, grouped by thousands: for the certificate.

    Example:
        >>> exact(86068005.0559)
        '86,068,005.0559'
    """
    return "not defined" if value is None else format(value, ",").replace("-", MINUS)


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in one currency at one scale, chosen once for a whole page.

    Attributes:
        currency: ISO 4217 code of the campus.
        factor: Units of currency in one unit shown.
        unit: What stands in every label: "M JPY".
        decimals: Decimals in tables.

    Example:
        >>> money_of("JPY", 8.6e9).text(8606123456.0)
        '8,606.1\\xa0M JPY'
    """

    currency: str
    factor: float
    unit: str
    decimals: int

    def scaled(self, value: float) -> float:
        """The amount in the unit shown."""
        return value / self.factor

    def text(self, value: float | None, figures: int = 5) -> str:
        """The amount with its unit."""
        return quantity(None if value is None else self.scaled(value), self.unit, figures)

    def number(self, value: float) -> str:
        """The amount without its unit, for table cells under a head that names it."""
        return _grouped(self.scaled(value), self.decimals)

    @property
    def per_mwh(self) -> str:
        """Unit of energy prices: never scaled."""
        return f"{self.currency}/MWh"


def money_of(currency: str, largest: float) -> Money:
    """The scale for amounts up to `largest`: units, thousands or millions of the currency."""
    scales = ((2e6, 1e6, "M "), (2e4, 1e3, "k "), (0.0, 1.0, ""))
    factor, word = next((factor, word) for least, factor, word in scales if abs(largest) >= least)
    return Money(currency, factor, word + currency, 1 if abs(largest) >= 1e4 * factor else 2)


def unit_of(path: str) -> str:
    """Unit of a size, from the suffix of its path: "MW", "MWh" or "".

    Example:
        >>> unit_of("battery.main.energy_mwh")
        'MWh'
    """
    return next((unit for suffix, unit in UNIT_SUFFIXES.items() if path.endswith(suffix)), "")


def name_of(path: str) -> str:
    """A path or channel in plain words, without its unit.

    Example:
        >>> name_of("battery.main.energy_mwh"), name_of("grid.connection.firm_mw")
        ('Battery main, energy', 'Grid, firm')
        >>> name_of("grid.tariff.contract.main.power_mw"), name_of("solar.roof.output_mw")
        ('Contracted power, main', 'Solar roof')
    """
    stem = path
    for suffix in UNIT_SUFFIXES:
        stem = stem.removesuffix(suffix)
    if stem in PARTS:
        return PARTS[stem]
    if stem.startswith("grid.tariff.contract."):
        return "Contracted power, " + _spaced(stem.split(".")[3])
    kind, _, rest = stem.partition(".")
    name, _, part = rest.partition(".")
    if not rest:
        return _spaced(kind).capitalize()
    owner = f"{_spaced(kind)} {_spaced(name)}".capitalize()
    if part in ("", "output") or (part == "power" and kind != "battery"):
        return owner
    return f"{owner}, {_spaced(part)}"


def _spaced(word: str) -> str:
    return word.replace("_", " ").replace("-", " ")


def month_name(label: str) -> str:
    """A month label of a case, or "year" for their sum, in words.

    Example:
        >>> month_name("2022-04"), month_name("year")
        ('Apr 2022', 'Year')
    """
    if label == "year":
        return "Year"
    year, month = label.split("-")
    return f"{MONTHS[int(month) - 1]} {year}"


def step_words(step_s: int) -> str:
    """Length of a step in words.

    Example:
        >>> step_words(1800), step_words(3600)
        ('30 min', '1 h')
    """
    return f"{step_s // 3600} h" if step_s % 3600 == 0 else f"{step_s // 60} min"
