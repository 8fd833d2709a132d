"""Plan against actual: no slip costs nothing, a slip by hand, slips together, undone, and what to change."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.plan.portfolio.pencil import engine, mixed, other, plain, server, site, stage, worth
from tests.plan.portfolio.slips import FIRST, LINE, PERMIT, SERVERS, SHELLS, row
from tests.portfolio.small import small_portfolio
from wattstack.errors import InputError
from wattstack.plan.portfolio import Given, Pool, replan_portfolio, solve_portfolio
from wattstack.plan.portfolio.replan import replan
from wattstack.portfolio import Money, read_portfolio, read_progress

REAL = Path(__file__).parents[4] / "shared" / "data" / "portfolio"
POOL = Pool()
EARNED_M = 10.0 * (2.0 - 2190.0 * 50.0 * 1e-6)  # of ten MW in a quarter, energy paid


@cache
def small_plan():
    """The plan of the small portfolio."""
    return solve_portfolio(small_portfolio(), pool=POOL)


def certificate(found) -> float:
    """What two plans may differ by and still be one."""
    return 3e-5 * (1.0 + abs(found.before.npv_m))


def waiting(**values):
    """A site without electrical gear until 2027Q2, when ten MW of it come that were paid before."""
    gear = {"start_units": 0.0, "pipeline_units": 10.0, "pipeline_quarter": "2027Q2", "may_order": False}
    return plain(4, items=other("electrical", **gear), **values)


def gear(**values):
    """Progress of those ten MW."""
    usual = {"site": "a", "baseline_quantity": 10.0, "as_of": "2027Q3"}
    return row("item", "electrical", "2027Q2", **{**usual, **values})


def test_nothing_late_loses_nothing_and_changes_nothing():
    found = replan(waiting(), solve_portfolio(waiting()), [gear()])
    assert found.slips == found.actions == found.facts == ()
    assert found.lost_kept_m == pytest.approx(0.0, abs=1e-6)
    assert found.lost_replanned_m == pytest.approx(0.0, abs=1e-6)


def test_gear_a_quarter_late_costs_what_ten_mw_earn_in_it():
    found = replan(waiting(), solve_portfolio(waiting()), [gear(actual_quarter="2027Q3")])
    (slip,) = found.slips
    assert (slip.late_q, slip.name) == (1, "electrical")
    assert slip.kept_lost_m == pytest.approx(EARNED_M, rel=1e-6)
    assert slip.mw_periods_lost == pytest.approx(10.0)
    assert slip.replanned_lost_m == pytest.approx(EARNED_M, rel=1e-6)  # servers were bought before it showed
    assert slip.undone_m == pytest.approx(EARNED_M, rel=1e-6)
    assert found.won_back_m == pytest.approx(0.0, abs=1e-6)


def test_what_is_known_in_time_is_won_back_by_ordering_later():
    """Told in 2027Q1, the servers are ordered a quarter later and are worth 0.9 x 10 / 20 more at the end."""
    report = gear(as_of="2027Q1", forecast_quarter="2027Q3")
    found = replan(waiting(), solve_portfolio(waiting()), [report])
    assert found.lost_kept_m == pytest.approx(EARNED_M, rel=1e-6)
    assert found.won_back_m == pytest.approx(0.45, rel=1e-4)
    assert "order 0 MW IT of g at a in 2027Q2 (was 10)" in found.actions
    assert "order 10 MW IT of g at a in 2027Q3 (was 0)" in found.actions


def test_gear_that_comes_in_part_and_never_in_full():
    """Six came in time, the rest two quarters late: four MW times two; then never: three."""
    part = gear(actual_quantity=6.0, forecast_quarter="2027Q4", actual_quarter="2027Q2")
    found = replan(waiting(), solve_portfolio(waiting()), [part])
    assert found.lost_kept_m == pytest.approx(0.8 * EARNED_M, rel=1e-6)
    assert found.slips[0].late_q == 2
    never = gear(actual_quantity=6.0, actual_quarter="2027Q2")
    found = replan(waiting(), solve_portfolio(waiting()), [never])
    assert found.lost_kept_m == pytest.approx(1.2 * EARNED_M, rel=1e-6)


def test_more_than_planned_may_be_used():
    found = replan(waiting(), solve_portfolio(waiting()), [gear(actual_quantity=20.0)])
    assert found.lost_kept_m == pytest.approx(0.0, abs=1e-6)  # no servers were ordered for it
    assert found.lost_replanned_m < -10.0


def test_a_stage_and_a_gate_late_cost_what_they_hold_back():
    portfolio = plain(4, stages=(plain().stages[0].model_copy(update={"commit_lead_q": 1}),))
    late = row("stage", "x", "2027Q2", site="a", baseline_quantity=100.0, actual_quarter="2027Q3")
    plan = solve_portfolio(portfolio, whole=True)
    found = replan(portfolio, plan, [late])
    held = plan.total("it_mw")[1]
    assert held == pytest.approx(20.0)
    assert found.lost_kept_m == pytest.approx(held / 10.0 * EARNED_M, rel=1e-5)


ROWS = (PERMIT, FIRST, SHELLS, LINE, SERVERS)


@cache
def together():
    """All slips of the small portfolio."""
    return replan_portfolio(small_portfolio(), ROWS, small_plan(), POOL)


def test_replanning_wins_back_and_never_more_than_all():
    found = together()
    slack = certificate(found)
    assert found.kept.npv_m <= found.replanned.npv_m + slack <= found.before.npv_m + 2.0 * slack
    assert found.won_back_m >= -slack
    assert found.sum_kept_m == pytest.approx(sum(s.kept_lost_m for s in found.slips))
    assert found.sum_replanned_m == pytest.approx(sum(s.replanned_lost_m for s in found.slips))


def test_slips_are_ranked_by_what_they_cost():
    costs = [slip.kept_lost_m for slip in together().slips]
    assert costs == sorted(costs, reverse=True)
    assert {slip.name for slip in together().slips} == {"permit", "first", "shell", "lines"}


def test_a_slip_undone_never_lowers_the_joint_case():
    for slip in together().slips:
        assert slip.undone_m >= -certificate(together())


@pytest.mark.parametrize("seed", range(6))
def test_undone_and_kept_stay_in_order_on_random_portfolios(seed):
    portfolio = mixed(seed)
    rows = [r for r in ROWS if portfolio.factory is not None or r.kind != "line"]
    found = replan_portfolio(portfolio, rows)
    slack = certificate(found)
    assert found.kept.npv_m <= found.replanned.npv_m + slack
    for slip in found.slips:
        assert slip.undone_m >= -slack
        assert slip.replanned_lost_m <= slip.kept_lost_m + slack


def test_the_plan_under_the_old_dates_has_what_progress_says_was_decided():
    found = together()
    assert found.before.amounts["start"]["north", "permit"] == pytest.approx(np.ones(6))
    assert any("gate permit at north: started in 2027Q1" in fact for fact in found.facts)
    ordered = sum(v[1] for key, v in found.before.amounts["server_order"].items() if key[0] == "first_gen")
    assert ordered >= 8.0 - 1e-6


def test_what_was_decided_before_the_report_is_not_undone():
    found = together()
    now = 2
    for kind in ("server_order", "commit", "start", "generation_order", "line_order"):
        totals = [
            sum(v[:now] for key, v in plan.amounts[kind].items()) for plan in (found.before, found.replanned)
        ]
        assert totals[1] == pytest.approx(totals[0], abs=1e-6)


def test_all_plans_of_a_replan_add_up():
    for plan in (together().before, together().kept, together().replanned):
        assert worth(plan) == pytest.approx(plan.npv_m, rel=1e-6, abs=1e-3)


def test_orders_kept_under_the_old_dates_return_the_plan():
    plan = small_plan()
    path = plan.amounts["conversion_per_kwh"]["cells",]
    again = solve_portfolio(
        small_portfolio(), pool=POOL, given=Given(decisions=plan.decisions, conversion_per_kwh=path)
    )
    assert again.npv_m == pytest.approx(plan.npv_m, rel=2e-5)


def two_sites():
    """Two sites with halls, energy a little dearer at the second; servers can be ordered once and take a quarter."""
    base = plain(5, servers=(server(lead_q=1, last_order="2027Q1"),))
    twin = [site(name, price_per_mwh=price) for name, price in (("a", 50.0), ("b", 51.0))]
    halls = [i.model_copy(update={"site": s.name}) for s in twin for i in base.items]
    stages = [
        base.stages[0].model_copy(update={"site": s.name, "commit_lead_q": 1, "earliest_energised": "2027Q2"})
        for s in twin
    ]
    return replace(base, sites=tuple(twin), items=tuple(halls), stages=tuple(stages))


def test_servers_of_a_late_site_move_and_nothing_is_lost():
    portfolio = two_sites()
    as_of = {"as_of": "2027Q2", "site": "a"}
    servers = row(
        "order",
        "servers_g",
        "2027Q2",
        baseline_quantity=10.0,
        forecast_quarter="2027Q2",
        status="committed",
        **as_of,
    )
    stages = [
        row("stage", "x", "2027Q2", baseline_quantity=100.0, forecast_quarter="2027Q4", **as_of),
        row("stage", "x", "2027Q2", baseline_quantity=100.0, **{**as_of, "site": "b"}),
    ]
    found = replan_portfolio(portfolio, [servers, *stages])
    assert found.replanned.amounts["it_mw"]["b",][1] == pytest.approx(10.0)
    assert found.lost_kept_m == pytest.approx(2.0 * EARNED_M, rel=1e-4)
    assert found.lost_replanned_m == pytest.approx(4 * 10.0 * 2190.0 * 1e-6, rel=1e-3)  # energy at the second
    assert "move 10 MW IT of g ordered in 2027Q1 from a to b" in found.actions


def test_limits_on_money_that_cannot_hold_are_left_out_and_said():
    portfolio = waiting(money=waiting().money.model_copy(update={"credit_limit_m": 12.0}))
    plan = solve_portfolio(portfolio)
    late = gear(as_of="2027Q4", actual_quarter="2027Q4")
    servers = row("order", "servers_g", "2027Q2", site="a", baseline_quantity=60.0, as_of="2027Q4")
    found = replan(portfolio, plan, [late, servers])
    assert any("limits on money" in fact for fact in found.facts)
    assert any("60 in all against a supply of 10" in fact for fact in found.facts)


def test_without_rows_there_is_nothing_to_replan():
    with pytest.raises(InputError, match="holds no row"):
        replan(small_portfolio(), small_plan(), [])


def test_bridging_power_that_comes_after_it_should_be_given_up_is_given_up_later():
    """Engines bridge two quarters until the grid stage comes and are then sold; here they come with the stage."""
    portfolio = plain(
        6, generation=(engine(),), stages=(stage(earliest_energised="2027Q3"),),
        money=Money(discount_rate_frac=0.2, residual_factor=0.9),
    )  # fmt: skip
    plan = solve_portfolio(portfolio)
    assert plan.amounts["generation_sold"]["engine", "a"][2] > 1.0
    ordered = float(plan.amounts["generation_order"]["engine", "a", ""][0])
    late = row("order", "engine", "2027Q1", site="a", baseline_quantity=ordered, actual_quarter="2027Q4",
               as_of="2027Q4")  # fmt: skip
    found = replan(portfolio, plan, [late])
    assert any("bridging power" in fact for fact in found.facts)
    assert found.lost_kept_m == pytest.approx(plan.npv_m - found.kept.npv_m)
    assert found.slips[0].mw_periods_lost > 1.0


@pytest.mark.parametrize(("one", "two"), list(combinations((PERMIT, FIRST, SHELLS, LINE), 2))[:3])
def test_two_slips_together_cost_at_least_the_dearer(one, two):
    found = replan_portfolio(small_portfolio(), [one, two], small_plan(), POOL)
    dearest = max(slip.kept_lost_m for slip in found.slips)
    assert found.lost_kept_m >= dearest - certificate(found)


@pytest.mark.skipif(not REAL.is_dir(), reason="the portfolio data set is not beside this checkout")
def test_the_permit_of_the_data_set_costs_most_unless_replanned():
    portfolio = read_portfolio(REAL)
    found = replan_portfolio(portfolio, read_progress(REAL / "progress.csv", portfolio))
    assert found.slips[0].name == "permit"
    assert found.slips[0].kept_lost_m > 5.0 * found.slips[0].replanned_lost_m
    losses = {slip.name: slip for slip in found.slips}
    assert losses["electrical"].kept_lost_m == pytest.approx(losses["electrical"].replanned_lost_m, rel=0.05)
    assert losses["cooling"].kept_lost_m == pytest.approx(0.0, abs=1.0)
    assert found.lost_replanned_m < 0.3 * found.lost_kept_m
    assert all(slip.undone_m >= -certificate(found) for slip in found.slips)
