"""Who uses the battery: how many MW and MWh arbitrage, backup and smoothing took of it, and what each duty costs.

Needs    case.held_by, plan.columns, plan.cuts, plan.monolith.
Gives    duty_costs, duty_table, DUTIES.
Used by  plan.site.

What a duty costs is the difference of two plans: this one, and the best one without it. So it holds what the battery no
longer earns as well as what had to be built larger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.case import held_by
from wattstack.dispatch import why_not_kernel
from wattstack.plan.account import smoothing_wear_per_h
from wattstack.plan.columns import sizing_model
from wattstack.plan.cuts import solve_by_cuts
from wattstack.plan.monolith import solve_whole

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus
    from wattstack.case import Case, Held
    from wattstack.dispatch import Dispatch

DUTIES = ("backup", "smoothing")
COLUMNS = (
    "battery", "duty", "power_mw", "energy_mwh", "energy_mean_mwh", "throughput_mwh_per_year", "wear_per_year",
    "cost_per_year",
)  # fmt: skip


def duty_costs(
    campus: Campus,
    cases: Sequence[Case],
    objective: float,
    gap_frac: float,
    report: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """What each duty costs a year: this plan less the cheapest one that has not this duty.

    Args:
        campus: As declared.
        cases: One a scenario.
        objective: Yearly cost of the plan.
        gap_frac: As the plan was solved to.
        report: Called after each plan without a duty.

    Returns:
        Cost by duty, >= 0; empty where none is declared [currency/year].
    """
    costs = {}
    for duty in DUTIES:
        if getattr(campus.duties, duty) is None:
            continue
        bare = campus.model_copy(update={"duties": campus.duties.model_copy(update={duty: None})})
        site = sizing_model(bare, [replace(case, campus=bare) for case in cases])
        if any(why_not_kernel(problem) is not None for problem in site.model.problems):
            cost = solve_whole(site, gap_frac).objective
        else:
            cost = solve_by_cuts(site.model, gap_frac)[0].objective
        costs[duty] = max(objective - cost - site.standing_cost, 0.0)
        report()
    return costs


def duty_table(
    campus: Campus,
    cases: Sequence[Case],
    runs: Sequence[Dispatch],
    sizes: Mapping[str, float],
    costs: Mapping[str, float],
) -> pd.DataFrame:
    """What every duty took of every battery.

    Args:
        campus: As declared.
        cases: One a scenario.
        runs: The running of each.
        sizes: The plan's sizes by path.
        costs: As duty_costs gives them; a duty that is not named was not solved without.

    Returns:
        DataFrame, rows battery and duty, columns COLUMNS: energy_mwh the most that is held at any moment of any
        scenario, energy_mean_mwh its mean (arbitrage: the least that is left, and the mean). The rows of backup and
        arbitrage share their power: backup asks for it in an outage alone. wear_per_year is that of what is
        given at the bus; cost_per_year is NaN for arbitrage, which is no duty.
    """
    import pandas as pd

    rows = []
    for name in campus.battery:
        held = [held_by(campus, name, case.load_mw) for case in cases]
        power, energy = sizes[f"battery.{name}.power_mw"], sizes[f"battery.{name}.energy_mwh"]
        backup = [part.backup_mwh + part.error_frac * energy for part in held]
        swings_mwh = 2.0 * held[0].smoothing_mwh
        most = max(float(level.max()) for level in backup)
        mean = _expected(
            cases, [float(level.mean()) * case.years for level, case in zip(backup, cases, strict=True)]
        )
        given = _expected(
            cases,
            [
                _energy(run.discharge_mw.get(f"battery.{name}"), case)
                for run, case in zip(runs, cases, strict=True)
            ],
        )
        rows.append(
            (name, "arbitrage", power - held[0].smoothing_mw, energy - most - swings_mwh, energy - mean - swings_mwh,
             given, given * campus.battery[name].wear_per_mwh, np.nan)
        )  # fmt: skip
        if campus.duties.backup is not None:
            carried = max(part.backup_mw for part in held)
            rows.append((name, "backup", carried, most, mean, 0.0, 0.0, costs.get("backup", np.nan)))
        if held[0].smoothing_mw > 0.0:
            rows.append(
                (name, "smoothing", *_smoothing(campus, cases, name, held[0]), costs.get("smoothing", np.nan))
            )
    return pd.DataFrame([(f"battery.{row[0]}", *row[1:]) for row in rows], columns=list(COLUMNS))


def _smoothing(campus: Campus, cases: Sequence[Case], name: str, held: Held) -> tuple[float, ...]:
    """Power, energy below and above together, throughput and wear of the swings."""
    hours = _expected(cases, [case.axis.count * case.axis.step_h for case in cases])
    wear = smoothing_wear_per_h(campus).get(name, 0.0) * hours
    energy = 2.0 * held.smoothing_mwh
    return held.smoothing_mw, energy, energy, held.throughput_mwh_per_h * hours, wear


def _energy(power_mw: np.ndarray | None, case: Case) -> float:
    return 0.0 if power_mw is None else float(power_mw.sum()) * case.axis.step_h


def _expected(cases: Sequence[Case], over_axis: Sequence[float]) -> float:
    """What is spent over each axis, by the year and scenarios weighed."""
    return sum(case.weight_frac / case.years * value for case, value in zip(cases, over_axis, strict=True))
