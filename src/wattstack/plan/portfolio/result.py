"""What a portfolio plan answers: every amount by period, the certificate, the rents and the cash.

Gives    Amounts, PortfolioPlan, Decisions, PortfolioRound, CAPITAL_LINES.
Used by  plan.portfolio, report, cli.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattstack.portfolio import Portfolio

# kind -> key -> array over periods. Keys are tuples of names.
Amounts = Mapping[str, Mapping[tuple[str, ...], np.ndarray]]

CAPITAL_LINES = ("deposit", "delivery", "capital")  # lines of cash that are capital

# What is decided, by the period in which it is decided (all other amounts follow from these and the running):
DECISIONS = (
    "order", "server_order", "storage_order", "generation_order", "generation_sold", "commit", "start",
    "line_order", "build",
)  # fmt: skip
# kind               key                              unit       meaning, array shape (periods,)
# order              (item, site, supplier)           unit       ordered; supplier "" where none is named
# server_order       (generation, site, supplier)     MW IT
# storage_order      (chemistry, site, supplier)      MWh        supplier = factory name for own cells
# generation_order   (tech, site)                     MW
# generation_sold    (tech, site)                     MW         bridging power given up
# commit             (site, stage)                    0..1       committed up to this period (never falls)
# start              (site, gate)                     0..1       started up to this period (never falls)
# line_order         (factory,)                       count
# build              (path, site)                     MW, MWh    sizes of a campus site
# there              (resource, site)                 unit       shell, electrical, cooling, hv there
# server_there, server_on   (generation, site)        MW IT
# it_mw              (site,)                          MW IT      energised compute
# stage_on (site, stage), gate_open (site, gate)      0..1
# firm_mw, nonfirm_mw (site,)                         MW
# generation_mw      (tech, site)                     MW
# storage_mwh        (chemistry, site)                MWh        there; cycled_mwh: of it free for daily use
# size               (path, site)                     MW, MWh    sizes there at a campus site
# line_start (factory,), made_gwh, stock_gwh, own_gwh (factory,)
# sold_gwh           (segment, tranche)               GWh
# conversion_per_kwh (factory,)                       currency/kWh, the learning path that was given
# running_m          (site,)                          M          cost of running


@dataclass(frozen=True)
class Decisions:
    """What is ordered, committed and started, by the period of the decision. See the table above."""

    amounts: Amounts

    def of(self, kind: str) -> Mapping[tuple[str, ...], np.ndarray]:
        """Decisions of one kind, empty where there are none."""
        return self.amounts.get(kind, {})


@dataclass(frozen=True, slots=True)
class PortfolioRound:
    """One round of the search: best value so far, bound, cuts added."""

    number: int
    npv_m: float
    bound_m: float
    cuts: int
    seconds: float


@dataclass(frozen=True)
class PortfolioPlan:
    """A plan and its proof.

    Attributes:
        portfolio: What was planned.
        npv_m: Net present value [M of portfolio.currency]. bound_m: no plan is worth more.
        gap_frac: (bound - npv) / |bound|.
        whole: Whether stages, gates and lines are whole.
        amounts: Every amount by period, see the table at the head of plan/portfolio/result.py.
        prices: Worth of one more unit of each row's limit by period [M/unit], >= 0: kind of row -> key. Kinds:
            shell, electrical, cooling, servers, hv, grid, nonfirm, power, reserve_energy, reserve_power, fire_cap,
            land, crew, gate_permit, gate_land, gate_fibre, supply, share, factory, cells, market, budget, credit.
            From the linear plan, where units are whole too.
        cash: Undiscounted cash by line: (line, what, site) -> array of shape (periods + 1,), the last the end of the
            horizon (residual values). Lines: server revenue, battery revenue, fixed, running, deposit, delivery,
            cells, upkeep, residual, sold (generation given up), annuity. Costs are negative. Sum x discount = npv_m.
        solvers: Calls by what answered: "kernel", "linear".
        rounds: Convergence.
        notes: Assumptions and remarks to be shown with the plan.
    """

    portfolio: Portfolio
    npv_m: float
    bound_m: float
    gap_frac: float
    whole: bool
    amounts: Amounts
    prices: Amounts
    cash: Mapping[tuple[str, str, str], np.ndarray]
    solvers: Mapping[str, int]
    rounds: tuple[PortfolioRound, ...]
    notes: tuple[str, ...] = ()
    scenario: str = ""
    probability_frac: float = 1.0
    timing: Mapping[str, float] = field(default_factory=dict)

    @property
    def decisions(self) -> Decisions:
        """What this plan decides."""
        return Decisions({kind: self.amounts[kind] for kind in DECISIONS if kind in self.amounts})

    @property
    def capital(self) -> Mapping[tuple[str, str, str], np.ndarray]:
        """The part of the cash that is capital."""
        return {key: values for key, values in self.cash.items() if key[0] in CAPITAL_LINES}

    def total(self, kind: str) -> np.ndarray:
        """Sum over all keys of one kind; shape (periods,)."""
        parts = list(self.amounts.get(kind, {}).values())
        return np.sum(parts, axis=0) if parts else np.zeros(self.portfolio.calendar.count)
