"""Signatures: what others sign is proved by their public keys, what we say is signed with ours.

Needs    jwt (PyJWT), cryptography; operate.audit.read_secret.
Gives    Keys, Signed, Signer, read_keys, read_signer.
Used by  operate.north.dsx: check, way.

JWS compact serialisation (RFC 7515), ES256 or RS256 (RFC 7518), public keys as a JWK set (RFC 7517). The algorithm is
that of the key, never that of the message.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, InputError
from wattstack.operate.audit import read_secret
from wattstack.operate.north.refusals import Refused

LEAST_RSA_BITS = 2048
LARGEST_SET = 65_536
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """What somebody signed.

    Attributes:
        payload: As signed. header: Of the signature.
        mark: Of the words that were signed: the same for the same words, whatever was wrapped around them since.
    """

    payload: bytes
    header: dict[str, Any]
    mark: str


class Keys:
    """Public keys of one partner, by their ids."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self._keys = keys

    def verify(self, text: str) -> Signed:
        """What was signed with one of the keys.

        Raises:
            Refused: It was not, or by a key that is not known.
        """
        from jwt import PyJWTError
        from jwt.api_jws import PyJWS

        if COMPACT.fullmatch(text) is None:
            raise Refused("forged", "data is no JWS in compact serialisation")
        try:
            header = PyJWS().get_unverified_header(text)
            key = self._keys.get(header.get("kid"))
            if key is None:
                raise Refused(
                    "unknown key", f"kid {str(header.get('kid'))[:64]!r} is not among the keys of its source"
                )
            found = PyJWS().decode_complete(text, key, algorithms=[key.algorithm_name])
        except (PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Refused("forged", f"the signature does not hold: {error}"[:200]) from None
        mark = hashlib.sha256(text.rpartition(".")[0].encode()).hexdigest()[:32]
        return Signed(found["payload"], found["header"], mark)


class Signer:
    """Our key.

    Attributes:
        kid: Its id. algorithm: "ES256" or "RS256".
    """

    def __init__(self, key: Any, kid: str | None = None) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self._key = key
        self.algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"
        self.kid = kid or thumbprint(key.public_key())

    def sign(self, payload: bytes) -> str:
        """A JWS in compact serialisation."""
        from jwt.api_jws import PyJWS

        return PyJWS().encode(payload, self._key, self.algorithm, headers={"kid": self.kid})

    def public(self) -> dict[str, Any]:
        """The JWK that others prove it by."""
        return {**jwk_of(self._key.public_key()), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def jwk_of(public: Any) -> dict[str, Any]:
    """A public key as JWK, its needed members alone."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    if isinstance(public, ec.EllipticCurvePublicKey):
        made = ECAlgorithm.to_jwk(public, as_dict=True)
        return {name: made[name] for name in ("crv", "kty", "x", "y")}
    made = RSAAlgorithm.to_jwk(public, as_dict=True)
    return {name: made[name] for name in ("e", "kty", "n")}


def thumbprint(public: Any) -> str:
    """The name of a key that needs no agreement (RFC 7638)."""
    words = json.dumps(jwk_of(public), sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(hashlib.sha256(words).digest()).rstrip(b"=").decode()


def read_keys(path: Path) -> Keys:
    """Public keys from a JWKS file.

    Raises:
        InputError: It cannot be read, or a key in it does not do; all faults at once.
    """
    try:
        if path.stat().st_size > LARGEST_SET:
            raise InputError(str(path), [f"is larger than {LARGEST_SET} bytes, must hold a few public keys."])
        told = json.loads(path.read_text(encoding="utf-8"))
        listed = told["keys"]
        if not isinstance(listed, list) or not listed:
            raise TypeError
    except OSError as error:
        raise InputError(str(path), [f"cannot be read ({error.strerror}), must be a JWK set."]) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            str(path), ['is no JWK set, must be {"keys": [...]} with one key at least.']
        ) from None
    keys, faults = {}, []
    for k, one in enumerate(listed):
        why, key = _key_of(one)
        kid = one.get("kid") if isinstance(one, dict) else None
        if not why and kid in keys:
            why = f"has the kid {kid!r} of another, must have its own."
        if why:
            faults.append(Fault(f"keys[{k}]", why))
        else:
            keys[kid] = key
    if faults:
        raise InputError(str(path), faults)
    return Keys(keys)


def _key_of(one: Any) -> tuple[str, Any]:
    """What is wrong with a JWK, or the key."""
    from jwt import PyJWK, PyJWTError

    if not isinstance(one, dict) or not isinstance(one.get("kid"), str) or not one["kid"]:
        return "has no kid, must have one: messages name their key by it.", None
    if any(name in one for name in ("d", "p", "q", "k")):
        return (
            "is a private key, must be a public one. It may be known now: have its owner make a new one.",
            None,
        )
    if one.get("use", "sig") != "sig":
        return f"is for use {one['use']!r}, must be for sig.", None
    algorithm = {("EC", "P-256"): "ES256", ("RSA", None): "RS256"}.get((one.get("kty"), one.get("crv")))
    if algorithm is None or one.get("alg", algorithm) != algorithm:
        return "must be EC P-256 (ES256) or RSA (RS256), the two that DSX Flex has.", None
    try:
        key = PyJWK(one, algorithm)
    except (PyJWTError, ValueError, TypeError):
        return "is no key: its numbers cannot be.", None
    if algorithm == "RS256" and key.key.key_size < LEAST_RSA_BITS:
        return f"has {key.key.key_size} bits, must have {LEAST_RSA_BITS} at least.", None
    return "", key


def read_signer(path: Path, kid: str | None = None) -> Signer:
    """Our key from a PEM file of mode 600.

    Raises:
        InputError: Others may read it, or it is no key that signs.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(read_secret(path).encode(), None)
    except (ValueError, TypeError):  # no PEM, or with a password
        key = None
    good = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    if not good and not (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_RSA_BITS):
        raise InputError(
            str(path),
            ["is no key that signs here, must be a private key in PEM without password: P-256, or RSA of "
             f"{LEAST_RSA_BITS} bits. Make one: openssl ecparam -name prime256v1 -genkey -noout"],
        )  # fmt: skip
    return Signer(key, kid)
