"""The writer: who hands in never waits, a sick disk costs no second that memory can hold, old history makes room."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from wattstack.operate.historian import Event, Store
from wattstack.operate.historian.packer import LEAST_ROOM_BYTES, Packer, keep_within, look
from wattstack.operate.historian.recorder import Recorder
from wattstack.operate.historian.spans import SPAN_S

NAMES = tuple(f"d{k}.power_mw" for k in range(50))
BEGIN_S = 1_900_000_800.0


def frame(k: int, count: int = len(NAMES)) -> np.ndarray:
    return (k + np.arange(count)).astype(np.float32)


def until(met, wait_s: float = 20.0) -> bool:
    end = time.monotonic() + wait_s
    while not met() and time.monotonic() < end:
        time.sleep(0.02)
    return met()


@pytest.fixture
def recorder(tmp_path):
    made = Recorder(tmp_path / "history.sqlite")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 48 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own can be made by root only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_what_is_handed_in_is_on_disk_in_its_order(recorder):
    for k in range(20):
        recorder.frame(BEGIN_S + k, NAMES, frame(k))
        recorder.events([Event(BEGIN_S + k, "info", NAMES[0], str(k), {})])
    assert recorder.drained(10)
    store = Store(recorder.path, read_only=True)
    assert store.query(NAMES[3], 0, 2e9)[1].tolist() == [k + 3.0 for k in range(20)]
    assert [event.text for event in store.events(0, 2e9)] == [str(k) for k in range(20)]
    assert (recorder.written, recorder.written_s, recorder.dropped) == (20, BEGIN_S + 19, 0)
    assert recorder.conditions == []


def test_while_another_holds_the_file_frames_wait_in_memory_and_are_written_then(recorder):
    recorder.frame(BEGIN_S, NAMES, frame(0))
    assert recorder.drained(10)
    other = sqlite3.connect(recorder.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    for k in range(1, 8):
        recorder.frame(BEGIN_S + k, NAMES, frame(k))
    assert time.monotonic() - began < 0.5
    assert until(lambda: recorder.conditions)
    assert "kept in memory only: database is locked" in recorder.conditions[0][1]
    other.execute("COMMIT")
    other.close()
    assert recorder.drained(20) and recorder.written == 8
    assert until(lambda: all("memory" not in text for _, text in recorder.conditions))
    assert any("the disk is slow" in text for _, text in recorder.conditions) or not recorder.conditions


def test_a_folder_that_comes_late_costs_nothing(tmp_path):
    (tmp_path / "site").write_text("in the way")
    recorder = Recorder(tmp_path / "site" / "history.sqlite")
    recorder.start()
    recorder.frame(BEGIN_S, NAMES, frame(0))
    assert until(lambda: recorder.conditions)
    (tmp_path / "site").unlink()
    assert recorder.drained(10) and recorder.conditions == []
    recorder.stop()


def test_memory_is_bounded_the_oldest_go_and_it_is_said(tmp_path):
    (tmp_path / "site").write_text("in the way")
    recorder = Recorder(tmp_path / "site" / "history.sqlite", most_bytes=10 * frame(0).nbytes)
    recorder.start()
    for k in range(30):
        recorder.frame(BEGIN_S + k, NAMES, frame(k))
        recorder.events([Event(BEGIN_S + k, "info", "x", str(k), {})])
    assert recorder.dropped == 20
    assert until(
        lambda: "20 were lost for want of memory" in " ".join(text for _, text in recorder.conditions)
    )
    (tmp_path / "site").unlink()
    assert recorder.drained(10)
    recorder.stop()
    store = Store(recorder.path, read_only=True)
    assert store.query(NAMES[0], 0, 2e9)[1].tolist() == [float(k) for k in range(20, 30)]
    assert len(store.events(0, 2e9)) == 30


def test_what_is_no_event_is_dropped_and_does_not_stop_the_rest(recorder):
    recorder.events([Event(BEGIN_S, "info", "x", "bad", {"value": float("nan")})])
    recorder.frame(BEGIN_S, NAMES, frame(0, 7))
    recorder.frame(BEGIN_S, NAMES, frame(0))
    assert recorder.drained(10)
    assert (recorder.dropped, recorder.written) == (2, 1)


def test_a_full_disk_goes_on_in_memory_and_then_gives_up_the_oldest_history(small_disk):
    names = tuple(f"s{k}" for k in range(500))
    store = Store(small_disk / "history.sqlite", careful=False)
    chance = np.random.default_rng(1)
    for k in range(2 * SPAN_S):
        store.append(BEGIN_S + k, names, chance.normal(size=500))
        if k % SPAN_S == SPAN_S - 1:
            store.pack(BEGIN_S + k + 1)
    store.close()
    recorder = Recorder(small_disk / "history.sqlite")
    recorder.start()
    recorder.frame(BEGIN_S + 5000, names, frame(0, 500))
    assert recorder.drained(10)
    with contextlib.suppress(OSError), (small_disk / "others").open("wb", 0) as others:
        while True:
            others.write(bytes(4096))
    for k in range(1, 2000):
        recorder.frame(BEGIN_S + 5000 + k, names, frame(k, 500))
    assert recorder.drained(30)
    assert recorder.dropped == 0
    recorder.stop()
    kept = Store(small_disk / "history.sqlite", read_only=True)
    assert len(kept.query("s1", BEGIN_S + 5000, 2e9)[0]) == 2000
    assert len(kept.query("s1", BEGIN_S, BEGIN_S + 5000)[0]) < 2 * SPAN_S
    kept.close()


def test_a_full_disk_without_history_to_give_up_is_an_alarm_until_there_is_room(small_disk):
    recorder = Recorder(small_disk / "history.sqlite")
    recorder.start()
    names = tuple(f"s{k}" for k in range(2000))
    recorder.frame(BEGIN_S, names, frame(0, 2000))
    assert recorder.drained(10)
    filler = small_disk / "others"
    with contextlib.suppress(OSError), filler.open("wb", 0) as others:
        while True:
            others.write(bytes(4096))
    for k in range(1, 4000):
        recorder.frame(BEGIN_S + k, names, frame(k, 2000))
    assert until(lambda: any("full" in text for _, text in recorder.conditions))
    assert not recorder.drained(1.5)
    filler.unlink()
    while recorder.written < 1000 and not recorder.drained(0.2):
        pass
    assert recorder.dropped == 0
    recorder.stop(0.1)


def test_history_older_than_it_must_be_goes_and_its_room_is_used_again(tmp_path):
    store = filled(tmp_path, 6)
    now_s = BEGIN_S + 6 * SPAN_S
    assert keep_within(store, now_s, keep_days=4.5 * SPAN_S / 86400, largest_gb=1) == ""
    assert store.span_s[0] == BEGIN_S + SPAN_S
    assert store.free_bytes > 0
    assert len(store.events(0, 2e9)) == 5


def test_history_larger_than_it_may_be_loses_the_oldest_and_says_so(tmp_path):
    store = filled(tmp_path, 6)
    whole = store.size_bytes
    why = keep_within(store, BEGIN_S + 6 * SPAN_S, 90, largest_gb=0.5 * whole / 1e9)
    assert "larger than" in why and store.size_bytes <= 0.5 * whole
    assert store.span_s[1] == BEGIN_S + 6 * SPAN_S - 1


def test_a_clock_that_is_wrong_for_a_moment_does_not_cost_the_whole_history(tmp_path):
    store = filled(tmp_path, 12)
    keep_within(store, BEGIN_S + 3e9, 90, 1)
    assert store.span_s is not None and store.span_s[0] == BEGIN_S + 8 * SPAN_S


def filled(folder, spans: int) -> Store:
    store = Store(folder / "history.sqlite", careful=False)
    chance = np.random.default_rng(3)
    for k in range(0, spans * SPAN_S, 3):
        store.append(BEGIN_S + k, NAMES[:10], chance.normal(size=10))
    for span in range(spans):
        store.append(BEGIN_S + (span + 1) * SPAN_S - 1, NAMES[:10], frame(0, 10))
        store.put([Event(BEGIN_S + span * SPAN_S, "info", "x", str(span), {})])
    while store.pack(BEGIN_S + 1e9):
        pass
    return store


def test_packing_runs_beside_the_writer_and_again_when_it_is_killed(tmp_path):
    recorder = Recorder(tmp_path / "history.sqlite", careful=False)
    recorder.start()
    packer = Packer(recorder.path, 90, 400)
    packer.start()
    for k in range(SPAN_S + 60):
        recorder.frame(BEGIN_S + k, NAMES, frame(k))
    assert recorder.drained(30)
    assert until(lambda: packer.packed == SPAN_S)
    first = packer.pid
    os.kill(first, signal.SIGKILL)
    assert until(lambda: packer.pid != first)
    for k in range(SPAN_S + 60, 2 * SPAN_S + 60):
        recorder.frame(BEGIN_S + k, NAMES, frame(k))
    assert until(lambda: packer.packed == 2 * SPAN_S, 30)
    assert packer.conditions == [] and packer.deaths == 1
    packer.stop()
    recorder.stop()
    store = Store(recorder.path, read_only=True)
    assert store.query(NAMES[7], 0, 2e9)[1].tolist() == [k + 7.0 for k in range(2 * SPAN_S + 60)]


KILLED = """
import sys
from wattstack.operate.historian import Store
import wattstack.operate.historian.spans as spans, os
kind, after = sys.argv[2], int(sys.argv[3])
class Mortal(spans.Transaction):
    count = 0
    def __exit__(self, *wrong):
        super().__exit__(*wrong)
        Mortal.count += 1
        if Mortal.count == after: os._exit(9)
