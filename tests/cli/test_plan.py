"""`wattstack plan`: sizes and certificate on the screen, results in a folder, nothing half-written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from wattstack.cli.app import run


def test_a_plan_prints_sizes_cost_bound_and_gap_and_writes_its_folder(campus_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(["plan", str(campus_file), "-o", str(out), "--no-report"]) == 0
    text = capsys.readouterr().out
    for part in ("tiny: planned.", "battery.main.energy_mwh", "yearly cost", "lower bound", "gap", "solver"):
        assert part in text, part
    assert "a year against no new assets, before capital" in text
    assert "SYNTHETIC" not in text
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert plan["gap_frac"] <= 1e-6
    assert plan["bound"] <= plan["objective"]
    assert not (out / "report.html").exists()


def test_the_report_is_written_and_its_path_printed(campus_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(["plan", str(campus_file), "-o", str(out)]) == 0
    assert f"report: {out / 'report.html'}" in capsys.readouterr().out
    assert "</html>" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "finance.xlsx").stat().st_size > 0


def test_a_report_can_be_written_again_from_the_folder(campus_file, tmp_path, capsys):
    out = tmp_path / "out"
    run(["plan", str(campus_file), "-o", str(out), "--no-report"])
    assert run(["report", str(out)]) == 0
    assert run(["report", str(out), "-o", str(tmp_path / "page.html")]) == 0
    assert (out / "report.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    assert f"report: {tmp_path / 'page.html'}" in capsys.readouterr().out


def test_a_folder_without_a_result_is_bad_input(tmp_path, capsys):
    assert run(["report", str(tmp_path)]) == 2
    assert capsys.readouterr().err


def test_two_results_stand_side_by_side(campus_file, tmp_path, capsys):
    for name, firm in (("a", "20"), ("b", "15")):
        words = ["-o", str(tmp_path / name), "--set", f"grid.connection.firm_mw={firm}", "--no-report"]
        assert run(["plan", str(campus_file), *words]) == 0
    assert run(["report", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert f"report: {tmp_path / 'a' / 'compared.html'}" in capsys.readouterr().out


def test_a_load_that_nothing_serves_is_exit_code_one_and_says_what_is_missing(campus_file, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["plan", str(campus_file), "-o", str(out)]
    assert run([*words, "--set", "load.campus.draw_mw=50", "--no-report"]) == 1
    assert "30 MW missing" in capsys.readouterr().err
    assert not out.exists()
    assert run([*words, "--set", "load.campus.draw_mw=50"]) == 1
    assert [p.name for p in out.iterdir()] == ["no-plan.html"]
    assert run([*words, "--no-report"]) == 0
    assert not (out / "no-plan.html").exists()


def test_bad_input_writes_nothing(campus_file, tmp_path):
    out = tmp_path / "out"
    assert run(["plan", str(campus_file), "-o", str(out), "--set", "currency=Yen"]) == 2
    assert not out.exists()


def test_the_folder_of_the_campus_file_is_not_written_into(campus_file, capsys):
    before = campus_file.read_bytes()
    assert run(["plan", str(campus_file), "-o", str(campus_file.parent), "--no-report"]) == 2
    assert "holds campus.yaml itself, which the sized campus.yaml would replace." in capsys.readouterr().err
    assert campus_file.read_bytes() == before
    assert [p.name for p in campus_file.parent.iterdir()] == ["campus.yaml"]


def test_ctrl_c_during_a_plan_leaves_nothing_half_written(campus_file, tmp_path):
    out = tmp_path / "out"
    code = (  # interrupted where it writes: the plan is made
        "import wattstack.plan as p; from wattstack.cli import main; write = p.write_plan\n"
        "def slow(*a, **k):\n    print('ready', flush=True); import time; time.sleep(30); return write(*a, **k)\n"
        "p.write_plan = slow; main()"
    )
    words = [sys.executable, "-c", code, "plan", str(campus_file), "-o", str(out)]
    work = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert work.stdout.readline() == "ready\n"
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=60)
    assert work.returncode == 130, err
    assert "Stopped." in err
    assert not out.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["campus.yaml"]


@pytest.mark.parametrize("gap", ["0", "-1", "much"])
def test_a_gap_that_cannot_be_asked_for_is_bad_input(gap, campus_file, capsys):
    assert run(["plan", str(campus_file), "--gap", gap]) == 2
    assert "--gap" in capsys.readouterr().err


def test_equal_inputs_give_equal_bytes(campus_file, tmp_path):
    for name in ("a", "b"):
        assert run(["plan", str(campus_file), "-o", str(tmp_path / name), "--no-report"]) == 0
    assert (tmp_path / "a" / "plan.json").read_bytes() == (tmp_path / "b" / "plan.json").read_bytes()


def test_a_folder_that_cannot_be_written_is_found_before_the_work(campus_file, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run(["plan", str(campus_file), "-o", str(tmp_path / "file" / "out")]) == 2
    assert "file is no folder. Name another folder with -o." in capsys.readouterr().err
