"""A broker with TLS, partners who sign, a guard's socket that remembers what it was asked, a folder with all keys."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
import pytest

from benchmarks.guard_tools import free_port
from tests.operate.small import with_battery
from wattstack.campus import Campus, read_campus, write_campus
from wattstack.operate.link import Answer, Event, Frame, Names, Request, Server, State
from wattstack.operate.north import Site
from wattstack.operate.north.dsx import DsxWay
from wattstack.operate.north.dsx.keys import Keys, Signer, read_signer

mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="there is no mosquitto on this machine"
)
SET = "grid/v1/isv/grid-1/loadtarget/set"
STATUS = "grid/v1/dsx-flex-agent/test/powerstate/status"
BREACH = "grid/v1/dsx-flex-agent/test/powerbreach"
RAW = with_battery(20)


# -- keys and certificates ---------------------------------------------------------------------------------------


def new_key(kind: str = "ec"):
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


def write_key(path: Path, key) -> Path:
    from cryptography.hazmat.primitives import serialization as s

    path.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    path.chmod(0o600)
    return path


def certificate(folder: Path, name: str, issuer=None, hours: float = 24.0):
    """A key and a certificate for 127.0.0.1, signed by an issuer or by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key, now = new_key(), datetime.datetime.now(datetime.UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, by = issuer or (key, who)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(by).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2)).not_valid_after(now + datetime.timedelta(hours=hours))
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
        .sign(signer, hashes.SHA256())
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    write_key(folder / f"{name}.key", key)
    return key, who


class Partner:
    """Somebody who signs: a publisher of load targets, or the infrastructure."""

    def __init__(self, role: str = "isv", name: str = "grid-1", kind: str = "ec") -> None:
        self.signer, self.source = Signer(new_key(kind), "k1"), f"//grid/v1/{role}/{name}"

    def jwks(self) -> str:
        return json.dumps({"keys": [self.signer.public()]})

    def message(self, words: dict, utc_s: float | None = None, **more) -> bytes:
        """A load target as it goes over the wire; `more` overwrites attributes of the envelope."""
        utc_s = time.time() if utc_s is None else utc_s
        told = {
            "specversion": "1.0.2", "id": str(uuid4()), "source": self.source, "type": "grid.loadtarget.set.v1",
            "time": moment(utc_s), "datacontenttype": "application/json", "subject": "loadtarget",
            "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "correlationid": str(uuid4()),
            "data": self.signer.sign(json.dumps(words).encode()), **more,
        }  # fmt: skip
        return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def signed_words(text: str) -> bytes:
    """What a JWS says, not proved."""
    words = text.split(".")[1]
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


def moment(utc_s: float) -> str:
    return datetime.datetime.fromtimestamp(utc_s, datetime.UTC).isoformat()


def target(
    value: float | None = 12.0, for_s: float | None = 600.0, now_s: float | None = None, **more
) -> dict:
    """A load target in MW from now on."""
    now_s = time.time() if now_s is None else now_s
    interval = {} if for_s is None else {"end_time": moment(now_s + for_s)}
    limit = None if value is None else {"value": value, "unit": "megawatt"}
    return {"targets": [{"interval": interval, "load_constraint": limit, **more}]}


@pytest.fixture(scope="session")
def pki():
    """A folder with an authority, a broker's, a client's and an expired certificate, another authority."""
    with TemporaryDirectory(prefix="pki") as name:
        folder = Path(name)
        ca = certificate(folder, "ca")
        certificate(folder, "broker", ca)
        certificate(folder, "client", ca)
        certificate(folder, "old", ca, hours=-1.0)
        certificate(folder, "other")
        yield folder


@pytest.fixture
def folder(pki):
    """A folder of a short name with certificates, our signing key, the keys of a partner and of the infrastructure."""
    with TemporaryDirectory(prefix="site") as name:
        here = Path(name)
        for file in pki.iterdir():
            shutil.copy(file, here / file.name)
        write_key(here / "sign.key", new_key())
        yield here


@pytest.fixture
def partner(folder):
    one = Partner()
    (folder / "grid.jwks").write_text(one.jwks(), encoding="utf-8")
    return one


@pytest.fixture
def infra(folder):
    one = Partner("infra", "ima")
    (folder / "ima.jwks").write_text(one.jwks(), encoding="utf-8")
    return one


def campus_of(folder: Path, port: int, sections: dict | None = None, **more) -> Campus:
    dsx = {
        "host": "127.0.0.1", "port": port, "ca": "ca.pem", "certificate": "client.pem", "key": "client.key",
        "signing_key": "sign.key", "publishers": {"grid-1": {"keys": "grid.jwks"}}, "heartbeat_s": 1.0,
        "breach_after_s": 1.0, **more,
    }  # fmt: skip
    raw = {**RAW, **(sections or {}), "operate": {"north": {"dsx": dsx}}}
    file = folder / "campus.yaml"
    write_campus(Campus.model_validate(raw), file)
    return read_campus(file)


# -- a broker ----------------------------------------------------------------------------------------------------


