"""A plan on disk: read back it is the same, equal plans are equal bytes, and a folder is of one plan or of none."""

import json

import numpy as np
import pandas as pd
import pytest

from wattstack.campus import read_campus
from wattstack.errors import InputError
from wattstack.plan import plan_files, plan_site, read_plan, write_plan
from wattstack.plan.tables import TABLES

APRIL = {"start": "2021-04-01T00:00+09:00", "end": "2021-05-01T00:00+09:00", "step": "1h"}
TWO = {"wet": {"weight_frac": 0.25}, "dry": {"weight_frac": 0.75, "time": APRIL}}


@pytest.fixture(scope="module")
def made():
    """Plans by their changes, each worked out once."""
    return {}


@pytest.fixture
def planned(campus, made):
    def make(**changes):
        key = repr(changes)
        if key not in made:
            made[key] = plan_site(campus(**changes))
        return made[key]

    return make


def test_a_plan_read_back_is_the_plan_written(planned, tmp_path):
    for changes in ({}, {"scenarios": TWO}):
        files = write_plan(planned(**changes), tmp_path / "out")
        back = read_plan(tmp_path / "out")
        assert back.summary == files.summary
        assert back.timing == files.timing
        for stem in TABLES:
            pd.testing.assert_frame_equal(
                back.tables[stem], files.tables[stem], check_dtype=False, check_exact=True
            )
        for name, traces in files.traces.items():
            assert back.traces[name].axis == traces.axis
            for channel, values in traces.arrays.items():
                assert np.array_equal(back.traces[name][channel], values), channel


