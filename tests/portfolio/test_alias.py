"""Other names for the same thing: by table, with a currency or a year in the name, whatever the case."""

from __future__ import annotations

import pytest

from wattstack.portfolio.alias import NAMES, nearest_name, renamed, resource_of
from wattstack.portfolio.rows import TABLES


@pytest.mark.parametrize("table", sorted(set(NAMES) & set(TABLES)))
def test_every_name_leads_to_a_field_that_is_there(table):
    fields = TABLES[table][0].model_fields
    for target in NAMES[table].values():
        for part in target.split("; "):
            assert part.partition("=")[0].split(".")[0] in fields, (table, target)


def test_names_are_compared_without_regard_to_case():
    found = renamed({"STORAGE_start_MWh": 3, "pUe": 1.2}, "sites", ["storage_start_mwh", "pue"])
    assert found.values == {"storage_start_mwh": 3, "pue": 1.2}
    assert found.origin == {"storage_start_mwh": "STORAGE_start_MWh", "pue": "pUe"}


def test_a_name_may_hold_a_currency_and_a_year():
    found = renamed({"installed_eur_kWh_2029": 140}, "storage", ["cost_per_kwh", "cost_year"])
    assert found.values == {"cost_per_kwh": 140, "cost_year": 2029}
    assert found.currency == {"cost_per_kwh": "EUR"}


def test_what_is_not_asked_for_is_left_out_and_the_unknown_stays():
    found = renamed({"compute": {"utilisation": 0.8, "zzz": 1}}, "meta", ())
    assert found.values == {"compute": {"zzz": 1}}


def test_a_key_below_a_value_that_is_none_is_told():
    found = renamed({"exchange": 3, "fx": {"EUR": 1.1}}, "meta", ())
    assert found.doubled == ["fx.EUR"]


def test_a_place_is_found_by_the_longest_name_above_it():
    found = renamed({"finance": {"capex_budget_per_fy": {"2027": 1}}}, "meta", ())
    assert found.place("money.capital_budget_m.2027") == "finance.capex_budget_per_fy.2027"
    assert found.place("compute.load_factor") is None


def test_a_market_for_a_chemistry_is_the_chemistry():
    assert resource_of("lfp_import", ["lfp", "znx"]) == "lfp"
    assert resource_of("nmc_import", ["lfp"]) == "nmc_import"


def test_the_nearest_of_a_mistyped_name_may_be_another_name():
    assert nearest_name("tarrif_usd_mwh", "sites", ["pue"]) == "tariff_usd_MWh"
    assert nearest_name("zzz", "sites", ["pue"]) is None
