"""What is shown as it happens, over a real WebSocket: to whom, how much, and until when; and what a thief gets."""

import json
import socket
import struct
import time
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.operate.face.conftest import PASSWORD, VALUES, opened, until
from wattstack.operate.face import onlooker
from wattstack.operate.face.limits import Rate
from wattstack.operate.link import Event

ELSEWHERE = ".".join(("127", "0", "0", "2"))  # another address of this machine


@contextmanager
def looking(house, client=None, query: str = "", **words):
    """A WebSocket with the cookie and the origin of a page of ours, or with what is given."""
    headers = {}
    if client is not None:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers |= words.pop("headers", {})
    address = house.base.replace("http", "ws", 1) + "/api/live" + query
    with connect(
        address, additional_headers=headers, origin=words.pop("origin", house.base), **words
    ) as line:
        yield line


def refused(house, client=None, query: str = "", **words) -> int:
    with pytest.raises(InvalidStatus) as caught, looking(house, client, query, **words):
        pass
    assert json.loads(caught.value.response.body)["why"]
    assert "content-security-policy" in caught.value.response.headers
    return caught.value.response.status_code


def heard(line, kind: str, within_s: float = 5.0, fits=lambda said: True):
    """The next of a kind: "names", "event", "picture", or "values" as (time, values, qualities)."""
    end, names = time.monotonic() + within_s, getattr(line, "told", ())
    while True:
        said = line.recv(timeout=end - time.monotonic())
        if isinstance(said, bytes):
            count = len(names)
            assert len(said) == 8 + 5 * count
            found = struct.unpack(f"<d{count}f{count}B", said)
            values = dict(zip(names, found[1 : 1 + count], strict=True))
            if kind == "values":
                return found[0], values, dict(zip(names, found[1 + count :], strict=True))
            continue
        said = json.loads(said)
        if said["kind"] == "names":
            names = line.told = said["names"]
        if said["kind"] == kind and fits(said):
            return said


def ended(line, within_s: float = 5.0) -> tuple[int, str]:
    """How it is closed."""
    end = time.monotonic() + within_s
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            line.recv(timeout=end - time.monotonic())
    return (caught.value.rcvd.code, caught.value.rcvd.reason) if caught.value.rcvd else (1006, "")


def test_values_come_in_binary_with_their_names_and_qualities(house):
    house.guard.quality["battery.main.soc"] = 3
    house.guard.values["generator.gas.output_mw"] = float("nan")
    with looking(house, house.client("engineer-1", "viewer")) as line:
        until_s = time.monotonic() + 5.0
        while True:
            utc_s, values, quality = heard(line, "values")
            if quality["battery.main.soc"] == 3:
                break
            assert time.monotonic() < until_s
        assert list(values) == list(VALUES)
        assert values["grid.connection.power_mw"] == 18.0
        assert values["generator.gas.output_mw"] != values["generator.gas.output_mw"]
        assert abs(utc_s - time.time()) < 5.0
        picture = heard(line, "picture")
        assert picture["state"]["mode"] == "run" and picture["guard"]["heard"]


def test_a_lockout_is_shown_at_once_and_events_come_one_by_one(house):
    with looking(house, house.client("engineer-1", "viewer")) as line:
        assert not heard(line, "picture")["state"]["lockouts"]
        house.guard.state["lockouts"] = {"battery.main": "its contactor opened"}
        assert heard(line, "picture", 2.0, lambda one: one["state"]["lockouts"])
        for k in range(3):
            told = Event(utc_s=time.time(), level="alarm", channel="battery.main", text=f"alarm {k}")
            house.loop.call_soon_threadsafe(house.guard.server.send, told)
        assert [heard(line, "event")["text"] for _ in range(3)] == ["alarm 0", "alarm 1", "alarm 2"]


def test_a_program_looks_on_with_its_key_at_what_it_asks_for(house):
    key = house.room.users.add_machine("logger", "viewer")
    with looking(
        house, query="?prefix=generator.", headers={"Authorization": f"Bearer {key}"}, origin=None
    ) as line:
        assert list(heard(line, "values")[1]) == ["generator.gas.output_mw", "generator.gas.running"]
    with looking(
        house, query="?prefix=nothing", headers={"Authorization": f"Bearer {key}"}, origin=None
    ) as line:
        assert heard(line, "values")[1] == {}


