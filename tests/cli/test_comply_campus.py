"""`wattstack simulate --comply` and the page of `wattstack comply`: exit codes, files, words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.prove.proof.conftest import made
from wattstack.campus import write_campus
from wattstack.cli.app import run


@pytest.fixture
def campus_file(tmp_path):
    write_campus(made(), tmp_path / "bay.yaml")
    return str(tmp_path / "bay.yaml")


def test_a_broken_rule_gives_code_one_and_a_folder_that_report_reads(campus_file, tmp_path, capsys):
    out = tmp_path / "proof"
    line = [
        "simulate",
        campus_file,
        "--comply",
        "--codes",
        "ercot-lcl-10mw",
        "--seconds",
        "30",
        "-o",
        str(out),
    ]
    assert run(line) == 1
    text = capsys.readouterr().out
    assert "in the run" in text and "job events" in text and "FAIL" in text
    summary = json.loads((out / "compliance.json").read_text(encoding="utf-8"))
    assert summary["inputs"][0]["file"] == "bay.yaml" and len(summary["inputs"][0]["sha256"]) == 64
    page = (out / "report.html").read_bytes()
    assert run(["report", str(out), "-o", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_bytes() == page


def test_rules_that_are_kept_give_code_zero_and_waves_for_other_programs(campus_file, tmp_path):
    out = tmp_path / "proof"
    line = ["simulate", campus_file, "--comply", "--codes", "spp", "--binding-only", "-o", str(out)]
    assert run(line) == 2, "spp is a claim: nothing of it binds"
    line = [
        "simulate",
        campus_file,
        "--comply",
        "--codes",
        "library:eirgrid-mpid345",
        "--seconds",
        "20",
        "-o",
        str(out),
    ]
    assert run([*line, "--no-report", "--csv", "--comtrade"]) == 0
    assert {p.suffix for p in out.glob("wave-*")} == {".csv", ".cfg", ".dat"}
    assert not (out / "report.html").exists()


def test_a_trace_gets_the_same_page(tmp_path, capsys):
    t = np.arange(24000) * 0.005
    table = np.column_stack([t, 100 + 6 * np.sin(2 * np.pi * 0.3 * t)])
    trace = tmp_path / "trace.csv"
    np.savetxt(trace, table, delimiter=",", header="time_s,power_mw", comments="", fmt="%.6f")
    page = tmp_path / "evidence.html"
    line = ["comply", str(trace), "--codes", "ercot-lcl-10mw", "--rated-mw", "150", "--frequency-hz", "60"]
    assert run([*line, "-o", str(page)]) == 1
    assert f"page: {page}" in capsys.readouterr().out
    assert "ercot-lcl-10mw variation" in page.read_text(encoding="utf-8")
