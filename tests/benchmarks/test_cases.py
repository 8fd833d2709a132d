"""Every tool of the benchmarks is given the same case: on 48 steps all find the same optimum."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.cases import TERMS, make_case, real_cases, shortened
from benchmarks.lp import dispatch_lp, site_lp
from benchmarks.peers import NoAnswerError, solve_highs, solve_piqp
from benchmarks.problem import fixed_sizes, make_model, make_problem
from benchmarks.series import generated_year, minute_year
from wattstack.dispatch import Runner
from wattstack.plan import solve_by_cuts

JULY = 180 * 24 + 6  # hours; from a July morning on: solar runs, prices dip


def cheap(case):
    """The case with sizes worth building for two days: their yearly cost shrunk to two days' share."""
    year = replace(case.year, price_per_mwh=case.year.price_per_mwh * 365.0 / 2.0)
    return replace(case, year=year)


@pytest.fixture(params=["h", "q", "h_peak"])
def case(request):
    """48 steps of July."""
    whole = make_case(request.param)
    return shortened(whole, round(JULY / whole.year.step_h), 48)


def test_kernel_and_the_programme_written_out_cost_the_same_at_fixed_sizes(case):
    runner = Runner(make_problem(case))
    cut = runner.run(runner.vector(fixed_sizes(case)))
    answer = solve_highs(dispatch_lp(case), "simplex")()
    assert cut.value == pytest.approx(answer.objective, rel=1e-10)
    inside = solve_piqp(dispatch_lp(case))()
    assert inside.objective == pytest.approx(answer.objective, rel=1e-6)
    unique = np.abs(inside.price_per_mwh - answer.price_per_mwh) < 1e-4
    assert unique.sum() > 24
    assert np.allclose(cut.price[unique], answer.price_per_mwh[unique], atol=1e-6)


def test_cuts_and_the_programme_written_out_size_the_same_campus(case):
    case = cheap(case)
    sizing, _ = solve_by_cuts(make_model([case]), 1e-9)
    answer = solve_highs(site_lp(case), "simplex")()
    assert sizing.objective == pytest.approx(answer.objective, rel=1e-8)
    assert solve_piqp(site_lp(case))().objective == pytest.approx(answer.objective, rel=1e-6)
    assert answer.sizes[2] > 1.0, "solar must be worth building, or the case shows nothing"


def test_two_equal_scenarios_cost_what_one_does():
    case = cheap(shortened(make_case("h_peak"), JULY, 48))
    one, _ = solve_by_cuts(make_model([case]), 1e-9)
    two, _ = solve_by_cuts(make_model([case, case]), 1e-9)
    assert two.objective == pytest.approx(one.objective, rel=1e-8)


def test_a_programme_without_an_answer_says_how_it_ended():
    lp = dispatch_lp(shortened(make_case("h"), JULY, 48))
    starved = replace(lp, row_lower=lp.row_lower + 500.0, row_upper=lp.row_upper + 500.0)
    with pytest.raises(NoAnswerError, match="Infeasible"):
        solve_highs(starved, "simplex")()


def test_the_generated_year_is_the_same_every_time_and_looks_like_a_year():
    year, again = generated_year(), generated_year()
    assert np.array_equal(year.price_per_mwh, again.price_per_mwh)
    assert not np.array_equal(year.price_per_mwh, generated_year(seed=7).price_per_mwh)
    assert len(year.price_per_mwh) == 35_040
    assert np.bincount(year.month).tolist()[:2] == [31 * 96, 28 * 96]
    assert 40.0 < year.price_per_mwh.mean() < 100.0
    assert 20 < (year.price_per_mwh < 0.0).sum() * year.step_h < 500
    assert year.load_mw.max() < 110.0 + TERMS.gas_mw, (
        "grid and gas carry the load: no tool needs unserved load"
    )
    assert len(minute_year(year).load_mw) == 525_600


def test_real_prices_are_used_where_they_are():
    names = real_cases()
    if not names:
        pytest.skip("no real prices beside the checkout")
    for name in names:
        case = make_case(name)
        assert np.isfinite(case.year.price_per_mwh).all()
        assert case.count * case.year.step_h == 8760


@pytest.mark.skipif(
    find_spec("pypsa") is None,
    reason="PyPSA is not installed: make bench-setup",
)
def test_pypsa_script_sizes_the_same_campus(tmp_path):
    from benchmarks.files import write_campus, write_pypsa
    from benchmarks.race import ROOT
    from wattstack import plan_site, read_campus

    path = write_campus(tmp_path, shortened(make_case("h_peak"), 0, 48, months=1))
    write_pypsa(tmp_path, path)
    plan = plan_site(read_campus(path), gap_frac=1e-9)
    script = ROOT / "benchmarks" / "pypsa_site.py"
    words = [sys.executable, str(script), str(tmp_path), "simplex"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1])["objective"] == pytest.approx(plan.objective, rel=1e-7)
