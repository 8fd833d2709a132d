"""The portfolio plan from Python: a path or a portfolio in, a plan with its bound out."""

from __future__ import annotations

import pytest

import wattstack
from tests.portfolio.small import small_portfolio, write_small
from wattstack.errors import InputError


def test_a_folder_a_file_and_a_portfolio_give_the_same_plan(tmp_path):
    file = write_small(tmp_path)
    plans = [wattstack.plan_portfolio(given) for given in (tmp_path, file, small_portfolio())]
    assert len({plan.npv_m for plan in plans}) == 1
    assert plans[0].npv_m <= plans[0].bound_m
    assert plans[0].gap_frac <= 1e-5
    assert not plans[0].whole


def test_whole_units_are_whole():
    plan = wattstack.plan_portfolio(small_portfolio(), whole=True)
    assert plan.whole
    assert {round(float(x), 9) % 1.0 for on in plan.amounts["commit"].values() for x in on} == {0.0}


def test_a_folder_without_a_portfolio_is_bad_input(tmp_path):
    with pytest.raises(InputError, match=r"holds neither portfolio\.yaml nor meta\.yaml"):
        wattstack.plan_portfolio(tmp_path)


def test_a_replan_takes_a_file_of_progress_and_plans_first_what_was_planned_before(tmp_path):
    file = tmp_path / "progress.csv"
    file.write_text(
        "as_of,site,kind,name,baseline_quarter,baseline_quantity,forecast_quarter\n"
        "2027Q3,north,gate,permit,2027Q2,1,2027Q4\n",
        encoding="utf-8",
    )
    found = wattstack.replan_portfolio(write_small(tmp_path), file)
    assert found.as_of == "2027Q3"
    assert found.kept.npv_m <= found.replanned.npv_m * (1.0 + 1e-5) <= found.before.npv_m * (1.0 + 2e-5)
    assert [slip.name for slip in found.slips] == ["permit"]
