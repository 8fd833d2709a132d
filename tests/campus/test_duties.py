"""The one definition of backup."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattstack.campus import reserve_mw, reserve_mwh


def test_reserve_is_what_the_load_takes_out_and_the_margin_of_the_gauge():
    assert reserve_mwh(100, 0.5, 0.8, soc_error_frac=0.1, energy_mwh=200) == pytest.approx(62.5 + 20)


def test_reserve_of_an_unsized_battery_is_the_smallest_that_holds_it():
    need = reserve_mwh(100, 0.5, 0.8, soc_error_frac=0.1)
    assert need == pytest.approx(62.5 / 0.9)
    assert reserve_mwh(100, 0.5, 0.8, soc_error_frac=0.1, energy_mwh=need) == pytest.approx(need)


def test_reserve_follows_a_load_that_moves():
    load = np.array([100.0, 50.0])
    assert reserve_mwh(load, 1.0, 0.5).tolist() == [200.0, 100.0]
    assert reserve_mw(load, load_frac=0.5).tolist() == [50.0, 25.0]


@given(load=st.floats(0, 1e4), hours=st.floats(0.01, 100), eff=st.floats(0.5, 1), error=st.floats(0, 0.4))
def test_what_is_reserved_carries_the_load_even_when_the_gauge_reads_high(load, hours, eff, error):
    energy = 2 * reserve_mwh(load, hours, eff, error) + 1.0
    shown = reserve_mwh(load, hours, eff, error, energy)
    really_there = shown - error * energy
    assert really_there * eff >= load * hours * (1 - 1e-12) - 1e-9
