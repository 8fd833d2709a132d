"""The calendar of a portfolio: quarters or years counted from the first, and the fiscal years they fall in.

Gives    Calendar, parse_quarter.
Used by  every file of this room, plan.portfolio, report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

QUARTER = re.compile(r"^(\d{4})Q([1-4])$")
YEAR = re.compile(r"^(\d{4})$")


def parse_quarter(text: str) -> int | None:
    """Quarters since year 0, None for text that is no quarter.

    Example:
        >>> parse_quarter("2030Q2") - parse_quarter("2029Q4")
        2
    """
    found = QUARTER.match(text)
    return int(found[1]) * 4 + int(found[2]) - 1 if found else None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods 0 .. count - 1, each a calendar quarter ("2026Q4") or a year ("2027").

    Args:
        first: Label of period 0.
        count: Number of periods.
        fiscal_start_month: First month of a fiscal year, 1, 4, 7 or 10. FY2030 with 4 = 2030Q2 .. 2031Q1.
    """

    first: str
    count: int
    fiscal_start_month: int = 1

    @property
    def is_yearly(self) -> bool:
        """Whether a period is a year."""
        return YEAR.match(self.first) is not None

    @property
    def period_years(self) -> float:
        """Length of a period [years]."""
        return 1.0 if self.is_yearly else 0.25

    def number(self, label: str) -> int | None:
        """Periods since year 0 of any label of this calendar's kind, None where it does not parse."""
        if self.is_yearly:
            return int(label) if YEAR.match(label) else None
        return parse_quarter(label)

    def index(self, label: str) -> int:
        """Period of a label, below 0 before the first and `count` or more after the last.

        Raises:
            ValueError: The label is no period of this calendar's kind.
        """
        number, first = self.number(label), self.number(self.first)
        if number is None or first is None:
            raise ValueError(f"{label!r} is no {'year' if self.is_yearly else 'quarter'}")
        return number - first

    def label(self, index: int) -> str:
        """Label of a period.

        Example:
            >>> Calendar("2026Q4", 26).label(25)
            '2033Q1'
        """
        number = self.number(self.first) + index
        return str(number) if self.is_yearly else f"{number // 4}Q{number % 4 + 1}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all periods."""
        return tuple(self.label(i) for i in range(self.count))

    @property
    def season(self) -> np.ndarray:
        """Quarter of the year of each period, 1 .. 4 (0 where a period is a year); shape (count,)."""
        if self.is_yearly:
            return np.zeros(self.count, int)
        return (self.number(self.first) + np.arange(self.count)) % 4 + 1

    @property
    def year(self) -> np.ndarray:
        """Calendar year at the middle of each period, as a decimal number; shape (count,)."""
        number = self.number(self.first) + np.arange(self.count) + 0.5
        return number if self.is_yearly else number / 4.0

    @property
    def fiscal_year(self) -> np.ndarray:
        """Fiscal year of each period by the year it starts in; shape (count,)."""
        if self.is_yearly:
            return self.number(self.first) + np.arange(self.count)
        number = self.number(self.first) + np.arange(self.count)
        return (number - (self.fiscal_start_month - 1) // 3) // 4

    @property
    def year_ends(self) -> tuple[int, ...]:
        """The last period of each fiscal year."""
        years = self.fiscal_year
        return tuple(q for q in range(self.count) if q + 1 == self.count or years[q + 1] != years[q])

    def discount(self, rate_frac: float) -> np.ndarray:
        """Present value of 1 paid at the beginning of each period, and after the last one; shape (count + 1,)."""
        return (1.0 + rate_frac) ** (-self.period_years * np.arange(self.count + 1))
