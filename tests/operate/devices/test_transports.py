"""TLS, serial lines and brokers, each against a server of others."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import math
import os
import shutil
import struct
import subprocess
import time
import tty

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.devices.conftest import campus_with
from wattstack.errors import InputError, StateError
from wattstack.operate.devices import Devices, read_request, rtu, write_request
from wattstack.operate.devices.link import READ_HOLDING
from wattstack.operate.devices.rtu import SerialLine, checksum

METER, PATH = "grid.connection", "battery.main"
GRID = {"template": "library:meter-generic", "period_s": 0.05}


def registers_of(power: int) -> list[int]:
    return list(
        struct.unpack(">26H", struct.pack(">iiHHIIHI", power, 0, 10000, 50000, 7, 0, 1, 9) + b"\0" * 26)
    )


def simulated(unit: int, power: int):
    from pymodbus.simulator import DataType, SimData, SimDevice

    return SimDevice(unit, simdata=[SimData(0, values=registers_of(power), datatype=DataType.REGISTERS)])


async def read_until(devices: Devices, seen, within_s: float = 6.0):
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        image = await devices.read(0.3)
        if seen(image) or loop.time() > end:
            return image
        await asyncio.sleep(0.05)


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 25))


# -- TLS ---------------------------------------------------------------------------------------------------------


def certificate(folder, name: str, hours: float = 1.0):
    """A key and a certificate of its own for 127.0.0.1."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(hours=hours))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    secret.chmod(0o600)
    return pem, secret


def over_tls(tmp_path, hours: float, trusts: str):
    """Read a meter behind TLS whose certificate ends in so many hours, proved by the certificate `trusts`."""
    told: list = []

    async def work():
        import ssl

        from pymodbus.server import ModbusTlsServer

        pem, secret = certificate(tmp_path, "device", hours)
        certificate(tmp_path, "other")
        mine, key = certificate(tmp_path, "mine")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, secret)
        context.load_verify_locations(mine)
        context.verify_mode = ssl.CERT_REQUIRED
        port = free_port()
        server = ModbusTlsServer(simulated(1, 123456), address=("127.0.0.1", port), sslctx=context)
        await server.serve_forever(background=True)
        one = GRID | {"transport": "tls", "port": port, "ca": str(tmp_path / f"{trusts}.pem"),
                      "certificate": str(mine), "key": str(key)}  # fmt: skip
        devices = Devices(campus_with({METER: one}), tell=lambda *words: told.append(words))
        await devices.start()
        image = await read_until(devices, lambda image: image.known(f"{METER}.power_mw", 1.0) or bool(told))
        await devices.stop()
        await server.shutdown()
        return image.value(f"{METER}.power_mw")

    async def whole():
        return await asyncio.wait_for(work(), 20)

    return asyncio.run(whole()), told


def test_a_device_behind_tls_shows_its_certificate_and_sees_ours(tmp_path):
    value, told = over_tls(tmp_path, 1.0, "device")
    assert value == pytest.approx(12.3456) and not told


@pytest.mark.parametrize(
    ("hours", "trusts", "why"), [(1.0, "other", "verify failed"), (-1.0, "device", "expired")]
)
def test_a_certificate_that_is_not_trusted_or_over_is_refused_in_words(tmp_path, hours, trusts, why):
    value, told = over_tls(tmp_path, hours, trusts)
    assert math.isnan(value) and why in told[0][2]


# -- serial lines ------------------------------------------------------------------------------------------------


class Wire:
    """Two ends of a serial line: two terminals whose masters are joined."""

    def __init__(self) -> None:
        self.pairs = [os.openpty(), os.openpty()]
        for master, slave in self.pairs:
            tty.setraw(slave)
            os.set_blocking(master, False)
        self.ends = [os.ttyname(slave) for _, slave in self.pairs]

    def join(self) -> None:
        loop = asyncio.get_running_loop()
        for (one, _), (other, _) in (self.pairs, self.pairs[::-1]):
            loop.add_reader(one, lambda a=one, b=other: os.write(b, os.read(a, 1024)))

    def cut(self) -> None:
        loop = asyncio.get_running_loop()
        for master, slave in self.pairs:
            loop.remove_reader(master)
            os.close(master)
            os.close(slave)


