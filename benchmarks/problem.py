"""A case as wattstack's own input: a dispatch.Problem, and the columns that the plan sizes.

Needs    benchmarks.cases; wattstack.dispatch, wattstack.plan.
Gives    make_problem, make_columns, make_model, fixed_sizes.
Used by  benchmarks.tools.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.cases import TERMS, SiteCase
from wattstack.dispatch import Amount, Problem, SizeColumn, Storage, Supply
from wattstack.plan import SizingModel

POWER, ENERGY, SOLAR = "battery.main.power_mw", "battery.main.energy_mwh", "solar.roof.power_mw"


def make_problem(case: SiteCase) -> Problem:
    """Running of the case, every size a column."""
    year, terms = case.year, TERMS
    return Problem(
        step_h=year.step_h,
        load_mw=year.load_mw,
        supplies=(
            Supply("solar.roof", "solar", 0.0, Amount(0.0, year.solar_frac, SOLAR)),
            Supply("grid.connection.firm", "import", year.price_per_mwh, Amount(case.grid_mw)),
            Supply("generator.gas", "generator", terms.gas_price_per_mwh, Amount(terms.gas_mw)),
            Supply("unserved", "unserved", terms.lost_load_per_mwh, Amount(float("inf"))),
        ),
        storages=(
            Storage(
                "battery.main",
                charge=Amount(0.0, 1.0, POWER),
                discharge=Amount(0.0, 1.0, POWER),
                ceiling=Amount(0.0, 1.0, ENERGY),
                charge_eff=terms.charge_eff,
                discharge_eff=terms.discharge_eff,
                kept_frac_per_h=terms.kept_frac_per_h,
                wear_discharge_per_mwh=terms.wear_discharge_per_mwh,
            ),
        ),
        caps=case.peak_names,
        cap_index=year.month,
        block=year.month,
        floor_slack_per_mwh=1e6,
    )


def make_columns(case: SiteCase) -> tuple[SizeColumn, ...]:
    """Sizes and peaks with their yearly cost and bounds."""
    terms = TERMS
    return (
        SizeColumn(POWER, terms.battery_price_per_mw_year, 0.0, terms.battery_most_mw),
        SizeColumn(ENERGY, terms.battery_price_per_mwh_year, 0.0, terms.battery_most_mwh),
        SizeColumn(SOLAR, terms.solar_price_per_mw_year, 0.0, terms.solar_most_mw),
        *(SizeColumn(name, terms.peak_price_per_mw_month, 0.0, case.grid_mw) for name in case.peak_names),
    )


def fixed_sizes(case: SiteCase) -> dict[str, float]:
    """Sizes at which the dispatch benchmark runs; the peaks stand at the end of the connection."""
    power_mw, energy_mwh, solar_mw = case.fixed
    sizes = {POWER: power_mw, ENERGY: energy_mwh, SOLAR: solar_mw}
    return sizes | dict.fromkeys(case.peak_names, case.grid_mw)


def make_model(cases: list[SiteCase]) -> SizingModel:
    """The cases as one sizing model: sizes shared, peaks of each its own, equal weights."""
    share = 1.0 / len(cases)
    columns: dict[str, SizeColumn] = {}
    problems = []
    for i, case in enumerate(cases):
        prefix = f"{i}:" if len(cases) > 1 else ""
        problem = make_problem(case)
        problems.append(replace(problem, caps=tuple(prefix + name for name in problem.caps)))
        for column in make_columns(case):
            own = column.name in problem.caps
            made = replace(column, name=prefix + column.name, cost=share * column.cost) if own else column
            columns[made.name] = made
    return SizingModel(tuple(columns.values()), (), tuple(problems), (share,) * len(cases))
