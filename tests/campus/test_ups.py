"""Uninterruptible supplies as declared."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus import Ups

NAMED = "is 'hals', must be a hall of this campus. Nearest: 'halls'. (line 23)"


def test_eco_loses_less_than_double_conversion_unless_its_efficiency_is_given():
    assert (Ups().eff, Ups(kind="eco").eff, Ups(kind="eco", efficiency_frac=0.97).eff) == (0.96, 0.99, 0.97)


@pytest.mark.parametrize(
    "given",
    [{"kind": "offline"}, {"low_pu": 1.1}, {"high_pu": 0.9}, {"power_mw": 0}, {"efficiency_frac": 0}, {"sag_count": 0},
     {"transfer_s": -1}, {"power_factor": 1.1}, {"walk_in_s": -1}, {"sag_window_s": 0}],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused(given):
    with pytest.raises(ValidationError):
        Ups(**given)


def test_a_supply_that_never_counts_holds_nothing(told):
    assert told(ups="{east: {sag_count: null, hold_s: 60}}") == {
        "ups.east.hold_s": "is 60, but sag_count is null: nothing is counted. Take hold_s out. (line 23)"
    }


def test_a_supply_serves_halls_of_the_campus(told):
    assert told(ups="{east: {serves: [hals]}}") == {"ups.east.serves.0": NAMED}
    assert told(ups="{east: {serves: [zzz, hals]}}") == {
        "ups.east.serves.0": "is 'zzz', must be a hall of this campus. There are: halls. (line 23)",
        "ups.east.serves.1": NAMED,
    }
    offices = ("  halls: {it_mw: 100} ", "  halls: {it_mw: 100}\n  offices: {draw_mw: 3} ")
    found = told(offices, ups="{east: {serves: [offices]}}")
    assert found["ups.east.serves.0"].startswith("is 'offices', a plain load, must be a hall. Take it out.")


def test_a_hall_hangs_on_one_supply(told):
    assert told(ups="{east: {}, west: {serves: [halls]}}") == {
        "ups.west.serves": "holds 'halls', which ups.east feeds already, must be fed by one. Name each hall once. "
        "(line 23)"
    }
    assert "is absent, so it holds 'halls'" in str(told(ups="{east: {serves: [halls]}, west: {}}"))


def test_a_supply_carries_what_it_feeds(told, campus_of):
    assert told(ups="{east: {power_mw: 90}}") == {
        "ups.east.power_mw": "is 90, must carry the halls it feeds (halls: 100 MW). Raise it, or let it feed less. "
        "(line 23)"
    }
    assert campus_of(ups={"east": {"power_mw": 100}}).ups["east"].serves == ()


def test_without_a_hall_there_is_nothing_to_feed(told):
    assert told(("  halls: {it_mw: 100} ", "  site: {draw_mw: 3} "), ups="{east: {}}") == {
        "ups.east": "has no hall to feed, none is declared. Take it out. (line 23)"
    }
