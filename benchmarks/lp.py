"""A case as one linear programme written out, for the peers, independent of wattstack.

Needs    benchmarks.cases; numpy, scipy.
Gives    Lp, dispatch_lp, site_lp; running, below for growth_lp.
Used by  benchmarks.peers, growth_lp, tests/benchmarks.

Six columns a step: charge, discharge, grid, solar, gas [MW], stored [MWh at the end of the step]; for the
plan three sizes and one peak a month behind them. No column for unserved load: none is needed at these sizes,
and the programme is smaller without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array, csc_array, eye_array, hstack, vstack

from benchmarks.cases import TERMS, SiteCase

BLOCKS = ("charge", "discharge", "grid", "solar", "gas", "stored")


@dataclass(frozen=True)
class Lp:
    """minimise cost . x  subject to  row_lower <= matrix x <= row_upper, lower <= x <= upper.

    The first `steps` rows balance the bus [MW]: their duals over `step_h` are the energy prices.
    """

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    matrix: csc_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    steps: int
    step_h: float

    def sizes(self, x: np.ndarray) -> np.ndarray:
        """Battery MW, MWh, solar MW and the peaks, where they are columns."""
        return x[len(BLOCKS) * self.steps :]


def running(
    load_mw: np.ndarray, price_per_mwh: np.ndarray, h: float, before: np.ndarray
) -> tuple[np.ndarray, csc_array, np.ndarray]:
    """Cost of the six blocks of columns, rows that balance bus and storage, and their right side.

    `before` is the step whose stored energy each step begins with.
    """
    n = len(load_mw)
    zero, one = csc_array((n, n)), eye_array(n, format="csc")
    earlier = coo_array((np.ones(n), (np.arange(n), before)), shape=(n, n)).tocsc()
    kept = TERMS.kept_frac_per_h**h
    rows = block_array(
        [
            [-one, one, one, one, one, zero],
            [
                -TERMS.charge_eff * h * one,
                h / TERMS.discharge_eff * one,
                zero,
                zero,
                zero,
                one - kept * earlier,
            ],
        ],
        format="csc",
    )
    nothing = np.zeros(n)
    wear = np.full(n, TERMS.wear_discharge_per_mwh)
    gas = np.full(n, TERMS.gas_price_per_mwh)
    cost = h * np.concatenate([nothing, wear, price_per_mwh, nothing, gas, nothing])
    return cost, rows, np.append(load_mw, nothing)


def below(n: int, block: int, steps: np.ndarray, rate: np.ndarray, size: np.ndarray, sizes: int) -> csc_array:
    """Rows: column of the block in these steps - rate x size <= 0; sizes stand behind the blocks."""
    m = len(steps)
    left = [csc_array((m, n)) for _ in BLOCKS]
    left[block] = eye_array(n, format="csr")[steps]
    right = coo_array((-rate, (np.arange(m), size)), shape=(m, sizes))
    return hstack([*left, right], format="csc")


def _one_site(case: SiteCase) -> tuple[np.ndarray, csc_array, np.ndarray]:
    year = case.year
    return running(year.load_mw, year.price_per_mwh, year.step_h, (np.arange(case.count) - 1) % case.count)


def dispatch_lp(case: SiteCase) -> Lp:
    """The case at its fixed sizes: every limit is a bound."""
    n = case.count
    power_mw, energy_mwh, solar_mw = case.fixed
    cost, rows, right = _one_site(case)
    limits = (power_mw, power_mw, case.grid_mw, solar_mw * case.year.solar_frac, TERMS.gas_mw, energy_mwh)
    upper = np.concatenate([np.broadcast_to(limit, n) for limit in limits])
    return Lp(cost, np.zeros(6 * n), upper, rows, right, right, n, case.year.step_h)


def site_lp(case: SiteCase) -> Lp:
    """The case with its sizes and monthly peaks as columns."""
    n, months = case.count, case.months
    cost, balance, right = _one_site(case)
    sunny = np.flatnonzero(case.year.solar_frac > 0.0)
    every, whole = np.arange(n), np.ones(n)
    sizes = 3 + months
    limits = [
        below(n, 0, every, whole, np.full(n, 0), sizes),
        below(n, 1, every, whole, np.full(n, 0), sizes),
        below(n, 5, every, whole, np.full(n, 1), sizes),
        below(n, 3, sunny, case.year.solar_frac[sunny], np.full(len(sunny), 2), sizes),
        below(n, 2, every, whole, 3 + case.year.month, sizes),
    ]
    wide = hstack([balance, csc_array((2 * n, sizes))])
    matrix = vstack([wide, *limits], format="csc")
    count = matrix.shape[0]
    terms = TERMS
    free = np.full(n, np.inf)
    dark = np.where(case.year.solar_frac > 0.0, np.inf, 0.0)
    upper = np.concatenate([free, free, np.full(n, case.grid_mw), dark, np.full(n, terms.gas_mw), free])
    most = [terms.battery_most_mw, terms.battery_most_mwh, terms.solar_most_mw]
    yearly = [
        terms.battery_price_per_mw_year,
        terms.battery_price_per_mwh_year,
        terms.solar_price_per_mw_year,
    ]
    return Lp(
        cost=np.concatenate([cost, yearly, np.full(months, terms.peak_price_per_mw_month)]),
        lower=np.zeros(6 * n + 3 + months),
        upper=np.concatenate([upper, most, np.full(months, case.grid_mw)]),
        matrix=matrix,
        row_lower=np.concatenate([right, np.full(count - 2 * n, -np.inf)]),
        row_upper=np.concatenate([right, np.zeros(count - 2 * n)]),
        steps=n,
        step_h=case.year.step_h,
    )
