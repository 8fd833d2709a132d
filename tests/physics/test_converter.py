"""Losses between bus and cells: there and back is where one started."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Battery
from wattstack.errors import InputError
from wattstack.physics.converter import ConverterLoss, converter_ac_mw, converter_dc_mw, losses_of
from wattstack.physics.kernel.converter import ac_of_bus, bus_of_ac_in, bus_of_ac_out, dc_of_ac, least_dc_out

LOSS = ConverterLoss(discharge=(0.004, 0.006, 0.01), charge=(0.003, 0.002, 0.02))


@pytest.mark.tiny
@given(st.floats(-1.0, 1.0).filter(lambda p: abs(p) > 0.02))
@settings(max_examples=60, deadline=None)
def test_from_the_bus_to_the_cells_and_back(power):
    assert converter_ac_mw(LOSS, converter_dc_mw(LOSS, 7 * power, 7.0), 7.0) == pytest.approx(
        7 * power, rel=1e-12
    )
    ac = ac_of_bus(power, 0.001, 0.01)
    back = bus_of_ac_out(ac, 0.001, 0.01) if power > 0 else -bus_of_ac_in(-ac, 0.001, 0.01)
    assert back == pytest.approx(power, rel=1e-12)


@pytest.mark.tiny
def test_both_directions_lose():
    assert converter_dc_mw(LOSS, 1.0, 1.0) == pytest.approx(1.02)
    assert converter_dc_mw(LOSS, -1.0, 1.0) == pytest.approx(-0.975)
    assert least_dc_out(0.001, 0.004, 0.0, 0.0) == pytest.approx(dc_of_ac(0.001, 0.004, 0.0, 0.0))


@pytest.mark.tiny
def test_cells_that_give_less_than_the_loss_bring_nothing_out():
    assert converter_ac_mw(LOSS, 0.003, 1.0) == 0.0


def test_declared_losses_are_taken_over():
    declared = Battery(power_mw=1, energy_mwh=1, charge_eff=1, discharge_eff=1, converter={"square_frac": 0.02},
                       transformer={"no_load_frac": 0.002})  # fmt: skip
    converter, transformer = losses_of(declared)
    assert converter.charge == converter.discharge == (0.004, 0.005, 0.02)
    assert transformer.no_load_frac == 0.002


def test_a_rating_of_nothing_and_a_power_that_is_no_number_are_refused():
    with pytest.raises(InputError, match="rated_mw is 0, must be > 0"):
        converter_dc_mw(LOSS, 1.0, 0.0)
    with pytest.raises(InputError, match="the power is NaN"):
        converter_ac_mw(LOSS, float("nan"), 1.0)
