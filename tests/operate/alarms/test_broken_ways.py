"""A way out that answers nonsense, or can never work, is told and tried again; its secrets stay in files."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.operate.alarms.test_ways import TELLING, until
from wattstack.errors import InputError
from wattstack.operate import prepare_campus
from wattstack.operate.alarms import Syslog
from wattstack.operate.alarms.teller import Teller
from wattstack.operate.alarms.ways import Post, Webhook, ways_of

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CUT = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nab"
NONSENSE = [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/7.7 200 OK\r\n\r\n", b"HTTP/1.1 " + b"x" * 70_000, b""]


@pytest.fixture
def rude():
    """A server that gives these answers, the last one for ever; `seen` counts who came."""

    class Rude:
        def __init__(self) -> None:
            self.answers, self.seen = [GOOD], 0
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = self._socket.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}/x"
            threading.Thread(target=self._listen, daemon=True).start()

        def _listen(self) -> None:
            while True:
                try:
                    caller, _ = self._socket.accept()
                except OSError:
                    return
                with caller:
                    text = b""
                    while not text.endswith(b"}") and (part := caller.recv(65536)):  # head and body
                        text += part
                    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                    self.seen += 1
                    with suppress(OSError):
                        caller.sendall(answer)

        def close(self) -> None:
            self._socket.close()

    made = Rude()
    yield made
    made.close()


def tell(way, seen) -> list[tuple[bool, str]]:
    """What a teller says of a way, until something is seen."""
    said: list[tuple[bool, str]] = []
    teller = Teller(way, lambda well, text: said.append((well, text)), 0.01)
    teller.start()
    teller.put([TELLING])
    assert until(lambda: seen(teller, said)), said
    teller.stop()
    return said


@pytest.mark.parametrize("nonsense", NONSENSE, ids=["no http", "another version", "endless line", "nothing"])
def test_a_server_that_answers_nonsense_is_told_and_tried_until_it_takes_it(rude, nonsense):
    rude.answers = [nonsense, nonsense, GOOD]
    said = tell(Webhook("sakai", rude.url), lambda teller, said: len(said) == 2)
    assert rude.seen == 3 and [well for well, _ in said] == [False, True]
    assert said[0][1].startswith("does not come through: ")


def test_what_was_taken_is_not_posted_again_because_the_answer_breaks_off(rude):
    rude.answers = [CUT]
    assert tell(Webhook("sakai", rude.url), lambda teller, said: not teller.waiting) == []
    assert rude.seen == 1


@pytest.mark.parametrize(
    "way",
    [
        *(Webhook("s", url) for url in ("http://127.0.0.1:very-secret/", "https://a/very-secret b", "https://[::1")),
        Webhook("s", f"https://{'x' * 70}.example/very-secret"),
        Post("s", ("x" * 70 + ".example", 25), "a@b.c", ("d@e.f",)),
        Syslog("s", "x" * 70 + ".example:514"),
    ],
    ids=["port", "space", "bracket", "host", "mail", "syslog"],
)  # fmt: skip
def test_whatever_goes_wrong_in_sending_is_an_error_of_the_network_that_repeats_no_secret(way):
    with pytest.raises(OSError) as error:
        way.send(TELLING)
    assert str(error.value) and "very-secret" not in str(error.value)


def test_a_mail_that_cannot_be_written_is_an_error_of_the_network(mailbox):
    with pytest.raises(OSError, match=r"cannot be sent \(ValueError\), see operate.alarms.mail"):
        Post("s", ("127.0.0.1", mailbox.port), "a@b\nX: y", ("d@e.f",)).send(TELLING)
    assert not mailbox.got


def test_a_password_that_no_mail_server_takes_is_refused_at_the_start():
    with pytest.raises(InputError, match="outside ASCII"):
        Post("s", ("127.0.0.1", 1), "a@b.c", ("d@e.f",), "ems:schlüssel")


def test_a_way_with_a_fault_of_its_own_does_not_end_its_thread():
    class Faulty:
        name, tries = "faulty", 0

        def send(self, telling) -> None:
            self.tries += 1
            if self.tries < 3:
                raise KeyError("very-secret")

    way = Faulty()
    said = tell(way, lambda teller, said: len(said) == 2)
    assert said == [(False, "does not come through: KeyError"), (True, "comes through again")]
    assert way.tries == 3


def campus_with(campus_file, operate: str):
    with campus_file.open("a", encoding="utf-8") as file:
        file.write(f"operate: {operate}\n")
    return prepare_campus(campus_file, simulated=True, folder=campus_file.parent / "live")


def secret(campus_file, text: str, mode: int = 0o600) -> None:
    path = campus_file.parent / "hook.txt"
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(mode)


def test_the_address_of_a_webhook_is_read_from_its_file_beside_the_campus(campus_file, hook):
    secret(campus_file, f"{hook.url}very-secret")
    made = campus_with(campus_file, "{alarms: {webhook_file: hook.txt}}")
    (way,) = ways_of(made.campus)
    way.send(TELLING)
    assert [one["channel"] for one in hook.got] == ["battery.main"]
    assert "very-secret" not in made.file.read_text(encoding="utf-8")


def test_a_user_and_a_password_of_a_webhook_are_sent_as_such():
    heads = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heads.append((self.headers["Host"], self.headers["Authorization"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        Webhook("s", f"http://ems:very%40secret@{host}/x").send(TELLING)
    assert heads == [(host, f"Basic {base64.b64encode(b'ems:very@secret').decode()}")]


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("https://192.0.2.7/very-secret", 0o644, "chmod 600"),
        ("http://192.0.2.7/very-secret", 0o600, "must begin with https"),
        ("https://192.0.2.7:very-secret/", 0o600, "1 to 65535"),
        ("https://192.0.2.7/very-secret\nhttps://192.0.2.8/", 0o600, "has a space"),
    ],
)
def test_a_file_with_an_address_that_cannot_be_is_refused_without_repeating_it(
    campus_file, text, mode, words
):
    secret(campus_file, text, mode)
    with pytest.raises(InputError, match=words) as error:
        ways_of(campus_with(campus_file, "{alarms: {webhook_file: hook.txt}}").campus)
    assert "very-secret" not in str(error.value)


def test_the_copy_of_the_campus_that_runs_is_for_its_owner_alone(campus_file):
    made = campus_with(campus_file, "{alarms: {syslog: 127.0.0.1}}")
    assert made.file.stat().st_mode & 0o777 == 0o600
