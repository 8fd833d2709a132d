"""What a site plan answers: sizes, cost, certificate, bill, prices, what each limit is worth.

Gives    Plan, ScenarioResult, MarginalValue, Round, gap_between.
Used by  plan.site and its neighbours, report, cli.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus
    from wattstack.case import Case
    from wattstack.dispatch import Dispatch


def gap_between(objective: float, bound: float) -> float:
    """Distance of a plan from its lower bound as a share of its yearly cost.

    A cost below one unit of money counts as one, so that a plan that costs nothing has a gap too.

    Example:
        >>> gap_between(200.0, 199.0), gap_between(1e-9, 0.0)
        (0.005, 1e-09)
    """
    return (objective - bound) / max(abs(objective), 1.0)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the certificate: lower bound, best plan so far, seconds since the start."""

    bound: float
    objective: float
    seconds: float


@dataclass(frozen=True, slots=True)
class MarginalValue:
    """What one more unit of a limit or a size is worth a year.

    Attributes:
        path: "grid.connection.firm_mw".
        value: Present value of the limit [unit].
        unit: "MW" or "MWh".
        worth_per_unit_year: Yearly cost saved by one more unit (>= 0); negative = costs more than it saves.
        until: Value up to which re-solving finds at least half that worth; None if not re-solved.
        sentence: The same in words, with the currency.
    """

    path: str
    value: float
    unit: str
    worth_per_unit_year: float
    until: float | None
    sentence: str


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario of the plan: its case, its running at the plan's sizes, and its tables.

    Attributes:
        case: The bound campus.
        dispatch: Best running at the plan's sizes.
        peaks_mw: Metered peaks by cap column name ("peak.monthly.2022-04").
        bill: cost.Bill of the plan (see cost.tariff): lines by month with the interval that set each peak.
        baseline: cost.Bill of "no new assets".
        price_per_mwh: Polished energy price by step (dual of the whole plan).
        balance: DataFrame, rows months + "year", columns MWh by source and use; sums to zero.
        emission_t: Carbon by month.
    """

    case: Case
    dispatch: Dispatch
    peaks_mw: dict[str, float]
    bill: object
    baseline: object
    price_per_mwh: np.ndarray
    balance: pd.DataFrame
    emission_t: pd.Series


@dataclass(frozen=True)
class Plan:
    """A site plan with its certificate.

    Attributes:
        campus: As declared, its scenarios with it.
        sense: "min".
        objective: Yearly cost: annuities of what is built + expected running + charges [currency/year].
        bound: Lower bound on the optimum; gap_frac = (objective - bound) / |objective|.
        sizes: By path ("battery.main.energy_mwh"), what stands, fixed or planned.
        planned: Paths the plan was free to choose.
        capital: DataFrame by asset path: size, unit, capital, annuity, fixed_per_year, life_years.
        finance: dict with npv, lcoe_per_mwh, lcos_per_mwh (with charging), lcos_without_charging_per_mwh,
            simple_payback_years, capital, baseline_cost_per_year, saving_per_year (None = not defined).
        cash_flow: DataFrame by year.
        marginal: What each limit is worth.
        curve: DataFrame around the optimum: path, value, objective.
        duties: DataFrame, what every duty took of every battery and what it costs (plan.duties).
        scenarios: One a scenario.
        rounds: Convergence of the certificate.
        solver: "kernel + cuts", "piqp", "highs".
        notes: Sentences a reader must see: foresight, real terms, synthetic inputs, flags.
        seconds: Time by stage; kept out of plan.json (timing.json).
    """

    campus: Campus
    name: str
    currency: str
    sense: str
    objective: float
    bound: float
    gap_frac: float
    sizes: dict[str, float]
    planned: tuple[str, ...]
    capital: pd.DataFrame
    finance: dict[str, float | str | None]
    cash_flow: pd.DataFrame
    marginal: tuple[MarginalValue, ...]
    curve: pd.DataFrame
    duties: pd.DataFrame
    scenarios: tuple[ScenarioResult, ...]
    rounds: tuple[Round, ...]
    solver: str
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
