"""Who may look in and who may ask: named people and machines, their roles, and what proves that it is them.

Needs    sqlite3, argon2.
Gives    Users, Who, ROLES, at_least.
Used by  operate.face: gate, room, routes.

Passwords are kept as argon2id hashes; tokens and keys, which are random, as SHA-256. The file has mode 600. Nobody is
in it to begin with: the first person comes in by a token that is printed once, where the system was started.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from wattstack.errors import Fault, InputError

ROLES = ("viewer", "operator", "engineer", "admin")  # each may do what those before it may
SHORTEST_PASSWORD = 12  # characters; NIST SP 800-63B-4 asks for 15 where a password stands alone, 8 at least
LONGEST_PASSWORD = 256
SESSION_ID = 12  # letters of the SHA-256 of a token that name its session
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS person
    (name TEXT PRIMARY KEY COLLATE NOCASE, hash TEXT NOT NULL, role TEXT NOT NULL, made_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS machine
    (name TEXT PRIMARY KEY COLLATE NOCASE, digest TEXT NOT NULL UNIQUE, role TEXT NOT NULL, made_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS signed_in
    (digest TEXT PRIMARY KEY, name TEXT NOT NULL, csrf TEXT NOT NULL, address TEXT NOT NULL, until_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS first (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS place (name TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (name, address));
"""


@dataclass(frozen=True, slots=True)
class Who:
    """Who is asking.

    Attributes:
        name: Of the person or machine.
        role: One of ROLES.
        csrf: What a page of theirs must send with each command; "" for a machine, which sends its key each time.
        address: Where the session began.
    """

    name: str
    role: str
    csrf: str = ""
    address: str = ""

    @property
    def machine(self) -> bool:
        """Whether it came with a service key."""
        return not self.csrf


def at_least(role: str, least: str) -> bool:
    """Whether a role may do what `least` may.

    Example:
        >>> at_least("engineer", "operator"), at_least("viewer", "operator")
        (True, False)
    """
    return ROLES.index(role) >= ROLES.index(least)


