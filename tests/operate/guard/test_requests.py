"""Who may ask for what, how long, with whom, and how much."""

from __future__ import annotations

import pytest

from tests.operate.guard.conftest import BATTERY, campus_of
from wattstack.operate.guard import RequestBook
from wattstack.operate.guard.limits import limits_of
from wattstack.operate.link import Request

NOW = 1e9


@pytest.fixture
def book():
    return RequestBook(campus_of())


def ask(**more) -> Request:
    return Request(**{"id": "1", "source": "planner", "what": "battery_mw", "until_s": NOW + 60.0, **more})


def why(book, role="planner", time_s=0.0, **more) -> str:
    answer = book.take(ask(**more), role, NOW, time_s)
    return "" if answer.taken else answer.why


def test_a_bounded_request_that_ends_is_taken_and_ends(book):
    assert why(book, low=1.0, high=2.0) == ""
    assert [r.bounds for r in book.in_force(59.9)] == [(1.0, 2.0)]
    assert book.in_force(60.0) == []


def test_a_clock_that_is_set_back_lets_nothing_live_longer(book):
    assert why(book, value=1.0) == ""
    book.take(
        ask(id="2", what="load_cap_mw", high=9.0, until_s=NOW - 3600.0 + 60.0), "planner", NOW - 3600.0, 10.0
    )
    assert {r.what for r in book.in_force(65.0)} == {"load_cap_mw"}


@pytest.mark.parametrize("speed", [1.0, 144.0])
def test_a_request_is_ended_at_once_by_its_speaker_however_fast_the_site_is(speed):
    book = RequestBook(campus_of(), speed)
    told = {"role": "north", "source": "utility", "what": "import_limit_mw"}
    assert why(book, **told, id="x", user="dsx.main", high=5.0) == ""
    assert why(book, **told, id="y", user="openadr", high=9.0) == ""
    late = {"until_s": NOW - 1.0, "ends": True}  # dated by a clock that the site has left behind
    assert (
        book.take(ask(**_less(told), id="z", user="dsx.main", high=16.0, **late), "north", NOW, 0.1).why
        == "is over"
    )
    assert [r.user for r in book.in_force(0.1)] == ["openadr"]
    again = book.take(ask(**_less(told), id="w", user="dsx.main", high=16.0, **late), "north", NOW, 0.1)
    assert again.taken and again.why == "was not in force"
    assert "must not speak for" in why(
        book, "planner", id="v", **_less(told), user="openadr", high=16.0, **late
    )
    assert len(book.in_force(0.1)) == 1


def _less(told: dict) -> dict:
    return {key: word for key, word in told.items() if key != "role"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"value": 1.0, "until_s": NOW - 1.0}, "until_s was 1.0 s ago"),
        ({"value": 1.0, "until_s": NOW + 121.0}, "at most 120 s"),
        ({"value": 11.0}, "value is 11, must be -10 .. 10"),
        ({"low": -1.0, "high": 1.0, "path": "battery.other"}, "must be one of battery.main"),
        ({"what": "generator_mw", "value": 1.0}, "value is 1, must be 0 .. 0"),
        ({"what": "mode", "mode": "safe"}, "planner must not ask for mode"),
        ({"what": "reserve_mwh", "value": 0.0}, "planner must not ask for reserve_mwh"),
        ({"source": "utility", "what": "import_limit_mw", "high": 5.0}, "planner must not speak for utility"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_in_words(book, more, said):
    assert said in why(book, **more)
    assert book.in_force(0.0) == []


def user(**more) -> dict:
    return {"role": "face", "source": "user", "user": "operator-1", "until_s": NOW + 3600.0, **more}


def test_no_more_reserve_than_the_batteries_hold(book):
    holds = sum(one.energy_mwh for one in book.campus.battery.values())
    asked = {"what": "reserve_mwh", "second_user": "engineer-2"}
    assert f"must be 0 .. {holds:g}" in why(book, **user(id="a", value=holds + 0.1, **asked))
    assert why(book, **user(id="b", value=holds, **asked)) == ""


def test_mode_limits_and_reserve_of_a_user_need_a_second_person(book):
    for k, (what, more) in enumerate(
        [("mode", {"mode": "safe"}), ("import_limit_mw", {"high": 5.0}), ("peak_mw", {"high": 5.0}),
         ("export_limit_mw", {"high": 5.0}), ("reserve_mwh", {"value": 5.0})]
    ):  # fmt: skip
        assert "second_user" in why(book, **user(id=f"a{k}", what=what, **more))
        assert "second_user" in why(book, **user(id=f"b{k}", what=what, second_user="operator-1", **more))
        assert "second_user" in why(book, **user(id=f"d{k}", what=what, second_user="Operator-1", **more))
        assert why(book, **user(id=f"c{k}", what=what, second_user="engineer-2", **more)) == ""


def test_an_override_of_a_user_ends_within_a_day_and_has_a_name(book):
    assert "86400" in why(book, **user(what="battery_mw", value=1.0, until_s=NOW + 86401.0))
    assert "user is missing" in why(book, role="face", source="user", value=1.0)


def test_a_number_from_outside_that_was_asked_before_is_a_replay(book):
    told = {"role": "north", "source": "utility", "what": "import_limit_mw", "high": 5.0, "id": "x"}
    assert why(book, **told) == ""
    assert "asked before" in why(book, **told)


def test_two_who_speak_for_the_utility_do_not_undo_each_others_limits(book):
    told = {"role": "north", "source": "utility", "what": "import_limit_mw"}
    assert why(book, **told, id="x", user="dsx.main", high=5.0) == ""
    assert why(book, **told, id="y", user="openadr", high=9.0) == ""
    assert why(book, **told, id="z", user="openadr", high=8.0) == ""
    assert limits_of(campus_of(), book.in_force(0.0)).told_import_mw == 5.0
    assert sorted(r.high for r in book.in_force(0.0)) == [5.0, 8.0]
    again = RequestBook(campus_of())
    again.restore(book.saved(NOW, 0.0), NOW + 1.0, 1.0)
    assert len(again.in_force(1.0)) == 2


def test_the_book_has_an_end():
    many = {f"b{k}": BATTERY for k in range(70)}
    book = RequestBook(campus_of({"battery.b0": {"template": "library:sunspec-storage"}}, battery=many))
    said = [why(book, id=str(k), path=f"battery.b{k}", value=1.0) for k in range(70)]
    assert said[:64] == [""] * 64
    assert all("64 requests are in force" in one for one in said[64:])


def test_what_is_in_force_survives_a_restart_with_the_time_that_is_left(book):
    assert why(book, **user(id="q", what="mode", mode="safe", second_user="engineer-2")) == ""
    again = RequestBook(campus_of())
    again.restore(book.saved(NOW + 600.0, 600.0), NOW + 610.0, 5.0)
    assert [r.mode for r in again.in_force(5.0 + 2989.0)] == ["safe"]
    assert again.in_force(5.0 + 2991.0) == []
    assert "asked before" in why(again, **user(id="q", what="mode", mode="run", second_user="engineer-2"))
