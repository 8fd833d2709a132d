"""Requests of people: who may, what it would do, a second person, a line in the audit before anything is sent."""

import json
import time

import pytest

from tests.operate.face.conftest import opened, until
from wattstack.operate.audit import verify_audit
from wattstack.operate.face import openapi_document
from wattstack.operate.face.asks import LEAST_ROLE
from wattstack.operate.guard import RequestBook
from wattstack.operate.link import Request

BATTERY = {
    "what": "battery_mw",
    "path": "battery.main",
    "value": -2.0,
    "for_s": 600,
    "reason": "test of the pump",
}
MODE = {"what": "mode", "mode": "manual", "for_s": 3600, "reason": "works at the feeder"}


def audit(house) -> list[dict]:
    return [json.loads(line) for line in (house.folder / "audit.log").read_text().splitlines()]


def test_a_request_reaches_the_guard_bounded_and_expiring(house):
    answer = house.client("engineer-1", "operator").post("/api/requests", json=BATTERY)
    assert (answer.status_code, answer.json()["taken"]) == (200, True)
    (asked,) = house.guard.asked
    assert (asked.source, asked.user, asked.path, asked.value) == ("user", "engineer-1", "battery.main", -2.0)
    assert 590 < asked.until_s - time.time() <= 600


def test_a_request_is_in_the_audit_before_it_is_sent(house):
    house.client("engineer-1", "operator").post("/api/requests", json=BATTERY)
    line = audit(house)[-1]
    assert (line["who"], line["what"], line["reason"]) == (
        "engineer-1",
        "request.battery_mw:battery.main",
        "test of the pump",
    )
    assert line["new"]["value"] == -2.0 and line["until"]
    assert verify_audit(house.folder / "audit.log").sound


def test_what_the_guard_refuses_is_told_and_kept(house):
    house.guard.refuses = "value is -2, must be -1 .. 1"
    answer = house.client("engineer-1", "operator").post("/api/requests", json=BATTERY)
    assert answer.status_code == 409
    assert answer.json()["why"] == house.guard.refuses
    assert audit(house)[-1]["what"].startswith("request.refused")


