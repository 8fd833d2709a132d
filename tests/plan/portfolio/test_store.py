"""A portfolio plan on disk: read back it is the same, equal plans are equal bytes, and a folder is of one plan."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from tests.plan.portfolio.made import at, plan, portfolio
from wattstack.campus import read_campus
from wattstack.errors import InputError
from wattstack.plan import read_plan
from wattstack.plan.portfolio.answers import (
    Answers,
    Cause,
    ChemistryValue,
    Compared,
    Future,
    Holdback,
    Relief,
    Rent,
    Replanned,
    Risk,
    SecondSource,
    Shortfall,
    Slip,
    SupplierShare,
    Sweep,
    SweepPoint,
)
from wattstack.plan.portfolio.business import battery_target
from wattstack.plan.portfolio.codec import encode
from wattstack.plan.portfolio.store import (
    is_portfolio_plan,
    portfolio_files,
    read_portfolio_plan,
    write_portfolio_plan,
)
from wattstack.portfolio import Portfolio


def every_answer(made) -> dict:
    """One of each, with plans of portfolios that differ."""
    worse = replace(made, npv_m=made.npv_m - 50.0, portfolio=portfolio(generation=()))
    told = replace(worse, npv_m=made.npv_m - 20.0, amounts={"it_mw": {("sakai",): at(q3=4.0)}})
    point = SweepPoint(0.5, {"coordinated": 7.0, "silo": 3.0}, {"coordinated": 60.0, "silo": 40.0})
    return {
        "holdback": Holdback(
            (Cause("sakai", 2, "servers", "supply", 1 / 3),),
            (Rent("supply", ("servers",), 12.5),),
            (Relief("supply", ("servers",), "10 % more", 3.25),),
            {"sakai": (0, 2, None), "bosquel": (None, None, None)},
        ),
        "compared": Compared(made, worse, told, None, delay_q=2),
        "sweeps": (Sweep("supply", (point,), 1.5),),
        "risk": Risk(
            (Future("late", 0.4, worse, 90.0, 110.0), Future("announced", 0.6, made, 95.0, 120.0)),
            first_stage_q=2, expected_m=100.0, base_kept_m=93.0, knowing_m=116.0, cvar_m=80.0, alpha_frac=0.1,
            cvar_weight=0.0, gap_frac=1e-6, shortfalls=(Shortfall("servers", "one", 0.1, 40.0),),
            shares=(SupplierShare("servers", "one", "TW", 320.0, 0.8, 0.75),),
        ),
        "chemistries": (ChemistryValue("zinc", 94.0, None, 1.5, 20.0, None, "indoor", 8.0),),
        "own_cells_first_m": 3.25,
        "replanned": Replanned(
            "2030Q1", made, worse, told,
            (
                Slip("sakai", "stage", "early", 2, 5.0, 1.0, 8.0, 4.0),
                Slip("bosquel", "gate", "permit", 3, 45.0, 9.0, 30.0, 40.0),
            ),
            ("Move 4 MW of servers.",),
        ),
        "target": battery_target(made, forced=worse),
        "shares": (SupplierShare("servers", "two", "US", 88.0, 0.3, 0.2),),
        "shortfalls": (Shortfall("servers", "two", 0.1, float("inf"), 3.0),),
        "second_sources": (
            SecondSource(
                "servers", 0.5, 1.0, 7.0, (Shortfall("servers", "one", 0.1, 40.0),),
                (Shortfall("servers", "one", 0.1, 25.0),),
            ),
        ),
    }  # fmt: skip


def same_plan(one, two, skip=("portfolio",)) -> bool:
    return all(
        encode(getattr(one, f.name)) == encode(getattr(two, f.name))
        for f in fields(one)
        if f.name not in skip
    )


def same_portfolio(one: Portfolio, two: Portfolio) -> bool:
    same = all(
        encode(getattr(one, f.name)) == encode(getattr(two, f.name))
        for f in fields(one)
        if f.name != "base_dir"
    )
    return same and one.base_dir.resolve() == two.base_dir.resolve()


def test_a_plan_read_back_is_the_plan_written(tmp_path):
    made = plan()
    files = write_portfolio_plan(made, tmp_path / "out")
    back = read_portfolio_plan(tmp_path / "out")
    assert same_plan(back.plan, made)
    assert same_portfolio(back.plan.portfolio, made.portfolio)
    assert back.summary == files.summary
    assert back.timing == files.timing
    assert back.tables == files.tables
    assert back.answers == Answers()
    assert is_portfolio_plan(tmp_path / "out")


def test_weeks_come_back_to_the_last_bit(tmp_path):
    made = portfolio()
    odd = replace(made.weeks["JP", 1][0], solar_frac=np.linspace(0, 1, 168) ** 3 / 7)
    made = replace(made, weeks={**made.weeks, ("sakai", 1): (odd,)})
    write_portfolio_plan(plan(made), tmp_path / "out")
    back = read_portfolio_plan(tmp_path / "out").plan.portfolio
    assert back.weeks.keys() == made.weeks.keys()
    assert np.array_equal(back.weeks["sakai", 1][0].solar_frac, odd.solar_frac)
    assert back.weeks_of(back.site("sakai"), 1)[0].weight == 11


def test_answers_come_back_with_their_plans_and_the_portfolios_of_those(tmp_path):
    made = plan()
    given = every_answer(made)
    files = write_portfolio_plan(made, tmp_path / "out", **given)
    back = read_portfolio_plan(tmp_path / "out")
    found = back.answers
    assert found.holdback == given["holdback"]
    assert found.sweeps == given["sweeps"]  # the seconds come from timing.json
    assert (found.chemistries, found.own_cells_first_m) == (given["chemistries"], 3.25)
    assert found.target == given["target"]
    assert (found.shares, found.shortfalls) == (given["shares"], given["shortfalls"])
    assert found.second_sources == given["second_sources"]
    assert found.compared.value_of_coordination_m == given["compared"].value_of_coordination_m
    assert found.compared.silo_told is None
    untimed = ("portfolio", "rounds", "timing")  # plans inside an answer come without seconds
    assert same_plan(found.compared.silo, given["compared"].silo, untimed)
    assert same_portfolio(found.compared.silo.portfolio, given["compared"].silo.portfolio)
    assert found.compared.coordinated.portfolio is back.plan.portfolio
    assert found.risk.futures[0].regret_m == given["risk"].futures[0].regret_m
    assert found.risk.shares == given["risk"].shares
    assert found.replanned.slips == given["replanned"].slips
    assert found.replanned.won_back_m == given["replanned"].won_back_m
    assert back.tables == files.tables
    assert {"holdback", "coordination", "risk", "chemistry", "slips"} <= set(back.tables)


def test_slips_are_ranked_by_what_they_cost_and_the_joint_case_is_last(tmp_path):
    made = plan()
    table = portfolio_files(made, **every_answer(made)).tables["slips"]
    assert table.column("name") == ["permit", "early", "together"]
    assert table.column("kept_lost_m") == [45.0, 5.0, pytest.approx(50.0)]
    assert table.column("replanned_lost_m")[-1] == pytest.approx(20.0)


def test_what_was_asked_for_is_told_in_tables():
    made = plan()
    tables = portfolio_files(made, **every_answer(made)).tables
    assert tables["capacity"].where(bottleneck="servers")[0]["period"] == "2030Q1"
    dates = {row["what"]: row for row in tables["holdback"].where(about="time to power", site="sakai")}
    assert dates["half the MW"]["period"] == "2030Q1"
    assert dates["all MW"]["why"] == "not in the horizon"
    base = tables["coordination"].where(axis="base")
    assert [row["plan"] for row in base] == ["coordinated", "no substitution", "silo"]
    assert len(tables["coordination"].where(axis="supply", value=0.5)) == 2
    assert tables["risk"].where(about="expected")[0]["regret_m"] == 16.0
    assert tables["risk"].where(about="shortfall")[0]["regret_m"] == 40.0
    assert tables["risk"].where(about="supplier")[0]["spend_m"] == 320.0
    assert tables["risk"].where(about="value of the stochastic solution")[0]["worth_m"] == 7.0
    assert tables["suppliers"].column("about") == ["share", "shortfall", "second source"]
    assert tables["suppliers"].column("lost_m") == [None, float("inf"), 7.0]
    assert tables["suppliers"].column("saved_m")[-1] == 15.0
    assert tables["chemistry"].column("reserve_per_mwh") == [None, None]
    assert tables["chemistry"].where(chemistry="all but own cells")[0]["worth_m"] == 3.25


def test_results_never_take_the_place_of_the_input(tmp_path):
    made = replace(plan(), portfolio=replace(plan().portfolio, base_dir=tmp_path))
    with pytest.raises(InputError, match="holds the portfolio itself"):
        write_portfolio_plan(made, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_without_a_comparison_has_a_table_too():
    made = plan()
    sweeps = every_answer(made)["sweeps"]
    tables = portfolio_files(made, sweeps=sweeps).tables
    assert tables["coordination"].column("axis") == ["supply", "supply"]


def test_plan_json_says_what_was_reached(tmp_path):
    made = plan()
    write_portfolio_plan(made, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert (summary["wattstack_plan"], summary["kind"], summary["sense"]) == (1, "portfolio", "max")
    assert (summary["objective"], summary["bound"]) == (made.npv_m, made.bound_m)
    assert summary["currency"] == "USD"
    assert summary["calendar"]["periods"][0] == "2029Q3"
    assert summary["finance"]["npv_m"] == pytest.approx(made.npv_m)
    assert summary["solvers"] == {"kernel": 12, "linear": 3}
    assert summary["rounds"] == [
        {"number": r.number, "npv_m": r.npv_m, "bound_m": r.bound_m, "cuts": r.cuts} for r in made.rounds
    ]
    assert summary["synthetic"] == ["profiles"]
    assert {"key": ["shell", "sakai", ""], "value": at(q1=30).tolist()} in summary["amounts"]["order"]


def test_equal_plans_are_equal_bytes_but_for_the_time_they_took(tmp_path):
    slow = tuple(replace(r, seconds=9.0) for r in plan().rounds)
    for name, made in (("one", plan()), ("two", plan(rounds=slow, timing={"search": 9.0}))):
        given = every_answer(made)
        given["sweeps"] = tuple(replace(s, seconds=len(name) * 9.0) for s in given["sweeps"])
        write_portfolio_plan(made, tmp_path / name, **given)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        same = (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert same or name == "timing.json", name


def test_no_folder_stands_in_the_plan(tmp_path):
    made = plan(portfolio(base_dir=tmp_path))
    write_portfolio_plan(made, tmp_path / "out", **every_answer(made))
    for path in (tmp_path / "out").iterdir():
        assert str(tmp_path) not in path.read_text(), path.name
    assert read_portfolio_plan(tmp_path / "out").plan.portfolio.base_dir.resolve() == tmp_path


CAMPUS = """\
wattstack: 1
name: tokyo   # kept
place: {latitude_deg: 35.6, longitude_deg: 139.7, time_zone: Asia/Tokyo}
currency: USD
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-08T00:00+09:00, step: 1h}
series:
  price_per_mwh: {source: csv, file: prices.csv, column: price, unit: USD/MWh}
