"""The library fills what the campus does not give, in the campus' currency or not at all."""

from __future__ import annotations

from copy import deepcopy

import pytest

from wattstack.campus.fill import fill_from_library, merged
from wattstack.library import find

BATTERY = "    charge_eff: 0.95\n    discharge_eff: 0.95\n    capital_per_mw: 10000000\n"
LFP = "    chemistry: library:lfp-grid-2026\n"
FLAT = "tariff:\n    energy: {price_per_mwh: series:price_per_mwh}"


def test_what_the_campus_gives_stands_and_the_entry_fills_the_rest(campus_of):
    main = campus_of(
        currency="USD",
        battery={
            "main": {"chemistry": "library:lfp-grid-2026", "power_mw": 5, "energy_mwh": 9, "life_years": 10}
        },
    ).battery["main"]
    entry = find("chemistries", "lfp-grid-2026").values
    assert main.life_years == 10
    assert (main.charge_eff, main.capital_per_mwh) == (entry["charge_eff"], entry["capital_per_mwh"])


def test_prices_of_an_entry_are_turned_by_the_exchange_of_the_campus(campus_of):
    main = campus_of(
        finance={"exchange": {"USD": 150}},
        battery={
            "main": {"chemistry": "library:lfp-grid-2026", "power_mw": 5, "energy_mwh": 9, "wear_per_mwh": 7}
        },
    ).battery["main"]
    entry = find("chemistries", "lfp-grid-2026").values
    assert main.capital_per_mw == entry["capital_per_mw"] * 150
    assert main.wear_per_mwh == 7  # given here, in the currency of the campus
    assert main.usable_frac == entry["usable_frac"]  # no money


def test_prices_in_another_currency_are_refused_without_an_exchange(told):
    assert told((BATTERY, LFP)) == {
        "battery.main.chemistry": "brings capital_per_mw, capital_per_mwh, fixed_per_mw_year, wear_per_mwh "
        "in USD, "
        "this campus counts in JPY. Give them in JPY, or finance.exchange.USD: JPY per USD. (line 20)"
    }
    given = "    capital_per_mw: 1\n    capital_per_mwh: 1\n    fixed_per_mw_year: 1\n"
    assert "brings wear_per_mwh in USD" in told((BATTERY, LFP + given))["battery.main.chemistry"]


def test_a_tariff_in_another_currency_is_refused_or_turned(told, campus_of):
    faults = told((FLAT, "tariff: library:kansai-special-high-voltage"), ("currency: JPY", "currency: EUR"))
    assert faults == {
        "grid.tariff": "brings levy, price_per_mw_month, wheeling in JPY, this campus counts in EUR. Give "
        "them in "
        "EUR, or finance.exchange.JPY: EUR per JPY. (line 13)"
    }
    tariff = campus_of(
        finance={"exchange": {"EUR": 160}},
        series={"price_per_mwh": {"source": "jepx", "file": "a.csv", "area": "kansai"}},
        grid={"connection": {"firm_mw": 1}, "tariff": "library:turpe7-htb3"},
    ).grid.tariff
    assert tariff.energy.adders_per_mwh == {"grid": 4.2 * 160}
    assert tariff.fixed_per_month == pytest.approx(1321.49 * 160)


def test_prices_that_the_campus_gives_need_no_exchange(campus_of):
    money = {"capital_per_mw": 1, "capital_per_mwh": 1, "fixed_per_mw_year": 1, "wear_per_mwh": 0}
    battery = {"chemistry": "library:lfp-grid-2026", "power_mw": 5, "energy_mwh": 9, **money}
    assert campus_of(battery={"main": battery}).battery["main"].usable_frac == 0.95


