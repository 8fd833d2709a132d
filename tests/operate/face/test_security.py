"""What must not get in, over a real server: too much, too fast, from elsewhere, without proof."""

import json
import socket
import ssl
import subprocess
import sys
import time

import httpx
import pytest
from websockets.sync.client import connect

from tests.operate.face.conftest import PASSWORD, campus_of, opened
from wattstack.errors import InputError
from wattstack.operate.face import make_app, serve
from wattstack.operate.face.__main__ import main
from wattstack.operate.face.limits import Rate
from wattstack.operate.face.shield import json_bytes

HEAD = b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def said(house, raw: bytes, wait_s: float = 5.0) -> bytes:
    """What is answered to bytes, until the connection ends."""
    host, port = house.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=wait_s) as line:
        line.sendall(raw)
        found = b""
        try:
            while part := line.recv(65_536):
                found += part
        except TimeoutError:
            pass
        return found


def test_every_answer_carries_strict_headers(shared):
    for path in ("/", "/main.js", "/api/me", "/no-such", "/api/state"):
        head = shared.client().get(path).headers
        assert "default-src 'none'" in head["content-security-policy"]
        assert "unsafe" not in head["content-security-policy"]
        assert head["x-frame-options"] == "DENY"
        assert head["x-content-type-options"] == "nosniff"
        assert head["referrer-policy"] == "no-referrer"
        assert "server" not in head


def test_the_page_has_no_script_or_style_of_its_own_inside(shared):
    page = shared.client().get("/").text
    assert "<style" not in page and " style=" not in page and " onclick" not in page
    assert page.count("<script") == 1 and 'src="/main.js"' in page
    assert "http://" not in page and "https://" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/../users.sqlite",
        "/..%2fusers.sqlite",
        "/web/index.html",
        "/audit.log",
        "/main.js/",
        "//main.js",
        "/%00",
    ],
)
def test_files_come_from_a_table_and_nowhere_else(shared, path):
    assert (
        said(shared, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()).split()[1]
        == b"404"
    )


def test_ranges_are_not_known(shared):
    ranges = "bytes=" + ",".join(f"{k}-" for k in range(2000))
    answer = shared.client().get("/main.js", headers={"range": ranges})
    assert answer.status_code == 200
    assert "content-range" not in answer.headers
    again = shared.client().get("/main.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_gigabyte_is_refused_before_it_comes(shared):
    began = time.monotonic()
    raw = HEAD + b"Content-Length: 1073741824\r\n\r\n"
    answer = said(shared, raw)
    assert answer.split()[1] == b"413"
    assert b"must have at most 65536" in answer
    assert time.monotonic() - began < 2.0


def test_a_body_without_a_length_is_counted(shared):
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert (
        said(
            shared, head + b"8000\r\n" + b"x" * 0x8000 + b"\r\n" + b"9000\r\n" + b"x" * 0x9000 + b"\r\n"
        ).split()[1]
        == b"413"
    )


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"name": NaN, "password": "x"}', "application/json", 400),
        ('{"name": -Infinity}', "application/json", 400),
        ('{"name": 1e999}', "application/json", 400),
        ('{"name": "a", "name": "b"}', "application/json", 400),
        ("[" * 60_000, "application/json", 400),
        ("[1]", "application/json", 400),
        ('{"name": "a", "password": "b", "role": "admin"}', "application/json", 400),
        ("\xff", "application/json", 400),
        ("name=a&password=b", "application/x-www-form-urlencoded", 415),
        ("--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(shared, body, kind, status):
    answer = shared.client().post(
        "/api/sign-in", content=body.encode("latin-1"), headers={"content-type": kind}
    )
    assert answer.status_code == status
    assert answer.json()["why"]


def test_nobody_sees_anything_before_signing_in(shared):
    for route in shared.app.app.routes:
        if route.path.startswith("/api/") and route.path not in (
            "/api/me",
            "/api/first",
            "/api/sign-in",
            "/api/openapi.json",
        ):
            for method in getattr(route, "methods", None) or set():
                if method == "HEAD":
                    continue
                answer = shared.client().request(method, route.path, json=None if method == "GET" else {})
                assert answer.status_code == 401, route.path


def test_a_thousand_wrong_passwords_get_nowhere(house):
    house.room.users.add("engineer-1", PASSWORD, "admin")
    client, found = house.client(), []
    for k in range(1000):
        found.append(
            client.post("/api/sign-in", json={"name": "engineer-1", "password": f"wrong {k}"}).status_code
        )
    assert set(found) <= {401, 429}
    assert found.count(401) <= 12  # the waits are longer than the test
    last = client.post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) >= 1


def test_wrong_passwords_from_elsewhere_do_not_lock_a_person_out(house):
    house.client("engineer-1").close()  # signed in from here before
    for _ in range(40):
        house.room.gate._strangers.wrong("engineer-1")
    assert (
        house.client().post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD}).status_code
        == 200
    )


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house):
    house.room.users.add("engineer-1", PASSWORD, "admin")
    answer = house.client().post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie


def test_a_command_needs_the_token_of_our_page(house):
    client = house.client("engineer-1")
    body = {"what": "battery_mw", "value": 2.0, "for_s": 60, "reason": "a test"}
    token = client.headers.pop("x-csrf-token")
    assert client.post("/api/requests", json=body).status_code == 403
    client.headers["x-csrf-token"] = token[:-1]
    assert client.post("/api/requests", json=body).status_code == 403
    client.headers["x-csrf-token"] = token
    for foreign in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert client.post("/api/requests", json=body, headers=foreign).status_code == 403
    assert house.guard.asked == []
    assert client.post("/api/requests", json=body).status_code == 200
    assert len(house.guard.asked) == 1


