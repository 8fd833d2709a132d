"""Progress: rows read, names and dates checked against the portfolio and the date of the report."""

from __future__ import annotations

import pytest

from tests.portfolio.small import small_portfolio, write_table
from wattstack.errors import InputError
from wattstack.portfolio import read_progress

ROW = {
    "as_of": "2027Q3", "site": "east", "kind": "item", "name": "cooling", "baseline_quarter": "2027Q2",
    "baseline_quantity": 10, "unit": "MW_IT", "actual_quarter": "", "actual_quantity": "",
    "forecast_quarter": "2027Q4", "status": "late",
}  # fmt: skip


@pytest.fixture
def progress(tmp_path):
    """Rows laid over a good one, read; their faults by place where there are any."""

    def read(*rows, portfolio=None):
        path = tmp_path / "progress.csv"
        write_table(path, [{**ROW, **row} for row in rows])
        try:
            return read_progress(path, portfolio or small_portfolio())
        except InputError as error:
            return {fault.where: fault.what for fault in error.faults}

    return read


def test_rows_are_read_by_kind(progress):
    rows = progress(
        {},
        {
            "kind": "gate",
            "name": "fibre",
            "baseline_quantity": 1,
            "actual_quarter": "2027Q3",
            "actual_quantity": 1,
            "forecast_quarter": "",
        },
        {"kind": "stage", "name": "second", "baseline_quarter": "2028Q1", "forecast_quarter": "2029Q1"},
        {"kind": "line", "site": "factory", "name": "first"},
        {"kind": "line", "site": "cells", "name": "second"},
        {"kind": "order", "name": "servers_next_gen"},
        {"kind": "order", "name": "hv_fast"},
        {"kind": "order", "name": "lfp"},
        {"kind": "order", "name": "engine"},
    )
    assert [row.kind for row in rows] == ["item", "gate", "stage", "line", "line", *["order"] * 4]
    assert rows[0].actual_quantity is None
    assert rows[1].actual_quantity == 1.0


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [
        ({"site": "esat"}, "site", "is 'esat', which this portfolio does not know. Nearest: 'east'."),
        ({"name": "coolling"}, "name", "is 'coolling', which this portfolio does not know. Nearest: 'cooling'."),
        ({"kind": "gate", "name": "permit"}, "name",
         "is 'permit', which this portfolio does not know. There are: land, fibre."),
        ({"kind": "stage", "name": "first"}, "name",
         "is 'first', which this portfolio does not know. There are: existing, early, second."),
        ({"kind": "order", "name": "servers_last"}, "name",
         "is 'servers_last', which this portfolio does not know. Nearest: 'servers_first_gen'."),
        ({"kind": "line"}, "site", "is 'east', which this portfolio does not know. There are: factory, cells."),
        ({"kind": "lines"}, "kind", "is 'lines', must be one of gate, item, stage, line, order. Nearest: 'line'."),
        ({"as_of": "now"}, "as_of", "is 'now', must be a quarter. Write 2027Q1."),
        ({"baseline_quarter": "2027Q0"}, "baseline_quarter", "is '2027Q0', must be a quarter. Write 2027Q1."),
        ({"forecast_quarter": "late"}, "forecast_quarter", "is 'late', must be a quarter. Write 2027Q1."),
        ({"actual_quarter": "2027Q4"}, "actual_quarter",
         "is 2027Q4, after the report as of 2027Q3. Write it as forecast_quarter."),
        ({"forecast_quarter": "2027Q2"}, "forecast_quarter",
         "is 2027Q2, before the report as of 2027Q3. Give a later one, or the actual."),
        ({"kind": "gate", "name": "fibre", "baseline_quantity": 1e6}, "baseline_quantity",
         "is 1e+06, must be 1: a gate is there once. Write 1."),
        ({"actual_quarter": "2027Q3"}, "forecast_quarter",
         "is 2027Q4, but all of it came in 2027Q3. Take it out, or give the actual_quantity that came so far."),
        ({"actual_quarter": "2027Q3", "actual_quantity": 4, "forecast_quarter": "2027Q2"}, "forecast_quarter",
         "is 2027Q2, before the report as of 2027Q3. Give a later one, or the actual."),
        ({"actual_quantity": -1}, "actual_quantity", "is -1, must be >= 0 unit. Give a value >= 0."),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_by_row_and_column(progress, row, column, what):
    assert progress({"name": "shell"}, row)[f"progress.csv row 3, {column}"] == what


def test_a_report_from_outside_the_horizon_is_told(progress):
    what = "is 2026Q1, outside the horizon 2027Q1 .. 2028Q2. Count it as standing at the start, or mend the date."
    assert progress({"as_of": "2026Q1"}) == {"progress.csv row 2, as_of": what}


def test_a_row_says_when(progress):
    what = "says neither when it came nor when it is forecast. Give actual_quarter or forecast_quarter."
    assert progress({"forecast_quarter": ""}) == {"progress.csv row 2": what}


def test_a_forecast_may_lie_after_the_horizon_and_a_baseline_before_it(progress):
    (row,) = progress({"forecast_quarter": "2031Q1", "baseline_quarter": "2026Q4"})
    assert row.forecast_quarter == "2031Q1"


def test_of_what_came_in_part_the_rest_is_forecast(progress):
    (row,) = progress({"actual_quarter": "2027Q3", "actual_quantity": 4})
    assert (row.actual_quarter, row.forecast_quarter) == ("2027Q3", "2027Q4")


def test_a_report_has_one_date_and_every_row_once(progress):
    faults = progress({}, {"name": "shell", "as_of": "2027Q2"}, {})
    assert faults == {
        "progress.csv row 3, as_of": "is 2027Q2, the first row's is 2027Q3. Give one report a file.",
        "progress.csv row 4": "says east item cooling 2027Q2 again, as progress.csv row 2 does. Remove one.",
    }


def test_lines_ask_for_a_factory(progress):
    from dataclasses import replace

    faults = progress({"kind": "line", "site": "factory"}, portfolio=replace(small_portfolio(), factory=None))
    what = "is 'line', but the portfolio has no factory. Take the row out."
    assert faults == {"progress.csv row 2, kind": what}


def test_a_file_that_cannot_be_read_or_holds_nothing_is_told(tmp_path):
    with pytest.raises(InputError, match=r"does not exist"):
        read_progress(tmp_path / "none.csv", small_portfolio())
    (tmp_path / "progress.csv").write_text(",".join(ROW) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no row, must hold one at least"):
        read_progress(tmp_path / "progress.csv", small_portfolio())