@pytest.mark.parametrize("role", ["viewer", "operator", "engineer", "admin"])
def test_a_role_asks_for_what_it_may_and_no_more(house, role):
    from wattstack.operate.face.users import at_least

    client = house.client("engineer-1", role)
    may = client.get("/api/requests").json()["what"]
    for what, least in LEAST_ROLE.items():
        body = {"what": what, "for_s": 60, "reason": "a test"}
        body |= {"mode": "run"} if what == "mode" else {} if what == "clear_lockout" else {"value": 1.0}
        body |= {"path": "battery.main"} if what == "clear_lockout" else {}
        answer = client.post("/api/requests/preview", json=body)
        assert (answer.status_code == 200) == at_least(role, least) == may[what]["may"], (what, answer.text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"for_s": 90_000}, "for_s must be"), ({"for_s": True}, "for_s must be"), ({"for_s": None}, "until_s"),
        ({"reason": " "}, "reason is missing"), ({"user": "engineer-2"}, "user is not known"),
        ({"source": "utility"}, "source"),
        ({"second_user": "engineer-2"}, "second_user"), ({"value": 1e9}, "value"), ({"value": "2"}, "value"),
        ({"what": "everything"}, "what"), ({"low": 1.0}, "value, or low and high"), ({"mode": "safe"}, "value, or"),
        ({"path": "x" * 80}, "path"), ({"reason": "x" * 600}, "reason"), ({"value": [1]}, "value"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_in_words(shared, change, words):
    answer = shared.client("engineer-1").post(
        "/api/requests", json={k: v for k, v in {**BATTERY, **change}.items() if v is not None}
    )
    assert answer.status_code == 400
    assert words in answer.json()["why"]
    assert shared.guard.asked == []


def test_a_mode_waits_for_another_person(house):
    first, second = house.client("engineer-1", "engineer"), house.client("engineer-2", "engineer")
    answer = first.post("/api/requests", json=MODE)
    assert answer.status_code == 202 and house.guard.asked == []
    id_ = answer.json()["waiting"]
    assert first.post("/api/requests/agree", json={"id": id_}).status_code == 403
    assert house.client("oda", "operator").post("/api/requests/agree", json={"id": id_}).status_code == 403
    (waiting,) = second.get("/api/requests").json()["waiting"]
    assert (waiting["user"], waiting["mode"]) == ("engineer-1", "manual")
    assert "Mode is run, would be manual" in waiting["effect"][0]["text"]
    assert second.post("/api/requests/agree", json={"id": id_}).status_code == 200
    (asked,) = house.guard.asked
    assert (asked.user, asked.second_user, asked.mode) == ("engineer-1", "engineer-2", "manual")
    assert (audit(house)[-1]["who"], audit(house)[-1]["second"]) == ("engineer-1", "engineer-2")
    assert second.post("/api/requests/agree", json={"id": id_}).status_code == 404


def test_what_waits_can_be_taken_away(house):
    first, second = house.client("engineer-1", "engineer"), house.client("engineer-2", "engineer")
    id_ = first.post("/api/requests", json=MODE).json()["waiting"]
    assert second.post("/api/requests/decline", json={"id": id_}).json() == {"waiting": []}
    assert second.post("/api/requests/agree", json={"id": id_}).status_code == 404
    assert second.post("/api/requests/decline", json={"id": id_}).status_code == 404
    assert house.guard.asked == []


def test_no_more_wait_than_people_can_look_at(house):
    first = house.client("engineer-1", "engineer")
    found = [first.post("/api/requests", json=MODE).status_code for _ in range(21)]
    assert found == [202] * 20 + [429]


def test_a_program_asks_with_its_key_and_never_for_what_needs_two(house):
    key = house.room.users.add_machine("scheduler", "engineer")
    client = house.client()
    client.headers["authorization"] = f"Bearer {key}"
    assert client.post("/api/requests", json=BATTERY).status_code == 200
    assert client.post("/api/requests", json=MODE).status_code == 403
    client.headers["authorization"] = "Bearer wk_wrong"
    assert client.post("/api/requests", json=BATTERY).status_code == 401


def test_a_request_is_ended_by_one_that_is_wide_and_says_so(house):
    client = house.client("engineer-1", "operator")
    answer = client.post("/api/requests/end", json={"what": "battery_mw", "path": "battery.main"})
    assert answer.status_code == 200
    (asked,) = house.guard.asked
    assert asked.bounds == (-10.0, 10.0) and asked.ends
    assert client.post("/api/requests/end", json={"what": "mode"}).status_code == 400
    client.post("/api/requests/end", json={"what": "load_cap_mw"})
    assert house.guard.asked[-1].bounds[1] == 1e5
    engineer = house.client("engineer-2", "engineer")
    assert engineer.post("/api/requests/end", json={"what": "reserve_mwh"}).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {"what": "battery_mw", "pth": "battery.main"}, {"what": "battery_mw", "ends": "x"},
        {"what": "battery_mw", "path": "battery.main", "for_s": 60}, {"what": "battery_mw", "high": 1.0},
    ],
)  # fmt: skip
def test_an_end_with_a_word_that_is_not_known_ends_nothing(shared, body):
    """A misspelt path would end the request of all batteries."""
    answer = shared.client("engineer-1").post("/api/requests/end", json={"reason": "a test", **body})
    assert (
        answer.status_code == 400
        and "is not known, must be one of what, path, reason" in answer.json()["why"]
    )
    assert shared.guard.asked == []


@pytest.mark.parametrize("what", [what for what in LEAST_ROLE if what != "clear_lockout"])
@pytest.mark.parametrize(
    "path", ["battery.main", "battery.north", "generator.gas", "ups.main", "grid.connection", "x"]
)
def test_a_path_that_the_guard_will_not_take_is_refused_at_once_in_its_words(shared, what, path):
    client = shared.client("engineer-1")
    bound = {"mode": "run"} if what == "mode" else {"low" if what == "reserve_mwh" else "high": 1.0}
    asked = {"what": what, "path": path, **bound}
    request = Request(id="1", source="user", until_s=60.0, user="a", second_user="b", **asked)
    guards = RequestBook(shared.campus).take(request, "face", 0.0, 0.0)
    body = {**asked, "for_s": 60, "reason": "a test"}
    answer = client.post("/api/requests/preview", json=body)
    if guards.taken:
        assert answer.status_code == 200 and answer.json()["effect"]
        return
    assert (answer.status_code, answer.json()["why"]) == (400, guards.why)
    assert client.post("/api/requests", json=body).json()["why"] == guards.why
    if what != "mode":
        ends = client.post("/api/requests/end", json={"what": what, "path": path})
        assert (ends.status_code, ends.json()["why"]) == (400, guards.why)
    assert shared.guard.asked == [] and client.get("/api/requests").json()["waiting"] == []


def test_a_battery_that_measures_more_than_it_holds_is_previewed(house):
    """At rest nothing flows, so that there is no time until it is full."""
    house.guard.values |= {"battery.main.stored_mwh": 20.5, "battery.main.power_mw": 0.0}
    until(lambda: (house.room.live.value("battery.main.stored_mwh") or 0.0) > 20.0)
    answer = house.client("engineer-1").post("/api/requests/preview", json={**BATTERY, "value": 0.0})
    assert answer.status_code == 200, answer.text


