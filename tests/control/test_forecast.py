"""Forecasts: which past stands for the future, errors that grow with the time ahead, nothing read too early."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Control
from wattstack.control.forecast import make_believed, make_forecast
from wattstack.control.kernel import forecast as kernel
from wattstack.errors import StateError
from wattstack.series import TimeAxis

pytestmark = pytest.mark.tiny

DAY = 24  # hours


def believed(kind=kernel.GIVEN, **more):
    """By the hour, from a Monday's midnight."""
    usual = {
        "kind": kind, "day_steps": DAY, "weekday": 0, "after_midnight": 0, "bias_frac": 0.0, "error_frac": 0.0,
        "hold_frac": 0.9, "scale": 0.0, "low": -np.inf, "high": np.inf, "noise": np.zeros(0),
    }  # fmt: skip
    return kernel.Believed(**(usual | more))


def filled(belief, series, now, n, per_step=1):
    out = np.empty(n)
    told = kernel.fill_forecast(belief, np.asarray(series, float), now, per_step, out)
    return out, told


def hours(weeks=3):
    """Each hour is its own number, so that a forecast tells which hour it read."""
    return np.arange(weeks * 7 * DAY, dtype=float)


def test_what_is_given_is_the_truth():
    out, told = filled(believed(), hours(), 30, 48)
    assert out.tolist() == hours()[30:78].tolist()
    assert told == (0, 0)


def test_minutes_are_averaged_into_plan_steps():
    out, _ = filled(believed(), [1, 2, 3, 4, 5, 6], 2, 2, per_step=2)
    assert out.tolist() == [3.5, 5.5]


def test_where_the_given_series_ends_its_last_day_comes_again():
    out, _ = filled(believed(), hours(), 3 * 7 * DAY - 2, 4)
    assert out.tolist() == [502.0, 503.0, 480.0, 481.0]
    short, told = filled(believed(), [1.0, 2.0, 3.0], 2, 4)
    assert short.tolist() == [3.0, 2.0, 2.0, 2.0]
    assert told == (0, 3)


def test_persistence_holds_the_mean_of_the_last_plan_step():
    out, told = filled(believed(kernel.PERSISTENCE), [1, 2, 4, 99], 3, 3, per_step=2)
    assert out.tolist() == [3.0, 3.0, 3.0]
    assert told == (0, 0)


def test_before_anything_was_measured_the_first_value_is_held():
    out, told = filled(believed(kernel.YESTERDAY), hours() + 7.0, 0, 3)
    assert out.tolist() == [7.0, 7.0, 7.0]
    assert told == (0, 3)


def test_yesterday_is_the_last_day_known():
    now = 2 * DAY + 5
    out, _ = filled(believed(kernel.YESTERDAY), hours(), now, 2 * DAY)
    assert out[:DAY].tolist() == hours()[now - DAY : now].tolist()
    assert out[DAY:].tolist() == hours()[now - DAY : now].tolist()


def test_last_week_is_the_same_weekday():
    now = 9 * DAY
    out, _ = filled(believed(kernel.LAST_WEEK), hours(), now, 2 * DAY)
    assert out.tolist() == hours()[2 * DAY : 4 * DAY].tolist()


def test_without_a_last_week_the_last_day_known_stands_in():
    out, told = filled(believed(kernel.LAST_WEEK), hours(), 2 * DAY, 2)
    assert out.tolist() == [24.0, 25.0]
    assert told == (0, 0)


@pytest.mark.parametrize(
    ("today", "read"),
    [("Mon", 7), ("Tue", 7), ("Wed", 8), ("Thu", 9), ("Fri", 10), ("Sat", 5), ("Sun", 6)],
)
def test_a_working_day_is_like_the_one_before_and_other_days_are_like_last_weeks(today, read):
    day = 7 + ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(today)
    out, _ = filled(believed(kernel.WEEKDAY), hours(), day * DAY, 1)
    assert out[0] == (read if today != "Mon" else 0) * DAY


