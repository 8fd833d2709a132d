"""What is shown: values with their quality, history in pieces, events, alarms, reasons."""

import json
import time

import numpy as np
import pytest

from tests.operate.face.conftest import opened, until
from wattstack.operate.alarms import Alarms
from wattstack.operate.historian import Event as Kept
from wattstack.operate.historian import Store
from wattstack.operate.link import Event


def test_a_value_comes_with_its_quality(house):
    house.guard.quality["battery.main.soc"] = 3
    house.guard.values["generator.gas.output_mw"] = float("nan")
    client = house.client("engineer-1", "viewer")
    until(lambda: client.get("/api/state").json()["values"]["battery.main.soc"]["quality"] == "stale")
    found = client.get("/api/state?prefix=generator").json()
    assert list(found["values"]) == ["generator.gas.output_mw", "generator.gas.running"]
    assert found["values"]["generator.gas.output_mw"]["value"] is None
    assert found["state"]["mode"] == "run" and found["guard"]["heard"]


def test_a_guard_that_died_is_told_and_found_again(house):
    client = house.client("engineer-1", "viewer")
    house.do(house.guard.stop())
    until(lambda: not client.get("/api/state").json()["guard"]["heard"])
    house.do(house.guard.start())
    until(lambda: client.get("/api/state").json()["guard"]["heard"])


def test_reasons_and_slack_stand_in_the_order_of_arbitration(house):
    house.guard.state["slack_mw"] = {"backup reserve": 2.5}
    client = house.client("engineer-1", "viewer")
    until(lambda: client.get("/api/why").json()["slack_mw"])
    found = client.get("/api/why").json()
    assert found["order"][:4] == ["device", "connection", "island and lockout", "backup reserve"]
    assert found["commands"] == [
        {"path": "battery.main", "setpoint_mw": 3.0, "reason": "keeps the metering interval at its target"}
    ]


def test_history_is_given_in_pieces_that_lose_no_extreme(house):
    store, start_s = Store(house.folder / "history.sqlite"), 1_700_000_000.0
    rng = np.random.default_rng(0)
    values = rng.normal(10.0, 3.0, 600).astype(np.float32)
    values[300:360] = np.nan
    for k, value in enumerate(values):
        store.append(start_s + k, ["grid.connection.power_mw"], np.array([value]))
    store.close()
    client = house.client("engineer-1", "viewer")
    query = f"start_s={start_s}&end_s={start_s + 600}&points=20"
    (found,) = client.get(f"/api/history?channel=grid.connection.power_mw&{query}").json()["curves"]
    assert min(v for v in found["low"] if v is not None) == pytest.approx(np.nanmin(values), rel=1e-6)
    assert max(v for v in found["high"] if v is not None) == pytest.approx(np.nanmax(values), rel=1e-6)
    assert found["mean"][10] is None and found["mean"][11] is None
    assert found["mean"][0] == pytest.approx(values[:30].mean(), rel=1e-5)
    (none,) = client.get(f"/api/history?channel=grid.power&{query}").json()["curves"]
    assert "never kept" in none["fault"] and none["mean"] == []
    assert client.get("/api/channels").json()["channels"] == ["grid.connection.power_mw"]


@pytest.mark.parametrize(
    "query",
    ["", "channel=a&start_s=nan", "channel=a&start_s=2&end_s=1", "channel=a&points=1e9", "channel=a&start_s=0",
     "&".join(["channel=a"] * 13), "channel=a&start_s=x"],
)  # fmt: skip
def test_a_span_that_cannot_be_is_refused(shared, query):
    assert shared.client("engineer-1").get(f"/api/history?{query}").status_code == 400


def test_without_a_history_there_is_nothing_and_no_fault(shared):
    client = shared.client("engineer-1")
    assert client.get("/api/history?channel=a").json()["curves"][0]["mean"] == []
    assert client.get("/api/channels").json() == {"channels": [], "start_s": None, "end_s": None}
    assert client.get("/api/events?level=sad").status_code == 400


def test_events_of_history_and_of_just_now_are_one_list(house):
    now_s = time.time()
    store = Store(house.folder / "history.sqlite")
    store.put([Kept(now_s - 60, "command", "battery.main", "3 MW: keeps the peak", {"power_mw": 3.0})])
    store.close()
    house.guard.server.send(Event(utc_s=now_s, level="alarm", channel="battery.main", text="does not answer"))
    client = house.client("engineer-1", "viewer")
    until(lambda: len(client.get(f"/api/events?end_s={now_s + 60}").json()["events"]) == 2)
    found = client.get(f"/api/events?end_s={now_s + 60}").json()["events"]
    assert [one["text"] for one in found] == ["3 MW: keeps the peak", "does not answer"]
    only = client.get(f"/api/events?end_s={now_s + 60}&level=alarm&channel=battery").json()["events"]
    assert [one["level"] for one in only] == ["alarm"]


