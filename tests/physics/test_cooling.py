"""Cooling: towers where it is cool and dry, a chiller where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Cooling
from wattstack.physics import cooling_mw, wet_bulb_degc

kinds = st.sampled_from(["liquid", "air"])


def power_frac(cooling: Cooling, wet_bulb, heat_frac: float = 1.0):
    return cooling_mw(cooling, heat_frac * 100.0, 100.0, wet_bulb) / (heat_frac * 100.0)


def test_wet_bulb_agrees_with_the_example_of_the_paper():
    assert wet_bulb_degc(20.0, 0.5) == pytest.approx(13.7, abs=0.05)


def test_wet_bulb_agrees_with_psychrometric_tables_within_the_error_the_paper_states():
    # ASHRAE sea-level psychrometrics: (dry bulb, humidity) -> wet bulb
    for dry, humidity, wet in ((30.0, 0.4, 20.0), (35.0, 0.6, 28.3), (10.0, 0.8, 8.2), (0.0, 0.9, -0.6)):
        assert wet_bulb_degc(dry, humidity) == pytest.approx(wet, abs=0.7)


@given(st.floats(-20, 50), st.floats(0, 1))
def test_wet_bulb_is_never_above_the_dry_bulb(dry, humidity):
    assert wet_bulb_degc(dry, humidity) <= dry


def test_cold_dry_air_needs_fans_and_pumps_only():
    cooling = Cooling(kind="liquid", supply_degc=32, approach_k=9, fan_pump_frac=0.03)
    assert power_frac(cooling, 0.0) == pytest.approx(0.03)


def test_the_chiller_carries_all_heat_once_the_tower_is_warmer_than_the_return():
    # Air at 24 degC: water at 18, return 28. Wet bulb 25 + approach 9 = 34, above the return.
    # Carnot's power per heat: rated (29.44 + 7 - 4.67) / 277.82, now (34 + 7 - 16) / 289.15; rated COP 6.
    rated, now = (29.44 + 7 - (6.67 - 2)) / (6.67 - 2 + 273.15), (34 + 7 - 16) / (16 + 273.15)
    by_hand = 0.08 + now / (6.0 * rated) + 0.016
    cooling = Cooling(kind="air", supply_degc=24, approach_k=9, fan_pump_frac=0.08, chiller_cop=6)
    assert power_frac(cooling, 25.0) == pytest.approx(by_hand, rel=1e-12)


def test_liquid_racks_still_warm_the_room_so_a_part_is_cooled_as_air():
    cooling = Cooling(kind="liquid", supply_degc=45, approach_k=9, fan_pump_frac=0.0)
    air = Cooling(kind="air", supply_degc=24, approach_k=9, fan_pump_frac=0.0)
    assert power_frac(cooling, 25.0) == pytest.approx(0.13 * power_frac(air, 25.0))


def test_fans_follow_the_cube_of_the_flow_down_to_the_least_flow():
    cooling = Cooling(kind="liquid", fan_pump_frac=0.04, minimum_flow_frac=0.4)
    assert cooling_mw(cooling, 50.0, 100.0, -10.0) == pytest.approx(4.0 * 0.5**3)
    assert cooling_mw(cooling, 10.0, 100.0, -10.0) == pytest.approx(4.0 * 0.4**3)


@settings(max_examples=60, deadline=None)
@given(kinds, st.floats(10, 45), st.floats(3, 15), st.floats(2, 15), st.floats(0.05, 1))
def test_power_never_falls_with_the_wet_bulb_and_never_jumps(kind, supply, approach, cop, heat_frac):
    cooling = Cooling(kind=kind, supply_degc=supply, approach_k=approach, chiller_cop=cop)
    wet_bulb = np.linspace(-20.0, 35.0, 5501)
    power = power_frac(cooling, wet_bulb, heat_frac)
    rise = np.diff(power)
    assert rise.min() >= -1e-15
    assert rise.max() < 0.01 * 0.1  # no more than a tenth of the heat per kelvin
    assert np.all(power >= 0.0)


@settings(max_examples=60, deadline=None)
@given(kinds, st.floats(10, 40), st.floats(0, 20), st.floats(-20, 35))
def test_warmer_supply_never_costs_more(kind, supply, warmer, wet_bulb):
    cold, warm = (Cooling(kind=kind, supply_degc=degc) for degc in (supply, supply + warmer))
    assert power_frac(warm, wet_bulb) <= power_frac(cold, wet_bulb) + 1e-12


def test_liquid_at_32_degrees_costs_a_few_percent_and_air_more_in_a_humid_summer():
    summer = 26.0  # wet bulb of an August afternoon in Osaka
    liquid, air = (power_frac(Cooling(kind=kind), summer, 0.8) for kind in ("liquid", "air"))
    assert 0.04 < liquid < 0.12
    assert 0.15 < air < 0.25
