"""Series of the campus file: read for what they are used for, recorded, and every fault told at once."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from wattstack.case import build_case, check_case
from wattstack.case.uses import Use, used_kinds
from wattstack.errors import InputError

from .conftest import write_series


def faults_of(campus) -> list[str]:
    """Every fault as one line; check and build tell the same."""
    with pytest.raises(InputError) as caught:
        build_case(campus)
    with pytest.raises(InputError) as checked:
        check_case(campus)
    assert caught.value.faults == checked.value.faults
    return [str(fault) for fault in caught.value.faults]


def test_every_file_is_recorded_with_its_checksum_and_what_was_done(tmp_path, campus_of, add_weather):
    def change(raw):
        add_weather(raw)
        raw["time"]["step"] = "30min"
        raw["series"]["price_per_mwh"]["publisher"] = "JEPX"

    price, weather = build_case(campus_of(change)).inputs
    assert (price.name, price.file, price.rows, price.step_s) == ("price_per_mwh", "price.csv", 48, 3600)
    assert price.sha256 == hashlib.sha256((tmp_path / "price.csv").read_bytes()).hexdigest()
    assert (price.source, price.synthetic) == ("JEPX", False)
    assert "1 h to 30 min" in price.note
    assert weather.file == "weather.csv"


def test_a_record_never_shows_an_absolute_path(tmp_path, campus_of):
    def change(raw):
        raw["series"]["price_per_mwh"]["file"] = str(tmp_path / "price.csv")

    assert build_case(campus_of(change)).inputs[0].file == "price.csv"


def test_synthetic_input_is_named(campus_of):
    case = build_case(campus_of(lambda raw: raw["series"]["price_per_mwh"].update(synthetic=True)))
    assert case.inputs[0].synthetic
    assert "SYNTHETIC input: price_per_mwh is generated, not measured." in case.notes


def test_a_typical_year_on_a_real_one_is_flagged(tmp_path, campus_of):
    write_series(tmp_path / "year.csv", "2018-12-31T15:00:00", {"price": np.arange(8760) % 24 + 1.0})

    def change(raw):
        raw["series"]["price_per_mwh"].update(file="year.csv", by_calendar=True)

    case = build_case(campus_of(change))
    assert case.buy_price_per_mwh[:3].tolist() == [1000.0, 2000.0, 3000.0]
    assert any("price_per_mwh is a typical year placed on the real one" in note for note in case.notes)


def test_a_series_that_nothing_refers_to_is_not_read_and_said(campus_of):
    def change(raw):
        raw["series"]["carbon_kg_per_mwh"] = {
            "source": "csv", "file": "no.csv", "column": "c", "unit": "g/kWh",
        }  # fmt: skip

    case = build_case(campus_of(change))
    assert [record.name for record in case.inputs] == ["price_per_mwh"]
    assert any(note.startswith("Series carbon_kg_per_mwh is declared and nothing") for note in case.notes)


def test_load_carbon_curtailment_and_utilisation_may_be_series(tmp_path, campus_of):
    numbers = {
        "load": np.full(48, 5000.0), "carbon": np.full(48, 458.0), "cut": np.arange(48) % 2 * 100.0,
        "used": np.full(48, 0.5),
    }  # fmt: skip
    write_series(tmp_path / "site.csv", "2022-01-09T15:00:00", numbers)

    def change(raw):
        for name, column, unit in (
            ("load_mw", "load", "kW"), ("co2", "carbon", "g/kWh"), ("curtailed_frac", "cut", "%"),
            ("utilisation_frac", "used", "1"),
        ):  # fmt: skip
            raw["series"][name] = {"source": "csv", "file": "site.csv", "column": column, "unit": unit}
        raw["load"] = {
            "office": {"draw_mw": "series:load_mw"},
            "hall": {"it_mw": 100, "profile": "series:utilisation_frac", "ups_loss_frac": 0},
        }
        raw["carbon"] = {"intensity_kg_per_mwh": "series:co2"}
        raw["grid"]["connection"].update(nonfirm_mw=10, curtailed="series:curtailed_frac")

    case = build_case(campus_of(change))
    idle = 0.29  # of the flat profile, which a series of utilisation has no word on
    assert case.load_mw == pytest.approx(np.full(48, 5.0 + 100 * (idle + (1 - idle) * 0.5)))
    assert case.carbon_kg_per_mwh.tolist() == [458.0] * 48
    assert case.nonfirm_frac[:2].tolist() == [1.0, 0.0]


def test_a_missing_file_and_a_missing_column_are_told_together(campus_of):
    def change(raw):
        raw["series"]["levy"] = {"source": "csv", "file": "levy.csv", "column": "x", "unit": "JPY/kWh"}
        raw["series"]["price_per_mwh"]["column"] = "prise"
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"levy": "series:levy"}

    column, file = faults_of(campus_of(change))
    assert column.startswith("series.price_per_mwh  price.csv price_per_mwh is column 'prise'")
    assert "Nearest: 'price'" in column
    assert file.startswith("series.levy  levy.csv does not exist")


def test_a_horizon_outside_the_series_names_both_spans(campus_of):
    (fault,) = faults_of(campus_of(lambda raw: raw["time"].update(end="2022-01-13T00:00+09:00")))
    assert "covers 2022-01-09T15:00Z .. 2022-01-11T15:00Z" in fault
    assert "must cover the horizon 2022-01-09T15:00Z .. 2022-01-12T15:00Z" in fault


def test_a_gap_is_a_fault_and_never_filled_unasked(tmp_path, campus_of):
    lines = (tmp_path / "price.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "price.csv").write_text("\n".join(lines[:10] + lines[11:]) + "\n", encoding="utf-8")
    (fault,) = faults_of(campus_of())
    assert "has 1 gap, 1 step missing, first at 2022-01-10T00:00Z" in fault

    def change(raw):
        raw["series"]["price_per_mwh"]["gaps"] = {"rule": "hold", "at_most": "1h"}

    case = build_case(campus_of(change))
    assert case.buy_price_per_mwh[9] == case.buy_price_per_mwh[8]
    assert "filled by hold" in case.inputs[0].note


def test_a_price_in_another_currency_is_refused(campus_of):
    (fault,) = faults_of(campus_of(lambda raw: raw["series"]["price_per_mwh"].update(unit="EUR/MWh")))
    assert "must be in JPY" in fault


def test_a_price_per_kwh_read_as_per_mwh_is_seen(campus_of):
    (fault,) = faults_of(campus_of(lambda raw: raw["series"]["price_per_mwh"].update(unit="JPY/MWh")))
    assert "looks like JPY/kWh" in fault


def test_a_load_that_feeds_in_is_refused(tmp_path, campus_of):
    draw = np.full(48, 2.0)
    draw[7] = -1.5
    write_series(tmp_path / "site.csv", "2022-01-09T15:00:00", {"mw": draw})

    def change(raw):
        raw["series"]["load_mw"] = {"source": "csv", "file": "site.csv", "column": "mw", "unit": "MW"}
        raw["load"]["office"] = {"draw_mw": "series:load_mw"}

    (fault,) = faults_of(campus_of(change))
    assert fault.startswith("series.load_mw  is -1.5 MW at 2022-01-09T22:00:00Z, must not be negative")


def test_one_series_cannot_be_two_things(campus_of):
    def change(raw):
        raw["load"]["office"] = {"draw_mw": "series:price_per_mwh"}

    fault = faults_of(campus_of(change))[0]
    assert fault.startswith("load.office.draw_mw  takes series price_per_mwh as a power")


def test_uses_that_agree_have_one_kind():
    assert used_kinds([Use("a", "x", "price"), Use("b", "x", "price")]) == ({"x": "price"}, [])


def test_stamps_half_an_hour_off_the_sun_are_refused(tmp_path, campus_of, add_weather):
    from wattstack.series.sun import sun_elevation_sin

    def change(raw):
        add_weather(raw)
        raw["time"] = {"start": "2022-01-10T00:00+09:00", "end": "2022-02-28T00:00+09:00", "step": "1h"}
        raw["grid"]["tariff"]["energy"]["price_per_mwh"] = 10000
        count = 24 * 49
        moments = np.datetime64("2022-01-09T15:00:00", "s") + np.arange(count) * np.timedelta64(3600, "s")
        up = np.maximum(sun_elevation_sin(moments.astype(np.int64), 34.6, 135.5), 0.0)  # at the stamp
        write_series(
            tmp_path / "weather.csv", "2022-01-09T15:00:00",
            {"ghi": 800 * up, "dni": 600 * (up > 0), "dhi": 200 * up, "temp": 10 * up, "humid": 50 + 0 * up,
             "wind": 1 + up},
        )  # fmt: skip

    (fault,) = faults_of(campus_of(change))
    assert "stamp: centre fits the sun" in fault

    def mended(raw):
        change(raw)
        raw["series"]["weather"]["stamp"] = "centre"

    assert build_case(campus_of(mended)).solar_frac["roof"].max() > 0.4


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"temp_air_degc": "temp", "dni_w_m2": "dni"}, ["no light for solar", "no humidity for cooling"]),
        ({"ghi_w_m2": "ghi"}, ["no temp_air_degc", "no humidity for cooling"]),
        ({"ghi_w_m2": "ghi", "wet_bulb_degc": "temp"}, ["no temp_air_degc"]),
    ],
)
def test_weather_without_what_solar_and_cooling_need_is_refused(campus_of, add_weather, columns, words):
    def change(raw):
        add_weather(raw)
        raw["series"]["weather"]["columns"] = columns
        raw["series"]["weather"]["units"] = {}

    faults = faults_of(campus_of(change))
    assert len(faults) == len(words)
    assert all(word in fault for word, fault in zip(words, faults, strict=True))


def test_weather_that_nothing_needs_is_not_read(campus_of, add_weather):
    def change(raw):
        add_weather(raw)
        del raw["solar"], raw["cooling"]

    case = build_case(campus_of(change))
    assert [record.name for record in case.inputs] == ["price_per_mwh"]


def test_cooling_alone_needs_no_light(campus_of, add_weather):
    def change(raw):
        add_weather(raw)
        del raw["solar"]
        raw["series"]["weather"]["columns"] = {"wet_bulb_degc": "temp"}
        raw["series"]["weather"]["units"] = {}

    case = build_case(campus_of(change))
    assert case.cooling_mw.min() > 0.0
    assert not any("Stull" in note for note in case.notes)


def test_a_series_only_some_scenarios_have_is_missed_in_the_others(campus_of):
    def change(raw):
        spot = raw["series"].pop("price_per_mwh")
        raw["scenarios"] = {"a": {"weight_frac": 1.0, "series": {"price_per_mwh": spot}}}

    campus = campus_of(change)
    assert build_case(campus, "a").buy_price_per_mwh[0] == 10000.0
    with pytest.raises(InputError, match=r"series.price_per_mwh +is missing and something refers to it"):
        build_case(campus)
