"""`wattstack simulate --outages N`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json

import pytest

from wattstack.cli.app import run

FEW = ("--outages", "6", "--hours", "3", "--workers", "1")


@pytest.fixture
def planned(campus_file, tmp_path):
    """The folder of a plan of the campus of two days, its battery of cells."""
    cells = "    chemistry: library:lfp-grid-2026\n    fixed_per_mw_year: 0\n    wear_per_mwh: 0\n"
    campus_file.write_text(campus_file.read_text(encoding="utf-8") + cells, encoding="utf-8")
    out = tmp_path / "plan"
    assert run(["plan", str(campus_file), "-o", str(out), "--no-report"]) == 0
    return out


def test_outages_print_the_chance_and_write_their_folder(planned, tmp_path, capsys):
    out = tmp_path / "outages"
    capsys.readouterr()
    assert run(["simulate", str(planned / "campus.yaml"), "-o", str(out), *FEW, "--rare"]) == 0
    text = capsys.readouterr().out
    assert "tiny: 6 outages of the grid, 3 h from the start of each; critical is 100% of the load" in text
    assert "critical load served" in text
    assert "published means are taken" in text
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "tiny: outages of the grid" in page
    assert run(["report", str(out), "-o", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
    summary = json.loads((out / "outages.json").read_text(encoding="utf-8"))
    assert summary["count"] == 6
    assert summary["tilt"] == {"length_sigma": 1.0, "failure_scale": 5.0}
    assert (out / "campaigns.csv").read_text(encoding="utf-8").count("\n") == 7


def test_hours_beyond_the_axis_are_refused_in_words(planned, tmp_path, capsys):
    words = [
        "simulate",
        str(planned / "campus.yaml"),
        "-o",
        str(tmp_path / "x"),
        "--outages",
        "6",
        "--hours",
        "99",
    ]
    assert run(words) == 2
    assert "is 99, must be in 0.0167 .. 48, the hours of `time`" in capsys.readouterr().err