def test_what_is_written_is_what_is_planned(planned, tmp_path):
    plan = planned()
    write_plan(plan, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert summary["wattstack_plan"] == 1
    assert summary["sense"] == "min"
    assert (summary["objective"], summary["bound"], summary["gap_frac"]) == (
        plan.objective,
        plan.bound,
        plan.gap_frac,
    )
    assert summary["sizes"] == plan.sizes
    assert sum(summary["bill"].values()) == pytest.approx(plan.finance["running_cost_per_year"], rel=1e-12)
    assert summary["prices"] == {value.path: value.worth_per_unit_year for value in plan.marginal}


def test_equal_plans_are_equal_bytes_but_for_the_time_they_took(campus, tmp_path):
    for name in ("one", "two"):
        write_plan(plan_site(campus()), tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        same = (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert same or name == "timing.json", name


def test_no_clock_and_no_folder_stands_in_the_plan(planned, tmp_path):
    write_plan(planned(), tmp_path / "out")
    text = (tmp_path / "out" / "plan.json").read_text()
    assert str(tmp_path) not in text
    assert "seconds" not in text
    assert set(json.loads((tmp_path / "out" / "timing.json").read_text())) == {"stages_s", "rounds_s"}


def test_the_sized_campus_plans_to_the_same_cost(planned, tmp_path):
    plan = planned()
    write_plan(plan, tmp_path / "out")
    sized = read_campus(tmp_path / "out" / "campus.yaml")
    assert dict(sized.size_paths) == plan.sizes


def test_the_sized_campus_keeps_its_scenarios(planned, tmp_path):
    weights = {"wet": {"weight_frac": 0.25}, "dry": {"weight_frac": 0.75}}
    write_plan(planned(scenarios=weights), tmp_path / "out")
    written = read_campus(tmp_path / "out" / "campus.yaml").scenarios
    assert {name: one.weight_frac for name, one in written.items()} == {"wet": 0.25, "dry": 0.75}


def test_every_table_is_a_csv_that_others_read(planned, tmp_path):
    write_plan(planned(), tmp_path / "out")
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == set(TABLES)
    bill = pd.read_csv(tmp_path / "out" / "bill.csv")
    months = bill[bill["month"] != "year"]
    year = bill[bill["month"] == "year"]
    assert months["total"].sum() == pytest.approx(year["total"].iloc[0], rel=1e-12)
    assert year["total"].iloc[0] == pytest.approx(planned().scenarios[0].bill.total, rel=1e-12)


def test_scenarios_have_their_own_traces_and_share_the_tables(planned, tmp_path):
    plan = planned(scenarios=TWO)
    files = write_plan(plan, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").glob("*.parquet")) == [
        "traces.dry.parquet",
        "traces.wet.parquet",
    ]
    assert set(files.tables["bill"]["scenario"]) == {"wet", "dry"}
    assert files.traces["dry"].axis.count == 30 * 24
    assert sum(files.summary["bill"].values()) == pytest.approx(
        plan.finance["running_cost_per_year"], rel=1e-12
    )


def test_a_later_plan_leaves_nothing_of_the_earlier_one(planned, tmp_path):
    out = tmp_path / "out"
    write_plan(planned(scenarios=TWO), out)
    (out / "report.html").write_text("of the earlier plan")
    (out / "finance.xlsx").write_text("of the earlier plan")
    (out / "notes.txt").write_text("the user's own")
    write_plan(planned(), out)
    names = {path.name for path in out.iterdir()}
    assert not names & {"report.html", "finance.xlsx", "traces.wet.parquet"}
    assert {"notes.txt", "traces.parquet", "plan.json"} <= names


def test_nothing_is_left_beside_the_folder(planned, tmp_path):
    write_plan(planned(), tmp_path / "deep" / "out")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_a_folder_that_cannot_be_written_is_a_fault_in_words(planned, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_plan(planned(), tmp_path / "file" / "out")
    with pytest.raises(InputError, match="cannot be written"):
        write_plan(planned(), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


def test_channels_add_up_at_every_step(planned):
    plan = planned(scenarios=TWO)
    for traces in plan_files(plan).traces.values():
        given = traces["grid.import_mw"] + traces["unserved_mw"] + traces["battery.main.discharge_mw"]
        taken = traces["load_mw"] + traces["grid.export_mw"] + traces["battery.main.charge_mw"]
        assert given == pytest.approx(taken, abs=1e-9)


def test_generators_and_compute_that_is_shed_have_their_channels(planned):
    plan = planned(
        load={"halls": {"flexible_frac": 0.2, "shed_value_per_mwh": 20000.0}},
        generator={"gas": {"fuel": "lng", "power_mw": 2.0, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000.0,
                           "om_per_mwh": 100.0, "capital_per_mw": 1.0, "fixed_per_mw_year": 1.0}},
    )  # fmt: skip
    files = plan_files(plan)
    traces = files.traces["base"]
    step_h = plan.scenarios[0].case.axis.step_h
    assert traces["generator.gas.output_mw"].max() > 0.0
    assert files.summary["scenarios"][0]["shed_mwh"] == pytest.approx(
        traces["load.halls.shed_mw"].sum() * step_h
    )
    assert files.summary["scenarios"][0]["shed_mwh"] > 0.0


def test_a_campus_that_cannot_be_served_today_has_no_bill_of_today(planned):
    summary = plan_files(planned(grid={"connection": {"firm_mw": 9.2}})).summary
    assert summary["bill_baseline"] is None
    assert summary["finance"]["npv"] is None


def test_a_folder_without_a_plan_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match=r"has no plan\.json"):
        read_plan(tmp_path)


def test_a_folder_of_another_layout_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text('{"wattstack_plan": 7}')
    with pytest.raises(InputError, match="has layout 7, must be 1"):
        read_plan(tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(InputError, match="no layout number"):
        read_plan(tmp_path)


def test_a_broken_plan_is_refused(planned, tmp_path):
    out = tmp_path / "out"
    write_plan(planned(), out)
    (out / "bill.csv").unlink()
    (out / "traces.parquet").unlink()
    with pytest.raises(InputError, match=r"lacks bill\.csv, traces\.parquet"):
        read_plan(out)
    (out / "plan.json").write_text("{half")
    with pytest.raises(InputError, match="is not JSON"):
        read_plan(out)


@pytest.mark.parametrize(
    ("table", "old", "new"), [("sizes", "True", "perhaps"), ("curve", "0", "a"), ("rounds", "", "")]
)
def test_a_table_that_was_changed_by_hand_is_named(planned, tmp_path, table, old, new):
    out = tmp_path / "out"
    write_plan(planned(), out)
    path = out / f"{'convergence' if table == 'rounds' else table}.csv"
    path.write_text('"' if table == "rounds" else path.read_text().replace(old, new))
    with pytest.raises(InputError, match="is not as it was written"):
        read_plan(out)


def test_a_folder_without_times_is_still_a_plan(planned, tmp_path):
    write_plan(planned(), tmp_path / "out")
    (tmp_path / "out" / "timing.json").unlink()
    assert read_plan(tmp_path / "out").timing == {}
