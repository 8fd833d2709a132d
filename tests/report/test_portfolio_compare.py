"""Two portfolio plans side by side: figures, sites, dates and cash of both, and what of their inputs differs."""

from dataclasses import replace
from html import unescape

import pytest

from tests.report import portfolio_made as made
from tests.report.reader import find_table, read
from wattstack.errors import InputError
from wattstack.plan.portfolio import solve_portfolio, write_portfolio_plan
from wattstack.portfolio import read_portfolio
from wattstack.portfolio.variants import only_sites, scaled_supply
from wattstack.report import write_report
from wattstack.report.portfolio.compare import compare_portfolios
from wattstack.report.portfolio.view import open_portfolio


@pytest.fixture(scope="module")
def alone():
    """A plan of the northern site alone, with less supply."""
    return solve_portfolio(scaled_supply(only_sites(made.portfolio(), ["north"]), 0.5), pool=made.pool())


def beside(first, second, labels=("first", "second")):
    return compare_portfolios(open_portfolio(first), open_portfolio(second), labels)


def test_two_folders_stand_side_by_side_under_their_names(alone, tmp_path):
    write_portfolio_plan(made.plan(), tmp_path / "both")
    write_portfolio_plan(alone, tmp_path / "north")
    html = write_report(tmp_path / "both", tmp_path / "page.html", tmp_path / "north").read_text()
    assert "<h1>both beside north" in html
    rows = find_table(read(html), "Figure", "both", "north", "Second less first")
    worth = next(row for row in rows if row[0][0] == "Net present value")
    assert [cell[1] for cell in worth[1:]] == [
        made.plan().npv_m, alone.npv_m, pytest.approx(alone.npv_m - made.plan().npv_m),
    ]  # fmt: skip


def test_each_site_has_its_sizes_and_dates_and_one_that_is_missing_says_so(alone):
    page = beside(made.plan(), alone)
    east, north = (
        t for t in read(page.html()).tables if t[0][0][0] == "" and t[1][0][0] == "Energised at the end"
    )
    assert [row[2][0] for row in east[1:]] == ["not there"] * (len(east) - 1)
    assert north[1][1][1] == made.plan().amounts["it_mw"]["north",][-1]
    assert north[1][2][1] == alone.amounts["it_mw"]["north",][-1]
    assert [row[0][0] for row in north[2:5]] == ["First MW", "Half of the power", "All of it"]
    assert any(row[0][0] == "Grid stage first on" for row in north)


def test_the_power_and_the_cash_of_both_are_drawn(alone):
    figures = beside(made.plan(), alone).figures
    assert [trace["name"] for trace in figures["power"].data] == [
        "East, first",
        "North, first",
        "North, second",
    ]
    assert [trace["name"] for trace in figures["cash"].data] == ["first", "second"]
    names = {section for section, _, _ in beside(made.plan(), alone).sections}
    assert not names & figures.keys(), "a section and a figure of one name are one place in the page"


def test_of_many_sites_the_sum_is_drawn():
    many = {(f"s{n}",): made.plan().amounts["it_mw"]["east",] for n in range(7)}
    sites = tuple(made.portfolio().sites[0].model_copy(update={"name": f"s{n}"}) for n in range(7))
    plan = replace(
        made.plan(),
        portfolio=replace(made.portfolio(), sites=sites),
        amounts={**made.plan().amounts, "it_mw": many},
    )
    assert [trace["name"] for trace in beside(plan, plan).figures["power"].data] == [
        "All sites, first", "All sites, second",
    ]  # fmt: skip


def test_inputs_that_differ_are_counted(alone):
    rows = {row[0][0]: row[3][0] for row in find_table(read(beside(made.plan(), alone).html()), "Table")}
    assert rows["Shared supply"].endswith("rows different")
    assert rows["Sites"] == "1 row different"
    assert rows["Servers"] == rows["Money"] == "the same"


def test_equal_names_are_told_apart_and_equal_worth_is_said():
    page = beside(made.plan(), made.plan(), ("small", "small"))
    assert page.title == "small (first) beside small (second)"
    assert page.lead.startswith("Both are worth the same, as far as their proofs tell")


def test_two_currencies_are_never_subtracted(alone):
    euro = replace(alone, portfolio=replace(alone.portfolio, currency="EUR"))
    page = beside(made.plan(), euro)
    assert "The currencies differ, so nothing is subtracted." in page.lead
    assert "cash" not in page.figures
    rows = find_table(read(page.html()), "Figure")
    assert next(row for row in rows if row[0][0] == "Net present value")[3] == ["", None]
    assert next(row for row in rows if row[0][0] == "Energised at the end")[3][1] is not None


def test_campuses_that_grow_stand_with_their_sizes(small_campus, tmp_path):
    from wattstack.campus import write_campus

    write_campus(small_campus(currency="USD"), tmp_path / "campus.yaml")
    (tmp_path / "portfolio.yaml").write_text(
        "wattstack: 1\nportfolio: one\ncurrency: USD\ncalendar: {first: 2027, count: 3, period: year}\n"
        "sites: [{name: here, campus: campus.yaml}]\n"
    )
    plan = solve_portfolio(read_portfolio(tmp_path / "portfolio.yaml"))
    page = beside(plan, plan)
    assert [section for section, _, _ in page.sections] == ["answers", "sizes", "money", "inputs"]
    sizes = find_table(read(page.html()), "Size at the end [MW, MWh]")
    assert sizes[1][1][1] == next(iter(plan.amounts["size"].values()))[-1]
    assert "not there" in unescape(beside(made.plan(), plan).html())


def test_a_plan_in_memory_is_named_after_its_portfolio(tmp_path):
    html = write_report(made.plan(), tmp_path / "page.html", made.answers()["compared"].silo).read_text()
    assert "<h1>small (first) beside small (second)" in html


def test_a_portfolio_is_not_laid_beside_a_site(small, tmp_path):
    for pair in ((made.plan(), small()), (small(), made.plan())):
        with pytest.raises(InputError, match="one result is of a portfolio, the other of a site"):
            write_report(pair[0], tmp_path / "page.html", pair[1])
