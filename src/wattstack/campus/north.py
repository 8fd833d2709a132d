"""Who above the site may tell it what to do, and hears how it is: DSX Flex, OpenADR, the workload.

Needs    campus.fields.
Gives    North, Dsx, Keyed, Agent, OpenAdr, Workload; Url, url_fault, host_fault, here: addresses that can work.
Used by  campus.operate, operate.north.

Secrets are never in the campus file: it names files (mode 600) that hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from wattstack.campus.fields import Declared, Frac, Positive, fault_error, quantity
from wattstack.errors import Fault


def host_fault(host: str) -> str | None:
    """What keeps a text from being the name or number of a machine; None: it can be one.

    Example:
        >>> host_fault("mail.example.net"), host_fault("::1"), host_fault("a b")[:24]
        (None, None, 'names no machine: it has')
    """
    try:
        ip_address(host)
        return None
    except ValueError:
        labels = host.removesuffix(".").split(".")
    if len(host) > 253 or any(
        not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", one) for one in labels
    ):
        return (
            "names no machine: it has parts of 1 to 63 signs with dots between, a-z, 0-9 and -, at most 253 in all. "
            "Write mail.example.net, or a number (of IPv6 too); other letters as xn--..."
        )
    if labels[-1].isdigit():
        return "ends as a number does and is none, must be four parts of 0 to 255. Write 192.0.2.7."
    return None


def url_fault(address: str) -> str | None:
    """What keeps an address of the web from ever working; None: it can work. The address is not part of the words.

    Example:
        >>> url_fault("https://example.net/x"), url_fault("https://example.net:abc/x")[:19]
        (None, 'has a port that is ')
    """
    if not 8 < len(address) <= 2000 or not address.startswith(("http://", "https://")):
        return "is no address of the web, must begin with https:// and have at most 2000 letters."
    if not all("!" <= letter <= "~" for letter in address):
        return (
            "has a space, or a letter that addresses do not have, must be plain ASCII. Write %20 for a space, "
            "xn--... for other letters in a name."
        )
    try:
        parts = urlsplit(address)
    except ValueError:
        return "has brackets that hold no number of IPv6. Write https://[::1]:8443/path."
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "has a port that is no number from 1 to 65535. Write https://example.net:8443/path."
    return host_fault(parts.hostname or "")


def _url(address: str) -> str:
    """An address that can work and holds no secret, or a fault in words that does not repeat it."""
    wrong = url_fault(address)
    if wrong is None and "@" in urlsplit(address).netloc:
        wrong = (
            "holds a user or a password before its @, must hold none: secrets are never in the campus file. Take them "
            "out; they belong into a file of mode 600 that a key names (webhook_file, secret)."
        )
    if wrong is not None:
        raise fault_error(Fault("", wrong))
    return address


FileName = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"pattern": r"^https?://.+$"})]
Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]  # one part of a topic
Prefix = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_.-]{1,64}/){0,4}$")]


class Keyed(Declared):
    """Somebody whose signature counts."""

    keys: FileName = Field(
        description="File with the public keys of the signatures, JWKS (P-256, or RSA of 2048 bits)."
    )


class Agent(Keyed):
    """The agent of the workload, which is sent caps and says how it keeps them."""

    name: Part = Field(description="Its name on the bus.")
    feed_tags: tuple[Part, ...] = Field(
        (), strict=False, max_length=64, description="Its feeds that a cap is for; absent = all."
    )


class Dsx(Declared):
    """DSX Flex 1.7: load targets come, power states and breaches go, over an MQTT broker; with TLS, signed.

    Source:
        Topics, messages, signatures: DSX Flex 1.7.0 (AsyncAPI, 2026). Times and shares: assumption.

    Example:
        >>> keys = {"grid-1": Keyed(keys="grid.jwks")}
        >>> one = Dsx(host="broker.example.net", password="broker.txt", signing_key="dsx.key", publishers=keys)
        >>> one.port, one.feeds
        (8883, {'main': 'import'})
    """

    host: str = Field(min_length=1, max_length=253, description="Broker.")
    port: int = quantity("", "Port", 8883, ge=1, le=65535)
    ca: FileName | None = Field(
        None, description="Certificates that prove the broker, PEM; absent = those of the system."
    )
    certificate: FileName | None = Field(
        None, description="Our certificate chain, PEM, where the broker asks for one."
    )
    key: FileName | None = Field(None, description="Key of our certificate, PEM, mode 600.")
    password: FileName | None = Field(
        None,
        description="File (mode 600) with user:password, or oauthtoken:TOKEN; absent = the certificate is enough.",
    )
    identifier: Part | None = Field(None, description="Our name on the bus; absent = the name of the campus.")
    prefix: Prefix = Field(
        "", description="Stands before each topic, with its slash, where a bridge adds one."
    )
    signing_key: FileName = Field(
        description="Key that signs what we say, PEM (P-256, or RSA of 2048 bits), mode 600."
    )
    signing_kid: Part | None = Field(None, description="Its key id; absent = its thumbprint (RFC 7638).")
    publishers: dict[Part, Keyed] = Field(
        min_length=1, max_length=8, description="By name on the bus: who may send load targets."
    )
    infra: dict[Part, Keyed] = Field(
        default_factory=dict,
        max_length=8,
        description="By name on the bus: whose enforcement outcomes are recorded.",
    )
    agent: Agent | None = Field(
        None,
        description="Agent of the workload (DSX Flex Agent) that caps of the load are sent to; absent = none.",
    )
    feeds: dict[Part, Literal["import", "load"]] = Field(
        default_factory=lambda: {"main": "import"}, min_length=1, max_length=8,
        description="By tag: what a target limits, power drawn from the grid (import) or by the workload (load).",
    )  # fmt: skip
    heartbeat_s: Positive = quantity("s", "A power state is published at least so often", 10.0)
    oldest_s: Positive = quantity("s", "A message older than this is refused", 300.0)
    lost_after_s: Positive = quantity(
        "s",
        "A target without an end is given up where the broker was silent for so long",
        900.0,
        ge=10.0,
        le=43_200.0,
    )
    breach_frac: Frac = quantity("", "Above a target by more than this share is a breach", 0.02)
    breach_after_s: Positive = quantity("s", "after so long", 10.0)
    escalate_after_s: Positive = quantity("s", "and escalated after so long", 60.0)
    bms: bool = Field(
        False, description="Publish meter, batteries and engines on the bus of the building too."
    )

    def faults(self) -> Iterable[Fault]:
        """Half of a certificate; nothing to prove who we are; one name twice."""
        if (self.certificate is None) != (self.key is None):
            yield Fault("key", "and certificate must be given together. Give both, or neither.")
        if self.certificate is None and self.password is None:
            yield Fault(
                "certificate",
                "and password are missing, one must be given: a broker that lets in anybody proves nothing. Give "
                "certificate and key, or a file with user:password.",
            )
        for name in sorted(set(self.publishers) & set(self.infra)):
            yield Fault(
                f"infra.{name}", "is among the publishers too, must have one role. Take it out of one."
            )


class OpenAdr(Declared):
    """OpenADR 3: events of a VTN come, reports go. Needs Python 3.12 and `pip install wattstack[openadr]`.

    Source:
        Objects, levels, units: OpenADR 3.1.1. Times and shares: assumption.

    Example:
        >>> one = OpenAdr(vtn="https://vtn.example.net/openadr3", secret="openadr.txt", programs={"dr": "utility"})
        >>> one.poll_s, one.simple_import_frac
        (30.0, (0.9, 0.75, 0.5))
    """

    vtn: Url = Field(description="Address of the VTN, https; http only on this machine.")
    secret: FileName | None = Field(
        None, description="File (mode 600) with client id:client secret; absent = the VTN lets anybody read."
    )
    token_url: Url | None = Field(None, description="Where tokens come from; absent = the VTN says it.")
    scopes: tuple[str, ...] = Field((), strict=False, max_length=20, description="Asked for with a token.")
    ca: FileName | None = Field(
        None, description="Certificates that prove the VTN, PEM; absent = those known."
    )
    client_name: Part | None = Field(
        None, description="Our name in reports; absent = the name of the campus."
    )
    programs: dict[str, Literal["utility", "market"]] = Field(
        default_factory=dict, max_length=50,
        description="By name: whose events count, and whether they instruct or trade; absent = all, they instruct.",
    )  # fmt: skip
    targets: tuple[str, ...] = Field(
        (), strict=False, max_length=100,
        description="Names that mean us: an event for others is passed over; absent = all that we are shown.",
    )  # fmt: skip
    resources: dict[str, str] = Field(
        default_factory=dict, max_length=50,
        description="By name as a target: the battery or generator it means, as battery.main.",
    )  # fmt: skip
    poll_s: Positive = quantity("s", "Events are asked for so often", 30.0, ge=2.0, le=3600.0)
    hold_s: Positive = quantity(
        "s",
        "What has no end is given up where the VTN was silent for so long",
        900.0,
        ge=10.0,
        le=43_200.0,
    )
    report_s: Positive = quantity(
        "s", "Reports without intervals of their own are sent so often", 300.0, ge=10.0, le=86_400.0
    )
    simple_import_frac: tuple[Frac, Frac, Frac] = Field(
        (0.9, 0.75, 0.5),
        strict=False,
        description="Import at SIMPLE 1, 2 and 3, as a share of the firm power.",
    )

    def faults(self) -> Iterable[Fault]:
        """A VTN that others could stand in for; shares that rise with the level."""
        for name in ("vtn", "token_url"):
            address = getattr(self, name)
            if address is not None and address.startswith("http://") and not here(address):
                yield Fault(
                    name, f"is {address}, must begin with https://: without TLS anybody could command."
                )
        if list(self.simple_import_frac) != sorted(self.simple_import_frac, reverse=True):
            yield Fault("simple_import_frac", "must not rise: a higher level sheds more.")
        for name, path in self.resources.items():
            if path.split(".")[0] not in ("battery", "generator"):
                yield Fault(
                    f"resources.{name}", f"is {path!r}, must be a battery or a generator, as battery.main."
                )


class Workload(Declared):
    """A program of the site that is told caps of the workload (Slurm, Kubernetes). Never relied on as protection.

    Example:
        >>> Workload(program="hooks/slurm-cap").timeout_s
        20.0
    """

    program: FileName = Field(
        description="Program, run without a shell; its own file, absolute or beside this one."
    )
    arguments: tuple[str, ...] = Field((), max_length=50, strict=False, description="Its words.")
    timeout_s: Positive = quantity("s", "It is ended after so long", 20.0, ge=0.1, le=300.0)
    every_s: Positive = quantity("s", "It is run at most so often", 10.0, ge=0.1, le=3600.0)
    again_s: Positive = quantity(
        "s", "A cap that still holds is told again after so long", 300.0, ge=1.0, le=86_400.0
    )
    step_mw: Positive = quantity("MW", "A cap that changes by less is not told anew", 0.1)
    over_frac: Frac = quantity("", "Load above a cap by more than this share does not follow it", 0.02)


class North(Declared):
    """Who may tell the site what to do, and hears how it is."""

    dsx: Dsx | None = Field(None, description="DSX Flex; absent = none.")
    openadr: OpenAdr | None = Field(None, description="OpenADR 3; absent = none.")
    workload: Workload | None = Field(
        None, description="Program that is told caps of the workload; absent = none."
    )

    @property
    def declared(self) -> bool:
        """Whether anybody is: then there is a process for it.

        Example:
            >>> North().declared
            False
        """
        return any(value is not None for _, value in self)


def here(address: str) -> bool:
    """Whether an address is on this machine, told by number.

    Example:
        >>> here("http://127.0.0.1:8443"), here("http://192.0.2.7:8443")
        (True, False)
    """
    try:
        return ip_address(urlsplit(address).hostname or "").is_loopback
    except ValueError:
        return False
