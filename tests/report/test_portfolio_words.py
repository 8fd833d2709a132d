"""Words of a portfolio's report, and what a figure stands on."""

from dataclasses import replace

import pytest

from tests.report import portfolio_made as made
from wattstack.report.portfolio.ground import assumed_rows, ground_words, made_up
from wattstack.report.portfolio.view import open_portfolio
from wattstack.report.portfolio.words import (
    amount_words,
    cause_name,
    gap_words,
    limit_name,
    listed,
    share_words,
    thing_name,
)


@pytest.mark.parametrize(
    ("kind", "what", "words"),
    [
        ("item", "shell_prefab", "prefab halls"),
        ("item", "crane", "crane"),
        ("server", "B300", "servers B300"),
        ("storage", "lfp", "batteries LFP"),
        ("generation", "pv", "solar panels"),
        ("generation", "wind", "wind"),
        ("stage", "kansai_firm", "grid stage kansai firm"),
        ("gate", "land", "purchase of land"),
        ("line", "line", "factory lines"),
        ("size", "battery.main.energy_mwh", "Battery main, energy"),
        ("given up", "engine", "sale of engine"),
    ],
)
def test_things_are_named_in_plain_words(kind, what, words):
    assert thing_name(kind, what) == words


@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [
        ("supply", ("hv_fast",), "Fast transformers, shared supply"),
        ("supply", ("lfp",), "LFP, shared supply"),
        ("segment", ("grid", "2"), "Market grid, price step 2"),
        ("line", ("works",), "Lines of the battery factory"),
        ("server", ("B300",), "Servers B300"),
        ("crew", ("sakai",), "Sakai: commissioning crew"),
        ("gate", ("sakai", "fibre"), "Sakai: fibre"),
        ("item", ("electrical", "le_bosquel"), "Le Bosquel: electrical gear"),
        ("generation", ("engine", "sakai"), "Sakai: engines"),
        ("budget", ("2030",), "Budget 2030"),
    ],
)
def test_limits_are_named_with_whose_they_are(kind, key, words):
    assert limit_name(kind, key) == words


def test_a_cause_says_why():
    assert cause_name("hv", "supply") == "Transformers (shared supply used up)"
    assert cause_name("not worth more", "") == "Nothing: more is not worth its cost"


def test_amounts_shares_and_gaps_have_no_more_figures_than_help():
    assert amount_words(1.0, "line") == "1\xa0line"
    assert amount_words(2.5, "line") == "2.5\xa0lines"
    assert amount_words(0.999, "stage") == "100\xa0%"
    assert share_words(1.84) == "184\xa0%"
    assert gap_words(0.0) == "0.000001\xa0%"
    assert listed([]) == "none"


def test_a_figure_says_what_is_assumed_and_what_has_a_source():
    portfolio = made.portfolio()
    assert assumed_rows(portfolio, "items") == (10, 11)
    named = replace(portfolio, gates=tuple(g.model_copy(update={"source": "S1"}) for g in portfolio.gates))
    text = ground_words(named, "items", "gates")
    assert text == (
        "Assumed, at least in part (rows): prices and lead times 10 of 11. From named sources: permits and gates. "
        "SYNTHETIC: profiles."
    )
    assert ground_words(replace(named, synthetic=(), items=()), "items") == ""


def test_synthetic_series_of_a_campus_are_named(small_campus):
    price = {"source": "csv", "file": "p.csv", "column": "p", "unit": "AUD/MWh", "synthetic": True}
    campus = small_campus(series={"price_per_mwh": price})
    portfolio = replace(made.portfolio(), campuses={"here": campus})
    assert made_up(portfolio) == ("profiles", "price_per_mwh of here")


def test_amounts_of_a_small_plan_have_decimals():
    plan = made.plan()
    assert open_portfolio(plan).money.decimals == 1
    assert open_portfolio(replace(plan, npv_m=2000.0)).money.decimals == 0
    assert open_portfolio(replace(plan, npv_m=2.0)).money.decimals == 3
