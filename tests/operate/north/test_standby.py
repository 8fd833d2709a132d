"""The controller of another machine, asked by the one that waits: over TLS, with a secret; its silence is told."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from benchmarks.guard_tools import free_port
from tests.operate.face.conftest import RAW, opened
from tests.operate.north.conftest import Socket, at_work, until
from wattstack.campus import Campus, read_campus, write_campus
from wattstack.errors import InputError
from wattstack.operate.guard.state import save_state
from wattstack.operate.link import Memory, State
from wattstack.operate.north import Site
from wattstack.operate.north import standby as way
from wattstack.operate.north.standby import StandbyWay
from wattstack.operate.north.way import ways_of
from wattstack.operate.prepare import prepare_campus
from wattstack.operate.supervise import parts_of

SECRET = "0123456789abcdef" * 2


def campus_of(folder: Path, *pages: str, secret: str = SECRET, face: dict | None = None, **more) -> Campus:
    file = folder / "standby.secret"
    file.touch(mode=0o600)
    file.write_text(secret + "\n", encoding="utf-8")
    standby = {"fence": "battery.main", "secret": "standby.secret", "ca": "ca.pem", **more}
    standby["pages"] = list(pages) or ["https://127.0.0.1:1"]
    write_campus(
        Campus.model_validate(RAW | {"operate": {"face": face or {}, "standby": standby}}),
        folder / "campus.yaml",
    )
    return read_campus(folder / "campus.yaml")


@contextmanager
def page_of(folder: Path):
    """A control room with TLS on another machine, as far as the one that asks can see."""
    tls = {"port": free_port(), "certificate": "broker.pem", "key": "broker.key"}
    with opened(folder, campus=campus_of(folder, face=tls)) as house:
        yield house


class Waiting(Socket):
    """A guard that waits."""

    writes = False

    def state(self) -> State:
        return super().state().model_copy(update={"writes": self.writes})


@asynccontextmanager
async def asking(campus: Campus, folder: Path):
    """A way with the socket of a guard that waits."""
    guard = Waiting(folder)
    async with at_work(guard, Site(campus, folder), StandbyWay(campus)):
        yield guard


def heard(folder: Path) -> dict:
    return json.loads(json.loads((folder / Memory.OTHER).read_text())["state"])


def remembered(utc_s: float, live: bool = True) -> dict:
    return {"live": live, "utc_s": utc_s, "requests": []}


def test_what_the_other_one_knows_is_left_as_it_came_and_only_for_who_waits(folder, tmp_path):
    with page_of(folder) as house:
        save_state(folder / Memory.OWN, remembered(5.0))

        async def work():
            async with asking(campus_of(folder, house.base), tmp_path) as guard:
                await until((tmp_path / Memory.OTHER).exists)
                assert (tmp_path / Memory.OTHER).read_text() == (folder / Memory.OWN).read_text()
                assert (tmp_path / Memory.OTHER).stat().st_mode & 0o777 == 0o600
                save_state(folder / Memory.OWN, remembered(6.0))
                await until(lambda: heard(tmp_path)["utc_s"] == 6.0)
                guard.writes = True
                await asyncio.sleep(2.0 * way.EVERY_S)
                save_state(folder / Memory.OWN, remembered(7.0))
                await asyncio.sleep(2.0 * way.EVERY_S)
                assert heard(tmp_path)["utc_s"] == 6.0

        asyncio.run(work())


def test_the_page_gives_it_to_nobody_without_the_secret(folder):
    with page_of(folder) as house, httpx.Client(base_url=house.base, verify=False) as client:
        ask = lambda words: client.get("/api/memory", headers={"authorization": words})  # noqa: E731
        assert client.get("/api/memory").status_code == 401
        assert ask(f"Bearer {SECRET[:-1]}").status_code == 401 and ask(f"Basic {SECRET}").status_code == 401
        assert ask("Bearer é".encode()).status_code == 401
        assert ask(f"Bearer {SECRET}").json()["why"] == "the guard has not saved anything yet."
        save_state(folder / Memory.OWN, remembered(5.0))
        assert ask(f"Bearer {SECRET}").status_code == 200
        admin = house.client("operator-1")
        assert admin.get("/api/memory").status_code == 401


def test_a_page_without_a_second_controller_gives_it_to_nobody(tmp_path):
    with opened(tmp_path) as house, house.client() as client:
        save_state(tmp_path / Memory.OWN, remembered(5.0))
        for words in ("Bearer", "Bearer none"):
            assert client.get("/api/memory", headers={"authorization": words}).status_code == 401


def test_silence_of_the_one_that_writes_is_told_once_with_the_reason_and_so_is_its_end(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(way, "LOST_S", 1.5)
    with page_of(folder) as house:
        save_state(folder / Memory.OWN, remembered(5.0, live=False))
        silent = f"https://127.0.0.1:{free_port()}"

        async def work():
            async with asking(campus_of(folder, house.base, silent), tmp_path) as guard:
                await until(lambda: "is not heard" in guard.told("alarm"))
                said = guard.told("alarm")
                assert (
                    f"{house.base} does not write itself" in said
                    and f"{silent}: " in said
                    and SECRET not in said
                )
                await asyncio.sleep(2.0)
                assert guard.told("alarm") == said
                save_state(folder / Memory.OWN, remembered(6.0))
                await until(lambda: "is heard again" in guard.told("info"))

        asyncio.run(work())


def test_a_page_that_another_authority_signed_is_not_believed(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(way, "LOST_S", 0.5)
    with page_of(folder) as house:
        save_state(folder / Memory.OWN, remembered(5.0))

        async def work():
            async with asking(campus_of(folder, house.base, ca="other.pem"), tmp_path) as guard:
                await until(lambda: "CERTIFICATE_VERIFY_FAILED" in guard.told("alarm"))
            assert not (tmp_path / Memory.OTHER).exists()

        asyncio.run(work())


class Odd(BaseHTTPRequestHandler):
    """A page that says what it is told to say, and notes the secrets that it was shown."""

    says, seen = b"", []

    def do_GET(self):
        self.seen.append(self.headers.get("authorization"))
        if self.says.startswith(b"raw "):
            self.wfile.write(self.says[4:])
            return
        if self.says.startswith(b"http"):
            self.send_response(302)
            self.send_header("location", self.says.decode())
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.says)

    def log_message(self, *_):
        pass


@pytest.fixture
def odd():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Odd.seen.clear()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"state": 5}',
        b'{"state": "{}"}',
        b'{"state": "{\\"live\\": true, \\"utc_s\\": NaN}"}',
        b'{"state": "{\\"live\\": true, \\"utc_s\\": \\"x\\"}"}',
        b"\xff\xfe",
        b" " * (way.MOST + 5),
        b"[" * 100_000,
        b"raw 220 mail.example ESMTP\r\n\r\n",
        b"raw HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}",
        b"raw HTTP/9.9 200 OK\r\n\r\n{}",
        b"raw HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"raw HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    ],
)
def test_what_is_no_memory_is_not_left_for_the_guard(says, odd, folder, monkeypatch):
    monkeypatch.setattr(Odd, "says", says)
    text, why = StandbyWay(campus_of(folder, odd))._newest()
    assert text == "" and why


def test_the_secret_follows_no_detour(odd, folder, monkeypatch):
    monkeypatch.setattr(Odd, "says", f"{odd}/elsewhere".encode())
    assert StandbyWay(campus_of(folder, odd))._newest() == ("", f"{odd} answered 302")
    assert Odd.seen == [f"Bearer {SECRET}"]


def test_a_secret_that_can_be_guessed_or_read_is_refused(folder):
    with pytest.raises(InputError, match="has 5 letters, must have 32 or more"):
        ways_of(campus_of(folder, secret="short"))
    campus = campus_of(folder)
    (folder / "standby.secret").chmod(0o644)
    with pytest.raises(InputError, match="has mode 644, must have 600"):
        ways_of(campus)
    (folder / "standby.secret").chmod(0o600)
    (folder / "ca.pem").write_text("no certificate")
    with pytest.raises(InputError, match=r"operate.standby.ca.*must be certificates in PEM"):
        ways_of(campus)


def test_two_machines_have_a_north_side_and_find_their_files(folder, tmp_path):
    campus_of(folder)
    prepared = prepare_campus(folder / "campus.yaml", simulated=True, folder=tmp_path / "live")
    assert prepared.campus.operate.standby.secret == str(folder / "standby.secret")
    assert "north" in [part.name for part in parts_of(prepared, False, 1.0)]
    assert list(ways_of(prepared.campus)) == ["standby"]
