"""A page whose place is taken does not start, says where and how to mend it, and gives no address and no token."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest

from tests.operate.face.conftest import campus_of, opened
from wattstack.campus import write_campus
from wattstack.errors import InputError, StateError
from wattstack.operate import Part, Supervisor
from wattstack.operate.face import make_app, serve
from wattstack.operate.face.listening import listen


@pytest.fixture
def taken():
    """A port of this machine that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def words_of(folder, port: int) -> tuple[str, ...]:
    write_campus(campus_of(port=port), folder / "campus.yaml")
    return ("-m", "wattstack.operate.face", str(folder / "campus.yaml"), str(folder / "site"))


def test_a_page_whose_port_is_taken_ends_with_words_and_without_a_token(tmp_path, taken):
    ended = subprocess.run(
        [sys.executable, *words_of(tmp_path, taken)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "operate.face.port" in ended.stderr and f"is {taken}, which is in use" in ended.stderr
    assert "Choose another port, or stop what listens there" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_who_started_the_site_reads_why_the_page_does_not_start(tmp_path, taken):
    supervisor = Supervisor([Part("face", words_of(tmp_path, taken))], tmp_path, lambda line: None)
    with pytest.raises(StateError, match=r"(?s)face does not start: .*operate\.face\.port .*in use"):
        asyncio.run(asyncio.wait_for(supervisor.run(), 60))
    assert supervisor.logs.first_tokens() == []


def test_two_pages_never_share_a_port(tmp_path):
    with opened(tmp_path / "one", guarded=False) as house:
        said = []
        with pytest.raises(InputError, match="it may be the page of another site"):
            serve(make_app(house.campus, tmp_path / "two"), house.campus, said.append)
        assert said == []
        assert house.client("engineer-1").get("/api/site").status_code == 200


def test_a_host_that_is_not_of_this_machine_is_named(tmp_path):
    campus = campus_of(host="192.0.2.1", certificate="site.pem", key="site.key")

    with pytest.raises(
        InputError, match=r"operate\.face\.host .*is 192\.0\.2\.1, must be an address of this machine"
    ):
        listen(campus)


def test_a_port_is_free_again_when_its_page_has_ended(tmp_path):
    with opened(tmp_path / "one", guarded=False) as house:
        house.client("engineer-1")
    with opened(tmp_path / "two", guarded=False, campus=house.campus) as again:
        assert again.client("engineer-1").get("/api/site").status_code == 200
