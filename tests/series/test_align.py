"""Series onto an axis, each kind by its rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.series.conftest import series
from wattstack.errors import InputError
from wattstack.series import TimeAxis, align
from wattstack.series.series import Series

STEPS = [3600, 1800, 900, 600, 300, 60]


def axis(step_s, count, start="2022-01-01"):
    return TimeAxis(np.datetime64(start, "s"), step_s, count)


def test_a_price_repeats_on_finer_steps():
    fine = align(series([10, 20]), axis(1800, 4))
    assert fine.values.tolist() == [10, 10, 20, 20]
    assert fine.notes == ("repeated from 1 h to 30 min",)


def test_a_price_averages_on_coarser_steps():
    coarse = align(series([10, 20, -30, 0], step_s=1800), axis(3600, 2))
    assert coarse.values.tolist() == [15, -15]
    assert coarse.notes == ("averaged from 30 min to 1 h",)


def test_energy_splits_and_sums():
    assert align(series([10, 20], "meter_mwh"), axis(1800, 4)).values.tolist() == [5, 5, 10, 10]
    assert align(series([10, 20], "meter_mwh", step_s=1800), axis(3600, 1)).values.tolist() == [30]
    assert align(series([10, 20], "meter_mwh"), axis(1800, 4)).notes == ("split from 1 h to 30 min",)


def test_temperature_is_a_line_between_the_centres_of_the_intervals():
    warm = align(series([10, 20, 30], "temp_air_degc"), axis(1800, 4, "2022-01-01T00:30"))
    assert warm.values.tolist() == [12.5, 17.5, 22.5, 27.5]
    assert warm.notes == ("interpolated from 1 h to 30 min",)


def test_weather_stamped_at_the_centre_may_lack_half_an_interval_at_the_end():
    centred = series([10, 20, 30], "temp_air_degc", start="2021-12-31T23:30")
    assert align(centred, axis(3600, 3)).values.tolist() == [15.0, 25.0, 30.0]


def test_the_same_axis_changes_nothing():
    values = [3.0, -1.0, 0.25]
    for name in ("price_per_mwh", "ghi_w_m2", "temp_air_degc", "meter_mwh"):
        same = align(series(values, name), axis(3600, 3))
        assert same.values.tolist() == values
        assert same.notes == ()


def test_irradiance_keeps_its_energy_and_dark_hours_stay_dark():
    sun = [0, 0, 100, 400, 300, 0, 0]
    fine = align(series(sun, "ghi_w_m2"), axis(900, 28)).values
    assert fine.reshape(-1, 4).mean(axis=1) == pytest.approx(sun)
    assert fine.min() == 0.0
    assert fine[8] < fine[11]  # the morning rises within its hour
    assert (fine[:8] == 0).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-500, 3000), min_size=4, max_size=40),
    st.sampled_from(STEPS),
    st.sampled_from(STEPS),
    st.sampled_from(["price_per_mwh", "load_mw", "carbon_kg_per_mwh", "curtailed_frac"]),
)
def test_step_splitting_keeps_the_mean(values, source_s, target_s, name):
    span_s = len(values) * source_s // 3600 * 3600
    if span_s == 0:
        return
    used = np.asarray(values[: span_s // source_s])
    got = align(series(values, name, step_s=source_s), axis(target_s, span_s // target_s)).values
    assert got.mean() == pytest.approx(used.mean(), rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1200), min_size=24, max_size=48),
    st.sampled_from(STEPS),
    st.sampled_from([0, 1800, 900]),
)
def test_energy_and_irradiance_keep_their_sum(values, target_s, shift_s):
    start = np.datetime64("2022-01-01", "s") + np.timedelta64(shift_s, "s")
    whole = TimeAxis(start, target_s, len(values) * 3600 // target_s)
    energy = align(series(values, "meter_mwh", start=str(start)), whole).values
    assert energy.sum() == pytest.approx(sum(values), rel=1e-9, abs=1e-9)
    light = align(series(values, "ghi_w_m2", start=str(start)), whole).values
    assert light.mean() == pytest.approx(np.mean(values), rel=1e-9, abs=1e-9)
    assert light.min() >= 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=8, max_size=8), st.sampled_from([1800, 900, 300]))
def test_going_finer_and_back_changes_nothing(values, step_s):
    fine = align(series(values), axis(step_s, 8 * 3600 // step_s)).values
    assert align(series(fine, step_s=step_s), axis(3600, 8)).values == pytest.approx(values, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-20, 40), min_size=12, max_size=12), st.sampled_from(STEPS))
def test_weather_stays_within_what_was_measured(values, step_s):
    got = align(series(values, "temp_air_degc"), axis(step_s, 12 * 3600 // step_s)).values
    assert min(values) - 1e-9 <= got.min()
    assert got.max() <= max(values) + 1e-9


def test_stamps_off_the_axis_are_shared_by_the_minute():
    shifted = series([10, 20, 30], start="2022-01-01T00:40")
    assert align(shifted, axis(3600, 2, "2022-01-01T01:00")).values.tolist() == [
        pytest.approx(10 * 40 / 60 + 20 * 20 / 60),
        pytest.approx(20 * 40 / 60 + 30 * 20 / 60),
    ]


def test_seconds_average_to_minutes():
    assert align(series(np.arange(120.0), "load_mw", step_s=1), axis(60, 2)).values.tolist() == [29.5, 89.5]


@pytest.mark.parametrize(("start", "count"), [("2021-12-31T23:00", 2), ("2022-01-01T01:00", 3)])
def test_a_horizon_outside_the_series_says_what_it_covers(start, count):
    with pytest.raises(InputError) as error:
        align(series([1, 2, 3]), axis(3600, count, start))
    text = str(error.value)
    assert "covers 2022-01-01T00:00Z .. 2022-01-01T03:00Z, must cover the horizon" in text
    assert "by_calendar: true" in text


def test_a_gap_inside_the_horizon_is_refused_and_one_outside_is_not():
    holes = series([np.nan, 1, 2, 3])
    assert align(holes, axis(3600, 3, "2022-01-01T01:00")).values.tolist() == [1, 2, 3]
    with pytest.raises(InputError, match="has 1 gap, 1 step missing, first at 2022-01-01T00:00Z"):
        align(holes, axis(3600, 2))


def test_a_gap_beside_the_horizon_does_not_reach_into_the_weather():
    holes = series([np.nan, 10, 20, np.nan], "temp_air_degc")
    fine = align(holes, axis(1800, 4, "2022-01-01T01:00")).values
    assert fine.tolist() == [10.0, 12.5, 17.5, 20.0]


def test_all_columns_are_aligned_and_all_faults_come_at_once():
    columns = {"ghi_w_m2": np.array([1.0, np.nan]), "temp_air_degc": np.array([np.nan, 2.0])}
    weather = Series(
        "weather", 0, 3600, columns, {"ghi_w_m2": "irradiance", "temp_air_degc": "temperature"}, "w.csv"
    )
    with pytest.raises(InputError) as error:
        align(weather, axis(3600, 2, "1970-01-01"))
    assert "w.csv has 2 faults" in str(error.value)


def test_stored_energy_is_not_an_input():
    with pytest.raises(InputError, match="is a stored energy"):
        align(series([1, 2], "battery.main.stored_mwh"), axis(3600, 2))


def test_stamps_a_second_off_are_shared_by_the_second_where_that_is_affordable():
    off = series([0, 3600, 7200], start="2021-12-31T23:00:01")
    assert align(off, axis(3600, 1)).values.tolist() == [pytest.approx(3600 - 1)]
    with pytest.raises(InputError, match="stamps lie 1 s off the steps of the axis"):
        align(series(np.ones(60000), start="2019-12-31T23:00:01"), axis(3600, 8760 * 5, "2020-01-01"))
