"""A site that can never be energised is told with what is missing, and so are weeks and prices that it needs."""

from __future__ import annotations

import pytest

MEND = "Add what is missing, or take the site out."


def without_items(*names):
    """Take items of the northern site out."""

    def change(raw):
        raw["items"] = [i for i in raw["items"] if i["site"] != "north" or i["item"] not in names]

    return change


def never(faults, what):
    """Whether the northern site is told to miss something, and nothing else is."""
    return faults["sites.csv row 3"] == f"north can never be energised: {what}. {MEND}"


@pytest.mark.parametrize("resource", ["electrical", "cooling"])
def test_a_site_without_an_item_is_told(told, resource):
    assert never(told(without_items(resource)), f"no {resource}")


def test_every_missing_item_is_named(told):
    assert never(told(without_items("shell", "shell_prefab", "hv", "hv_fast")), "no shell; no hv")


def test_a_quicker_way_to_a_resource_is_a_way_to_it(changed):
    assert len(changed(without_items("hv")).items) == 10


def put(table, row, **values):
    """Change values of a row."""

    def change(raw):
        raw[table][row] |= values

    return change


def test_an_item_that_comes_after_the_horizon_is_missing(told):
    assert never(told(put("items", 8, lead_q=6)), "no cooling, as it comes after the horizon")


def test_an_item_without_supply_is_missing(told):
    def change(raw):
        raw["supply"]["electrical"] = {"amounts": {"2027Q1": 0, "2027Q4": 0, "2028Q1": 5}}

    what = "no electrical, as its supply is 0 in every period whose orders would arrive within the horizon"
    assert never(told(change), what)


def test_an_item_that_may_not_be_ordered_is_missing(told):
    assert never(told(put("items", 8, may_order=0)), "no cooling, as none stands and none may be ordered")


def test_a_permit_after_the_horizon_leaves_no_shell(told):
    assert never(told(put("gates", 2, lead_q=7)), "no shell, as its permit opens after the horizon")


def test_a_fibre_gate_after_the_horizon_is_told(told):
    assert never(told(put("gates", 3, lead_q=7)), "no fibre, as its gate opens after the horizon")


def test_a_site_without_any_power_is_told(told):
    def change(raw):
        raw["stages"] = raw["stages"][:3]
        raw["generation"] = raw["generation"][:2]

    assert never(told(change), "no stage of a grid connection")


def test_an_island_needs_neither_stage_nor_transformer(changed):
    def change(raw):
        without_items("hv", "hv_fast")(raw)
        raw["stages"] = raw["stages"][:3]

    assert changed(change).generation[2].tech == "fuel_cell"


def test_stages_that_come_too_late_are_no_connection(told):
    def change(raw):
        raw["generation"] = raw["generation"][:2]
        for stage in raw["stages"][3:]:
            stage["commit_lead_q"] = 6

    assert never(told(change), "no stage of a grid connection within the horizon")


def test_a_site_without_servers_crew_and_storage_is_told(told):
    def change(raw):
        del raw["servers"], raw["supply"]["servers"]
        raw["suppliers"] = raw["suppliers"][2:]
        raw["sites"]["north"]["crew_mw"] = 0
        raw["storage"] = raw["storage"][:3]

    faults = told(change, tables=False)
    what = f"north can never be energised: no servers; no crew; no storage for its reserve. {MEND}"
    assert faults == {"portfolio.yaml sites.north": what}


def test_a_wrong_row_is_not_missing_as_well(told):
    assert list(told(put("items", 8, lead_q=-1))) == ["items.csv row 10, lead_q"]
    assert list(told(put("stages", 4, power_mw=-1))) == ["stages.csv row 6, power_mw"]


def test_a_short_site_names_its_country_and_price(told):
    def change(raw):
        del raw["sites"]["north"]["country"], raw["sites"]["north"]["price_per_mwh"]

    what = "is missing, must be given for a site without a campus file. Give it, or name a campus."
    assert told(change, tables=False) == {
        "portfolio.yaml sites.north, country": what,
    }
    assert told(put("sites", "north", price_per_mwh=""))["sites.csv row 3, price_per_mwh"] == what


def test_a_site_needs_hours_to_run_in(told):
    def change(raw):
        del raw["tables"]["profiles"]

    faults = told(change, tables=False)
    what = "north has no hours to run in: no profiles are given for FR. Add that table."
    assert faults["portfolio.yaml sites.north"] == what


def test_a_missing_country_of_the_weeks_is_told_by_season(told):
    faults = told(put("sites", "north", country="DE"))
    assert (
        faults["profiles.csv"] == "has no season Q1, Q2, Q3, Q4 of DE, which site north needs. Add the hours."
    )
