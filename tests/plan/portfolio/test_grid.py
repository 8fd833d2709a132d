"""Grid stages, what may be imported, transformers, and the power row."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import engine, other, plain, site, stage, supply
from wattstack.plan.portfolio import solve_portfolio
from wattstack.portfolio import Compute, Money


def energised(*stages, count=4, **values):
    plan = solve_portfolio(plain(count, stages=stages, supply=(supply("servers", 100.0),), **values))
    return plan.amounts["it_mw"]["a",]


def test_a_stage_is_energised_a_lead_after_its_commitment():
    assert energised(stage(power_mw=8.0, commit_lead_q=2)) == pytest.approx([0.0, 0.0, 8.0, 8.0])


def test_a_stage_is_never_energised_before_its_date():
    assert energised(stage(power_mw=8.0, earliest_energised="2027Q4")) == pytest.approx([0.0, 0.0, 0.0, 8.0])


def test_a_stage_that_would_come_after_the_horizon_never_comes():
    assert not energised(stage(commit_lead_q=4)).any()
    assert not energised(stage(earliest_energised="2029Q1")).any()


def test_a_stage_may_be_committed_before_its_date_and_comes_no_earlier():
    late = stage(power_mw=8.0, commit_lead_q=1, earliest_energised="2027Q4", capital_m=1.0)
    plan = solve_portfolio(plain(4, stages=(late,)))
    assert plan.amounts["commit"]["a", "x"] == pytest.approx([0.0, 0.0, 1.0, 1.0])
    assert plan.amounts["stage_on"]["a", "x"] == pytest.approx([0.0, 0.0, 0.0, 1.0])


def test_a_stage_waits_for_the_one_it_needs():
    first = stage("x", power_mw=8.0, earliest_energised="2027Q3")
    second = stage("y", power_mw=5.0, needs_stage="x")
    assert energised(first, second) == pytest.approx([0.0, 0.0, 13.0, 13.0])


def test_a_stage_never_falls_back_though_nobody_uses_it_any_more():
    short = stage(power_mw=8.0, capital_m=1.0)
    portfolio = plain(4, stages=(short,))
    servers = (portfolio.servers[0].model_copy(update={"life_q": 2, "last_order": "2027Q1"}),)
    plan = solve_portfolio(replace(portfolio, servers=servers))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([8.0, 8.0, 0.0, 0.0])
    assert plan.amounts["stage_on"]["a", "x"] == pytest.approx([1.0, 1.0, 1.0, 1.0])


def test_a_stage_is_paid_at_commitment_and_delivery_and_leaves_what_is_left_of_its_life():
    money = Money(discount_rate_frac=0.0, deposit_frac=0.25, residual_factor=0.8, stage_life_q=10)
    paid = stage(power_mw=100.0, commit_lead_q=1, capital_m=4.0)
    cash = solve_portfolio(plain(3, stages=(paid,), money=money), whole=True).cash
    assert cash["deposit", "x", "a"] == pytest.approx([-1.0, 0.0, 0.0, 0.0])
    assert cash["delivery", "x", "a"] == pytest.approx([0.0, -3.0, 0.0, 0.0])
    assert cash["residual", "x", "a"] == pytest.approx([0.0, 0.0, 0.0, 0.8 * 4.0 * 8 / 10])


def test_parts_of_a_stage_are_paid_as_they_are_committed():
    money = Money(discount_rate_frac=0.0, deposit_frac=0.25, residual_factor=0.0)
    paid = stage(power_mw=20.0, commit_lead_q=1, capital_m=4.0)
    plan = solve_portfolio(plain(3, stages=(paid,), money=money))
    assert plan.cash["deposit", "x", "a"].sum() == pytest.approx(-1.0)
    assert plan.cash["delivery", "x", "a"].sum() == pytest.approx(-3.0)


def nonfirm(name="n", **values):
    return stage(name, kind="nonfirm", power_mw=10.0, **values)


def test_a_nonfirm_stage_ends_when_the_firm_one_comes():
    firm = stage("x", power_mw=6.0, earliest_energised="2027Q3")
    portfolio = plain(4, stages=(nonfirm(replaced_by="x"), firm), supply=(supply("servers", 100.0),))
    plan = solve_portfolio(portfolio)
    on, used = plan.amounts["stage_on"]["a", "x"], plan.amounts["nonfirm_mw"]["a",]
    assert np.all(used <= 10.0 * (1.0 - on) + 1e-7)
    # the firm stage gives less: it is not taken
    assert plan.amounts["it_mw"]["a",].max() == pytest.approx(10.0)
    better = (nonfirm(replaced_by="x"), firm.model_copy(update={"power_mw": 30.0}))
    plan = solve_portfolio(replace(portfolio, stages=better))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([10.0, 10.0, 30.0, 30.0])
    assert plan.amounts["nonfirm_mw"]["a",] == pytest.approx([10.0, 10.0, 0.0, 0.0])


def test_two_nonfirm_stages_that_are_both_replaced_are_both_gone():
    late = {"power_mw": 40.0, "earliest_energised": "2027Q2"}
    stages = (
        nonfirm("n", replaced_by="x"), nonfirm("m", replaced_by="y"), stage("x", **late),
        stage("y", power_mw=1.0, earliest_energised="2027Q2", needs_stage="x"),
        stage("z", power_mw=100.0, earliest_energised="2027Q2", needs_stage="y"),
    )  # fmt: skip
    assert energised(*stages, count=2) == pytest.approx([20.0, 141.0])
    one = stage("x", power_mw=40.0, earliest_energised="2027Q2")
    assert energised(
        nonfirm("n", replaced_by="x"), nonfirm("m", replaced_by="x"), one, count=2
    ) == pytest.approx([20.0, 40.0])


def test_of_two_nonfirm_stages_the_one_not_replaced_stays():
    firm = stage("x", power_mw=40.0, earliest_energised="2027Q2")
    found = energised(nonfirm("n", replaced_by="x"), nonfirm("m"), firm, count=2)
    assert found == pytest.approx([20.0, 50.0])


def test_import_passes_the_transformers_at_their_power_factor():
    portfolio = plain(1, items=other("hv", start_units=20.0, lead_q=3), supply=(supply("servers", 100.0),))
    compute = Compute(load_factor=1.0, reserve_power_frac=0.0, hv_power_factor=0.9)
    plan = solve_portfolio(replace(portfolio, compute=compute))
    assert plan.amounts["it_mw"]["a",] == pytest.approx([18.0])
    assert plan.prices["hv"]["a",][0] > 0.0


def test_the_halls_draw_pue_times_their_it_power():
    assert energised(stage(power_mw=50.0), sites=(site(pue=1.25),), count=1) == pytest.approx([40.0])


def test_generation_at_will_adds_to_the_power_and_needs_no_transformer():
    portfolio = plain(1, items=other("hv", start_units=20.0, lead_q=3), supply=(supply("servers", 100.0),))
    found = solve_portfolio(replace(portfolio, generation=(engine(),))).amounts["it_mw"]["a",]
    assert found == pytest.approx([30.0])


def test_solar_adds_no_power():
    sun = engine(tech="pv", profile="pv", running_per_mwh=0.0, limit_mw=500.0, capital_m_per_mw=0.01)
    found = energised(stage(power_mw=8.0), generation=(sun,), count=2)
    assert found == pytest.approx([8.0, 8.0])


def test_a_site_without_transformers_in_its_items_takes_what_the_grid_gives():
    items = tuple(i for i in plain().items if i.item != "hv")
    assert energised(stage(power_mw=50.0), items=items, count=1) == pytest.approx([50.0])
