"""Targets over time: the later word of one replaces his earlier, of several the lowest rules."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.operate.north.dsx.messages import SetLoadTarget, read_signed
from wattstack.operate.north.dsx.schedule import MOST, Schedule, Target, targets_of
from wattstack.operate.north.refusals import Refused

TRACE = f"00-{'ab' * 16}-{'cd' * 8}-01"


def one(limit=10.0, start=0.0, end=inf, publisher="a", feed="main") -> Target:
    return Target(feed, publisher, limit, start, end, False, "c", TRACE)


def limit_at(schedule: Schedule, now_s: float, feed: str = "main") -> float:
    target = schedule.active(feed, now_s)
    return inf if target is None else target.limit_mw


def test_a_later_word_rules_in_its_interval_and_the_earlier_one_around_it():
    schedule = Schedule()
    schedule.put([one(10.0, 0.0, 100.0)], 0.0)
    schedule.put([one(4.0, 20.0, 40.0)], 0.0)
    assert [limit_at(schedule, t) for t in (0.0, 20.0, 39.9, 40.0, 100.0)] == [10.0, 4.0, 4.0, 10.0, inf]
    assert len(schedule.of("main", 0.0)) == 2 and schedule.of("other", 0.0) == []


def test_of_two_publishers_the_lower_target_rules():
    schedule = Schedule()
    schedule.put([one(10.0), one(7.0, publisher="b", end=50.0)], 0.0)
    schedule.put([one(12.0)], 1.0)
    assert (limit_at(schedule, 2.0), limit_at(schedule, 60.0)) == (7.0, 12.0)


def test_a_removal_takes_away_what_its_publisher_set_and_nothing_of_others():
    schedule = Schedule()
    schedule.put([one(10.0), one(12.0, publisher="b")], 0.0)
    schedule.put([one(inf)], 1.0)
    assert limit_at(schedule, 2.0) == 12.0
    assert [t.publisher for t in schedule.of("main", 2.0)] == ["b"]
    assert len(schedule.saved()) == 1  # the removal has nothing left to remove


def test_a_target_without_an_end_is_given_up_and_those_with_one_stay():
    schedule = Schedule()
    schedule.put([one(10.0), one(8.0, 5.0, 100.0), one(3.0, 500.0)], 0.0)
    assert [t.limit_mw for t in schedule.give_up(6.0)] == [10.0]
    assert (limit_at(schedule, 6.0), limit_at(schedule, 200.0), limit_at(schedule, 501.0)) == (8.0, inf, 3.0)


def test_what_is_over_is_forgotten():
    schedule = Schedule()
    schedule.put([one(10.0, 0.0, 5.0)], 0.0)
    schedule.forget(5.0)
    assert schedule.saved() == []


def test_there_is_an_end_to_targets_and_then_none_of_a_message_is_taken():
    schedule = Schedule()
    schedule.put([one(10.0, float(k), k + 1.5) for k in range(MOST)], 0.0)
    with pytest.raises(Refused, match="at most"):
        schedule.put([one(5.0, 1000.0, 1001.0)], 0.0)
    assert limit_at(schedule, 1000.5) == inf


TARGETS = st.lists(
    st.builds(
        lambda limit, start, length, publisher: one(limit, start, start + length, publisher),
        st.sampled_from([5.0, 7.0, 9.0, inf]),
        st.sampled_from([0.0, 10.0, 20.0, 30.0]),
        st.sampled_from([5.0, 10.0, 25.0, inf]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(TARGETS, st.sampled_from([0.0, 4.0, 12.0, 21.0, 33.0, 60.0]))
def test_the_ruling_target_is_what_the_words_say_and_survives_a_restart(targets, now_s):
    schedule = Schedule()
    for target in targets:
        schedule.put([target], 0.0)
    schedule.forget(now_s)
    latest = {t.publisher: t.limit_mw for t in targets if t.holds(now_s)}
    assert limit_at(schedule, now_s) == min(latest.values(), default=inf)
    again = Schedule()
    again.restore(schedule.saved())
    assert [limit_at(again, t) for t in (now_s, now_s + 11.0)] == [
        limit_at(schedule, t) for t in (now_s, now_s + 11.0)
    ]


def targets(text: str, feeds=("main", "second")) -> list[Target]:
    return targets_of(read_signed(SetLoadTarget, text.encode()), "a", feeds, 1000.0, ("c", TRACE))


def test_tags_choose_feeds_none_means_all_and_others_are_left():
    limit = '"load_constraint": {"value": 2000, "unit": "kilowatt"}'
    made = targets('{"targets": [{"interval": {}, ' + limit + "}]}")
    assert [(t.feed, t.limit_mw, t.start_s, t.end_s) for t in made] == [
        ("main", 2.0, 1000.0, inf),
        ("second", 2.0, 1000.0, inf),
    ]
    made = targets('{"targets": [{"interval": {}, "feed_tags": ["second", "far"], ' + limit + "}]}")
    assert [t.feed for t in made] == ["second"]


def test_one_target_that_is_over_or_a_year_ahead_refuses_the_whole_message():
    good = '{"interval": {}, "load_constraint": null}'
    late = '{"interval": {"end_time": "1970-01-01T00:16:00Z"}, "load_constraint": null}'
    far = '{"interval": {"start_time": "2030-01-01T00:00:00Z"}, "load_constraint": null}'
    with pytest.raises(Refused, match="end_time was 40 s ago"):
        targets('{"targets": [' + good + "," + late + "]}")
    with pytest.raises(Refused, match="a year"):
        targets('{"targets": [' + good + "," + far + "]}")
