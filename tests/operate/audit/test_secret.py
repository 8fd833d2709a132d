"""A secret that others can read is refused, and never told."""

from __future__ import annotations

import os

import pytest

from wattstack.errors import InputError
from wattstack.operate.audit import read_secret


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "mail.secret"
    path.write_text("user:very-secret\n")
    path.chmod(0o600)
    return path


def test_a_file_that_only_its_owner_reads_is_read(secret):
    assert read_secret(secret) == "user:very-secret"
    secret.chmod(0o400)
    assert read_secret(secret) == "user:very-secret"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o700, 0o601])
def test_a_file_that_others_can_reach_is_refused_without_telling_what_stands_in_it(secret, mode):
    secret.chmod(mode)
    with pytest.raises(InputError, match=f"has mode {mode:o}, must have 600") as wrong:
        read_secret(secret)
    assert "very-secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [(b"\n", "is empty"), (b"\xff\xfe\x80", "no text in UTF-8"), (b"x" * 70000, "at most 65536")],
)
def test_a_file_that_holds_no_secret_is_refused(secret, raw, told):
    secret.write_bytes(raw)
    with pytest.raises(InputError, match=told):
        read_secret(secret)


def test_what_is_no_plain_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_secret(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(InputError, match="is no plain file"):
        read_secret(tmp_path / "pipe")
    with pytest.raises(InputError, match="is no plain file"):
        read_secret(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(secret):
    os.chown(secret, 65534, 65534)
    with pytest.raises(InputError, match="belongs to another user"):
        read_secret(secret)
