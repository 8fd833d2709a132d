"""What is kept on disk is what would be computed, and nothing depends on it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from wattstack.case import build_case, solar_cache
from wattstack.case.solar_cache import cache_dir, kept


class Counted:
    """A computation that knows how often it ran."""

    def __init__(self, result):
        self.result = np.asarray(result, dtype=float)
        self.runs = 0

    def __call__(self):
        self.runs += 1
        return self.result


def test_the_second_time_comes_from_disk_bit_for_bit(own_cache):
    work = Counted([0.1, 1 / 3, 0.0])
    first, second = (kept("tilt 10", {"ghi": np.arange(3.0)}, work) for _ in range(2))
    assert work.runs == 1
    assert first.tobytes() == second.tobytes()
    assert [path.suffix for path in own_cache.iterdir()] == [".npy"]


def test_anything_else_that_goes_in_is_computed_anew():
    work = Counted([1.0])
    for parameters, arrays in (
        ("a", {"x": np.zeros(3)}), ("b", {"x": np.zeros(3)}), ("a", {"y": np.zeros(3)}),
        ("a", {"x": np.ones(3)}), ("a", {"x": np.zeros(3, dtype=np.float32)}), ("a", {"x": np.zeros((3, 1))}),
    ):  # fmt: skip
        kept(parameters, arrays, work)
    assert work.runs == 6


def test_switched_off_nothing_is_written(monkeypatch, own_cache):
    monkeypatch.setenv("WATTSTACK_CACHE", "off")
    work = Counted([1.0])
    for _ in range(2):
        kept("a", {}, work)
    assert work.runs == 2
    assert not own_cache.exists()


def test_a_broken_file_is_computed_again_and_mended(own_cache):
    work = Counted([1.0, 2.0])
    kept("a", {}, work)
    (path,) = own_cache.iterdir()
    path.write_bytes(path.read_bytes()[:20])
    assert kept("a", {}, work).tolist() == [1.0, 2.0]
    assert kept("a", {}, work).tolist() == [1.0, 2.0]
    assert work.runs == 2


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("WATTSTACK_CACHE", str(tmp_path / "file"))
    work = Counted([1.0])
    assert [kept("a", {}, work).tolist() for _ in range(2)] == [[1.0], [1.0]]
    assert work.runs == 2


def test_the_oldest_files_go_first(monkeypatch, own_cache):
    monkeypatch.setattr(solar_cache, "MOST_FILES", 2)
    import os

    for i in range(4):
        kept(str(i), {}, Counted([float(i)]))
        for path in own_cache.iterdir():  # as if they had been written an hour apart
            stat = path.stat()
            os.utime(path, (stat.st_atime - 3600, stat.st_mtime - 3600))
    assert len(list(own_cache.iterdir())) == 2
    work = Counted([9.0])
    assert kept("3", {}, work).tolist() == [3.0]
    assert kept("0", {}, work).tolist() == [9.0]


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "given"}, Path("given") / "wattstack"),
        ("linux", {"HOME": "me"}, Path("me") / ".cache" / "wattstack"),
        ("darwin", {"HOME": "me"}, Path("me") / "Library" / "Caches" / "wattstack"),
        ("win32", {"LOCALAPPDATA": "local"}, Path("local") / "wattstack"),
        ("linux", {"WATTSTACK_CACHE": "mine"}, Path("mine")),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, platform, variables, folder):
    for name in ("WATTSTACK_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_dir() == folder


def test_a_case_is_the_same_with_the_cache_cold_warm_and_off(monkeypatch, campus_of, add_weather, own_cache):
    campus = campus_of(add_weather)
    cold, warm = (build_case(campus).solar_frac["roof"].tobytes() for _ in range(2))
    assert len(list(own_cache.iterdir())) == 1
    monkeypatch.setenv("WATTSTACK_CACHE", "off")
    off = build_case(campus).solar_frac["roof"].tobytes()
    assert cold == warm == off


def test_another_tilt_is_another_output(campus_of, add_weather):
    def steep(raw):
        add_weather(raw)
        raw["solar"]["roof"]["tilt_deg"] = 60

    flat = build_case(campus_of(add_weather)).solar_frac["roof"]
    assert build_case(campus_of(steep)).solar_frac["roof"].sum() > 1.2 * flat.sum()
