"""The connection to the broker: MQTT 3.1.1 with TLS, made again whenever it breaks, and what waits to be sent.

Needs    campus.Dsx, aiomqtt, cryptography; operate.audit.read_secret.
Gives    Broker, Out, tls_of.
Used by  operate.north.dsx.way.

What tells a state is not kept while the broker is away: a newer one follows. What must arrive (breaches, QoS 2) waits.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.errors import Fault, InputError, StateError, WattstackError
from wattstack.operate.audit import read_secret

if TYPE_CHECKING:
    from wattstack.campus import Campus

RETRY_S = (0.5, 5.0)  # first and longest wait before the broker is tried again
CONNECT_S = 5.0
KEEPALIVE_S = 10
MOST_WAITING = 500
SOON_S = 14 * 86_400.0  # a certificate of ours that ends sooner is told
WORDS = {  # what TLS says, and what it means here
    "certificate has expired": "the broker's certificate has expired: its owner must renew it",
    "certificate is not yet valid": "the broker's certificate is not valid yet: look at its clock and at ours",
    "hostname mismatch": "the broker's certificate is for another name than host: look at host, or at its certificate",
    "ip address mismatch": "the broker's certificate is for another address than host: look at host, or at its own",
    "certificate verify failed": "the broker's certificate is not signed by one of ca: give the right ca",
    "certificate required": "the broker wants a certificate of ours: give certificate and key",
    "alert": "the broker does not take our certificate",
    "not authorised": "the broker does not let us in: look at password and certificate",
    "not authorized": "the broker does not let us in: look at password and certificate",
    "bad user name or password": "the broker does not let us in: look at password",
}


@dataclass(frozen=True, slots=True)
class Out:
    """Something to send."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


def tls_of(base_dir: Path, dsx: Any) -> ssl.SSLContext:
    """TLS 1.2 or later, the broker proved by ca and host, ours shown where we have a certificate.

    Raises:
        InputError: A file is missing or is not what it must be, or our key can be read by others; all at once.
    """
    faults = []
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if dsx.ca is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # those of the system do not count then
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(base_dir / dsx.ca)
        except (OSError, ssl.SSLError) as error:
            faults.append(Fault("ca", f"{base_dir / dsx.ca} cannot be used ({_short(error)}), must be PEM."))
    if dsx.certificate is not None:
        try:
            read_secret(base_dir / dsx.key)
            context.load_cert_chain(base_dir / dsx.certificate, base_dir / dsx.key)
        except InputError as error:
            faults.append(Fault("key", str(error).replace("\n", " ")))
        except (OSError, ssl.SSLError) as error:
            faults.append(
                Fault(
                    "certificate",
                    f"and key cannot be used ({_short(error)}), must be PEM and belong together.",
                )
            )
    if faults:
        raise InputError("operate.north.dsx", faults)
    return context


def _short(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:100]


class Broker:
    """The broker.

    Args:
        campus: With operate.north.dsx.
        heard: Called with topic and payload of each message.

    Attributes:
        up: Whether it is connected. lost_s: Monotonic moment it was connected last.
        stopping: Set before its task is cancelled.

    Raises:
        InputError: Files are missing or wrong.
    """

    def __init__(self, campus: Campus, heard: Callable[[str, bytes], Awaitable[None]]) -> None:
        self.dsx, self._base_dir, self._heard = campus.operate.north.dsx, campus.base_dir, heard
        self._name = f"wattstack-{self.dsx.identifier or campus.name}"
        self._tls = tls_of(campus.base_dir, self.dsx)
        if self.dsx.password is not None:
            read_secret(campus.base_dir / self.dsx.password)
        self.up, self.lost_s, self.stopping = False, time.monotonic(), False
        self._waiting: deque[Out] = deque()
        self._more = asyncio.Event()

    def send(self, out: Out) -> None:
        """Send it as soon as the broker is there; QoS 0 and 1 are dropped where it is not."""
        if not self.up and out.qos < 2:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
        self._waiting.append(out)
        self._more.set()

    async def run(
        self, topics: list[tuple[str, int]], on_change: Callable[[bool, str], Awaitable[None]]
    ) -> None:
        """Stay connected until cancelled."""
        from aiomqtt import MqttError

        wait_s = RETRY_S[0]
        while True:
            why = "it ended the connection"
            try:
                await self._once(topics, on_change)
            except* (MqttError, OSError, ValueError, WattstackError) as group:
                why = said(group)
            self._stop_where_told()
            if self.up:
                self.up, self.lost_s, wait_s = False, time.monotonic(), RETRY_S[0]
                self._waiting = deque(out for out in self._waiting if out.qos == 2)
            await on_change(False, why)
            await asyncio.sleep(wait_s)
            wait_s = min(2.0 * wait_s, RETRY_S[1])

    async def _once(
        self, topics: list[tuple[str, int]], on_change: Callable[[bool, str], Awaitable[None]]
    ) -> None:
        from aiomqtt import Client, ProtocolVersion

        user = password = None
        if self.dsx.password is not None:
            user, _, password = read_secret(self._base_dir / self.dsx.password).partition(":")
        left_s = self._own_certificate_left_s()
        if left_s <= 0.0:
            raise StateError(
                "our certificate has expired: have it renewed, and put it in the place of the old one"
            )
        tls = tls_of(self._base_dir, self.dsx)  # read anew: certificates are renewed under a running process
        async with Client(
            self.dsx.host, self.dsx.port, username=user, password=password, identifier=self._name, timeout=CONNECT_S,
            protocol=ProtocolVersion.V311, tls_context=tls, clean_session=False, keepalive=KEEPALIVE_S,
            max_queued_incoming_messages=1000,
        ) as client:  # fmt: skip
            await client.subscribe(topics)
            self._stop_where_told()
            self.up = True
            soon = f"; our certificate ends in {left_s / 86_400.0:.0f} days" if left_s < SOON_S else ""
            await on_change(True, soon)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(client))
                group.create_task(self._send_all(client))

    async def _listen(self, client: Any) -> None:
        async for message in client.messages:
            await self._heard(str(message.topic), bytes(message.payload))

    async def _send_all(self, client: Any) -> None:
        while True:
            while self._waiting:
                out = self._waiting[0]
                await client.publish(out.topic, out.payload, out.qos, out.retain, timeout=CONNECT_S)
                self._stop_where_told()
                with suppress(ValueError):  # dropped meanwhile, where too many waited
                    self._waiting.remove(out)
            self._more.clear()
            await self._more.wait()

    def _stop_where_told(self) -> None:
        """Python 3.11 may lose a cancellation in wait_for, on which the library stands; it is taken up again here."""
        if self.stopping:
            raise asyncio.CancelledError

    def _own_certificate_left_s(self) -> float:
        """Until our certificate ends; inf where we have none."""
        if self.dsx.certificate is None:
            return float("inf")
        from cryptography.x509 import load_pem_x509_certificate

        ends = load_pem_x509_certificate(
            (self._base_dir / self.dsx.certificate).read_bytes()
        ).not_valid_after_utc
        return (ends - datetime.now(UTC)).total_seconds()


def said(error: BaseException) -> str:
    """Why the broker is not there, in words that say what to do."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error) or type(error).__name__
    if isinstance(error, WattstackError):  # our own words
        return text[:300]
    return next((words for sign, words in WORDS.items() if sign in text.lower()), text[:200])
