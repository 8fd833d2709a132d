"""`wattstack check`: every fault at once on stderr, or the campus on one page."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattstack.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
ONE_PAGE = 66


def test_a_campus_without_fault_is_shown_on_one_page(campus_file, capsys):
    assert run(["check", str(campus_file)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("tiny: no fault found.")
    for part in ("48 steps of 60 min", "480 MWh", "peak 10 MW", "0 to 40 MWh", "planned", "20 MW", "stands"):
        assert part in text, part
    assert "mean 110 EUR/MWh" in text


def test_a_single_step_is_one_step(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    campus_file.write_text(text.replace("2022-04-03T00:00", "2022-04-01T01:00"), encoding="utf-8")
    assert run(["check", str(campus_file)]) == 0
    assert "1 step of 60 min" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sakai", "bosquel"])
def test_an_example_fits_on_a_page_and_its_inputs_are_called_synthetic(name, capsys):
    assert run(["check", str(ROOT / "examples" / name / "campus.yaml")]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= ONE_PAGE
    assert text.count("SYNTHETIC") >= 4
    for part in (
        "power usage effectiveness",
        "MWh per MW installed",
        "held back",
        "cut in",
        "library:lfp-grid-2026",
    ):
        assert part in text, part


def test_every_fault_is_one_line_on_stderr(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    campus_file.write_text(
        text.replace("firm_mw", "firm_wm").replace("charge_eff: 0.95", "charge_eff: 1.95", 1)
    )
    assert run(["check", str(campus_file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.rstrip().splitlines()
    assert lines[0] == "campus.yaml has 3 faults:"  # the slip, what is missing for it, and the efficiency
    assert len(lines) == 4
    assert "Nearest: 'firm_mw'" in said.err
    assert "charge_eff" in said.err


def test_a_file_that_does_not_exist_is_bad_input(tmp_path, capsys):
    assert run(["check", str(tmp_path / "nothing.yaml")]) == 2
    assert "nothing.yaml: does not exist" in capsys.readouterr().err


def test_a_key_may_be_replaced_for_one_run(campus_file, capsys):
    words = ["--set", "grid.connection.firm_mw=15", "--set", "battery.main.energy_mwh={max: 7, block: 3.5}"]
    assert run(["check", str(campus_file), *words]) == 0
    text = capsys.readouterr().out
    assert "15 MW" in text
    assert "0 to 7 MWh, in blocks of 3.5" in text


@pytest.mark.parametrize("word", ["grid.connection.firm_mw", "=5", "grid.connection.firm_wm=5"])
def test_a_set_that_names_no_key_is_bad_input(word, campus_file, capsys):
    assert run(["check", str(campus_file), "--set", word]) == 2
    assert capsys.readouterr().err


def test_scenarios_are_shown_with_their_weights(campus_file, capsys):
    two = "scenarios: {calm: {weight_frac: 0.75}, wild: {weight_frac: 0.25}}\n"
    campus_file.write_text(campus_file.read_text(encoding="utf-8") + two, encoding="utf-8")
    assert run(["check", str(campus_file)]) == 0
    text = capsys.readouterr().out
    assert "calm, weight 0.75" in text
    assert "wild, weight 0.25" in text


def test_an_island_has_no_price_to_show(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    start, end = text.index("grid:"), text.index("battery:")
    engine = "generator:\n  gas: {fuel: lng, power_mw: 12, fuel_price_per_mwh: 50}\n"
    campus_file.write_text(text[:start] + engine + text[end:], encoding="utf-8")
    assert run(["check", str(campus_file)]) == 0
    assert "\n  price" not in capsys.readouterr().out


def test_safety_rules_that_a_battery_names_are_shown_and_are_no_fault(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    more = "layout: {gap_m: 4, to_building_m: 9}\n    safety: [library:fm-5-33, library:nfpa-855-2026]\n    "
    campus_file.write_text(text.replace("charge_eff", more + "charge_eff", 1), encoding="utf-8")
    assert run(["check", str(campus_file)]) == 0
    said = capsys.readouterr().out
    assert "safety rules named\n  battery.main: 2 broken, 2 not declared, 2 kept, 1 does not apply\n" in said
    assert (
        "    broken: fm-5-33 gap: gap_m is 4 m, at least 6 m\n      mend: battery.main.layout.gap_m: 6 or more"
        in said
    )
    assert "not declared: nfpa-855-2026 way: to_way_m is not declared (confidence low)" in said
    assert "library:fm-5-33" in said


def test_a_file_of_cells_that_is_not_there_is_a_fault(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    campus_file.write_text(
        text.replace("charge_eff", "cells: {bpx: cell.json}\n    charge_eff", 1), encoding="utf-8"
    )
    assert run(["check", str(campus_file)]) == 2
    assert "cell.json" in capsys.readouterr().err


FAST = """\
ups: {east: {kind: eco, sag_count: 1}, west: {serves: [lab], sag_count: null}}
duties: {smoothing: {power_mw: 2, energy_mwh: 0.1}}
control: {smoothing: {ramp_mw_per_min: 15}}
"""
HALLS = """\
  halls:
    it_mw: 8
    server: library:gb200-nvl72
    jobs: {main: {gpus: 2000}, small: {gpus: 100, count: 4}}
    inference: {chat: {gpus: 500}}
    smoothing: {floor_frac: 0.65}
    rack_storage: {}
  lab: {it_mw: 1}
"""


def test_what_moves_within_seconds_is_shown_with_the_swing_of_the_largest_job(campus_file, capsys):
    text = campus_file.read_text(encoding="utf-8")
    text = text.replace("  campus: {draw_mw: 10}\n", HALLS) + FAST.replace(
        "kind: eco", "serves: [halls], kind: eco"
    )
    text = text.replace(
        "{firm_mw: 20}",
        "{firm_mw: 20, frequency_hz: 60, short_circuit_mva: 900, modes: {a: {frequency_hz: 1, damping_frac: 0.05}}}\n"
        "  codes: [library:ieso-3.0, library:ercot-lcl-10mw]",
    ).replace("capital_per_mw:", "inverter: {mode: grid-forming}\n    capital_per_mw:", 1)
    campus_file.write_text(text, encoding="utf-8")
    assert run(["check", str(campus_file)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "jobs of halls 5 of 2,400 GPUs, 4.392 MW at full power; the largest, main, swings by 1.83 MW every 3 s",
        "floor of halls 0.65 of full power while a job runs",
        "serving in halls 500 GPUs, 0.915 MW at full power",
        "racks of halls 65 J per GPU stored",
        "ups.east eco, feeds halls, stays on battery after 1 sag in 60 s",
        "ups.west double-conversion, feeds lab, never counts sags",
        "battery.main grid-forming inverter",
        "fast loop in the converter, follows within 30 s, at most 15 MW/min",
        "smoothing 2 MW and 0.1 MWh held free both ways in battery.main",
        "grid 60 Hz, 900 MVA short-circuit power",
        "mode a 1 Hz, answers 10 times",
        "grid codes library:ieso-3.0, library:ercot-lcl-10mw",
    ):
        assert part in shown, part


def test_a_campus_without_anything_fast_has_no_such_part(campus_file, capsys):
    assert run(["check", str(campus_file)]) == 0
    assert "within seconds" not in capsys.readouterr().out
