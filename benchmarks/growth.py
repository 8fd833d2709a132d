"""Campuses that grow over years under a shared battery budget, as numbers that every tool builds its input from.

Needs    benchmarks.cases, series.
Gives    GrowthCase, make_growth, site_case, hours_a_year, FIRST_YEAR, DISCOUNT_FRAC.
Used by  benchmarks.growth_lp, growth_files, growth_problem, portfolio.

Loads grow and prices drift; sizes never shrink and cost their annuity while they stand (three_sites) or are paid when
built and paid back for what is left of their lives (hundred_sites). What all sites together may add of battery
energy in a year is limited (the factory), in hundred_sites what they may spend, too. Series are SYNTHETIC, a seed
for each; every number is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from benchmarks.cases import SiteCase
from benchmarks.series import DAYS_IN_MONTH, SEED, Year, generated_year, hourly

FIRST_YEAR = 2027
DISCOUNT_FRAC = 0.07
LOAD_GROWTH_FRAC = 0.05
LAST_LOAD_FRAC = 0.98  # of the generated year: grid and gas then still carry the load
FIRST_DAY = 79  # three_sites begins on 21 March
DRAWN = 40  # years drawn for a large case, mixed anew for every site and year


@dataclass(frozen=True)
class GrowthCase:
    """Sites over years.

    Attributes:
        name: "three_sites", "sites.100".
        years: Number of years.
        load_level: Load of the first year over that of the generated one, by site; shape (sites,).
        price_level, price_growth_frac: The same of prices, and their yearly growth; shape (sites,).
        grid_mw: Connection of each site [MW]; shape (sites,).
        budget_mwh: Battery energy that may be added by all sites together, by year [MWh]; shape (years,).
        budget_m: What all sites together may spend in a year [M], None for no limit.
        hours: Of a year in three_sites.
    """

    name: str
    years: int
    load_level: np.ndarray
    price_level: np.ndarray
    price_growth_frac: np.ndarray
    grid_mw: np.ndarray
    budget_mwh: np.ndarray
    budget_m: float | None = None
    hours: int = 28 * 24

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.grid_mw)

    @property
    def is_large(self) -> bool:
        """Whether it has whole years of quarter-hours, monthly peaks, and budgets of both kinds."""
        return self.budget_m is not None

    @property
    def discount(self) -> np.ndarray:
        """Present value of 1 paid at the beginning of each year; shape (years,)."""
        return (1.0 + DISCOUNT_FRAC) ** -np.arange(self.years)


def make_growth(name: str) -> GrowthCase:
    """A case by its name: "three_sites", or "sites.N" for N sites in full (hundred_sites is sites.100)."""
    if name == "three_sites":
        return _case(name, sites=3, years=5, budget_mwh=60.0)
    count = int(name.removeprefix("sites."))
    return replace(_case(name, sites=count, years=10, budget_mwh=20.0 * count), budget_m=12.0 * count)


def _case(name: str, sites: int, years: int, budget_mwh: float) -> GrowthCase:
    rng = np.random.default_rng(SEED)
    first = LAST_LOAD_FRAC / (1.0 + LOAD_GROWTH_FRAC) ** (years - 1)
    return GrowthCase(
        name=name,
        years=years,
        load_level=np.round(first * np.linspace(1.0, 0.9, sites), 4),
        price_level=np.round(rng.uniform(0.85, 1.2, sites), 3),
        price_growth_frac=np.round(rng.uniform(0.01, 0.04, sites), 3),
        grid_mw=np.round(np.linspace(110.0, 118.0, sites), 1),
        budget_mwh=np.full(years, budget_mwh),
    )


def site_case(case: GrowthCase, site: int, year: int) -> SiteCase:
    """One year at one site.

    In three_sites a year is the first one with load and prices grown. In a large case every year of every site has
    prices of its own; some sites share weather.
    """
    grown = (1.0 + LOAD_GROWTH_FRAC) ** year
    dear = (1.0 + case.price_growth_frac[site]) ** year
    drawn = _drawn(SEED + site % DRAWN) if case.is_large else _window(SEED + site, case.hours)
    price = drawn.price_per_mwh
    if case.is_large:
        noise = np.random.default_rng(SEED + 1000 * site + year).normal(0.0, 2.0, len(price))
        price = _drawn(SEED + (site + 7 * year + 1) % DRAWN).price_per_mwh + noise
    own = replace(
        drawn,
        price_per_mwh=dear * np.round(price * case.price_level[site], 2),
        load_mw=grown * np.round(drawn.load_mw * case.load_level[site], 3),
    )
    return SiteCase(f"{case.name}[{site},{year}]", own, float(case.grid_mw[site]))


@cache
def _drawn(seed: int) -> Year:
    return generated_year(seed)


@cache
def _window(seed: int, count: int) -> Year:
    """Some hours of a generated year."""
    year = hourly(generated_year(seed))
    part = slice(24 * FIRST_DAY, 24 * FIRST_DAY + count)
    nothing = np.zeros(count, int)
    return Year(1.0, year.price_per_mwh[part], year.load_mw[part], year.solar_frac[part], nothing)


def hours_a_year(case: SiteCase) -> float:
    """Hours of a year over those of the case: what its running counts for."""
    return 24.0 * sum(DAYS_IN_MONTH) / (case.count * case.year.step_h)
