"""Which weeks of a run are shown."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.report.run.view import RunView, hourly
from wattstack.report.run.weeks import chosen_weeks
from wattstack.report.words import money_of

HOURS = 24 * 7


def view_of(weeks: int, zone: str = "Asia/Tokyo", start: str = "2022-07-03T15:00:00Z", **channels) -> RunView:
    """A run of so many weeks of hours from a Monday's midnight in Tokyo; every day is the same but where told."""
    count = weeks * HOURS
    day = np.tile(np.arange(24.0), weeks * 7)
    arrays = {"load_mw": 100.0 + day, "grid.import_mw": 100.0 + day, "grid.buy_price_per_mwh": day}
    arrays |= {name: np.asarray(values, float) for name, values in channels.items()}
    summary = {"start": start, "step_s": 3600, "steps": count, "place": {"time_zone": zone}}
    return RunView(summary, {}, arrays, money_of("JPY", 1.0), "made")


def bump(weeks: int, week: int, value: float) -> np.ndarray:
    out = np.zeros(weeks * HOURS)
    out[week * HOURS + 5] = value
    return out


def test_an_odd_week_is_not_the_typical_one():
    load = 100.0 + np.tile(np.arange(24.0), 28)
    load[:HOURS] += 50.0
    typical = chosen_weeks(view_of(4, load_mw=load))[0]
    assert typical.why == "A typical week"
    assert typical.first > 0 and typical.first % HOURS == 0
    assert typical.last - typical.first == HOURS


@pytest.mark.parametrize(("channel", "words"), [("unserved_mw", "not served"), ("shed_mw", "put off")])
def test_the_hardest_week_is_that_in_which_most_is_missing(channel, words):
    hardest = chosen_weeks(view_of(4, **{channel: bump(4, 2, 3.0)}))[-1]
    assert hardest.first == 2 * HOURS
    assert words in hardest.reason


def test_where_all_is_served_it_is_the_week_in_which_own_assets_gave_most():
    hardest = chosen_weeks(view_of(4, **{"generator.gas.output_mw": bump(4, 1, 3.0)}))[-1]
    assert hardest.first == HOURS
    assert "gave most energy" in hardest.reason


def test_without_own_assets_it_is_the_week_of_most_load():
    load = 100.0 + np.tile(np.arange(24.0), 28)
    load[3 * HOURS + 4] += 500.0
    assert chosen_weeks(view_of(4, load_mw=load))[-1].first == 3 * HOURS


def test_a_short_run_is_shown_whole():
    (only,) = chosen_weeks(view_of(1))
    assert (only.first, only.last) == (0, HOURS)


def test_weeks_begin_on_local_mondays():
    view = view_of(3, start="2022-07-01T15:00:00Z")  # a Saturday's midnight in Tokyo
    for week in chosen_weeks(view):
        assert view.local[week.first].item().weekday() == 0


def test_a_week_in_which_the_clock_changes_is_left_out():
    # the clock goes on at the end of week two
    view = view_of(4, zone="Europe/Paris", start="2023-03-12T23:00:00Z")
    shown = {week.first for week in chosen_weeks(view)}
    assert HOURS not in shown


def test_hours_are_means_and_a_rest_is_dropped():
    view = view_of(1)
    assert hourly(view, np.arange(5.0)).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
