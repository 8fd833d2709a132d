"""Metrics are given to this machine at whatever address it listens, and to nobody else."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import httpx
import pytest

from tests.operate.face.conftest import PASSWORD, campus_of, opened
from tests.operate.face.test_certificate import made
from wattstack.operate.face import make_app

OURS, OTHER = "192.0.2.7", "192.0.2.9"


def own_address() -> str | None:
    """An address of this machine that others could reach; None: it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect((OTHER, 9))  # sends nothing
        except OSError:
            return None
        address = way.getsockname()[0]
    return None if ip_address(address).is_loopback else address


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return make_app(campus_of(), tmp_path_factory.mktemp("metrics"))


def asked(app, client: str, server: str, **headers: str) -> int:
    """The answer to a request from one address, received at another."""

    async def ask() -> int:
        way = httpx.ASGITransport(app, client=(client, 50_000))
        async with httpx.AsyncClient(transport=way, base_url=f"https://{server}:8443") as one:
            return (await one.get("/metrics", headers=headers)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("client", "server"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), (OURS, OURS), (f"::ffff:{OURS}", OURS),
     ("::ffff:127.0.0.1", "[::1]")],
)  # fmt: skip
def test_this_machine_is_let_in_by_the_number_it_listens_at(app, client, server):
    assert asked(app, client, server) == 200


@pytest.mark.parametrize(("client", "server"), [(OTHER, OURS), (OTHER, "127.0.0.1"), ("", OURS)])
def test_another_machine_is_refused_whatever_it_says(app, client, server):
    for host in (f"{OURS}:8443", "127.0.0.1:8443", f"{OTHER}:8443"):
        assert asked(app, client, server, host=host) == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8443", f"{OTHER}:8443", "", "[::1", "127.0.0.1.example"]
)
def test_a_page_that_lets_a_name_lead_here_is_refused(app, host):
    assert asked(app, OURS, OURS, host=host) == 403
    assert asked(app, "127.0.0.1", "127.0.0.1", host=host) == 403


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded"])
def test_a_request_that_was_passed_on_is_refused_at_a_real_address_too(app, name):
    assert asked(app, OURS, OURS, **{name: "for=192.0.2.1"}) == 403


def test_a_second_address_of_the_loopback_is_this_machine(tmp_path):
    second = str(ip_address("127.0.0.1") + 1)
    try:
        socket.create_server((second, 0)).close()
    except OSError:
        pytest.skip("this machine has one address of the loopback")
    campus = campus_of(host=second)
    with opened(tmp_path, guarded=False, campus=campus):
        url = f"http://{second}:{campus.operate.face.port}/metrics"
        assert b"wattstack_guard_heard" in httpx.get(url).content


def test_a_page_at_a_real_address_gives_them_to_its_own_machine(tmp_path):
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address that others reach")
    certificate, key = made(tmp_path, "ours", 100.0)
    campus = campus_of(host=address, certificate=certificate, key=key)
    folder = tmp_path / "site"
    known = make_app(campus, folder).room.users  # it listens to others only when somebody is known
    known.add("engineer-1", PASSWORD, "admin")
    known.close()
    with opened(folder, guarded=False, campus=campus):
        url = f"https://{address}:{campus.operate.face.port}/metrics"
        assert b"wattstack_guard_heard" in httpx.get(url, verify=False).content
        assert httpx.get(url, verify=False, headers={"host": "evil.example"}).status_code == 403
