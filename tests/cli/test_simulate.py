"""`wattstack simulate`: what it prints and writes, what it refuses, and what a stopped run leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from wattstack.cli.app import run

STEP = ("--step", "15min")


@pytest.fixture
def campus_file(campus_file):
    """The campus of two days, its battery of cells."""
    cells = "    chemistry: library:lfp-grid-2026\n    fixed_per_mw_year: 0\n    wear_per_mwh: 0\n"
    campus_file.write_text(campus_file.read_text(encoding="utf-8") + cells, encoding="utf-8")
    return campus_file


@pytest.fixture
def planned(campus_file, tmp_path):
    """The folder of a plan of it."""
    out = tmp_path / "plan"
    assert run(["plan", str(campus_file), "-o", str(out), "--no-report"]) == 0
    return out


def test_a_run_prints_cost_way_batteries_and_limits_and_writes_its_folder(planned, tmp_path, capsys):
    out = tmp_path / "run"
    capsys.readouterr()
    assert run(["simulate", str(planned / "campus.yaml"), "-o", str(out), *STEP]) == 0
    text = capsys.readouterr().out
    for part in (
        "tiny: 1 year of 192 steps.",
        "running cost",
        "EUR a year",
        "of the plan's",
        "look-ahead",
        "ageing",
    ):
        assert part in text, part
    for part in (
        "battery.main",
        "left after 1 year",
        "round trip",
        "limit",
        f"report: {out / 'report.html'}",
    ):
        assert part in text, part
    assert "SYNTHETIC" not in text
    summary = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert summary["kind"] == "year"
    assert summary["plan"]["differs"] == []
    assert "</html>" in (out / "report.html").read_text(encoding="utf-8")


def test_sizes_changed_since_the_plan_are_told_and_its_saving_left_out(planned, tmp_path, capsys):
    words = ["--no-report", "--no-against", "--set", "battery.main.energy_mwh=12.5", *STEP]
    assert run(["simulate", str(planned / "campus.yaml"), "-o", str(tmp_path / "run"), *words]) == 0
    text = capsys.readouterr().out
    assert "is not of this run: battery.main.energy_mwh is 12.5, in the plan" in text
    assert "of the plan's" not in text


def test_a_campus_without_a_plan_beside_it_is_run_on_cost_alone(campus_file, tmp_path, capsys):
    words = ["--no-report", "--no-against", *STEP]
    words += ["--set", "battery.main.power_mw=0", "--set", "battery.main.energy_mwh=0"]
    assert run(["simulate", str(campus_file), "-o", str(tmp_path / "run"), *words]) == 0
    text = capsys.readouterr().out
    assert "running cost" in text
    assert "saving" not in text and "left after" not in text


def test_a_campus_with_ranges_is_sent_to_the_plan(campus_file, tmp_path, capsys):
    assert run(["simulate", str(campus_file), "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert "battery.main.power_mw" in err and "battery.main.energy_mwh" in err
    assert "Plan first" in err
    assert not (tmp_path / "run").exists()


def test_the_folders_of_the_campus_and_of_a_plan_are_not_written_into(planned, campus_file, tmp_path, capsys):
    words = ["simulate", str(planned / "campus.yaml"), "-o"]
    before = sorted(p.name for p in planned.iterdir())
    assert run([*words, str(planned)]) == 2
    assert "holds campus.yaml itself" in capsys.readouterr().err
    other = tmp_path / "other"
    other.mkdir()
    (other / "plan.json").write_text("{}")
    assert run([*words, str(other)]) == 2
    assert "holds a plan" in capsys.readouterr().err
    assert sorted(p.name for p in planned.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_found_before_the_work(planned, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run(["simulate", str(planned / "campus.yaml"), "-o", str(tmp_path / "file" / "run")]) == 2
    assert "file is no folder. Name another folder with -o." in capsys.readouterr().err


def test_a_battery_without_cells_is_refused_before_the_work(planned, tmp_path, capsys):
    text = (planned / "campus.yaml").read_text(encoding="utf-8")
    bare = tmp_path / "bare.yaml"
    bare.write_text(text.replace("    chemistry: library:lfp-grid-2026\n", ""), encoding="utf-8")
    assert run(["simulate", str(bare), "-o", str(tmp_path / "run"), *STEP]) == 2
    assert "names no cell" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_scenario_that_is_not_declared_is_bad_input(planned, tmp_path, capsys):
    words = ["simulate", str(planned / "campus.yaml"), "-o", str(tmp_path / "run"), "--scenario", "wet"]
    assert run(words) == 2
    assert "scenario  is 'wet', but the file declares no scenarios. Take it out." in capsys.readouterr().err


def test_a_step_that_does_not_fit_is_bad_input(planned, tmp_path, capsys):
    words = ["simulate", str(planned / "campus.yaml"), "-o", str(tmp_path / "run"), "--step", "7min"]
    assert run(words) == 2
    assert "must be one of" in capsys.readouterr().err


def test_a_report_of_a_run_can_be_written_again_and_beside_its_plan(planned, tmp_path, capsys):
    out = tmp_path / "run"
    run(["simulate", str(planned / "campus.yaml"), "-o", str(out), "--no-against", *STEP])
    first = (out / "report.html").read_bytes()
    assert run(["report", str(out)]) == 0
    assert (out / "report.html").read_bytes() == first
    assert run(["report", str(planned), str(out), "-o", str(tmp_path / "both.html")]) == 0
    assert "A plan and a simulated year" in (tmp_path / "both.html").read_text(encoding="utf-8")
    assert capsys.readouterr().err == ""


def test_ctrl_c_during_a_run_leaves_nothing_half_written(planned, tmp_path):
    out = tmp_path / "run"
    code = (
        "import wattstack.twin.year as y; from wattstack.cli import main; run = y.Twin.run\n"
        "def slow(*a, **k):\n    print('ready', flush=True); import time; time.sleep(30); return run(*a, **k)\n"
        "y.Twin.run = slow; main()"
    )
    words = [sys.executable, "-c", code, "simulate", str(planned / "campus.yaml"), "-o", str(out), *STEP]
    work = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert work.stdout.readline() == "ready\n"
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=60)
    assert work.returncode == 130, err
    assert "Stopped." in err
    assert not out.exists()
