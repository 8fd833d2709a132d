"""What capital is paid for, by period and group of things.

Gives    GROUPS, capital_paid, cumulative_cash.
Used by  report.portfolio.sections.money, report.figures.portfolio.money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.portfolio.view import PortfolioView

if TYPE_CHECKING:
    from wattstack.plan.portfolio import PortfolioPlan

GROUPS = {
    "servers": "Servers",
    "shell": "Halls",
    "electrical": "Electrical gear",
    "cooling": "Cooling",
    "hv": "Transformers",
    "grid": "Grid stages, permits, fibre",
    "storage": "Batteries",
    "generation": "Generation",
    "line": "Factory lines",
    "size": "Sizes of campus files",
}


def capital_paid(view: PortfolioView) -> dict[str, np.ndarray]:
    """Deposits, deliveries and capital of sizes by group, as amounts > 0 [M]; shape (periods,) each."""
    groups, found = _groups(view), {}
    for (_, what, _), values in view.plan.capital.items():
        name = groups.get(what, "size")
        found[name] = found.get(name, 0.0) - values[:-1]
    return {name: found[name] for name in GROUPS if name in found and np.any(np.abs(found[name]) > 0.0)}


def _groups(view: PortfolioView) -> dict[str, str]:
    """Group by the name of a thing in the cash flow."""
    portfolio = view.portfolio
    out = {"line": "line"}
    out |= {offer.tech: "generation" for offer in portfolio.generation}
    out |= {offer.chemistry: "storage" for offer in portfolio.storage}
    out |= {item.item: item.resource for item in portfolio.items}
    out |= {server.generation: "servers" for server in portfolio.servers}
    out |= {stage.stage: "grid" for stage in portfolio.stages}
    out |= {gate.gate: "grid" for gate in portfolio.gates}
    return {name: group if group in GROUPS else "size" for name, group in out.items()}


def cumulative_cash(plan: PortfolioPlan) -> np.ndarray:
    """Running sum of all cash, not discounted, without what is left at the end [M]; shape (periods,)."""
    net = sum(plan.cash.values(), np.zeros(plan.portfolio.calendar.count + 1))
    return np.cumsum(net)[:-1]
