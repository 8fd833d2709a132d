"""What a controller that waits takes over from the one that writes, and what it does not."""

from __future__ import annotations

import json

import pytest

from tests.operate.guard.conftest import campus_of
from tests.operate.guard.images import image_of, site
from wattstack.operate.guard import Mind
from wattstack.operate.guard.memory import FRESH_S, follow, remembered
from wattstack.operate.link import Request

UTC_S = 1.7e9
LIMIT = {
    "source": "user",
    "what": "import_limit_mw",
    "high": 9.0,
    "user": "operator-1",
    "second_user": "engineer-2",
}


@pytest.fixture
def minds():
    """One that writes and one that waits; both have decided."""
    writes, waits = Mind(campus_of()), Mind(campus_of())
    for mind in (writes, waits):
        mind.decide(image_of(site(), 0.0))
    waits.lead(False)
    return writes, waits


def ask(mind, time_s=1.0, **more) -> None:
    request = Request(**{"id": "1", "until_s": UTC_S + 600.0, **LIMIT, **more})
    role = {"user": "face", "planner": "planner"}.get(request.source, "north")
    answer = mind.book.take(request, role, UTC_S, time_s)
    assert answer.taken, answer.why


def told(mind, **changed) -> dict:
    """What a mind remembers, as the other machine reads it."""
    return json.loads(json.dumps(remembered(mind, "x", UTC_S, 1.0))) | changed


def held(mind, time_s=50.0) -> list[tuple]:
    return [(one.source, one.what, one.high) for one in mind.book.in_force(time_s)]


def test_requests_are_followed_for_the_time_that_is_left_and_let_go_when_they_are_ended(minds):
    writes, waits = minds
    ask(writes)
    for _ in range(2):  # heard again each second
        assert follow(waits, told(writes), 20.0, UTC_S) == []
    assert held(waits, 619.0) == [("user", "import_limit_mw", 9.0)] and held(waits, 621.0) == []
    follow(waits, told(writes), 20.0, UTC_S)
    ask(writes, id="2", ends=True)
    follow(waits, told(writes), 21.0, UTC_S)
    assert held(waits) == []


def test_what_was_asked_of_the_one_that_waits_stays_and_its_own_planner_plans(minds):
    writes, waits = minds
    ask(waits, source="utility", user="dsx.main", second_user=None, high=12.0)
    ask(writes, id="p", source="planner", what="battery_mw", low=0.0, high=1.0, until_s=UTC_S + 60.0, user=None,
        second_user=None)  # fmt: skip
    ask(writes)
    follow(waits, told(writes), 1.0, UTC_S)
    assert sorted(held(waits)) == [("user", "import_limit_mw", 9.0), ("utility", "import_limit_mw", 12.0)]
    follow(waits, told(writes, requests=[]), 2.0, UTC_S)
    assert held(waits) == [("utility", "import_limit_mw", 12.0)]


def test_a_request_of_a_whole_day_is_followed_where_the_other_clock_is_ahead(minds):
    writes, waits = minds
    ask(writes, until_s=UTC_S + 86_400.0)
    assert follow(waits, told(writes), 1.0, UTC_S - 5.0) == []
    assert len(held(waits)) == 1


def test_a_request_that_this_campus_cannot_hold_is_named_and_the_others_are_held(minds):
    writes, waits = minds
    ask(writes)
    state = told(writes)
    state["requests"].append(
        state["requests"][0] | {"id": "9", "what": "battery_mw", "path": "battery.other"}
    )
    (line,) = follow(waits, state, 1.0, UTC_S)
    assert "battery_mw battery.other of the other controller: path is 'battery.other', must be one of" in line
    assert len(held(waits)) == 1


def test_lockouts_are_followed_and_let_back_when_a_person_let_them_back_there(minds):
    writes, waits = minds
    waits.lockouts.lock("grid.connection", "its breaker opened")
    follow(waits, told(writes, lockouts={"battery.main": "its contactor opened"}), 1.0, UTC_S)
    assert waits.lockouts.why == {
        "grid.connection": "its breaker opened", "battery.main": "its contactor opened",
    }  # fmt: skip
    follow(waits, told(writes), 2.0, UTC_S)
    assert list(waits.lockouts.why) == ["grid.connection"]  # that one it saw itself


def test_who_wrote_and_writes_no_more_lets_go_what_was_ended_meanwhile(minds):
    writes, waits = minds
    ask(writes)
    writes.lockouts.lock("battery.main", "its contactor opened")
    follow(waits, told(writes), 1.0, UTC_S)
    waits.lead(True)
    writes.lead(False)
    assert follow(writes, told(waits), 1.0, UTC_S) == [] and len(held(writes)) == len(held(waits)) == 1
    ask(waits, id="2", ends=True)
    assert waits.lockouts.clear("battery.main") == ""
    follow(writes, told(waits), 1.0, UTC_S)
    assert held(writes) == [] and not writes.lockouts.why


def test_the_peak_of_each_month_and_the_open_interval_are_the_larger_of_both(minds):
    writes, waits = minds
    month = writes.billed.month
    writes.billed.reach(month, 17.0)
    waits.billed.reach(month, 3.0)
    writes.controller.interval_mwh = 4.0
    follow(waits, told(writes), 1.0, UTC_S)
    assert waits.billed.now_mw == 17.0 and waits.controller.interval_mwh == 4.0
    follow(waits, told(writes, months={month: 1.0, "1999-12": 99.0}, interval_mwh=0.5), 2.0, UTC_S)
    assert waits.billed.now_mw == 17.0 and waits.controller.interval_mwh == 4.0
    follow(waits, told(writes, last_s=writes.controller.last_s + 1800.0, interval_mwh=8.0), 3.0, UTC_S)
    assert waits.controller.interval_mwh == 4.0  # of another interval


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"live": False}, "not followed"),
        ({"live": None}, "not followed"),
        ({"utc_s": UTC_S - FRESH_S - 1.0}, "not followed"),
        ({"utc_s": float("nan")}, "not followed"),
        ({"utc_s": None}, "is not whole"),
        ({"requests": [{"id": 3}]}, "is not whole"),
        ({"requests": 7}, "is not whole"),
        ({"lockouts": ["battery.main"]}, "is not whole"),
        ({"months": {"2022-04": "much"}}, "is not whole"),
    ],
)
def test_what_is_old_or_odd_is_not_followed_and_told(minds, changed, why):
    writes, waits = minds
    ask(writes)
    (line,) = follow(waits, told(writes, **changed), 1.0, UTC_S)
    assert why in line and held(waits) == [] and waits.billed.now_mw == 0.0 and not waits.lockouts.why


def test_numbers_that_are_none_change_nothing(minds):
    writes, waits = minds
    before = waits.controller.interval_mwh
    follow(
        waits, told(writes, months={writes.billed.month: float("inf")}, interval_mwh=float("nan")), 1.0, UTC_S
    )
    assert waits.billed.now_mw == 0.0 and waits.controller.interval_mwh == before