@contextmanager
def broker(folder: Path, port: int, cert: str = "broker", more: str = ""):
    """mosquitto with TLS, which asks for a certificate; `more` stands in place of that."""
    more = more or "allow_anonymous true\nrequire_certificate true\n"
    config = folder / "broker.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\npersistence false\ncafile {folder}/ca.pem\n"
        f"certfile {folder}/{cert}.pem\nkeyfile {folder}/{cert}.key\nlog_type none\n{more}",
        encoding="utf-8",
    )
    if not os.geteuid():  # it gives up the rights of root otherwise, and cannot read its own key then
        config.write_text(config.read_text(encoding="utf-8") + "user root\n", encoding="utf-8")
    process = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


class Bus:
    """A partner's own connection, and what it heard."""

    def __init__(self, client) -> None:
        self.client, self.heard = client, []

    def of(self, topic: str) -> list[dict]:
        return [json.loads(payload) for name, payload, _, _ in self.heard if name == topic]

    async def say(self, topic: str, payload: bytes) -> None:
        await self.client.publish(topic, payload, 1, timeout=3.0)


@asynccontextmanager
async def bus_at(folder: Path, port: int):
    """A connection that hears all."""
    from aiomqtt import Client, ProtocolVersion

    tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    tls.load_cert_chain(folder / "client.pem", folder / "client.key")
    async with Client(
        "127.0.0.1", port, tls_context=tls, protocol=ProtocolVersion.V311, timeout=5.0
    ) as client:
        await client.subscribe("#", 2)
        bus = Bus(client)

        async def listen() -> None:
            async for one in client.messages:
                bus.heard.append((str(one.topic), bytes(one.payload), one.qos, one.retain))

        task = asyncio.create_task(listen())
        try:
            yield bus
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


# -- a guard's socket --------------------------------------------------------------------------------------------


class Socket:
    """What answers as a guard does: takes requests, tells states, values and events."""

    def __init__(self, folder: Path) -> None:
        self.path, self.asked, self.events = folder / "guard.sock", [], []
        self.values = {"grid.import_mw": 14.0, "load_mw": 20.0}
        self.takes, self.offset_s = True, 0.0
        self._server: Server | None = None
        self._task: asyncio.Task | None = None

    @property
    def in_force(self) -> dict[tuple, Request]:
        now_s = self.utc_s
        newest = {(one.source, one.what, one.user): one for one in self.asked}
        return {key: one for key, one in newest.items() if one.until_s > now_s}

    @property
    def utc_s(self) -> float:
        return time.time() + self.offset_s

    def _request(self, request: Request, role: str) -> Answer:
        if not self.takes:
            return Answer(id=request.id, taken=False, why="value is 3, must be 0 .. 2")
        self.asked.append(request)
        return Answer(id=request.id, taken=True, why="in force")

    def state(self) -> State:
        shown = ("id", "source", "what", "path", "high", "until_s", "user")
        requests = tuple({name: getattr(one, name) for name in shown} for one in self.in_force.values())
        return State(utc_s=self.utc_s, mode="run", writes=True, requests=requests)

    async def open(self) -> None:
        self._server = Server(self.path, self._request)
        self._server.names = Names(names=tuple(self.values))
        tell = self._server.send

        def send(message) -> None:
            self.events.append(message)
            tell(message)

        self._server.send = send
        await self._server.open()
        self._task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while True:
            self._server.send(self.state())
            values = np.array(list(self.values.values()), dtype=np.float32)
            quality = np.where(np.isnan(values), 2, 0).astype(np.uint8)
            self._server.send_values(Frame(self.utc_s, values, quality), time.monotonic())
            await asyncio.sleep(0.05)

    async def shut(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self._server.shut()

    def told(self, level: str | None = None) -> str:
        return " | ".join(e.text for e in self.events if isinstance(e, Event) and level in (None, e.level))


async def until(seen, within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < end, f"not within {within_s} s"
        await asyncio.sleep(0.02)


# -- a way between broker and guard -------------------------------------------------------------------------------


def signed(message: dict, folder) -> dict:
    """The data of a message of ours, proved by our public key."""
    from jwt import PyJWK

    public = read_signer(folder / "sign.key").public()
    return json.loads(Keys({public["kid"]: PyJWK(public)}).verify(message["data"]).payload)


def shown(bus, folder, feed: str = "main") -> dict:
    """A feed in the newest power state; without targets where none came yet."""
    newest = bus.of(STATUS)[-1:]
    return signed(newest[0], folder)["feeds"][feed] if newest else {"targets": []}


@asynccontextmanager
async def at_work(guard, site, *ways):
    """A guard's socket, the site that listens to it and ways that run on it, until the block ends."""
    await guard.open()
    tasks = [asyncio.create_task(one) for one in (site.listen(), *(way.run(site) for way in ways))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await guard.shut()


@asynccontextmanager
async def running(folder, port, **more):
    """A DSX way with a guard's socket."""
    campus = campus_of(folder, port, **more)
    guard, site, way = Socket(folder), Site(campus, folder), DsxWay(campus)
    async with at_work(guard, site, way):
        yield guard, way


def with_broker(folder, work, **more) -> None:
    """Run work(guard, way, bus) with a broker."""

    async def whole() -> None:
        port = free_port()
        with broker(folder, port):
            async with running(folder, port, **more) as (guard, way), bus_at(folder, port) as bus:
                await until(lambda: way.broker.up and way._site.heard)
                await work(guard, way, bus)

    asyncio.run(asyncio.wait_for(whole(), 40))


def limit(guard) -> float | None:
    one = guard.in_force.get(("utility", "import_limit_mw", "dsx.main"))
    return None if one is None else one.high
