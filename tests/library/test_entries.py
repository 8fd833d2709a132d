"""Every entry of the library has a passport and fits the declaration that it fills."""

from __future__ import annotations

import re

import numpy as np
import pytest

from wattstack.campus import Battery, Campus, Generator
from wattstack.errors import InputError
from wattstack.library import find, kinds, names

STATUS = ("in force", "approved", "draft", "proposal", "claim", "assumption")
CONFIDENCE = ("high", "medium", "low")
ALL = [(kind, name) for kind in kinds() for name in names(kind)]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_an_entry_has_a_passport(kind, name):
    entry = find(kind, name)
    assert entry.status in STATUS and entry.confidence in CONFIDENCE
    assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", entry.date)
    assert len(entry.source) > 10 and len(entry.title) > 5
    assert entry.passport == {
        key: getattr(entry, key)
        for key in ("kind", "name", "title", "source", "date", "status", "confidence")
    }


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_figures_behind_an_entry_have_unit_and_source(kind, name):
    for fact in find(kind, name).facts:
        assert set(fact) == {"item", "value", "unit", "source"}
        assert fact["source"]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_money_has_a_currency(kind, name):
    entry = find(kind, name)
    money = re.search(r"(price|capital|wear|fixed)_per", str(entry.values))
    assert (entry.currency is not None) == (money is not None)


@pytest.mark.parametrize("name", names("chemistries"))
def test_a_chemistry_fills_a_battery_whole(name):
    values = find("chemistries", name).values
    battery = Battery(chemistry=f"library:{name}", power_mw=1, energy_mwh=4, **values)
    assert 0.5 < battery.charge_eff * battery.discharge_eff <= 1
    needed = {"usable_frac", "self_discharge_frac_per_h", "wear_per_mwh", "capital_per_mw", "capital_per_mwh",
              "fixed_per_mw_year", "life_years", "charge_eff", "discharge_eff"}  # fmt: skip
    assert needed <= set(values) <= needed | {"climate"}


@pytest.mark.parametrize("name", names("chemistries"))
def test_efficiencies_are_those_of_the_round_trip_that_is_cited(name):
    entry = find("chemistries", name)
    cited = next(fact["value"] for fact in entry.facts if fact["item"] == "round trip at the bus")
    assert entry.values["charge_eff"] * entry.values["discharge_eff"] == pytest.approx(cited, abs=0.002)


@pytest.mark.parametrize("name", names("fuels"))
def test_a_fuel_has_a_price_and_the_emission_of_its_facts(name):
    entry = find("fuels", name)
    assert entry.values["fuel_price_per_mwh"] > 0
    for fact in entry.facts:
        if fact["unit"] == "kg/TJ":
            assert entry.values["emission_kg_per_fuel_mwh"] == pytest.approx(fact["value"] * 0.0036, abs=0.1)
    assert set(entry.values) == {"fuel_price_per_mwh", "emission_kg_per_fuel_mwh"}
    assert {"fuel_price_per_mwh", "fuel"} < set(Generator.model_fields)


@pytest.mark.parametrize("name", names("profiles"))
def test_a_profile_is_a_week_of_mean_one(name):
    shape = np.array(find("profiles", name).values["shape"], dtype=float)
    assert shape.shape == (7, 24)
    assert shape.mean() == pytest.approx(1.0, abs=1e-3)
    assert shape.min() > 0


def test_the_ai_profile_keeps_inside_the_published_swing_of_serving():
    shape = np.array(find("profiles", "ai").values["shape"], dtype=float)
    serving = (
        shape[:5] * (1 + 0.3 * (0.9 - 1) * 2 / 7) - 0.7
    ) / 0.3  # the weekdays' serving share, mean about 1
    assert 1.25 <= serving.max() <= 1.57 and 0.60 <= serving.min() <= 0.80


@pytest.mark.parametrize("name", names("tariffs"))
def test_a_tariff_fits_the_campus(name):
    entry = find("tariffs", name)
    contract = {clause: {"power_mw": 100} for clause in entry.values.get("contract", {})}
    campus = Campus.model_validate(
        {
            "wattstack": 1, "name": "a", "currency": entry.currency, "load": {"halls": {"it_mw": 90}},
            "place": {"latitude_deg": 0, "longitude_deg": 0, "time_zone": "UTC"},
            "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "30min"},
            "series": {"price_per_mwh": {"source": "entsoe", "file": "a.csv"}},
            "grid": {"connection": {"firm_mw": 100},
                     "tariff": {"extends": f"library:{name}", "contract": contract}},
        }
    )  # fmt: skip
    assert campus.grid.tariff.energy


def test_the_classes_of_the_long_use_tariff_share_out_every_hour_alike():
    from wattstack.campus import Contract, Periods

    values = find("tariffs", "turpe7-htb2-long").values
    table = Periods.model_validate(values["energy"]["adders_per_mwh"]["grid"])
    classes = {name: Contract(power_mw=1, **clause) for name, clause in values["contract"].items()}
    for month in range(1, 13):
        for weekday in (0, 5, 6):
            for hour in np.arange(0, 24, 0.5):
                priced = next(n for n, p in table.periods.items() if p.mask(month, weekday, hour))
                assert next(n for n, c in classes.items() if c.mask(month, weekday, hour)) == priced


def test_a_miss_names_the_nearest_or_all():
    with pytest.raises(
        InputError, match=r"chemistries.lfp-grid  is not in the library, .* Nearest: 'lfp-grid-2026'"
    ):
        find("chemistries", "lfp-grid")
    with pytest.raises(
        InputError, match=r"fuels.coal  is not in the library.* There are: diesel, hydrogen, lng\."
    ):
        find("fuels", "coal")
    with pytest.raises(
        InputError, match=r"tarifs  is not in the library, must be a kind of entry. Nearest: 'tariffs'"
    ):
        names("tarifs")


def test_an_entry_is_read_once():
    assert find("fuels", "lng") is find("fuels", "lng")
