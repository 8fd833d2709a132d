"""The site plan: one campus file in, sizes, cost, certificate, bill and the worth of each limit out.

Needs    case, cost, dispatch, plan.cuts and its neighbours.
Gives    plan_site.
Used by  the package's door, cli.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wattstack.case import Case, build_cases
from wattstack.cost import YearTotals, capital_table, cash_flow_table, finance_summary, size_costs
from wattstack.dispatch import Dispatch, why_not_kernel
from wattstack.plan.account import Account, account_running, import_mw
from wattstack.plan.baseline import Baseline, no_new_assets
from wattstack.plan.columns import SiteModel, sizing_model
from wattstack.plan.cuts import Search, Sizing, solve_by_cuts
from wattstack.plan.duties import duty_costs, duty_table
from wattstack.plan.monolith import CHECK_FRAC, require_served, solve_whole
from wattstack.plan.relief import explain_unserved, is_short, unserved_mw
from wattstack.plan.result import Plan, Round, ScenarioResult, gap_between
from wattstack.plan.worth import bound_values, marginal_values, sizing_curve
from wattstack.work import progress

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus, SizeRange


@dataclass
class _Answer:
    """What either way of solving hands over: the kernel's cuts or the general solver."""

    sizes: dict[str, float]
    bound: float
    solver: str
    runs: list[Dispatch]
    prices: list[np.ndarray]
    rounds: tuple[Round, ...]
    search: Search | None
    site: SiteModel
    notes: list[str] = field(default_factory=list)

    @property
    def weighted_runs(self) -> list[tuple[float, Dispatch]]:
        return list(zip(self.site.model.weights, self.runs, strict=True))


def plan_site(
    campus: Campus, gap_frac: float = 1e-6, polish: bool = False, curve: bool = True, worth: bool = True
) -> Plan:
    """Choose every size that the campus gives as a range, at the least yearly cost, with a lower bound beside it.

    Sizing by cuts on the exact dispatch kernel where it holds the campus, else the whole linear (or integer)
    programme at once; the plan says which.

    Args:
        campus: As read by read_campus; numbers stand, ranges are planned.
        gap_frac: (objective - bound) / |objective| to reach.
        polish: Go on until the prices of the plan are exact in every step and not only in most.
        curve: Solve again around the optimum, for the report's figure of how flat it is.
        worth: Solve again for the worth of each limit and the cost of each duty; without it `marginal` and `curve` are
            empty, and the duties have no cost.

    Returns:
        Plan: sizes, cost and certificate, bill, balance, finance, worth of each limit.

    Raises:
        InputError: A series is missing or wrong. InfeasibleError: Nothing that may be built serves the load.
        GapError: The gap was not reached.

    Example:
        >>> from wattstack import read_campus, plan_site                        # doctest: +SKIP
        >>> plan_site(read_campus("examples/sakai/campus.yaml")).sizes          # doctest: +SKIP
        {'battery.main.power_mw': 61.2, ...}
    """
    began = time.perf_counter()
    seconds: dict[str, float] = {}

    def done(stage: str) -> None:
        nonlocal began
        now = time.perf_counter()
        seconds[stage], began = now - began, now

    with progress(f"Planning {campus.name}") as bar:
        cases = build_cases(campus)
        bar.advance(note="inputs read")
        done("case")
        site = sizing_model(campus, cases)
        answer = _solve(site, cases, (gap_frac, polish), bar)
        done("sizing")
        base = no_new_assets(campus, cases)
        bar.advance(note="no new assets")
        done("baseline")
        more = (
            _worth(campus, answer, curve, bar)
            if worth
            else {"marginal": (), "curve": sizing_curve(None, {}, ())}
        )
        done("worth")
        plan = _assemble(campus, cases, answer, base)
        done("tables")
        duties = _duties(cases, answer, plan, gap_frac if worth else None, bar)
        done("duties")
    return Plan(campus=campus, **plan, **more, duties=duties, seconds=seconds)


def _solve(site: SiteModel, cases: Sequence[Case], aim: tuple[float, bool], bar) -> _Answer:
    """Sizes and running, by cuts where the kernel holds every scenario. `aim` = (gap, polish)."""
    gap_frac, polish = aim
    reasons = [why_not_kernel(problem) for problem in site.model.problems]
    reason = next((text for text in reasons if text is not None), None)
    if reason is not None:
        whole = solve_whole(site, gap_frac)
        require_served(site, whole, cases)
        notes = [f"General solver ({whole.solver}), because {reason}"]
        gap = gap_between(whole.objective, whole.bound)
        if gap > max(gap_frac, CHECK_FRAC):
            notes.append(
                f"The search over integers ended at a gap of {gap:.1e}: no plan is cheaper by more than that."
            )
        return _Answer(
            whole.sizes, whole.bound + site.standing_cost, whole.solver, list(whole.runs),
            [run.price_per_mwh for run in whole.runs], (), None, site, notes,
        )  # fmt: skip
    sizing, search = solve_by_cuts(
        site.model, gap_frac, lambda r: bar.advance(note=f"gap {_gap(r):.1e}"), polish
    )
    missing = unserved_mw(sizing, sizing.sizes)
    if site.strict and is_short(missing, cases):
        raise explain_unserved(search, cases, missing)
    runs = [
        runner.dispatch(cut, runner.vector(sizing.sizes))
        for runner, cut in zip(sizing.runners, sizing.cuts, strict=True)
    ]
    prices = [price for price, _, _ in sizing.prices]
    more = site.standing_cost
    rounds = tuple(Round(r.bound + more, r.objective + more, r.seconds) for r in sizing.rounds)
    return _Answer(
        sizing.sizes, sizing.bound + more, "kernel + cuts", runs, prices, rounds, search, site,
        _whole_unit_note(sizing, site),
    )  # fmt: skip


