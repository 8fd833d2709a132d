"""What a battery says it can hold for a window, it holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.physics import cell_of
from wattstack.physics.battery import simulate_battery
from wattstack.physics.blocks import BlockSpec, make_blocks
from wattstack.physics.power_window import WINDOWS_S, power_window


def strong(soc):
    return BlockSpec("b", cell_of("lfp-grid-2026"), None, 2.0, 6.0, 6.0, 0.025, 0.975, start_soc=soc)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.03, 0.97))
def test_the_power_of_a_window_is_held_to_its_end(soc):
    window = power_window(make_blocks([strong(soc)]))
    for i, window_s in enumerate(WINDOWS_S):
        for power in (window.discharge_mw[i, 0], -window.charge_mw[i, 0]):
            held = simulate_battery(strong(soc), np.full(20, power), 25.0, window_s / 20)["injection_mw"]
            assert held == pytest.approx(power, rel=5e-3, abs=1e-9)


def test_a_longer_window_holds_no_more():
    window = power_window(make_blocks([strong(s) for s in (0.05, 0.5, 0.95)]))
    assert window.charge_mw.shape == (4, 3)
    assert (np.diff(window.charge_mw, axis=0) <= 1e-4).all()
    assert (np.diff(window.discharge_mw, axis=0) <= 1e-12).all()


def test_a_later_state_is_judged_as_given():
    blocks = make_blocks([strong(0.9)])
    empty = make_blocks([strong(0.026)])
    assert power_window(blocks, empty.state, empty.age, [900.0]).discharge_mw[0, 0] < 0.1


@pytest.mark.tiny
def test_a_reservoir_holds_what_its_energy_gives():
    tank = BlockSpec("r", None, None, 10.0, 20.0, 20.0, start_soc=0.1)
    assert power_window(make_blocks([tank]), windows_s=[900.0]).discharge_mw[0, 0] == pytest.approx(4.0)


@pytest.mark.tiny
def test_the_compiled_formula_runs_uncompiled_too():
    assert 0.0 < power_window(make_blocks([strong(0.5)]), windows_s=[60.0]).charge_mw[0, 0] < 6.0


def test_a_window_of_no_length_is_refused():
    with pytest.raises(InputError, match="must be lengths in seconds, > 0"):
        power_window(make_blocks([strong(0.5)]), windows_s=[0.0])