def test_without_a_guard_there_are_pictures_and_no_values(tmp_path):
    with opened(tmp_path, guarded=False) as house, looking(house, house.client("engineer-1")) as line:
        assert heard(line, "picture")["guard"]["heard"] is False
        assert not hasattr(line, "told")


def test_who_is_not_known_sees_nothing(shared):
    assert refused(shared) == 401
    assert refused(shared, headers={"Cookie": "wattstack=stolen"}) == 401
    assert refused(shared, headers={"Authorization": "Bearer wk_none"}, origin=None) == 401
    assert httpx.get(shared.base + "/api/live").status_code == 401


def test_a_plain_request_is_told_to_ask_for_a_socket(shared):
    answer = shared.client("engineer-1").get("/api/live")
    assert answer.status_code == 426 and "WebSocket" in answer.json()["why"]


def test_a_page_of_another_site_cannot_look_on_with_the_cookie_of_a_person(shared):
    client = shared.client("engineer-1")
    for origin in ("https://evil.example", "null", shared.base.replace("127.0.0.1", "evil.example"), None):
        assert refused(shared, client, origin=origin) == 403
    assert refused(shared, client, headers={"Sec-Fetch-Site": "cross-site"}) == 403
    with looking(shared, client) as line:
        assert heard(line, "picture")


def test_nothing_is_commanded_over_it(house):
    client = house.client("engineer-1")
    body = json.dumps({"what": "battery_mw", "value": 2.0, "for_s": 60, "reason": "a test"})
    with looking(house, client) as line:
        line.send(body)
        assert ended(line) == (1008, "nothing is heard here: commands go by POST")
    with looking(house, client) as line:
        line.send("x" * 2000)
        assert ended(line)[0] == 1009
    assert house.guard.asked == []


def test_a_session_that_is_ended_is_shown_nothing_more(house):
    client = house.client("engineer-1", "viewer")
    kept = dict(client.cookies)
    with looking(house, client) as line:
        heard(line, "picture")
        assert client.post("/api/sign-out", json={}).status_code == 200
        signed_out_s = time.monotonic()
        assert ended(line) == (4401, "the session ended")
        assert time.monotonic() - signed_out_s < 2.0
    assert refused(house, headers={"Cookie": f"wattstack={kept['wattstack']}"}) == 401


def test_a_new_password_ends_what_a_thief_has_open(house):
    thief = house.client("engineer-1", "engineer")
    with looking(house, thief) as line:
        heard(line, "picture")
        house.room.users.add("engineer-1", PASSWORD + " new", "engineer")
        assert ended(line)[0] == 4401
    assert thief.get("/api/state").status_code == 401


def test_an_admin_sees_who_is_signed_in_and_ends_it_others_see_their_own(house):
    admin, person, other = (
        house.client("engineer-1"),
        house.client("engineer-2", "viewer"),
        house.client("ueda", "viewer"),
    )
    listed = admin.get("/api/sessions").json()["sessions"]
    assert {(one["name"], one["address"]) for one in listed} == {
        (n, "127.0.0.1") for n in ("engineer-1", "engineer-2", "ueda")
    }
    (own,) = person.get("/api/sessions").json()["sessions"]
    assert own["name"] == "engineer-2" and own["id"] not in person.cookies["wattstack"]
    (others,) = (one["id"] for one in listed if one["name"] == "ueda")
    assert person.post("/api/sessions/end", json={"id": others}).status_code == 404
    assert other.get("/api/state").status_code == 200
    with looking(house, person) as line:
        heard(line, "picture")
        left = admin.post("/api/sessions/end", json={"id": own["id"]}).json()["sessions"]
        assert {one["name"] for one in left} == {"engineer-1", "ueda"}
        assert ended(line)[0] == 4401
    assert person.get("/api/state").status_code == 401
    assert other.post("/api/sessions/end", json={"id": others}).json() == {"sessions": []}
    assert "session.end" in (house.folder / "audit.log").read_text()


