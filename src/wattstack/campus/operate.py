"""How the site is run: the period of the loop, where history goes, who may look in, who is told of what is wrong.

Needs    campus.fields, campus.north.
Gives    Operate, Face, History, Alarms, Mail, Standby.
Used by  campus.campus, operate.

Secrets are never in the campus file: it names files (mode 600) that hold them.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, fault_error, quantity
from wattstack.campus.north import FileName, North, Url, here, host_fault, url_fault
from wattstack.errors import Fault


class Face(Declared):
    """Web page and interface for people and programs.

    Example:
        >>> Face().loopback
        True
    """

    host: str = Field("127.0.0.1", description="Address it listens on.")
    port: int = quantity("", "Port", 8443, ge=1, le=65535)
    certificate: FileName | None = Field(None, description="Certificate chain, PEM; absent = no TLS.")
    key: FileName | None = Field(None, description="Key of the certificate, PEM, mode 600.")
    session_h: Positive = quantity("h", "A session ends after so long", 12.0)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False  # a name: where it leads is not known here

    def faults(self) -> Iterable[Fault]:
        """Half of a certificate; open to others without TLS."""
        if (self.certificate is None) != (self.key is None):
            yield Fault("key", "and certificate must be given together. Give both, or neither.")
        if not self.loopback and self.certificate is None:
            yield Fault(
                "certificate",
                f"is missing, must be given where others reach the page (host {self.host}). Give certificate and "
                "key, or listen on 127.0.0.1 behind a proxy.",
            )


class History(Declared):
    """Where measured values, commands, reasons and alarms are kept."""

    keep_days: Positive = quantity("days", "Kept at full rate for so long", 90.0)
    period_s: Positive = quantity("s", "From one stored frame to the next", 1.0)
    largest_gb: Positive = quantity("GB", "The oldest days go where it would grow larger", 400.0)
    postgres: FileName | None = Field(
        None, description="File (mode 600) with the address of a PostgreSQL; absent = none."
    )


def _host(host: str) -> str:
    """A machine's name or number, or a fault in words."""
    wrong = host_fault(host)
    if wrong is not None:
        raise fault_error(Fault("", wrong))  # without the text: it may be user:password@HOST
    return host


def _host_port(text: str) -> str:
    """HOST or HOST:PORT, or a fault in words."""
    host, colon, port = text.partition(":")
    wrong = host_fault(host)
    if colon and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        wrong = "has no port from 1 to 65535, must be HOST or HOST:PORT. Write log.example.net:514."
    if wrong is not None:
        raise fault_error(Fault("", wrong))
    return text


def _one_line(text: str) -> str:
    """An address of mail, in one line, or a fault in words."""
    if not text.isprintable() or not text.strip():
        raise fault_error(
            Fault("", f"is {text[:60]!r}, must be one line with an address. Write ems@example.net.")
        )
    return text


MailAddress = Annotated[str, AfterValidator(_one_line)]


class Mail(Declared):
    """A server that takes mail for people on duty."""

    host: Annotated[str, AfterValidator(_host)] = Field(description="Mail server.")
    port: int = quantity("", "Port", 587, ge=1, le=65535)
    sender: MailAddress = Field(min_length=3, description="Address it comes from.")
    to: tuple[MailAddress, ...] = Field(min_length=1, strict=False, description="Addresses it goes to.")
    password: FileName | None = Field(
        None, description="File (mode 600) with user:password; absent = none needed."
    )