def test_two_units_on_one_serial_line_are_read_and_written():
    async def work():
        from pymodbus.server import ModbusSerialServer

        wire = Wire()
        wire.join()
        server = ModbusSerialServer(
            [simulated(1, 10_000), simulated(2, 20_000)], port=wire.ends[1], baudrate=115_200
        )
        await server.serve_forever(background=True)
        one = GRID | {"transport": "rtu", "serial": wire.ends[0], "baud": 115_200, "timeout_s": 0.5}
        spelled = {"unit": 2, "serial": wire.ends[0].replace("/dev/", "/dev//")}
        devices = Devices(campus_with({METER: one, f"{METER}#2": one | spelled}))
        await devices.start()
        image = await read_until(
            devices,
            lambda image: image.known(f"{METER}.power_mw", 1.0) and image.known(f"{METER}#2.power_mw", 1.0),
        )
        powers = [image.value(f"{METER}.power_mw"), image.value(f"{METER}#2.power_mw")]
        assert powers == pytest.approx([1.0, 2.0]) and len(rtu._lines) == 1
        live = devices.live[METER]
        await live.request(write_request(1, 0, (0, 500)))
        image = await read_until(devices, lambda image: abs(image.value(f"{METER}.power_mw") - 0.05) < 1e-9)
        assert image.value(f"{METER}.power_mw") == pytest.approx(0.05)
        _, error = await live.request(read_request(1, READ_HOLDING, 5000, 4))
        assert error.startswith("exception 2")
        await devices.stop()
        await server.shutdown()
        wire.cut()

    run(work())


class Loop:
    """The other end of a line that answers as the test wants; nothing of asyncio's transports is faked."""

    def __init__(self) -> None:
        self.wire = Wire()

    async def line(self, answer, baud: int = 115_200) -> SerialLine:
        loop = asyncio.get_running_loop()
        mine = self.wire.pairs[0][0]
        line = SerialLine(baud, lambda why: None)
        from pymodbus.transport.serialtransport import SerialTransport

        transport = SerialTransport(loop, line, self.wire.ends[0], baud, 8, "N", 1, 0)
        transport.setup()
        line.connection_made(transport)

        def came() -> None:
            for wait_s, data in answer(os.read(mine, 300)):
                loop.call_later(wait_s, os.write, mine, data)

        loop.add_reader(mine, came)
        return line


async def asked(line: SerialLine, request, timeout_s: float = 0.15) -> tuple[bytes, str | None]:
    done = asyncio.get_running_loop().create_future()
    line.ask(request, lambda payload, error: done.set_result((payload, error)), (timeout_s, 0.0))
    return await done


def answer_of(frame: bytes, shift: int = 0) -> bytes:
    unit, function, address, count = struct.unpack(">BBHH", frame[:6])
    body = struct.pack(
        f">BBB{count}H", unit, function, 2 * count, *(address + k + shift for k in range(count))
    )
    return body + checksum(body)


