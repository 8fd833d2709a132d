"""Addresses in a campus file: one that can never work, or that holds a secret, is refused in words."""

from __future__ import annotations

import pytest

FENCED = "{fence: grid.connection, secret: s.txt, pages: ['%s']}"
WRONG = [
    ("ftp://192.0.2.7/x", "must begin with https://"),
    ("https://", "must begin with https://"),
    (f"https://example.net/{'x' * 2000}", "at most 2000"),
    ("https://exa mple.net/x", "has a space"),
    ("https://example.net/a b", "%20"),
    ("https://example.net/ä", "plain ASCII"),
    ("https://[::1", "has brackets"),
    ("https://example.net:abc/x", "1 to 65535"),
    ("https://example.net:99999/x", "1 to 65535"),
    ("https://example.net:0/x", "1 to 65535"),
    ("https:///x", "names no machine"),
    (f"https://{'x' * 64}.net/x", "names no machine"),
    ("https://example..net/x", "names no machine"),
    ("https://192.0.2/x", "Write 192.0.2.7"),
]
RIGHT = [
    "https://example.net", "http://127.0.0.1:8080/a?b=c", "https://[::1]:8443/", "https://a_b.example.net./x@y",
    "https://xn--bcher-kva.example:443/x%20y",
]  # fmt: skip


def alarms(**keys: str) -> dict[str, str]:
    return {"operate": "{alarms: {" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}}"}


@pytest.mark.parametrize(("address", "words"), WRONG)
def test_an_address_that_can_never_work_is_refused_with_a_way_out(told, address, words):
    found = told(**alarms(webhook=f"'{address}'"))
    assert list(found) == ["operate.alarms.webhook"]
    assert words in found["operate.alarms.webhook"]


@pytest.mark.parametrize("address", RIGHT)
def test_an_address_that_can_work_is_taken_as_it_is(campus_of, address):
    assert campus_of(operate={"alarms": {"webhook": address}}).operate.alarms.webhook == address


@pytest.mark.parametrize("address", ["https://ems:very-secret@example.net/x", "https://token@example.net/"])
@pytest.mark.parametrize(
    ("place", "section"),
    [
        ("alarms.webhook", "{alarms: {webhook: '%s'}}"),
        ("north.openadr.vtn", "{north: {openadr: {vtn: '%s'}}}"),
        ("north.openadr.token_url", "{north: {openadr: {vtn: 'https://192.0.2.7', token_url: '%s'}}}"),
        ("standby.pages.0", "{standby: " + FENCED + "}"),
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(told, place, section, address):
    found = told(operate=section % address)
    assert list(found) == [f"operate.{place}"]
    said = found[f"operate.{place}"]
    assert "never in the campus file" in said and "mode 600" in said
    assert "very-secret" not in said and "token" not in said


@pytest.mark.parametrize(
    "address", ["https://ems:very-secret@a b/", "https://ems:very-secret@[::1", "ftp://ems:very-secret@h/"]
)
def test_a_wrong_address_with_a_password_is_not_repeated_either(told, address):
    assert "very-secret" not in str(told(**alarms(webhook=f"'{address}'")))


def test_a_webhook_has_one_address_in_the_file_or_in_a_file_of_its_own(told, campus_of):
    found = told(**alarms(webhook="'https://192.0.2.7/x'", webhook_file="hook.txt"))
    assert "Take one out" in found["operate.alarms.webhook_file"]
    assert campus_of(operate={"alarms": {"webhook_file": "hook.txt"}}).operate.alarms.webhook is None


@pytest.mark.parametrize(
    "wrong", ["a:99999", "a:0", "a:", "a:b", "a b", "x" * 64, "192.0.2.7:514:1", "256.0.0.1"]
)
def test_a_syslog_that_cannot_be_is_refused(told, wrong):
    (said,) = told(**alarms(syslog=f"'{wrong}'")).values()
    assert "Write " in said


@pytest.mark.parametrize("right", ["log.example.net", "192.0.2.7:514", "log:65535"])
def test_a_syslog_that_can_be_is_taken(campus_of, right):
    assert campus_of(operate={"alarms": {"syslog": right}}).operate.alarms.syslog == right


@pytest.mark.parametrize(
    "wrong", ["a b", "x" * 70 + ".example", "", "a..b", "ems:very-secret@mail.example.net"]
)
def test_a_mail_server_that_cannot_be_is_refused(told, wrong):
    (said,) = told(**alarms(mail=f"{{host: '{wrong}', sender: a@b.c, to: [d@e.f]}}")).values()
    assert "Write " in said and "very-secret" not in said


def test_an_address_of_mail_is_one_line(told, campus_of):
    found = told(**alarms(mail='{host: 192.0.2.7, sender: "a@b\\nX: y", to: ["c@d.e", " "]}'))
    assert set(found) == {"operate.alarms.mail.sender", "operate.alarms.mail.to.1"}
    mail = {"host": "::1", "sender": "Energy system <a@b.c>", "to": ["d@e.f"]}
    assert campus_of(operate={"alarms": {"mail": mail}}).operate.alarms.mail.host == "::1"


def test_what_does_not_fit_a_pattern_without_words_of_its_own_is_told_too(told):
    dsx = "{host: h, password: p, signing_key: s, publishers: {g: {keys: k}}, identifier: 'a/b'}"
    assert "does not fit" in told(operate=f"{{north: {{dsx: {dsx}}}}}")["operate.north.dsx.identifier"]
