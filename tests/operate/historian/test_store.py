"""History on disk: nothing acknowledged is lost, what is packed is what was kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.operate.historian import Event, Store, backup
from wattstack.operate.historian.spans import SPAN_S

NAMES = ("grid.connection.power_mw", "battery.main.soc", "battery.main.power_mw")
BEGIN_S = 1_900_000_800.0  # a whole span begins here


def frame(k: int) -> np.ndarray:
    soc = np.nan if k % 7 == 3 else np.sin(k / 500.0)
    return np.array([round(100 + 5 * np.sin(k / 60.0), 3), soc, (k % 9) - 4.0], dtype=np.float32)


@pytest.fixture
def store(tmp_path):
    kept = Store(tmp_path / "history.sqlite", careful=False)
    yield kept
    kept.close()


def fill(store: Store, seconds: int, names=NAMES, begin_s: float = BEGIN_S) -> None:
    for k in range(seconds):
        store.append(begin_s + k, names, frame(k))


def test_what_is_packed_is_what_was_kept_bit_for_bit(store):
    fill(store, 2 * SPAN_S + 100)
    before = [store.query(name, BEGIN_S, BEGIN_S + 4000) for name in NAMES]
    assert [store.pack(BEGIN_S + 2 * SPAN_S + 100) for _ in range(3)] == [SPAN_S, SPAN_S, 0]
    for name, (moments, values) in zip(NAMES, before, strict=True):
        again = store.query(name, BEGIN_S, BEGIN_S + 4000)
        assert np.array_equal(moments, again[0]) and len(moments) == 2 * SPAN_S + 100
        assert np.array_equal(values.view(np.uint32), again[1].view(np.uint32))


def test_a_part_of_a_span_is_found_to_the_second(store):
    fill(store, SPAN_S)
    store.pack(BEGIN_S + SPAN_S)
    moments, values = store.query(NAMES[2], BEGIN_S + 10, BEGIN_S + 13)
    assert moments.tolist() == [BEGIN_S + 10, BEGIN_S + 11, BEGIN_S + 12]
    assert values.tolist() == [frame(k)[2] for k in (10, 11, 12)]


def test_an_open_span_is_not_packed(store):
    fill(store, SPAN_S - 1)
    assert store.pack(BEGIN_S + SPAN_S - 1) == 0


def test_a_signal_that_came_later_is_found_from_then_on(store):
    fill(store, 60)
    for k in range(60, 120):
        store.append(BEGIN_S + k, (*NAMES, "solar.roof.power_mw"), np.append(frame(k), k))
    fill(store, SPAN_S, begin_s=BEGIN_S + SPAN_S)
    for _ in range(4):
        store.pack(BEGIN_S + 3 * SPAN_S)
    moments, values = store.query("solar.roof.power_mw", BEGIN_S, BEGIN_S + 5000)
    assert (len(moments), values[0], values[-1]) == (60, 60.0, 119.0)
    moments, _ = store.query(NAMES[0], BEGIN_S, BEGIN_S + 5000)
    assert len(moments) == 120 + SPAN_S and np.all(np.diff(moments) > 0)


def test_the_last_of_all_is_known_packed_or_not(store):
    assert store.last() is None and store.span_s is None
    fill(store, SPAN_S)
    loose = store.last()
    store.pack(BEGIN_S + SPAN_S)
    assert repr(store.last()) == repr(loose)  # in words, for NaN is not equal to itself
    assert loose[0] == BEGIN_S + SPAN_S - 1
    assert loose[1][NAMES[0]] == frame(SPAN_S - 1)[0]
    assert store.span_s == (BEGIN_S, BEGIN_S + SPAN_S - 1)


def test_events_are_found_by_time_level_and_channel(store):
    battery, grid = "battery.main.soc", "grid.connection.power_mw"
    kinds = [("alarm", battery), ("command", "battery.main.setpoint_mw"), ("alarm", grid)]
    said = [
        Event(BEGIN_S + k, level, channel, f"{channel} {k}", {"k": k})
        for k, (level, channel) in enumerate(kinds)
    ]
    store.append(BEGIN_S, NAMES, frame(0), said[:2])
    store.put(said[2:])
    assert store.events(BEGIN_S, BEGIN_S + 10) == said
    assert store.events(BEGIN_S, BEGIN_S + 10, level="alarm") == [said[0], said[2]]
    assert store.events(BEGIN_S, BEGIN_S + 10, channel="battery.main") == said[:2]
    assert store.events(BEGIN_S, BEGIN_S + 10, most=1) == said[2:]
    assert store.events(BEGIN_S + 1, BEGIN_S + 2) == [said[1]]


def test_a_signal_that_was_never_kept_is_told_with_the_nearest(store):
    fill(store, 2)
    with pytest.raises(InputError, match=r"Nearest: battery\.main\.soc"):
        store.query("battery.main.socc", BEGIN_S, BEGIN_S + 1)


def test_a_frame_with_another_number_of_values_than_names_is_refused(store):
    with pytest.raises(InputError, match="has 2 values, must have one for each of 3 names"):
        store.append(BEGIN_S, NAMES, np.zeros(2))
    assert store.last() is None


def test_what_was_dropped_makes_room_for_what_comes(store):
    fill(store, 3 * SPAN_S)
    while store.pack(BEGIN_S + 3 * SPAN_S):
        pass
    full = store.size_bytes
    assert store.drop(BEGIN_S + 2 * SPAN_S) == 2
    assert store.size_bytes < full
    assert store.query(NAMES[0], BEGIN_S, BEGIN_S + 9999)[0][0] == BEGIN_S + 2 * SPAN_S


def test_a_copy_made_while_history_goes_on_holds_all_of_it(store, tmp_path):
    fill(store, SPAN_S + 20)
    store.pack(BEGIN_S + SPAN_S)
    backup(store.path, tmp_path / "copies" / "history.sqlite")
    copy = Store(tmp_path / "copies" / "history.sqlite", read_only=True)
    assert np.array_equal(copy.query(NAMES[0], 0, 2e9)[0], store.query(NAMES[0], 0, 2e9)[0])
    copy.close()


def test_one_reads_while_another_writes(store):
    fill(store, 5)
    reader = Store(store.path, read_only=True)
    store.append(BEGIN_S + 5, NAMES, frame(5))
    assert len(reader.query(NAMES[0], 0, 2e9)[0]) == 6
    reader.close()


WRITER = """
import sys, numpy as np
from wattstack.operate.historian import Event, Store
store = Store(sys.argv[1])
begin = float(sys.argv[2])
for k in range(100_000):
    store.append(begin + k, ("a", "b"), np.array([k, -k]), [Event(begin + k, "info", "a", str(k), {})])
    if k % 50 == 49:
        store.pack(begin + k)
    print(k, flush=True)
"""


def test_no_second_that_was_acknowledged_is_lost_when_the_writer_is_killed(tmp_path):
    path = tmp_path / "history.sqlite"
    begin_s = BEGIN_S
    for wait_s in (0.3, 0.5, 0.8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(begin_s)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        writer.stdout.readline()
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        said = writer.stdout.read().split()
        writer.wait()
        last = int(said[-1])
        store = Store(path)
        moments, values = store.query("b", begin_s, begin_s + 1e6)
        assert np.array_equal(moments[: last + 1], begin_s + np.arange(last + 1))
        assert np.array_equal(values[: last + 1], -np.arange(last + 1, dtype=np.float32))
        assert len(store.events(begin_s, begin_s + 1e6, most=10**6)) in (last + 1, last + 2)
        store.close()
        begin_s += 1e6 // SPAN_S * SPAN_S
