"""Another chemistry for a battery: what belongs to the cells changes, what belongs to the site stays."""

from __future__ import annotations

import pytest

from wattstack.campus import Campus, with_chemistry
from wattstack.errors import InputError

RAW = {
    "wattstack": 1,
    "name": "made",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-07-01T00:00+09:00", "end": "2022-07-02T00:00+09:00", "step": "1h"},
    "load": {"office": {"draw_mw": 1}},
    "battery": {
        "main": {
            "chemistry": "library:lfp-grid-2026",
            "power_mw": 10,
            "energy_mwh": {"max": 60},
            "capital_per_mwh": 30e6,
            "soc_low": 0.05,
            "start": {"soc": 0.06},
            "replace_below_frac": 0.6,
            "climate": {"kind": "air"},
            "converter": {"standby_frac": 0.001},
            "augmentation": {"more": {"year": 5, "energy_mwh": 5, "chemistry": "library:lfp-grid-2026"}},
        },
        "quick": {"chemistry": "library:lto-2026", "power_mw": 1, "energy_mwh": 1},
    },
    "finance": {"exchange": {"USD": 150}},
}


@pytest.fixture(scope="module")
def campus() -> Campus:
    return Campus.model_validate(RAW)


def test_what_belongs_to_the_cells_is_the_new_chemistrys(campus):
    unit = with_chemistry(campus, "main", "library:zinc-halogen-eos").battery["main"]
    assert (unit.chemistry, unit.usable_frac, unit.climate.kind) == ("library:zinc-halogen-eos", 1.0, "none")
    assert unit.capital_per_mwh == 256000 * 150
    assert (unit.soc_low, unit.start.soc) == (None, 0.5)


def test_what_belongs_to_the_site_stays(campus):
    unit = with_chemistry(campus, "main", "nmc-2026").battery["main"]
    assert (unit.power_mw, unit.energy_mwh.max, unit.replace_below_frac) == (10.0, 60.0, 0.6)
    assert unit.converter.standby_frac == 0.001
    assert unit.augmentation["more"].energy_mwh == 5.0
    assert unit.augmentation["more"].chemistry is None
    assert with_chemistry(campus, "main", "nmc-2026").battery["quick"] is campus.battery["quick"]


def test_passports_are_those_of_what_is_used(campus):
    used = {
        one["name"]
        for one in with_chemistry(campus, "main", "nmc-2026").passports
        if one["kind"] == "chemistries"
    }
    assert used == {"nmc-2026", "lto-2026"}


def test_the_least_duration_of_the_cells_is_kept_beside_that_of_the_campus(campus):
    assert with_chemistry(campus, "main", "nmc-2026", 4.0).battery["main"].duration_h.min == 4.0
    raw = {**RAW, "battery": {"main": {**RAW["battery"]["main"], "duration_h": {"min": 1, "max": 3}}}}
    hours = with_chemistry(Campus.model_validate(raw), "main", "nmc-2026", 4.0).battery["main"].duration_h
    assert (hours.min, hours.max) == (4.0, 4.0)
    hours = with_chemistry(Campus.model_validate(raw), "main", "nmc-2026", 0.5).battery["main"].duration_h
    assert (hours.min, hours.max) == (1.0, 3.0)


def test_an_unknown_chemistry_names_the_nearest(campus):
    with pytest.raises(InputError, match="Nearest: 'nmc-2026'"):
        with_chemistry(campus, "main", "nmc-2025")
    with pytest.raises(InputError, match="There are: edlc"):
        with_chemistry(campus, "main", "@")


def test_prices_are_never_turned_silently(campus):
    bare = campus.model_copy(update={"finance": type(campus.finance)()})
    with pytest.raises(InputError, match="JPY per USD"):
        with_chemistry(bare, "main", "nmc-2026")


def test_sizes_that_its_cells_cannot_have_are_told(campus):
    with pytest.raises(
        InputError, match=r"battery\.main\.duration_h.* with nmc-2026 is 8 h: 10 MW would need 80 MWh"
    ):
        with_chemistry(campus, "main", "nmc-2026", 8.0)
