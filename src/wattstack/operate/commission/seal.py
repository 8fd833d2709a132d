"""The findings on disk, signed: a detached Ed25519 signature over the checksums of all files and of every part of them.

Needs    cryptography; operate.audit.read_secret.
Gives    write_findings, sign_folder, verify_folder, Seal, Verdict.
Used by  cli.commission.

commission.sig names each file with its SHA-256, and each part of commission.json with one of its own, so that a check
can say what was changed. A signature proves who held the key: whoever holds it can sign anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattstack.errors import InputError
from wattstack.operate.audit import read_secret
from wattstack.operate.commission.checks import utc_now

FINDINGS, PAGE, SIGNATURE, KEY = "commission.json", "commission.html", "commission.sig", "commission.key"
LARGEST = 64_000_000  # bytes of a file that is checked


@dataclass(frozen=True, slots=True)
class Seal:
    """A signature that was made.

    Attributes:
        fingerprint: SHA-256 of the public key: to be noted elsewhere.
        key_file: Of the private key. made: Whether it was made now.
    """

    fingerprint: str
    key_file: Path
    made: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a folder says.

    Attributes:
        faults: What was changed; empty: sound.
        fingerprint: Of the key that signed; "" where there is no signature.
        signed: When, ISO 8601, as the signer said.
    """

    faults: tuple[str, ...]
    fingerprint: str
    signed: str

    @property
    def sound(self) -> bool:
        """Whether nothing was changed."""
        return not self.faults


def write_findings(found: Mapping[str, Any], folder: Path) -> Path:
    """Write commission.json at once: it is whole, or it is not there. A signature of before goes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SIGNATURE).unlink(missing_ok=True)
    return _put(folder / FINDINGS, json.dumps(found, indent=1, allow_nan=False) + "\n")


def sign_folder(folder: Path, key_file: Path | None = None) -> Seal:
    """Sign what stands in a folder.

    Args:
        folder: With commission.json, and commission.html where there is one.
        key_file: Ed25519 key, PEM, mode 600; None: commission.key in the folder, made where it is not there.

    Raises:
        InputError: The key file is not there, others can read it, or it holds no Ed25519 key.
    """
    made = key_file is None and not (folder / KEY).exists()
    if made:
        _make_key(folder / KEY)
    key_file = key_file or folder / KEY
    key = _private(key_file)
    public = key.public_key().public_bytes_raw()
    names = [name for name in (FINDINGS, PAGE) if (folder / name).is_file()]
    told = {
        "algorithm": "Ed25519",
        "public_key": public.hex(),
        "signed": utc_now(),
        "files": {name: _sum((folder / name).read_bytes()) for name in names},
        "parts": parts_of(json.loads((folder / FINDINGS).read_text(encoding="utf-8"))),
    }
    told["signature"] = key.sign(_canonical(told)).hex()
    _put(folder / SIGNATURE, json.dumps(told, indent=1) + "\n")
    return Seal(fingerprint_of(public), key_file, made)


def verify_folder(folder: str | Path, key: str | None = None) -> Verdict:
    """Check a folder against its signature.

    Args:
        folder: With commission.json and commission.sig.
        key: Who must have signed: a fingerprint, a public key in hexadecimal, or a file with one (PEM or hexadecimal);
            None: whoever did, compare the fingerprint that is told.

    Raises:
        InputError: There is no signature that could be read, or `key` is none.
    """
    folder = Path(folder)
    told = _signature(folder / SIGNATURE)
    public = bytes.fromhex(told["public_key"])
    fingerprint, faults = fingerprint_of(public), []
    wanted = None if key is None else _wanted(key)
    if wanted is not None and wanted != fingerprint:
        faults.append(f"{SIGNATURE} is signed with the key {fingerprint}, not with {wanted}")
    if not _signed(public, told):
        faults.append(f"{SIGNATURE} was changed: its signature is not that of its content")
    for name, wanted_sum in told["files"].items():
        path = folder / Path(name).name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif path.stat().st_size > LARGEST or _sum(path.read_bytes()) != wanted_sum:
            faults += _changed(path, told["parts"]) if name == FINDINGS else [f"{name} was changed"]
    if FINDINGS not in told["files"]:
        faults.append(f"{FINDINGS} is not signed")
    return Verdict(tuple(faults), fingerprint, str(told["signed"]))


def parts_of(found: Mapping[str, Any]) -> dict[str, str]:
    """A checksum of every part: of each key, each device, each check."""
    made: dict[str, str] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            made |= {f"{key}.{inner}": _part(one) for inner, one in value.items()}
        elif isinstance(value, list):
            made |= {f"{key}[{k}]": _part(one) for k, one in enumerate(value)}
        else:
            made[key] = _part(value)
    return made


def _changed(path: Path, parts: Mapping[str, str]) -> list[str]:
    """Which parts of commission.json are others."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        now = parts_of(found)
    except (ValueError, AttributeError, RecursionError):
        return [f"{path.name} was changed: it is no JSON any more"]
    other = [name for name, one in now.items() if parts.get(name) != one]
    gone = [name for name in parts if name not in now]
    lines = [f"{path.name} was changed: {name}{_where(found, name)} is another" for name in other]
    lines += [f"{path.name} was changed: {name} is missing" for name in gone]
    return lines or [f"{path.name} was changed: its values are the same, its text is not"]


