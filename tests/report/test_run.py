"""The page of a run says what came true of the plan, and every number on it is the folder's."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.report import run_made as made
from tests.report.reader import find_table, read
from wattstack.errors import InputError
from wattstack.report import write_report
from wattstack.report.figures.run import week_figure
from wattstack.report.run.sections.headline import saving_of_run
from wattstack.report.run.view import open_run
from wattstack.report.run.weeks import chosen_weeks
from wattstack.twin import write_run


@pytest.fixture(scope="module")
def view():
    return open_run(made.files())


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "run.html"
    return write_report(made.files(), path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return read(html)


def changed(files, **summary):
    """The same files with other keys of run.json."""
    return replace(files, summary={**files.summary, **summary})


def written(files, tmp_path) -> str:
    return write_report(files, tmp_path / "page.html").read_text(encoding="utf-8")


def figures_of(html: str) -> dict:
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
    return json.loads(data[1].replace("<\\/", "</"))


def test_the_page_has_its_sections_once_loads_nothing_and_stays_small(html, page):
    names = re.findall(r' id="([\w-]+)"', html)
    assert len(names) == len(set(names))
    for name in (
        "answer",
        "against-twin",
        "weeks",
        "year",
        "batteries",
        "limits-hit",
        "bill",
        "inputs",
        "limits",
    ):
        assert f'<section id="{name}">' in html
    assert all(address.startswith("#") for address in page.addresses)
    assert len(html.encode()) < 6e6


def test_every_figure_has_its_place(html):
    assert set(figures_of(html)) == {
        "against", "week0", "week1", "import-days", "peaks-month", "cell-temperature", "ageing", "makes-battery-main",
    }  # fmt: skip


def test_the_lead_tells_cost_share_that_came_true_and_that_all_was_served(html):
    lead = re.search(r'<p class="lead">(.*?)</p>', html)[1]
    assert "than the plan counts on" in lead
    assert re.search(r"Of the .* that the plan saves, .* come true in the first year", lead)
    assert lead.endswith("All load was served.")


def test_the_walk_goes_from_the_saving_of_the_plan_to_that_of_the_run(html, view):
    bars = figures_of(html)["against"]["data"][0]
    assert bars["y"] == ["Plan saves", "Look-ahead", "Forecast", "Reserve", "Chance", "Losses", "Ageing", "Store",
                         "Twin saves"]  # fmt: skip
    plan = made.plan().summary["finance"]["saving_per_year"]
    assert bars["x"][0] == pytest.approx(view.money.scaled(plan), rel=1e-3)
    assert bars["x"][-1] == pytest.approx(view.money.scaled(saving_of_run(view)), rel=1e-3)
    assert sum(bars["x"][:-1]) == pytest.approx(bars["x"][-1], rel=1e-3)


def test_the_table_of_lines_adds_up_and_says_what_each_means(page, view):
    rows = find_table(page, "", f"Adds to the cost [{view.money.unit} a year]")
    changes = [cell[1] for cell in (row[1] for row in rows[2:-1])]
    assert sum(changes) == pytest.approx(rows[-1][1][1], abs=1e-6 * abs(rows[-1][2][1]))
    assert all(len(row[-1][0]) > 40 for row in rows[2:-1])


def test_without_a_plan_costs_are_compared(tmp_path):
    html = written(changed(made.files(), plan=None), tmp_path)
    assert "No plan.json lies beside the campus file" in html
    assert figures_of(html)["against"]["data"][0]["y"][0] == "Plan"
    assert "no plan beside it" in html


def test_a_plan_of_other_sizes_is_told_and_not_subtracted(tmp_path):
    plan = {
        **made.files().summary["plan"],
        "saving_per_year": None,
        "differs": ["battery.main.power_mw is 3."],
    }
    html = written(changed(made.files(), plan=plan), tmp_path)
    assert "not of what was run" in html and "battery.main.power_mw is 3." in html


def test_a_plan_that_nothing_else_could_serve_has_no_saving_to_lose(tmp_path):
    plan = {**made.files().summary["plan"], "saving_per_year": None}
    assert "no saving to lose" in written(changed(made.files(), plan=plan), tmp_path)


def test_a_run_with_everything_at_once_says_how_to_have_the_lines(tmp_path):
    html = written(made.alone(), tmp_path)
    assert "Simulate with --against" in html
    assert "With --years 10" in html
    assert "ageing" not in figures_of(html)


def test_sources_of_a_week_stack_up_to_what_is_used(view):
    week = chosen_weeks(view)[-1]
    data = week_figure(view, week, "w").data
    stacked = sum(np.array(t["y"], float) for t in data if t.get("stackgroup"))
    used = next(t for t in data if t["name"] == "Load, charging and export")
    assert np.abs(stacked - np.array(used["y"])).max() < 0.06  # drawn to a tenth of a MW
    assert len(stacked) == week.last - week.first
    assert all(t["dx"] == 900_000 for t in data if t.get("stackgroup"))


def test_peaks_stand_beside_their_targets(page):
    rows = find_table(page, "Month", "Metered [MW]")
    assert [cell[0] for cell in rows[0]][2:] == [
        "Target [MW]",
        "With perfect foresight [MW]",
        "Above target [MW]",
    ]
    for row in rows[1:]:
        assert row[4][1] == pytest.approx(row[1][1] - row[2][1], abs=1e-9)


def test_losses_by_cause_add_up_to_what_did_not_come_back(view):
    row = view.working(0)[0]
    lost = sum(row[f"loss_{cause}_mwh"] for cause in ("cell", "converter", "transformer"))
    stored = view.get("battery.main.stored_mwh")
    kept = stored[-1] - stored[0]
    assert lost == pytest.approx(row["charged_mwh"] - row["discharged_mwh"] - kept, rel=0.05)


def test_each_year_and_each_event_is_told(page, html):
    rows = find_table(page, "Year", "Running cost [M JPY a year]")
    assert [row[0][0] for row in rows[1:]] == ["1", "2"]
    assert rows[2][3][1] < rows[1][3][1]  # cells grow older
    assert "Year 2: Battery main, augmentation.first: added." in html


def test_the_bill_stands_beside_that_of_perfect_foresight(page, view):
    rows = find_table(page, "Line", "Perfect foresight [M JPY a year]")
    assert rows[-1][2][1] == pytest.approx(view.summary["running_cost_per_year"])
    assert rows[-1][1][1] == pytest.approx(view.summary["reference"]["running_cost_per_year"])


def test_limits_are_told_with_local_time_and_amount(tmp_path):
    one = {"path": "load", "limit": "not served", "count": 2, "first_utc": "2022-07-03T20:00:00Z", "duration_h": 1.5,
           "largest": 3.25, "unit": "MW"}  # fmt: skip
    figures = {**made.files().summary["figures"], "unserved_mwh": 4.0}
    html = written(changed(made.files(), limits=[one], figures=figures), tmp_path)
    table = find_table(read(html), "Limit", "Times")
    said = [cell[0].replace("\xa0", " ") for cell in table[1]]
    assert said[:4] == ["Load: not served", "2", "1.5 h", "2022-07-04 05:00"]
    assert "4 MWh were not served" in html.replace("\xa0", " ")
    assert "None was hit." in written(changed(made.files(), limits=[]), tmp_path)


def test_what_is_made_up_is_marked(tmp_path):
    record = {"name": "price_per_mwh", "file": "p.csv", "sha256": "ab" * 32, "rows": 9, "step_s": 1800,
              "synthetic": True, "note": "", "source": "made"}  # fmt: skip
    html = written(changed(made.files(), inputs=[record]), tmp_path)
    assert 'class="synthetic"' in html
    for figure in figures_of(html).values():
        assert any("SYNTHETIC" in note["text"] for note in figure["layout"]["annotations"])


def test_memory_files_and_folder_make_the_same_page(tmp_path, html):
    write_run(made.run(), tmp_path / "out", made.plan().summary)
    assert write_report(tmp_path / "out", tmp_path / "a.html").read_text(encoding="utf-8") == html
    other = write_report(made.run(), tmp_path / "b.html").read_text(encoding="utf-8")
    assert "No plan.json lies beside" in other


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(InputError, match=r"has neither plan\.json nor run\.json, so no result"):
        write_report(tmp_path, tmp_path / "page.html")


def test_a_campus_without_batteries_has_a_page(tmp_path):
    files = made.alone()
    tables = {**files.tables, "batteries": files.tables["batteries"].iloc[:0][["year", "block"]]}
    kept = {k: v for k, v in files.traces.arrays.items() if not k.startswith("battery.")}
    bare = replace(files, tables=tables, traces=replace(files.traces, arrays=kept))
    html = written(bare, tmp_path)
    assert "No battery gave anything" in html
    assert "no battery" in html
    assert set(figures_of(html)) - {"week1"} == {"week0", "import-days", "peaks-month"}


def test_peaks_without_targets_have_no_figure_of_them(tmp_path):
    files = made.alone()
    peaks = files.tables["peaks"].assign(target_mw=None, plan_mw=None)
    html = written(replace(files, tables={**files.tables, "peaks": peaks}), tmp_path)
    assert "peaks-month" not in figures_of(html)
    assert "No target is held" in html


def test_a_run_that_costs_less_than_the_plan_says_so(tmp_path):
    s = made.files().summary
    dearer = {**s["reference"], "running_cost_per_year": s["running_cost_per_year"] + 5e6}
    assert re.search(
        r"5.M JPY \([\d.]+.%\) less than the plan counts on",
        written(changed(made.files(), reference=dearer), tmp_path),
    )
    bare = written(changed(made.files(), reference=None), tmp_path)
    assert "than the plan" not in re.search(r'<p class="lead">(.*?)</p>', bare)[1].partition(".")[0]
    assert [cell[0] for cell in find_table(read(bare), "Line")[0]] == ["Line", "The run [M JPY a year]"]


def test_a_battery_that_loses_less_than_the_plan_says_is_told_apart(tmp_path):
    lines = [dict(line) for line in made.files().summary["against"]]
    for line in lines:
        if line["line"] == "losses":
            line["difference_per_year"] = -1e6
    html = written(changed(made.files(), against=lines), tmp_path)
    assert "loses less than the plan takes for granted: without that it would be" in html


def test_what_is_not_known_of_ageing_is_a_band_about_the_law(tmp_path):
    html = written(made.alone(), tmp_path)
    low, high, middle = (trace["y"] for trace in figures_of(html)["makes-battery-main"]["data"])
    assert len(middle) == 11 and middle[0] == low[0] == high[0] == 100.0
    assert all(a <= b <= c for a, b, c in zip(low, middle, high, strict=True))
    assert low[-1] < middle[-1] < high[-1]
    assert "nine makes of ten" in html and "sigma 0.4: an assumption" in html