class Alarms(Declared):
    """Who is told."""

    webhook: Url | None = Field(None, description="Address that is posted each alarm as JSON.")
    webhook_file: FileName | None = Field(
        None, description="File (mode 600) with that address, where it is a secret or holds user:password@."
    )
    mail: Mail | None = Field(None, description="Mail to people.")
    syslog: Annotated[str, AfterValidator(_host_port)] | None = Field(
        None, description="HOST or HOST:PORT of a syslog (UDP 514)."
    )
    storm_per_min: Positive = quantity("1/min", "More alarms than this are told as one", 20.0)

    def faults(self) -> Iterable[Fault]:
        """Two addresses of one webhook."""
        if self.webhook is not None and self.webhook_file is not None:
            yield Fault("webhook_file", "and webhook are both given, must be one. Take one out.")

    @staticmethod
    def secret_fault(address: str) -> str | None:
        """What keeps what `webhook_file` holds from being an address that works and stays secret; None: nothing.

        Example:
            >>> Alarms.secret_fault("http://user:word@example.net/")[:29]
            'begins with http://, must beg'
        """
        wrong = url_fault(address)
        if wrong is None and not address.startswith("https://") and not here(address):
            wrong = "begins with http://, must begin with https://: the secret would be read on the way."
        return wrong


class Standby(Declared):
    """A second controller that takes over. The one that holds the lease writes, the other waits.

    On two machines (`fence`) the one that waits follows what the other one knows, by its page: requests in force,
    lockouts, the month's peak. Both have the same secret, and the same list of pages.

    Example:
        >>> Standby().lease_s
        1.0
    """

    lease_s: Positive = quantity("s", "The lease is over when it was not renewed for so long", 1.0)
    fence: str | None = Field(
        None,
        description="Device whose register takes the number of the one that may write; absent = the lease's own.",
    )
    pages: list[Url] = Field(
        default_factory=list,
        max_length=4,
        description="Pages of both controllers, https://HOST:PORT; absent = neither knows the other's requests.",
    )
    secret: FileName | None = Field(
        None, description="File (mode 600) with a secret of 32 letters or more, the same on both machines."
    )
    ca: FileName | None = Field(
        None, description="Who signed the certificates of the pages, PEM; absent = what the system trusts."
    )

    def faults(self) -> Iterable[Fault]:
        """Pages without a fence or a secret; a secret that would be read on the way."""
        if self.pages and self.fence is None:
            yield Fault(
                "fence", "is missing, must be given with pages: two machines agree by a device who writes."
            )
        if bool(self.pages) != (self.secret is not None):
            yield Fault("secret", "and pages must be given together. Give both, or neither.")
        for k, page in enumerate(self.pages):
            if page.startswith("http://") and not here(page):
                yield Fault(
                    f"pages[{k}]",
                    f"is {page}, must begin with https://: the secret would be read on the way.",
                )


class Operate(Declared):
    """The live system.

    Source:
        Period, ages and shares: assumption; 100 ms is what 200 devices allow on part of one core.

    Example:
        >>> Operate().period_s
        0.1
    """

    folder: FileName = Field("operate-data", description="Folder for history, state, users and audit.")
    period_s: Positive = quantity("s", "From one decision to the next", 0.1, ge=0.02, le=60)
    most_age_periods: Positive = quantity("", "A value older than so many periods is not acted on", 3.0, le=3)
    plan_every_s: Positive = quantity("s", "The next hours are planned anew so often", 60.0)
    least_load_frac: Frac = quantity("", "Share of the load that no instruction may take away", 0.0)
    request_s: Positive = quantity("s", "A request that is not renewed for so long is forgotten", 120.0)
    record_gb: NotNegative = quantity(
        "GB", "Images of all cycles are kept, to be decided again; the oldest go; 0 = none", 1.0
    )
    ramp_mw_per_s: NotNegative | None = quantity(
        "MW/s", "Fastest change of a setpoint; absent = as decided", None
    )
    face: Face = Field(default_factory=Face, description="Web page and interface.")
    history: History = Field(default_factory=History, description="What is kept.")
    alarms: Alarms = Field(default_factory=Alarms, description="Who is told of what is wrong.")
    standby: Standby | None = Field(None, description="A second controller; absent = none.")
    north: North = Field(default_factory=North, description="Utility and workload.")

    @property
    def speaks_north(self) -> bool:
        """Whether anybody above the site is spoken to, the other controller too: then there is a process for it.

        Example:
            >>> Operate().speaks_north
            False
        """
        return self.north.declared or (self.standby is not None and bool(self.standby.pages))
