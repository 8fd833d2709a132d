"""The calendar: labels, seasons, fiscal years and discounting, by quarter and by year."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattstack.portfolio import Calendar


def test_quarters_are_counted_and_labelled():
    calendar = Calendar("2026Q4", 26, 4)
    assert calendar.labels[:2] == ("2026Q4", "2027Q1")
    assert calendar.labels[-1] == "2033Q1"
    assert calendar.season[:5].tolist() == [4, 1, 2, 3, 4]
    assert calendar.index("2026Q3") == -1
    assert calendar.period_years == 0.25


def test_fiscal_2030_runs_from_the_second_quarter_to_the_first():
    calendar = Calendar("2026Q4", 26, 4)
    year = calendar.fiscal_year
    assert [label for label, fy in zip(calendar.labels, year, strict=True) if fy == 2030] == [
        "2030Q2", "2030Q3", "2030Q4", "2031Q1",
    ]  # fmt: skip


def test_years_are_periods_without_a_season():
    calendar = Calendar("2027", 3)
    assert calendar.labels == ("2027", "2028", "2029")
    assert calendar.season.tolist() == [0, 0, 0]
    assert calendar.fiscal_year.tolist() == [2027, 2028, 2029]
    assert calendar.year.tolist() == [2027.5, 2028.5, 2029.5]


def test_a_label_of_another_kind_is_no_period():
    with pytest.raises(ValueError, match="'2027' is no quarter"):
        Calendar("2027Q1", 3).index("2027")
    with pytest.raises(ValueError, match="'2027Q1' is no year"):
        Calendar("2027", 3).index("2027Q1")


@given(st.integers(1990, 2100), st.integers(1, 4), st.integers(0, 200))
def test_label_and_index_are_each_others_inverse(year, quarter, index):
    calendar = Calendar(f"{year}Q{quarter}", 10)
    assert calendar.index(calendar.label(index)) == index


def test_a_year_of_discounting_is_four_quarters():
    quarters, years = Calendar("2027Q1", 8).discount(0.09), Calendar("2027", 2).discount(0.09)
    assert np.allclose(quarters[::4], years)
    assert quarters[0] == 1.0
    assert Calendar("2027Q1", 4, 1).year[0] == 2027.125


def test_a_fiscal_year_ends_before_the_next_one_or_with_the_horizon():
    assert Calendar("2026Q4", 8, fiscal_start_month=4).year_ends == (1, 5, 7)
    assert Calendar("2027", 3).year_ends == (0, 1, 2)
