"""Growing campuses as wattstack's own input, made of arrays: a portfolio, and the running of every site-year.

Needs    benchmarks.growth, problem; wattstack.portfolio, plan.portfolio, dispatch, cost.
Gives    make_portfolio, make_operations, solve_growth, write_growth.
Used by  benchmarks.portfolio_tools, hundred_sites, same_bits.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.cases import TERMS
from benchmarks.growth import DISCOUNT_FRAC, FIRST_YEAR, GrowthCase, hours_a_year, site_case
from benchmarks.problem import ENERGY, POWER, SOLAR, make_columns, make_problem
from wattstack.dispatch.linear import LinearModel, ModelBuilder
from wattstack.plan.portfolio import Pool, PortfolioPlan
from wattstack.plan.portfolio.block import Block, build_block
from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.program import Program
from wattstack.plan.portfolio.read import read_plan
from wattstack.plan.portfolio.search import Report, Search
from wattstack.plan.portfolio.solve import priced
from wattstack.plan.portfolio.written import write_running
from wattstack.plan.portfolio.year import UnitPrice, YearModel, YearOperation
from wattstack.portfolio import Calendar, Compute, Money, Portfolio, Site, Supply

ASSETS = {  # what a unit costs to buy where it is paid for when built: about the annuities of TERMS at 7 %
    POWER: UnitPrice(0.0, TERMS.battery_price_per_mw_year, 15.0),
    ENERGY: UnitPrice(121_000.0, 0.0, 15.0),
    SOLAR: UnitPrice(442_800.0, 10_000.0, 25.0),
}


def site_name(site: int) -> str:
    """Name of a site."""
    return f"site_{site:03d}"


def make_portfolio(case: GrowthCase) -> Portfolio:
    """Calendar, money, sites and budgets; its campuses are the operations below."""
    years = range(FIRST_YEAR, FIRST_YEAR + case.years)
    money = Money(discount_rate_frac=DISCOUNT_FRAC, residual_factor=1.0, capital_as="annuity")
    if case.is_large:
        budget = dict.fromkeys(years, case.budget_m)
        money = money.model_copy(update={"capital_as": "payments", "capital_budget_m": budget})
    factory = {str(year): float(most) for year, most in zip(years, case.budget_mwh, strict=True)}
    names = [site_name(site) for site in range(case.sites)]
    return Portfolio(
        name=case.name,
        currency="EUR",
        calendar=Calendar(str(FIRST_YEAR), case.years),
        money=money,
        compute=Compute(),
        sites=tuple(Site(name=name, campus=f"{name}.yaml") for name in names),
        supply=(Supply(resource="battery.energy_mwh", amounts=factory),),
    )


def make_operations(case: GrowthCase) -> dict[tuple[str, int], YearOperation]:
    """The running of every site in every year."""
    return {
        (site_name(site), year): _operation(case, site, year)
        for site in range(case.sites)
        for year in range(case.years)
    }


def _operation(case: GrowthCase, site: int, year: int) -> YearOperation:
    one = site_case(case, site, year)
    problem, columns = make_problem(one), make_columns(one)
    if not case.is_large:
        problem = replace(problem, caps=(), cap_index=None, block=None)
    sizes, peaks = columns[:3], columns[3:] if case.is_large else ()
    model = YearModel(
        names=tuple(column.name for column in sizes),
        columns=sizes,
        rules=(),
        own=peaks,
        rows=(),
        problems=(problem,),
        weights=(hours_a_year(one),),
        assets=ASSETS if case.is_large else {},
        standing_cost=0.0,
    )
    return YearOperation(model, keeps=not case.is_large)


def solve_growth(
    portfolio: Portfolio, operations: dict, pool: Pool, gap_frac: float, report: Report | None = None
) -> PortfolioPlan:
    """What solve_portfolio does, with the running of the sites given instead of read from campus files."""
    builder, block = _drafted(portfolio, operations)
    program = Program(priced(builder.close(), [block]))
    search = Search([block], program, pool)
    search.descend(gap_frac, report)
    search.remember()
    return read_plan(search, block, program.duals(), whole=False)


def write_growth(portfolio: Portfolio, operations: dict) -> LinearModel:
    """What write_out does, with the running of the sites given: every hour in one programme, cost in M."""
    return write_running(*_drafted(portfolio, operations))


def _drafted(portfolio: Portfolio, operations: dict) -> tuple[ModelBuilder, Block]:
    """The master's columns and rows."""
    builder = ModelBuilder()
    discount = portfolio.calendar.discount(portfolio.money.discount_rate_frac)
    return builder, build_block(Draft(builder, discount), portfolio, operations)
