"""The whole campus: sizes by path, scenarios, values from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from wattstack.campus import Campus, SizeRange, campus_schema
from wattstack.campus.document import read_document
from wattstack.campus.schema import Lookup
from wattstack.errors import StateError

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*/*.yaml"))
    if path.parent.name != "portfolio" and path.name != "day.yaml"  # files of other kinds
]
GRID = {
    "connection": {"firm_mw": {"max": 150}, "nonfirm_mw": 40},
    "tariff": {
        "energy": {"price_per_mwh": 9000},
        "contract": {"main": {"power_mw": {"max": 90}, "price_per_mw_year": 1}},
    },
}
UNITS = {
    "battery": {"main": {"power_mw": {"max": 5}, "energy_mwh": 9, "charge_eff": 1, "discharge_eff": 1,
                         "capital_per_mw": 1}},
    "generator": {"gas": {"power_mw": 40, "fuel_price_per_mwh": 8000, "emission_kg_per_mwh": 444}},
    "solar": {"roof": {"power_mw": {"max": 60}, "capital_per_mw": 1}},
    "series": {"weather": {"source": "epw", "file": "a.epw"}},
}  # fmt: skip


def test_every_size_has_a_path(campus_of):
    paths = campus_of(grid=GRID, **UNITS).size_paths
    assert list(paths) == [
        "battery.main.power_mw", "battery.main.energy_mwh", "solar.roof.power_mw", "generator.gas.power_mw",
        "grid.connection.firm_mw", "grid.connection.nonfirm_mw", "grid.tariff.contract.main.power_mw",
    ]  # fmt: skip
    assert paths["solar.roof.power_mw"] == SizeRange(max=60) and paths["generator.gas.power_mw"] == 40


@given(st.lists(st.floats(0, 1e4), min_size=7, max_size=7))
@settings(max_examples=25)
def test_a_sized_campus_stands_as_sized_and_the_first_is_untouched(values):
    campus = Campus.model_validate(
        {
            "wattstack": 1, "name": "a", "currency": "JPY", "load": {"halls": {"it_mw": 1}},
            "grid": GRID, **UNITS,
            "place": {"latitude_deg": 0, "longitude_deg": 0, "time_zone": "UTC"},
            "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "1h"},
        }
    )  # fmt: skip
    before = campus.model_dump()
    sizes = dict(zip(campus.size_paths, values, strict=True))
    assert campus.sized(sizes).size_paths == sizes
    assert campus.model_dump() == before


def test_sizes_that_do_not_exist_or_cannot_stand_are_refused(campus_of):
    campus = campus_of(grid=GRID)
    with pytest.raises(
        StateError, match=r"battery.main.power_mw is no size of campus test, must be one of grid\."
    ):
        campus.sized({"battery.main.power_mw": 3})
    for size in (-1.0, float("nan"), float("inf")):
        with pytest.raises(StateError, match=r"grid.connection.firm_mw is .*, must be a finite number >= 0"):
            campus.sized({"grid.connection.firm_mw": size})


def test_a_campus_in_a_scenario_takes_its_time_and_its_series(campus_of):
    jepx = {"source": "jepx", "area": "kansai"}
    day = {"start": "2021-04-01T00:00+09:00", "end": "2021-04-02T00:00+09:00", "step": "1h"}
    campus = campus_of(
        series={"price_per_mwh": {**jepx, "file": "2022.csv"}, "load_mw": {**jepx, "file": "load.csv"}},
        scenarios={
            "y2021": {
                "weight_frac": 0.5,
                "time": day,
                "series": {"price_per_mwh": {**jepx, "file": "2021.csv"}},
            },
            "y2022": {"weight_frac": 0.5},
        },
    )
    first, second = campus.in_scenario("y2021"), campus.in_scenario("y2022")
    assert (first.time.count, first.series["price_per_mwh"].file) == (24, "2021.csv")
    assert (second.time, second.series) == (campus.time, campus.series)
    assert first.series["load_mw"].file == "load.csv" and first.scenarios == {}
    with pytest.raises(StateError, match="scenario 'y2023' is not declared, must be one of: y2021, y2022"):
        campus.in_scenario("y2023")
    with pytest.raises(StateError, match="none is declared"):
        first.in_scenario("y2021")


def test_python_is_told_every_fault_at_once_too(campus_of):
    with pytest.raises(ValidationError) as caught:
        campus_of(
            grid=GRID,
            ups={"a": {"kind": "magic"}},
            carbon={"intensity_kg_per_mwh": "series:carbon"},
            currency="yen",
        )
    text = str(caught.value)
    assert caught.value.error_count() == 3
    for word in ("ups.a.kind", "is 'series:carbon', must name a series", "currency"):
        assert word in text


def test_a_campus_is_taken_as_it_is_and_nothing_else_is(campus_of):
    campus = campus_of()
    assert Campus.model_validate(campus) is campus
    with pytest.raises(ValidationError):
        Campus.model_validate("sakai")


def test_a_campus_built_in_python_starts_from_the_working_folder(campus_of):
    assert (campus_of().source, str(campus_of().base_dir)) == ("campus", ".")


def test_the_schema_describes_every_key_and_lets_the_library_fill(campus_of):
    schema = campus_schema()
    parts = schema["$defs"]
    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, field in part.get("properties", {}).items()
        if name not in ("SeriesRef",) and "description" not in field
    ]
    assert silent == []
    assert all(
        part.get("additionalProperties") is False for part in parts.values() if part["type"] == "object"
    )
    assert parts["Battery"]["required"] == ["power_mw", "energy_mwh"]
    assert parts["Generator"]["required"] == ["power_mw"]
    assert schema["else"]["required"][0] == "wattstack" and "extends" in schema["properties"]
    schema["properties"].clear()
    assert campus_schema()["properties"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_schema_knows_every_key_of_the_examples(path):
    places = [tuple(part for part in keys if not part.isdigit()) for keys in read_document(path).lines]
    assert len(places) > 5
    assert [place for place in places if not Lookup(place).nodes] == []


def test_the_schema_is_looked_up_by_place():
    assert Lookup(("grid", "tariff", "demand", "any", "price_per_mw_month")).unit == "currency/MW/month"
    assert Lookup(("load", "halls", "<plain>")).keys == ["draw_mw"]
    assert Lookup(("grid", "tariff", "holidays", "0")).keys == []
    assert Lookup(("series", "any", "columns", "ghi_w_m2")).keys == []
    assert Lookup(("nowhere",)).meaning == ""
