"""The certificate of the page: refused in words where it cannot be used, told before and after it expires."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.operate.face.conftest import campus_of, opened, until
from wattstack.errors import InputError
from wattstack.operate.face import make_app, serve
from wattstack.operate.face.certificate import end_of


def made(folder: Path, name: str, days: float) -> tuple[str, str]:
    """A certificate that is good for so many days from now on, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, who = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    until_s = datetime.now(UTC) + timedelta(days=days)
    one = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
        .not_valid_before(until_s - timedelta(days=400)).not_valid_after(until_s).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(one.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{name}.key"
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(folder / f"{name}.pem"), str(secret)


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("missing.pem", "cannot be read"),
        ("junk.pem", "no files in PEM"),
        ("other.pem", "not that of the key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_at_the_start(tmp_path, which, told):
    _, key = made(tmp_path, "ours", 100.0)
    made(tmp_path, "other", 100.0)
    (tmp_path / "junk.pem").write_text("junk")
    campus = campus_of(certificate=str(tmp_path / which), key=key)
    with pytest.raises(InputError, match=rf"operate\.face\.certificate.*{told}"):
        serve(make_app(campus, tmp_path), campus)


@pytest.mark.parametrize(("days", "told"), [(-1.0, "has expired on"), (5.0, "expires on"), (30.0, "")])
def test_its_end_is_announced_two_weeks_before(tmp_path, days, told):
    certificate, _ = made(tmp_path, "ours", days)
    words = end_of(Path(certificate), time.time())
    assert words.startswith(f"the certificate of the page {told}") if told else words == ""
    assert end_of(tmp_path / "none.pem", time.time()) == ""


def test_one_that_has_expired_is_an_alarm_and_the_page_is_served_on(tmp_path):
    certificate, key = made(tmp_path, "ours", -1.0)
    with opened(tmp_path, campus=campus_of(certificate=certificate, key=key)) as house:
        until(lambda: any(one.channel == "face.certificate" for one in house.room.live.events))
        alarm = next(one for one in house.room.live.events if one.channel == "face.certificate")
        assert (alarm.level, "has expired" in alarm.text) == ("alarm", True)
        assert house.client().get("/api/me").status_code == 200
