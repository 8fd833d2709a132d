"""The list of alarms: first-out, latching, acknowledgement, shelving that ends, storms told as one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.operate.alarms import Book
from wattstack.operate.alarms.book import MOST, key_of

NOW_S = 1_900_000_000.0
HOUR_S = 3600.0


def told(book: Book) -> list[str]:
    words = [f"{t.what} {t.channel}" for t in book.tellings]
    book.tellings = []
    return words


def did(book: Book) -> list[str]:
    words = [f"{e.level} {e.data['did']}" for e in book.events]
    book.events = []
    return words


def test_an_alarm_latches_until_it_is_over_and_somebody_has_seen_it():
    book = Book()
    key = book.raise_("grid.connection", "does not answer", NOW_S).key
    assert book.alarms[key].state == "unacknowledged"
    book.clear(key, NOW_S + 5)
    assert book.alarms[key].state == "returned"
    book.acknowledge(key, "operator-1", NOW_S + 9)
    assert not book.alarms
    assert did(book) == ["alarm raised", "info returned", "command acknowledged"]
    assert told(book) == ["raised grid.connection", "returned grid.connection"]


def test_an_alarm_seen_first_leaves_when_it_is_over():
    book = Book()
    key = book.raise_("grid.connection", "does not answer", NOW_S).key
    assert book.acknowledge(key, "operator-1", NOW_S + 1).acknowledged_by == "operator-1"
    assert book.acknowledge(key, "engineer-2", NOW_S + 2).acknowledged_by == "operator-1"
    assert book.alarms[key].state == "acknowledged"
    book.clear(key, NOW_S + 5)
    assert not book.alarms


def test_an_alarm_that_stands_is_not_told_again_whatever_its_numbers():
    book = Book()
    first = book.raise_("battery.main", "is 61.2 degC, must be below 55", NOW_S)
    assert book.raise_("battery.main", "is 61.9 degC, must be below 55", NOW_S + 1) is first
    assert told(book) == ["raised battery.main"] and did(book) == ["alarm raised"]


def test_an_alarm_that_comes_back_before_it_was_seen_is_counted_and_not_acknowledged():
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    book.clear(key, NOW_S + 1)
    assert book.raise_("meter", "silent", NOW_S + 2).count == 2
    book.acknowledge(key, "operator-1", NOW_S + 3)
    book.clear(key, NOW_S + 4)
    assert book.raise_("meter", "silent", NOW_S + 5).acknowledged_s is None


def test_the_first_of_a_burst_is_marked_and_the_next_burst_has_its_own_first():
    book = Book()
    channels = ("grid.breaker", "battery.main", "halls")
    burst = [book.raise_(channel, "tripped", NOW_S + k) for k, channel in enumerate(channels)]
    assert [alarm.place for alarm in burst] == [1, 2, 3]
    assert {alarm.first for alarm in burst} == {"grid.breaker: tripped"}
    later = book.raise_("solar.roof", "silent", NOW_S + 120)
    assert (later.place, later.first) == (1, later.key)
    assert [t.first for t in book.tellings] == [True, False, False, True]
    other = book.raise_("historian", "disk full", NOW_S + 121, group="records")
    assert other.place == 1


def test_a_shelved_alarm_is_silent_comes_back_by_itself_and_counts_as_new():
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    book.acknowledge(key, "operator-1", NOW_S + 1)
    book.shelve(key, "operator-1", NOW_S + HOUR_S, "fitters at work", NOW_S + 2)
    book.clear(key, NOW_S + 3)
    book.raise_("meter", "silent", NOW_S + 4)
    assert book.alarms[key].state == "shelved" and told(book) == ["raised meter"]
    book.tick(NOW_S + HOUR_S - 1)
    assert book.alarms[key].state == "shelved"
    did(book)
    book.tick(NOW_S + HOUR_S)
    assert book.alarms[key].state == "unacknowledged"
    assert told(book) == ["raised meter"] and did(book) == ["info unshelved"]


def test_a_shelved_alarm_that_was_seen_and_is_over_is_gone_when_its_time_ends():
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    book.shelve(key, "operator-1", NOW_S + HOUR_S, "fitters", NOW_S)
    book.clear(key, NOW_S + 1)
    book.acknowledge(key, "operator-1", NOW_S + 2)
    assert book.alarms[key].state == "shelved"
    book.tick(NOW_S + HOUR_S)
    assert not book.alarms and told(book) == ["raised meter"]


def test_an_alarm_can_be_taken_back_before_its_time():
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    with pytest.raises(InputError, match="is not shelved"):
        book.unshelve(key, "operator-1", NOW_S)
    book.shelve(key, "operator-1", NOW_S + HOUR_S, "fitters", NOW_S)
    assert book.unshelve(key, "engineer-2", NOW_S + 5).state == "unacknowledged"


@pytest.mark.parametrize(
    ("until_s", "why", "told_why"),
    [
        (NOW_S - 1, "x", "must be later than now"),
        (NOW_S + 25 * HOUR_S, "x", "at most 24 h"),
        (float("nan"), "x", "at most 24 h"),
        (NOW_S + 60, " ", "a reason is missing"),
    ],
)
def test_shelving_without_an_end_or_a_reason_is_refused(until_s, why, told_why):
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    with pytest.raises(InputError, match=told_why):
        book.shelve(key, "operator-1", until_s, why, NOW_S)
    assert book.alarms[key].state == "unacknowledged"


def test_a_clock_set_back_does_not_keep_an_alarm_away():
    book = Book()
    key = book.raise_("meter", "silent", NOW_S).key
    book.shelve(key, "operator-1", NOW_S + HOUR_S, "fitters", NOW_S)
    book.tick(NOW_S - 30 * HOUR_S)
    assert book.alarms[key].state == "unacknowledged"


def test_what_is_not_in_the_list_cannot_be_acknowledged_and_the_nearest_is_named():
    book = Book()
    book.raise_("meter", "silent", NOW_S)
    with pytest.raises(InputError, match="Nearest: 'meter: silent'"):
        book.acknowledge("meter: silnt", "operator-1", NOW_S)


def test_a_source_says_all_that_stands_and_the_rest_of_its_alarms_are_over():
    book = Book()
    book.raise_("disk", "full", NOW_S, source="historian")
    book.stand("guard", [("meter", "silent"), ("battery.main", "is 61 degC")], NOW_S)
    book.stand("guard", [("battery.main", "is 62 degC"), ("breaker", "open")], NOW_S + 1)
    assert {a.channel: a.state for a in book.alarms.values()} == {
        "disk": "unacknowledged", "meter": "returned", "battery.main": "unacknowledged", "breaker": "unacknowledged",
    }  # fmt: skip


def test_a_storm_is_told_as_one_and_its_end_names_what_is_left():
    book = Book(storm_per_min=5)
    for k in range(40):
        book.raise_(f"device{chr(97 + k % 26)}{chr(97 + k // 26)}", "silent", NOW_S + 0.1 * k)
    assert book.storming
    assert told(book) == [f"raised device{c}a" for c in "abcde"] + ["storm alarms"]
    assert len(book.alarms) == 40 and did(book).count("alarm raised") == 40
    for key in list(book.alarms)[:38]:
        book.clear(key, NOW_S + 10)
    book.tick(NOW_S + 30)
    assert book.storming and told(book) == []
    book.tick(NOW_S + 70)
    assert not book.storming
    (over,) = book.tellings
    assert over.what == "storm_over" and over.text == (
        "35 alarms, first: deviceaa: silent. Still there: devicemb: silent; devicenb: silent"
    )
    told(book)
    book.raise_("late", "silent", NOW_S + 80)
    assert told(book) == ["raised late"]


def test_the_list_is_bounded_and_lets_the_oldest_that_is_over_go():
    book = Book()
    for k in range(MOST):
        book.raise_(f"d{k // 26 % 26}x", "silent" + chr(1000 + k), NOW_S + k)
    assert len(book.alarms) == MOST
    assert book.raise_("one", "more", NOW_S) is None and book.turned_away == 1
    oldest = next(iter(book.alarms))
    book.clear(oldest, NOW_S + 1)
    assert book.raise_("one", "more", NOW_S + 2) is not None
    assert len(book.alarms) == MOST and oldest not in book.alarms


CHANNELS = ("meter", "battery.main", "breaker", "gas")
step = st.one_of(
    st.tuples(st.sampled_from(["raise", "clear", "acknowledge", "unshelve"]), st.sampled_from(CHANNELS)),
    st.tuples(st.just("shelve"), st.sampled_from(CHANNELS)),
    st.tuples(st.just("tick"), st.just("")),
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(step, st.sampled_from([0.0, 1.0, 50.0, 4000.0, -3700.0])), max_size=40),
    st.integers(0, 40),
)
def test_no_condition_that_stands_is_ever_missing_from_the_list(steps, restart_at):
    book, now_s, standing = Book(storm_per_min=2), NOW_S, set()
    for k, ((what, channel), wait_s) in enumerate(steps):
        if k == restart_at:
            events, kept = book.events, json.loads(json.dumps(book.as_json()))
            book = Book(storm_per_min=2)
            book.take_json(kept)
            assert book.as_json() == kept
            book.events = events
        now_s += wait_s
        key = key_of(channel, "wrong")
        try:
            if what == "raise":
                book.raise_(channel, "wrong", now_s)
                standing.add(key)
            elif what == "clear":
                book.clear(key, now_s)
                standing.discard(key)
            elif what == "shelve":
                book.shelve(key, "operator-1", now_s + 1000.0, "test", now_s)
            elif what == "tick":
                book.tick(now_s)
            else:
                getattr(book, what)(key, "operator-1", now_s)
        except InputError:
            assert key not in book.alarms or what == "unshelve"
        assert {k for k, a in book.alarms.items() if a.returned_s is None} == standing
        for alarm in book.alarms.values():  # nothing is left that both is over and was seen
            assert alarm.returned_s is None or alarm.acknowledged_s is None or alarm.state == "shelved"
    raised = sum(e.data["did"] == "raised" for e in book.events)
    assert raised >= len(standing)
