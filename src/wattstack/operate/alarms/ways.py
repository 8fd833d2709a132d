"""Three ways out of the building: a posted JSON, a mail, a line of syslog.

Needs    operate: audit.read_secret, straight; campus (operate.alarms of it).
Gives    Webhook, Post, Syslog, ways_of.
Used by  operate.alarms.teller, operate.audit (Syslog.line, handed in by whoever makes both).

Each `send` waits at most WAIT_S and raises OSError where it did not come through, whatever the cause; the teller tries
again. No error repeats a webhook's address or a password: errors go out by the other ways.

Source:
    Syslog: RFC 5424, over UDP as in RFC 5426 (no answer: that it came through cannot be known).
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from wattstack.errors import Fault, InputError
from wattstack.operate.alarms.book import Telling
from wattstack.operate.audit import read_secret
from wattstack.operate.straight import straight_opener

if TYPE_CHECKING:
    from wattstack.campus import Campus

WAIT_S = 5.0
_FACILITY = 1  # user-level messages
_ALERT, _NOTICE = 1, 5
_LONGEST_SYSLOG = 2048  # bytes every receiver should take (RFC 5424, 6.1)
_WORDS = {"raised": "Alarm", "returned": "Over", "storm": "Many alarms", "storm_over": "Storm over"}


class Way(Protocol):
    """One way out."""

    name: str

    def send(self, telling: Telling) -> None:
        """Let it out, or raise OSError."""


@contextmanager
def _only_oserror(name: str) -> Iterator[None]:
    """What can go wrong besides the network, as OSError with its kind alone: its words may hold what is secret."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise OSError(f"cannot be sent ({kind}), see operate.alarms.{name} in the campus file") from None


class Webhook:
    """Posts each telling as JSON: site, id, utc, what, channel, text, first. 2xx = it came through.

    Args:
        site: Name of the campus.
        url: Where to; with user:password@ they are sent as RFC 7617 says.
    """

    name = "webhook"

    def __init__(self, site: str, url: str) -> None:
        self._site, self._url = site, url
        self._opener = straight_opener()

    @_only_oserror("webhook")
    def send(self, telling: Telling) -> None:
        """Post it. A redirection is not followed: the address of the campus file is the one that was approved."""
        request = self._request(json.dumps(_facts(self._site, telling)).encode())
        try:
            with self._opener.open(request, timeout=WAIT_S) as answer:
                _read_on(answer)
        except urllib.error.HTTPError as error:
            error.close()
            raise OSError(f"answered {error.code}") from None
        except OSError as error:
            raise OSError(f"does not answer: {getattr(error, 'reason', error)}") from None
        except (http.client.BadStatusLine, http.client.UnknownProtocol, http.client.LineTooLong) as error:
            raise OSError(f"answers what is no HTTP ({type(error).__name__})") from None

    def _request(self, body: bytes) -> urllib.request.Request:
        parts = urlsplit(self._url)
        user, _, host = parts.netloc.rpartition("@")
        head = {"Content-Type": "application/json", "User-Agent": "wattstack"}
        if user:
            head["Authorization"] = f"Basic {base64.b64encode(unquote(user).encode()).decode()}"
        url = urlunsplit(parts._replace(netloc=host))
        return urllib.request.Request(url, data=body, headers=head, method="POST")


def _read_on(answer: Any) -> None:
    """Hear a server out that has taken it; what comes after its 2xx changes nothing."""
    with suppress(OSError, http.client.HTTPException):
        answer.read1(4096)


