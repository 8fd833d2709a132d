"""A signed folder is sound until anything in it is changed; then it is told what."""

from __future__ import annotations

import json
import stat

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.operate.commission import sign_folder, verify_folder, write_findings

FOUND = {
    "commission": 1,
    "campus": {"name": "test", "sha256": "00"},
    "devices": {"battery.main": {"written": True}, "load.halls": {"written": False}},
    "checks": [
        {"device": "battery.main", "kind": "read", "what": "soc", "verdict": "passed", "value": 0.5},
        {
            "device": "battery.main",
            "kind": "reversion",
            "what": "revert_s",
            "verdict": "failed",
            "value": None,
        },
    ],
}


@pytest.fixture
def folder(tmp_path):
    write_findings(FOUND, tmp_path)
    (tmp_path / "commission.html").write_text("<p>page</p>")
    return tmp_path


def pem_of(key, path):
    path.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    path.chmod(0o600)
    return path


def test_what_was_signed_is_sound_and_the_key_is_a_secret(folder):
    seal = sign_folder(folder)
    assert seal.made and stat.S_IMODE(seal.key_file.stat().st_mode) == 0o600
    verdict = verify_folder(folder)
    assert verdict.sound and verdict.fingerprint == seal.fingerprint and verdict.signed.endswith("Z")
    assert verify_folder(folder, seal.fingerprint).sound
    again = sign_folder(folder)
    assert not again.made and again.fingerprint == seal.fingerprint


def test_a_changed_verdict_is_named(folder):
    sign_folder(folder)
    file = folder / "commission.json"
    file.write_text(file.read_text().replace('"verdict": "failed"', '"verdict": "passed"'))
    assert verify_folder(folder).faults == (
        "commission.json was changed: checks[1] (battery.main reversion revert_s) is another",
    )


def test_parts_that_were_taken_out_or_put_in_are_named(folder):
    sign_folder(folder)
    found = json.loads((folder / "commission.json").read_text())
    found["checks"].pop()
    found["devices"]["ups.main"] = {}
    found["checks"][0] = "gone"
    (folder / "commission.json").write_text(json.dumps(found))
    faults = " | ".join(verify_folder(folder).faults)
    assert "checks[1] is missing" in faults and "devices.ups.main is another" in faults
    assert "checks[0] is another" in faults


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is no JSON any more"),
        ("[1]", "it is no JSON any more"),
        (json.dumps(FOUND), "its text is not"),
    ],
)
def test_findings_that_are_something_else_are_told(folder, text, told):
    sign_folder(folder)
    (folder / "commission.json").write_text(text)
    assert any(told in fault for fault in verify_folder(folder).faults)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_of_any_file_can_be_changed_unseen(folder, data):
    write_findings(FOUND, folder)
    sign_folder(folder)
    path = folder / data.draw(st.sampled_from(("commission.json", "commission.html", "commission.sig")))
    kept = path.read_bytes()
    raw = bytearray(kept)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    try:
        assert not verify_folder(folder).sound or same_signature(kept, bytes(raw))
    except InputError:
        assert path.name == "commission.sig"
    finally:
        path.write_bytes(kept)
        (folder / "commission.html").write_text("<p>page</p>")


def same_signature(one: bytes, other: bytes) -> bool:
    """White space between the words of a signature says nothing, and hexadecimal has two spellings."""
    return json.loads(one.lower()) == json.loads(other.lower())


def test_who_signed_with_another_key_is_told(folder, tmp_path):
    first = sign_folder(folder)
    other = Ed25519PrivateKey.generate()
    sign_folder(folder, pem_of(other, tmp_path / "other.key"))
    faults = verify_folder(folder, first.fingerprint).faults
    assert len(faults) == 1 and f"not with {first.fingerprint}" in faults[0]
    public = tmp_path / "other.pub"
    public.write_bytes(
        other.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    assert verify_folder(folder, str(public)).sound


def test_a_signature_for_other_content_is_told(folder):
    sign_folder(folder)
    told = json.loads((folder / "commission.sig").read_text())
    told["signed"] = "2020-01-01T00:00:00Z"
    (folder / "commission.sig").write_text(json.dumps(told))
    assert "its signature is not that of its content" in verify_folder(folder).faults[0]
    told["files"].pop("commission.json")
    (folder / "commission.sig").write_text(json.dumps(told))
    assert "commission.json is not signed" in verify_folder(folder).faults


def test_a_missing_page_is_told_and_new_findings_have_no_old_signature(folder):
    sign_folder(folder)
    (folder / "commission.html").unlink()
    assert verify_folder(folder).faults == ("commission.html is missing",)
    write_findings(FOUND, folder)
    with pytest.raises(InputError, match="nothing here is signed"):
        verify_folder(folder)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": 3}', '{"public_key": "zz", "signature": "", "signed": "",'
                                  ' "files": {}, "parts": {}}'])  # fmt: skip
def test_what_is_no_signature_is_refused(folder, text):
    (folder / "commission.sig").write_text(text)
    with pytest.raises(InputError, match="is no signature"):
        verify_folder(folder)


def test_keys_that_cannot_be_used_are_refused(folder, tmp_path):
    open_key = pem_of(Ed25519PrivateKey.generate(), tmp_path / "open.key")
    open_key.chmod(0o644)
    with pytest.raises(InputError, match="must have 600"):
        sign_folder(folder, open_key)
    with pytest.raises(InputError, match="holds no key of Ed25519"):
        sign_folder(folder, pem_of(generate_private_key(SECP256R1()), tmp_path / "ec.key"))
    text = tmp_path / "text.key"
    text.write_text("secret")
    text.chmod(0o600)
    with pytest.raises(InputError, match="holds no key of Ed25519"):
        sign_folder(folder, text)
    sign_folder(folder)
    with pytest.raises(InputError, match="cannot be read"):
        verify_folder(folder, "nowhere.pub")
    with pytest.raises(InputError, match="is no fingerprint"):
        verify_folder(folder, str(text))
    pub = tmp_path / "ec.pub"
    pub.write_bytes(
        generate_private_key(SECP256R1())
        .public_key()
        .public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(InputError, match="is no fingerprint"):
        verify_folder(folder, str(pub))
