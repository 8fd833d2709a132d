"""Two runs, or a plan and a run, side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.report import run_made as made
from tests.report.reader import find_table, read
from wattstack.errors import InputError
from wattstack.report import write_report


def beside(first, second, tmp_path) -> str:
    return write_report(first, tmp_path / "both.html", second).read_text(encoding="utf-8")


def test_a_run_beside_itself_differs_in_nothing(tmp_path):
    html = beside(made.files(), made.files(), tmp_path)
    assert "small (first) beside small (second)" in html and "Two simulated years" in html
    page = read(html)
    for table in page.tables:
        for row in table[1:]:
            if table[0][-1][0] == "Second less first" and row[-1][1] is not None:
                assert row[-1][1] == 0.0


def test_a_plan_and_its_run_are_laid_on_running_cost(tmp_path):
    html = beside(made.plan(), made.files(), tmp_path)
    assert "A plan and a simulated year" in html
    table = find_table(read(html), "Figure")
    row = next(r for r in table if r[0][0] == "Running cost of a year")
    assert row[1][1] == pytest.approx(made.plan().summary["finance"]["running_cost_per_year"])
    assert row[2][1] == pytest.approx(made.files().summary["running_cost_per_year"])
    assert row[3][1] == pytest.approx(row[2][1] - row[1][1])
    lines = find_table(read(html), "Line")
    assert sum(r[1][1] for r in lines[1:-1]) == pytest.approx(lines[-1][1][1])
    assert "Battery main: capacity left at the end" in html


def test_the_run_may_stand_first(tmp_path):
    assert "A plan and a simulated year" in beside(made.files(), made.plan(), tmp_path)


def test_two_currencies_are_never_subtracted(tmp_path):
    other = replace(made.files(), summary={**made.files().summary, "currency": "EUR"})
    html = beside(made.files(), other, tmp_path)
    assert "The currencies differ, so nothing is subtracted." in html
    row = next(r for r in find_table(read(html), "Figure") if r[0][0] == "Running cost of a year")
    assert row[3] == ["", None]
    assert "M EUR" in row[2][0]


def test_a_run_is_not_laid_beside_a_portfolio(tmp_path):
    from tests.report import portfolio_made

    with pytest.raises(InputError, match="one result is of a portfolio"):
        beside(made.files(), portfolio_made.plan(), tmp_path)
