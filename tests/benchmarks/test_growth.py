"""Every tool of the portfolio benchmark is given the same sites: on two days all find the same optimum."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.growth import make_growth, site_case
from benchmarks.growth_files import write_portfolio, write_pypsa_growth
from benchmarks.growth_lp import growth_lp
from benchmarks.growth_problem import make_operations, make_portfolio, solve_growth
from benchmarks.peers import NoAnswerError, solve_highs, solve_piqp
from benchmarks.portfolio import off
from benchmarks.race import ROOT, Run
from wattstack.plan.portfolio import Pool, solve_portfolio
from wattstack.portfolio import read_portfolio


@pytest.fixture(scope="module")
def case():
    """Three sites, three years of two days each, and a budget that binds."""
    whole = make_growth("three_sites")
    return replace(whole, years=3, hours=48, budget_mwh=np.array([20.0, 5.0, 30.0]))


@pytest.fixture(scope="module")
def optimum(case):
    """Least cost [EUR] after the corners, and what is built by site, year and kind."""
    answer = solve_highs(growth_lp(case), "simplex")()
    return answer.objective, answer.sizes.reshape(2, case.sites, case.years, 3)


def test_the_case_shows_something(case, optimum):
    _, sizes = optimum
    stands, added = sizes
    assert added[..., 1].sum(axis=0) == pytest.approx(case.budget_mwh), "the budget binds in every year"
    assert np.all(np.diff(stands, axis=1) >= -1e-9), "nothing shrinks"
    assert stands[..., 2].max() > 1.0


def test_an_interior_point_finds_the_same_growth(case, optimum):
    assert solve_piqp(growth_lp(case))().objective == pytest.approx(optimum[0], rel=1e-6)


def test_our_portfolio_finds_the_same_growth(case, optimum):
    plan = solve_growth(make_portfolio(case), make_operations(case), Pool(), 1e-7)
    assert -1e6 * plan.bound_m <= optimum[0] * (1.0 + 1e-9)
    assert -1e6 * plan.npv_m == pytest.approx(optimum[0], rel=2e-7)


def test_files_say_the_same_as_arrays_but_for_the_sun(case, tmp_path):
    portfolio = read_portfolio(write_portfolio(tmp_path, case))
    ours, theirs = make_portfolio(case), portfolio
    assert theirs.calendar == ours.calendar
    assert np.array_equal(theirs.supply[0].at(theirs.calendar), ours.supply[0].at(ours.calendar))
    assert theirs.money.capital_as == ours.money.capital_as == "annuity"
    last = site_case(case, 1, 2).year
    site = theirs.sites[1]
    assert (1.0 + site.load_growth_frac) ** 2 == pytest.approx(
        float((last.load_mw / site_case(case, 1, 0).year.load_mw).mean())
    )


@pytest.mark.skipif(find_spec("pypsa") is None, reason="PyPSA is not installed: make bench-setup")
def test_pypsa_script_finds_what_the_files_say(case, tmp_path):
    plan = solve_portfolio(read_portfolio(write_portfolio(tmp_path, case)), gap_frac=1e-7)
    write_pypsa_growth(tmp_path, case)
    words = [sys.executable, str(ROOT / "benchmarks" / "pypsa_growth.py"), str(tmp_path), "simplex"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])["objective"]
    assert -1e6 * plan.npv_m == pytest.approx(theirs, rel=3e-7)


def test_a_large_case_has_whole_years_peaks_and_prices_of_its_own():
    case = make_growth("sites.2")
    portfolio, operations = make_portfolio(case), make_operations(case)
    assert len(operations) == 20
    assert len({operation.key for operation in operations.values()}) == 20, "no year is like another"
    one = operations[portfolio.sites[0].name, 0]
    assert one.problems()[0][0].count == 35_040
    assert len(one.own_columns()) == 12
    assert portfolio.money.capital_budget_m[2030] == pytest.approx(24.0)


def test_a_solver_that_takes_too_long_says_so(case):
    with pytest.raises(NoAnswerError, match="not done in 0 s"):
        solve_highs(growth_lp(case), "simplex", 1e-4)()


def test_distance_from_a_peer_is_relative_and_knows_either_sign():
    runs = {
        "wattstack": [Run(1.0, 101.0)],
        "highs hipo": [Run(fault="no")],
        "highs simplex": [Run(1.0, -100.0)],
    }
    assert off(runs, "wattstack", "highs") == pytest.approx(0.01)
    assert off(runs, "wattstack", "piqp") is None