WRONG = {
    "a checksum that does not fit": (lambda f: answer_of(f)[:-1] + b"\x00", "checksum"),
    "another unit": (lambda f: answer_of(bytes([f[0] + 1]) + f[1:]), "answer of unit 2"),
    "more than asked": (lambda f: answer_of(f) + b"\x01", "more bytes"),
    "less than asked": (lambda f: answer_of(f)[:-3], "no answer within"),
    "an exception": (lambda f: b"\x01\x83\x02" + checksum(b"\x01\x83\x02"), "exception 2"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_on_a_serial_line_brings_no_value(kind):
    async def work():
        make, told = WRONG[kind]
        end = Loop()
        line = await end.line(lambda frame: [(0.0, make(frame))])
        payload, error = await asked(line, read_request(1, READ_HOLDING, 7, 2))
        assert payload == b"" and told in error
        line.close()
        end.wire.cut()

    run(work())


def test_a_late_answer_on_a_serial_line_is_not_taken_for_the_next():
    async def work():
        calls: list = []

        def answer(frame):
            calls.append(frame)
            return [(0.2 if len(calls) == 1 else 0.0, answer_of(frame, 1000 if len(calls) == 1 else 0))]

        end = Loop()
        line = await end.line(answer)
        request = read_request(1, READ_HOLDING, 7, 2)
        assert (await asked(line, request))[1] == "no answer within 0.15 s"
        payload, error = await asked(line, request)
        assert (struct.unpack(">2H", payload), error) == ((7, 8), None)
        line.connection_lost(None)
        assert (await asked_now(line, request)) is None
        end.wire.cut()

    run(work())


async def asked_now(line: SerialLine, request):
    got: list = []
    line.ask(request, lambda payload, error: got.append(error), (0.1, 0.0))
    await asyncio.sleep(0.02)
    return got[0] if got else None


def test_a_serial_line_that_is_not_there_is_told():
    async def work():
        told: list = []
        one = GRID | {"transport": "rtu", "serial": "/dev/no-such-line"}
        devices = Devices(campus_with({METER: one}), tell=lambda *words: told.append(words))
        await devices.start()
        await asyncio.sleep(0.1)
        await devices.stop()
        assert "no-such-line" in told[0][2]

    run(work())


# -- brokers -----------------------------------------------------------------------------------------------------

mosquitto = pytest.mark.skipif(shutil.which("mosquitto") is None, reason="needs the broker mosquitto")


@pytest.fixture
def broker(tmp_path):
    port = free_port()
    config = tmp_path / "broker.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    process = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    yield port
    process.terminate()
    process.wait()


@mosquitto
def test_a_device_behind_a_broker_is_read_and_written(broker, tmp_path):
    async def work():
        import aiomqtt

        secret = tmp_path / "secret"
        secret.write_text("me:pass")
        secret.chmod(0o600)
        told: list = []
        one = {"template": "library:bess-generic", "transport": "mqtt", "port": broker, "topic": "site/bess",
               "password": str(secret)}  # fmt: skip
        devices = Devices(campus_with({PATH: one}), tell=lambda *words: told.append(words))
        async with aiomqtt.Client("127.0.0.1", broker) as client:
            await client.subscribe("site/bess/set")
            await client.publish("site/bess/stored_mwh", "5", qos=1, retain=True)
            await devices.start()
            assert not devices.command(PATH, 2.0)
            await asyncio.sleep(0.3)
            assert not devices.freeze().known(f"{PATH}.stored_mwh", 9.0)
            old = json.dumps({"value": 0.9, "utc_s": time.time() - 60.0})
            for topic, text in (("", '{"power_mw": 1.5, "soc": 0.5, "x": 1}'), ("/frequency_hz", "50.0"),
                                ("/soc", old), ("/can_charge_mw", '"much"')):  # fmt: skip
                await client.publish(f"site/bess{topic}", text)
            image = await read_until(devices, lambda image: image.known(f"{PATH}.frequency_hz", 0.3))
            assert (image.value(f"{PATH}.power_mw"), image.value(f"{PATH}.soc")) == (1.5, 0.5)
            assert not image.known(f"{PATH}.can_charge_mw", 9.0)
            assert devices.command(PATH, 2.0)
            heard = [json.loads((await anext(aiter(client.messages))).payload)]
            await asyncio.sleep(0.05)
            assert devices.command(PATH, 2.0)
            heard += [json.loads((await anext(aiter(client.messages))).payload) for _ in range(2)]
            assert {"setpoint_on": 1.0, "setpoint_mw": 2.0} in heard
            assert {"revert_on": 1, "revert_s": 4.0, "fallback_mw": 0} in heard
            await client.publish("site/bess", '{"power_mw": 2.0, "setpoint_mw": 2.0, "setpoint_on": 1}')
            await read_until(devices, lambda image: devices.commands[PATH].state == "followed")
            assert devices.commands[PATH].state == "followed"
            with pytest.raises(StateError, match="finite"):
                devices.live[PATH].write({"setpoint_mw": float("nan")}, lambda payload, error: None)
        await devices.stop()
        assert not told
        got: list = []
        devices.live[PATH].write({"setpoint_mw": 1.0}, lambda payload, error: got.append(error))
        assert got[0].startswith("down")

    run(work())


@mosquitto
def test_a_broker_that_goes_and_comes_is_used_again(tmp_path):
    async def work():
        told: list = []
        port = free_port()
        one = {"template": "library:bess-generic", "transport": "mqtt", "port": port, "topic": "site/bess"}
        devices = Devices(campus_with({PATH: one}), tell=lambda *words: told.append(words))
        await devices.start()
        await asyncio.sleep(0.3)
        assert told[0][2].startswith("is lost: broker")
        config = tmp_path / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        process = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
        await read_until(devices, lambda image: devices.live[PATH].up)
        assert told[-1][2] == "answers again"
        process.terminate()
        process.wait()
        await read_until(devices, lambda image: not devices.live[PATH].up)
        assert not devices.live[PATH].up
        await devices.stop()

    run(work())


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("me:pass")
    secret.chmod(0o644)
    one = {
        "template": "library:bess-generic",
        "transport": "mqtt",
        "topic": "site/bess",
        "password": str(secret),
    }
    devices = Devices(campus_with({PATH: one}))
    with pytest.raises(InputError, match="mode 600"):
        devices.live[PATH]._secret()