def test_signing_in_gives_a_new_session_and_ends_the_one_before(house):
    client = house.client("engineer-1")
    before, token = client.cookies["wattstack"], client.headers["x-csrf-token"]
    answer = client.post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD})
    assert client.cookies["wattstack"] != before and answer.json()["who"]["csrf"] != token
    assert httpx.get(house.base + "/api/state", cookies={"wattstack": before}).status_code == 401
    assert client.get("/api/state").status_code == 200


def test_a_session_that_the_browser_brings_along_is_never_taken_over(house):
    planted = {"wattstack": "planted-by-somebody-else"}
    client = httpx.Client(base_url=house.base, headers={"origin": house.base}, cookies=planted)
    house.room.users.add("engineer-1", PASSWORD, "admin")
    answer = client.post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD})
    assert "planted" not in answer.headers["set-cookie"]
    assert httpx.get(house.base + "/api/state", cookies=planted).status_code == 401


def test_a_stolen_cookie_is_no_good_elsewhere_ends_the_session_and_is_told(house):
    client = house.client("engineer-1")
    there = httpx.HTTPTransport(local_address=ELSEWHERE)
    with httpx.Client(base_url=house.base, transport=there, cookies=dict(client.cookies)) as thief:
        assert thief.get("/api/state").status_code == 401
    assert client.get("/api/state").status_code == 401  # the person signs in again, and knows
    until(lambda: "session.stolen" in (house.folder / "audit.log").read_text())
    assert any("came from" in one.text and one.level == "alarm" for one in house.room.live.events)


def test_a_stolen_cookie_opens_no_socket_elsewhere(house):
    client = house.client("engineer-1")
    assert refused(house, client, source_address=(ELSEWHERE, 0)) == 401


def test_a_person_has_so_many_pages_open_and_no_more(house):
    client = house.client("engineer-1", "viewer")
    house.room.onlookers["engineer-1"] = onlooker.MOST_EACH
    assert refused(house, client) == 429
    house.room.onlookers = {f"user-{k}": 6 for k in range(10)}
    assert refused(house, client) == 429
    assert refused(house, house.client("engineer-2", "viewer"), query="?prefix=" + "x" * 101) == 400


def test_too_many_sockets_of_one_address_are_told_to_wait(house, monkeypatch):
    client = house.client("engineer-1")
    monkeypatch.setattr(house.app, "_rate", Rate(per_s=0.01, burst=3.0))
    for _ in range(3):
        assert client.get("/api/me").status_code == 200
    assert refused(house, client) == 429


def test_who_never_reads_is_cut_off_and_the_others_see_on(house, monkeypatch):
    monkeypatch.setattr(onlooker, "SLOWEST_S", 0.5)
    house.guard.state["reasons"] = {f"battery.b{k}": "x" * 500 for k in range(1500)}  # 0.8 MB a picture
    stuck_client, client = house.client("engineer-1", "viewer"), house.client("engineer-2", "viewer")
    with socket.socket() as stuck, looking(house, client, max_size=2**24) as line:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", house.campus.operate.face.port))
        stuck.sendall(
            f"GET /api/live HTTP/1.1\r\nHost: {house.base[7:]}\r\nOrigin: {house.base}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
            f"Cookie: wattstack={stuck_client.cookies['wattstack']}\r\n\r\n".encode()
        )
        until(lambda: house.room.onlookers.get("engineer-1") == 1)

        def let_go() -> bool:
            house.guard.state["writes"] = not house.guard.state["writes"]  # a new picture each time
            return house.room.onlookers["engineer-1"] == 0

        until(let_go, 60.0)
        assert heard(line, "picture", 10.0)


def test_who_missed_events_is_let_go(house):
    with looking(house, house.client("engineer-1", "viewer")) as line:
        heard(line, "picture")

        def flood():
            for k in range(2000):
                house.room.live._hear_event(Event(utc_s=1.0, level="info", channel="a", text=str(k)))

        house.loop.call_soon_threadsafe(flood)
        assert ended(line) == (1013, "too slow: events were missed")


def test_it_is_opened_anew_after_its_hour(house, monkeypatch):
    monkeypatch.setattr(onlooker, "LONGEST_S", 0.5)
    with looking(house, house.client("engineer-1", "viewer")) as line:
        assert ended(line)[0] == 1001
