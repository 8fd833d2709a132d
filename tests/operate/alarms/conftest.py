"""Those who are told: a real web server, a real mail server with TLS and passwords, a real socket of syslog."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Hook:
    """A web server that keeps what it is posted; `answers` are the codes it gives, the last one for ever."""

    def __init__(self) -> None:
        self.got: list[dict] = []
        self.answers = [204]
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                code = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                if code < 300:
                    hook.got.append(body)
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", f"{hook.url}elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Certificate and key for 127.0.0.1, PEM files."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem", folder / "key.pem"


class Mailbox:
    """A mail server (RFC 5321) with STARTTLS and AUTH PLAIN where it is given a certificate."""

    def __init__(self, certificate=None, refuse: bool = False) -> None:
        self.got: list[str] = []
        self.to: list[str] = []
        self.users: list[str] = []
        self.refuse = refuse
        self._context = None
        if certificate is not None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(*certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            try:
                self._talk(caller)
            except OSError:
                pass
            finally:
                caller.close()

    def _talk(self, caller) -> None:
        safe, lines = False, caller.makefile("rb")

        def say(text: str) -> None:
            caller.sendall(text.encode() + b"\r\n")

        say("220 mailbox")
        while line := lines.readline():
            word, _, rest = line.decode().strip().partition(" ")
            word = word.upper()
            if word == "EHLO":
                offers = ["STARTTLS"] * (self._context is not None and not safe) + ["AUTH PLAIN"] * safe
                for offer in ["mailbox", *offers]:
                    say(f"250-{offer}")
                say("250 HELP")
            elif word == "STARTTLS":
                say("220 go ahead")
                caller = self._context.wrap_socket(caller, server_side=True)
                safe, lines = True, caller.makefile("rb")
            elif word == "AUTH":
                user, password = base64.b64decode(rest.split()[1]).decode().split("\0")[1:]
                good = password == "very-secret"
                self.users += [user] * good
                say("235 ok" if good else "535 wrong password")
            elif word == "RCPT":
                self.to.append(rest)
                say("250 ok")
            elif word == "DATA":
                if self.refuse:
                    say("451 try later")
                    continue
                say("354 go on")
                text = []
                while (part := lines.readline()) != b".\r\n":
                    text.append(part.decode())
                self.got.append("".join(text))
                say("250 ok")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def mailbox():
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def safe_mailbox(certificate):
    made = Mailbox(certificate)
    yield made
    made.close()


@pytest.fixture
def syslog():
    """A socket that syslog comes in at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(5.0)
        yield made
