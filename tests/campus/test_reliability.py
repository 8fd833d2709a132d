"""Outages and failures as they are declared."""

from __future__ import annotations

from math import erf, log, sqrt

import pytest
from pydantic import ValidationError

from wattstack.campus.grid import Connection
from wattstack.campus.reliability import BlockReliability, GridReliability, OutageHours


def test_the_length_of_an_outage_has_the_quantiles_that_were_declared():
    hours = OutageHours(median=2, p95=30)

    def shorter(h):
        return 0.5 * (1 + erf((log(h) - hours.mu) / hours.sigma / sqrt(2)))

    assert shorter(2) == pytest.approx(0.5) and shorter(30) == pytest.approx(0.95)


def test_the_usual_outages_are_244_seconds_a_year():
    grid = GridReliability()
    assert grid.outages_per_year * grid.outage_h.mean_h * 3600 == pytest.approx(244, rel=0.05)


def test_a_connection_that_declares_nothing_has_no_outages_but_published_means():
    silent, told = Connection(firm_mw=9), Connection(firm_mw=9, reliability={"outages_per_year": 3})
    assert silent.reliability is None and silent.outages == GridReliability()
    assert told.outages is told.reliability and told.outages.outages_per_year == 3


def test_outages_of_one_length_are_allowed_and_shorter_tails_are_not():
    assert OutageHours(median=1, p95=1).mean_h == pytest.approx(1)
    with pytest.raises(ValidationError, match=r"p95  is 0\.5 h, must not be below the median 1 h"):
        OutageHours(median=1, p95=0.5)


def test_a_block_is_away_as_long_as_its_failures_last():
    assert BlockReliability(failures_per_year=1, repair_h=8760).availability_frac == 0.5
    assert BlockReliability(failures_per_year=0).availability_frac == 1
