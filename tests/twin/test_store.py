"""A run on disk: whole, the same when read, the same for the same seed; and the plan that lies beside it."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wattstack.case import build_case
from wattstack.errors import InputError
from wattstack.plan import plan_files, plan_site
from wattstack.twin import Setting, Twin, read_run, run_files, simulate_year, write_run
from wattstack.twin.beside import plan_beside


@pytest.fixture(scope="module")
def run(small):
    return simulate_year(small(), step="15min", years=2)


@pytest.fixture(scope="module")
def plan(small):
    """plan.json of the small campus as it stands, with what a plan that built something would say of its saving."""
    summary = copy.deepcopy(plan_files(plan_site(small())).summary)
    before = summary["scenarios"][0]["bill_baseline"] / summary["scenarios"][0]["years"]
    running = summary["finance"]["running_cost_per_year"]
    summary["finance"] |= {
        "baseline_cost_per_year": before + 500.0,
        "saving_per_year": before - running - 200.0,
    }
    return summary


def test_what_is_written_is_read_back_the_same(run, tmp_path):
    written = write_run(run, tmp_path / "out")
    read = read_run(tmp_path / "out")
    assert read.summary == written.summary
    assert set(read.tables) == set(written.tables)
    for stem in ("years", "bill", "bill_plan", "balance", "peaks", "batteries"):
        ours, theirs = written.tables[stem], read.tables[stem]
        assert list(theirs.columns) == list(ours.columns), stem
        for name in ours.columns.difference(["month", "block"]):
            assert np.array_equal(ours[name].astype(float), theirs[name].astype(float), equal_nan=True), name
    for name, values in written.traces.arrays.items():
        assert np.array_equal(read.traces[name], values), name


def test_the_same_seed_gives_equal_bytes(small, tmp_path):
    for name in ("a", "b"):
        write_run(simulate_year(small(), step="15min", seed=3), tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        if file.name != "timing.json":
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_the_bills_by_line_sum_to_the_running_cost(run):
    files = run_files(run)
    bill = files.tables["bill"].query("year == 0").set_index("month")
    assert bill.loc["year", "total"] == pytest.approx(run.years[0].running_cost)
    plan = files.tables["bill_plan"].set_index("month")
    per_year = plan.loc["year", "total"] / files.summary["reference"]["axis_years"]
    assert per_year == pytest.approx(files.summary["reference"]["running_cost_per_year"])


def test_peaks_stand_beside_their_targets_and_those_of_the_plan(run):
    peaks = run_files(run).tables["peaks"].query("year == 0").set_index("month")
    assert peaks.loc["2022-07", "target_mw"] == run.targets_mw["2022-07"]
    assert peaks.loc["2022-07", "plan_mw"] == run.reference.peaks_mw["peak.monthly.2022-07"]


def test_a_campus_without_batteries_and_series_is_written_and_read(small, tmp_path):
    run = simulate_year(small(battery=None, duties=None), step="15min")
    write_run(run, tmp_path / "out")
    read = read_run(tmp_path / "out")
    assert read.tables["batteries"].empty and read.tables["inputs"].empty


@pytest.mark.parametrize("name", ["run.json", "bill.csv", "traces.parquet"])
def test_a_folder_that_lacks_a_file_is_told(run, tmp_path, name):
    write_run(run, tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    with pytest.raises(InputError, match=name):
        read_run(tmp_path / "out")


def test_another_layout_and_a_broken_number_are_told(run, tmp_path):
    out = tmp_path / "out"
    write_run(run, out)
    text = (out / "years.csv").read_text(encoding="utf-8")
    (out / "years.csv").write_text(text.replace("0.0", "zero", 1), encoding="utf-8")
    with pytest.raises(InputError, match="not as it was written"):
        read_run(out)
    summary = (out / "run.json").read_text(encoding="utf-8")
    (out / "run.json").write_text(
        summary.replace('"wattstack_run": 1', '"wattstack_run": 9'), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"has layout 9, must be 1"):
        read_run(out)


def test_a_run_without_a_plan_has_none_beside_it(run):
    assert run_files(run).summary["plan"] is None


def test_the_plan_beside_a_run_of_its_sizes_keeps_its_saving(run, plan):
    beside = plan_beside(run, plan)
    assert beside["differs"] == []
    assert beside["saving_per_year"] == pytest.approx(plan["finance"]["saving_per_year"])
    assert beside["baseline_cost_per_year"] == pytest.approx(plan["finance"]["baseline_cost_per_year"])


def test_other_sizes_and_other_costs_are_told(run, plan):
    other = copy.deepcopy(plan)
    other["sizes"]["battery.main.energy_mwh"] = 12.0
    beside = plan_beside(run, other)
    assert beside["saving_per_year"] is None
    assert beside["differs"] == ["battery.main.energy_mwh is 30, in the plan 12."]
    dearer = copy.deepcopy(plan)
    dearer["scenarios"][0]["bill"] *= 1.1
    assert "were changed since" in plan_beside(run, dearer)["differs"][0]


def test_a_plan_of_scenarios_is_read_at_the_one_that_was_run(run, plan):
    one = plan["scenarios"][0]
    half = {**one, "name": "dry", "weight_frac": 0.5}
    other = {
        **one,
        "name": "wet",
        "weight_frac": 0.5,
        "bill": one["bill"] * 2,
        "bill_baseline": one["bill_baseline"] * 2,
    }
    both = {**plan, "scenarios": [half, other]}
    assert "--scenario" in plan_beside(run, both)["differs"][0]
    named = plan_beside(replace(run, scenario="dry"), both)
    assert named["running_cost_per_year"] == one["bill"] / one["years"]


def test_a_plan_that_has_no_baseline_has_no_saving(run, plan):
    bare = copy.deepcopy(plan)
    bare["scenarios"][0]["bill_baseline"] = None
    bare["finance"] |= {"baseline_cost_per_year": None, "saving_per_year": None}
    beside = plan_beside(run, bare)
    assert beside["differs"] == [] and beside["saving_per_year"] is None


def test_a_reserve_that_binds_in_the_plan_is_run_at_a_finer_step(small, tmp_path):
    file = tmp_path / "use.csv"
    stamps = pd.date_range("2022-06-30T15:00Z", "2022-07-14T14:45Z", freq="15min")
    use = [0.7 + 0.2 * (k % 2) for k in range(len(stamps))]
    pd.DataFrame({"time": stamps.strftime("%Y-%m-%dT%H:%MZ"), "use": use}).to_csv(file, index=False)
    source = {"source": "csv", "file": str(file), "column": "use", "unit": "1", "time_column": "time"}
    changes = {"load": {"halls": {"profile": "series:utilisation_frac", "utilisation_frac": None}},
               "series": {"utilisation_frac": source}}  # fmt: skip
    peak_mw = float(build_case(small(**changes)).load_mw.max())
    tight = small(**changes, duties={"backup": {"duration_h": 0.5, "load_frac": 10.0 / peak_mw}})
    twin = Twin(tight, step="15min")
    assert twin.case.load_mw.max() > peak_mw  # a half hour's mean hides its highest quarter
    assert twin.run(Setting()).years[0].running_cost > 0.0
