"""Rows become declarations: numbers, names, yes and no, money in one currency, missing and unknown columns."""

from __future__ import annotations

import pytest

from tests.portfolio.small import small_portfolio


def put(table, row, **values):
    """Change values of a row; None takes one out."""

    def change(raw):
        for key, value in values.items():
            raw[table][row][key] = value
            if value is None:
                del raw[table][row][key]

    return change


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("2,5", "is '2,5', must be a number [M/unit]. Write it without a unit."),
        ("2.5 M", "is '2.5 M', must be a number [M/unit]. Write the number alone, in M/unit."),
        ("nan", "is nan, must be a finite number. Give a value, or take the key out."),
        ("inf", "is inf, must be a finite number. Give a value, or take the key out."),
        ("-1", "is -1, must be >= 0 M/unit. Give a value >= 0."),
        ("", "is missing, must be given. It is: Price [M/unit]."),
    ],
)
def test_what_is_no_number_is_told(told, value, what):
    assert told(put("items", 0, capital_m_per_unit=value)) == {"items.csv row 2, capital_m_per_unit": what}


def test_whole_numbers_may_be_written_with_a_point(changed):
    assert changed(put("items", 0, lead_q="3.0")).items[0].lead_q == 3
    assert changed(put("items", 0, lead_q=3.0), tables=False).items[0].lead_q == 3


@pytest.mark.parametrize(
    ("text", "is_so"), [("1", True), ("yes", True), ("TRUE", True), ("0", False), ("No", False)]
)
def test_yes_and_no_are_written_in_many_ways(changed, text, is_so):
    assert changed(put("storage", 0, indoor_ok=text)).storage[0].indoor_ok is is_so


def test_what_is_neither_yes_nor_no_is_told(told):
    what = "is 'maybe', must be true or false. Write true without quotes."
    assert told(put("storage", 0, indoor_ok="maybe")) == {"storage.csv row 2, indoor_ok": what}


def test_a_name_that_looks_like_a_number_is_a_name(changed):
    portfolio = changed(put("segments", 0, tranche=7), tables=False)
    assert portfolio.segments[0].tranche == "7"


def test_columns_that_nobody_knows_name_the_nearest_or_all(edited):
    assert edited("targets.csv", "facility_mw", "facilty_mw") == {
        "targets.csv, facilty_mw": "is not a column here. Nearest: 'facility_mw'.",
        "targets.csv, facility_mw": "is missing, must be a column. It is: Facility power announced [MW].",
    }


def test_columns_without_a_near_one_get_the_list(edited):
    faults = edited("targets.csv", "facility_mw", "zzz")
    assert faults["targets.csv, zzz"] == (
        "is not a column here. There are: site, quarter, facility_mw, note, source."
    )


def test_a_missing_column_without_a_description_says_what_it_is_of(edited):
    faults = edited("stages.csv", "earliest_energised", "note")
    what = "is missing, must be a column. It is: earliest_energised of the stage."
    assert faults["stages.csv, earliest_energised"] == what


def test_notes_and_sources_are_allowed_everywhere(changed):
    portfolio = changed(put("scenarios", "base", source="a guess", note="as it is"))
    assert portfolio.scenarios[0].note == "as it is"


def test_a_number_given_by_two_columns_is_told(told):
    faults = told(put("sites", "east", **{"PUE ": 1.3, "tariff_usd_MWh": 3}), tables=False)
    assert (
        faults["portfolio.yaml sites, tariff_usd_MWh"]
        == "is given by another column already. Take one of them out."
    )
    assert faults["portfolio.yaml sites, PUE "] == "is not a key here. Nearest: 'pue'."


def test_an_amount_may_be_in_the_currency_of_its_column(edited, changed):
    def change(raw):
        for site in raw["sites"].values():
            site["tariff_jpy_MWh"] = site.pop("price_per_mwh") * 150
            site["grid_fee_eur_MWh"] = site.pop("grid_fee_per_mwh") / 1.2

    for tables in (True, False):
        for site, plain in zip(changed(change, tables).sites, small_portfolio().sites, strict=True):
            assert site.price_per_mwh == pytest.approx(plain.price_per_mwh)
            assert site.grid_fee_per_mwh == pytest.approx(plain.grid_fee_per_mwh)


def test_an_amount_may_be_in_the_currency_of_its_row(changed):
    def change(raw):
        raw["items"][0] |= {"currency": "JPY", "capital_m_per_unit": 375}
        raw["segments"][0] |= {"currency": "EUR", "price_per_kwh": 300}

    portfolio = changed(change)
    assert portfolio.items[0].capital_m_per_unit == pytest.approx(2.5)
    assert portfolio.segments[0].price_per_kwh == pytest.approx(360)
    assert portfolio.segments[0].access_gwh[2027] == 0.08  # no money
    assert portfolio.items[1].capital_m_per_unit == 6.0


def test_money_of_the_sections_is_turned_too(changed):
    def change(raw):
        raw["money"] |= {"currency": "JPY", "capital_budget_m": {2027: 150_000}}
        raw["factory"]["line_capital_m"] = None
        raw["factory"]["line_capex_jpy_m"] = 7200

    portfolio = changed(change)
    assert portfolio.money.capital_budget_m == {2027: pytest.approx(1000)}
    assert portfolio.factory.line_capital_m == pytest.approx(48)


def test_a_currency_without_a_rate_is_told_once(told):
    def change(raw):
        for item in raw["items"]:
            item["currency"] = "GBP"

    (fault,) = told(change).items()
    assert fault == (
        "items.csv row 2, capital_m_per_unit",
        "is in GBP, this portfolio counts in USD and names no rate. Name one: exchange.GBP: USD per GBP.",
    )


def test_tables_without_money_have_no_currency(told):
    def change(raw):
        raw["targets"][0]["currency"] = "JPY"

    assert told(change)["targets.csv, currency"].startswith("is not a column here.")