class Post:
    """Sends each telling as a mail.

    TLS from the first byte at port 465, else STARTTLS where the server has it. A password goes over TLS only.

    Args:
        site: Name of the campus.
        host, port: The mail server.
        sender, to: Addresses.
        password: user:password; None: the server needs none.
        context: Who is trusted; absent = what the system trusts.
    """

    name = "mail"

    def __init__(
        self, site: str, server: tuple[str, int], sender: str, to: tuple[str, ...], password: str | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._site, self._server, self._sender, self._to = site, server, sender, to
        if password is not None and ":" not in password:
            raise InputError("operate.alarms.mail.password", ["its file must hold user:password."])
        if password is not None and not password.isascii():
            said = (
                "its file has letters outside ASCII, which mail servers do not take. Choose another password."
            )
            raise InputError("operate.alarms.mail.password", [said])
        self._user = None if password is None else password.split(":", 1)
        self._context = context or ssl.create_default_context()

    @_only_oserror("mail")
    def send(self, telling: Telling) -> None:
        """Send it."""
        import smtplib

        host, port = self._server
        try:
            if port == 465:
                server = smtplib.SMTP_SSL(host, port, timeout=WAIT_S, context=self._context)
            else:
                server = smtplib.SMTP(host, port, timeout=WAIT_S)
            with server:
                server.ehlo()
                safe = port == 465
                if not safe and server.has_extn("starttls"):
                    server.starttls(context=self._context)
                    server.ehlo()
                    safe = True
                if self._user is not None:
                    if not safe:
                        raise OSError("has no TLS: the password is not sent in the clear")
                    server.login(*self._user)
                server.send_message(self._mail(telling))
        except smtplib.SMTPException as error:
            raise OSError(f"did not take it: {' '.join(str(error).split())[:200]}") from None

    def _mail(self, telling: Telling) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._sender, ", ".join(self._to)
        head = f"[{self._site}] {_WORDS[telling.what]}: {telling.channel}: {telling.text}"
        mail["Subject"] = " ".join(head.split())[:150]
        mail["Date"] = format_datetime(datetime.fromtimestamp(telling.utc_s, UTC))
        mail["Message-ID"] = make_msgid(telling.id, domain=f"{self._site}.wattstack")
        facts = _facts(self._site, telling)
        mail.set_content("\n".join(f"{name}: {value}" for name, value in facts.items()) + "\n")
        return mail


class Syslog:
    """Sends lines of syslog over UDP.

    Args:
        site: Name of the campus.
        host_port: HOST or HOST:PORT; absent port = 514.
    """

    name = "syslog"

    def __init__(self, site: str, host_port: str) -> None:
        host, _, port = host_port.partition(":")
        self._site, self._to = site, (host, int(port or 514))

    def send(self, telling: Telling) -> None:
        """Send a telling: severity alert, or notice where something is over."""
        severity = _NOTICE if telling.what in ("returned", "storm_over") else _ALERT
        text = f"{_WORDS[telling.what]}: {telling.channel}: {telling.text}"
        self._out(severity, telling.utc_s, "alarm", f'[wattstack@32473 id="{telling.id}"]', text)

    def line(self, text: str) -> None:
        """Send a line of the log of changes, so that a copy of its end lies elsewhere."""
        self._out(_NOTICE, datetime.now(UTC).timestamp(), "audit", "-", text)

    @_only_oserror("syslog")
    def _out(self, severity: int, utc_s: float, kind: str, data: str, text: str) -> None:
        when = datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        site = self._site[:48] or "-"
        head = f"<{_FACILITY * 8 + severity}>1 {when} {site} wattstack {os.getpid()} {kind} {data} "
        plain = " ".join(text.split())  # a line is a line: nobody puts a second one into a text
        # the end of a line of the log is its hash: where it is too long, the middle goes
        most = _LONGEST_SYSLOG - len(head.encode()) - 3
        raw = plain.encode()
        if len(raw) > most:
            raw = raw[: most // 2] + b" ... " + raw[-(most - most // 2 - 5) :]
        family, _, _, _, address = socket.getaddrinfo(*self._to, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as out:
            out.settimeout(WAIT_S)
            out.sendto(head.encode() + b"\xef\xbb\xbf" + raw, address)


def ways_of(campus: Campus) -> list[Way]:
    """The ways that a campus file names.

    Raises:
        InputError: The file with the password or the address is missing, others can read it, or what it holds cannot be
            one.
    """
    told, ways = campus.operate.alarms, []
    if told.webhook is not None:
        ways.append(Webhook(campus.name, told.webhook))
    elif told.webhook_file is not None:
        ways.append(Webhook(campus.name, _secret_address(campus, told.webhook_file)))
    if told.mail is not None:
        secret = None if told.mail.password is None else read_secret(_beside(campus, told.mail.password))
        server = told.mail.host, told.mail.port
        ways.append(Post(campus.name, server, told.mail.sender, told.mail.to, secret))
    if told.syslog is not None:
        ways.append(Syslog(campus.name, told.syslog))
    return ways


def _secret_address(campus: Campus, name: str) -> str:
    """The address in a file; it never stands in an error."""
    address = read_secret(_beside(campus, name))
    wrong = campus.operate.alarms.secret_fault(address)
    if wrong is not None:
        raise InputError(Path(name).name, [Fault("operate.alarms.webhook_file", wrong)])
    return address


def _beside(campus: Campus, name: str) -> Path:
    return campus.base_dir / name


def _facts(site: str, telling: Telling) -> dict[str, Any]:
    when = (
        datetime.fromtimestamp(telling.utc_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    return {
        "site": site, "id": telling.id, "utc": when, "what": telling.what, "channel": telling.channel,
        "text": telling.text, "first": telling.first,
    }  # fmt: skip