load: {halls: {it_mw: 10, profile: flat}}
grid: {connection: {firm_mw: {max: 60}}, tariff: {energy: {price_per_mwh: series:price_per_mwh}}}
"""


def test_campus_files_of_sites_come_along_and_their_series_stay_where_they_are(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tokyo.yaml").write_text(CAMPUS)
    campus = read_campus(tmp_path / "in" / "tokyo.yaml")
    small = campus.sized({"grid.connection.firm_mw": 5.0})
    first = portfolio(campuses={"sakai": campus, "bosquel": campus}, base_dir=tmp_path / "in")
    made = plan(first)
    other = replace(made, portfolio=replace(first, campuses={"sakai": small, "bosquel": campus}))
    write_portfolio_plan(made, tmp_path / "out", compared=Compared(made, other, other, None))
    names = {path.name for path in (tmp_path / "out").glob("campus.*")}
    assert names == {"campus.tokyo.yaml", "campus.tokyo.2.yaml"}
    back = read_portfolio_plan(tmp_path / "out")
    found = back.plan.portfolio.campuses["sakai"]
    assert found.grid == campus.grid
    file = found.base_dir / found.series["price_per_mwh"].file
    assert file.resolve() == (tmp_path / "in" / "prices.csv").resolve()
    assert back.answers.compared.silo.portfolio.campuses["sakai"].grid == small.grid
    write_portfolio_plan(plan(), tmp_path / "out")
    assert not list((tmp_path / "out").glob("campus.*"))


def test_another_input_has_another_checksum():
    (one,) = portfolio_files(plan()).summary["inputs"]
    (two,) = portfolio_files(plan(portfolio(first_stage_q=3))).summary["inputs"]
    assert one["sha256"] != two["sha256"]


def test_what_an_older_plan_left_goes_and_other_files_stay(tmp_path):
    out, made = tmp_path / "out", plan()
    write_portfolio_plan(made, out, **every_answer(made))
    (out / "report.html").write_text("old")
    (out / "mine.txt").write_text("mine")
    write_portfolio_plan(made, out)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "plan.json", "portfolio.json", "timing.json", "orders.csv", "capacity.csv", "factory.csv", "segments.csv",
        "finance.csv", "fiscal_years.csv", "mine.txt",
    }  # fmt: skip


def test_a_plan_that_cannot_be_written_leaves_the_old_one(tmp_path):
    out, made = tmp_path / "out", plan()
    write_portfolio_plan(made, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(TypeError):
        write_portfolio_plan(replace(made, notes=(object(),)), out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_where_the_folder_should_be_is_an_error_in_words(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        write_portfolio_plan(plan(), tmp_path / "out")


def test_a_bound_that_is_not_known_comes_back(tmp_path):
    write_portfolio_plan(plan(bound_m=float("inf")), tmp_path / "out")
    assert read_portfolio_plan(tmp_path / "out").plan.bound_m == float("inf")


def test_without_timing_a_plan_is_read_without_seconds(tmp_path):
    made = plan()
    write_portfolio_plan(made, tmp_path / "out", **every_answer(made))
    (tmp_path / "out" / "timing.json").unlink()
    back = read_portfolio_plan(tmp_path / "out")
    assert [r.seconds for r in back.plan.rounds] == [0.0, 0.0]
    assert back.answers.sweeps[0].seconds == 0.0


def broken(out, name, change) -> None:
    path = out / name
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("plan.json", lambda v: v.update(wattstack_plan=9), "is of kind 'portfolio' and layout 9, must be"),
        ("plan.json", lambda v: v.update(kind="site"), "is of kind 'site'"),
        ("plan.json", lambda v: v.pop("amounts"), "is not as it was written"),
        ("portfolio.json", lambda v: v["portfolio"]["sites"][0].update(pue=0.5), "is not as it was written"),
        ("portfolio.json", lambda v: v["portfolio"].update(calendar=7), "is not as it was written"),
        ("timing.json", lambda v: v["rounds_s"].pop(), "is not as it was written"),
    ],
)
def test_a_folder_that_was_changed_is_an_error_in_words(tmp_path, name, change, message):
    write_portfolio_plan(plan(), tmp_path / "out")
    broken(tmp_path / "out", name, change)
    with pytest.raises(InputError, match=message):
        read_portfolio_plan(tmp_path / "out")


def test_a_folder_without_a_plan_says_what_makes_one(tmp_path):
    with pytest.raises(InputError, match=r"has no plan\.json, so no plan\. Run wattstack plan"):
        read_portfolio_plan(tmp_path)
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        is_portfolio_plan(tmp_path)


def test_the_plan_of_a_portfolio_is_not_read_as_that_of_a_site(tmp_path):
    write_portfolio_plan(plan(), tmp_path)
    with pytest.raises(InputError, match="is of kind 'portfolio', must be 'site'"):
        read_plan(tmp_path)
