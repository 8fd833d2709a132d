"""Plans for several futures: the first orders are one decision, values stand in their order, CVaR by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import plain, server, supply
from tests.portfolio.small import small_portfolio
from wattstack.errors import InputError
from wattstack.plan.portfolio import Pool, plan_futures, solve_portfolio
from wattstack.plan.portfolio.result import DECISIONS
from wattstack.plan.portfolio.stochastic import cvar, future_of, lost
from wattstack.portfolio import Scenario, read_portfolio

REAL = Path(__file__).parents[4] / "shared" / "data" / "portfolio"
TIGHT = 2e-5  # two certificates


def future(name: str, chance: float, **values) -> Scenario:
    """A future with a chance."""
    return Scenario(scenario=name, probability_frac=chance, **values)


@cache
def risk():
    """The small portfolio over its three futures."""
    return plan_futures(small_portfolio(), Pool())


def test_the_worst_tenth_is_averaged_by_hand():
    npvs, chances = np.array([30.0, 10.0, 20.0]), np.array([0.5, 0.05, 0.45])
    assert cvar(npvs, chances, 0.05) == pytest.approx(10.0)
    assert cvar(npvs, chances, 0.1) == pytest.approx((0.05 * 10.0 + 0.05 * 20.0) / 0.1)
    assert cvar(npvs, chances, 1.0) == pytest.approx(chances @ npvs)


@given(
    npvs=st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=6),
    alpha=st.floats(0.01, 1.0),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_cvar_lies_between_the_worst_and_the_mean_and_is_the_best_level(npvs, alpha, seed):
    chances = np.random.default_rng(seed).dirichlet(np.ones(len(npvs)))
    npvs = np.array(npvs)
    found = cvar(npvs, chances, alpha)
    assert npvs.min() - 1e-6 <= found <= chances @ npvs + 1e-6
    levels = [z - float(chances @ np.maximum(z - npvs, 0.0)) / alpha for z in npvs]  # Rockafellar and Uryasev
    assert found == pytest.approx(max(levels), rel=1e-9, abs=1e-6)


def test_orders_of_the_first_stage_are_the_same_in_all_futures():
    first, *others = [f.two_stage for f in risk().futures]
    stage = small_portfolio().first_stage_q
    for other in others:
        for kind in DECISIONS:
            for key, values in first.amounts.get(kind, {}).items():
                if kind != "storage_order" or key[-1] != "cells":
                    assert np.array_equal(values[:stage], other.amounts[kind][key][:stage]), (kind, key)


def test_keeping_base_orders_is_worth_no_more_than_planning_for_all_and_that_no_more_than_knowing():
    found = risk()
    slack = TIGHT * abs(found.knowing_m)
    assert found.base_kept_m <= found.expected_m + slack <= found.knowing_m + 2.0 * slack
    assert found.vss_m > 1.0
    assert found.evpi_m >= -slack
    for each in found.futures:
        assert each.regret_m >= -slack
    assert 0.0 <= found.contracts_m <= found.vss_m + slack


def test_expectation_and_tail_are_those_of_the_futures():
    found = risk()
    npvs = np.array([f.two_stage.npv_m for f in found.futures])
    chances = np.array([f.probability_frac for f in found.futures])
    assert found.expected_m == pytest.approx(chances @ npvs)
    assert found.cvar_m == pytest.approx(cvar(npvs, chances, found.alpha_frac))
    assert found.gap_frac <= 1e-5
    for each in found.futures:
        discount = each.two_stage.portfolio.calendar.discount(0.09)
        assert sum(line @ discount for line in each.two_stage.cash.values()) == pytest.approx(
            each.two_stage.npv_m
        )


def test_weight_on_the_worst_futures_never_lowers_them_nor_raises_the_mean():
    careful = plan_futures(small_portfolio(), Pool(), cvar_weight=0.5)
    assert careful.cvar_m >= risk().cvar_m - TIGHT * abs(risk().cvar_m)
    assert careful.expected_m <= risk().expected_m + TIGHT * abs(risk().expected_m)
    assert careful.cvar_weight == 0.5


def bet(good: float):
    """Servers at 3.5 M that earn 2 M a quarter over three quarters, or next to nothing; worth nothing at the end.

    Ten can be had before it shows which: 10 x (3 x (2 - 0.1095) - 3.5) = +21.7 or about -35 M.
    """
    portfolio = plain(
        servers=(server(capital_m_per_mw=3.5),),
        scenarios=(future("good", good), future("slump", 1.0 - good, revenue_factor=0.0)),
        first_stage_q=1,
    )
    return replace(portfolio, money=portfolio.money.model_copy(update={"residual_factor": 0.0}))


def early(found) -> float:
    """Servers of the first stage."""
    ((_, orders),) = found.futures[0].two_stage.amounts["server_order"].items()
    return float(orders[0])


def test_a_bet_against_the_odds_is_not_made_before_it_shows():
    found = plan_futures(bet(0.25))
    assert early(found) == pytest.approx(0.0, abs=1e-6)
    assert found.vss_m == pytest.approx(0.75 * 35.0 - 0.25 * 21.715, abs=0.01)  # the usual plan makes it
    assert found.evpi_m == pytest.approx(0.25 * 21.715, abs=0.01)
    assert found.cvar_m == pytest.approx(0.0, abs=1e-6)


def test_a_good_bet_is_made_unless_the_worst_future_counts():
    chances = plan_futures(bet(0.75), alpha_frac=0.25)
    assert early(chances) == pytest.approx(10.0)
    assert chances.cvar_m == pytest.approx(-35.0, abs=0.01)
    assert early(plan_futures(bet(0.75), alpha_frac=0.25, cvar_weight=1.0)) == pytest.approx(0.0, abs=1e-6)


def test_one_sure_future_leaves_nothing_to_hedge_or_to_know():
    sure = replace(
        small_portfolio(), scenarios=(future("sure", 1.0), future("never", 0.0, revenue_factor=0.1))
    )
    found = plan_futures(sure)
    slack = TIGHT * abs(found.knowing_m)
    assert [f.scenario for f in found.futures] == ["sure"]
    assert abs(found.vss_m) <= slack
    assert abs(found.evpi_m) <= slack
    assert found.expected_m == pytest.approx(solve_portfolio(sure).npv_m, rel=TIGHT)


def test_supply_of_the_first_stage_is_the_usual_one_in_every_future():
    short = replace(small_portfolio(), scenarios=(future("short", 1.0, server_supply_factor=0.5),))
    usual, future_supply = (
        next(s for s in p.supply if s.resource == "servers").at(p.calendar)
        for p in (short, future_of(short, "short", 2))
    )
    assert future_supply[:2] == pytest.approx(usual[:2])
    assert future_supply[2:] == pytest.approx(0.5 * usual[2:])


def test_orders_that_cannot_be_kept_in_a_future_are_said():
    """Servers ordered in the first quarter are paid in the second: a credit line without revenue bears none."""
    portfolio = plain(
        servers=(server(lead_q=0, capital_m_per_mw=1.0, revenue_m_per_mw_year=8.0),),
        supply=(supply("servers", 10.0),),
        scenarios=(future("good", 0.5), future("dead", 0.5, revenue_factor=0.0)),
        first_stage_q=2,
    )
    portfolio = replace(portfolio, money=portfolio.money.model_copy(update={"credit_limit_m": 15.0}))
    found = plan_futures(portfolio)
    assert found.futures[1].base_kept_m == -np.inf
    assert found.vss_m == np.inf
    assert found.contracts_m == 0.0
    assert any("can not be kept in dead" in note for note in found.notes)


def test_a_portfolio_without_factory_has_no_note_on_cells():
    without = replace(small_portfolio(), factory=None, segments=(), first_stage_q=0)
    notes = plan_futures(without, first_stage_q=1).notes
    assert not any("cells" in note for note in notes)
    assert "orders up to 2027Q1" in notes[0]
    assert "orders up to no period" in plan_futures(without).notes[0]


def test_numbers_out_of_range_are_told_together():
    portfolio = replace(small_portfolio(), scenarios=())
    with pytest.raises(InputError) as caught:
        plan_futures(portfolio, cvar_weight=2.0, alpha_frac=0.0, first_stage_q=99)
    told = " ".join(str(fault) for fault in caught.value.faults)
    for word in ("no scenarios", "weight of CVaR is 2", "alpha of CVaR is 0", "99 periods"):
        assert word in told


def test_a_loss_below_the_certificate_is_none():
    assert lost(1000.0, 1000.001) == 0.0
    assert lost(1000.0, 999.0) == pytest.approx(1.0)
    assert lost(1000.0, 1001.0) == pytest.approx(-1.0)


@pytest.mark.skipif(not REAL.is_dir(), reason="the portfolio data set is not beside this checkout")
def test_the_data_set_is_hedged_within_its_certificate():
    found = plan_futures(read_portfolio(REAL))
    slack = TIGHT * found.knowing_m
    assert found.base_kept_m < found.expected_m <= found.knowing_m + slack
    assert 50.0 < found.vss_m - found.contracts_m < 200.0
    assert 20.0 < found.evpi_m < 150.0
    assert found.gap_frac <= 1e-5