def test_without_the_guard_nothing_is_sent(tmp_path):
    with opened(tmp_path, guarded=False) as house:
        client = house.client("engineer-1", "operator")
        assert client.post("/api/requests", json=BATTERY).status_code == 503
        effect = client.post("/api/requests/preview", json=BATTERY).json()["effect"]
        assert effect[0] == {"text": "The guard is not heard: it would not be sent.", "warns": True}
        assert [line["what"] for line in audit(house)] == ["session.begin"]


def test_a_guard_that_does_not_answer_is_not_waited_for(house):
    house.guard.mute = True
    began = time.monotonic()
    answer = house.client("engineer-1", "operator").post("/api/requests", json=BATTERY)
    assert answer.status_code == 504
    assert time.monotonic() - began < 6.0


def test_an_audit_that_cannot_be_written_stops_the_request(house):
    client = house.client("engineer-1", "operator")
    log = house.folder / "audit.log"
    log.rename(house.folder / "kept.log")
    log.mkdir()
    answer = client.post("/api/requests", json=BATTERY)
    assert answer.status_code == 503 and "nothing was changed" in answer.json()["why"]
    assert house.guard.asked == []


@pytest.mark.parametrize(
    ("body", "words", "warns"),
    [
        (
            {"what": "battery_mw", "value": 8.0, "for_s": 3600},
            "12.0 MWh stored now, 3.6 MWh when it ends",
            False,
        ),
        (
            {"what": "battery_mw", "value": 8.0, "for_s": 7200},
            "battery.main: empty after 86 min; it stops then.",
            True,
        ),
        (
            {"what": "battery_mw", "value": -8.0, "for_s": 7200},
            "battery.main: full after 63 min; it stops then.",
            True,
        ),
        ({"what": "generator_mw", "value": 2.0, "for_s": 60}, "below its least power of 4.0 MW", True),
        (
            {"what": "import_limit_mw", "high": 12.0, "for_s": 3600},
            "6.0 MW must come from elsewhere at once",
            False,
        ),
        ({"what": "import_limit_mw", "high": 12.0, "for_s": 7200}, "enough for 70 min of 2.0 h", True),
        ({"what": "import_limit_mw", "high": 31.0, "for_s": 60}, "The firm connection is 30.0 MW", True),
        ({"what": "export_limit_mw", "high": 1.0, "for_s": 60}, "Export to the grid is 0.0 MW now", False),
        ({"what": "peak_mw", "high": 25.0, "for_s": 60}, "above it each MW is paid", True),
        ({"what": "load_cap_mw", "high": 15.0, "for_s": 60}, "A workload may not follow", False),
        ({"what": "reserve_mwh", "low": 14.0, "for_s": 60}, "would be 14.0 MWh; 12.0 MWh are stored", True),
        ({"what": "mode", "mode": "safe", "for_s": 60}, "Every device is sent to its safe setpoint", True),
        (
            {"what": "clear_lockout", "path": "generator.gas", "for_s": 60},
            "locked out because its breaker opened",
            False,
        ),
    ],
)
def test_the_effect_is_shown_in_numbers_before_anything_is_sent(shared, body, words, warns):
    shared.guard.state["lockouts"] = {"generator.gas": "its breaker opened"}
    shared.guard.state["values"]["grid.billed_peak_mw"] = 20.0
    until(lambda: shared.room.live.seen.state.lockouts)
    answer = shared.client("engineer-1").post("/api/requests/preview", json=body | {"reason": "a test"})
    assert answer.status_code == 200, answer.text
    found = [line for line in answer.json()["effect"] if words in line["text"]]
    assert found and found[0]["warns"] is warns, answer.json()["effect"]
    assert shared.guard.asked == []


def test_the_interface_describes_every_route_it_has(shared):
    told = openapi_document()
    assert shared.client().get("/api/openapi.json").json() == json.loads(json.dumps(told))
    routes = {
        (route.path, m.lower())
        for route in shared.app.app.routes
        if route.path.startswith("/api/")
        for m in getattr(route, "methods", {"GET"}) - {"HEAD"}  # a WebSocket is asked for by GET
    }
    assert routes == {(path, method) for path, methods in told["paths"].items() for method in methods}
    text = json.dumps(told)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in told["components"]["schemas"], name
    assert set(told["components"]["schemas"]["Ask"]["properties"]["what"]["enum"]) == set(LEAST_ROLE)
