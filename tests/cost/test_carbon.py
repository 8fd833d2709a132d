"""Emissions by month and source."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.cost import carbon_cost_per_mwh, emissions_t


def test_emissions_are_import_at_grid_intensity_and_generation_at_that_of_fuel(calendar_of):
    calendar = calendar_of("2022-01-01T00:00Z", "2022-03-01T00:00Z", "30min")
    count = calendar.axis.count
    clean_february = np.where(calendar.month == 0, 400.0, 100.0)
    table = emissions_t(
        calendar, np.full(count, 100.0), clean_february, {"generator.gas": (np.full(count, 10.0), 444.0)}
    )
    assert table["grid"].tolist() == pytest.approx([744 * 100 * 0.4, 672 * 100 * 0.1])
    assert table["generator.gas"].tolist() == pytest.approx([744 * 10 * 0.444, 672 * 10 * 0.444])
    assert table["total"].tolist() == pytest.approx((table["grid"] + table["generator.gas"]).tolist())


def test_carbon_of_a_mwh_costs_its_tonnes():
    assert carbon_cost_per_mwh(np.array([0.0, 500.0]), 80.0).tolist() == [0.0, 40.0]
