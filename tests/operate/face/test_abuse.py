"""What an enemy tries who knows the system: slow connections, half characters, names of others, years of history."""

import json
import socket
import tracemalloc
from contextlib import suppress

import httpx
import numpy as np
import pytest

from tests.operate.face.conftest import PASSWORD, RAW, until
from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.operate.audit import Change
from wattstack.operate.face import history, wire
from wattstack.operate.face.room import Room
from wattstack.operate.face.users import Users
from wattstack.operate.historian import Store

JSON = {"content-type": "application/json"}


def opened(house, address: str = "127.0.0.1") -> socket.socket:
    host, port = house.base.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10.0, source_address=(address, 0))


def ended(line: socket.socket, within_s: float = 5.0) -> bool:
    line.settimeout(within_s)
    try:
        while line.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def test_one_address_cannot_take_all_connections(house):
    begun = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
    slow = [opened(house, "127.0.0.9") for _ in range(320)]
    for line in slow:
        with suppress(OSError):  # one too many: cut at once
            line.sendall(begun)
    assert httpx.get(house.base + "/api/me").status_code == 200
    until(lambda: len(house._server.server_state.connections) <= wire.MOST_OF_ONE + 5)
    for line in slow:
        line.close()


def test_a_head_that_never_ends_is_cut_though_bytes_keep_coming(house, monkeypatch):
    monkeypatch.setattr(wire, "IDLE_S", 0.5)
    line = opened(house)
    line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    cut = False
    for _ in range(30):
        try:
            line.sendall(b"a")
        except OSError:
            cut = True
            break
        if ended(line, 0.1):
            cut = True
            break
    assert cut


def test_a_byte_after_an_answer_does_not_keep_a_connection(house, monkeypatch):
    monkeypatch.setattr(wire, "IDLE_S", 0.5)
    line = opened(house)
    line.sendall(b"GET /api/me HTTP/1.1\r\nHost: x\r\n\r\n")
    assert line.recv(65_536).startswith(b"HTTP/1.1 200")
    line.sendall(b"G")
    assert ended(line)


def test_who_does_not_read_answers_is_cut(house, monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_S", 0.5)
    monkeypatch.setattr(wire, "IDLE_S", 0.5)
    monkeypatch.setattr(house.app, "_rate", type("All", (), {"take": lambda self, key: True})())
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    host, port = house.base.removeprefix("http://").split(":")
    line.connect((host, int(port)))
    line.settimeout(1.0)
    until(lambda: house._server.server_state.connections)
    with suppress(OSError):
        for _ in range(1500):
            line.sendall(b"GET /main.js HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: not house._server.server_state.connections)
    line.close()


def test_an_answer_within_its_time_is_whole_and_the_next_request_too(house):
    client = house.client()
    for _ in range(3):
        assert client.get("/main.js").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/sign-in", {"name": "\ud800", "password": PASSWORD}),
        ("/api/sign-in", {"name": "engineer-1", "password": "\udfff"}),
        ("/api/first", {"token": "\ud800", "name": "engineer-1", "password": PASSWORD}),
        ("/api/first", {"\ud800": "x"}),
    ],
)
def test_half_a_character_is_refused_and_leaves_no_traceback(shared, capfd, path, body):
    answer = shared.client().post(path, content=json.dumps(body), headers=JSON)
    assert answer.status_code == 400
    assert "must be JSON" in answer.json()["why"]
    assert "Traceback" not in capfd.readouterr().err


def test_requests_that_no_parser_takes_leave_no_line_in_the_log(shared, capfd):
    for _ in range(3):
        with opened(shared) as line:
            line.sendall(b"\x16\x03\x01 no request\r\n\r\n")
            assert ended(line)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "origin", ["http://[::1", "http://x@{host}", "//{host}", "{host}", "ftp://{host}", "http://{host}/a"]
)
def test_an_origin_that_is_none_is_refused_and_leaves_no_traceback(shared, capfd, origin):
    odd = {"origin": origin.format(host=shared.base.removeprefix("http://"))}
    answer = shared.client().post(
        "/api/sign-in", json={"name": "engineer-1", "password": PASSWORD}, headers=odd
    )
    assert answer.status_code == 403
    assert "Traceback" not in capfd.readouterr().err