def test_a_fuel_brings_price_and_emission_at_the_efficiency_of_the_machine(campus_of):
    gas = {"fuel": "lng", "power_mw": 40, "fuel_mwh_per_mwh": 2.0}
    unit = campus_of(currency="USD", generator={"gas": gas}).generator["gas"]
    entry = find("fuels", "lng").values
    assert unit.emission_kg_per_mwh == 2 * entry["emission_kg_per_fuel_mwh"]
    assert unit.fuel_price_per_mwh == entry["fuel_price_per_mwh"]
    default = campus_of(currency="USD", generator={"gas": {"fuel": "lng", "power_mw": 40}}).generator["gas"]
    assert default.emission_kg_per_mwh == pytest.approx(2.2 * entry["emission_kg_per_fuel_mwh"])
    own = campus_of(
        generator={"gas": gas | {"fuel_price_per_mwh": 9000, "emission_kg_per_mwh": 1}}
    ).generator["gas"]
    assert (own.fuel_price_per_mwh, own.emission_kg_per_mwh) == (9000, 1)


def test_a_wrong_efficiency_is_told_and_the_fuel_is_not(told):
    gas = "fuel: lng, power_mw: 40, fuel_mwh_per_mwh: two, fuel_price_per_mwh: 8000, emission_kg_per_mwh: 4"
    assert list(told(generator=f"{{gas: {{{gas}}}}}")) == ["generator.gas.fuel_mwh_per_mwh"]


def test_a_tariff_by_name_and_what_is_laid_over_it(campus_of):
    series = {"price_per_mwh": {"source": "jepx", "file": "a.csv", "area": "kansai"}}

    def tariff(declared):
        return campus_of(series=series, grid={"connection": {"firm_mw": 1}, "tariff": declared}).grid.tariff

    name = "library:kansai-special-high-voltage"
    assert tariff(name) == tariff({"extends": name})
    mixed = tariff({"extends": name, "demand": None, "energy": {"adders_per_mwh": {"levy": 3490.0}}})
    assert mixed.demand == {}
    assert mixed.energy.adders_per_mwh == {"wheeling": 2060.0, "levy": 3490.0}


def test_classes_of_contracted_power_come_with_the_tariff_and_sizes_from_the_campus(campus_of):
    powers = {name: {"power_mw": {"max": 1000}} for name in ("peak", "hph", "hch", "hpb", "hcb")}
    campus = campus_of(
        currency="EUR",
        series={"price_per_mwh": {"source": "entsoe", "file": "a.csv"}},
        grid={
            "connection": {"firm_mw": 1000},
            "tariff": {"extends": "library:turpe7-htb2-long", "contract": powers},
        },
    )
    contract = campus.grid.tariff.contract
    assert [c.at_least for c in contract.values()] == [None, "peak", "hph", "hch", "hpb"]
    # b1 P1 + b2 (P2 - P1) + ... with the published b and some rising P, against the library's differences.
    published = [11_640, 11_040, 8_160, 5_640, 4_200]
    levels = [700, 750, 800, 900, 1000]
    steps = [b * (p - q) for b, p, q in zip(published, levels, [0, *levels], strict=False)]
    assert sum(
        c.price_per_mw_year * p for c, p in zip(contract.values(), levels, strict=True)
    ) == pytest.approx(sum(steps))
    assert "grid.tariff.contract.hcb.power_mw" in campus.size_paths


