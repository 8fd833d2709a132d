"""Whole stages, gates and lines: whole indeed, within the gap, and below the relaxation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import cells, makers, mixed, path_of, plain, segment, stage, worth
from wattstack.errors import GapError
from wattstack.plan.portfolio import Given, Pool, solve_portfolio
from wattstack.portfolio import Gate, Money

WHOLE = ("commit", "start", "line_order")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100_000))
def test_whole_units_are_whole_and_worth_no_more_than_parts(seed):
    pool = Pool()
    parts = solve_portfolio(mixed(seed), pool=pool)
    kept = Given(conversion_per_kwh=path_of(parts))
    plan = solve_portfolio(mixed(seed), pool=pool, whole=True, given=kept)
    assert plan.whole and not parts.whole
    for kind in WHOLE:
        for values in plan.amounts.get(kind, {}).values():
            assert values == pytest.approx(np.round(values), abs=1e-5)
    assert plan.npv_m <= parts.bound_m + 1e-5 * abs(parts.bound_m)
    assert plan.npv_m <= plan.bound_m + 1e-6 and plan.gap_frac <= 1e-4
    assert worth(plan) == pytest.approx(plan.npv_m, rel=1e-9, abs=1e-7)
    for kind in ("stage_on", "gate_open", "commit", "start"):
        assert all(np.all(np.diff(v) >= -1e-6) for v in plan.amounts[kind].values())


def test_a_part_of_a_stage_is_all_of_it_or_nothing():
    money = Money(discount_rate_frac=0.0, residual_factor=0.0)
    worth_it = stage("y", power_mw=40.0, capital_m=40.0)
    portfolio = plain(3, stages=(stage(power_mw=10.0), worth_it), money=money)
    parts = solve_portfolio(portfolio)
    assert parts.amounts["commit"]["a", "y"].max() == pytest.approx(0.25)
    assert not solve_portfolio(portfolio, whole=True).amounts["commit"]["a", "y"].any()
    cheap = replace(portfolio, stages=(stage(power_mw=10.0), worth_it.model_copy(update={"capital_m": 20.0})))
    assert solve_portfolio(cheap, whole=True).amounts["commit"]["a", "y"].max() == pytest.approx(1.0)


def test_lines_come_in_whole_numbers():
    market = segment(access_gwh={2027: 0.9})
    portfolio = makers(
        4, factory=cells(committed_lines=0, line_lead_q=0, line_capital_m=40.0), segments=(market,)
    )
    parts = solve_portfolio(portfolio).amounts["line_order"]["cells",]
    assert parts.sum() == pytest.approx(0.9)
    whole = solve_portfolio(portfolio, whole=True)
    assert whole.amounts["line_order"]["cells",].sum() == pytest.approx(1.0)
    assert whole.amounts["sold_gwh"]["grid", "1"].sum() == pytest.approx(0.9)


def test_a_gate_is_open_or_shut():
    gate = Gate(site="a", gate="fibre", capital_m=5.0, earliest_start="2027Q1")
    plan = solve_portfolio(plain(3, gates=(gate,)), whole=True)
    assert plan.amounts["gate_open"]["a", "fibre"] == pytest.approx([1.0, 1.0, 1.0])
    dear = gate.model_copy(update={"capital_m": 500.0})
    assert not solve_portfolio(plain(3, gates=(dear,)), whole=True).amounts["gate_open"]["a", "fibre"].any()


def test_a_plan_with_nothing_that_comes_whole_is_the_same():
    portfolio = plain(3, stages=())
    assert solve_portfolio(portfolio, whole=True).npv_m == pytest.approx(solve_portfolio(portfolio).npv_m)


def test_prices_of_a_whole_plan_are_those_of_its_relaxation():
    pool = Pool()
    parts = solve_portfolio(plain(3), pool=pool)
    whole = solve_portfolio(plain(3), pool=pool, whole=True)
    assert whole.prices["supply"]["servers",] == pytest.approx(parts.prices["supply"]["servers",])


def test_held_decisions_stay_when_units_are_made_whole():
    plan = solve_portfolio(plain(3), whole=True)
    fewer = replace(
        plan.decisions, amounts={**plan.decisions.amounts, "server_order": {("g", "a", ""): np.ones(3)}}
    )
    kept = solve_portfolio(plain(3), whole=True, given=Given(decisions=fewer))
    assert kept.amounts["it_mw"]["a",] == pytest.approx([1.0, 2.0, 3.0])


def test_a_gap_that_stays_is_told(monkeypatch):
    from wattstack.plan.portfolio import whole as whole_module

    monkeypatch.setattr(whole_module, "ROUNDS_MOST", 0)
    with pytest.raises(GapError, match=r"0 rounds left a gap"):
        solve_portfolio(plain(3), whole=True)