def _gap(state: Round) -> float:
    return gap_between(state.objective, state.bound)


def _whole_unit_note(sizing: Sizing, site: SiteModel) -> list[str]:
    if all(column.block is None for column in site.model.columns):
        return []
    return ["Whole units: prices and the worth of limits are those of the plan with parts of units allowed."]


def _duties(cases: Sequence[Case], answer: _Answer, plan: dict, gap_frac: float | None, bar) -> pd.DataFrame:
    """What each duty took; what it costs too, by planning again without it to a gap, where one is given."""
    campus, costs = cases[0].campus, {}
    if gap_frac is not None:
        costs = duty_costs(
            campus, cases, plan["objective"], gap_frac, lambda: bar.advance(note="a duty left out")
        )
    return duty_table(campus, cases, answer.runs, plan["sizes"], costs)


def _worth(campus: Campus, answer: _Answer, curve: bool, bar) -> dict:
    """Marginal values and the curve around the optimum; without cuts only what one solve tells."""
    paths = [path for path in campus.size_paths if path in answer.sizes]
    sizes = {path: answer.sizes[path] for path in paths}
    planned = [path for path in paths if _is_planned(campus.size_paths[path])]
    if answer.search is None:
        values = bound_values(campus, sizes, answer.weighted_runs, campus.currency)
        return {"marginal": values, "curve": sizing_curve(None, sizes, ())}
    answer.search.master.whole_units(False)
    values = marginal_values(answer.search, sizes, campus.currency, bar.advance)
    around = sizing_curve(answer.search, sizes, planned if curve else (), bar.advance)
    around["objective"] += answer.site.standing_cost
    return {"marginal": values, "curve": around}


def _is_planned(size: float | SizeRange) -> bool:
    return not isinstance(size, int | float)


def _assemble(campus: Campus, cases: Sequence[Case], answer: _Answer, base: Baseline) -> dict:
    """Everything of the plan but the worth of its limits."""
    declared = campus.size_paths
    sizes = {path: answer.sizes[path] for path in declared}
    lost = campus.finance.lost_load_per_mwh
    books = [account_running(case, run, sizes, lost) for case, run in zip(cases, answer.runs, strict=True)]
    capital = capital_table(campus, sizes)
    year = _year_totals(cases, books, base)
    costs = size_costs(campus)
    objective = sum(costs.get(path, 0.0) * size for path, size in sizes.items()) + year.running_cost
    scenarios = tuple(
        ScenarioResult(
            case=case,
            dispatch=run,
            peaks_mw=_peaks(book),
            bill=book.bill,
            baseline=base.books[s].bill,
            price_per_mwh=answer.prices[s],
            balance=book.balance,
            emission_t=book.emission_t["total"],
        )
        for s, (case, run, book) in enumerate(zip(cases, answer.runs, books, strict=True))
    )
    bound = min(answer.bound, objective)
    return {
        "name": campus.name,
        "currency": campus.currency,
        "sense": "min",
        "objective": objective,
        "bound": bound,
        "gap_frac": gap_between(objective, bound),
        "sizes": sizes,
        "planned": tuple(path for path, size in declared.items() if _is_planned(size)),
        "capital": capital,
        "finance": finance_summary(campus.finance, capital, year),
        "cash_flow": cash_flow_table(campus.finance, capital, year),
        "scenarios": scenarios,
        "rounds": answer.rounds,
        "solver": answer.solver,
        "notes": _notes(cases, answer, base, scenarios),
    }


def _year_totals(cases: Sequence[Case], books: Sequence[Account], base: Baseline) -> YearTotals:
    share = [case.weight_frac / case.years for case in cases]

    def expected(values) -> float:
        return float(sum(w * v for w, v in zip(share, values, strict=True)))

    return YearTotals(
        running_cost=expected(book.bill.total for book in books),
        baseline_running_cost=base.running_cost,
        baseline_capital=base.capital if len(base.capital) else None,
        load_mwh=expected(case.load_mwh for case in cases),
        discharged_mwh=expected(book.discharged_mwh for book in books),
        charging_cost=expected(book.charging_cost for book in books),
    )


def _peaks(book: Account) -> dict[str, float]:
    table = book.bill.peaks
    return {
        f"peak.{c}.{m}": float(p)
        for c, m, p in zip(table["charge"], table["month"], table["peak_mw"], strict=True)
    }


def _notes(
    cases: Sequence[Case], answer: _Answer, base: Baseline, scenarios: Sequence[ScenarioResult]
) -> tuple[str, ...]:
    notes = dict.fromkeys([*answer.notes, *base.notes])
    for case, result in zip(cases, scenarios, strict=True):
        notes |= dict.fromkeys([*case.notes, *result.bill.notes])
        run = result.dispatch
        if run.burnt_mwh > 1e-6:
            notes[
                f"{case.name}: charging and discharging at once burns {run.burnt_mwh:.4g} MWh; forbidding it would "
                f"cost at most {run.burnt_worth:.4g} {case.campus.currency}."
            ] = None
        if float(import_mw(run).max(initial=0.0)) < 1e-9:
            notes[f"{case.name}: nothing is imported."] = None
    return tuple(notes)
