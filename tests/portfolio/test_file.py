"""The file and its forms: found, read, and every slip in its head and sections told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.portfolio.small import TABLES, raw_small, small_portfolio, write_small, write_small_tables, yearly
from wattstack.errors import InputError
from wattstack.portfolio import is_portfolio, read_portfolio, rows

KEYS = {name: keys for name, (_, keys) in rows.TABLES.items()}
CAMPUS = """\
wattstack: 1
name: test
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2023-04-01T00:00+09:00, step: 1h}
load:
  halls: {it_mw: 10}
grid:
  connection: {firm_mw: {max: 20}}
  tariff:
    energy: {price_per_mwh: 12000}
"""


def equal(one, two):
    """Whether two portfolios are the same but for where they were read."""
    for field in dataclasses.fields(one):
        if field.name == "weeks":
            assert one.weeks.keys() == two.weeks.keys()
        elif field.name != "base_dir":
            assert getattr(one, field.name) == getattr(two, field.name), field.name


def test_tables_in_the_file_and_tables_by_name_are_the_same(tmp_path):
    equal(read_portfolio(write_small_tables(tmp_path)), small_portfolio())


def test_a_folder_is_read_by_the_file_in_it(tmp_path):
    write_small(tmp_path)
    equal(read_portfolio(tmp_path), small_portfolio())


def test_what_is_read_is_what_was_written():
    portfolio = small_portfolio()
    assert (portfolio.name, portfolio.currency, portfolio.first_stage_q) == ("small", "USD", 2)
    assert portfolio.exchange == pytest.approx({"JPY": 1 / 150, "EUR": 1.2})
    assert portfolio.synthetic == ("profiles",)
    assert portfolio.warnings == ()
    assert portfolio.supply[4].resource == "lfp"  # lfp_import
    assert portfolio.segments[0].tranche == "1"
    assert [segment.domestic for segment in portfolio.segments] == [True, True, False]
    assert portfolio.items[4].resource == "hv"
    assert portfolio.calendar.labels[-1] == "2028Q2"


def test_a_portfolio_is_known_by_its_folder_its_name_or_its_keys(tmp_path):
    assert not is_portfolio(tmp_path)
    path = write_small(tmp_path)
    assert is_portfolio(tmp_path)
    assert is_portfolio(path)
    other = path.rename(tmp_path / "group.yaml")
    assert is_portfolio(other)
    assert not is_portfolio(tmp_path)
    campus = tmp_path / "campus.yaml"
    campus.write_text(CAMPUS, encoding="utf-8")
    assert not is_portfolio(campus)
    assert not is_portfolio(tmp_path / "none.yaml")
    assert not is_portfolio(tmp_path / "portfolio.yaml")
    (tmp_path / "sites.yaml").write_text("sites: {}\ncalendar: {}\n", encoding="utf-8")
    assert is_portfolio(tmp_path / "sites.yaml")


def test_a_folder_without_a_portfolio_says_what_it_should_hold(tmp_path):
    with pytest.raises(InputError, match=r"holds neither portfolio\.yaml nor meta\.yaml"):
        read_portfolio(tmp_path)


def test_an_empty_file_must_hold_a_portfolio(tmp_path):
    (tmp_path / "portfolio.yaml").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is empty, must hold a portfolio"):
        read_portfolio(tmp_path)


def put(section, **values):
    """Change keys of a section."""

    def change(raw):
        raw[section] |= values

    return change


def top(**values):
    """Change keys of the head; None takes one out."""

    def change(raw):
        for key, value in values.items():
            raw[key] = value
            if value is None:
                del raw[key]

    return change


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (top(wattstack=2), "wattstack",
         "must be 1: this program reads version 1 of the portfolio file. Begin with wattstack: 1."),
        (top(portfolio=None), "portfolio", "must be the name of the portfolio. Write portfolio: NAME."),
        (top(curency="USD"), "curency", "is not a key here. Nearest: 'currency'."),
        (top(stochastic=[1]), "stochastic", "must hold keys. Write them below it, indented."),
        (top(currency="$"), "currency",
         "is '$', must be the ISO 4217 code of a currency. Write JPY, EUR or USD."),
        (top(currency="XYZ"), "currency",
         "is 'XYZ', must be the ISO 4217 code of a currency. Write JPY, EUR or USD."),
        (put("exchange", YEN=0.006), "exchange.YEN",
         "is 'YEN', must be the ISO 4217 code of a currency. Nearest: 'JPY'."),
        (put("calendar", count=4000), "calendar.count", "is 4000, must be <= 200. Give a value <= 200."),
        (put("stochastic", first_stage_q=7), "stochastic.first_stage_q",
         "is 7, must be at most the 6 periods of the calendar. Lower it."),
        (put("money", battery_target_m=0), "money.battery_target_m", "is 0, must be > 0 M. Give a value > 0."),
        (put("money", battery_target_m=5, battery_target_year=2040), "money.battery_target_year",
         "is 2040, outside the fiscal years 2026 .. 2028. Mend it, or take the target out."),
        (put("exchange", GBP=0), "exchange.GBP", "is 0, must be a number > 0. Give the rate."),
        (put("exchange", KRW_per_TWD=40), "exchange.KRW_per_TWD",
         "does not lead to USD, the currency of the portfolio. Name a rate that does."),
        (put("exchange", EUR_per_JPY=0.01), "exchange.EUR_per_JPY",
         "is 0.01, but the other rates make it 0.00555556. Take one out."),
        (put("calendar", first="2027"), "calendar.first", "is '2027', must be a quarter as period says. Write 2026Q4."),
        (put("calendar", period="year"), "calendar.first", "is '2027Q1', must be a year as period says. Write 2027."),
        (put("calendar", fiscal_start_month=5), "calendar.fiscal_start_month",
         "is 5, must be one of 1, 4, 7, 10. Write 1."),
        (put("stochastic", cvar_alpha_frac=0), "stochastic.cvar_alpha_frac", "is 0, must be > 0. Give a value > 0."),
        (put("compute", load_factor=85), "compute.load_factor", "is 85, must be <= 1. Write 0.85 for 85 %."),
        (put("money", capital_as="rent"), "money.capital_as",
         "is 'rent', must be one of payments, annuity. Write payments."),
        (put("money", credit_limit_m=-4), "money.credit_limit_m", "is -4, must be >= 0 M. Give a value >= 0."),
        (put("tables", sitse="s.csv"), "tables.sitse", "is not a table. Nearest: 'sites'."),
        (put("tables", xyz="s.csv"), "tables.xyz", None),
        (put("tables", sources=3), "tables.sources", "must be the name of a CSV file. Write NAME.csv."),
        (put("tables", sites="s.csv"), "tables.sites", "stands in the file too, must stand once. Take one out."),
        (top(factory=3), "factory", "must hold keys, or name a YAML file."),
        (put("factory", line_lead=3), "factory.line_lead", "is not a key here. Nearest: 'line_lead_q'."),
        (put("factory", high_density_line={"GWh_per_year": 1}), "factory.high_density_line.GWh_per_year",
         "is not modelled: cells of high density are bought. Leave it empty, or add them to storage."),
        (put("factory", max_lines=3), "factory.max_lines", "is given by another key already. Take one of them out."),
        (top(fx={"EUR": 3}), "fx.EUR", "is given by another key already. Take one of them out."),
        (top(sites=None), "sites", "is missing: a portfolio has a site. List sites, or name a table."),
    ],
)  # fmt: skip
def test_a_slip_in_the_file_is_told_with_its_key_and_line(told, change, where, what):
    said = told(change, tables=False)[f"portfolio.yaml {where}"]
    assert what is None or said.partition(" (line ")[0] == what


def test_a_key_that_stands_twice_is_told(tmp_path):
    path = write_small(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "currency: JPY\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"portfolio\.yaml currency\s+stands in lines 3 and"):
        read_portfolio(path)


def test_a_first_stage_that_the_file_does_not_name_may_be_longer_than_the_horizon(changed):
    assert changed(put("stochastic", first_stage_q=None)).first_stage_q == 6
    assert changed(put("stochastic", first_stage_q=6)).first_stage_q == 6


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_read_is_one_fault_and_not_that_of_all_who_name_it(name, tmp_path):
    path = write_small_tables(tmp_path)
    file = tmp_path / f"{name}.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(path)
    assert [fault.where for fault in caught.value.faults] == [f"{name}.csv"]


@pytest.mark.parametrize("name", TABLES)
def test_a_row_too_long_or_a_column_of_another_name_brings_no_faults_of_other_files(name, tmp_path):
    path = write_small_tables(tmp_path)
    file = tmp_path / f"{name}.csv"
    head, first, *rest = file.read_text(encoding="utf-8").splitlines()
    nameless = [",".join("xyzzy" if column == KEYS[name][0] else column for column in head.split(","))]
    for text in ([head, f"{first},1", *rest], [*nameless, first, *rest]):
        file.write_text("\n".join(text) + "\n", encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_portfolio(path)
        places = [fault.where for fault in caught.value.faults]
        assert len(places) <= 2 and all(place.startswith(f"{name}.csv") for place in places), places


def test_rates_are_read_either_way_and_through_another_currency(changed):
    def change(raw):
        raw["exchange"] = {"USD_per_GBP": 1.25, "JPY_per_GBP": 200, "EUR": 1.2}

    assert changed(change).exchange == pytest.approx({"GBP": 1.25, "JPY": 1.25 / 200, "EUR": 1.2})


def test_the_factory_may_stand_in_a_file_of_its_own(tmp_path):
    raw = raw_small()
    factory = raw.pop("factory")
    raw["factory"] = "cells.yaml"
    path = write_small(tmp_path, raw)
    from ruamel.yaml import YAML

    YAML(typ="safe", pure=True).dump(factory, tmp_path / "cells.yaml")
    assert read_portfolio(path).factory == small_portfolio().factory
    (tmp_path / "cells.yaml").write_text("name: cells\nname: x\nlines_max: -1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(path)
    faults = {fault.where: fault.what for fault in caught.value.faults}
    assert faults["cells.yaml lines_max"] == "is -1, must be >= 0. Give a value >= 0. (line 3)"
    assert faults["cells.yaml name"] == "stands in lines 1 and 2, must stand once. Rename or remove one."
    assert faults["cells.yaml material_per_kwh"].startswith("is missing, must be given.")
    (tmp_path / "cells.yaml").unlink()
    with pytest.raises(InputError, match=r"cells\.yaml\s+does not exist"):
        read_portfolio(path)


def test_a_portfolio_of_years_reads(tmp_path):
    rows = write_small(tmp_path, yearly())
    portfolio = read_portfolio(rows)
    assert portfolio.calendar.labels == ("2027", "2028", "2029")
    assert portfolio.money.capital_budget_m == {2027: 500, 2028: 800}
    assert portfolio.money.capital_as == "annuity"
    assert portfolio.synthetic == ("profiles",)  # no source is named


def of_campuses(currency="JPY"):
    """A portfolio of two campus files, a budget and nothing else."""
    return {
        "wattstack": 1, "portfolio": "campuses", "currency": currency,
        "calendar": {"first": 2027, "count": 3, "period": "year"}, "money": {"capital_budget_m": {2027: 500}},
        "sites": {"a": {"campus": "a.yaml"}, "b": {"campus": "a.yaml"}},
        "supply": [{"resource": "battery.energy_mwh", "amounts": {2027: 100}}],
    }  # fmt: skip


def test_a_portfolio_of_campus_files_and_budgets_needs_nothing_else(tmp_path):
    (tmp_path / "a.yaml").write_text(CAMPUS, encoding="utf-8")
    portfolio = read_portfolio(write_small(tmp_path, of_campuses()))
    assert [site.campus for site in portfolio.sites] == ["a.yaml", "a.yaml"]
    assert portfolio.campuses["b"].load["halls"].it_mw == 10.0
    assert np.array_equal(portfolio.supply[0].at(portfolio.calendar), [100.0] * 3)


def test_a_campus_file_is_checked_with_the_portfolio(tmp_path):
    (tmp_path / "a.yaml").write_text(CAMPUS.replace("it_mw: 10", "it_mw: -10"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(write_small(tmp_path, of_campuses()))
    assert {fault.where for fault in caught.value.faults} == {"a.yaml load.halls.it_mw"}
    (tmp_path / "a.yaml").unlink()
    with pytest.raises(InputError, match=r"a\.yaml\s+does not exist"):
        read_portfolio(write_small(tmp_path, of_campuses()))


def test_a_campus_of_another_currency_needs_a_rate(tmp_path):
    (tmp_path / "a.yaml").write_text(CAMPUS, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(write_small(tmp_path, of_campuses("EUR")))
    assert caught.value.faults[0].what.startswith(
        "counts in JPY, this portfolio in EUR, and it names no rate. Name one: exchange.JPY: EUR per JPY."
    )
    raw = {**of_campuses("EUR"), "exchange": {"JPY_per_EUR": 170}}
    assert read_portfolio(write_small(tmp_path, raw)).exchange["JPY"] == pytest.approx(1 / 170)


def test_sources_are_kept_by_id(changed):
    portfolio = changed(
        lambda raw: raw.update(sources=[{"id": "s1", "publisher": "An agency"}]), tables=False
    )
    assert portfolio.sources == {"s1": {"id": "s1", "publisher": "An agency"}}


def test_sun_at_a_site_follows_the_one_plant_of_its_campus_file(told, tmp_path):
    weather = "series: {weather: {source: epw, file: sky.epw}}\n"
    plants = "solar: {roof: {power_mw: 1, tilt_deg: 10}, field: {power_mw: 2, tilt_deg: 30}}\n"
    (tmp_path / "home.yaml").write_text(CAMPUS + weather + plants)
    faults = told(lambda raw: raw["sites"]["east"].update(campus="home.yaml"))
    at, what = next((where, what) for where, what in faults.items() if where.startswith("generation.csv"))
    assert at == "generation.csv row 3, profile"
    assert what == (
        "is 'pv', but the campus file of east has 2 solar plants (roof, field): whose sun it follows is not known. "
        "Leave one in that file."
    )
