"""Copies and exports: what comes back is what was kept, and a damaged copy never takes the place of a history."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from pyarrow import parquet

from wattstack.errors import InputError
from wattstack.operate.historian import Event, Store, backup, check_history, export_parquet, restore
from wattstack.operate.historian.process import hold
from wattstack.operate.historian.spans import SPAN_S

NAMES = ("grid.connection.power_mw", "battery.main#2.soc")
BEGIN_S = 1_900_022_400.0 - 2 * SPAN_S  # half an hour before midnight


def frame(k: int) -> np.ndarray:
    return np.array([k / 10, np.nan if k % 3 else k / 7], dtype=np.float32)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "site").mkdir()
    made = Store(tmp_path / "site" / "history.sqlite", careful=False)
    for k in range(4 * SPAN_S):
        happened = [Event(BEGIN_S + k, "command", NAMES[0], f"at {k}", {"k": k})] if k % 900 == 0 else []
        made.append(BEGIN_S + k, NAMES, frame(k), happened)
    while made.pack(BEGIN_S + 3 * SPAN_S):
        pass
    yield made
    made.close()


def backup_of(store, path):
    backup(store.path, path)
    return path


def test_a_copy_put_back_is_the_history_of_then_and_the_one_of_before_is_kept(store, tmp_path):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    store.append(BEGIN_S + 9000, NAMES, frame(0))
    folder = tmp_path / "site"
    checked, before = restore(copy, folder)
    assert (checked.spans, checked.chunks, checked.frames, checked.events) == (3, 6, SPAN_S, 4)
    again = Store(folder / "history.sqlite")
    moments, values = again.query(NAMES[0], 0, 2e9)
    assert len(moments) == 4 * SPAN_S and np.array_equal(values, [frame(k)[0] for k in range(4 * SPAN_S)])
    again.append(BEGIN_S + 9999, NAMES, frame(1))
    again.close()
    store.close()
    assert len(Store(before).query(NAMES[0], 0, 2e9)[0]) == 4 * SPAN_S + 1


def test_a_copy_goes_into_an_empty_folder(store, tmp_path):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    assert restore(copy, tmp_path / "fresh")[1] is None
    assert check_history(tmp_path / "fresh" / "history.sqlite").events == 4


def damaged(copy, statement: str, *values) -> None:
    db = sqlite3.connect(copy)
    db.execute(statement, values)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE chunk SET body = x'00' WHERE id = (SELECT max(id) FROM chunk)", "does not hold 900 values"),
        ("DELETE FROM chunk WHERE id = (SELECT max(id) FROM chunk)", "has 1 signals, must have 2"),
        ("UPDATE span SET moments = x'00'", "does not hold its moments"),
        ("UPDATE frame SET body = x'0000'", "has 2 bytes, must have 8"),
        ("DROP TABLE event", "is no whole history"),
        ("DELETE FROM names", "has no list of names"),
    ],
)
def test_a_copy_that_is_not_whole_is_refused_and_the_history_stays(store, tmp_path, statement, told):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    damaged(copy, statement)
    with pytest.raises(InputError, match=told):
        restore(copy, tmp_path / "site")
    assert len(store.query(NAMES[0], 0, 2e9)[0]) == 4 * SPAN_S
    assert not list((tmp_path / "site").glob("*.restored*"))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE chunk SET body = x'00' WHERE id = (SELECT max(id) FROM chunk)", "does not hold 900 values"),
        ("DELETE FROM chunk WHERE id = (SELECT max(id) FROM chunk)", "has 1 signals, must have 2"),
        ("UPDATE frame SET body = x'0000'", "has 2 bytes, must have 8"),
        ("DROP TABLE chunk", "no such table: chunk"),
        ("DROP TABLE names", "no such table: names"),
    ],
)
def test_a_history_that_is_not_whole_never_takes_the_place_of_a_good_copy(store, tmp_path, statement, told):
    copy = backup_of(store, tmp_path / "copies" / "copy.sqlite")
    before = copy.read_bytes()
    damaged(store.path, statement)
    with pytest.raises(InputError) as refused:
        backup(store.path, copy)
    said = str(refused.value)
    assert told in said and str(store.path) in said and f"{copy} stands as it was" in said
    assert copy.read_bytes() == before and os.listdir(copy.parent) == ["copy.sqlite"]
    with pytest.raises(InputError) as refused:
        backup(store.path, tmp_path / "copies" / "first.sqlite")
    assert "stands as it was" not in str(refused.value)
    assert os.listdir(copy.parent) == ["copy.sqlite"]
    restore(copy, tmp_path / "fresh")


def test_a_copy_that_the_disk_has_no_room_for_leaves_the_old_one(store, tmp_path):
    copy = backup_of(store, tmp_path / "copies" / "copy.sqlite")
    before = copy.read_bytes()
    with pytest.raises(InputError, match=r"copy\.sqlite\.\d+\.part"), no_file_larger_than(len(before) // 2):
        backup(store.path, copy)
    assert copy.read_bytes() == before and os.listdir(copy.parent) == ["copy.sqlite"]


@contextmanager
def no_file_larger_than(most: int):
    """As a full disk, for this process: its writes fail beyond so many bytes of a file."""
    old, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, heard)


def test_a_copy_is_one_file_and_looking_it_through_leaves_nothing_beside(store, tmp_path):
    copy = backup_of(store, tmp_path / "copies" / "copy.sqlite")
    check_history(copy)
    assert os.listdir(copy.parent) == ["copy.sqlite"]


def test_the_history_is_no_place_for_its_own_copy(store, tmp_path):
    (tmp_path / "link.sqlite").symlink_to(store.path)
    for place in (store.path, tmp_path / "link.sqlite"):
        with pytest.raises(InputError, match="is the history itself"):
            backup(store.path, place)
    with pytest.raises(InputError, match="is a folder, must be a file"):
        backup(store.path, tmp_path)
    assert len(store.query(NAMES[0], 0, 2e9)[0]) == 4 * SPAN_S


def test_a_copy_is_finished_while_somebody_writes_without_a_pause(store, tmp_path):
    """A look that begins again with each write of another never ends."""
    over, frames = threading.Event(), []

    def write():
        writer = Store(store.path, careful=False)
        for k in range(60_000):
            if over.is_set():
                break
            writer.append(BEGIN_S + 8000 + k, NAMES, np.random.default_rng(k).normal(size=2))
            frames.append(k)
        writer.close()

    store.put([Event(BEGIN_S, "info", "a", "x" * 1_000_000, {}) for _ in range(30)])  # 30 steps of the copy
    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(frames) < 10:
            time.sleep(0.001)
        checked = backup(store.path, tmp_path / "copy.sqlite")
        assert thread.is_alive()
    finally:
        over.set()
        thread.join()
    assert SPAN_S <= checked.frames < SPAN_S + len(frames)


def test_two_histories_of_before_do_not_meet(store, tmp_path, monkeypatch):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    store.close()
    monkeypatch.setattr(time, "strftime", lambda *_: "history-before-20300317-180000")
    kept = {restore(copy, tmp_path / "site")[1] for _ in range(3)}
    assert len(kept) == 3 and all(check_history(one).events == 4 for one in kept)


def test_a_cut_or_foreign_file_is_refused(store, tmp_path):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    os.truncate(copy, copy.stat().st_size // 2)
    with pytest.raises(InputError):
        check_history(copy)
    (tmp_path / "text").write_text("no history")
    with pytest.raises(InputError, match="no whole history: file is not a database"):
        check_history(tmp_path / "text")
    (tmp_path / "empty").touch()
    with pytest.raises(InputError, match="no whole history: it is empty, 0 bytes"):
        check_history(tmp_path / "empty")
    with pytest.raises(InputError, match="is not there"):
        check_history(tmp_path / "gone")


def test_nothing_is_put_back_while_a_historian_is_at_work(store, tmp_path):
    copy = backup_of(store, tmp_path / "copy.sqlite")
    lock = hold(tmp_path / "site")
    with pytest.raises(InputError, match="historian at work already"):
        restore(copy, tmp_path / "site")
    os.close(lock)


def test_an_export_has_a_file_a_signal_and_day_and_says_what_was_not_known(store, tmp_path):
    files = export_parquet(store, tmp_path / "out", (), 0.0, 2e9)
    assert sorted(str(f.relative_to(tmp_path / "out")) for f in files) == [
        f"{name}/2030-03-{day}.parquet" for name in sorted([*NAMES, "events"]) for day in (17, 18)
    ]
    day = parquet.ParquetFile(tmp_path / "out" / NAMES[1] / "2030-03-17.parquet").read()
    assert day.num_rows == 2 * SPAN_S and str(day.schema.field("utc").type) == "timestamp[ms, tz=UTC]"
    assert day["value"].null_count == 2 * SPAN_S - len(range(0, 2 * SPAN_S, 3))
    assert day["value"][3].as_py() == np.float32(3 / 7)
    assert day["utc"][0].value == round(BEGIN_S * 1000)
    events = parquet.ParquetFile(tmp_path / "out" / "events" / "2030-03-18.parquet").read()
    assert events["text"].to_pylist() == ["at 1800", "at 2700"]


def test_only_what_was_asked_for_is_exported(store, tmp_path):
    files = export_parquet(store, tmp_path / "out", [NAMES[0]], BEGIN_S + 10, BEGIN_S + 20)
    assert [f.parent.name for f in files] == [NAMES[0]]
    assert parquet.ParquetFile(files[0]).metadata.num_rows == 10
    with pytest.raises(InputError, match=r"Nearest: grid\.connection\.power_mw"):
        export_parquet(store, tmp_path / "out", ["grid.connection.power"], 0, 2e9)
    with pytest.raises(InputError, match="no name of a folder"):
        export_parquet(store, tmp_path / "out", ["../../etc"], 0, 2e9)