spans.Transaction = Mortal
spans._SLICE = 4
store = Store(sys.argv[1])
store.pack(2e9) if kind == "pack" else spans.drop_span(store._db, 1)
"""


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_killed_in_the_midst_of_packing_nothing_is_lost_or_seen_twice(tmp_path, after):
    store = Store(tmp_path / "history.sqlite", careful=False)
    for k in range(0, SPAN_S, 10):
        store.append(BEGIN_S + k, NAMES[:10], frame(k, 10))
    before = store.query(NAMES[9], 0, 2e9)
    words = [sys.executable, "-c", KILLED, str(store.path), "pack", str(after)]
    assert subprocess.run(words, check=False).returncode == 9
    for _ in range(2):
        again = store.query(NAMES[9], 0, 2e9)
        assert np.array_equal(before[0], again[0]) and np.array_equal(before[1], again[1])
        store.pack(2e9)
    assert store._db.execute("SELECT count(*) FROM chunk").fetchone() == (10,)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_killed_in_the_midst_of_forgetting_no_half_of_it_is_seen_and_the_rest_goes_later(tmp_path, after):
    store = filled(tmp_path, 2)
    words = [sys.executable, "-c", KILLED, str(store.path), "drop", str(after)]
    assert subprocess.run(words, check=False).returncode == 9
    assert store.query(NAMES[9], 0, 2e9)[0][0] == BEGIN_S + SPAN_S
    store.drop(0.0)
    assert store._db.execute("SELECT count(*) FROM chunk").fetchone() == (10,)


def test_a_clock_that_was_set_back_costs_no_frame(tmp_path):
    store = Store(tmp_path / "history.sqlite", careful=False)
    for k in (*range(10), *range(10)):  # the same frame again is the same frame
        store.append(BEGIN_S + k, NAMES, frame(k))
    for k in range(10):
        store.append(BEGIN_S + k, NAMES, frame(100 + k))
    moments, values = store.query(NAMES[0], 0, 2e9)
    assert len(moments) == 20 and np.all(np.diff(moments) > 0)
    assert sorted(values.tolist()) == sorted([float(k) for k in range(10)] + [100.0 + k for k in range(10)])


def test_one_look_packs_what_is_whole_and_a_file_that_cannot_be_opened_is_told(tmp_path):
    store = Store(tmp_path / "history.sqlite", careful=False)
    for k in range(SPAN_S + 31):
        store.append(BEGIN_S + k, NAMES[:2], frame(k, 2))
    again, said = look(store.path, None, 90, 400)
    assert said == {"fault": "", "packed": SPAN_S, "short": ""}
    assert look(store.path, again, 90, 400) == (again, {"fault": "", "packed": 0, "short": ""})
    (tmp_path / "text.sqlite").write_text("no history, but long enough to be looked at " * 40)
    none, said = look(tmp_path / "text.sqlite", None, 90, 400)
    assert none is None and "not a database" in said["fault"]
    store._db.execute("BEGIN EXCLUSIVE")
    again._db.execute("PRAGMA busy_timeout = 50")
    store._db.execute("DROP TABLE event")
    store._db.execute("COMMIT")
    none, said = look(store.path, again, 90, 400)
    assert none is None and "no such table" in said["fault"]


def test_an_almost_full_disk_costs_the_oldest_history_before_it_is_full(small_disk):
    store = filled(small_disk, 3)  # 48 MB are less than what must be free
    assert shutil.disk_usage(small_disk).free < LEAST_ROOM_BYTES
    assert keep_within(store, BEGIN_S, 90, 1) == "the disk is almost full: the oldest history goes"
    assert store.oldest_end_s is None
    assert keep_within(store, BEGIN_S, 90, 1) == ""
    store.close()


def test_what_the_packer_says_is_wrong_is_a_condition(tmp_path):
    (tmp_path / "history.sqlite").write_text("no history, but long enough to be looked at " * 40)
    packer = Packer(tmp_path / "history.sqlite", 90, 400)
    packer.start()
    assert until(lambda: packer.conditions)
    packer.stop()
    assert packer.conditions == [("historian", "history is not packed: file is not a database")]


def test_a_slow_disk_is_told(recorder, monkeypatch):
    monkeypatch.setattr("wattstack.operate.historian.recorder.SLOW_S", 0.0)
    recorder.frame(BEGIN_S, NAMES, frame(0))
    assert until(lambda: any("the disk is slow" in text for _, text in recorder.conditions))
