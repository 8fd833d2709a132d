"""Generator: fuel and wear make the price of its MWh."""

from __future__ import annotations

import numpy as np

from wattstack.campus import Generator
from wattstack.physics import running_cost_per_mwh

GAS = Generator(
    power_mw=40, fuel_mwh_per_mwh=2.0, fuel_price_per_mwh=50, om_per_mwh=5, emission_kg_per_mwh=400
)


def test_a_mwh_costs_its_fuel_and_its_maintenance():
    assert running_cost_per_mwh(GAS, 50.0) == 105.0


def test_the_cost_follows_the_price_of_fuel_step_by_step():
    assert running_cost_per_mwh(GAS, np.array([0.0, 10.0])).tolist() == [5.0, 25.0]
