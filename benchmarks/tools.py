"""Every tool by name, ready to run a case again and again: ours and the peers'.

Needs    benchmarks.problem, peers, portfolio_tools, battery_tools, year_tools, transient_tools; wattstack.dispatch,
         wattstack.plan.
Gives    make_tool, VERSION_OF.
Used by  benchmarks.worker.

What is inside a timing stands in README.md; it is the `seconds` of the Answer that a tool returns.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from benchmarks.cases import SiteCase, make_case
from benchmarks.lp import dispatch_lp, site_lp
from benchmarks.peers import Answer, solve_highs, solve_piqp
from benchmarks.portfolio_tools import make_portfolio_tool
from benchmarks.problem import fixed_sizes, make_model, make_problem

Tool = Callable[[], Answer]
NO_SIZES = np.empty(0)
PLAN_GAP = 1e-6
POLISH_GAP = 1e-10
SCENARIOS = 10


def make_tool(bench: str, case_name: str, tool: str) -> Tool:
    """A tool on a case.

    Args:
        bench: "dispatch" (fixed sizes), "site_plan", "portfolio", "battery", "year" or "transient".
        case_name: See cases.make_case; of a portfolio, portfolio_tools.make_portfolio_tool; of a battery,
            battery_tools.make_battery_tool; of a year, year_tools.make_year_tool;
            of seconds, transient_tools.make_transient_tool.
        tool: "wattstack", "wattstack+prepare", "wattstack+polish", "wattstack*10", "highs simplex",
            "highs ipx", "highs hipo", "piqp".
    """
    if bench == "portfolio":
        return make_portfolio_tool(case_name, tool)
    if bench == "battery":
        from benchmarks.battery_tools import make_battery_tool

        return make_battery_tool(case_name)
    if bench == "year":
        from benchmarks.year_tools import make_year_tool

        return make_year_tool(case_name)
    if bench == "transient":
        from benchmarks.transient_tools import make_transient_tool

        return make_transient_tool(case_name)
    if tool == "wattstack*10":
        return plan_scenarios([make_case(f"{case_name}.{i}") for i in range(SCENARIOS)])
    case = make_case(case_name)
    if tool.startswith("wattstack"):
        ours = {
            ("dispatch", "wattstack"): dispatch_prepared,
            ("dispatch", "wattstack+prepare"): dispatch_afresh,
            ("site_plan", "wattstack"): plan_to_gap,
            ("site_plan", "wattstack+polish"): plan_polished,
        }
        return ours[bench, tool](case)
    lp = dispatch_lp(case) if bench == "dispatch" else site_lp(case)
    if tool == "piqp":
        return solve_piqp(lp)
    return solve_highs(lp, tool.removeprefix("highs "))


def _visit(runner, sizes: np.ndarray) -> tuple[float, np.ndarray]:
    """Value, prices and gradient at these sizes: what the dispatch benchmark asks of the kernel."""
    cut = runner.run(sizes)
    return cut.value, cut.price


def dispatch_prepared(case: SiteCase) -> Tool:
    """The kernel on a problem prepared before, last visited at other sizes, as while sizing."""
    from wattstack.dispatch import Runner

    runner = Runner(make_problem(case))
    sizes = runner.vector(fixed_sizes(case))

    def run() -> Answer:
        _visit(runner, 0.95 * sizes)
        began = time.perf_counter()
        value, price = _visit(runner, sizes)
        return Answer(time.perf_counter() - began, value, NO_SIZES, price)

    return run


def dispatch_afresh(case: SiteCase) -> Tool:
    """The kernel with its preparation: merit order sorted, where to cut the year open not known."""
    from wattstack.dispatch import Runner

    problem, by_name = make_problem(case), fixed_sizes(case)

    def run() -> Answer:
        began = time.perf_counter()
        runner = Runner(problem)
        value, price = _visit(runner, runner.vector(by_name))
        return Answer(time.perf_counter() - began, value, NO_SIZES, price)

    return run


def plan_to_gap(case: SiteCase) -> Tool:
    """Sizes to a certificate of 1e-6, preparation included."""
    return _plan([case], PLAN_GAP)


def plan_polished(case: SiteCase) -> Tool:
    """The same, with the prices of the plan polished."""
    return _plan([case], POLISH_GAP)


def plan_scenarios(cases: list[SiteCase]) -> Tool:
    """Sizes for several years at once, of equal weight."""
    return _plan(cases, PLAN_GAP)


def _plan(cases: list[SiteCase], gap_frac: float) -> Tool:
    from wattstack.plan import solve_by_cuts

    model = make_model(cases)

    def run() -> Answer:
        began = time.perf_counter()
        sizing, _ = solve_by_cuts(model, gap_frac)
        seconds = time.perf_counter() - began
        sizes = np.array(list(sizing.sizes.values()))
        return Answer(seconds, sizing.objective, sizes, sizing.prices[0][0])

    return run


def one_core() -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