def test_each_line_of_the_audit_leaves_the_machine_where_a_syslog_is_given(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as away:
        away.bind(("127.0.0.1", 0))
        away.settimeout(10.0)
        raw = RAW | {"operate": {"alarms": {"syslog": f"127.0.0.1:{away.getsockname()[1]}"}}}
        room = Room(Campus.model_validate(raw), tmp_path)
        head = room.audit.record(Change("engineer-1", "user.add", None, "engineer-2", "a test"))
        assert head.hash.encode() in away.recv(4096)
        room.users.close()


@pytest.mark.parametrize("what", [["mode"], {"a": 1}, 5, None])
def test_ending_what_is_no_word_is_refused(house, what):
    answer = house.client("engineer-1").post("/api/requests/end", json={"what": what})
    assert answer.status_code == 400


@pytest.mark.parametrize("reason", ["two\nlines", "a\x1b[2Jb", "stop \u202eegrahc", "abc\x00"])
def test_a_reason_is_one_line_that_reads_as_it_stands(house, reason):
    client = house.client("engineer-1")
    asked = {"what": "battery_mw", "value": 1.0, "for_s": 60, "reason": reason}
    assert "one line" in client.post("/api/requests", json=asked).json()["why"]
    shelved = {"key": "site: x", "reason": reason, "for_s": 60}
    assert "one line" in client.post("/api/alarms/shelve", json=shelved).json()["why"]
    assert house.guard.asked == []


def test_a_reason_may_be_in_any_language(house):
    client = house.client("engineer-1")
    for reason in (
        "\u9001\u96fb\u7dda\u3000\u4fdd\u5b88",
        "\u0623\u0639\u0645\u0627\u0644 \u0635\u064a\u0627\u0646\u0629",
    ):
        asked = {"what": "battery_mw", "value": 1.0, "for_s": 60, "reason": reason}
        assert client.post("/api/requests", json=asked).status_code == 200
    assert house.guard.asked[0].reason.startswith("\u9001")


def test_the_last_admin_stays_one_also_when_added_anew(tmp_path):
    users = Users(tmp_path / "users.sqlite")
    users.add("engineer-1", PASSWORD, "admin")
    with pytest.raises(InputError, match="no other one"):
        users.add("ENGINEER-1", PASSWORD, "viewer")
    users.add("engineer-1", PASSWORD + " new", "admin")
    users.add("engineer-2", PASSWORD, "admin")
    users.add("engineer-1", PASSWORD, "viewer")
    with pytest.raises(InputError, match="last admin"):
        users.remove("ENGINEER-2")


def test_a_program_has_no_name_of_a_person_and_the_other_way_about(tmp_path):
    users = Users(tmp_path / "users.sqlite")
    users.add("engineer-1", PASSWORD, "admin")
    with pytest.raises(InputError, match="that of a person"):
        users.add_machine("Engineer-1", "operator")
    users.add_machine("collector", "viewer")
    with pytest.raises(InputError, match="that of a program"):
        users.add("Collector", PASSWORD, "viewer")


def test_a_year_of_history_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "PIECE_S", 600.0)
    store, begin_s, chance = (
        Store(tmp_path / "history.sqlite", careful=False),
        1.6e9,
        np.random.default_rng(1),
    )
    values = chance.normal(size=20_000).astype("f4")
    layout = store._layout(("load_mw",))
    store._db.executemany(
        "INSERT INTO frame VALUES (?, ?, ?)",
        [(int((begin_s + k) * 1000), layout, one.tobytes()) for k, one in enumerate(values)],
    )
    store.close()
    tracemalloc.start()
    found = history.curve(tmp_path, "load_mw", begin_s - 300 * 86_400.0, begin_s + 20_000.0, 2000)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 600_000  # all at once would be 2 MB
    assert min(v for v in found["low"] if v is not None) == pytest.approx(float(values.min()), rel=1e-6)
    assert max(v for v in found["high"] if v is not None) == pytest.approx(float(values.max()), rel=1e-6)
    near = history.curve(tmp_path, "load_mw", begin_s, begin_s + 20_000.0, 100)
    assert near["mean"] == pytest.approx(values.reshape(100, 200).astype(float).mean(axis=1), rel=1e-4)
    with pytest.raises(InputError, match="never kept"):
        history.curve(tmp_path, "no_such", 0.0, 1000.0, 10)
    assert history.curve(tmp_path, "load_mw", 0.0, 1000.0, 10)["mean"] == [None] * 10
