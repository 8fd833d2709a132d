"""Suppliers: shares add up, a shortfall costs, a second source costs and insures."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.plan.portfolio.pencil import plain, server, supply
from tests.portfolio.small import small_portfolio
from wattstack.errors import InputError
from wattstack.plan.portfolio import Pool, solve_portfolio
from wattstack.plan.portfolio.suppliers import (
    country_shares,
    least_share,
    second_source,
    supplier_shares,
    supplier_shortfalls,
)
from wattstack.portfolio import Supplier

POOL = Pool()


@cache
def plan():
    """The plan of the small portfolio."""
    return solve_portfolio(small_portfolio(), pool=POOL)


def two(**values):
    """Two suppliers of servers, the first cheaper."""
    usual = {"resource": "servers", "from_quarter": "2027Q1", "shortfall_probability_frac": 0.5}
    return (
        Supplier(supplier="one", origin="X", shortfall_factor=0.0, share_max_frac=0.8, **usual, **values),
        Supplier(supplier="two", origin="Y", price_factor=1.1, **usual, **values),
    )


def test_shares_of_a_resource_add_up_to_one():
    shares = supplier_shares(plan())
    for resource in ("servers", "lfp"):
        own = [s for s in shares if s.resource == resource]
        assert sum(s.spend_frac for s in own) == pytest.approx(1.0)
        assert sum(s.units_frac for s in own) == pytest.approx(1.0)
        assert [s.spend_m for s in own] == sorted((s.spend_m for s in own), reverse=True)


def test_spend_is_price_times_units_by_hand():
    """10 MW a quarter over 3 quarters at 1 M: 8 from one, 2 from two at 1.1."""
    shares = {s.supplier: s for s in supplier_shares(solve_portfolio(plain(suppliers=two())))}
    assert shares["one"].spend_m == pytest.approx(24.0)
    assert shares["two"].spend_m == pytest.approx(6.6)
    assert shares["one"].units_frac == pytest.approx(0.8)
    assert country_shares(shares.values()) == pytest.approx({"X": 24.0 / 30.6, "Y": 6.6 / 30.6})


def test_nothing_ordered_gives_no_shares():
    idle = plain(suppliers=two(), supply=(supply("servers", 0.0),))
    shares = supplier_shares(solve_portfolio(idle))
    assert all(s.spend_frac == s.units_frac == 0.0 for s in shares)
    assert set(country_shares(shares).values()) == {0.0}


def test_a_shortfall_costs_more_when_it_shows_late():
    for short in supplier_shortfalls(plan(), POOL):
        assert short.lost_m >= short.known_lost_m - 2e-5 * abs(plan().npv_m)
        assert short.known_lost_m >= 0.0


def test_shortfalls_come_worst_first_and_of_one_resource_where_asked():
    every = supplier_shortfalls(plan(), POOL)
    assert [s.lost_m for s in every] == sorted((s.lost_m for s in every), reverse=True)
    assert {s.resource for s in supplier_shortfalls(plan(), resource="lfp")} == {"lfp"}


def test_servers_that_do_not_come_lose_what_they_would_have_earned():
    """One supplier for all: nothing comes. Each MW of 10, 20, 30 earns 2 M a quarter less 0.1095 of energy."""
    only = (Supplier(resource="servers", supplier="one", from_quarter="2027Q1", shortfall_factor=0.0),)
    portfolio = plain(suppliers=only, servers=(server(lead_q=0),), first_stage_q=0)
    found = solve_portfolio(portfolio)
    (short,) = supplier_shortfalls(found)
    assert short.lost_m == pytest.approx(found.npv_m, rel=1e-6)


def test_a_second_source_costs_and_saves_in_the_worst_shortfall():
    source = second_source(plan(), POOL, "servers")
    assert source.share_max_frac == pytest.approx(0.5)
    assert source.usual_share_frac == 0.7
    assert source.cost_m > 0.0
    assert source.worst_saved_m > 0.0
    chances = {(s.supplier): s.probability_frac for s in source.shortfalls}
    saved = {a.supplier: a.lost_m - b.lost_m for a, b in zip(source.shortfalls, source.insured, strict=True)}
    assert source.expected_saved_m == pytest.approx(sum(chances[s] * saved[s] for s in saved))


def test_a_share_that_is_no_tighter_costs_nothing():
    source = second_source(plan(), None, "servers", 1.0)
    assert source.cost_m == 0.0
    assert source.worst_saved_m == pytest.approx(0.0, abs=1e-3)


def test_suppliers_that_start_later_count_where_none_is_there_at_first():
    later = tuple(s.model_copy(update={"from_quarter": "2027Q2"}) for s in two())
    found = solve_portfolio(plain(suppliers=later))
    assert second_source(found, None, "servers").share_max_frac == pytest.approx(0.5)


def test_shares_that_cannot_deliver_everything_are_refused():
    with pytest.raises(InputError, match="Give a share of 50% or more"):
        second_source(plan(), POOL, "servers", 0.4)


def test_a_resource_without_named_suppliers_is_refused():
    with pytest.raises(InputError, match="Give one of servers, lfp"):
        second_source(plan(), POOL, "hv")
    bare = solve_portfolio(replace(plain(), suppliers=()))
    with pytest.raises(InputError, match=r"suppliers\.csv"):
        supplier_shortfalls(bare, resource="servers")


@pytest.mark.parametrize(
    ("shares", "least"),
    [
        ((0.7, 0.5), 0.5),
        ((1.0, 1.0, 1.0), 1 / 3),
        ((0.2, 0.9), 0.8),
        ((0.7, 0.5, 0.2), 0.4),
        ((0.3, 0.3), 1.0),
    ],
)
def test_the_least_share_with_which_all_is_still_delivered(shares, least):
    assert least_share(np.array(shares)) == pytest.approx(least)
