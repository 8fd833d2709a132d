"""One power shared over the batteries, and what was asked of single ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.operate.guard.limits import Band
from wattstack.operate.guard.measure import Store
from wattstack.operate.guard.shares import missed_mw, shared

rooms = st.floats(0.0, 20.0)
bands = st.builds(
    lambda path, ends: Band(path, *sorted(ends), "test"),
    st.sampled_from(["battery.a", "battery.b"]),
    st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-60, 60), st.lists(st.tuples(rooms, rooms), min_size=2, max_size=2), st.lists(bands, max_size=3)
)
def test_shares_lie_in_what_each_can_and_add_up_as_far_as_they_can(power, ends, asked):
    stores = {p: Store(0.0, 1.0, 0.5, *end) for p, end in zip(("battery.a", "battery.b"), ends, strict=True)}
    made = shared(power, stores, asked)
    for path, store in stores.items():
        assert -store.can_charge_mw - 1e-9 <= made[path] <= store.can_discharge_mw + 1e-9
    most = sum(s.can_discharge_mw for s in stores.values())
    least = -sum(s.can_charge_mw for s in stores.values())
    assert sum(made.values()) == pytest.approx(min(max(power, least), most), abs=1e-6)


@pytest.mark.parametrize(
    ("power", "asked", "made"),
    [
        (6.0, (0.0, 10.0), (3.0, 3.0)),  # what it leaves alone is left alone
        (6.0, (-10.0, 5.0), (3.0, 3.0)),
        (6.0, (-10.0, 2.0), (4.0, 2.0)),
        (6.0, (5.0, 8.0), (1.0, 5.0)),
        (6.0, (1.0, 1.0), (5.0, 1.0)),
        (-6.0, (0.0, 10.0), (-6.0, 0.0)),
        (-6.0, (-2.0, 10.0), (-4.0, -2.0)),
        (0.0, (3.0, 10.0), (-3.0, 3.0)),
        (14.0, (-10.0, 2.0), (10.0, 4.0)),  # the sum counts more
    ],
)
def test_a_band_of_one_battery_narrows_its_share_and_no_more(power, asked, made):
    stores = {path: Store(0.0, 1.0, 0.5, 10.0, 10.0) for path in ("battery.a", "battery.b")}
    found = shared(power, stores, [Band("battery.b", *asked, "test")])
    assert tuple(found.values()) == pytest.approx(made)


@settings(max_examples=200, deadline=None)
@given(st.floats(-40, 40), st.lists(bands, max_size=2, unique_by=lambda band: band.path))
def test_bands_of_single_batteries_are_kept_wherever_the_sum_allows_it(power, asked):
    stores = {path: Store(0.0, 1.0, 0.5, 20.0, 20.0) for path in ("battery.a", "battery.b")}
    ends = dict.fromkeys(stores, (-20.0, 20.0)) | {band.path: (band.low_mw, band.high_mw) for band in asked}
    low, high = (sum(end[side] for end in ends.values()) for side in (0, 1))
    made = shared(power, stores, asked)
    assert missed_mw(made, asked) == pytest.approx(0.0, abs=1e-6) or not low - 1e-9 <= power <= high + 1e-9
