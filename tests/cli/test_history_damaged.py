"""`wattstack history` on what is no history any more: words, code 2, never a traceback."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.operate.historian.broken import DAMAGES, NAMES, make_history, without_rights
from wattstack.cli.app import run

WORDS = (
    ("query",), ("query", NAMES[0], "--last", "2h"), ("events", "--last", "2h"),
    ("export", "OUT/parquet"), ("backup", "OUT/copy.sqlite"),
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    return make_history(tmp_path_factory.mktemp("whole")).read_bytes()


@pytest.fixture
def site(tmp_path, whole) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "history.sqlite").write_bytes(whole)
    return tmp_path / "site"


def asked(site: Path, words: tuple[str, ...]) -> int:
    return run(["history", str(site), *(word.replace("OUT", str(site.parent / "out")) for word in words)])


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_history_is_refused_with_where_and_how_to_mend(site, damage, words, capsys):
    damage(site / "history.sqlite")
    assert asked(site, words) == 2
    told = capsys.readouterr()
    assert f"{site}/history.sqlite" in told.err
    assert "is no whole history" in told.err or "is damaged" in told.err
    assert f"wattstack history {site} restore COPY" in told.err
    assert "internal error" not in told.err and "Traceback" not in told.err
    out = site.parent / "out"
    assert not out.exists() or not [file for file in out.rglob("*") if file.suffix != ".parquet"]


def test_a_cut_chunk_is_told_by_its_signal_and_costs_no_good_copy(site, capsys):
    copy = site.parent / "good.sqlite"
    assert run(["history", str(site), "backup", str(copy)]) == 0
    before = copy.read_bytes()
    db = sqlite3.connect(site / "history.sqlite")
    db.execute("UPDATE chunk SET body = substr(body, 1, 9) WHERE id = (SELECT min(id) FROM chunk)")
    db.commit()
    db.close()
    capsys.readouterr()
    assert run(["history", str(site), "backup", str(copy)]) == 2
    told = capsys.readouterr().err
    assert "span 1, signal 0" in told and f"was not made. {copy} stands as it was" in told
    assert copy.read_bytes() == before and sorted(os.listdir(site.parent)) == ["good.sqlite", "site"]
    assert asked(site, ("query", NAMES[0], "--last", "2h")) == 2
    assert asked(site, ("query", NAMES[1], "--last", "2h")) == 0  # what is whole is shown
    assert run(["history", str(site), "restore", str(copy)]) == 0
    assert asked(site, ("query", NAMES[0], "--last", "2h")) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cut=st.none() | st.integers(0, 200_000),
    flips=st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 255)), max_size=30),
    words=st.sampled_from(WORDS),
)
def test_whatever_becomes_of_its_bytes_there_are_words_or_an_answer(whole, capsys, cut, flips, words):
    raw = bytearray(whole if cut is None else whole[: cut % (len(whole) + 1)])
    for at, change in flips:
        if raw:
            raw[at % len(raw)] ^= change
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        site.mkdir()
        (site / "history.sqlite").write_bytes(raw)
        code = asked(site, words)
        told = capsys.readouterr()
        assert code in (0, 2), told.err
        assert "internal error" not in told.err
        if words[0] == "backup":
            left = os.listdir(Path(folder) / "out") if (Path(folder) / "out").exists() else []
            assert left == (["copy.sqlite"] if code == 0 else [])


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize(("what", "mode"), [("site", 0), ("site/history.sqlite", 0), ("site", 0o555)])
def test_a_history_without_rights_is_refused_with_who_may(whole, capsys, what, mode, words):
    with tempfile.TemporaryDirectory() as folder:  # a place that others may look into
        Path(folder).chmod(0o755)
        site = Path(folder) / "site"
        site.mkdir()
        (site / "history.sqlite").write_bytes(whole)
        (Path(folder) / "out").mkdir(mode=0o777)
        (Path(folder) / "out").chmod(0o777)
        assert asked(site, words) == 0  # loads all that is needed, which the other may not read
        for end in ("-wal", "-shm"):
            (site / f"history.sqlite{end}").unlink(missing_ok=True)
        capsys.readouterr()
        with without_rights(Path(folder) / what, mode):
            code = asked(site, words)
        told = capsys.readouterr().err
        assert code == 2 and "internal error" not in told
        assert f"{site}/history.sqlite" in told and "may not be opened" in told and "Ask as the user" in told


def test_a_folder_without_a_history_says_how_to_get_one(tmp_path, capsys):
    for words in WORDS:
        assert asked(tmp_path, words) == 2
        told = capsys.readouterr().err
        assert "has no history.sqlite" in told and f"wattstack history {tmp_path} restore COPY" in told


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_history_gives_way_to_a_copy_and_is_kept(site, damage, capsys):
    copy = site.parent / "copy.sqlite"
    assert run(["history", str(site), "backup", str(copy)]) == 0
    damage(site / "history.sqlite")
    assert run(["history", str(site), "restore", str(copy)]) == 0
    assert "The history of before" in capsys.readouterr().out
    assert asked(site, ("query", NAMES[0], "--from", "2030-03-17", "--to", "2030-03-18")) == 0
    assert len(capsys.readouterr().out.splitlines()) > 1800
    damage(copy)
    assert run(["history", str(site), "restore", str(copy)]) == 2
    told = capsys.readouterr().err
    assert str(copy) in told and "Take another copy" in told
    assert asked(site, ("events", "--from", "2030-03-17", "--to", "2030-03-18")) == 0
