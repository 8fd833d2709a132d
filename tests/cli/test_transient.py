"""`wattstack simulate --transient`: seconds on the command line, into a folder and onto a page."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from wattstack.cli.app import run as run_app
from wattstack.series import read_waveform

CAMPUS = """
wattstack: 1
name: bay
description: a campus for seconds
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: USD
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-02T00:00+09:00, step: 30min}
load:
  halls:
    it_mw: 90
    jobs: {big: {gpus: 40000, power_per_gpu_kw: 1.83}}
ups: {main: {}}
grid:
  connection: {firm_mw: 150, frequency_hz: 60, short_circuit_mva: 3000}
  tariff: {energy: {price_per_mwh: 50}}
battery: {main: {chemistry: library:lfp-grid-2026, power_mw: 60, energy_mwh: 120}}
control: {smoothing: {ramp_mw_per_min: 20}}
"""


@pytest.fixture
def campus(tmp_path):
    path = tmp_path / "campus.yaml"
    path.write_text(CAMPUS, encoding="utf-8")
    return path


def call(capsys, *words) -> tuple[int, str]:
    code = run_app([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_seconds_are_written_with_a_page_and_told(campus, tmp_path, capsys):
    out = tmp_path / "out"
    code, text = call(
        capsys, "simulate", campus, "--transient", "--seconds", 6, "--step-ms", 5, "--event", "crash:halls.big@2",
        "--event", "deep-sag@4", "-o", out,
    )  # fmt: skip
    assert code == 0
    assert "greatest change within 5 s" in text and "ups.main left the grid" in text
    summary = json.loads((out / "transient.json").read_text(encoding="utf-8"))
    assert summary["events"] == ["crash:halls.big@2", "sag,depth_frac=0.8,length_s=0.15@4"]
    assert summary["marks"]["change_5s_mw"] > 10.0
    assert [one["at_s"] for one in summary["happened"]] == sorted(one["at_s"] for one in summary["happened"])
    wave = read_waveform(out / "wave.parquet")
    assert wave.count == 1200
    page = (out / "report.html").read_text(encoding="utf-8")
    for word in (
        "The wave",
        "What happened",
        "The steepest moment",
        "Uninterruptible supplies",
        "wave-connection",
    ):
        assert word in page
    assert (out / "happened.csv").read_text(encoding="utf-8").startswith("at_s,what\n")


def test_equal_seeds_give_equal_bytes_and_csv_stands_in_for_parquet(campus, tmp_path, capsys):
    folders = [tmp_path / "a", tmp_path / "b"]
    for out in folders:
        code, text = call(
            capsys, "simulate", campus, "--transient", "--seconds", 1, "--step-ms", 5, "--csv", "--no-report", "-o", out
        )  # fmt: skip
        assert code == 0 and "report:" not in text
    for name in ("transient.json", "wave.csv", "happened.csv"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert not (folders[0] / "wave.parquet").exists()


def test_what_the_file_and_the_events_lack_is_told_with_its_mend(campus, tmp_path, capsys):
    code, text = call(capsys, "simulate", campus, "--transient", "--event", "crsh:x@1", "-o", tmp_path / "o")
    assert code == 2 and "Nearest: crash" in text
    code, text = call(
        capsys, "simulate", campus, "--transient", "--set", "grid.connection.short_circuit_mva=null", "-o",
        tmp_path / "o",
    )  # fmt: skip
    assert code == 2 and "short_circuit_mva" in text and "must be given where milliseconds" in text
    assert not (tmp_path / "o").exists()


def test_an_unstable_loop_ends_with_code_1_and_is_named(campus, tmp_path, capsys):
    code, text = call(
        capsys, "simulate", campus, "--transient", "--seconds", 20, "--event", "phase-jump@1",
        "--set", "battery.main.power_mw=100", "--set", "battery.main.inverter.mode=grid-forming",
        "--set", "battery.main.inverter.damping_pu=0", "--set", "battery.main.inverter.droop_frac=100",
        "--set", "battery.main.inverter.inertia_s=0.1", "-o", tmp_path / "o",
    )  # fmt: skip
    assert code == 1
    assert "UNSTABLE  At " in text and "damping_pu" in text
    assert "swings without end" in (tmp_path / "o" / "report.html").read_text(encoding="utf-8")


def test_help_names_the_sets_of_events():
    from wattstack.cli.simulate import simulate

    text = CliRunner().invoke(simulate, ["--help"]).output
    assert "--transient" in text and "--event" in text
