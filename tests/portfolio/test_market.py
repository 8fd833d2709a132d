"""Shared limits, prices and learning of the market side."""

from __future__ import annotations

import numpy as np
import pytest

from tests.portfolio.small import small_portfolio
from wattstack.portfolio import Calendar, Segment, Supply


def test_supply_is_linear_between_its_dates_and_flat_outside():
    supply = Supply(resource="hv", amounts={"2027Q3": 30.0, "2027Q1": 10.0})
    assert supply.at(Calendar("2026Q4", 6)).tolist() == [10.0, 10.0, 20.0, 30.0, 30.0, 30.0]


def test_conversion_falls_by_the_learning_rate_with_every_doubling():
    factory = small_portfolio().factory
    cost = factory.conversion_per_kwh(np.array([0.0, 0.1, 0.2, 0.4]))
    assert cost == pytest.approx([160.0, 160.0, 160.0 * 0.82, 160.0 * 0.82**2])


def test_prices_change_from_their_year_on():
    segment = small_portfolio().segments[0]
    assert segment.price_at(np.array([2027, 2028])) == pytest.approx([320.0, 320.0 * 0.94])


def test_export_is_not_domestic_unless_it_says_so():
    parts = {"segment": "export", "tranche": "1", "price_per_kwh": 1.0, "access_gwh": {2027: 1.0}}
    assert not Segment(**parts).domestic
    assert Segment(**parts, domestic=True).domestic
    assert Segment(**{**parts, "segment": "grid"}).domestic