def test_another_sites_page_cannot_sign_somebody_in(house):
    house.room.users.add("engineer-1", PASSWORD, "admin")
    body = {"name": "engineer-1", "password": PASSWORD}
    assert (
        house.client().post("/api/sign-in", json=body, headers={"origin": "https://evil.example"}).status_code
        == 403
    )


def test_a_session_that_was_ended_opens_nothing(house):
    client = house.client("engineer-1")
    kept = dict(client.cookies)
    assert client.post("/api/sign-out", json={}).status_code == 200
    assert httpx.get(house.base + "/api/state", cookies=kept).status_code == 401


def test_metrics_are_for_this_machine_alone(shared):
    assert b"wattstack_guard_heard 1.0" in shared.client().get("/metrics").content
    for other in ({"host": "evil.example"}, {"x-forwarded-for": "192.0.2.7"}, {"forwarded": "for=192.0.2.7"}):
        assert shared.client().get("/metrics", headers=other).status_code == 403


def test_too_many_requests_are_told_to_wait(house, monkeypatch):
    client = house.client()
    monkeypatch.setattr(house.app, "_rate", Rate(per_s=0.01, burst=3.0))
    found = [client.get("/api/me").status_code for _ in range(5)]
    assert 429 not in found[:3] and found[3:] == [429, 429]


def test_others_reach_it_only_with_tls_and_users(tmp_path):
    campus = campus_of(host="0.0.0.0", certificate="c.pem", key="k.pem")
    app = make_app(campus, tmp_path)
    with pytest.raises(InputError, match="until the first person is there"):
        serve(app, campus)
    with pytest.raises(ValueError, match="certificate"):
        campus_of(host="0.0.0.0")


def test_a_key_that_others_may_read_is_refused(tmp_path):
    (tmp_path / "k.pem").write_text("secret")
    (tmp_path / "k.pem").chmod(0o644)
    campus = campus_of(certificate="c.pem", key=str(tmp_path / "k.pem"))
    with pytest.raises(InputError, match="mode 644"):
        serve(make_app(campus, tmp_path), campus)


def test_the_first_person_comes_in_by_the_printed_token(house):
    token = house.said[1].rsplit(" ", 1)[1]
    assert house.client().get("/api/me").json() == {"who": None, "first": True}
    wrong = house.client().post("/api/first", json={"token": "x", "name": "engineer-1", "password": PASSWORD})
    assert wrong.status_code == 403
    weak = house.client().post("/api/first", json={"token": token, "name": "engineer-1", "password": "short"})
    assert weak.status_code == 400
    right = house.client().post(
        "/api/first", json={"token": token, "name": "engineer-1", "password": PASSWORD}
    )
    assert right.json()["who"]["role"] == "admin"
    again = house.client().post(
        "/api/first", json={"token": token, "name": "engineer-2", "password": PASSWORD}
    )
    assert again.status_code == 403
    lines = [json.loads(line) for line in (house.folder / "audit.log").read_text().splitlines()]
    assert [line["what"] for line in lines] == ["user.first", "session.begin"]
    assert token not in (house.folder / "audit.log").read_text()


@pytest.fixture
def certified(tmp_path):
    """Files of a certificate for this machine, made here."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "k.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (tmp_path / "k.pem").chmod(0o600)
    return campus_of(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))


def unproved() -> ssl.SSLContext:
    """TLS without a look at the certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def test_under_tls_the_cookie_never_goes_without_it(tmp_path, certified):
    with opened(tmp_path, campus=certified) as house:
        client = house.client("engineer-1")
        answer = client.post("/api/sign-in", json={"name": "engineer-1", "password": PASSWORD})
        assert (
            "__Host-wattstack=" in answer.headers["set-cookie"] and "Secure" in answer.headers["set-cookie"]
        )
        assert "max-age" in answer.headers["strict-transport-security"]
        address, cookie = (
            house.base.replace("https", "wss"),
            f"__Host-wattstack={client.cookies['__Host-wattstack']}",
        )
        with connect(
            f"{address}/api/live", ssl=unproved(), origin=house.base, additional_headers={"Cookie": cookie}
        ) as line:
            assert "names" in line.recv(timeout=5.0)
        port = certified.operate.face.port
        old = unproved()
        with socket.create_connection(("127.0.0.1", port)) as line, old.wrap_socket(line) as wrapped:
            assert wrapped.version() == "TLSv1.3"


def test_what_is_no_number_goes_out_as_null():
    told = {"a": float("nan"), "b": [1.5, float("inf")], "c": {"d": (2, "x")}}
    assert json.loads(json_bytes(told)) == {"a": None, "b": [1.5, None], "c": {"d": [2, "x"]}}


def test_a_body_that_never_comes_is_given_up(shared):
    began = time.monotonic()
    answer = said(shared, HEAD + b"Content-Length: 40\r\n\r\n{", wait_s=15.0)
    assert answer.split()[1] == b"408"
    assert 9.0 < time.monotonic() - began < 14.0


def test_a_campus_that_is_not_there_is_told(capsys):
    assert main(["none.yaml"]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_process_says_what_is_wrong_with_its_campus(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "wattstack.operate.face", str(tmp_path / "none.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "does not exist" in done.stderr
