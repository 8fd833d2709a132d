"""`wattstack history` and `wattstack audit`: one line each, and an exit code that says how it went."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.cli.app import run
from wattstack.operate.audit import Audit, Change
from wattstack.operate.historian import Event, Store

NAMES = ("grid.connection.power_mw", "battery.main.soc")
BEGIN_S = 1_900_000_800.0  # 2030-03-17T18:00Z
SPAN = ["--from", "2030-03-17T18:00", "--to", "2030-03-18T03:00:03+09:00"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site").mkdir()
    store = Store(tmp_path / "site" / "history.sqlite")
    for k in range(3):
        values = np.array([k + 0.5, np.nan])
        store.append(BEGIN_S + k, NAMES, values, [Event(BEGIN_S + k, "command", NAMES[0], f"cap {k}", {})])
    store.close()
    return str(tmp_path / "site")


def test_the_signals_and_one_of_them_as_csv(folder, capsys):
    assert run(["history", folder, "query"]) == 0
    assert capsys.readouterr().out.split() == sorted(NAMES)
    assert run(["history", folder, "query", NAMES[0], *SPAN]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "utc,grid.connection.power_mw", "2030-03-17T18:00:00.000Z,0.5", "2030-03-17T18:00:01.000Z,1.5",
        "2030-03-17T18:00:02.000Z,2.5",
    ]  # fmt: skip
    assert run(["history", folder, "query", NAMES[1], "--to", "2030-03-17T18:00:01", "--last", "30min"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["2030-03-17T18:00:00.000Z,"]


def test_what_happened_in_order(folder, capsys):
    assert run(["history", folder, "events", *SPAN, "--channel", "grid", "--most", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines] == [["cap", "1"], ["cap", "2"]]
    assert run(["history", folder, "events", *SPAN, "--level", "alarm"]) == 0
    assert capsys.readouterr().out == ""


def test_without_an_end_the_newest_that_is_kept_is_it(folder, capsys):
    assert run(["history", folder, "events"]) == 0  # of 2030, as a simulated site may be
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_export_backup_and_restore_say_what_they_did(folder, tmp_path, capsys):
    copy = str(tmp_path / "copy.sqlite")
    assert run(["history", folder, "export", str(tmp_path / "out"), *SPAN, "--signal", NAMES[0]]) == 0
    assert run(["history", folder, "backup", copy]) == 0
    assert run(["history", folder, "restore", copy]) == 0
    said = capsys.readouterr().out
    assert "2 files in" in said and said.count("3 loose frames, 3 events") == 2
    assert "The history of before: " in said
    assert run(["history", str(tmp_path / "new"), "restore", copy]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["query", NAMES[0], "--from", "yesterday"], "must be a time such as"),
        (["query", NAMES[0], "--last", "1 week"], "must be a length such as"),
        (["query", NAMES[0], "--last", "1d", "--from", "2030-03-17"], "cannot both be given"),
        (["query", NAMES[0], "--from", "2030-03-17", "--to", "2030-03-16"], "must be before --to"),
        (["query", "grid.connection.power", *SPAN], "Nearest: grid.connection.power_mw"),
        (["restore", "gone.sqlite"], "is not there"),
    ],
)
def test_what_cannot_be_asked_is_refused(folder, capsys, words, told):
    assert run(["history", folder, *words]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_without_history_is_refused(tmp_path, capsys):
    assert run(["history", str(tmp_path), "query"]) == 2
    assert "has no history.sqlite" in capsys.readouterr().err


def test_an_audit_is_sound_until_it_is_touched(tmp_path, capsys):
    log = Audit(tmp_path / "audit.log")
    heads = [log.record(Change("operator-1", "mode", k, k + 1, "test"), BEGIN_S + k) for k in range(3)]
    assert run(["audit", "verify", str(log.path), "--head", str(heads[1])]) == 0
    assert run(["audit", "verify", str(tmp_path)]) == 0
    assert f"sound: 3 lines, head {heads[2]}" in capsys.readouterr().out
    raw = log.path.read_bytes()
    log.path.write_bytes(raw.replace(b'"new":2', b'"new":7'))
    assert run(["audit", "verify", str(log.path)]) == 1
    assert "line 2" in capsys.readouterr().err
    log.path.write_bytes(b"".join(raw.splitlines(keepends=True)[:2]))
    Audit(log.path)
    assert run(["audit", "verify", str(log.path)]) == 0
    assert "note: line 3" in capsys.readouterr().out
    assert run(["audit", "verify", str(log.path), "--head", str(heads[2])]) == 1
    assert run(["audit", "verify", str(log.path), "--head", "x"]) == 2


def test_a_text_of_somebody_else_does_not_rule_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)  # as on a terminal
    store = Store(tmp_path / "history.sqlite")
    event = Event(BEGIN_S, "alarm", "a\x1b[8m", "one\ntwo \x1b[2J\u202e", {})
    store.append(BEGIN_S, NAMES, np.array([0.5, 1.0]), [event])
    store.close()
    assert run(["history", str(tmp_path), "events", *SPAN]) == 0
    shown = capsys.readouterr().out
    assert "a\\x1b[8m" in shown
    assert "one two \\x1b[2J\\u202e" in shown
    assert "\x1b" not in shown and "\u202e" not in shown


def test_a_forged_audit_does_not_rule_the_terminal_of_who_checks_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    Audit(tmp_path / "audit.log").record(Change("x", "audit.note", None, None, "\x1b[2J sound: 41 lines"))
    assert run(["audit", "verify", str(tmp_path / "audit.log")]) == 0
    assert "\x1b" not in capsys.readouterr().out
