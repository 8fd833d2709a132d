"""From the columns of the best point to a plan in words.

Needs    plan.portfolio.search, block.
Gives    read_plan.
Used by  plan.portfolio.solve, stochastic.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.block import Block
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.search import Search

INNER_ROWS = (
    "sum",
    "opened",
    "energised",
    "kept",
    "needs",
    "own",
    "compute",
    "cycled",
    "rule",
    "lines",
    "money",
    "cash",
)
DUST = 1e-9  # what HiGHS leaves of a zero


def read_plan(
    search: Search, block: Block, duals: np.ndarray, *, whole: bool, future: int = 0, scenario: str = ""
) -> PortfolioPlan:
    """The plan of one future.

    Args:
        search: At its end.
        block: The future. future: its number in the search.
        duals: Worth of each row from the last programme with parts of units.
        whole: Whether units are whole.
        scenario: Name of the future.
    """
    x = np.where(np.abs(search.best) < DUST, 0.0, search.best)
    amounts = block.draft.values(x)
    amounts.pop("given", None)
    for kind in ("commit", "start"):  # too late to begin: no column, but what is done stays done
        amounts[kind] = {key: np.maximum.accumulate(done) for key, done in amounts.get(kind, {}).items()}
    if block.conversion_per_kwh is not None:
        amounts["conversion_per_kwh"] = {(block.portfolio.factory.name,): block.conversion_per_kwh}
        lead = block.portfolio.factory.line_lead_q
        amounts["line_start"] = {
            key: np.append(np.zeros(lead), values)[: len(values)]
            for key, values in amounts["line_order"].items()
        }
    single = len(search.blocks) == 1
    return PortfolioPlan(
        portfolio=block.portfolio,
        npv_m=float(search.npvs_m[future]),
        bound_m=max(search.bound_m if single else -np.inf, float(search.npvs_m[future])),  # rounding
        gap_frac=max(search.gap_frac, 0.0),
        whole=whole,
        amounts=amounts,
        prices=_prices(block, duals),
        cash=block.draft.cash(x),
        solvers=dict(search.pool.solvers),
        rounds=tuple(search.rounds),
        notes=tuple(block.draft.notes),
        scenario=scenario,
        probability_frac=block.probability_frac,
    )


def _prices(block: Block, duals: np.ndarray) -> dict:
    """Worth of one more unit of each limit by period, in present value of its own future [M/unit]."""
    padded = np.append(duals, 0.0) / block.probability_frac
    found = {}
    for kind, rows in block.draft.rows.items():
        if kind not in INNER_ROWS:
            found[kind] = {
                key: np.maximum(padded[np.where(at < 0, len(duals), at)], 0.0) for key, at in rows.items()
            }
    return found