def test_two_days_ahead_a_working_day_does_not_read_a_sunday():
    monday = 7 * DAY
    out, _ = filled(believed(kernel.WEEKDAY), hours(), monday, 2 * DAY)
    assert out[DAY] == 1 * DAY  # Tuesday: Monday is not known yet, Sunday is no working day


def test_the_day_begins_at_local_midnight():
    late = believed(kernel.WEEKDAY, weekday=6, after_midnight=23)  # step 0 is the last hour of a Sunday
    out, _ = filled(late, hours(), 7 * DAY + 1 + DAY, 1)
    assert out[0] == 7 * DAY + 1


def test_a_bias_is_a_share_of_the_value():
    out, _ = filled(believed(bias_frac=-0.1), [10.0, 20.0], 0, 2)
    assert out == pytest.approx([9.0, 18.0])
    scaled, _ = filled(believed(bias_frac=-0.1, scale=50.0), [10.0, 20.0], 0, 2)
    assert scaled == pytest.approx([5.0, 15.0])


def test_what_an_error_carries_out_of_bounds_is_cut_and_counted():
    noise = np.array([-20.0, 20.0, 0.0])
    out, told = filled(
        believed(error_frac=1.0, hold_frac=0.0, low=0.0, high=30.0, noise=noise), np.full(3, 10.0), 0, 3
    )
    assert out.tolist() == [0.0, 30.0, 10.0]
    assert told == (2, 0)


def test_errors_grow_with_the_time_ahead_to_what_is_declared():
    rng = np.random.default_rng(5)
    n, hold = 96, np.exp(-0.25 / 6.0)
    noise = rng.standard_normal(96 * 2000)
    belief = believed(error_frac=0.1, hold_frac=hold, noise=noise)
    series = np.full(96 * 2001, 100.0)
    runs = np.array([filled(belief, series, at * 96, n)[0] for at in range(2000)]) / 100.0 - 1.0
    spread = runs.std(axis=0)
    ahead_h = 0.25 * np.arange(1, n + 1)
    assert spread == pytest.approx(0.1 * np.sqrt(1.0 - np.exp(-2.0 * ahead_h / 6.0)), rel=0.1)
    assert abs(runs.mean()) < 0.005


def test_the_next_plan_believes_nearly_the_same():
    noise = np.random.default_rng(2).standard_normal(500)
    belief = believed(error_frac=0.2, hold_frac=0.95, noise=noise)
    series = np.full(500, 100.0)
    first, second = filled(belief, series, 100, 48)[0], filled(belief, series, 101, 48)[0]
    moved = first[1:] - second[:-1]
    innovation = 100.0 * 0.2 * np.sqrt(1 - 0.95**2) * noise[100]
    assert moved == pytest.approx(innovation * 0.95 ** np.arange(1, 48))


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from([kernel.PERSISTENCE, kernel.YESTERDAY, kernel.LAST_WEEK, kernel.WEEKDAY]),
    now=st.integers(0, 400),
    per_step=st.integers(1, 5),
    weekday=st.integers(0, 6),
)
def test_nothing_is_read_before_it_is_known(kind, now, per_step, weekday):
    series = np.arange(500.0)
    spoilt = series.copy()
    spoilt[max(now, 1) :] = np.nan
    belief = believed(kind, weekday=weekday)
    out, told = filled(belief, series, now, 48, per_step)
    assert np.array_equal(out, filled(belief, spoilt, now, 48, per_step)[0])
    assert told[0] == 0


def declared(**forecast):
    return Control(forecast=forecast)


def minutes(start="2022-04-01T15:00:00", days=3):
    return TimeAxis(np.datetime64(start), 60, days * 1440)


