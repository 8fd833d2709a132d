"""`wattstack plan` on a portfolio: value, bound and what holds it back on the screen, results in a folder."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from wattstack.cli import portfolio_plan
from wattstack.cli.app import run
from wattstack.errors import InfeasibleError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "portfolio"
QUICK = ("--relaxed", "--no-hold-back", "--no-report")


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    """The example portfolio over eleven quarters: what lies later is taken out."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("short") / "two"))
    edit(folder / "portfolio.yaml", lambda line: line.replace("count: 25 ", "count: 11 "))
    edit(folder / "portfolio.yaml", lambda line: line.replace("target_year: 2030", "target_year: 2028"))
    edit(
        folder / "stages.csv",
        lambda line: "" if line.startswith(("bosquel,bay_2", "bosquel,bay_3")) else line,
    )
    edit(folder / "targets.csv", lambda line: "" if "2030Q2" in line or "2031Q1" in line else line)
    return folder


def edit(file: Path, change) -> None:
    """Change a file line by line."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(change(line) for line in lines), encoding="utf-8")


def plan_json(out: Path) -> dict:
    """plan.json of a folder."""
    return json.loads((out / "plan.json").read_text(encoding="utf-8"))


def test_a_plan_prints_value_bound_compute_and_what_holds_it_back_and_writes_its_folder(
    short, tmp_path, capsys
):
    out = tmp_path / "out"
    assert run(["plan", str(short), "-o", str(out), "--no-report"]) == 0
    text = capsys.readouterr().out
    for part in (
        "two-sites: planned, stages, gates and lines whole. SYNTHETIC inputs.",
        "net present value",
        "no plan is above",
        "energised compute [MW of IT power]",
        "what holds it back",
        "shared supply used up",
        "time to power",
        "battery target",
    ):
        assert part in text, part
    plan = plan_json(out)
    assert (plan["kind"], plan["sense"]) == ("portfolio", "max")
    assert plan["objective"] <= plan["bound"]
    assert plan["gap_frac"] <= 1e-4
    assert {"orders.csv", "capacity.csv", "finance.csv", "holdback.csv"} <= {p.name for p in out.iterdir()}
    with (out / "orders.csv").open(encoding="utf-8") as file:
        stages = [row for row in csv.DictReader(file) if row["kind"] == "stage"]
    assert stages and all(float(row["amount"]) == 1.0 for row in stages)


def test_relaxed_is_worth_at_least_as_much_as_whole_and_says_what_it_is(short, tmp_path, capsys):
    for name, words in (("whole", QUICK[1:]), ("relaxed", QUICK)):
        assert run(["plan", str(short), "-o", str(tmp_path / name), *words]) == 0
    assert "two-sites: planned, with parts of stages." in capsys.readouterr().out
    assert plan_json(tmp_path / "relaxed")["bound"] >= plan_json(tmp_path / "whole")["objective"]
    assert plan_json(tmp_path / "relaxed")["gap_frac"] <= 1e-5


def test_analyses_asked_for_are_printed_and_lie_in_the_folder(short, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["--compare", "--delay", "2", "--sweep", "supply=0.5,1", "--sweep", "grid_delay=1", "--risk"]
    assert run(["plan", str(short), "-o", str(out), *QUICK, *words, "--cvar-weight", "0.5"]) == 0
    text = capsys.readouterr().out
    for part in ("the grid 2 periods late", "value of coordination", "silo told", "along supply [M USD]",
                 "along grid_delay", "(VSS)", "(EVPI)", "weight of the worst 0.5"):  # fmt: skip
        assert part in text, part
    with (out / "coordination.csv").open(encoding="utf-8") as file:
        axes = {row["axis"] for row in csv.DictReader(file)}
    assert axes == {"base", "supply", "grid_delay"}
    assert (out / "risk.csv").is_file()


def test_an_impossible_value_of_a_sweep_is_an_empty_cell_and_the_rest_is_done(short, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["--relaxed", "--no-hold-back", "--sweep", "fire_cap=0,1", "--chemistry"]
    assert run(["plan", str(short), "-o", str(out), *words]) == 0
    text = capsys.readouterr().out
    assert "\n  0         -" in text
    assert "no plan at 0: no orders meet all limits of the portfolio" in text
    assert "chemistries: cost by duty" in text
    with (out / "coordination.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["axis"] == "fire_cap"]
    assert [row["npv_m"] == "" for row in rows] == [True, False, False, False, False]
    assert rows[0]["reason"].startswith("no orders meet all limits")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "no plan" in page and "No plan at 0: no orders meet all limits" in page


def test_an_analysis_without_an_answer_stops_neither_the_others_nor_the_report(
    short, tmp_path, monkeypatch, capsys
):
    def none(*_args):
        raise InfeasibleError("no share of the silo's orders keeps to the credit limit.")

    monkeypatch.setattr(portfolio_plan, "_compared", none)
    out = tmp_path / "out"
    words = ["--relaxed", "--no-hold-back", "--compare", "--sweep", "supply=1"]
    assert run(["plan", str(short), "-o", str(out), *words]) == 1
    told = capsys.readouterr()
    assert "the comparison: no share of the silo's orders keeps to the credit limit." in told.err
    assert "along supply" in told.out
    assert (out / "report.html").is_file() and (out / "coordination.csv").is_file()


def test_campuses_over_years_are_planned_reported_and_written_again(campus_file, tmp_path, capsys):
    (tmp_path / "years.yaml").write_text(
        "wattstack: 1\nportfolio: years\ncurrency: USD\nexchange: {EUR: 1.1}\n"
        "calendar: {first: 2027, count: 3, period: year}\n"
        f"sites: [{{name: here, campus: {campus_file.name}, load_growth_frac: 0.2}}, "
        f"{{name: there, campus: {campus_file.name}, price_growth_frac: 0.1}}]\n",
        encoding="utf-8",
    )
    source, out = str(tmp_path / "years.yaml"), tmp_path / "out"
    assert run(["check", source]) == 0
    assert run(["plan", source, "-o", str(out), "--relaxed", "--sweep", "supply=1"]) == 0
    text = capsys.readouterr().out
    assert "years: planned, with parts of stages." in text and "along supply" in text
    found = plan_json(out)
    assert found["calendar"]["periods"] == ["2027", "2028", "2029"]
    assert found["gap_frac"] <= 1e-5
    sizes = {tuple(part["key"]): part["value"] for part in found["amounts"]["size"]}
    energy = sizes["battery.main.energy_mwh", "here"]
    assert energy[2] >= energy[0] > 0.0
    assert "Sizes" not in capsys.readouterr().err and (out / "report.html").is_file()
    written = tmp_path / "at" / "campus.yaml"
    words = ["--site", "here", "--quarter", "2028", "-o", str(written), "--relaxed"]
    assert run(["plan", source, *words]) == 0
    assert run(["check", str(written)]) == 0


def test_chemistries_are_valued_when_asked(short, tmp_path, capsys):
    assert run(["plan", str(short), "-o", str(tmp_path / "out"), *QUICK, "--chemistry"]) == 0
    assert "chemistries: cost by duty in USD" in capsys.readouterr().out
    assert (tmp_path / "out" / "chemistry.csv").is_file()


def test_the_report_of_a_portfolio_is_written_again_from_its_folder(short, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(["plan", str(short), "-o", str(out), "--relaxed", "--no-hold-back"]) == 0
    assert f"report: {out / 'report.html'}" in capsys.readouterr().out
    first = (out / "report.html").read_bytes()
    assert run(["report", str(out)]) == 0
    assert (out / "report.html").read_bytes() == first
    assert b"</html>" in first


def test_some_sites_alone_are_planned_by_name(short, tmp_path, capsys):
    assert run(["plan", str(short), "-o", str(tmp_path / "out"), *QUICK, "--sites", "sakai"]) == 0
    text = capsys.readouterr().out
    assert "sakai" in text
    assert "bosquel" not in text
    assert run(["plan", str(short), "-o", str(tmp_path / "out"), "--sites", "sakai,bosqel"]) == 2
    assert "there is no site 'bosqel'. Nearest: 'bosquel'." in capsys.readouterr().err


def test_one_worker_and_two_give_the_same_bytes(short, tmp_path):
    for workers in ("1", "2"):
        words = ["-o", str(tmp_path / workers), "--workers", workers, *QUICK]
        assert run(["plan", str(short), *words]) == 0
    assert (tmp_path / "1" / "plan.json").read_bytes() == (tmp_path / "2" / "plan.json").read_bytes()


def test_the_campus_that_stands_in_a_quarter_is_written_and_checks(short, tmp_path, capsys):
    file = tmp_path / "campus.yaml"
    assert (
        run(["plan", str(short), "--site", "sakai", "--quarter", "2029Q1", "-o", str(file), "--relaxed"]) == 0
    )
    assert f"next: wattstack check {file}" in capsys.readouterr().out
    assert run(["check", str(file)]) == 0
    assert "no fault found" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--site", "sakay", "--quarter", "2029Q1", "-o", "c.yaml"], "no site 'sakay'. Nearest: 'sakai'"),
        (["--quarter", "2029Q1", "-o", "c.yaml"], "a site must be named too"),
        (["--site", "sakai", "-o", "c.yaml"], "is missing, must be one of 2027Q1 .. 2029Q3"),
        (["--site", "sakai", "--quarter", "2040Q1", "-o", "c.yaml"], "is '2040Q1', must be one of"),
        (["--site", "sakai", "--quarter", "2029Q1", "-o", "folder"], "must be a campus file with --site"),
        (["--sweep", "suply=1,2"], "'suply' is no axis. Nearest: 'supply'"),
        (["--sweep", "supply:chips=1"], "there is no supply of 'chips'."),
        (["--sweep", "firm:hv=1"], "'firm:hv' is no axis."),
        (["--sweep", "supply"], "must read AXIS=V1,V2,..."),
        (["--sweep", "supply=1,-2"], "must read AXIS=V1,V2,..."),
        (["--sweep", "supply=one"], "must read AXIS=V1,V2,..."),
        (["--sweep", "grid_delay=1.5"], "must name whole periods"),
        (["--delay", "2"], "--delay: says something with --compare only."),
        (["--cvar-weight", "0.5"], "--cvar-weight: says something with --risk only."),
        (["--polish"], "--polish is for a campus file, this is a portfolio."),
        (["--set", "currency=EUR"], "--set is for a campus file, this is a portfolio."),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_work(words, said, short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["plan", str(short), *words]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_options_of_a_portfolio_are_refused_for_a_campus(campus_file, capsys):
    assert run(["plan", str(campus_file), "--risk"]) == 2
    assert "--risk is for a portfolio, this is a campus file." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_found_before_the_work(short, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run(["plan", str(short), "-o", str(tmp_path / "file" / "out")]) == 2
    assert "file is no folder. Name another folder with -o." in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb", [["plan"], ["replan", "--progress", str(EXAMPLE / "progress_SYNTHETIC.csv")]]
)
def test_the_folder_of_the_portfolio_is_not_written_into(verb, short, capsys):
    before = {path.name: path.read_bytes() for path in short.iterdir()}
    assert run([*verb, str(short), "-o", str(short)]) == 2
    assert "holds the portfolio itself" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in short.iterdir()} == before


def test_a_portfolio_with_faults_writes_nothing(short, tmp_path, capsys):
    folder = Path(shutil.copytree(short, tmp_path / "wrong"))
    edit(folder / "sites.csv", lambda line: line.replace(",1.25,", ",0.25,"))
    assert run(["plan", str(folder), "-o", str(tmp_path / "out")]) == 2
    assert "sites.csv row 2, pue" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_limit_that_no_orders_meet_is_exit_code_one(short, tmp_path, capsys):
    folder = Path(shutil.copytree(short, tmp_path / "tight"))
    for old, new in (
        ("# credit_limit_m: 8000 ", "credit_limit_m: 1 "),
        ("line_year: 6 ", "line_year: 6000 "),
    ):
        edit(folder / "portfolio.yaml", lambda line, old=old, new=new: line.replace(old, new))
    assert run(["plan", str(folder), "-o", str(tmp_path / "out"), *QUICK]) == 1
    assert capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_ctrl_c_during_an_analysis_leaves_the_plan_and_says_so(short, tmp_path, monkeypatch, capsys):
    def stopped(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(portfolio_plan, "_compared", stopped)
    out = tmp_path / "out"
    assert run(["plan", str(short), "-o", str(out), *QUICK, "--compare"]) == 130
    assert f"Stopped during the comparison. {out} holds the plan" in capsys.readouterr().err
    assert plan_json(out)["kind"] == "portfolio"
    assert not (out / "coordination.csv").exists()


def test_a_gap_that_was_not_reached_is_exit_code_three_with_the_plan_kept(
    short, tmp_path, monkeypatch, capsys
):
    solved = portfolio_plan._solved
    monkeypatch.setattr(portfolio_plan, "_solved", lambda *given: replace(solved(*given), gap_frac=0.01))
    out = tmp_path / "out"
    assert run(["plan", str(short), "-o", str(out), *QUICK]) == 3
    assert (
        f"the gap is 1.0e-02, asked was 1e-05: the plan stands in {out} as it is." in capsys.readouterr().err
    )
    assert plan_json(out)["gap_frac"] == 0.01


def test_a_doubt_is_told_before_the_plan_and_what_is_not_there_is_not_analysed(short, tmp_path, capsys):
    folder = Path(shutil.copytree(short, tmp_path / "doubtful"))
    edit(folder / "storage.csv", lambda line: line.replace("lfp,market,sakai,185", "lfp,market,sakai,5"))
    edit(folder / "portfolio.yaml", lambda line: "" if "suppliers:" in line else line)
    assert run(["plan", str(folder), "-o", str(tmp_path / "out"), *QUICK, "--risk"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("warning: ")
    assert "suppliers of the plan" not in told.out
    assert not (tmp_path / "out" / "suppliers.csv").exists()


def test_replan_prices_the_slips_and_says_what_to_change(short, tmp_path, capsys):
    out = tmp_path / "out"
    progress = str(EXAMPLE / "progress_SYNTHETIC.csv")
    assert run(["replan", str(short), "--progress", progress, "-o", str(out)]) == 0
    text = capsys.readouterr().out
    for part in (
        "two-sites: replanned as of 2028Q1",
        "orders kept",
        "won back",
        "slips by loss",
        "sakai item electrical",
    ):
        assert part in text, part
    assert (out / "slips.csv").is_file()
    assert f"report: {out / 'report.html'}" in text


def test_a_progress_file_that_is_not_there_is_bad_input(short, tmp_path, capsys):
    words = ["--progress", str(tmp_path / "none.csv"), "-o", str(tmp_path / "out")]
    assert run(["replan", str(short), *words]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert run(["replan", str(short)]) == 2
    assert "--progress" in capsys.readouterr().err
