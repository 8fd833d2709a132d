"""A log of changes: whatever is done to it afterwards is found, whatever happens while it is written is not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.operate.audit import Audit, Change, Head, verify_audit

MOMENT_S = 1_900_000_000.25


def change(k: int) -> Change:
    return Change(
        "operator-1", "reserve_mwh", k, k + 1, f"storm warning {k} 大阪", MOMENT_S + 3600, "engineer-2"
    )


@pytest.fixture
def log(tmp_path) -> Path:
    audit = Audit(tmp_path / "audit.log")
    for k in range(12):
        audit.record(change(k), MOMENT_S + k)
    return audit.path


def whats(path: Path) -> list[str]:
    return [fault.where + " " + fault.what for fault in verify_audit(path).faults]


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_line_says_who_what_old_new_why_until_when_and_who_else(log):
    entry = json.loads(lines(log)[3])
    assert list(entry)[:9] == ["n", "utc", "who", "second", "what", "old", "new", "reason", "until"]
    assert (entry["n"], entry["who"], entry["second"], entry["old"], entry["new"]) == (
        4,
        "operator-1",
        "engineer-2",
        3,
        4,
    )
    assert entry["utc"] == "2030-03-17T17:46:43.250Z" and entry["until"] == "2030-03-17T18:46:40.250Z"
    assert entry["before"] == json.loads(lines(log)[2])["hash"]


def test_an_untouched_log_is_sound_and_only_its_owner_reads_it(log):
    verdict = verify_audit(log)
    assert verdict.sound and verdict.head == Audit(log).head and verdict.head.number == 12
    assert (log.stat().st_mode & 0o777, log.with_name("audit.log.head").stat().st_mode & 0o777) == (
        0o600,
        0o600,
    )


def test_one_changed_byte_anywhere_is_found(log):
    raw = log.read_bytes()
    picked = random.Random(5)
    for at in [*picked.sample(range(len(raw)), 150), 0, len(raw) - 2]:
        for bit in (1, 32):
            log.write_bytes(raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :])
            assert not verify_audit(log).sound, at


def test_a_changed_line_is_told_by_its_number_once(log):
    kept = lines(log)
    kept[4] = kept[4].replace(b'"new":5', b'"new":9')
    log.write_bytes(b"".join(kept))
    assert whats(log) == ["line 5 was changed: its bytes do not have its hash."]


def test_a_line_that_was_changed_and_hashed_again_does_not_fit_the_next(log):
    from wattstack.operate.audit.log import body_of, hash_of

    kept = lines(log)
    body = body_of(kept[4].rstrip(b"\n"))[0].replace(b'"new":5', b'"new":9')
    kept[4] = body + b',"hash":"' + hash_of(body).encode() + b'"}\n'
    log.write_bytes(b"".join(kept))
    assert whats(log) == [
        "line 6 does not follow the line before it: one was changed, taken out, put in or moved."
    ]


def test_a_deleted_line_is_found(log):
    kept = lines(log)
    log.write_bytes(b"".join(kept[:6] + kept[7:]))
    assert any("number 8, must be 7" in what for what in whats(log)) and len(whats(log)) == 2
    log.write_bytes(b"".join(kept[1:]))
    assert not verify_audit(log).sound


def test_lines_in_another_order_or_twice_are_found(log):
    kept = lines(log)
    log.write_bytes(b"".join([*kept[:3], kept[4], kept[3], *kept[5:]]))
    assert any(what.startswith("line 4 says it is number 5") for what in whats(log))
    log.write_bytes(b"".join([*kept, kept[-1]]))
    assert not verify_audit(log).sound


def test_a_cut_tail_is_found_by_the_head_file(log):
    log.write_bytes(b"".join(lines(log)[:-3]))
    assert whats(log) == ["end is cut off: the head file knows line 12, the log ends at 9."]


def test_an_emptied_log_is_found_by_the_head_file(log):
    log.write_bytes(b"")
    assert whats(log) == ["end is cut off: the head file knows line 12, the log ends at 0."]


def test_a_tail_cut_together_with_its_head_file_is_found_by_what_left_the_machine(log, tmp_path):
    copy = tmp_path / "copy.log"
    copy.write_bytes(log.read_bytes())
    known = Audit(log).head
    short = b"".join(lines(log)[:-3])
    log.write_bytes(short)
    entry = json.loads(lines(log)[-1])
    log.with_name("audit.log.head").write_text(f"{entry['n']}:{entry['hash']}\n")
    assert verify_audit(log).sound  # whoever owns the machine can do this
    assert [f.what for f in verify_audit(log, [known]).faults] == [
        "is cut off: the head knows line 12, the log ends at 9."
    ]
    assert [f.what for f in verify_audit(log, copy=copy).faults] == [
        "is cut off: the copy has line 10, the log has 9."
    ]


def test_a_log_written_anew_is_found_by_what_left_the_machine(log, tmp_path):
    known = Audit(log).head
    other = Audit(tmp_path / "other" / "audit.log")
    for k in range(13):
        other.record(change(k + 1), MOMENT_S)
    verdict = verify_audit(other.path, [known], copy=log)
    assert [(f.where, f.what) for f in verdict.faults] == [
        ("line 12", "is not the one that the head knows."),
        ("line 1", "differs from the copy."),
    ]


def test_a_head_file_that_is_gone_or_nonsense_is_told(log):
    head = log.with_name("audit.log.head")
    head.write_text("12:beef\n")
    assert "must be NUMBER:HASH" in whats(log)[0]
    head.unlink()
    assert "is not there, must lie beside the log" in whats(log)[0]


def test_a_cut_tail_is_written_down_by_the_next_one_who_writes(log):
    log.write_bytes(b"".join(lines(log)[:-3]))
    Audit(log).record(change(99), MOMENT_S)
    assert [json.loads(line)["what"] for line in lines(log)[-2:]] == ["audit.head_differs", "reserve_mwh"]
    verdict = verify_audit(log)
    assert verdict.sound and "does not hold the newest known line" in verdict.notes[0]


def test_a_line_torn_by_a_power_cut_is_kept_as_a_value_and_the_chain_goes_on(log):
    with log.open("ab") as file:
        file.write(lines(log)[0][:70])
    assert "is not whole" in " ".join(whats(log))
    Audit(log).record(change(99), MOMENT_S)
    verdict = verify_audit(log)
    assert verdict.sound and "audit.torn_line" in verdict.notes[0]
    assert json.loads(lines(log)[12])["old"].startswith('{"n":1,')


def test_power_between_line_and_head_file_is_no_tampering(log):
    head = log.with_name("audit.log.head")
    before = head.read_text()
    Audit(log).record(change(12), MOMENT_S)
    head.write_text(before)
    assert verify_audit(log).sound
    Audit(log).record(change(13), MOMENT_S)
    verdict = verify_audit(log)
    assert verdict.sound and not verdict.notes and verdict.head.number == 14


def test_garbage_at_the_end_does_not_stop_the_log_and_stays_visible(log):
    with log.open("ab") as file:
        file.write(b"garbage\n")
    Audit(log).record(change(99), MOMENT_S)
    assert any("is no line of a log" in what for what in whats(log))
    with log.open("ab") as file:
        file.write(b'{"m":1,"hash":"' + b"0" * 64 + b'"}\n')
    assert any("is no JSON with n, what and before" in what for what in whats(log))


def test_several_processes_and_threads_write_one_chain(tmp_path):
    path = tmp_path / "audit.log"
    code = (
        "import sys; from wattstack.operate.audit import Audit, Change\n"
        "a = Audit(sys.argv[1])\n"
        "for k in range(15): a.record(Change(sys.argv[2], 'mode', k, k + 1, 'test'))"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, str(path), f"p{k}"]) for k in range(2)]
    audit = Audit(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: audit.record(change(k)), range(20)))
    assert [process.wait() for process in others] == [0, 0]
    verdict = verify_audit(path)
    assert verdict.sound and verdict.head.number == 50 and not verdict.notes


def test_no_change_that_was_acknowledged_is_lost_when_the_writer_is_killed(tmp_path):
    path = tmp_path / "audit.log"
    code = (
        "import sys; from wattstack.operate.audit import Audit, Change\n"
        "a = Audit(sys.argv[1])\n"
        "for k in range(10**6): print(a.record(Change('operator-1', 'mode', k, k + 1, 'test')).number, flush=True)"
    )
    last = 0
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        writer.stdout.readline()
        time.sleep(0.15)
        writer.send_signal(signal.SIGKILL)
        last = int(writer.stdout.read().split()[-1])
        writer.wait()
        Audit(path)
        verdict = verify_audit(path)
        assert verdict.sound and verdict.head.number >= last


def test_what_is_written_leaves_the_machine_too_and_a_dead_listener_stops_nothing(tmp_path):
    told: list[str] = []
    audit = Audit(tmp_path / "audit.log", off_box=told.append)
    audit.record(change(0))
    assert told[0].encode() + b"\n" == lines(audit.path)[0]

    def dead(_line: str) -> None:
        raise ConnectionError

    assert Audit(audit.path, off_box=dead).record(change(1)).number == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (Change("", "mode", 1, 2, "why"), "who is missing"),
        (Change("operator-1", "mode", 1, 2, "  "), "reason is missing"),
        (Change("operator-1", "mode", 1, float("nan"), "why"), "is no JSON"),
        (Change("operator-1", "mode", object(), 2, "why"), "is no JSON"),
        (Change("operator-1", "mode", "x" * 40000, 2, "why"), "must have at most"),
    ],
)
def test_a_change_without_a_name_a_reason_or_a_plain_value_is_refused(log, wrong, told):
    with pytest.raises(InputError, match=told):
        Audit(log).record(wrong)
    assert verify_audit(log).head.number == 12 and verify_audit(log).sound


def test_a_full_disk_leaves_the_chain_whole_and_says_that_nothing_was_written(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from wattstack.operate.audit import Audit, Change, verify_audit\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "a, n = Audit(sys.argv[1]), 0\n"
        "try:\n"
        "    while True: n = a.record(Change('operator-1', 'mode', n, n + 1, 'test')).number\n"
        "except OSError: pass\n"
        "v = verify_audit(sys.argv[1]); print(v.sound and v.head.number == n and n > 1)"
    )
    path = str(tmp_path / "audit.log")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_log_that_is_not_there_cannot_be_checked(tmp_path, log):
    with pytest.raises(InputError, match="is not there"):
        verify_audit(tmp_path / "other.log")
    with pytest.raises(InputError, match="must be an older copy"):
        verify_audit(log, copy=tmp_path / "other.log")
    with pytest.raises(InputError, match="must be NUMBER:HASH"):
        Head.of("12:xyz")


words = st.text(min_size=1, max_size=30).filter(str.strip)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(words, words, values, values, words), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
)
def test_whatever_is_recorded_is_sound_and_whatever_is_moved_is_not(tmp_path, entries, chance):
    path = tmp_path / f"{os.urandom(6).hex()}.log"
    audit = Audit(path)
    for entry in entries:
        audit.record(Change(*entry), MOMENT_S)
    assert verify_audit(path).sound
    kept = lines(path)
    assert [(e["who"], e["new"]) for e in map(json.loads, kept)] == [(e[0], e[3]) for e in entries]
    mixed = kept.copy()
    while mixed == kept:
        chance.shuffle(mixed)
        if chance.random() < 0.5:
            mixed.pop()
    path.write_bytes(b"".join(mixed))
    assert not verify_audit(path).sound
