"""People and programs: what is kept of them, who comes in, who stays."""

import sqlite3
import stat

import pytest

from tests.operate.face.conftest import PASSWORD
from wattstack.errors import InputError
from wattstack.operate.face import Users


@pytest.fixture
def users(tmp_path):
    made = Users(tmp_path / "deep" / "users.sqlite")
    yield made
    made.close()


def raw(users: Users) -> bytes:
    return b"".join(path.read_bytes() for path in users.path.parent.iterdir())


def test_the_file_can_be_read_by_its_owner_alone(users):
    assert stat.S_IMODE(users.path.stat().st_mode) == 0o600


def test_no_secret_stands_in_the_file(users):
    token = users.first_token()
    users.begin(token, "engineer-1", PASSWORD)
    session, who = users.sign_in("engineer-1", "127.0.0.1")
    key = users.add_machine("logger", "viewer")
    kept = raw(users)
    assert b"$argon2id$" in kept
    for secret in (token, PASSWORD, session, key):
        assert secret.encode() not in kept
    assert who.role == "admin"


def test_the_first_token_lets_one_person_in_once(users):
    token = users.first_token()
    with pytest.raises(InputError, match="not the one that was printed"):
        users.begin("another", "engineer-1", PASSWORD)
    users.begin(token, "engineer-1", PASSWORD)
    with pytest.raises(InputError, match="are there already"):
        users.begin(token, "engineer-2", PASSWORD)


def test_a_newer_token_ends_an_older_one(users):
    old = users.first_token()
    users.first_token()
    with pytest.raises(InputError, match="not the one"):
        users.begin(old, "engineer-1", PASSWORD)


def test_name_password_and_role_are_judged_at_once(users):
    with pytest.raises(InputError) as caught:
        users.add("../etc", "short", "king")
    assert [fault.where for fault in caught.value.faults] == ["name", "role", "password"]
    with pytest.raises(InputError, match="holds the name"):
        users.add("engineer-1", "ENGINEER-1-and-some-more", "viewer")


def test_a_password_is_right_or_wrong_whatever_the_case_of_the_name(users):
    users.add("Engineer-1", PASSWORD, "viewer")
    assert users.proved("engineer-1", PASSWORD)
    assert not users.proved("engineer-1", PASSWORD + "x")
    assert not users.proved("nobody", PASSWORD)


def test_a_new_password_ends_what_was_signed_in(users):
    users.add("engineer-1", PASSWORD, "viewer")
    token, _ = users.sign_in("engineer-1", "127.0.0.1")
    assert users.of_session(token).name == "engineer-1"
    users.add("engineer-1", PASSWORD + " staple", "operator")
    assert users.of_session(token) is None


def test_a_session_ends_after_its_time(tmp_path):
    users = Users(tmp_path / "users.sqlite", session_h=-1.0)
    users.add("engineer-1", PASSWORD, "viewer")
    assert users.of_session(users.sign_in("engineer-1", "127.0.0.1")[0]) is None
    users.close()


def test_sessions_outlive_the_process(tmp_path):
    users = Users(tmp_path / "users.sqlite")
    users.add("engineer-1", PASSWORD, "viewer")
    token, _ = users.sign_in("engineer-1", "127.0.0.1")
    users.close()
    again = Users(tmp_path / "users.sqlite")
    assert again.of_session(token).name == "engineer-1"
    assert again.knows("engineer-1", "127.0.0.1")
    again.close()


def test_the_last_admin_stays(users):
    users.add("engineer-1", PASSWORD, "admin")
    users.add("engineer-2", PASSWORD, "viewer")
    with pytest.raises(InputError, match="last admin"):
        users.remove("ENGINEER-1")
    with pytest.raises(InputError, match="nobody here"):
        users.remove("someone")
    users.remove("engineer-2")
    assert [one["name"] for one in users.listed()] == ["engineer-1"]


def test_a_program_has_a_key_and_is_no_admin(users):
    key = users.add_machine("logger", "operator")
    who = users.of_key(key)
    assert (who.name, who.role, who.machine) == ("logger", "operator", True)
    assert users.of_key(key + "x") is None
    with pytest.raises(InputError, match="must be less"):
        users.add_machine("logger", "admin")
    users.remove("logger")
    assert users.of_key(key) is None


def test_hashes_are_made_to_be_slow(users):
    users.add("engineer-1", PASSWORD, "viewer")
    (hashed,) = sqlite3.connect(users.path).execute("SELECT hash FROM person").fetchone()
    assert "m=19456,t=2,p=1" in hashed


@pytest.mark.parametrize("body", [b"no users at all " * 400, "half"])
def test_a_damaged_file_of_users_is_told_with_what_helps(tmp_path, body):
    file = tmp_path / "users.sqlite"
    if body == "half":
        whole = Users(file)
        whole.close()
        body = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(body)
    with pytest.raises(
        InputError, match=r"users\.sqlite: cannot be used .* Put a copy back, or move it aside"
    ):
        Users(file)
    assert file.read_bytes() == body
