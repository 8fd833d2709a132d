"""Gaps: found, said, filled by a named rule only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.series.conftest import series
from wattstack.errors import InputError
from wattstack.series import GapRule
from wattstack.series.gaps import fill_gaps, find_gaps, gap_faults

NAN = float("nan")


def test_no_gap_no_fault():
    assert find_gaps(series([1, 2, 3])) == []
    assert gap_faults(series([1, 2, 3])) == []


def test_a_gap_of_one_step_says_when():
    (fault,) = gap_faults(series([1, NAN, 3]))
    assert str(fault) == (
        "price_per_mwh  has 1 gap, 1 step missing, first at 2022-01-01T01:00Z. "
        "Fill them by a named rule (gaps: rule, at_most) or give the values."
    )


def test_a_gap_of_a_week_says_how_long():
    values = np.ones(24 * 30)
    values[24 : 24 * 8] = NAN
    values[700] = NAN
    (fault,) = gap_faults(series(values))
    assert "has 2 gaps, 169 steps missing, first at 2022-01-02T00:00Z, longest 7 days." in fault.what


def test_gaps_are_looked_for_inside_a_span():
    holes = series([NAN, 1, NAN, 3, NAN])
    assert [gap.first for gap in find_gaps(holes, 1, 4)] == [2]


def test_the_missing_autumn_hour_is_named():
    values = np.ones(48)
    values[25] = NAN
    autumn = series(values, start="2021-10-30T00:00", time_zone="Europe/Paris")
    (fault,) = gap_faults(autumn)
    assert (
        "first at 2021-10-31T01:00Z (the autumn hour that the clock of Europe/Paris shows twice" in fault.what
    )


@pytest.mark.parametrize(
    ("rule", "filled"),
    [("hold", [1, 1, 1, 4]), ("interpolate", [1, 2, 3, 4])],
)
def test_a_rule_fills_and_is_noted(rule, filled):
    done = fill_gaps(series([1, NAN, NAN, 4]), GapRule(rule, 7200))
    assert done.values.tolist() == filled
    assert done.notes == (f"2 steps in 1 gap filled by {rule}",)


def test_a_day_is_filled_by_the_day_before_and_that_fills_the_next():
    values = np.arange(96.0)
    values[30:60] = NAN
    done = fill_gaps(series(values), GapRule("day_before", 30 * 3600)).values
    assert done[30:54].tolist() == list(range(6, 30))
    assert done[54:60].tolist() == list(range(6, 12))


def test_a_gap_longer_than_allowed_stays():
    holes = series([1, NAN, NAN, 4])
    assert fill_gaps(holes, GapRule("hold", 3600)) is holes


@pytest.mark.parametrize("rule", ["hold", "interpolate", "day_before"])
def test_a_rule_with_nothing_to_start_from_leaves_the_gap(rule):
    assert np.isnan(fill_gaps(series([NAN, 2, 3]), GapRule(rule, 86400)).values[0])


def test_interpolation_needs_both_ends():
    assert np.isnan(fill_gaps(series([1, 2, NAN]), GapRule("interpolate", 86400)).values[2])


def test_a_rule_that_is_not_known_names_the_nearest():
    with pytest.raises(InputError, match="is 'linear', must be one of hold, interpolate, day_before"):
        fill_gaps(series([1, NAN]), GapRule("linear", 3600))
    with pytest.raises(InputError, match="Nearest: 'day_before'"):
        fill_gaps(series([1, NAN]), GapRule("daybefore", 3600))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.booleans(), min_size=2, max_size=60), st.sampled_from(["hold", "interpolate", "day_before"])
)
def test_filling_never_touches_what_was_given(known, rule):
    values = np.where(known, np.arange(len(known), dtype=float), NAN)
    done = fill_gaps(series(values), GapRule(rule, 86400)).values
    assert np.array_equal(done[known], values[known])
    holes = sum(gap.count for gap in find_gaps(series(values)))
    assert holes == len(known) - sum(known)
