"""Tools of the benchmark `portfolio`: ours on a portfolio, and the peers on the same portfolio written out.

Needs    benchmarks.cases, growth, growth_lp, growth_problem, lp, peers; wattstack.portfolio, plan.portfolio.
Gives    make_portfolio_tool, data_set, SWEPT, HIGHS_MOST_S.
Used by  benchmarks.tools, portfolio, same_bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.cases import DATA
from benchmarks.growth import make_growth
from benchmarks.growth_lp import growth_lp
from benchmarks.lp import Lp
from benchmarks.peers import Answer, solve_highs, solve_piqp

GAP = 1e-5
GROWTH_GAP = 1e-6
LOOSE_GAP = 1e-4  # whole units, thirty sites
COPIES = 10
SWEPT = np.linspace(0.4, 2.5, 20)  # factors on everything that all sites share
HIGHS_MOST_S = 1200.0
NOTHING = np.empty(0)

Tool = Callable[[], Answer]


def data_set() -> Path:
    """The portfolio with real facts beside the checkout, else the example in it."""
    real = DATA / "portfolio"
    return real if real.is_dir() else Path(__file__).resolve().parents[1] / "examples" / "portfolio"


def make_portfolio_tool(case_name: str, tool: str) -> Tool:
    """A tool on a case.

    Args:
        case_name: "example" (the data set), "thirty_sites" (ten copies of its sites), "three_sites".
        tool: "wattstack", "wattstack+whole", "wattstack+sweep"; on what wattstack writes out "piqp", "highs simplex",
            "highs ipx", "highs hipo"; on three_sites written out without it "piqp lean", "highs simplex lean".
    """
    if tool.startswith("wattstack"):
        if case_name == "three_sites":
            return _growth()
        ours = {"wattstack": _relaxed, "wattstack+whole": _whole, "wattstack+sweep": _sweep}
        return ours[tool](case_name)
    solver = tool.removesuffix(" lean")
    lp = _growth_lp(solver != tool) if case_name == "three_sites" else _written_out()
    return (
        solve_piqp(lp) if solver == "piqp" else solve_highs(lp, solver.removeprefix("highs "), HIGHS_MOST_S)
    )


def _timed(work: Callable[[], float]) -> Tool:
    """Work that ends in a value, as a tool."""

    def run() -> Answer:
        began = time.perf_counter()
        value = work()
        return Answer(time.perf_counter() - began, value, NOTHING, NOTHING)

    return run


def _read(case_name: str):
    from wattstack.portfolio import read_portfolio
    from wattstack.portfolio.variants import repeated_sites

    portfolio = read_portfolio(data_set())
    return repeated_sites(portfolio, COPIES) if case_name == "thirty_sites" else portfolio


def _relaxed(case_name: str) -> Tool:
    from wattstack.plan.portfolio import solve_portfolio

    portfolio = _read(case_name)
    gap = LOOSE_GAP if case_name == "thirty_sites" else GAP
    return _timed(lambda: solve_portfolio(portfolio, gap_frac=gap).npv_m)


def _whole(case_name: str) -> Tool:
    from wattstack.plan.portfolio import solve_portfolio

    portfolio = _read(case_name)
    return _timed(lambda: solve_portfolio(portfolio, gap_frac=LOOSE_GAP, whole=True).npv_m)


def _sweep(case_name: str) -> Tool:
    """Four plans at every point, no cut known before; the value is that of the last coordinated plan."""
    from wattstack.plan.portfolio import sweep_scarcity

    portfolio = _read(case_name)
    return _timed(lambda: sweep_scarcity(portfolio, "supply", SWEPT).points[-1].npv_m["coordinated"])


def _growth() -> Tool:
    """Cost of three_sites [M]. The operations learn, so every run has fresh ones; making them is not counted."""
    from benchmarks.growth_problem import make_operations, make_portfolio, solve_growth
    from wattstack.plan.portfolio import Pool

    case = make_growth("three_sites")
    portfolio = make_portfolio(case)

    def run() -> Answer:
        operations = make_operations(case)
        began = time.perf_counter()
        plan = solve_growth(portfolio, operations, Pool(), GROWTH_GAP)
        return Answer(time.perf_counter() - began, -plan.npv_m, NOTHING, NOTHING)

    return run


def _written_out() -> Lp:
    """The data set as one programme, minus its value [M], at the learning path that our plan ended with."""
    from wattstack.plan.portfolio import Given, solve_portfolio
    from wattstack.plan.portfolio.solve import learning_path
    from wattstack.plan.portfolio.written import write_out

    portfolio = _read("example")
    path = learning_path(solve_portfolio(portfolio, gap_frac=GAP))
    return _as_lp(write_out(portfolio, Given(conversion_per_kwh=path))[0])


def _growth_lp(lean: bool) -> Lp:
    """three_sites as one programme: without unserved load, or as wattstack writes it [M]."""
    from benchmarks.growth_problem import make_operations, make_portfolio, write_growth

    case = make_growth("three_sites")
    if lean:
        lp = growth_lp(case)
        return replace(lp, cost=1e-6 * lp.cost)
    return _as_lp(write_growth(make_portfolio(case), make_operations(case)))


def _as_lp(model) -> Lp:
    return Lp(
        cost=model.cost,
        lower=model.lower,
        upper=model.upper,
        matrix=model.matrix.tocsc(),
        row_lower=model.row_lower,
        row_upper=model.row_upper,
        steps=1,
        step_h=1.0,
    )