def test_declared_forecasts_know_the_local_calendar():
    made = make_believed(declared(), minutes("2022-04-01T16:30:00"), "Asia/Tokyo")
    assert made["load"].weekday == 5
    assert made["load"].after_midnight == 90
    kinds = {name: one.kind for name, one in made.items()}
    assert kinds == {"price": kernel.GIVEN, "load": kernel.WEEKDAY, "solar": kernel.YESTERDAY}
    assert made["load"].low == 0.0
    assert made["price"].low == -np.inf
    held = make_believed(declared(load="persistence"), minutes(), "Asia/Tokyo", {"solar": 45.0})
    assert held["load"].kind == kernel.PERSISTENCE
    assert held["solar"].high == 45.0


def test_each_quantity_has_noise_of_its_own_that_a_seed_brings_back():
    errors = {"price": 0.1, "load": 0.1, "solar": 0.0}
    one, same, other = (
        make_believed(declared(error_frac=errors, seed=seed), minutes(), "Asia/Tokyo") for seed in (1, 1, 2)
    )
    assert np.array_equal(one["load"].noise, same["load"].noise)
    assert len(one["load"].noise) == 3 * 96
    assert not np.array_equal(one["load"].noise, one["price"].noise)
    assert not np.array_equal(one["load"].noise, other["load"].noise)
    assert len(one["solar"].noise) == 0


def test_the_declared_error_is_that_a_day_ahead():
    made = make_believed(declared(error_frac={"load": 0.1}, error_hold_h=24.0), minutes(), "Asia/Tokyo")[
        "load"
    ]
    grown = 1.0 - made.hold_frac ** (2 * 96)
    assert made.error_frac * np.sqrt(grown) == pytest.approx(0.1)


def test_a_step_that_does_not_divide_the_plan_step_is_refused():
    with pytest.raises(StateError, match="must divide the day"):
        make_believed(declared(), TimeAxis(np.datetime64("2022-04-01T15:00:00"), 1800, 48), "Asia/Tokyo")


def test_a_series_with_gaps_or_too_short_is_refused():
    belief = believed(kernel.PERSISTENCE)
    with pytest.raises(StateError, match="1 gaps, the first at step 1"):
        make_forecast(belief, np.array([1.0, np.nan, 2.0]), 3, 1, 2)
    for now, series in ((4, np.ones(3)), (-1, np.ones(3)), (0, np.ones(0))):
        with pytest.raises(StateError, match="must reach step"):
            make_forecast(belief, series, now, 1, 2)


def test_a_site_forecasts_from_what_it_has_measured():
    made = make_forecast(believed(kernel.YESTERDAY, high=40.0, bias_frac=1.0), hours()[:50], 50, 1, 24)
    assert made.values.tolist() == [min(2.0 * x, 40.0) for x in range(26, 50)]
    assert made.clipped == 24
    assert made.held == 0


@pytest.mark.parametrize("kind", [kernel.YESTERDAY, kernel.LAST_WEEK, kernel.WEEKDAY])
@pytest.mark.parametrize("turned", [1, -1])
def test_where_the_clocks_change_the_same_local_time_is_meant(kind, turned):
    at = 10 * DAY + 2
    belief = believed(kind, changes=np.array([[at, turned]]))
    local = [(step + (turned if step >= at else 0)) % DAY for step in range(21 * DAY)]
    for now in (at - 30, at - 1, at, at + 5, at + DAY, at + 8 * DAY):
        for first in range(now, now + 60):
            source = kernel._source(belief, first, 1, now, len(local))
            skipped = turned == 1 and local[first] == at % DAY and at - DAY < source - 1 <= at
            assert local[source] == (local[first] + 1 if skipped else local[first])  # 2 h that day is 3 h
            assert source < now


def test_the_changes_of_a_year_are_those_of_the_place():
    year = TimeAxis(np.datetime64("2022-12-31T23:00:00"), 900, 35040)  # 2023 in Paris
    changes = make_believed(Control(), year, "Europe/Paris")["load"].changes
    assert (year.stamps[changes[:, 0]] == np.array(["2023-03-26T01", "2023-10-29T01"], "M8[s]")).all()
    assert changes[:, 1].tolist() == [4, 0]
    assert make_believed(Control(), year, "Asia/Tokyo")["load"].changes.shape == (0, 2)
