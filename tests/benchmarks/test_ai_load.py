"""Benchmark `ai_load`: numbers worked out by hand, and bars that are left out without the measured runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import ai_load, worked
from benchmarks.bars import BARS, reached


def test_every_number_worked_out_by_hand_comes_out():
    assert len(worked.CELLS) >= 40
    assert [cell.name for cell in worked.CELLS if cell.error > BARS["ai_load.worked_numbers_error"][1]] == []


def test_an_error_is_counted_beyond_the_written_figures():
    cell = worked.Cell("a", 38.0, 1.0, lambda: 38.4)
    assert cell.error == 0.0
    assert cell._replace(ours=lambda: 40.4).error == pytest.approx(1.9 / 38)


def test_without_the_measured_runs_their_bars_are_left_out_and_said(monkeypatch):
    said = []
    monkeypatch.setattr(ai_load, "RUNS", Path("nowhere.parquet"))
    made = ai_load.measure(said.append)
    assert list(made["bars"]) == ["ai_load.worked_numbers_error"]
    assert "left out" in said[-1] and "left out" in made["rows"][-1]["note"]


@pytest.mark.real
@pytest.mark.skipif(not ai_load.RUNS.is_file(), reason="the measured logs are not beside the checkout")
def test_a_job_fitted_to_one_real_run_tells_the_other_two():
    made = ai_load.measure(lambda line: None)
    bars = {name for name in BARS if name.startswith("ai_load.")}
    assert set(made["bars"]) == bars
    assert [name for name in bars if not reached(name, made["bars"][name])] == []
