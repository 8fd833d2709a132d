"""Signatures: only what a known key signed, by the algorithm of that key, counts."""

from __future__ import annotations

import base64
import json

import pytest

from tests.operate.north.conftest import Partner, new_key, write_key
from wattstack.errors import InputError
from wattstack.operate.north.dsx.keys import Signer, read_keys, read_signer, thumbprint
from wattstack.operate.north.refusals import Refused


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(params=["ec", "rsa"])
def known(request, tmp_path):
    """A partner and the keys that prove it."""
    one = Partner(kind=request.param)
    (tmp_path / "a.jwks").write_text(one.jwks(), encoding="utf-8")
    return one, read_keys(tmp_path / "a.jwks")


def kind_of(keys, text: str) -> str:
    with pytest.raises(Refused) as refused:
        keys.verify(text)
    return refused.value.kind


def test_what_was_signed_comes_out_with_the_same_mark_each_time(known):
    partner, keys = known
    text = partner.signer.sign(b'{"a": 1}')
    assert keys.verify(text).payload == b'{"a": 1}'
    assert keys.verify(text).mark == keys.verify(partner.signer.sign(b'{"a": 1}')).mark
    assert keys.verify(text).mark != keys.verify(partner.signer.sign(b'{"a": 2}')).mark


def test_one_changed_letter_of_words_or_signature_is_forged(known):
    partner, keys = known
    head, words, signature = partner.signer.sign(b'{"a": 1}').split(".")
    others = b64(b'{"a": 9}')
    assert kind_of(keys, f"{head}.{others}.{signature}") == "forged"
    other = ("A" if signature[5] != "A" else "B").join((signature[:5], signature[6:]))
    assert kind_of(keys, f"{head}.{words}.{other}") == "forged"


def test_a_key_that_is_not_known_does_not_count_though_it_has_the_name_of_one(known):
    _, keys = known
    assert kind_of(keys, Signer(new_key(), "k2").sign(b"{}")) == "unknown key"
    assert kind_of(keys, Signer(new_key(), "k1").sign(b"{}")) == "forged"
    assert kind_of(keys, Signer(new_key("rsa"), "k1").sign(b"{}")) == "forged"


@pytest.mark.parametrize(
    "header",
    [{"alg": "none", "kid": "k1"}, {"alg": "HS256", "kid": "k1"}, {"kid": "k1"}, {"alg": "ES256"},
     {"alg": "ES256", "kid": ["k1"]}, {"alg": "ES256", "kid": {}}, {"alg": "ES256", "kid": "k1", "crit": ["x"]},
     {"alg": "ES256", "kid": "k1", "b64": False, "crit": ["b64"]}, [], "k1", 1],
)  # fmt: skip
def test_a_header_that_asks_for_another_proof_is_refused(known, header):
    _, keys = known
    for signature in ("AAAA", b64(bytes(64)), b64(bytes(256))):
        text = f"{b64(json.dumps(header).encode())}.{b64(b'{}')}.{signature}"
        assert kind_of(keys, text) in ("forged", "unknown key")


def test_a_signature_with_the_public_key_as_secret_is_forged(known):
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    partner, keys = known
    pem = partner.signer._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    words = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'k1'}).encode())}.{b64(b'{}')}"
    assert kind_of(keys, f"{words}.{b64(hmac.digest(pem, words.encode(), hashlib.sha256))}") == "forged"


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "a..c", "a.b.c=", " a.b.c", "ä.b.c", "a.b.c\n", "{}"])
def test_what_is_no_compact_jws_is_refused(known, text):
    assert kind_of(known[1], text) == "forged"


def test_faults_of_a_key_set_are_told_together(tmp_path):
    good = Partner().signer.public()
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    from wattstack.operate.north.dsx.keys import jwk_of

    small = {**jwk_of(rsa.generate_private_key(65537, 1024).public_key()), "kid": "small"}
    other = {**good, "kid": "other", "crv": "P-384"}
    assert ec.SECP384R1.name == "secp384r1"
    listed = [good, good, {**good, "kid": ""}, {**good, "kid": "d", "d": "AAAA"}, {**good, "kid": "e", "use": "enc"},
              other, small, {**good, "kid": "x", "x": "AA"}, {**good, "kid": "a", "alg": "RS256"}, 7]  # fmt: skip
    (tmp_path / "a.jwks").write_text(json.dumps({"keys": listed}), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_keys(tmp_path / "a.jwks")
    said = str(error.value)
    for k, word in enumerate(
        [
            "of another",
            "has no kid",
            "private key",
            "for use 'enc'",
            "must be EC P-256",
            "1024 bits",
            "is no key",
        ]
    ):
        assert word in said, f"{k} {said}"
    assert "9 faults" in said


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": []}', '{"keys": {}}', "[" * 10_000, "7"])
def test_a_file_that_is_no_key_set_is_told(tmp_path, text):
    (tmp_path / "a.jwks").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="JWK set"):
        read_keys(tmp_path / "a.jwks")


def test_a_key_set_that_is_missing_or_huge_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_keys(tmp_path / "none.jwks")
    (tmp_path / "a.jwks").write_text(" " * 70_000, encoding="utf-8")
    with pytest.raises(InputError, match="larger"):
        read_keys(tmp_path / "a.jwks")


def test_our_key_is_read_from_a_file_of_mode_600_alone_and_has_the_name_of_its_thumbprint(tmp_path):
    key = new_key()
    path = write_key(tmp_path / "s.key", key)
    assert read_signer(path).kid == thumbprint(key.public_key()) and read_signer(path, "mine").kid == "mine"
    path.chmod(0o644)
    with pytest.raises(InputError, match="600"):
        read_signer(path)


def test_a_key_of_another_kind_is_refused(tmp_path):
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    for key in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(InputError, match="openssl"):
            read_signer(write_key(tmp_path / "s.key", key))
    (tmp_path / "t.key").write_text("no key")
    (tmp_path / "t.key").chmod(0o600)
    with pytest.raises(InputError, match="openssl"):
        read_signer(tmp_path / "t.key")


def test_a_thumbprint_is_that_of_the_standard():
    # RFC 7638, 3.1: the RSA key of its example
    from jwt import PyJWK

    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM"
        "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n"
        "91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    public = PyJWK({"kty": "RSA", "n": modulus, "e": "AQAB"}).key
    assert thumbprint(public) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
