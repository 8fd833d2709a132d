"""Dates of a portfolio: each parses, and lies where something can come of it."""

from __future__ import annotations

import pytest

from wattstack.portfolio import Calendar
from wattstack.portfolio.dates import date_fault

BEFORE = "Count it as standing at the start, or mend the date."
AFTER = "Mend the date, lengthen the calendar, or take the row out."


def put(table, row, name, value):
    """Change one value of a row."""

    def change(raw):
        raw[table][row][name] = value

    return change


@pytest.mark.parametrize("text", ["2027Q5", "Q1 2027", "2027-Q1", "2027", "soon"])
def test_what_is_no_quarter_is_told(told, text):
    faults = told(put("stages", 2, "earliest_energised", text))
    what = f"is '{text}', must be a quarter. Write 2027Q1."
    assert faults == {"stages.csv row 4, earliest_energised": what}


@pytest.mark.parametrize(
    ("table", "row", "name", "place"),
    [
        ("stages", 2, "earliest_energised", "stages.csv row 4"),
        ("gates", 1, "earliest_start", "gates.csv row 3"),
        ("generation", 0, "earliest_energised", "generation.csv row 2"),
        ("suppliers", 1, "from_quarter", "suppliers.csv row 3"),
        ("servers", "next_gen", "first_order", "servers.csv row 3"),
        ("items", 0, "pipeline_quarter", "items.csv row 2"),
        ("targets", 0, "quarter", "targets.csv row 2"),
    ],
)
def test_a_date_after_the_horizon_is_told(told, table, row, name, place):
    what = f"is 2028Q3, outside the horizon 2027Q1 .. 2028Q2. {AFTER}"
    assert told(put(table, row, name, "2028Q3"))[f"{place}, {name}"] == what


def test_what_may_come_from_an_earlier_date_on_may_come_from_the_start(changed):
    portfolio = changed(put("stages", 0, "earliest_energised", "1999Q1"))
    assert portfolio.calendar.index(portfolio.stages[0].earliest_energised) < 0


def test_a_pipeline_before_the_start_stands_already(told):
    what = f"is 2026Q4, outside the horizon 2027Q1 .. 2028Q2. {BEFORE}"
    assert told(put("items", 0, "pipeline_quarter", "2026Q4")) == {"items.csv row 2, pipeline_quarter": what}


def test_an_empty_pipeline_may_say_any_date(changed):
    def change(raw):
        raw["items"][1]["pipeline_quarter"] = "2020Q1"

    assert changed(change).items[1].pipeline_units == 0.0


def test_a_pipeline_without_a_date_is_told(told):
    def change(raw):
        del raw["items"][0]["pipeline_quarter"]

    what = "is missing, must be given where something is in the pipeline. Write the quarter it arrives in."
    assert told(change) == {"items.csv row 2, pipeline_quarter": what}


def test_servers_are_ordered_from_a_first_to_a_later_last_date(told):
    what = "is 2027Q1, before the first order 2027Q3. Exchange them."
    assert told(put("servers", "next_gen", "last_order", "2027Q1")) == {"servers.csv row 3, last_order": what}


def test_servers_that_were_sold_before_the_horizon_are_told(told):
    def change(raw):
        raw["servers"]["first_gen"] |= {"first_order": "2025Q1", "last_order": "2026Q4"}

    what = "is 2026Q4, before the horizon begins: it can never be ordered. Take the row out."
    assert told(change) == {"servers.csv row 2, last_order": what}


def test_an_order_window_that_does_not_parse_is_told_by_its_date(told):
    what = "is 'never', must be a quarter. Write 2027Q1."
    assert told(put("servers", "first_gen", "last_order", "never")) == {"servers.csv row 2, last_order": what}


def test_a_launch_must_parse(told):
    what = "is 'spring', must be a quarter. Write 2027Q1."
    assert told(put("servers", "first_gen", "launch", "spring")) == {"servers.csv row 2, launch": what}


def test_supply_is_given_at_dates_inside_or_outside_the_horizon(told, changed):
    wide = changed(put("supply", "hv", "amounts", {"2026Q1": 0, "2030Q1": 160}))
    assert wide.supply[1].at(wide.calendar).tolist() == [40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    what = "is '2027Q9', must be a quarter. Write 2027Q1."
    assert told(put("supply", "hv", "amounts", {"2027Q9": 1}))["supply.csv row 3, 2027Q9"] == what


def test_supply_is_never_negative_and_never_empty(told):
    assert told(put("supply", "hv", "amounts", {"2027Q1": -3})) == {
        "supply.csv row 3, 2027Q1": "is -3, must be >= 0. Give what can be had in that period."
    }
    assert told(put("supply", "hv", "amounts", {}))["supply.csv row 3, amounts"].startswith("is missing")
    inline = told(put("supply", "hv", "amounts", {}), tables=False)["portfolio.yaml supply.hv, amounts"]
    assert inline.startswith("gives no amount, must give one at least.")


def test_markets_open_in_the_years_of_the_horizon(told, changed):
    assert told(put("segments", 0, "access_gwh", {2027: -1})) == {
        "segments.csv row 2, access_GWh_FY2027": "is -1, must be >= 0. Give what can be sold in that year."
    }
    warned = changed(put("segments", 2, "access_gwh", {2040: 1})).warnings
    assert warned == (
        "segments.csv row 4, access_gwh  names no fiscal year of the horizon (2026 .. 2028), so nothing can be sold.",
    )


def test_the_committed_start_of_the_factory_lies_in_the_horizon(told):
    def change(raw):
        raw["factory"]["committed_start"] = "2029Q1"

    (fault,) = told(change).items()
    assert fault[0] == "portfolio.yaml factory.committed_start"
    assert fault[1].startswith("is 2029Q1, outside the horizon 2027Q1 .. 2028Q2.")


def test_a_budget_is_of_a_fiscal_year_of_the_horizon_and_never_negative(told):
    def change(raw):
        raw["money"]["capital_budget_m"] = {2027: -1, "FY2035": 5}

    faults = told(change)
    assert list(faults) == ["portfolio.yaml money.capital_budget_m"]
    assert faults["portfolio.yaml money.capital_budget_m"].startswith(
        "names 2035, outside the fiscal years 2026 .. 2028. Mend the year. (line "
    )


def test_years_are_dates_of_a_yearly_calendar():
    calendar = Calendar("2027", 3)
    assert date_fault(calendar, "2029", may_be_before=False) is None
    assert date_fault(calendar, "2027Q1", may_be_before=False) == "is '2027Q1', must be a year. Write 2027."
    assert date_fault(calendar, "2030", may_be_before=False).startswith(
        "is 2030, outside the horizon 2027 .. 2029."
    )
