"""`wattstack comply`: a trace file in, verdicts and an exit code out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wattstack.cli.app import run

SITE = ["--rated-mw", "150", "--frequency-hz", "60"]


@pytest.fixture
def trace(tmp_path):
    """A trace of two minutes at 200 samples a second with a swing of so many MW."""

    def write(peak_to_peak_mw):
        t = np.arange(24000) * 0.005
        power = 100 + 0.5 * peak_to_peak_mw * np.sin(2 * np.pi * 0.3 * t)
        path = tmp_path / "trace.csv"
        np.savetxt(
            path,
            np.column_stack([t, power]),
            delimiter=",",
            header="time_s,power_mw",
            comments="",
            fmt="%.6f",
        )
        return str(path)

    return write


def test_a_swing_below_the_limit_passes_with_code_zero(trace, capsys):
    assert run(["comply", trace(8.0), "--codes", "ercot-lcl-10mw", *SITE]) == 0
    text = capsys.readouterr().out
    assert "pass" in text and "proposal" in text and "1 pass." in text and "measured" in text


def test_a_swing_above_it_fails_with_code_one_and_says_why(trace, capsys, tmp_path):
    verdicts = tmp_path / "verdicts.json"
    line = ["comply", trace(12.0), "--codes", "ercot-lcl-10mw,ieso-3.0", *SITE, "--json", str(verdicts)]
    assert run(line) == 1
    text = capsys.readouterr().out
    assert "FAIL" in text and "dB)" in text and "no more than 10 MW peak to peak" in text
    assert "not measurable; of those that fail 2 in force or approved, 1 not" in text
    assert json.loads(verdicts.read_text())["counts"]["fail"] == 3


def test_binding_rules_only(trace, capsys):
    assert (
        run(["comply", trace(12.0), "--codes", "ercot-lcl-10mw,ercot-nogrr-282", *SITE, "--binding-only"])
        == 0
    )
    assert "ercot-lcl-10mw" not in capsys.readouterr().out.split("\n\n")[1]


def test_only_some_rules_and_an_order_from_the_command_line(trace, capsys):
    line = [
        "comply",
        trace(1.0),
        "--codes",
        "curtailment-emerald",
        *SITE,
        "--only",
        "fast-10h",
        "--event",
        "curtail@10",
    ]
    assert run(line) == 1
    assert "fast-10h" in capsys.readouterr().out


def test_the_campus_names_connection_and_codes(trace, campus_file, capsys):
    text = campus_file.read_text()
    connection = "  connection: {firm_mw: 20, frequency_hz: 60}\n  codes: [library:southern]"
    campus_file.write_text(text.replace("  connection: {firm_mw: 20}", connection))
    assert run(["comply", trace(8.0), "--campus", str(campus_file)]) == 0
    assert "southern" in capsys.readouterr().out
    line = [
        "comply",
        trace(8.0),
        "--campus",
        str(campus_file),
        "--codes",
        "ercot-lcl-10mw",
        "--rated-mw",
        "150",
    ]
    assert run(line) == 0
    assert "pass" in capsys.readouterr().out


def test_what_is_missing_is_named(trace, campus_file, capsys):
    assert run(["comply", trace(1.0), "--codes", "ieso-3.0"]) == 2
    text = capsys.readouterr().err
    assert "--rated-mw" in text and "--frequency-hz" in text
    assert run(["comply", trace(1.0), *SITE]) == 2
    assert "names no grid code" in capsys.readouterr().err
    assert (
        run(["comply", trace(1.0), "--codes", "ieso-3.0", *SITE, "--event", "curtail", "--event", "@5"]) == 2
    )
    assert capsys.readouterr().err.count("must be TEXT@SECONDS") == 2
    assert run(["comply", trace(1.0), "--codes", "japan-user-curve", *SITE]) == 2
    assert "no curve is published" in capsys.readouterr().err
    assert run(["comply", "nowhere.csv", "--codes", "ieso-3.0", *SITE]) == 2


def test_two_clocks_in_one_trace_are_refused(tmp_path, capsys):
    path = tmp_path / "two.csv"
    first = "\n".join(f"{k * 0.01:.2f},100" for k in range(200))
    again = "\n".join(f"{k * 0.01:.2f},101" for k in range(200))
    path.write_text(f"time_s,power_mw\n{first}\n{again}\n")
    assert run(["comply", str(path), "--codes", "ieso-3.0", *SITE]) == 2
    assert "clock" in capsys.readouterr().err


def test_rows_of_one_run_are_read(tmp_path, capsys):
    path = tmp_path / "runs.csv"
    rows = [f"{run},{k * 0.1:.1f},{100 + 20 * run * (k > 300)}" for run in (0, 1) for k in range(600)]
    path.write_text("run,time_s,power_mw\n" + "\n".join(rows) + "\n")
    line = ["comply", str(path), "--codes", "southern", *SITE, "--where"]
    assert run([*line, "run=0"]) == 0
    assert run([*line, "run=1"]) == 1
    assert "FAIL" in capsys.readouterr().out
