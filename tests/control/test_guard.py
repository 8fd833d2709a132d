"""The last gate: nothing passes that a battery does not allow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.control import Bounds, guarded

pytestmark = pytest.mark.tiny


def test_what_is_allowed_passes_without_a_word():
    passed = guarded({"battery.main": -30.0}, {"battery.main": Bounds(40.0, 50.0)})
    assert passed.power_mw == {"battery.main": -30.0}
    assert not passed.cut


def test_what_is_too_much_is_cut_and_told():
    passed = guarded({"a": 80.0, "b": -80.0}, {"a": Bounds(40.0, 50.0), "b": Bounds(40.0, 50.0)})
    assert passed.power_mw == {"a": 50.0, "b": -40.0}
    assert passed.cut["a"] == "asked 80 MW, passed 50"


def test_what_is_no_number_becomes_nothing():
    passed = guarded({"a": float("nan")}, {"a": Bounds(40.0, 50.0)})
    assert passed.power_mw == {"a": 0.0}
    assert "not a number" in passed.cut["a"]


def test_a_battery_whose_limits_are_not_known_does_nothing():
    passed = guarded({"a": 5.0}, {})
    assert passed.power_mw == {"a": 0.0}
    assert "not known" in passed.cut["a"]


def test_infinite_asks_are_cut_as_others():
    passed = guarded({"a": float("inf")}, {"a": Bounds(40.0, 50.0)})
    assert passed.power_mw == {"a": 50.0}


@given(asked=st.floats(allow_nan=True), charge=st.floats(0.0, 1e3), discharge=st.floats(0.0, 1e3))
@settings(max_examples=100, deadline=None)
def test_nothing_leaves_the_bounds(asked, charge, discharge):
    power = guarded({"a": asked}, {"a": Bounds(charge, discharge)}).power_mw["a"]
    assert -charge <= power <= discharge
