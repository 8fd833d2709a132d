"""`wattstack smooth` on a small campus: files, words, exit codes."""

from __future__ import annotations

import pytest

from tests.prove.smoothing.conftest import CHANGES, CODE
from tests.twin.conftest import SMALL, merged
from wattstack.campus import Campus, write_campus
from wattstack.cli.app import run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smooth")
    write_campus(Campus.model_validate(merged(SMALL, CHANGES)), folder / "campus.yaml")
    (folder / "ramps.yaml").write_text(CODE.format(ramp=400, short=7.0), encoding="utf-8")
    return folder


def test_design_is_printed_and_written(files, capsys):
    out = files / "out"
    line = ["smooth", str(files / "campus.yaml"), "-o", str(out), "--codes", str(files / "ramps.yaml"),
            "--fast", "none", "--gpu-hour", "300", "--energy-price", "15000"]  # fmt: skip
    assert run(line) == 0
    told = capsys.readouterr().out
    assert "keeps ramps" in told and "duties.smoothing" in told and "a stop of" in told
    names = {path.name for path in out.iterdir()}
    assert names == {
        "campus.yaml",
        "sized.yaml",
        "smooth.json",
        "alternatives.csv",
        "verdicts.csv",
        "report.html",
    }
    assert run(["check", str(out / "campus.yaml")]) == 0


def test_campus_without_codes_is_bad_input(files, capsys):
    assert run(["smooth", str(files / "campus.yaml"), "-o", str(files / "none")]) == 2
    assert "names no grid code" in capsys.readouterr().err


def test_no_battery_large_enough_is_a_no(files, capsys):
    (files / "strict.yaml").write_text(CODE.format(ramp=400, short=0.03), encoding="utf-8")
    line = ["smooth", str(files / "campus.yaml"), "-o", str(files / "no"), "--codes", str(files / "strict.yaml"),
            "--fast", "none", "--no-report", "--set", "battery.main.power_mw={max: 0.01}",
            "--gpu-hour", "300", "--energy-price", "15000"]  # fmt: skip
    assert run(line) == 1
    told = capsys.readouterr().out
    assert "cannot be met" in told and "less the margin of 5%" in told
