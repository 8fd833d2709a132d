"""A VTN over HTTPS, through the library: tokens, certificates, pages, what is too large, what never answers.

The VTN is ours: none could be installed here. Its routes are those of the OpenAPI document of OpenADR 3.1.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.operate.north.conftest import until
from tests.operate.north.openadr.conftest import campus_of, event
from tests.operate.north.openadr.test_way import LIMIT, limit, running
from wattstack.errors import StateError
from wattstack.operate.north.openadr import transport
from wattstack.operate.north.openadr.transport import HttpVtn

pytest.importorskip("openadr3_client", reason="openadr3-client is not installed (it needs Python 3.12)")


@pytest.fixture(autouse=True)
def certificates(monkeypatch):
    """What this machine trusts besides, and what the way sets, is put back."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")


class WholeVtn:
    """Programs, events and reports over HTTPS, with a token server."""

    def __init__(self, folder) -> None:
        self.lists = {"programs": [{"id": "program-1", "programName": "dr"}], "events": [], "reports": []}
        self.heard: list[tuple[str, str]] = []
        self.token, self.status, self.sleep_s = "token-1", 200, 0.0
        vtn = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words) -> None:
                pass

            def _say(self, status: int, value) -> None:
                body = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "https://127.0.0.1:1/elsewhere")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                vtn.heard.append(("GET", self.path))
                time.sleep(vtn.sleep_s)
                if parts.path == "/auth/server":
                    return self._say(200, {"tokenURL": f"{vtn.base}/auth/token"})
                if self.headers.get("Authorization") != f"Bearer {vtn.token}":
                    return self._say(403, {"title": "no"})
                query = parse_qs(parts.query)
                kept = vtn.lists[parts.path.strip("/")]
                if isinstance(kept, list):
                    skip, most = int(query["skip"][0]), int(query["limit"][0])
                    kept = kept[skip : skip + most]
                return self._say(vtn.status, kept)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                vtn.heard.append(("POST", self.path))
                if self.path == "/auth/token":
                    given = parse_qs(body.decode())
                    right = (
                        self.headers.get("Authorization", "").startswith("Basic ") or "client_secret" in given
                    )
                    return self._say(200 if right else 401, {
                        "access_token": vtn.token, "token_type": "bearer", "expires_in": 3600})  # fmt: skip
                vtn.lists["reports"].append(json.loads(body))
                return self._say(201, {**json.loads(body), "id": "report-1"})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "broker.pem", folder / "broker.key")
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.base = f"https://127.0.0.1:{self.server.server_port}"


@contextmanager
def opened(folder, **words):
    vtn = WholeVtn(folder)
    thread = threading.Thread(target=vtn.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    secret = folder / "secret"
    secret.write_text("site-1:a secret")
    secret.chmod(0o600)
    ways = {
        "vtn": vtn.base,
        "ca": str(folder / "ca.pem"),
        "secret": str(secret),
        "scopes": ["read_targets"],
        **words,
    }
    try:
        yield vtn, ways
    finally:
        vtn.server.shutdown()
        vtn.server.server_close()


def client(ways) -> HttpVtn:
    campus = campus_of(**ways)
    return HttpVtn(campus, transport.secret_of(campus))


def test_events_come_in_pages_with_a_token_that_is_asked_for_once(folder):
    with opened(folder) as (vtn, ways):
        vtn.lists["events"] = [event(("SIMPLE", 1), id=f"event-{k}") for k in range(120)]
        one = client(ways)
        assert [e["id"] for e in asyncio.run(one.events())] == [f"event-{k}" for k in range(120)]
        assert asyncio.run(one.programs()) == [{"id": "program-1", "programName": "dr"}]
        assert [path for how, path in vtn.heard if how == "POST"] == [
            "/auth/token"
        ] * 2  # one a kind of object
        assert vtn.heard[0] == ("GET", "/auth/server")


def test_a_limit_goes_all_the_way_and_a_report_comes_back(folder):
    async def whole() -> None:
        with opened(folder, report_s=10.0) as (vtn, ways):
            asked = [{"payloadType": "STORAGE_CHARGE_LEVEL", "frequency": 0}]
            vtn.lists["events"] = [limit(reportDescriptors=asked), {"id": "bad"}]
            async with running(None, **ways) as (guard, _, _):
                await until(lambda: LIMIT in guard.in_force, 20.0)
                assert guard.in_force[LIMIT].high == 9.0
                await until(lambda: vtn.lists["reports"], 20.0)
                assert vtn.lists["reports"][0]["eventID"] == "event-1"
                vtn.lists["events"] = []
                await until(lambda: LIMIT not in guard.in_force, 20.0)

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("lists", "status", "why"),
    [({"not": "a list"}, 200, "no list"), ([], 500, "answered 500"), ([], 302, "answered 302"), (b"[", 200, "."),
     (b"[" + b" " * 9_000_000 + b"]", 200, ".")],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_a_fault_in_words(folder, lists, status, why):
    with opened(folder) as (vtn, ways):
        vtn.lists["events"], vtn.status = lists, status
        with pytest.raises((StateError, ValueError), match=why):
            asyncio.run(client(ways).events())


def test_a_vtn_that_cannot_prove_itself_is_not_spoken_to(folder):
    with opened(folder, ca=str(folder / "other.pem")) as (vtn, ways):
        with pytest.raises(Exception, match="certificate verify failed"):
            asyncio.run(client(ways).events())
        assert vtn.heard == []


def test_a_refused_report_is_a_fault(folder):
    with opened(folder) as (vtn, ways):
        one = client(ways)
        asyncio.run(one.report({"eventID": "a"}))
        vtn.server.shutdown()
        vtn.server.server_close()
        with pytest.raises(OSError):
            asyncio.run(one.report({"eventID": "a"}))


def test_a_vtn_that_never_answers_is_given_up_and_not_asked_again_meanwhile(folder, monkeypatch):
    monkeypatch.setattr(transport, "DEADLINE_S", 0.5)
    with opened(folder) as (vtn, ways):
        vtn.sleep_s = 2.0
        one = client(ways)

        async def ask() -> None:
            with pytest.raises(TimeoutError):
                await one.events()
            with pytest.raises(StateError, match="still has not answered"):
                await one.events()

        asyncio.run(ask())
        one._hanging.join(20.0)


def test_a_vtn_that_lets_anybody_read_needs_no_secret(folder):
    with opened(folder) as (vtn, ways):
        del ways["secret"]
        with pytest.raises(StateError, match="answered 403"):
            asyncio.run(client(ways).events())
        assert ("GET", "/auth/server") not in vtn.heard
