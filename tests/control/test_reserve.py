"""How much of what is stored may be counted on: less and less while nobody reads it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.control.reserve import StoredBelief, believe

pytestmark = pytest.mark.tiny

MWH = st.floats(0.0, 500.0)


def test_a_reading_is_believed_less_its_error():
    belief = believe(None, 0.0, 80.0, 100.0, 50.0, 2.0)
    assert (belief.stored_mwh, belief.sure_mwh) == (80.0, 78.0)


def test_a_store_that_was_never_read_holds_nothing():
    assert believe(None, 0.0, None, 100.0, 50.0, 2.0).sure_mwh == 0.0
    assert believe(None, 0.0, float("nan"), 100.0, 50.0, 2.0).sure_mwh == 0.0


def test_without_readings_the_error_grows_by_all_that_may_have_left():
    first = believe(None, 0.0, 80.0, 100.0, 50.0, 2.0)
    after = believe(first, 1800.0, None, 100.0, 50.0, 2.0)
    assert after.stored_mwh == 80.0
    assert after.sure_mwh == 80.0 - 2.0 - 25.0
    assert believe(after, 3600.0, float("nan"), 100.0, 50.0, 2.0).sure_mwh == pytest.approx(28.0)


def test_the_next_reading_ends_the_doubt():
    first = believe(None, 0.0, 80.0, 100.0, 50.0, 2.0)
    doubt = believe(first, 7200.0, None, 100.0, 50.0, 2.0)
    assert doubt.sure_mwh == 0.0
    assert believe(doubt, 7260.0, 40.0, 100.0, 50.0, 2.0) == StoredBelief(40.0, 2.0, 7260.0)


def test_an_estimator_that_is_less_sure_holds_more_back():
    sure = believe(None, 0.0, 80.0, 100.0, 50.0, 1.0)
    unsure = believe(None, 0.0, 80.0, 100.0, 50.0, 15.0)
    assert unsure.sure_mwh == sure.sure_mwh - 14.0


def test_a_reading_outside_of_the_battery_is_cut_to_it():
    assert believe(None, 0.0, 140.0, 100.0, 50.0, 0.0).stored_mwh == 100.0
    assert believe(None, 0.0, -3.0, 100.0, 50.0, 0.0).stored_mwh == 0.0


def test_a_clock_that_goes_back_adds_nothing():
    first = believe(None, 7200.0, 80.0, 100.0, 50.0, 2.0)
    assert believe(first, 3600.0, None, 100.0, 50.0, 2.0).sure_mwh == 78.0


@given(reading=MWH, most_mw=MWH, error=MWH, later=st.lists(st.floats(1.0, 7200.0), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_is_sure_never_rises_without_a_reading(reading, most_mw, error, later):
    belief, now = believe(None, 0.0, reading, 500.0, most_mw, error), 0.0
    for wait in later:
        now += wait
        after = believe(belief, now, None, 500.0, most_mw, error)
        assert after.sure_mwh <= belief.sure_mwh
        belief = after


def test_a_clock_that_is_set_back_makes_no_energy_sure_again():
    first = believe(None, 10_000.0, 80.0, 100.0, 50.0, 2.0)
    later = believe(first, 11_800.0, None, 100.0, 50.0, 2.0)
    back = believe(later, 8_200.0, None, 100.0, 50.0, 2.0)
    assert back.sure_mwh == later.sure_mwh == pytest.approx(53.0)
    assert believe(back, 8_236.0, None, 100.0, 50.0, 2.0).sure_mwh == pytest.approx(52.5)
    assert believe(back, 8_236.0, 60.0, 100.0, 50.0, 2.0).sure_mwh == 58.0
