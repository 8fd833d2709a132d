"""How much of a month an axis covers, and what a tariff reads on the local clock."""

from __future__ import annotations

import numpy as np
import pytest


def test_whole_months_count_in_full_through_both_clock_changes(calendar_of):
    year = calendar_of("2022-01-01T00:00+01:00", "2023-01-01T00:00+01:00", "30min", "Europe/Paris")
    assert year.months == 12
    assert np.all(year.month_frac == 1.0)  # March has 743 hours, October 745
    assert year.years == 1


def test_a_week_is_a_share_of_its_month(calendar_of):
    week = calendar_of("2022-01-03T00:00Z", "2022-01-10T00:00Z")
    assert week.month_frac == pytest.approx([168 / 744])
    assert week.years == 1


def test_an_hour_beyond_the_local_year_end_is_no_thirteenth_month(calendar_of):
    utc_year = calendar_of("2022-01-01T00:00Z", "2023-01-01T00:00Z", "1h", "Europe/Paris")
    assert utc_year.month_names[-1] == "2023-01"
    assert utc_year.month_frac[-1] == pytest.approx(1 / 744)
    assert utc_year.month_frac.sum() == pytest.approx(12.0)
    assert utc_year.years == 1


def test_sixteen_months_are_two_years(calendar_of):
    assert calendar_of("2022-01-01T00:00Z", "2023-05-01T00:00Z").years == 2


def test_the_doubled_autumn_hour_is_told_apart_by_its_offset(calendar_of):
    night = calendar_of("2022-10-30T00:00Z", "2022-10-30T02:00Z", "1h", "Europe/Paris")
    assert night.local_text(0) == "2022-10-30T02:00+02:00"
    assert night.local_text(1) == "2022-10-30T02:00+01:00"


def test_sums_go_to_the_local_month(calendar_of):
    turn = calendar_of("2022-01-31T22:00Z", "2022-02-01T00:00Z", "1h", "Europe/Paris")
    assert turn.sum_by_month(np.array([1.0, 10.0])).tolist() == [1.0, 10.0]
