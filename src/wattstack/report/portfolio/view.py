"""What the report of a portfolio looks at: the files of one plan and what was asked beside it.

Needs    plan.portfolio.PortfolioFiles (a folder read, or a plan in memory: the same content).
Gives    PortfolioView, open_portfolio.
Used by  report.portfolio, report.figures.portfolio.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.report.portfolio.ground import made_up
from wattstack.report.words import Money

if TYPE_CHECKING:
    from wattstack.plan.portfolio import PortfolioFiles, PortfolioPlan, Table
    from wattstack.plan.portfolio.answers import Answers
    from wattstack.portfolio import Calendar, Portfolio, Site


@dataclass(frozen=True)
class PortfolioView:
    """A portfolio plan as a report sees it.

    Attributes:
        files: Content of its folder.
        money: Amounts are in millions of the currency everywhere.
    """

    files: PortfolioFiles
    money: Money

    @property
    def plan(self) -> PortfolioPlan:
        """The plan."""
        return self.files.plan

    @property
    def portfolio(self) -> Portfolio:
        """What was planned."""
        return self.files.plan.portfolio

    @property
    def answers(self) -> Answers:
        """What was asked beside the plan."""
        return self.files.answers

    @property
    def calendar(self) -> Calendar:
        """The periods."""
        return self.portfolio.calendar

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the periods."""
        return self.calendar.labels

    @property
    def period(self) -> str:
        """What a period is: "quarter" or "year"."""
        return "year" if self.calendar.is_yearly else "quarter"

    @property
    def today(self) -> int:
        """The period in which orders are placed now: the first, or the date of a report on progress."""
        found = self.answers.replanned
        at = 0 if found is None else self.calendar.index(found.as_of)
        return min(max(at, 0), self.calendar.count - 1)

    @property
    def synthetic(self) -> bool:
        """Whether any input is made up."""
        return bool(made_up(self.portfolio))

    @property
    def finance(self) -> dict[str, Any]:
        """The figures of the cash flow."""
        return self.files.summary["finance"]

    def table(self, stem: str) -> Table:
        """One table of the folder."""
        return self.files.tables[stem]

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The sites that hold computers, in the order of the file."""
        known = self.plan.amounts.get("it_mw", {})
        return tuple(site for site in self.portfolio.sites if (site.name,) in known)

    def it_mw(self, site: str) -> np.ndarray:
        """Energised computing power of a site [MW IT]; shape (periods,)."""
        return self.plan.amounts["it_mw"][(site,)]

    def announced_mw(self, site: str) -> np.ndarray:
        """Power announced for a site by period, over its PUE [MW IT]; zeros where nothing is; shape (periods,)."""
        need = np.zeros(self.calendar.count)
        pue = self.portfolio.site(site).pue
        for target in (t for t in self.portfolio.targets if t.site == site):
            at = max(self.calendar.index(target.quarter), 0)
            need[at:] = np.maximum(need[at:], target.facility_mw / pue)
        return need

    def when(self, index: int | None) -> str:
        """A period by its number, "not by ..." where it never comes."""
        return f"not by {self.labels[-1]}" if index is None else self.labels[index]


def open_portfolio(result: Any, **answers: Any) -> PortfolioView:
    """A view of a plan in memory with its answers, of files that were read, or of an `out/` folder.

    Raises:
        InputError: The folder holds no plan of a portfolio that can be read.
    """
    from wattstack.plan.portfolio import PortfolioPlan, portfolio_files, read_portfolio_plan

    if isinstance(result, (str, Path)):
        files = read_portfolio_plan(result)
    elif isinstance(result, PortfolioPlan):
        files = portfolio_files(result, **answers)
    else:
        files = result
    return PortfolioView(files, money_m(files.plan.portfolio.currency, abs(files.plan.npv_m)))


def money_m(currency: str, largest_m: float) -> Money:
    """Amounts in millions, without decimals where the largest has five figures or more."""
    return Money(currency, 1.0, f"M {currency}", 0 if largest_m >= 1000.0 else 1 if largest_m >= 10.0 else 3)
