"""A copy of the history in a real PostgreSQL: whole, once, late when it must be, and never in the way."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from wattstack.operate.historian import Event
from wattstack.operate.historian.postgres import MOST_FRAMES, PostgresSink

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgres)")
NAMES = tuple(f"d{k}.power_mw" for k in range(300))
BEGIN_S = 1_900_000_800.0


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    name = shutil.which("initdb")
    return found[-1].parent if found else Path(name).resolve().parent if name else None


class Cluster:
    """A server of its own on a free port; PostgreSQL refuses to run as root, so root lends it another user."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._data, self._bin = folder / "data", bin_folder
        self._user = "postgres" if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"host=127.0.0.1 port={self.port} user=tester dbname=postgres password=very-secret"
        folder.chmod(0o755)
        self._data.mkdir()
        if self._user:
            shutil.chown(self._data, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    def _run(self, name: str, *words: str) -> None:
        subprocess.run(
            [str(self._bin / name), *words],
            check=True, capture_output=True, user=self._user, cwd="/",
        )  # fmt: skip

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k '' -c fsync=off"
        log = str(self._data / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-o", options, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="module")
def cluster():
    import tempfile

    where = binaries()
    if where is None:
        pytest.skip("no PostgreSQL server on this machine (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="wattstack-postgres-"))
    try:
        made = Cluster(folder, where)
    except (subprocess.CalledProcessError, KeyError, LookupError, PermissionError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"a PostgreSQL server cannot be started here: {error}")
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sink(cluster):
    with psycopg.connect(cluster.address, autocommit=True) as db:
        db.execute(
            "DROP TABLE IF EXISTS wattstack_value, wattstack_moment, wattstack_signal, wattstack_event"
        )
    made = PostgresSink(cluster.address, first_wait_s=0.05)
    yield made
    made.stop()


def rows(cluster, question: str) -> list:
    with psycopg.connect(cluster.address) as db:
        return db.execute(question).fetchall()


def values(k: int) -> np.ndarray:
    made = (k + np.arange(len(NAMES)) / 8).astype(np.float32)
    made[k % len(NAMES)] = np.nan
    return made


def test_values_and_events_are_there_as_they_were_and_what_was_not_known_is_no_row(cluster, sink):
    for k in range(20):
        sink.frame(BEGIN_S + k + 0.25, NAMES, values(k))
    sink.events([Event(BEGIN_S, "alarm", NAMES[0], "too \x00 warm 大阪", {"limit": 55.0, "word": "a\x00b"})])
    sink.start()
    assert sink.drained(20) and sink.written == 20 and sink.conditions == []
    assert rows(cluster, "SELECT count(*) FROM wattstack_value") == [(20 * 299,)]
    got = rows(
        cluster,
        "SELECT extract(epoch FROM utc)::float8, value FROM wattstack_value JOIN wattstack_signal ON id = signal "
        "WHERE name = 'd7.power_mw' ORDER BY utc",
    )
    assert got == [(BEGIN_S + k + 0.25, k + 7 / 8) for k in range(20) if k != 7]
    assert rows(cluster, "SELECT level, text, data->>'limit', data->>'word' FROM wattstack_event") == [
        ("alarm", "too  warm 大阪", "55.0", "ab")
    ]


def test_a_new_list_of_signals_gets_new_numbers_and_old_ones_keep_theirs(cluster, sink):
    sink.start()
    sink.frame(BEGIN_S, NAMES[:2], np.zeros(2, np.float32))
    sink.frame(BEGIN_S + 1, ("x", *NAMES[:2]), np.ones(3, np.float32))
    assert sink.drained(20)
    found = rows(
        cluster, "SELECT name, count(*) FROM wattstack_value JOIN wattstack_signal ON id = signal GROUP BY 1"
    )
    assert dict(found) == {"x": 1, NAMES[0]: 2, NAMES[1]: 2}


def test_a_moment_is_there_once_however_often_it_is_sent(cluster, sink):
    sink.start()
    for _ in range(3):
        sink.frame(BEGIN_S, NAMES, values(1))
    assert sink.drained(20)
    assert rows(cluster, "SELECT count(*) FROM wattstack_value") == [(299,)]


def test_a_server_that_goes_and_comes_back_gets_all_that_waited_and_the_password_is_never_told(cluster, sink):
    sink.start()
    sink.frame(BEGIN_S, NAMES, values(0))
    assert sink.drained(20)
    cluster.stop()
    for k in range(1, 30):
        sink.frame(BEGIN_S + k, NAMES, values(k))
    end = time.monotonic() + 10
    while not sink.conditions and time.monotonic() < end:
        time.sleep(0.02)
    ((channel, text),) = sink.conditions
    assert channel == "historian.postgres" and "does not take the history" in text and "secret" not in text
    cluster.start()
    assert sink.drained(30)
    assert sink.conditions == [] and sink.dropped == 0
    assert rows(cluster, "SELECT count(*) FROM wattstack_moment") == [(30,)]


def test_what_waits_is_bounded_and_nobody_waits_for_it(cluster, sink):
    began = time.monotonic()
    for k in range(MOST_FRAMES + 50):
        sink.frame(BEGIN_S + k, NAMES, values(0))
    assert time.monotonic() - began < 1.0 and sink.dropped == 50
    sink.start()
    assert sink.drained(60)
    assert rows(cluster, "SELECT count(*) FROM wattstack_moment") == [(MOST_FRAMES,)]


def test_twenty_thousand_signals_a_second_are_taken_as_they_come(cluster, sink):
    names = tuple(f"s{k}" for k in range(20_000))
    sink.start()
    sink.frame(BEGIN_S - 1, names, np.zeros(20_000, np.float32))
    assert sink.drained(20)
    began = time.monotonic()
    for k in range(10):
        sink.frame(BEGIN_S + k, names, np.full(20_000, k, np.float32))
    assert sink.drained(30)
    assert time.monotonic() - began < 10.0
