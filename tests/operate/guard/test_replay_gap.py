"""Recorded files between which something is missing: a replay that is equal says what it could not look at."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.operate.guard.test_replay import recorded
from wattstack.cli.history import history
from wattstack.errors import InputError
from wattstack.operate.guard import decide_again
from wattstack.operate.guard import record as kept
from wattstack.operate.guard.record import HEAD, MAGIC, pack


def files_of(folder: Path, monkeypatch) -> list[Path]:
    monkeypatch.setattr(kept, "FILE_S", 10.0)
    monkeypatch.setattr(kept, "PIECE_S", 3.0)
    recorded(folder / "images")
    return sorted((folder / "images").iterdir())


def without_its_last_piece(file: Path) -> None:
    """As a guard leaves it that is killed before it writes that piece."""
    raw, at, last = file.read_bytes(), len(MAGIC), len(MAGIC)
    while at < len(raw):
        last, at = at, at + 5 + struct.unpack(">I", raw[at + 1 : at + 5])[0]
    file.write_bytes(raw[:last])


def test_seconds_that_a_killed_guard_did_not_write_are_told(tmp_path, monkeypatch):
    files = files_of(tmp_path, monkeypatch)
    whole = decide_again(tmp_path / "images").cycles
    without_its_last_piece(files[0])
    made = decide_again(tmp_path / "images")
    missing = whole - made.cycles
    assert made.first is None and missing > 2
    (note,) = made.notes
    assert note.startswith(
        f"{files[1].name}: nothing is recorded of the {0.1 * (missing + 1):.1f} s before it."
    )
    said = CliRunner().invoke(history, [str(tmp_path), "replay"], standalone_mode=False)
    assert said.return_value == 0 and "bit for bit" in said.output
    assert "the guard stood still, or was killed" in said.output.lower()


def test_files_that_follow_each_other_have_no_gap(tmp_path, monkeypatch):
    files_of(tmp_path, monkeypatch)
    assert decide_again(tmp_path / "images").notes == ()


@pytest.mark.parametrize("cut", [0, 1, 10, 1000, -1])
def test_a_mind_that_cannot_be_put_together_is_refused_in_words(tmp_path, cut):
    mind = pickle.dumps(recorded(tmp_path / "made", cycles=3), protocol=5)
    told = {"names": [], "version": "0", "utc_s": 0.0}
    (tmp_path / "images").mkdir()
    file = tmp_path / "images" / "20300317T180000-000000000.images"
    piece = pack(b"P", {"count": 1}, bytes(24))
    file.write_bytes(MAGIC + pack(HEAD, told, mind[:cut]) + piece)
    with pytest.raises(InputError, match="is not whole: no mind can be put together of it"):
        decide_again(tmp_path / "images")
