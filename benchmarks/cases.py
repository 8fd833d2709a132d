"""The benchmark campus: 150 MW for one year, as numbers that every tool builds its own input from.

Needs    benchmarks.series; real prices beside the checkout where they are.
Gives    SiteCase, Terms, TERMS, make_case, real_cases, shortened.
Used by  every other file of benchmarks.

Battery MW and MWh and solar MW are sized; 40 MW of gas stand and run at 140; the grid connection ends at
110 MW ("h", "q": all twelve monthly peaks sit at it) or at 150 MW ("h_peak", "q_peak": all twelve are free
and set sizes). Storage is cyclic and loses a little by standing. Every number of Terms is an assumption.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.series import SEED, Year, generated_year, hourly, minute_year

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FRANCE = DATA / "site-france" / "prices_day_ahead_fr_hourly_2015_2023.csv"
KANSAI = DATA / "site-sakai" / "prices_jepx_kansai_30min_fy2020_fy2023.csv"
EUR_PER_JPY = 1.0 / 150.0


@dataclass(frozen=True)
class Terms:
    """What things cost and how well they work, the same in every case.

    Yearly costs are annuities and upkeep together.
    """

    gas_mw: float = 40.0
    gas_price_per_mwh: float = 140.0
    peak_price_per_mw_month: float = 8000.0
    battery_price_per_mw_year: float = 9000.0
    battery_price_per_mwh_year: float = 13500.0
    solar_price_per_mw_year: float = 48000.0
    battery_most_mw: float = 300.0
    battery_most_mwh: float = 2000.0
    solar_most_mw: float = 500.0
    charge_eff: float = 0.96
    discharge_eff: float = 0.95
    kept_frac_per_h: float = 1.0 - 1e-4
    wear_discharge_per_mwh: float = 2.0
    # Ours only. Above every price of the peers' optimum, so none is left unserved there: the same problem.
    lost_load_per_mwh: float = 100_000.0


TERMS = Terms()


@dataclass(frozen=True)
class SiteCase:
    """One year at one campus.

    Attributes:
        name: "h", "q", "h_peak", "q_peak", "minute", "france_2023", "kansai_2022".
        year: Series.
        grid_mw: Where the grid connection ends.
        fixed: Sizes at which the dispatch benchmark runs: (battery MW, battery MWh, solar MW).
    """

    name: str
    year: Year
    grid_mw: float
    fixed: tuple[float, float, float] = (40.0, 150.0, 100.0)

    @property
    def count(self) -> int:
        """Number of steps."""
        return len(self.year.load_mw)

    @property
    def months(self) -> int:
        """Number of months in it."""
        return int(self.year.month[-1]) + 1

    @property
    def peak_names(self) -> tuple[str, ...]:
        """Size columns of the metered peaks."""
        return tuple(f"peak.monthly.2023-{month + 1:02d}" for month in range(self.months))


@cache
def _quarters(seed: int) -> Year:
    return generated_year(seed)


def make_case(name: str) -> SiteCase:
    """A case by its name; "h_peak.3" is h_peak in another year of the same climate and market.

    Raises:
        KeyError: There is no case of that name here (real ones need the real prices).
    """
    stem, _, variant = name.partition(".")
    year = _quarters(SEED + int(variant or 0))
    made = {
        "h": lambda: SiteCase(name, hourly(year), 110.0),
        "q": lambda: SiteCase(name, year, 110.0),
        "h_peak": lambda: SiteCase(name, hourly(year), 150.0),
        "q_peak": lambda: SiteCase(name, year, 150.0),
        "minute": lambda: SiteCase(name, minute_year(year), 110.0),
        "france_2023": lambda: _with_prices(name, _read(FRANCE, "2022-12-31T23", 8760, 1.0), 1.0),
        "kansai_2022": lambda: _with_prices(
            name, _read(KANSAI, "2022-04-01T00", 17520, 1e3 * EUR_PER_JPY), 0.5
        ),
    }
    return made[stem]()


def real_cases() -> list[str]:
    """Names of the cases on real prices, empty where the real input is not beside the checkout."""
    return [name for name, path in (("france_2023", FRANCE), ("kansai_2022", KANSAI)) if path.exists()]


def _read(path: Path, first: str, count: int, factor: float) -> np.ndarray:
    """`count` prices from the stamp that begins with `first` on, each times `factor`."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    start = next(i for i, row in enumerate(rows) if row[0].startswith(first))
    return np.array([float(row[1]) for row in rows[start : start + count]]) * factor


def _with_prices(name: str, price: np.ndarray, step_h: float) -> SiteCase:
    """h_peak with real prices in place of the generated ones; load and sun stay SYNTHETIC."""
    quarters = _quarters(SEED)
    n = round(step_h / quarters.step_h)
    year = Year(
        step_h=step_h,
        price_per_mwh=np.round(price, 2),
        load_mw=np.round(quarters.load_mw.reshape(-1, n).mean(axis=1), 3),
        solar_frac=np.round(quarters.solar_frac.reshape(-1, n).mean(axis=1), 4),
        month=quarters.month[::n],
    )
    return SiteCase(name, year, 150.0)


def shortened(case: SiteCase, first: int, count: int, months: int = 2) -> SiteCase:
    """`count` steps of a case from step `first` on, cut into equal months: small enough for tests."""
    part = slice(first, first + count)
    year = case.year
    return replace(
        case,
        name=f"{case.name}[{first}:{first + count}]",
        year=Year(
            year.step_h,
            year.price_per_mwh[part],
            year.load_mw[part],
            year.solar_frac[part],
            np.arange(count) * months // count,
        ),
    )