def test_alarms_are_seen_set_aside_and_taken_back(house):
    service = Alarms(house.folder, lambda events: None)

    async def begin():
        await service.start()
        service.book.raise_("battery.main", "does not answer", time.time())
        service.book.raise_("battery.main", "is 61 degC", time.time())

    house.do(begin())
    try:
        client, viewer = house.client("engineer-1", "operator"), house.client("engineer-2", "viewer")
        until(lambda: len(client.get("/api/alarms").json()["alarms"]) == 2)
        found = {one["text"]: one for one in client.get("/api/alarms").json()["alarms"]}
        assert found["does not answer"]["place"] == 1 and found["is 61 degC"]["place"] == 2
        key = found["does not answer"]["key"]
        assert viewer.post("/api/alarms/acknowledge", json={"key": key}).status_code == 403
        answer = client.post("/api/alarms/acknowledge", json={"key": key}).json()
        assert [one["acknowledged_by"] for one in answer["alarms"] if one["key"] == key] == ["engineer-1"]
        shelf = {"key": key, "for_s": 3600, "reason": "sensor is swapped tomorrow"}
        assert client.post("/api/alarms/shelve", json=shelf).json()["alarms"]
        assert client.post("/api/alarms/shelve", json=shelf | {"for_s": 1e6}).status_code == 400
        assert client.post("/api/alarms/shelve", json=shelf | {"reason": ""}).status_code == 400
        assert client.post("/api/alarms/unshelve", json={"key": key}).status_code == 200
        assert client.post("/api/alarms/acknowledge", json={"key": "none"}).status_code == 400
    finally:
        house.do(service.stop())
    lines = [json.loads(line)["what"] for line in (house.folder / "audit.log").read_text().splitlines()]
    assert "alarm.shelve" in lines and "alarm.acknowledge" in lines


def test_without_the_service_of_alarms_the_guards_own_are_shown(house):
    house.guard.state["alarms"] = ("battery.main: does not answer",)
    client = house.client("engineer-1", "operator")
    until(lambda: client.get("/api/alarms").json()["alarms"])
    found = client.get("/api/alarms").json()
    assert (found["service"], found["alarms"][0]["text"]) == (False, "does not answer")
    assert client.post("/api/alarms/acknowledge", json={"key": "a"}).status_code == 503


def test_the_checksum_tells_a_file_that_was_changed_under_a_running_system(tmp_path):
    from tests.operate.face.conftest import campus_of
    from wattstack.campus import write_campus
    from wattstack.operate.face import make_app

    campus, path = campus_of(), tmp_path / "campus.yaml"
    write_campus(campus, path)
    room = make_app(campus, tmp_path / "site", path).room
    assert room.picture.now()["file"] == room.started_sum != ""
    path.write_text(path.read_text() + "\n# changed\n")
    room.picture._file = (-1e9, "")
    assert room.picture.now()["file"] != room.started_sum
    room.users.close()


def test_a_change_of_the_users_file_is_shown_where_a_copy_of_it_runs(tmp_path):
    from tests.operate.face.conftest import campus_of
    from wattstack.campus import write_campus
    from wattstack.operate import prepare_campus
    from wattstack.operate.face import make_app
    from wattstack.operate.keeper import Keeper

    source = tmp_path / "campus.yaml"
    write_campus(campus_of(), source)
    made = prepare_campus(source, folder=tmp_path / "site")
    keeper = Keeper(made, lambda line: None)
    keeper.look()
    room = make_app(made.campus, made.folder, made.file).room
    assert room.picture.now()["file"] == room.started_sum == made.checksum
    source.write_text(source.read_text() + "\n# changed\n")
    keeper.look()
    room.picture._file = (-1e9, "")
    assert room.picture.now()["file"] != room.started_sum == made.checksum
    room.users.close()


def test_people_are_added_and_removed_by_an_admin_alone(house):
    admin, viewer = house.client("engineer-1", "admin"), house.client("engineer-2", "viewer")
    person = {"name": "oda", "password": "correct horse battery", "role": "operator"}
    assert viewer.post("/api/users", json=person).status_code == 403
    assert admin.post("/api/users", json=person).status_code == 201
    assert admin.post("/api/users", json=person | {"role": "king"}).status_code == 400
    key = admin.post("/api/machines", json={"name": "logger", "role": "viewer"}).json()["key"]
    reader = house.client()
    reader.headers["authorization"] = f"Bearer {key}"
    assert reader.get("/api/state").status_code == 200
    assert reader.post("/api/password", json={"old": "x", "new": "y"}).status_code == 403
    assert admin.post("/api/users/remove", json={"name": "logger"}).status_code == 200
    assert reader.get("/api/state").status_code == 401
    assert admin.post("/api/users/remove", json={"name": "engineer-1"}).status_code == 400
    new = {"old": "correct horse battery", "new": "another horse battery"}
    assert viewer.post("/api/password", json=new | {"old": "wrong"}).status_code == 403
    assert viewer.post("/api/password", json=new).status_code == 200
    assert viewer.get("/api/state").status_code == 401
    log = (house.folder / "audit.log").read_text()
    assert "another horse" not in log and key not in log


def test_a_house_without_a_guard_still_opens(tmp_path):
    with opened(tmp_path, guarded=False) as house:
        client = house.client("engineer-1")
        assert client.get("/api/why").json()["heard"] is False
        assert client.get("/api/state").json()["values"] == {}
        assert b"wattstack_guard_heard 0.0" in client.get("/metrics").content