@pytest.mark.parametrize(
    ("change", "where", "sentence"),
    [
        ((BATTERY, "    chemistry: library:lfp\n"), "battery.main.chemistry",
         "is 'library:lfp', which is not among the chemistries of the library. There are: edlc, "
         "lfp-grid-2026, lto-2026, nmc-2026, vrla-2026, zinc-bromine-flow, zinc-bromine-static, zinc-halogen, "
         "zinc-halogen-claim, zinc-halogen-classic, zinc-halogen-eos. (line 20)"),
        ((BATTERY, "    chemistry: library:lfp-grid-2025\n"), "battery.main.chemistry",
         "is 'library:lfp-grid-2025', which is not among the chemistries of the library. Nearest: "
         "'library:lfp-grid-2026'. (line 20)"),
        ((BATTERY, "    chemistry: lfp-grid-2026\n    charge_eff: 0.9\n    discharge_eff: 0.9\n"),
         "battery.main.chemistry",
         "is 'lfp-grid-2026', must name an entry of the library. Write library:NAME; `wattstack library` "
         "lists them. "
         "(line 20)"),
        ((FLAT, "tariff: library:kansai"), "grid.tariff",
         "is 'library:kansai', which is not among the tariffs of the library. There are: flat, "
         "kansai-special-high-voltage, turpe7-htb2-long, turpe7-htb3. (line 13)"),
        ((FLAT, "tariff: {extends: library:turpe7-htb}"), "grid.tariff.extends",
         "is 'library:turpe7-htb', which is not among the tariffs of the library. Nearest: "
         "'library:turpe7-htb3'. "
         "(line 13)"),
        (("{it_mw: 100}", "{it_mw: 100, profile: flatt}"), "load.halls.profile",
         "is 'flatt', which is not among the profiles of the library. Nearest: 'flat'. (line 10)"),
        (("grid:", "generator: {gas: {fuel: gas, power_mw: 4}}\ngrid:"), "generator.gas.fuel",
         "is 'gas', which is not among the fuels of the library. There are: diesel, hydrogen, lng. (line "
         "11)"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_in_the_library_is_the_one_fault_told(told, change, where, sentence):
    assert told(change)[where] == sentence
    if "must name an entry" not in sentence:
        assert list(told(change)) == [where]


@pytest.mark.parametrize("tariff", ["7", "cheap", "{extends: 7, energy: {price_per_mwh: 3000}}", "[a]"])
def test_a_tariff_of_a_wrong_kind_is_told_with_its_place(told, tariff):
    assert all(where.startswith("grid.tariff") for where in told((FLAT, f"tariff: {tariff}")))


def test_filling_twice_changes_nothing_and_the_raw_campus_stays():
    raw = {
        "currency": "JPY",
        "finance": {"exchange": {"USD": 150}},
        "battery": {"main": {"chemistry": "library:nmc-2026", "power_mw": 3}, "odd": 3},
        "generator": {"gas": {"fuel": "diesel", "power_mw": 4}, "odd": []},
        "load": {"halls": {"it_mw": 4}, "own": {"it_mw": 4, "profile": "series:u"}},
        "grid": {"tariff": "library:flat"},
    }
    before = deepcopy(raw)
    once, faults, passports = fill_from_library(raw)
    twice, _, _ = fill_from_library(once)
    assert raw == before and twice == once and faults == []
    assert {p["name"] for p in passports} == {"nmc-2026", "diesel", "ai", "flat"}
    assert once["grid"]["tariff"]["energy"] == {"price_per_mwh": 15000.0}
    assert "idle_frac" not in once["load"]["own"]


def test_the_campus_tells_which_entries_it_used_with_their_passports(campus_of):
    campus = campus_of(grid={"connection": {"firm_mw": 3}, "tariff": {"energy": {"price_per_mwh": 9000}}})
    (passport,) = campus.passports
    assert passport["kind"] == "profiles" and passport["name"] == "ai"
    assert set(passport) == {"kind", "name", "title", "source", "date", "status", "confidence"}
    assert campus.sized({"grid.connection.firm_mw": 4}).passports == campus.passports


def test_laying_over_goes_key_by_key():
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": None}, "d": None}) == {"a": {"c": 2}}
    assert merged({"a": 1}, {"b": None}) == {"a": 1, "b": None}
    assert merged({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
    assert merged("library:x", {"a": 1}) == {"extends": "library:x", "a": 1}


def test_a_chemistry_brings_its_climate_and_the_campus_may_change_it(campus_of):
    sizes = {"power_mw": 1, "energy_mwh": 4}
    zinc = {**sizes, "chemistry": "library:zinc-halogen"}
    cooled = {**zinc, "climate": {"kind": "air", "setpoint_degc": 30}}
    lithium = {**sizes, "chemistry": "library:lfp-grid-2026"}
    units = {"zinc": zinc, "cooled": cooled, "lithium": lithium}
    found = campus_of(currency="USD", battery=units).battery
    assert [unit.climate.kind for unit in found.values()] == ["none", "air", "liquid"]
    assert found["cooled"].climate.setpoint_degc == 30
