"""Out of the building: a web server, a mail server and a syslog get what is told, over real sockets."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import ssl
import time

import pytest

from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.operate.alarms import Syslog, Telling
from wattstack.operate.alarms.teller import MOST_WAITING, Teller
from wattstack.operate.alarms.ways import Post, Webhook, ways_of
from wattstack.operate.audit import Audit, Change

TELLING = Telling(
    "1900000000250-7", 1_900_000_000.25, "raised", "battery.main", "is 61 °C,\nmust be below 55", True
)


def until(met, wait_s: float = 10.0) -> bool:
    end = time.monotonic() + wait_s
    while not met() and time.monotonic() < end:
        time.sleep(0.01)
    return met()


def test_a_webhook_is_posted_the_facts_as_json(hook):
    Webhook("sakai", hook.url).send(TELLING)
    assert hook.got == [
        {
            "site": "sakai", "id": "1900000000250-7", "utc": "2030-03-17T17:46:40.250Z", "what": "raised",
            "channel": "battery.main", "text": "is 61 °C,\nmust be below 55", "first": True,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("code", [302, 404, 500])
def test_a_webhook_that_does_not_take_it_or_sends_us_elsewhere_has_not_got_it(hook, code):
    hook.answers = [code]
    with pytest.raises(OSError, match=f"answered {code}"):
        Webhook("sakai", hook.url).send(TELLING)
    assert not hook.got


def test_a_webhook_that_is_not_there_is_an_error_of_the_network():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OSError, match="does not answer"):
        Webhook("sakai", f"http://127.0.0.1:{port}/").send(TELLING)


def test_a_mail_says_site_and_alarm_in_its_subject_and_all_facts_in_its_text(mailbox):
    Post(
        "sakai", ("127.0.0.1", mailbox.port), "ems@example.org", ("duty@example.org", "two@example.org")
    ).send(TELLING)
    mail = email.message_from_string(mailbox.got[0], policy=email.policy.default)
    assert mail["Subject"] == "[sakai] Alarm: battery.main: is 61 °C, must be below 55"
    assert mailbox.to == ["TO:<duty@example.org>", "TO:<two@example.org>"]
    assert "1900000000250-7" in mail["Message-ID"] and "first: True" in mail.get_content()


def test_a_password_goes_over_tls_to_a_server_that_is_trusted(safe_mailbox, certificate):
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    where = ("127.0.0.1", safe_mailbox.port)
    Post("sakai", where, "a@b.c", ("d@e.f",), "ems:very-secret", trust).send(TELLING)
    assert safe_mailbox.users == ["ems"] and len(safe_mailbox.got) == 1
    with pytest.raises(OSError, match=r"did not take it.*wrong password"):
        Post("sakai", where, "a@b.c", ("d@e.f",), "ems:other", trust).send(TELLING)
    with pytest.raises(OSError, match="certificate"):
        Post("sakai", where, "a@b.c", ("d@e.f",), "ems:very-secret").send(TELLING)
    assert safe_mailbox.users == ["ems"]


def test_a_password_is_not_sent_in_the_clear(mailbox):
    with pytest.raises(OSError, match="has no TLS"):
        Post("s", ("127.0.0.1", mailbox.port), "a@b.c", ("d@e.f",), "ems:very-secret").send(TELLING)
    assert not mailbox.users and not mailbox.got
    with pytest.raises(InputError, match="user:password"):
        Post("s", ("127.0.0.1", 1), "a@b.c", ("d@e.f",), "very-secret")


def test_syslog_is_one_line_of_rfc_5424(syslog):
    way = Syslog("sakai", f"127.0.0.1:{syslog.getsockname()[1]}")
    way.send(TELLING)
    line = syslog.recv(9000)
    pattern = (
        rb"<9>1 2030-03-17T17:46:40\.250Z sakai wattstack \d+ alarm "
        rb'\[wattstack@32473 id="1900000000250-7"\] \xef\xbb\xbf'
    )
    head = re.match(pattern, line)
    assert head and line[head.end() :].decode() == "Alarm: battery.main: is 61 °C, must be below 55"
    way.send(Telling("1", 0.0, "returned", "x", "y"))
    assert syslog.recv(9000).startswith(b"<13>1 1970-01-01T00:00:00.000Z")


def test_the_end_of_the_log_of_changes_leaves_the_machine_by_syslog(syslog, tmp_path):
    audit = Audit(tmp_path / "audit.log", Syslog("sakai", f"127.0.0.1:{syslog.getsockname()[1]}").line)
    head = audit.record(Change("operator-1", "mode", "run", "x" * 5000, "test"))
    line = syslog.recv(9000)
    assert len(line) <= 2048 and line.endswith(f'"hash":"{head.hash}"}}'.encode())


def test_ways_are_those_of_the_campus_file_and_a_password_others_can_read_is_refused(tmp_path):
    secret = tmp_path / "mail.secret"
    secret.write_text("ems:very-secret\n")
    secret.chmod(0o600)
    mail = {"host": "127.0.0.1", "sender": "a@b.c", "to": ["d@e.f"], "password": str(secret)}
    operate = {"alarms": {"webhook": "https://127.0.0.1/x", "mail": mail, "syslog": "127.0.0.1"}}
    campus = Campus.model_validate(
        {
            "wattstack": 1, "name": "many", "currency": "EUR",
            "place": {"latitude_deg": 48.0, "longitude_deg": 2.0, "time_zone": "Europe/Paris"},
            "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "1h"},
            "load": {"plain": {"draw_mw": 1}}, "operate": operate,
        }
    )  # fmt: skip
    assert [way.name for way in ways_of(campus)] == ["webhook", "mail", "syslog"]
    secret.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        ways_of(campus)


def test_what_does_not_come_through_is_tried_again_and_said_once(hook):
    hook.answers = [500, 500, 500, 204]
    said: list[tuple[bool, str]] = []
    teller = Teller(Webhook("sakai", hook.url), lambda well, text: said.append((well, text)), 0.01)
    teller.start()
    teller.put([TELLING, TELLING])
    assert until(lambda: len(hook.got) == 2)
    teller.stop()
    assert said == [(False, "does not come through: answered 500"), (True, "comes through again")]
    assert not teller.waiting


def test_the_queue_of_a_dead_way_is_bounded_and_loses_the_oldest(hook):
    hook.answers = [500]
    teller = Teller(Webhook("sakai", hook.url), lambda *_: None, 60.0)
    teller.start()
    teller.put([Telling(str(k), 0.0, "raised", "x", "y") for k in range(MOST_WAITING + 5)])
    assert teller.dropped == 5 and [teller.waiting[0].id, teller.waiting[-1].id] == [
        "5",
        str(MOST_WAITING + 4),
    ]
    began = time.monotonic()
    teller.stop(5.0)
    assert time.monotonic() - began < 2.0


def test_a_mail_server_that_says_later_has_not_got_it(mailbox):
    mailbox.refuse = True
    with pytest.raises(OSError, match="try later"):
        Post("s", ("127.0.0.1", mailbox.port), "a@b.c", ("d@e.f",)).send(TELLING)