class Users:
    """The people and machines of a site, in one file.

    Args:
        path: users.sqlite; it is made where it is not there, mode 600.
        session_h: A session ends after so long [h].

    Raises:
        InputError: The file is there and is no whole one.
    """

    def __init__(self, path: str | Path, session_h: float = 12.0) -> None:
        from argon2 import PasswordHasher

        self.path, self._session_s = Path(path), session_h * 3600.0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        os.chmod(self.path, 0o600)
        self._db = sqlite3.connect(self.path, timeout=5.0, isolation_level=None, check_same_thread=False)
        # of the file; of the hash, made to be slow
        self._lock, self._slow = threading.Lock(), threading.Lock()
        try:
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            said = (
                f"cannot be used ({error}), must be a whole file of users. Put a copy back, or move it aside: then the "
                "page begins without users and a new token for the first one is printed."
            )
            raise InputError(str(self.path), [said]) from None
        # OWASP's least, argon2id
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def empty(self) -> bool:
        """Whether nobody is known yet."""
        return self._one("SELECT 1 FROM person LIMIT 1") is None

    def first_token(self) -> str:
        """A new token that lets the first person in; an older one ends. It stands in what this returns alone."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._db.execute("DELETE FROM first")
            self._db.execute("INSERT INTO first VALUES (?)", (_digest(token),))
        return token

    def begin(self, token: str, name: str, password: str) -> None:
        """The first person, an admin.

        Raises:
            InputError: The token is not the printed one, somebody is there already, or name or password do not do.
        """
        if not self.empty:
            raise InputError("users", ["are there already. Let an admin add you."])
        kept = self._one("SELECT digest FROM first")
        if kept is None or not secrets.compare_digest(kept[0], _digest(token)):
            raise InputError("token", ["is not the one that was printed at the start. Look there again."])
        self.add(name, password, "admin")
        with self._lock:
            self._db.execute("DELETE FROM first")

    def add(self, name: str, password: str, role: str) -> None:
        """A person, or a person's new password and role; what was signed in under that name ends.

        Raises:
            InputError: Name, password or role do not do; all faults at once.
        """
        wrong = _name_faults(name, role)
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            wrong.append(
                Fault(
                    "password",
                    f"has {len(password)} characters, must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}.",
                )
            )
        if name and name.lower() in password.lower():
            wrong.append(Fault("password", "holds the name, must not."))
        if self._has("machine", name):
            wrong.append(
                Fault("name", "is that of a program, must be another: the audit tells them apart by it.")
            )
        if role != "admin" and self._admins() == [name.lower()]:
            wrong.append(
                Fault("role", f"is {role!r:.40}, must stay admin: there is no other one. Add one first.")
            )
        if wrong:
            raise InputError("user", wrong)
        with self._slow:
            hashed = self._hasher.hash(password)
        with self._lock:
            self._db.execute("DELETE FROM person WHERE name = ?", (name,))
            self._db.execute("INSERT INTO person VALUES (?, ?, ?, ?)", (name, hashed, role, time.time()))
            self._db.execute("DELETE FROM signed_in WHERE name = ? COLLATE NOCASE", (name,))

    def add_machine(self, name: str, role: str) -> str:
        """A program, with a key of its own that is shown once: what this returns. An older key of that name ends.

        Raises:
            InputError: Name or role do not do. A program is never an admin.
        """
        wrong = _name_faults(name, role)
        if role == "admin":
            wrong.append(Fault("role", "is admin, must be less for a program."))
        if self._has("person", name):
            wrong.append(
                Fault("name", "is that of a person, must be another: the audit tells them apart by it.")
            )
        if wrong:
            raise InputError("machine", wrong)
        key = "wk_" + secrets.token_urlsafe(32)
        with self._lock:
            self._db.execute("DELETE FROM machine WHERE name = ?", (name,))
            self._db.execute(
                "INSERT INTO machine VALUES (?, ?, ?, ?)", (name, _digest(key), role, time.time())
            )
        return key

    def remove(self, name: str) -> None:
        """A person or program that may no longer; the last admin stays.

        Raises:
            InputError: Nobody has that name, or nobody could add people any more.
        """
        if not (self._has("person", name) or self._has("machine", name)):
            raise InputError("user", [Fault(name, "is nobody here.")])
        if self._admins() == [name.lower()]:
            raise InputError("user", [Fault(name, "is the last admin, must stay. Add another one first.")])
        with self._lock:
            for table in ("person", "machine", "signed_in"):
                self._db.execute(f"DELETE FROM {table} WHERE name = ? COLLATE NOCASE", (name,))

    def listed(self) -> list[dict[str, str]]:
        """Everybody: name, role, kind ("person" or "machine")."""
        rows = self._all(
            "SELECT name, role, 'person' FROM person UNION ALL SELECT name, role, 'machine' FROM machine "
            "ORDER BY 3 DESC, 1"
        )
        return [{"name": name, "role": role, "kind": kind} for name, role, kind in rows]

    def proved(self, name: str, password: str) -> bool:
        """Whether this is that person's password; takes as long for a name that nobody has."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        row = self._one("SELECT hash FROM person WHERE name = ?", (name,))
        with self._slow:  # while it runs, sessions are looked up
            try:
                self._hasher.verify(self._nobody if row is None else row[0], password[: LONGEST_PASSWORD + 1])
            except (Argon2Error, InvalidHashError):
                return False
        return row is not None

    def sign_in(self, name: str, address: str) -> tuple[str, Who]:
        """A new session of a person whose password was proved.

        Returns:
            token: For the cookie; only its SHA-256 is kept.
            who: The person.
        """
        name, role = self._one("SELECT name, role FROM person WHERE name = ?", (name,))
        token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), time.time()
        with self._lock:
            self._db.execute("DELETE FROM signed_in WHERE until_s < ?", (now,))
            self._db.execute(
                "INSERT INTO signed_in VALUES (?, ?, ?, ?, ?)",
                (_digest(token), name, csrf, address, now + self._session_s),
            )
            self._db.execute("INSERT OR IGNORE INTO place VALUES (?, ?)", (name.lower(), address))
        return token, Who(name, role, csrf, address)

    def knows(self, name: str, address: str) -> bool:
        """Whether that person ever signed in from that address."""
        found = self._one("SELECT 1 FROM place WHERE name = ? AND address = ?", (name.lower(), address))
        return found is not None

    def of_session(self, token: str) -> Who | None:
        """Who has this session; None where it ended or never was."""
        row = self._one(
            "SELECT person.name, person.role, csrf, address FROM signed_in JOIN person ON person.name = signed_in.name "
            "WHERE digest = ? AND until_s > ?",
            (_digest(token), time.time()),
        )
        return None if row is None else Who(*row)

    def of_key(self, key: str) -> Who | None:
        """Which program has this key; None where none has."""
        row = self._one("SELECT name, role FROM machine WHERE digest = ?", (_digest(key),))
        return None if row is None else Who(*row)

    def sessions(self, name: str | None = None) -> list[dict[str, str | float]]:
        """Who is signed in: `id` (says nothing of the token), name, address, until_s; of all people, or of one."""
        rows = self._all("SELECT digest, name, address, until_s FROM signed_in ORDER BY until_s DESC")
        return [
            {"id": digest[:SESSION_ID], "name": who, "address": address, "until_s": until_s}
            for digest, who, address, until_s in rows
            if until_s > time.time() and name in (None, who)
        ]

    def end_session(self, id_: str) -> None:
        """End the session of that id."""
        with self._lock:
            self._db.execute("DELETE FROM signed_in WHERE substr(digest, 1, ?) = ?", (SESSION_ID, id_))

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._lock:
            self._db.execute("DELETE FROM signed_in WHERE digest = ?", (_digest(token),))

    def _has(self, table: str, name: str) -> bool:
        """Whether somebody in that table has that name, in whatever letters."""
        return self._one(f"SELECT 1 FROM {table} WHERE name = ?", (name,)) is not None

    def _admins(self) -> list[str]:
        return [name.lower() for (name,) in self._all("SELECT name FROM person WHERE role = 'admin'")]

    def _one(self, text: str, values: tuple = ()) -> tuple | None:
        with self._lock:
            return self._db.execute(text, values).fetchone()

    def _all(self, text: str) -> list[tuple]:
        with self._lock:
            return self._db.execute(text).fetchall()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _name_faults(name: str, role: str) -> list[Fault]:
    wrong = []
    if not _NAME.fullmatch(name):
        wrong.append(Fault("name", "must begin with a letter and have at most 40 of A-Z a-z 0-9 . _ -"))
    if role not in ROLES:
        wrong.append(Fault("role", f"is {role!r:.40}, must be one of {', '.join(ROLES)}."))
    return wrong
