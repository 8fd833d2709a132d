"""A typical year on real ones."""

import numpy as np
import pytest

from tests.series.conftest import series
from wattstack.errors import InputError
from wattstack.series import align, make_axis
from wattstack.series.typical import on_years


def year(days=365, start="2023-01-01", name="temp_air_degc", step_s=3600):
    return series(np.arange(days * 86400 // step_s, dtype=float), name, step_s=step_s, start=start)


def test_each_hour_comes_from_the_same_date_and_hour():
    axis = make_axis("2021-07-14T00:00Z", "2021-07-15T00:00Z", "1h")
    got = align(year(), axis, by_calendar=True, time_zone="UTC")
    day = (np.datetime64("2023-07-14") - np.datetime64("2023-01-01")).astype(int)
    assert got.values.tolist() == list(range(day * 24, day * 24 + 24))
    assert got.notes[0] == "typical year placed by calendar (month, day and hour of standard time, UTC+0)"


def test_a_horizon_over_new_year_wraps():
    axis = make_axis("2021-12-31T22:00Z", "2022-01-01T02:00Z", "1h")
    assert align(year(), axis, by_calendar=True).values.tolist() == [8758, 8759, 0, 1]


def test_29_february_takes_28_february_and_says_so():
    axis = make_axis("2024-02-28T00:00Z", "2024-03-02T00:00Z", "1h")
    got = align(year(), axis, by_calendar=True)
    days = got.values.reshape(3, 24)
    assert np.array_equal(days[0], days[1])
    assert days[2, 0] == days[0, 0] + 24
    assert "29 February takes 28 February" in got.notes


def test_a_typical_leap_year_keeps_its_own_day():
    leap = year(366, "2024-01-01")
    axis = make_axis("2028-02-29T00:00Z", "2028-02-29T02:00Z", "1h")
    assert align(leap, axis, by_calendar=True).values.tolist() == [59 * 24, 59 * 24 + 1]
    common = make_axis("2027-03-01T00:00Z", "2027-03-01T01:00Z", "1h")
    assert align(leap, common, by_calendar=True).values.tolist() == [60 * 24]


def test_the_sun_knows_no_daylight_saving():
    local = year(start="2022-12-31T23:00")  # 1 January 2023, 00:00 in Paris
    summer = make_axis("2021-07-01T12:00+02:00", "2021-07-01T13:00+02:00", "1h")
    (value,) = align(local, summer, by_calendar=True, time_zone="Europe/Paris").values
    assert value % 24 == 11  # noon of the clock is eleven of the sun


def test_a_year_stamped_at_the_centre_fits_a_year_of_hours():
    centred = year(start="2022-12-31T23:30")
    axis = make_axis("2022-01-01T00:00Z", "2023-01-01T00:00Z", "1h")
    got = align(centred, axis, by_calendar=True).values
    assert got.size == 8760
    assert got[1] == pytest.approx(1.5)


def test_several_years_repeat_it():
    axis = make_axis("2021-01-01T00:00Z", "2023-01-01T00:00Z", "1h")
    got = align(year(name="ghi_w_m2"), axis, by_calendar=True).values
    assert np.array_equal(got[:8760], got[8760:])


@pytest.mark.parametrize("days", [364, 730])
def test_what_is_not_one_year_is_refused(days):
    axis = make_axis("2022-01-01T00:00Z", "2022-01-02T00:00Z", "1h")
    with pytest.raises(InputError, match="must be one whole year to be placed by calendar"):
        align(year(days), axis, by_calendar=True)


def test_a_year_of_two_halves_with_a_day_missing_is_refused():
    axis = make_axis("2022-01-01T00:00Z", "2023-01-01T00:00Z", "1h")
    doubled = year(366, "2023-01-01")  # a common year and one day: 1 January stands twice, 29 February never
    assert on_years(doubled, axis, "UTC").count > 8760
    with pytest.raises(InputError, match="lacks days of the year"):
        on_years(year(365, "2024-01-01"), axis, "UTC")  # a leap year without its last day
