"""three_sites as one linear programme written out, for the peers, independent of wattstack.

Needs    benchmarks.growth, lp; numpy, scipy.
Gives    growth_lp.
Used by  benchmarks.tools, tests/benchmarks.

The running as in lp.py, one site-year behind the other; then for every site-year the three sizes that stand
(battery MW, MWh, solar MW), then the same three as what is added that year.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, eye_array, hstack, kron, vstack

from benchmarks.cases import TERMS
from benchmarks.growth import GrowthCase, hours_a_year, site_case
from benchmarks.lp import Lp, below, running

KINDS = 3
ENERGY = 1


def growth_lp(case: GrowthCase) -> Lp:
    """All sites and years; the cost is their present value [EUR]. `Lp.sizes` are in order of site, year, kind."""
    parts = [site_case(case, site, year) for site in range(case.sites) for year in range(case.years)]
    steps, count, step_h = parts[0].count, len(parts), parts[0].year.step_h
    n, sizes = steps * count, 2 * KINDS * count
    load, price, sun = (
        np.concatenate([getattr(part.year, name) for part in parts])
        for name in ("load_mw", "price_per_mwh", "solar_frac")
    )
    every, which = np.arange(n), np.repeat(np.arange(count), steps)
    before = steps * which + (every - 1) % steps
    cost, balance, right = running(load, price, step_h, before)
    worth = np.tile(case.discount, case.sites)
    cost *= np.tile(np.repeat(worth, steps) * hours_a_year(parts[0]), 6)
    sunny = np.flatnonzero(sun > 0.0)
    limits = [
        below(n, block, at, rate, KINDS * which[at] + kind, sizes)
        for block, at, rate, kind in (
            (0, every, np.ones(n), 0),
            (1, every, np.ones(n), 0),
            (5, every, np.ones(n), ENERGY),
            (3, sunny, sun[sunny], 2),
        )
    ]
    growth, growth_lower, growth_upper = _growth(case)
    wide = [hstack([balance, csc_array((2 * n, sizes))]), *limits]
    matrix = vstack([*wide, hstack([csc_array((growth.shape[0], 6 * n)), growth])], format="csc")
    free, terms = np.full(n, np.inf), TERMS
    grid = np.repeat([part.grid_mw for part in parts], steps)
    most = np.tile([terms.battery_most_mw, terms.battery_most_mwh, terms.solar_most_mw], 2 * count)
    dark = np.where(sun > 0.0, np.inf, 0.0)
    limit_rows = matrix.shape[0] - 2 * n - growth.shape[0]
    return Lp(
        cost=np.concatenate([cost, np.kron(worth, _yearly()), np.zeros(KINDS * count)]),
        lower=np.zeros(6 * n + sizes),
        upper=np.concatenate([free, free, grid, dark, np.full(n, terms.gas_mw), free, most]),
        matrix=matrix,
        row_lower=np.concatenate([right, np.full(limit_rows, -np.inf), growth_lower]),
        row_upper=np.concatenate([right, np.zeros(limit_rows), growth_upper]),
        steps=n,
        step_h=step_h,
    )


def _yearly() -> list[float]:
    """Yearly cost of one unit of each kind."""
    return [
        TERMS.battery_price_per_mw_year,
        TERMS.battery_price_per_mwh_year,
        TERMS.solar_price_per_mw_year,
    ]


def _growth(case: GrowthCase) -> tuple[csc_array, np.ndarray, np.ndarray]:
    """Rows: what stands = what stood the year before + what is added; all sites add at most the budget of energy."""
    one = eye_array(case.years)
    grown = kron(eye_array(case.sites), kron(one - eye_array(case.years, k=-1), eye_array(KINDS)))
    count = case.sites * case.years * KINDS
    energy = np.zeros((1, KINDS))
    energy[0, ENERGY] = 1.0
    added = kron(np.ones((1, case.sites)), kron(one, energy))
    rows = vstack(
        [hstack([grown, -eye_array(count)]), hstack([csc_array((case.years, count)), added])], format="csc"
    )
    nothing = np.zeros(count)
    return rows, np.append(nothing, np.full(case.years, -np.inf)), np.append(nothing, case.budget_mwh)