def _where(found: Mapping[str, Any], name: str) -> str:
    """Of a check: its device and what it looked at."""
    if not name.startswith("checks["):
        return ""
    check = found["checks"][int(name[7:-1])]
    if not isinstance(check, dict):
        return ""
    return " (" + " ".join(str(check.get(key, "?")) for key in ("device", "kind", "what")) + ")"


def fingerprint_of(public: bytes) -> str:
    """SHA-256 of a public key, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def _signature(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes()[:LARGEST])
        files, parts = told["files"], told["parts"]
        texts = [
            told["public_key"],
            told["signature"],
            told["signed"],
            *files,
            *files.values(),
            *parts,
            *parts.values(),
        ]
        if not all(isinstance(one, str) for one in texts) or len(bytes.fromhex(told["public_key"])) != 32:
            raise ValueError
        bytes.fromhex(told["signature"])
    except OSError as error:
        raise InputError(str(path), [f"cannot be read ({error.strerror}): nothing here is signed."]) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(str(path), ["is no signature of a commissioning."]) from None
    return told


def _signed(public: bytes, told: Mapping[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    content = {name: value for name, value in told.items() if name != "signature"}
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            bytes.fromhex(told["signature"]), _canonical(content)
        )
    except InvalidSignature:
        return False
    return True


def _wanted(key: str) -> str:
    """The fingerprint that is meant."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    text = key.strip()
    try:
        if not _is_hex(text):
            raw = Path(key).read_bytes()[:65_536]
            if b"BEGIN PUBLIC KEY" in raw:
                public = load_pem_public_key(raw)
                if isinstance(public, Ed25519PublicKey):
                    return fingerprint_of(public.public_bytes_raw())
                raise ValueError
            text = raw.decode("ascii").strip()
        if not _is_hex(text):
            raise ValueError
    except OSError as error:
        raise InputError(
            key, [f"cannot be read ({error.strerror}), must be a fingerprint or a public key."]
        ) from None
    except ValueError:
        raise InputError(key, ["is no fingerprint and no public key of Ed25519."]) from None
    return text.lower()


def _is_hex(text: str) -> bool:
    return len(text) == 64 and set(text.lower()) <= set("0123456789abcdef")


def _private(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = read_secret(path)
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        said = (
            "holds no key of Ed25519 in PEM without password. Make one: openssl genpkey -algorithm ed25519."
        )
        raise InputError(path.name, [said])
    return key


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(pem)


def _canonical(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _part(value: Any) -> str:
    return _sum(_canonical({"": value}))[:32]


def _sum(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _put(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path
