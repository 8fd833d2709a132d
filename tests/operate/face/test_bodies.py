"""Whatever a program sends: each answer is a deliberate one, and the guard hears nothing but what was asked."""

from __future__ import annotations

import json
import time
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.operate.face.conftest import PASSWORD
from wattstack.operate.face.asks import FIELDS, LEAST_ROLE, TWO_PERSONS
from wattstack.operate.face.limits import Rate
from wattstack.operate.guard import RequestBook

JSON = {"content-type": "application/json"}
DELIBERATE = {200, 201, 202, 400, 401, 403, 404, 409, 413, 415, 429, 503}
BIG = 10**400
NUMBERS = st.sampled_from(
    [0, -0.0, 1, 2.5, -3.0, 5e-324, 1e5, -1e5, 1e6, 1e300, 4e9, 10**18, BIG, -BIG, True]
)
TEXTS = st.sampled_from(
    ["", "x", "battery.main", "generator.gas", "grid.connection", "run", "a test", "engineer-1", "\u202e back", "\x00",
     "two\nlines", "x" * 70, "x" * 600, "\ud800", "../audit.log", "%s%n", "' or 1=1 --"]
) | st.text(max_size=12)  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "what": st.sampled_from(sorted(LEAST_ROLE)) | ANY, "path": st.sampled_from(["battery.main", None]) | ANY,
        "low": NUMBERS, "high": NUMBERS, "value": NUMBERS | ANY, "mode": st.sampled_from(["run", "safe"]) | ANY,
        "for_s": NUMBERS, "until_s": NUMBERS | ANY, "reason": st.just("a test") | ANY, "ends": ANY,
        "id": ANY, "key": ANY,
        "name": TEXTS, "role": st.sampled_from(["viewer", "admin", "king"]) | ANY, "user": ANY, "kind": ANY,
    },
)  # fmt: skip
GOOD = {
    "what": "battery_mw",
    "path": "battery.main",
    "value": -2.0,
    "for_s": 600,
    "reason": "test of the pump",
}
ODD = st.tuples(st.sampled_from([*FIELDS, "for_s", "ends", "pth"]), ANY)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def free(shared, monkeypatch):
    """No more requests a second than a machine can send: what is refused for its number proves nothing here."""
    monkeypatch.setattr(shared.app, "_rate", Rate(1e6, 1e6))
    shared.guard.asked.clear()
    shared.room.asks._waiting.clear()
    return shared


@pytest.fixture(scope="module")
def admin(shared):
    return shared.client("engineer-1")


def posted(client, path: str, body) -> tuple[int, dict]:
    """An answer, which is deliberate and says why where it is no."""
    answer = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    assert answer.status_code in DELIBERATE, (path, body, answer.text)
    told = answer.json()
    if answer.status_code >= 400 and answer.status_code != 409:
        assert isinstance(told["why"], str) and told["why"]
    return answer.status_code, told


def routes(house) -> list[str]:
    """Every route that is posted to; not those that end my own session or take long by design (passwords)."""
    left = {"/api/sign-out", "/api/first", "/api/sign-in", "/api/password"}
    posts = {one.path for one in house.app.app.routes if "POST" in (getattr(one, "methods", None) or set())}
    return sorted(posts - left)


@QUICK
@given(body=ANY | NEAR, which=st.integers(0, 99))
@example(body={"what": "reserve_mwh", "low": BIG, "for_s": 60, "reason": "a test"}, which=0)
def test_every_route_answers_anything_on_purpose(free, admin, body, which):
    paths = routes(free)
    free.room.asks._waiting.clear()
    status, _ = posted(admin, paths[which % len(paths)], body)
    # nothing that was sent ended the session, nothing is refused for its number
    assert status not in (401, 429)


def test_the_routes_that_are_posted_to_are_those_that_are_tried(shared):
    assert {"/api/requests", "/api/requests/end", "/api/alarms/shelve", "/api/users"} <= set(routes(shared))


@settings(QUICK, max_examples=25)
@given(
    body=NEAR | st.fixed_dictionaries({"name": TEXTS, "password": st.just(PASSWORD) | TEXTS, "token": TEXTS})
)
def test_who_is_not_signed_in_is_answered_on_purpose_and_comes_to_nothing(free, body):
    client = free.client()
    for path in (
        "/api/first",
        "/api/sign-in",
        "/api/password",
        "/api/requests",
        "/api/requests/end",
        "/api/users",
    ):
        assert posted(client, path, body)[0] in (400, 401, 403, 429)
    assert free.guard.asked == []


@QUICK
@given(odd=st.lists(ODD, max_size=2), path=st.sampled_from(["/api/requests", "/api/requests/end"]))
@example(odd=[("pth", "battery.main")], path="/api/requests/end")
@example(odd=[("what", "import_limit_mw")], path="/api/requests")
@example(odd=[], path="/api/requests")
@example(odd=[], path="/api/requests/end")
def test_the_guard_hears_exactly_what_was_asked_or_nothing(free, admin, odd, path):
    ends = path.endswith("/end")
    body = {key: deepcopy(GOOD[key]) for key in (("what", "path", "reason") if ends else GOOD)}
    body |= dict(odd)
    free.guard.asked.clear()
    status, _ = posted(admin, path, body)
    if status not in (200, 202):
        assert free.guard.asked == []
        return
    assert set(body) <= ({"what", "path", "reason"} if ends else {*FIELDS, "for_s"})
    if body["what"] in TWO_PERSONS:
        assert status == 202 and free.guard.asked == []
        free.room.asks._waiting.clear()
        return
    (one,) = free.guard.asked
    assert (one.what, one.path, one.ends) == (body["what"], body.get("path"), ends)
    assert (one.source, one.user, one.second_user) == ("user", "engineer-1", None)
    assert time.time() < one.until_s <= time.time() + 86_401.0
    if not ends:
        given_ = {key: body.get(key) for key in ("low", "high", "value", "mode")}
        assert {key: getattr(one, key) for key in given_} == given_
    if (
        "value" not in body or abs(body["value"]) <= 10.0
    ):  # what is in range the guard takes: nothing else is odd
        taken = RequestBook(free.campus).take(one, "face", time.time() - 1.0, 0.0)
        assert taken.taken or "ahead" in taken.why, taken.why


@settings(QUICK, max_examples=20)
@given(said=st.text(max_size=40) | st.binary(max_size=40) | NEAR.map(json.dumps) | st.just("x" * 2000))
def test_whatever_is_said_on_a_websocket_ends_it_and_is_not_heard(free, admin, said):
    cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
    address = free.base.replace("http", "ws") + "/api/live"
    with connect(address, additional_headers={"cookie": cookie}, origin=free.base) as line:
        line.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                line.recv(timeout=10.0)
    assert closed.value.rcvd.code == (1009 if len(said) > 1024 else 1008)
    assert free.guard.asked == []
