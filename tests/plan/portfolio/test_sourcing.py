"""Suppliers in one call: shares of all named ones, the price of a second source where somebody may fall short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Pool, solve_portfolio, weigh_suppliers


@pytest.fixture(scope="module")
def found():
    """The suppliers of a plan of the small portfolio."""
    pool = Pool()
    return weigh_suppliers(solve_portfolio(small_portfolio(), pool=pool), pool)


def test_every_named_supplier_has_a_share_and_a_shortfall(found):
    named = {(s.resource, s.supplier) for s in small_portfolio().suppliers}
    assert {(s.resource, s.supplier) for s in found["shares"]} == named
    assert {(s.resource, s.supplier) for s in found["shortfalls"]} == named


def test_a_second_source_is_priced_for_each_resource_that_may_fall_short(found):
    assert [source.resource for source in found["second_sources"]] == ["servers", "lfp"]


def test_without_named_suppliers_there_is_nothing_to_weigh():
    plan = solve_portfolio(replace(small_portfolio(), suppliers=()))
    assert weigh_suppliers(plan) == {}
