"""The local clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.series import TimeAxis, local_clock, make_axis
from wattstack.series.clock import doubled_hour, local_seconds, standard_offset_s, time_zone, utc_seconds

ZONES = ["Europe/Paris", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


def seconds(*stamps):
    return np.array([np.datetime64(s, "s").astype(np.int64) for s in stamps])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 2_000_000_000))
def test_the_wall_clock_is_that_of_the_standard_library(zone, second):
    wall = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    wall = wall.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    assert int(local_seconds(np.array([second]), zone)[0]) == int(wall.timestamp())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 60), st.sampled_from([900, 1800]))  # Lord Howe moves by 30 min
def test_utc_survives_a_year_on_any_wall_clock(zone, year, step_s):
    start = np.datetime64(f"{1975 + year}-01-01T00:00", "s").astype(np.int64)
    utc_s = start + np.arange(0, 366 * 86400, step_s)
    back = utc_seconds(local_seconds(utc_s, zone), zone)
    assert not back.in_hole.any()
    assert np.array_equal(back.utc_s, utc_s)


def test_the_doubled_autumn_hour_may_come_step_by_step_in_turn():
    wall = seconds("2021-10-31T02:00", "2021-10-31T02:00", "2021-10-31T02:30", "2021-10-31T02:30")
    utc = utc_seconds(wall, "Europe/Paris").utc_s
    assert np.array_equal(
        utc, seconds("2021-10-31T00:00", "2021-10-31T01:00", "2021-10-31T00:30", "2021-10-31T01:30")
    )


def test_a_stamp_in_the_spring_hole_is_marked():
    local = utc_seconds(seconds("2021-03-28T01:59", "2021-03-28T02:00", "2021-03-28T03:00"), "Europe/Paris")
    assert local.in_hole.tolist() == [False, True, False]


def test_a_month_boundary_follows_the_local_clock():
    axis = make_axis("2022-04-01T00:00+09:00", "2022-06-01T00:00+09:00", "30min")
    clock = local_clock(axis, "Asia/Tokyo")
    assert clock.month_names == ("2022-04", "2022-05")
    assert np.bincount(clock.month).tolist() == [30 * 48, 31 * 48]
    assert clock.local_month[[0, -1]].tolist() == [4, 5]
    assert clock.local_hour[[0, 1, 47]].tolist() == [0.0, 0.5, 23.5]


def test_days_of_change_have_23_and_25_hours():
    clock = local_clock(make_axis("2021-01-01T00:00+01:00", "2022-01-01T00:00+01:00", "1h"), "Europe/Paris")
    in_month = np.bincount(clock.month)
    assert in_month[2] == 31 * 24 - 1
    assert in_month[9] == 31 * 24 + 1
    assert in_month.sum() == 8760


def test_a_leap_year_has_its_day():
    clock = local_clock(make_axis("2024-01-01T00:00Z", "2025-01-01T00:00Z", "1h"), "UTC")
    assert np.bincount(clock.month)[1] == 29 * 24


def test_a_holiday_reads_as_a_sunday_on_local_dates():
    axis = make_axis("2022-05-02T00:00+09:00", "2022-05-05T00:00+09:00", "1h")
    plain = local_clock(axis, "Asia/Tokyo").local_weekday
    assert plain[[0, 24, 48]].tolist() == [0, 1, 2]
    off = local_clock(axis, "Asia/Tokyo", [date(2022, 5, 3)]).local_weekday
    assert off.reshape(3, 24).tolist() == [[0] * 24, [6] * 24, [2] * 24]


def test_a_year_of_minutes_is_quick():
    import time

    axis = TimeAxis(np.datetime64("2022-01-01T00:00:00"), 60, 525_600)
    local_clock(axis, "Europe/Paris")
    began_s = time.perf_counter()
    local_clock(axis, "Europe/Paris")
    assert time.perf_counter() - began_s < 0.5


@pytest.mark.parametrize(("name", "near"), [("Europe/Pariss", "Europe/Paris"), ("Asia/Tokio", "Asia/Tokyo")])
def test_an_unknown_zone_names_the_nearest(name, near):
    with pytest.raises(InputError, match=f"is '{name}', must be an IANA time zone. Nearest: '{near}'"):
        time_zone(name)


@pytest.mark.parametrize("name", ["", "../etc/passwd", "qqqqqqqq"])
def test_what_is_no_zone_at_all_is_refused(name):
    with pytest.raises(InputError, match=r"must be an IANA time zone. Write one like Asia/Tokyo"):
        time_zone(name)


def test_the_second_pass_of_the_autumn_hour_is_known():
    hours = seconds("2021-10-31T00:30", "2021-10-31T01:00", "2021-10-31T01:59", "2021-10-31T02:00")
    assert [doubled_hour(int(s), "Europe/Paris") for s in hours] == [False, True, True, False]
    assert not doubled_hour(int(hours[1]), "Asia/Tokyo")


def test_standard_time_is_the_same_in_summer_and_south():
    july = int(seconds("2022-07-01T00:00")[0])
    assert standard_offset_s("Europe/Paris", july) == 3600
    assert (
        standard_offset_s("Australia/Sydney", july)
        == standard_offset_s("Australia/Sydney", july + 180 * 86400)
        == 36000
    )


def test_no_stamps_have_no_wall_clock():
    assert local_seconds(np.array([], dtype=np.int64), "Asia/Tokyo").size == 0
